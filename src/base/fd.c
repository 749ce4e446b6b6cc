/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fd.h"

#include "base/error.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { COPY_CHUNK_BYTES = 1 << 17 };

void fd_cleanup(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int fd_steal(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

static int open_failed(const char *path, GError **error)
{
	int saved = errno;
	g_autofree char *quoted = error_quote(path);

	error_set_errno(error, THRESH_ERROR_INPUT, saved, "%s", quoted);
	return -1;
}

int fd_open(int dir_fd, const char *path, int flags, mode_t mode, GError **error)
{
	int fd = openat(dir_fd, path, flags | O_CLOEXEC, mode);

	return fd >= 0 ? fd : open_failed(path, error);
}

static int open_resolved(int dir_fd, const char *path, int flags, mode_t mode, uint64_t resolve,
			 GError **error)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.mode = flags & (O_CREAT | __O_TMPFILE) ? mode : 0,
		.resolve = resolve | RESOLVE_NO_MAGICLINKS,
	};
	int fd;

	/* EAGAIN: a rename raced with the walk (openat2(2), RESOLVE_BENEATH); bounded. */
	for (int tries = 0; tries < 64; tries++) {
		fd = (int)syscall(SYS_openat2, dir_fd, path, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return fd >= 0 ? fd : open_failed(path, error);
}

int fd_open_beneath(int dir_fd, const char *path, int flags, mode_t mode, GError **error)
{
	return open_resolved(dir_fd, path, flags, mode, RESOLVE_BENEATH, error);
}

int fd_open_in_root(int dir_fd, const char *path, int flags, mode_t mode, GError **error)
{
	return open_resolved(dir_fd, path, flags, mode, RESOLVE_IN_ROOT, error);
}

bool fd_make_directories(int dir_fd, const char *path, mode_t mode, GError **error)
{
	g_autofree char *copy = g_strdup(path);

	for (char *p = copy + 1;; p++) {
		char saved = *p;

		if (saved != '/' && saved != '\0')
			continue;
		*p = '\0';
		if (mkdirat(dir_fd, copy, mode) < 0 && errno != EEXIST)
			return error_set_errno(error, THRESH_ERROR_INPUT, errno, "%s", copy);
		if (saved == '\0')
			return true;
		*p = saved;
	}
}

GBytes *fd_read_all(int fd, size_t max_bytes, const char *what, GError **error)
{
	g_autoptr(GByteArray) data = g_byte_array_new();
	uint8_t chunk[16384];

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			error_set_errno(error, THRESH_ERROR_INPUT, errno, "%s", what);
			return NULL;
		}
		if (n == 0)
			return g_byte_array_free_to_bytes(g_steal_pointer(&data));
		if ((size_t)n > max_bytes - data->len) {
			error_set(error, THRESH_ERROR_INPUT, "%s: larger than %zu bytes", what,
				  max_bytes);
			return NULL;
		}
		g_byte_array_append(data, chunk, (guint)n);
	}
}

bool fd_write_all(int fd, const void *data, size_t size_bytes, GError **error)
{
	const uint8_t *p = data;

	while (size_bytes > 0) {
		ssize_t n = write(fd, p, size_bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set_errno(error, THRESH_ERROR_INPUT, errno, "write");
		p += n;
		size_bytes -= (size_t)n;
	}
	return true;
}

static bool copy_by_reading(int in, int out, uint64_t size_bytes, GError **error)
{
	g_autofree uint8_t *chunk = g_malloc(COPY_CHUNK_BYTES);

	while (size_bytes > 0) {
		ssize_t n = read(in, chunk, MIN(size_bytes, (uint64_t)COPY_CHUNK_BYTES));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set_errno(error, THRESH_ERROR_INPUT, errno, "read");
		if (n == 0)
			return error_set(error, THRESH_ERROR_INPUT,
					 "read: file is shorter than it was");
		if (!fd_write_all(out, chunk, (size_t)n, error))
			return false;
		size_bytes -= (uint64_t)n;
	}
	return true;
}

bool fd_copy(int in, int out, uint64_t size_bytes, GError **error)
{
	while (size_bytes > 0) {
		ssize_t n = copy_file_range(in, NULL, out, NULL, size_bytes, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO))
			return error_set_errno(error, THRESH_ERROR_INPUT, errno, "write");
		if (n <=
		    0) /* across file systems, or a kernel or file that cannot: the plain way */
			return copy_by_reading(in, out, size_bytes, error);
		size_bytes -= (uint64_t)n;
	}
	return true;
}

static bool remove_children(int fd, GError **error)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	bool ok = true;

	if (!dir) {
		close(fd);
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "fdopendir");
	}
	while (ok && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			ok = fd_remove_tree(dirfd(dir), entry->d_name, error);
	}
	closedir(dir);
	return ok;
}

bool fd_remove_tree(int dir_fd, const char *name, GError **error)
{
	int fd;

	if (unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT)
		return true;
	if (errno != EISDIR && errno != EPERM && errno != EACCES)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "%s: remove", name);
	fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == EACCES && fchmodat(dir_fd, name, 0700, 0) == 0)
		fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "%s: remove", name);
	if (faccessat(fd, ".", W_OK, AT_EACCESS) < 0)
		fchmod(fd, 0700); /* a directory of our own that an image made read-only */
	if (!remove_children(fd, error)) {
		g_prefix_error(error, "%s: ", name);
		return false;
	}
	if (unlinkat(dir_fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "%s: remove", name);
	return true;
}

static bool replace(const char *path, const void *data, size_t size_bytes, mode_t mode,
		    GError **error)
{
	g_autofree char *temporary = g_strdup_printf("%s.XXXXXX", path);
	autofd int fd = g_mkstemp_full(temporary, O_WRONLY | O_CLOEXEC, 0600);

	if (fd < 0)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "%s", path);
	if (!fd_write_all(fd, data, size_bytes, error)) {
		g_prefix_error(error, "%s: ", path);
		unlink(temporary);
		return false;
	}
	if (fchmod(fd, mode) < 0 || fsync(fd) < 0 || rename(temporary, path) < 0) {
		int saved = errno;

		unlink(temporary);
		return error_set_errno(error, THRESH_ERROR_INPUT, saved, "%s", path);
	}
	return true;
}

/* A pipe, a terminal or a name for a descriptor (/dev/stdout is a link, and replacing that would
 * take it from everybody): nothing is to come in its place. Of other links the target is not looked
 * at: who may write to the directory may have put them there. */
static bool is_stream(const char *path)
{
	static const char *const names[] = {"/dev/std", "/dev/fd/", "/proc/self/fd/"};
	struct stat status;

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		if (g_str_has_prefix(path, names[i]))
			return true;
	}
	return lstat(path, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode));
}

static bool stream_write(const char *path, const void *data, size_t size_bytes, GError **error)
{
	autofd int fd = open(path, O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "%s", path);
	if (fd_write_all(fd, data, size_bytes, error))
		return true;
	g_prefix_error(error, "%s: ", path);
	return false;
}

bool file_replace(const char *path, const void *data, size_t size_bytes, mode_t mode,
		  GError **error)
{
	return is_stream(path) ? stream_write(path, data, size_bytes, error)
			       : replace(path, data, size_bytes, mode, error);
}
