/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The headers of a tar archive: POSIX pax(1) "ustar Interchange Format" where an entry fits it, and
 * an extended header before it where not (a long or not encodable name, large numbers, extended
 * attributes as SCHILY.xattr).
 *
 * Our own, since the bytes are our output's identity: two machines with two versions of libarchive
 * must make the same digest. No user or group names, no access times, no sparse maps, one order of
 * records. Readers in the tests are libarchive, GNU tar and Python.
 *
 *     tar_put_header(blob, &entry, error);      // then entry.size_bytes of content,
 *     tar_put_padding(blob, entry.size_bytes, error);
 *     tar_put_end(blob, error);
 */
#pragma once

#include "image/compress.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum tar_type { /* pax(1), typeflag */
		TAR_FILE = '0',
		TAR_HARDLINK = '1',
		TAR_SYMLINK = '2',
		TAR_DIRECTORY = '5',
		TAR_FIFO = '6',
};

struct tar_entry {
	const char *name; /* relative, no leading slash; directories get their final one here */
	enum tar_type type;
	uint32_t mode; /* 07777 */
	uint32_t uid;
	uint32_t gid;
	int64_t mtime;           /* seconds, may be negative */
	uint64_t size_bytes;     /* files; 0 otherwise */
	const char *target;      /* symlinks: as it is; hard links: the other name; else NULL */
	const GPtrArray *xattrs; /* struct xattr * of tree.h, sorted; or NULL */
};

/* An attribute whose name has "=" in it cannot be told in a PAX record: THRESH_ERROR_INPUT. */
bool tar_put_header(struct blob *blob, const struct tar_entry *entry, GError **error);
/* Zeros up to the next multiple of 512 after a content of @size_bytes. */
bool tar_put_padding(struct blob *blob, uint64_t size_bytes, GError **error);
/* The two zero blocks at the end. */
bool tar_put_end(struct blob *blob, GError **error);
