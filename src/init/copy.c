/* SPDX-License-Identifier: Apache-2.0 */
#include "init/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { CHUNK_BYTES = 16 << 10, SENDFILE_BYTES = 1 << 30, XATTR_BYTES = 64 << 10 };

/* struct linux_dirent64, getdents64(2) */
struct dirent_record {
	uint64_t inode;
	int64_t offset;
	unsigned short bytes;
	unsigned char type;
	char name[];
};

INIT_LARGE static char chunk[CHUNK_BYTES];
INIT_LARGE static char xattr_names[XATTR_BYTES];
INIT_LARGE static char xattr_value[XATTR_BYTES];
INIT_LARGE static char link_target[PATH_MAX];

noreturn void fill_fail(const struct fill *fill, int error)
{
	INIT_LARGE static char place[2 * PATH_MAX];

	strcpy(place,
	       fill->path); /* each part is below PATH_MAX: checked by the grammar and fill_push */
	strcat(place, fill->relative);
	init_fail_path(fill->directive, place, error);
}

void fill_push(struct fill *fill, const char *name)
{
	size_t bytes = strlen(name);

	if (fill->length + bytes + 2 > sizeof(fill->relative))
		fill_fail(fill, ENAMETOOLONG);
	fill->relative[fill->length++] = '/';
	memcpy(fill->relative + fill->length, name, bytes + 1);
	fill->length += bytes;
}

void fill_pop(struct fill *fill, size_t length)
{
	fill->length = length;
	fill->relative[length] = '\0';
}

void entries_begin(struct entries *entries, int fd)
{
	entries->fd = fd;
	entries->bytes = 0;
	entries->next = 0;
}

const char *entries_next(struct fill *fill, struct entries *entries)
{
	for (;;) {
		struct dirent_record *record;

		if (entries->next == entries->bytes) {
			entries->bytes = syscall(SYS_getdents64, entries->fd, entries->buffer,
						 sizeof(entries->buffer));
			entries->next = 0;
			if (entries->bytes < 0)
				fill_fail(fill, errno);
			if (entries->bytes == 0)
				return NULL;
		}
		record = (struct dirent_record *)(void *)(entries->buffer + entries->next);
		entries->next += record->bytes;
		if (strcmp(record->name, ".") != 0 && strcmp(record->name, "..") != 0)
			return record->name;
	}
}

int directory_open(const struct fill *fill, int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		fill_fail(fill, errno);
	return fd;
}

int directory_make(const struct fill *fill, int dir_fd, const char *name)
{
	if (mkdirat(dir_fd, name, 0700) < 0)
		fill_fail(fill, errno);
	return directory_open(fill, dir_fd, name);
}

/* As a non-root user most owners cannot be given; in a user namespace some have no name. */
static bool owner_is_refused(int error)
{
	return error == EPERM || error == EINVAL || error == EOVERFLOW;
}

static void owner_copy(const struct fill *fill, const struct stat *status, int fd)
{
	if (status->st_uid == fill->uid && status->st_gid == fill->gid)
		return;
	if (fchown(fd, status->st_uid, status->st_gid) < 0 && !owner_is_refused(errno))
		fill_fail(fill, errno);
}

static void xattr_copy(const struct fill *fill, int from, int fd, const char *name)
{
	ssize_t bytes = fgetxattr(from, name, xattr_value, sizeof(xattr_value));

	if (bytes < 0)
		fill_fail(fill, errno);
	/* Not every file system has them (tmpfs since Linux 6.6). */
	if (fsetxattr(fd, name, xattr_value, (size_t)bytes, 0) < 0 && errno != ENOTSUP)
		fill_fail(fill, errno);
}

static void xattrs_copy(const struct fill *fill, int from, int fd)
{
	ssize_t bytes = flistxattr(from, xattr_names, sizeof(xattr_names));

	if (bytes < 0 && errno != ENOTSUP && errno != ENOSYS)
		fill_fail(fill, errno);
	for (const char *name = xattr_names; name < xattr_names + bytes; name += strlen(name) + 1) {
		if (strncmp(name, "user.", 5) == 0)
			xattr_copy(fill, from, fd, name);
	}
}

void attributes_copy(const struct fill *fill, int from, const struct stat *status, int fd)
{
	struct timespec times[2] = {status->st_atim, status->st_mtim};

	owner_copy(fill, status, fd);
	xattrs_copy(fill, from, fd);
	if (fchmod(fd, status->st_mode & 07777) < 0 || futimens(fd, times) < 0)
		fill_fail(fill, errno);
}

static void chunk_write(const struct fill *fill, int out, size_t bytes)
{
	for (size_t done = 0; done < bytes;) {
		ssize_t n = write(out, chunk + done, bytes - done);

		if (n < 0)
			fill_fail(fill, errno);
		done += (size_t)n;
	}
}

/* In the kernel where it can; its first refusal, before any byte, leaves the plain way. */
static void content_copy(const struct fill *fill, int in, int out)
{
	ssize_t n;

	while ((n = sendfile(out, in, NULL, SENDFILE_BYTES)) > 0)
		;
	if (n == 0)
		return;
	if (errno != EINVAL && errno != ENOSYS)
		fill_fail(fill, errno);
	while ((n = read(in, chunk, sizeof(chunk))) > 0)
		chunk_write(fill, out, (size_t)n);
	if (n < 0)
		fill_fail(fill, errno);
}

static void file_copy(const struct fill *fill, int from, const char *name,
		      const struct stat *status, int to, const char *as)
{
	int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int out;

	if (in < 0)
		fill_fail(fill, errno);
	out = openat(to, as, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0)
		fill_fail(fill, errno);
	if (status->st_size > 0)
		content_copy(fill, in, out);
	attributes_copy(fill, in, status, out);
	close(in);
	if (close(out) < 0)
		fill_fail(fill, errno);
}

static void directory_copy(struct fill *fill, int from, const char *name, const struct stat *status,
			   int to, const char *as)
{
	struct entries entries;
	size_t length = fill->length;
	const char *entry;
	int out;
	int in = directory_open(fill, from, name);

	out = directory_make(fill, to, as);
	entries_begin(&entries, in);
	while ((entry = entries_next(fill, &entries))) {
		fill_push(fill, entry);
		entry_copy(fill, in, entry, out, entry);
		fill_pop(fill, length);
	}
	attributes_copy(fill, in, status, out);
	close(in);
	close(out);
}

void symlink_make(const struct fill *fill, const char *target, int to, const char *as)
{
	if (symlinkat(target, to, as) < 0)
		fill_fail(fill, errno);
}

static void symlink_copy(const struct fill *fill, int from, const char *name,
			 const struct stat *status, int to, const char *as)
{
	ssize_t bytes = readlinkat(from, name, link_target, sizeof(link_target) - 1);

	if (bytes < 0)
		fill_fail(fill, errno);
	link_target[bytes] = '\0';
	symlink_make(fill, link_target, to, as);
	if (status->st_uid == fill->uid && status->st_gid == fill->gid)
		return;
	if (fchownat(to, as, status->st_uid, status->st_gid, AT_SYMLINK_NOFOLLOW) < 0 &&
	    !owner_is_refused(errno))
		fill_fail(fill, errno);
}

void entry_copy(struct fill *fill, int from, const char *name, int to, const char *as)
{
	struct stat status;

	if (fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		fill_fail(fill, errno);
	switch (status.st_mode & S_IFMT) {
	case S_IFREG:
		file_copy(fill, from, name, &status, to, as);
		return;
	case S_IFDIR:
		directory_copy(fill, from, name, &status, to, as);
		return;
	case S_IFLNK:
		symlink_copy(fill, from, name, &status, to, as);
		return;
	case S_IFIFO:
		if (mkfifoat(to, as, status.st_mode & 07777) < 0)
			fill_fail(fill, errno);
		return;
	default:
		fill_fail(fill, EOPNOTSUPP); /* a device or a socket */
	}
}

/* A pass removes what it sees; names that the reading missed come with the next. */
static void children_remove(struct fill *fill, int fd)
{
	size_t length = fill->length;
	unsigned int removed;

	do {
		struct entries entries;
		const char *name;

		removed = 0;
		if (lseek(fd, 0, SEEK_SET) < 0)
			fill_fail(fill, errno);
		entries_begin(&entries, fd);
		while ((name = entries_next(fill, &entries))) {
			fill_push(fill, name);
			entry_remove(fill, fd, name);
			fill_pop(fill, length);
			removed++;
		}
	} while (removed);
}

void entry_remove(struct fill *fill, int dir_fd, const char *name)
{
	int fd;

	if (unlinkat(dir_fd, name, 0) == 0)
		return;
	if (errno != EISDIR && errno != EPERM)
		fill_fail(fill, errno);
	(void)fchmodat(dir_fd, name, 0700, 0); /* a copied directory may refuse writing */
	fd = directory_open(fill, dir_fd, name);
	children_remove(fill, fd);
	close(fd);
	if (unlinkat(dir_fd, name, AT_REMOVEDIR) < 0)
		fill_fail(fill, errno);
}
