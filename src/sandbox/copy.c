/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/copy.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum {
	DEPTH_MAX = 256, /* open descriptors, one a level */
	XATTR_LIST_BYTES = 65536,
	STAT_BLOCK_BYTES = 512,
};

const struct copy_owner copy_as_is = {.set = false};

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static DIR *open_entries(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

static void copy_user_xattrs(int from, int to)
{
	g_autofree char *names = g_malloc(XATTR_LIST_BYTES);
	g_autofree char *value = g_malloc(XATTR_LIST_BYTES);
	ssize_t size = flistxattr(from, names, XATTR_LIST_BYTES);

	for (char *name = names; size > 0 && name < names + size; name += strlen(name) + 1) {
		ssize_t n;

		if (strncmp(name, "user.", 5) != 0 || strncmp(name, "user.overlay.", 13) == 0)
			continue;
		n = fgetxattr(from, name, value, XATTR_LIST_BYTES);
		if (n >= 0 && fsetxattr(to, name, value, (size_t)n, 0) < 0)
			return; /* the file system has none: nothing that an application relies on
				 */
	}
}

static bool copy_attributes(int from, int to, const struct stat *st, const struct copy_owner *owner,
			    GError **error)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};
	uid_t uid = owner->set ? owner->uid : st->st_uid;
	gid_t gid = owner->set ? owner->gid : st->st_gid;

	copy_user_xattrs(from, to);
	/* EINVAL: an id that is not mapped here; the copy stays the copier's. */
	if (fchown(to, uid, gid) < 0 && errno != EINVAL && errno != EPERM)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "change owner");
	if (fchmod(to, st->st_mode & 07777) < 0 || futimens(to, times) < 0)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "set attributes");
	return true;
}

static bool copy_file(int from_dir, int to_dir, const char *name, const struct copy_owner *owner,
		      GError **error)
{
	autofd int from = openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	autofd int to = -1;
	struct stat st;

	if (from < 0 || fstat(from, &st) < 0)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "read");
	to = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "write");
	return fd_copy(from, to, (uint64_t)st.st_size, error) &&
	       copy_attributes(from, to, &st, owner, error);
}

static bool copy_symlink(int from_dir, int to_dir, const char *name, const struct stat *st,
			 const struct copy_owner *owner, GError **error)
{
	char target[PATH_MAX_BYTES + 1];
	ssize_t n = readlinkat(from_dir, name, target, sizeof(target) - 1);

	if (n < 0)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "read link");
	target[n] = '\0';
	if (symlinkat(target, to_dir, name) < 0)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "write link");
	if (fchownat(to_dir, name, owner->set ? owner->uid : st->st_uid,
		     owner->set ? owner->gid : st->st_gid, AT_SYMLINK_NOFOLLOW) < 0 &&
	    errno != EINVAL && errno != EPERM)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "change owner");
	return true;
}

static bool copy_directory(int from_fd, int to_fd, const struct copy_owner *owner, int depth,
			   GError **error);

static bool copy_entry(int from_dir, int to_dir, const char *name, const struct copy_owner *owner,
		       int depth, GError **error)
{
	struct stat st;
	autofd int from = -1, to = -1;

	if (fstatat(from_dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "stat");
	if (S_ISREG(st.st_mode))
		return copy_file(from_dir, to_dir, name, owner, error);
	if (S_ISLNK(st.st_mode))
		return copy_symlink(from_dir, to_dir, name, &st, owner, error);
	if (!S_ISDIR(st.st_mode))
		return true;
	if (mkdirat(to_dir, name, 0700) < 0)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "make directory");
	from = openat(from_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	to = openat(to_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (from < 0 || to < 0)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "open directory");
	return copy_directory(from, to, owner, depth + 1, error);
}

static bool copy_directory(int from_fd, int to_fd, const struct copy_owner *owner, int depth,
			   GError **error)
{
	DIR *dir = open_entries(from_fd, ".");
	struct dirent *entry;
	struct stat st;
	bool ok = true;

	if (!dir || depth > DEPTH_MAX) {
		if (dir)
			closedir(dir);
		return error_set_errno(error, THRESH_ERROR_INPUT, dir ? ELOOP : errno,
				       "read directory");
	}
	while (ok && (entry = readdir(dir))) {
		if (is_dots(entry->d_name))
			continue;
		ok = copy_entry(from_fd, to_fd, entry->d_name, owner, depth, error);
		if (!ok) {
			g_autofree char *quoted = error_quote(entry->d_name);

			g_prefix_error(error, "%s: ", quoted);
		}
	}
	closedir(dir);
	return ok && fstat(from_fd, &st) == 0 && copy_attributes(from_fd, to_fd, &st, owner, error);
}

bool copy_tree(int from_fd, int to_fd, const struct copy_owner *owner, GError **error)
{
	autofd int to = fd_open(to_fd, ".", O_RDONLY | O_DIRECTORY, 0, error);

	return to >= 0 && copy_directory(from_fd, to, owner, 0, error);
}

static void walk_level(DIR *dir, const char *path, int depth, usage_visit visit, void *user)
{
	struct dirent *entry;

	while ((entry = readdir(dir))) {
		struct stat st;

		/* Files come and go under us: what cannot be seen is not there. */
		if (is_dots(entry->d_name) ||
		    fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX) {
			DIR *below = open_entries(dirfd(dir), entry->d_name);
			g_autofree char *name = path_join(path, entry->d_name);

			if (below)
				walk_level(below, name, depth + 1, visit, user);
		} else if (S_ISREG(st.st_mode) || S_ISLNK(st.st_mode)) {
			visit(path, (uint64_t)st.st_blocks * STAT_BLOCK_BYTES, user);
		}
	}
	closedir(dir);
}

bool usage_walk(int dir_fd, const char *path, usage_visit visit, void *user, GError **error)
{
	DIR *dir = open_entries(dir_fd, ".");

	if (!dir)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "%s", path);
	walk_level(dir, path, 0, visit, user);
	return true;
}
