/* SPDX-License-Identifier: Apache-2.0 */
#include "image/cache.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/size.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char *cache_path(void)
{
	const char *named = g_getenv("THRESH_CACHE");
	const char *xdg = g_getenv("XDG_CACHE_HOME");

	if (named && *named)
		return g_canonicalize_filename(named, NULL);
	/* XDG Base Directory: a relative path is to be ignored. */
	if (xdg && g_path_is_absolute(xdg))
		return g_build_filename(xdg, "thresh", NULL);
	return g_build_filename(g_get_home_dir(), ".cache", "thresh", NULL);
}

char *cache_default_path(GError **error)
{
	g_autofree char *path = cache_path();
	g_autofree char *quoted = error_quote(path);
	g_autofree char *above = g_path_get_dirname(path);
	struct stat status;

	if (!fd_make_directories(AT_FDCWD, above, 0755, error) ||
	    (mkdir(path, 0700) < 0 && errno != EEXIST)) {
		if (error && !*error)
			error_set_errno(error, THRESH_ERROR_INPUT, errno, "%s", quoted);
		g_prefix_error(error, "cache (set THRESH_CACHE to choose another): ");
		return NULL;
	}
	if (stat(path, &status) < 0 || !S_ISDIR(status.st_mode)) {
		error_set(error, THRESH_ERROR_INPUT, "cache %s: not a directory", quoted);
		return NULL;
	}
	if (status.st_uid != geteuid() || (status.st_mode & 022) != 0) {
		error_set(error, THRESH_ERROR_INPUT,
			  "cache %s: others own it or can write to it; set THRESH_CACHE to a "
			  "directory "
			  "of your own, mode 0700",
			  quoted);
		return NULL;
	}
	return g_steal_pointer(&path);
}

bool cache_limit(uint64_t *ret_bytes, GError **error)
{
	const char *named = g_getenv("THRESH_CACHE_LIMIT");

	*ret_bytes = CACHE_LIMIT_BYTES;
	if (!named || !*named || size_parse(named, ret_bytes, error))
		return true;
	g_prefix_error(error, "THRESH_CACHE_LIMIT: ");
	return false;
}
