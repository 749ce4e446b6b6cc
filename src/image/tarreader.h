/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading tar: a pull parser over a stream of blocks, for layers and for archives of images.
 *
 * Our own and not libarchive's, since names are bytes here and libarchive converts PAX names
 * through the locale (in "C" a non-ASCII name is lost), since an archive needs each entry's
 * position, and since layers come from outside: what is accepted is bounded here and fuzzed
 * (fuzz/tar.c).
 *
 * Understood: pax(1) "ustar Interchange Format" and "pax Interchange Format", and GNU tar's long
 * names, base-256 numbers and sparse files (old GNU, and PAX 0.0, 0.1 and 1.0), SCHILY.xattr and
 * LIBARCHIVE.xattr.
 *
 *     struct tar_reader *reader = tar_reader_new(&source);
 *     while ((got = tar_reader_next(reader, &entry, error)) > 0) …
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the bytes come from. */
struct tar_source {
	/* The next bytes, borrowed until the next call; 0 bytes: the end. */
	bool (*next)(void *user, const uint8_t **ret_data, size_t *ret_size_bytes, GError **error);
	/* Leaves out bytes; may be NULL. */
	bool (*skip)(void *user, uint64_t size_bytes, GError **error);
	void *user;
};

struct tar_xattr {
	char *name;
	GBytes *value;
};

struct tar_extent {
	uint64_t offset_bytes;
	uint64_t size_bytes;
};

struct tar_entry {
	char type;     /* '0' file, '1' hard link, '2' symlink, '3' '4' devices, '5' directory,
			  '6' fifo */
	char *path;    /* as written */
	char *link;    /* target of links, else "" */
	uint32_t mode; /* 07777 */
	uint32_t uid;
	uint32_t gid;
	int64_t mtime;
	uint64_t size_bytes;   /* of the file; in a sparse one holes count */
	uint64_t packed_bytes; /* in the archive */
	uint64_t offset_bytes; /* of the content in the archive */
	uint32_t device_major;
	uint32_t device_minor;
	GPtrArray *xattrs; /* struct tar_xattr *, or NULL */
	GArray *extents;   /* sparse files: struct tar_extent in ascending order, else NULL */
};

struct tar_reader;

struct tar_reader *tar_reader_new(const struct tar_source *source);
void tar_reader_free(struct tar_reader *reader);
#define autotar __attribute__((cleanup(tar_reader_cleanup)))
void tar_reader_cleanup(struct tar_reader **reader);

/* 1 and an entry, borrowed until the next call; 0 at the end of the archive; -1 with @error. */
int tar_reader_next(struct tar_reader *reader, const struct tar_entry **ret_entry, GError **error);

/* The next stored bytes of the current entry; 0 bytes at its end. In a sparse file they belong to
 * the extents, one after the other. */
bool tar_reader_data(struct tar_reader *reader, const uint8_t **ret_data, size_t *ret_size_bytes,
		     GError **error);
