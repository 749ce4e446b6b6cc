/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Id maps of user namespaces (user_namespaces(7)): reading, writing, and the swapped maps with
 * which a host directory's owner appears as the application's user.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct id_extent {
	uint32_t inside;
	uint32_t outside;
	uint32_t count;
};

/* The extents of a map file, as a new GArray of struct id_extent. */
GArray *idmap_read(const char *path, GError **error);

/* Writes /proc/@pid/@name ("uid_map", "gid_map"). */
bool idmap_write(pid_t pid, const char *name, const struct id_extent *extents, size_t count,
		 GError **error);

/* Writes to /proc/@pid/@name all that this process's own map of that name holds, each to itself. */
bool idmap_write_identity(pid_t pid, const char *name);

bool idmap_deny_setgroups(pid_t pid, GError **error);

/* At most this many extents come from idmap_swap. */
enum { IDMAP_SWAP_MAX = 6 };

/* For an idmapped mount (mount_setattr(2)): ids 0..@count-1 on disk to @base and on, but that
 * @owner on disk appears as @base+@shown, and the other of the two (where it is in range) in its
 * place. Answers the number of extents. */
size_t idmap_swap(uint32_t base, uint32_t count, uint32_t owner, uint32_t shown,
		  struct id_extent extents[static IDMAP_SWAP_MAX]);

/* A descriptor of a new user namespace with these maps, for mount_setattr(2); -1 with @error. */
int idmap_open_namespace(const struct id_extent *uids, size_t uid_count,
			 const struct id_extent *gids, size_t gid_count, GError **error);
