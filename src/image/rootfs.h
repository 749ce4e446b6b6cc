/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unpacking: an image's merged root file system as a directory, with the tree that describes it.
 *
 * One directory an image's layers (by chain ID and digests), in the cache, shared by all runs:
 * `CACHE/rootfs-BASE/HEX/root`, with the tree beside it in `index` and a lock beside both. It
 * appears whole or not at all, and nobody writes to it afterwards (runs put an overlay over it).
 * Blobs are checked against their digests also where an entry is there already. Owners are shifted
 * by `shift` (see sandbox/identity.h); device nodes are in the tree, not in the directory. On disk
 * set-id bits are set only where the owners are ids that belong to nobody, and of the attributes
 * user.* alone (file capabilities would have no effect under no_new_privs); the tree has them all.
 *
 *     struct rootfs *rootfs = rootfs_unpack(image, cache_path, &shift, error);
 */
#pragma once

#include "image/image.h"
#include "image/tree.h"

/* How owners inside the image become owners on disk. */
struct owner_shift {
	bool single;       /* one mapped user: everything belongs to the caller, chown is skipped */
	uint32_t uid_base; /* otherwise on-disk uid = uid_base + uid */
	uint32_t gid_base;
	uint32_t count; /* ids at or above it are an error that names the path */
};

struct rootfs {
	char *path;        /* the directory, absolute */
	struct tree *tree; /* with root_fd open */
	int lock_fd;       /* a shared lock on the cache entry, so that no clean-up takes it */

	/* Of rootfs_unpack_early: */
	const struct image *image; /* borrowed until rootfs_confirm */
	GThread *check;            /* that reads its blobs; NULL: it has been done */
	GError *failure;           /* of the check */
};

/* Answers the cached root file system, unpacking it where it is not there. Waits for another
 * process that is unpacking the same. */
struct rootfs *rootfs_unpack(const struct image *image, const char *cache_path,
			     const struct owner_shift *shift, GError **error);

/* The same, but where it is cached already, the blobs are still being read when this answers: what
 * is made of the tree may go nowhere before rootfs_confirm has said that they are whole. @image
 * outlives that. */
struct rootfs *rootfs_unpack_early(const struct image *image, const char *cache_path,
				   const struct owner_shift *shift, GError **error);
bool rootfs_confirm(struct rootfs *rootfs, GError **error);

/* Unpacks into the new directory @path (not cached; the caller removes it): for candidates. */
struct rootfs *rootfs_unpack_to(const struct image *image, const char *path,
				const struct owner_shift *shift, GError **error);

/* The tree alone, without keeping any content: for `diff` and `why` on an image that is not in the
 * cache. Digests are filled in; tree_open fails. */
struct tree *image_read_tree(const struct image *image, GError **error);

/* The tree with its content in one file without a name in @directory (spool.h): for whoever only
 * looks at it, at a part of what a directory costs, and without owners to shift. Not cached. */
struct tree *image_spool_tree(const struct image *image, const char *directory, GError **error);

void rootfs_free(struct rootfs *rootfs);
#define autorootfs __attribute__((cleanup(rootfs_cleanup)))
void rootfs_cleanup(struct rootfs **rootfs);
