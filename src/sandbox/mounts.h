/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The new mount API (fsopen(2), open_tree(2), move_mount(2)) with errors: every function answers a
 * detached mount's descriptor, or -1 with @error.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct mount_option {
	const char *name;
	const char *value; /* NULL: a flag */
};

/* A new file system of @type with @options (the last has no name); @attributes of MOUNT_ATTR_*. */
int mount_new(const char *type, const struct mount_option *options, unsigned attributes,
	      GError **error);

/* A detached copy of what is mounted at @path below @dir_fd. */
int mount_copy(int dir_fd, const char *path, bool recursive, GError **error);

/* Puts a detached mount at @path. */
bool mount_place(int mount_fd, const char *path, GError **error);

bool mount_set(int mount_fd, uint64_t attributes, bool recursive, GError **error);
