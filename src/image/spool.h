/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A spool: the contents of all files of a tree in one file that has no name, each at a page of its
 * own, so that it can be mapped. Making a file for each costs most of what unpacking costs, and
 * whoever only looks at contents needs none.
 *
 *     struct spool spool = {.fd = -1};
 *     if (!spool_open(&spool, "/var/cache", error))
 *             …
 *     spool_begin(&spool, node, &file, error);         // then rootfs_file_write, rootfs_file_skip
 *     spool_finish(&spool, error);
 *     tree->spool_fd = fd_steal(&spool.fd);
 */
#pragma once

#include "image/rootfs_disk.h"

struct spool {
	int fd;
	uint64_t end_bytes; /* of what is in it: a multiple of the page size */
};

/* Makes the file in @directory, on whose file system there must be room for the contents. */
bool spool_open(struct spool *spool, const char *directory, GError **error);

/* Makes room for the `size_bytes` of @node and sets its `spool_offset`. @ret_file: to write to, up
 * to the next call; its descriptor is the spool's. */
bool spool_begin(struct spool *spool, struct node *node, struct rootfs_file *ret_file,
		 GError **error);

/* Gives the file its length: the last content may end in a hole. */
bool spool_finish(const struct spool *spool, GError **error);
