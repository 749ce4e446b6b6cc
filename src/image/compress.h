/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A blob in the making: bytes go in, and are hashed, compressed, hashed again and written to a file
 * in one pass. The same bytes give the same blob on every machine with the same library: one
 * thread, no time, no name, no operating system in the gzip header (RFC 1952, section 2.3: XFL and
 * OS fixed).
 *
 *     autoblob struct blob *blob = blob_new(fd, COMPRESSION_NONE);
 *     blob_write(blob, data, size, error);
 *     blob_finish(blob, &facts, error);
 *
 * Large contents are read straight into the blob's buffer (blob_space, blob_advance).
 */
#pragma once

#include "base/digest.h"
#include "image/image.h"

#include <glib.h>
#include <stdbool.h>

struct blob;

/* "none", "gzip", "zstd", and back. */
const char *compression_name(enum compression compression);
bool compression_find(const char *name, enum compression *ret_compression);

struct blob_facts {
	struct digest plain;  /* of what went in: a layer's diff ID */
	struct digest digest; /* of the file */
	uint64_t size_bytes;  /* of the file */
};

/* @fd is borrowed, and written to from its position on; -1: only hashed. */
struct blob *blob_new(int fd, enum compression compression);
void blob_free(struct blob *blob);
#define autoblob __attribute__((cleanup(blob_cleanup)))
void blob_cleanup(struct blob **blob);

bool blob_write(struct blob *blob, const void *data, size_t size_bytes, GError **error);

/* Room for at least one byte, *@ret_size_bytes in all; valid until the next call on @blob. */
uint8_t *blob_space(struct blob *blob, size_t *ret_size_bytes, GError **error);
/* Says that @size_bytes of that room have been filled. */
void blob_advance(struct blob *blob, size_t size_bytes);

/* Ends the stream. Nothing may be written afterwards. */
bool blob_finish(struct blob *blob, struct blob_facts *ret_facts, GError **error);
