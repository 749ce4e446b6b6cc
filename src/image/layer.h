/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A layer as a stream of verified tar bytes: blob → digest → gzip or zstd → diff id.
 *
 * A thread reads, checks and decompresses; the caller takes blocks. The last block is answered only
 * when both digests are right, so whoever has read a stream to its end has read what the manifest
 * and the config name.
 *
 *     struct layer_stream *stream = layer_stream_open(image, 0, error);
 *     while (layer_stream_next(stream, &data, &size, error) && size > 0) …
 */
#pragma once

#include "image/image.h"

struct layer_stream;

struct layer_stream *layer_stream_open(const struct image *image, uint32_t index, GError **error);
void layer_stream_free(struct layer_stream *stream);
#define autolayer __attribute__((cleanup(layer_stream_cleanup)))
void layer_stream_cleanup(struct layer_stream **stream);

/* The next bytes, borrowed until the next call; 0 bytes: the verified end. */
bool layer_stream_next(struct layer_stream *stream, const uint8_t **ret_data,
		       size_t *ret_size_bytes, GError **error);

/* How many tar bytes were answered so far. */
uint64_t layer_stream_count(const struct layer_stream *stream);

/* Reads to the end. After an error of a consumer: where the blob itself is not what its digest
 * says, that is the better answer, and replaces @error. */
void layer_stream_explain(struct layer_stream *stream, GError **error);

/* The compression of a blob by its first bytes; one that OCI does not know is an error. */
bool layer_sniff(int fd, uint64_t offset, uint64_t size_bytes, enum compression *ret_compression,
		 GError **error);

bool layer_digest_window(int fd, uint64_t offset, uint64_t size_bytes, struct digest *ret_digest,
			 GError **error);
