/* SPDX-License-Identifier: Apache-2.0 */
#include "image/compress.h"

#include "base/error.h"
#include "base/fd.h"

#include <string.h>
#include <zlib.h>
#include <zstd.h>

enum {
	PLAIN_BYTES =
		1 << 18, /* large enough that system calls vanish, small enough for the L2 cache */
	PACKED_BYTES = 1 << 17,
	GZIP_LEVEL = 6,
	ZSTD_LEVEL = 3,
	GZIP_OS_UNKNOWN = 255,
};

static const char *const compression_names[] = {
	[COMPRESSION_NONE] = "none",
	[COMPRESSION_GZIP] = "gzip",
	[COMPRESSION_ZSTD] = "zstd",
};

const char *compression_name(enum compression compression)
{
	return compression_names[compression];
}

bool compression_find(const char *name, enum compression *ret_compression)
{
	for (gsize i = 0; i < G_N_ELEMENTS(compression_names); i++) {
		if (!strcmp(name, compression_names[i])) {
			*ret_compression = (enum compression)i;
			return true;
		}
	}
	return false;
}

struct blob {
	int fd;
	enum compression compression;
	struct digester *plain;
	struct digester *packed; /* NULL for COMPRESSION_NONE: the same bytes, the same digest */
	uint64_t size_bytes;
	size_t used;
	uint8_t *buffer;
	uint8_t *output;
	z_stream gzip;
	gz_header gzip_header;
	ZSTD_CCtx *zstd;
};

static void gzip_start(struct blob *blob)
{
	/* 15 + 16: the largest window, and a gzip header (zlib.h, deflateInit2) */
	if (deflateInit2(&blob->gzip, GZIP_LEVEL, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) !=
	    Z_OK)
		g_error("zlib cannot start");
	blob->gzip_header.os = GZIP_OS_UNKNOWN;
	deflateSetHeader(&blob->gzip, &blob->gzip_header);
}

static void zstd_start(struct blob *blob)
{
	blob->zstd = ZSTD_createCCtx();
	if (!blob->zstd)
		g_error("zstd cannot start");
	ZSTD_CCtx_setParameter(blob->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL);
	ZSTD_CCtx_setParameter(blob->zstd, ZSTD_c_checksumFlag, 1);
}

struct blob *blob_new(int fd, enum compression compression)
{
	struct blob *blob = g_new0(struct blob, 1);

	blob->fd = fd;
	blob->compression = compression;
	blob->plain = digester_new();
	blob->buffer = g_malloc(PLAIN_BYTES);
	if (compression == COMPRESSION_NONE)
		return blob;
	blob->packed = digester_new();
	blob->output = g_malloc(PACKED_BYTES);
	if (compression == COMPRESSION_GZIP)
		gzip_start(blob);
	else
		zstd_start(blob);
	return blob;
}

void blob_free(struct blob *blob)
{
	if (!blob)
		return;
	digester_free(blob->plain);
	digester_free(blob->packed);
	if (blob->compression == COMPRESSION_GZIP)
		deflateEnd(&blob->gzip);
	ZSTD_freeCCtx(blob->zstd);
	g_free(blob->buffer);
	g_free(blob->output);
	g_free(blob);
}

void blob_cleanup(struct blob **blob)
{
	blob_free(*blob);
}

static bool put_out(struct blob *blob, const void *data, size_t size_bytes, GError **error)
{
	blob->size_bytes += size_bytes;
	return blob->fd < 0 || fd_write_all(blob->fd, data, size_bytes, error);
}

static bool put_packed(struct blob *blob, size_t size_bytes, GError **error)
{
	digester_update(blob->packed, blob->output, size_bytes);
	return put_out(blob, blob->output, size_bytes, error);
}

static bool gzip_put(struct blob *blob, bool last, GError **error)
{
	int result;

	blob->gzip.next_in = blob->buffer;
	blob->gzip.avail_in = (uInt)blob->used;
	do {
		blob->gzip.next_out = blob->output;
		blob->gzip.avail_out = PACKED_BYTES;
		result = deflate(&blob->gzip, last ? Z_FINISH : Z_NO_FLUSH);
		if (result == Z_STREAM_ERROR)
			return error_set(error, THRESH_ERROR_INTERNAL, "zlib: stream error");
		if (!put_packed(blob, PACKED_BYTES - blob->gzip.avail_out, error))
			return false;
	} while (last ? result != Z_STREAM_END : blob->gzip.avail_out == 0);
	return true;
}

static bool zstd_put(struct blob *blob, bool last, GError **error)
{
	ZSTD_inBuffer in = {blob->buffer, blob->used, 0};
	size_t left;

	do {
		ZSTD_outBuffer out = {blob->output, PACKED_BYTES, 0};

		left = ZSTD_compressStream2(blob->zstd, &out, &in,
					    last ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left))
			return error_set(error, THRESH_ERROR_INTERNAL, "zstd: %s",
					 ZSTD_getErrorName(left));
		if (!put_packed(blob, out.pos, error))
			return false;
	} while (last ? left > 0 : in.pos < in.size);
	return true;
}

static bool flush(struct blob *blob, bool last, GError **error)
{
	bool ok;

	digester_update(blob->plain, blob->buffer, blob->used);
	switch (blob->compression) {
	case COMPRESSION_GZIP:
		ok = gzip_put(blob, last, error);
		break;
	case COMPRESSION_ZSTD:
		ok = zstd_put(blob, last, error);
		break;
	default:
		ok = put_out(blob, blob->buffer, blob->used, error);
	}
	blob->used = 0;
	return ok;
}

uint8_t *blob_space(struct blob *blob, size_t *ret_size_bytes, GError **error)
{
	if (blob->used == PLAIN_BYTES && !flush(blob, false, error))
		return NULL;
	*ret_size_bytes = PLAIN_BYTES - blob->used;
	return blob->buffer + blob->used;
}

void blob_advance(struct blob *blob, size_t size_bytes)
{
	g_assert(size_bytes <= PLAIN_BYTES - blob->used);
	blob->used += size_bytes;
}

bool blob_write(struct blob *blob, const void *data, size_t size_bytes, GError **error)
{
	const uint8_t *p = data;

	while (size_bytes > 0) {
		size_t room;
		uint8_t *space = blob_space(blob, &room, error);

		if (!space)
			return false;
		room = MIN(room, size_bytes);
		memcpy(space, p, room);
		blob_advance(blob, room);
		p += room;
		size_bytes -= room;
	}
	return true;
}

bool blob_finish(struct blob *blob, struct blob_facts *ret_facts, GError **error)
{
	struct blob_facts facts;

	if (!flush(blob, true, error))
		return false;
	digester_finish(blob->plain, &facts.plain);
	facts.digest = facts.plain;
	if (blob->packed)
		digester_finish(blob->packed, &facts.digest);
	facts.size_bytes = blob->size_bytes;
	*ret_facts = facts;
	return true;
}
