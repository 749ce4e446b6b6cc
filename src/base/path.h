/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths inside an image: absolute, "/"-separated, clean (no "//", ".", ".." or trailing slash).
 *
 * Bytes, not text: a name may hold anything but '/' and NUL. Nothing here touches a file system.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

enum {
	PATH_MAX_BYTES = 4096, /* linux/limits.h PATH_MAX */
	NAME_MAX_BYTES = 255,
};

/* The clean absolute form of @path, taken relative to @base where it is not absolute ("/" for
 * NULL); ".." above the root stays at the root. Caller frees. */
char *path_clean(const char *base, const char *path);

/* @directory and @name with one slash between. Caller frees. */
char *path_join(const char *directory, const char *name);

/* The directory of a clean path; "/" for "/". Caller frees. */
char *path_parent(const char *path);

/* The last component of a clean path, borrowed from it; "" for "/". */
const char *path_name(const char *path);

/* Whether clean @path is @directory or lies below it. */
bool path_is_below(const char *path, const char *directory);

/* Whether @path matches @glob: `*` and `?` within a component, `**` across, `[a-z]` as fnmatch. */
bool path_matches(const char *path, const char *glob);
