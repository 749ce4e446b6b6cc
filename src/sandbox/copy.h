/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copying and measuring directory trees whose content is hostile: by descriptors, never through a
 * symlink, bounded in depth.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct copy_owner {
	bool set;
	uid_t uid; /* of everything in the copy, where set */
	gid_t gid;
};
extern const struct copy_owner copy_as_is;

/* Copies what is in @from_fd, and its own attributes, to the directory @to_fd: files, directories
 * and symlinks with mode, owner, time and user.* attributes; fifos and sockets are left out. */
bool copy_tree(int from_fd, int to_fd, const struct copy_owner *owner, GError **error);

/* Called for each regular file and symlink: the clean path of its directory below the start, and
 * the bytes that it takes. */
typedef void (*usage_visit)(const char *directory, uint64_t bytes, void *user);
bool usage_walk(int dir_fd, const char *path, usage_visit visit, void *user, GError **error);
