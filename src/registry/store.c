/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/store.h"

#include "base/error.h"
#include "base/fd.h"
#include "image/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#define BLOBS "blobs/sha256/"

static char *blob_name(const struct digest *digest)
{
	char hex[DIGEST_HEX_BYTES];

	digest_format_hex(digest, hex);
	return g_strconcat(BLOBS, hex, NULL);
}

static char *part_name(const struct digest *digest)
{
	char hex[DIGEST_HEX_BYTES];

	digest_format_hex(digest, hex);
	return g_strconcat(BLOBS ".", hex, ".part", NULL);
}

int store_open_cache(const char *cache_path, char **ret_path, GError **error)
{
	g_autofree char *base = cache_path ? g_strdup(cache_path) : cache_default_path(error);
	g_autofree char *path = base ? g_build_filename(base, "registry", NULL) : NULL;
	autofd int fd = -1;

	if (!path || !fd_make_directories(AT_FDCWD, path, 0700, error))
		return -1;
	fd = fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, error);
	if (fd < 0 || !fd_make_directories(fd, "blobs/sha256", 0700, error))
		return -1;
	*ret_path = g_steal_pointer(&path);
	return fd_steal(&fd);
}

int store_find(int store_fd, const struct digest *digest, int64_t size_bytes)
{
	g_autofree char *name = blob_name(digest);
	autofd int fd = fd_open_beneath(store_fd, name, O_RDONLY | O_NONBLOCK, 0, NULL);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
	    (size_bytes >= 0 && status.st_size != size_bytes))
		return -1;
	cache_touch(fd);
	return fd_steal(&fd);
}

int store_begin(int store_fd, const struct digest *digest, GError **error)
{
	g_autofree char *name = part_name(digest);
	struct stat here, there;

	for (;;) {
		autofd int fd =
			fd_open_beneath(store_fd, name, O_RDWR | O_CREAT | O_NOFOLLOW, 0644, error);

		if (fd < 0)
			return -1;
		while (flock(fd, LOCK_EX) < 0) {
			if (errno != EINTR) {
				error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "lock");
				return -1;
			}
		}
		/* another one may have finished it while this one waited */
		if (fstat(fd, &here) == 0 && fstatat(store_fd, name, &there, 0) == 0 &&
		    here.st_ino == there.st_ino)
			return fd_steal(&fd);
	}
}

bool store_finish(int store_fd, const struct digest *digest, GError **error)
{
	g_autofree char *part = part_name(digest);
	g_autofree char *name = blob_name(digest);

	return renameat(store_fd, part, store_fd, name) == 0 ||
	       error_set_errno(error, THRESH_ERROR_INPUT, errno, "%s", name);
}

void store_drop(int store_fd, const struct digest *digest)
{
	g_autofree char *part = part_name(digest);

	unlinkat(store_fd, part, 0);
}

bool store_put(int store_fd, const struct digest *digest, const void *data, size_t size_bytes,
	       GError **error)
{
	autofd int fd = store_begin(store_fd, digest, error);

	if (fd < 0)
		return false;
	if (ftruncate(fd, 0) < 0)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "truncate");
	return fd_write_all(fd, data, size_bytes, error) && store_finish(store_fd, digest, error);
}
