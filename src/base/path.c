/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"

#include <fnmatch.h>
#include <string.h>

static void append_components(GString *out, const char *path)
{
	while (*path) {
		size_t length = strcspn(path, "/");

		if (length == 2 && path[0] == '.' && path[1] == '.') {
			char *slash = strrchr(out->str, '/');

			g_string_truncate(out, slash ? (gsize)(slash - out->str) : 0);
		} else if (length > 0 && !(length == 1 && path[0] == '.')) {
			g_string_append_c(out, '/');
			g_string_append_len(out, path, (gssize)length);
		}
		path += length;
		path += *path == '/';
	}
}

char *path_clean(const char *base, const char *path)
{
	GString *out = g_string_new(NULL);

	if (path[0] != '/' && base)
		append_components(out, base);
	append_components(out, path);
	if (out->len == 0)
		g_string_append_c(out, '/');
	return g_string_free(out, FALSE);
}

char *path_join(const char *directory, const char *name)
{
	size_t length = strlen(directory);
	bool slashed = length > 0 && directory[length - 1] == '/';

	return g_strconcat(directory, slashed ? "" : "/", name, NULL);
}

char *path_parent(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash || slash == path)
		return g_strdup("/");
	return g_strndup(path, (gsize)(slash - path));
}

const char *path_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool path_is_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	if (length == 1 && directory[0] == '/')
		return path[0] == '/';
	return strncmp(path, directory, length) == 0 &&
	       (path[length] == '\0' || path[length] == '/');
}

static bool matches_components(char **path, char **glob)
{
	for (; *glob; glob++, path++) {
		if (strcmp(*glob, "**") == 0) {
			if (!glob[1])
				return *path != NULL;
			for (; *path; path++) {
				if (matches_components(path, glob + 1))
					return true;
			}
			return false;
		}
		if (!*path || fnmatch(*glob, *path, 0) != 0)
			return false;
	}
	return !*path;
}

bool path_matches(const char *path, const char *glob)
{
	g_auto(GStrv) path_parts = g_strsplit(path, "/", -1);
	g_auto(GStrv) glob_parts = g_strsplit(glob, "/", -1);

	return matches_components(path_parts, glob_parts);
}
