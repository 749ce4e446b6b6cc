/* SPDX-License-Identifier: Apache-2.0 */
#include "image/rootfs_disk.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

void rootfs_disk_clear(struct rootfs_disk *disk)
{
	fd_cleanup(&disk->directory_fd);
	disk->directory = NULL;
}

static bool disk_failed(const char *what, GError **error)
{
	return error_set_errno(error, THRESH_ERROR_INPUT, errno, "unpack: %s", what);
}

/* Opens each component by itself, so that no symlink is ever followed, on any kernel. */
static int open_directory(const struct rootfs_disk *disk, const struct node *node, GError **error)
{
	g_autofree char *path = node_path(node);
	int fd;

	if (!node->parent)
		fd = fcntl(disk->root_fd, F_DUPFD_CLOEXEC, 3);
	else
		return fd_open_beneath(disk->root_fd, path + 1, O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
				       0, error);
	if (fd < 0)
		disk_failed("root", error);
	return fd;
}

/* The descriptor of a node's parent: entries come grouped by directory, so the last one is kept. */
static int parent_fd(struct rootfs_disk *disk, const struct node *node, GError **error)
{
	if (disk->directory == node->parent && disk->directory_fd >= 0)
		return disk->directory_fd;
	rootfs_disk_clear(disk);
	disk->directory_fd = open_directory(disk, node->parent, error);
	disk->directory = node->parent;
	return disk->directory_fd;
}

bool rootfs_disk_check_owner(const struct rootfs_disk *disk, const struct node *node,
			     GError **error)
{
	const struct owner_shift *shift = &disk->shift;

	if (shift->single || (node->uid < shift->count && node->gid < shift->count))
		return true;
	return error_set(error, THRESH_ERROR_INPUT,
			 "owner %u:%u is outside the %u ids that are mapped", node->uid, node->gid,
			 shift->count);
}

static uid_t disk_uid(const struct rootfs_disk *disk, const struct node *node)
{
	return disk->shift.single ? (uid_t)-1 : disk->shift.uid_base + node->uid;
}

static gid_t disk_gid(const struct rootfs_disk *disk, const struct node *node)
{
	return disk->shift.single ? (gid_t)-1 : disk->shift.gid_base + node->gid;
}

/* Set-id bits only where the owners are ids that belong to nobody: with the identity or a single
 * id they would be real set-id programs of the host. */
static mode_t disk_mode(const struct rootfs_disk *disk, const struct node *node)
{
	bool harmless =
		!disk->shift.single && disk->shift.uid_base != 0 && disk->shift.gid_base != 0;

	return node->mode & (harmless ? 07777 : 01777);
}

static struct timespec disk_time(const struct node *node)
{
	return (struct timespec){.tv_sec = node->mtime};
}

/* user.* alone: the rest means something to the host, and user.overlay.* to the overlay above. A
 * file system without attributes loses them on disk, not in the tree. */
static void set_xattrs(int fd, const struct node *node)
{
	for (guint i = 0; node->xattrs && i < node->xattrs->len; i++) {
		const struct xattr *xattr = node->xattrs->pdata[i];
		gsize size;
		const void *value = g_bytes_get_data(xattr->value, &size);

		if (g_str_has_prefix(xattr->name, "user.") &&
		    !g_str_has_prefix(xattr->name, "user.overlay."))
			fsetxattr(fd, xattr->name, value, size, 0);
	}
}

/* In this order: chown(2) clears set-id bits, and a mode may forbid the rest. */
static bool set_attributes(const struct rootfs_disk *disk, int fd, const struct node *node,
			   GError **error)
{
	struct timespec times[2] = {disk_time(node), disk_time(node)};

	set_xattrs(fd, node);
	if (!disk->shift.single && fchown(fd, disk_uid(disk, node), disk_gid(disk, node)) < 0)
		return disk_failed("owner", error);
	if (fchmod(fd, disk_mode(disk, node)) < 0)
		return disk_failed("mode", error);
	if (futimens(fd, times) < 0 && errno != EINVAL && errno != EOVERFLOW)
		return disk_failed("time", error);
	return true;
}

static bool set_attributes_at(const struct rootfs_disk *disk, int dir_fd, const struct node *node,
			      GError **error)
{
	struct timespec times[2] = {disk_time(node), disk_time(node)};

	if (!disk->shift.single && fchownat(dir_fd, node->name, disk_uid(disk, node),
					    disk_gid(disk, node), AT_SYMLINK_NOFOLLOW) < 0)
		return disk_failed("owner", error);
	/* Only we can reach this directory: the name is still what was made a moment ago. */
	if (node->type != NODE_SYMLINK &&
	    fchmodat(dir_fd, node->name, disk_mode(disk, node), 0) < 0)
		return disk_failed("mode", error);
	if (utimensat(dir_fd, node->name, times, AT_SYMLINK_NOFOLLOW) < 0 && errno != EINVAL &&
	    errno != EOVERFLOW)
		return disk_failed("time", error);
	return true;
}

bool rootfs_disk_make(struct rootfs_disk *disk, const struct node *node, GError **error)
{
	int dir_fd;

	if (!rootfs_disk_check_owner(disk, node, error))
		return false;
	dir_fd = parent_fd(disk, node, error);
	if (dir_fd < 0)
		return false;
	switch (node->type) {
	case NODE_DIRECTORY:
		return mkdirat(dir_fd, node->name, 0700) == 0 || disk_failed("mkdir", error);
	case NODE_SYMLINK:
		if (symlinkat(node->target, dir_fd, node->name) < 0)
			return disk_failed("symlink", error);
		return set_attributes_at(disk, dir_fd, node, error);
	case NODE_FIFO:
		if (mkfifoat(dir_fd, node->name, 0600) < 0)
			return disk_failed("mkfifo", error);
		return set_attributes_at(disk, dir_fd, node, error);
	default:
		return true;
	}
}

bool rootfs_disk_link(struct rootfs_disk *disk, const struct node *target, const struct node *node,
		      GError **error)
{
	autofd int from_fd = -1;
	int dir_fd;

	if (target->type == NODE_CHARACTER || target->type == NODE_BLOCK)
		return true;
	from_fd = open_directory(disk, target->parent, error);
	dir_fd = from_fd >= 0 ? parent_fd(disk, node, error) : -1;
	if (dir_fd < 0)
		return false;
	return linkat(from_fd, target->name, dir_fd, node->name, 0) == 0 ||
	       disk_failed("link", error);
}

bool rootfs_disk_remove(struct rootfs_disk *disk, const struct node *node, GError **error)
{
	int dir_fd = parent_fd(disk, node, error);
	bool ok;

	if (dir_fd < 0)
		return false;
	if (node->type != NODE_DIRECTORY)
		return unlinkat(dir_fd, node->name, 0) == 0 || errno == ENOENT ||
		       disk_failed("remove", error);
	ok = fd_remove_tree(dir_fd, node->name, error);
	/* The one that is open may be in what was removed, and its node's address used again. */
	rootfs_disk_clear(disk);
	return ok;
}

bool rootfs_file_open(struct rootfs_disk *disk, const struct node *node,
		      struct rootfs_file *ret_file, GError **error)
{
	int dir_fd, fd;

	if (!rootfs_disk_check_owner(disk, node, error))
		return false;
	dir_fd = parent_fd(disk, node, error);
	if (dir_fd < 0)
		return false;
	fd = openat(dir_fd, node->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return disk_failed("open", error);
	*ret_file = (struct rootfs_file){.fd = fd};
	return true;
}

bool rootfs_file_write(struct rootfs_file *file, const void *data, size_t size_bytes,
		       GError **error)
{
	file->hole_bytes = 0;
	return fd_write_all(file->fd, data, size_bytes, error);
}

bool rootfs_file_skip(struct rootfs_file *file, uint64_t size_bytes, GError **error)
{
	file->hole_bytes += size_bytes;
	return lseek(file->fd, (off_t)size_bytes, SEEK_CUR) >= 0 || disk_failed("seek", error);
}

bool rootfs_file_close(struct rootfs_disk *disk, const struct node *node, struct rootfs_file *file,
		       bool complete, GError **error)
{
	bool ok = true;

	if (complete && file->hole_bytes > 0 && ftruncate(file->fd, (off_t)node->size_bytes) < 0)
		ok = disk_failed("truncate", error);
	if (complete && ok)
		ok = set_attributes(disk, file->fd, node, error);
	fd_cleanup(&file->fd);
	return ok;
}

static bool finish_directory(const struct rootfs_disk *disk, int fd, const struct node *node,
			     GError **error)
{
	GHashTableIter iter;
	gpointer value;

	if (node->children)
		g_hash_table_iter_init(&iter, node->children);
	while (node->children && g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct node *child = value;
		autofd int child_fd = -1;

		if (child->type != NODE_DIRECTORY)
			continue;
		child_fd = openat(fd, child->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (child_fd < 0)
			return disk_failed("directory", error);
		if (!finish_directory(disk, child_fd, child, error))
			return false;
	}
	return set_attributes(disk, fd, node, error);
}

bool rootfs_disk_finish(struct rootfs_disk *disk, GError **error)
{
	rootfs_disk_clear(disk);
	return finish_directory(disk, disk->root_fd, disk->tree->root, error);
}

static mode_t disk_type(const struct node *node)
{
	switch (node->type) {
	case NODE_DIRECTORY:
		return S_IFDIR;
	case NODE_SYMLINK:
		return S_IFLNK;
	case NODE_FIFO:
		return S_IFIFO;
	default:
		return S_IFREG;
	}
}

/* Times are compared where every file system can hold them, and a file has but one name. */
static bool is_as_made(const struct stat *status, const struct node *node)
{
	if ((status->st_mode & S_IFMT) != disk_type(node))
		return false;
	if (node->type != NODE_FILE)
		return true;
	return (uint64_t)status->st_size == node->size_bytes &&
	       (status->st_nlink > 1 || node->mtime < 0 || node->mtime > G_MAXINT32 ||
		status->st_mtime == node->mtime);
}

static bool directory_is_whole(int fd, const struct node *directory)
{
	GHashTableIter iter;
	gpointer value;

	if (!directory->children)
		return true;
	g_hash_table_iter_init(&iter, directory->children);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct node *node = value;
		autofd int child_fd = -1;
		struct stat status;

		if (node->type == NODE_CHARACTER || node->type == NODE_BLOCK)
			continue;
		if (fstatat(fd, node->name, &status, AT_SYMLINK_NOFOLLOW) < 0)
			return errno == EACCES;
		if (!is_as_made(&status, node))
			return false;
		if (node->type != NODE_DIRECTORY || !node->children)
			continue;
		child_fd = openat(fd, node->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		/* A directory that its owner may not enter is one that we cannot check. */
		if (child_fd < 0 ? errno != EACCES : !directory_is_whole(child_fd, node))
			return false;
	}
	return true;
}

bool rootfs_disk_is_whole(const struct tree *tree, int root_fd)
{
	return directory_is_whole(root_fd, tree->root);
}
