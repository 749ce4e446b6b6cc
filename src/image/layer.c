/* SPDX-License-Identifier: Apache-2.0 */
#include "image/layer.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum {
	BLOCK_BYTES = 256 << 10,
	BLOCKS = 8,
	INPUT_BYTES = 128 << 10,
	RATIO_FLOOR_BYTES = 64 << 20, /* below it no layer is a bomb */
};

enum blob_state { BLOB_UNKNOWN, BLOB_GOOD, BLOB_BAD };

struct block {
	uint8_t *data;
	size_t size_bytes;
};

struct layer_stream {
	const struct layer *layer;
	uint64_t limit_bytes; /* of the unpacked bytes, by the ratio */

	/* The thread's, until it has been joined. */
	int fd;
	uint64_t position; /* in the file */
	uint64_t left_bytes;
	enum compression compression;
	struct digester *blob_digester;
	enum blob_state blob_state;
	uint8_t *input;
	size_t input_at, input_size;
	z_stream gzip;
	ZSTD_DStream *zstd;
	bool in_frame; /* a gzip member or zstd frame is under way */
	uint64_t produced_bytes;

	/* The caller's. */
	struct digester *diff_digester;
	uint64_t taken_bytes;
	bool holds_block;

	/* Shared, under the lock. */
	GThread *thread;
	GMutex lock;
	GCond changed;
	struct block ring[BLOCKS];
	unsigned int written, read; /* blocks, counted from the start */
	bool finished;
	bool diff_id_matches; /* known at the end, which may be asked for again */
	bool cancelled;
	GError *failure;
};

bool layer_sniff(int fd, uint64_t offset, uint64_t size_bytes, enum compression *ret_compression,
		 GError **error)
{
	uint8_t start[6] = {0};
	ssize_t n = pread(fd, start, MIN(size_bytes, sizeof(start)), (off_t)offset);

	if (n < 0)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "read");
	if (memcmp(start, "\x1f\x8b", 2) == 0)
		*ret_compression = COMPRESSION_GZIP;
	else if (memcmp(start, "\x28\xb5\x2f\xfd", 4) == 0 ||
		 (memcmp(start + 1, "\x2a\x4d\x18", 3) == 0 && start[0] >> 4 == 5))
		*ret_compression = COMPRESSION_ZSTD;
	else if (memcmp(start,
			"\xfd"
			"7zXZ",
			5) == 0)
		return error_set(error, THRESH_ERROR_INPUT, "compressed with xz, which OCI lacks");
	else if (memcmp(start, "BZh", 3) == 0)
		return error_set(error, THRESH_ERROR_INPUT,
				 "compressed with bzip2, which OCI lacks");
	else
		*ret_compression = COMPRESSION_NONE;
	return true;
}

/* The thread */

/* Makes sure that there is input unless the blob is at its end. */
static bool fill_input(struct layer_stream *stream, GError **error)
{
	ssize_t n;

	if (stream->input_at < stream->input_size || stream->left_bytes == 0)
		return true;
	do
		n = pread(stream->fd, stream->input, MIN(stream->left_bytes, (uint64_t)INPUT_BYTES),
			  (off_t)stream->position);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "read");
	if (n == 0)
		return error_set(error, THRESH_ERROR_INPUT, "the blob became shorter");
	digester_update(stream->blob_digester, stream->input, (size_t)n);
	stream->position += (uint64_t)n;
	stream->left_bytes -= (uint64_t)n;
	stream->input_at = 0;
	stream->input_size = (size_t)n;
	return true;
}

static bool at_input_end(const struct layer_stream *stream)
{
	return stream->input_at == stream->input_size && stream->left_bytes == 0;
}

static size_t copy_plain(struct layer_stream *stream, uint8_t *out, size_t room)
{
	size_t n = MIN(room, stream->input_size - stream->input_at);

	memcpy(out, stream->input + stream->input_at, n);
	stream->input_at += n;
	return n;
}

/* Between two members: gzip(1) takes further members, and zeros as padding. */
static bool start_member(struct layer_stream *stream, GError **error)
{
	const uint8_t *next = stream->input + stream->input_at;

	if (*next == 0 && stream->gzip.total_in > 0) {
		while (stream->input_at < stream->input_size && *next == 0) {
			next++;
			stream->input_at++;
		}
		return true;
	}
	if (*next != 0x1f)
		return error_set(error, THRESH_ERROR_INPUT, "gzip: bytes behind the end");
	inflateReset(&stream->gzip);
	stream->in_frame = true;
	return true;
}

static bool inflate_some(struct layer_stream *stream, uint8_t *out, size_t room, size_t *ret_got,
			 GError **error)
{
	z_stream *gzip = &stream->gzip;
	int status;

	*ret_got = 0;
	if (!stream->in_frame && !start_member(stream, error))
		return false;
	if (!stream->in_frame)
		return true;
	gzip->next_in = stream->input + stream->input_at;
	gzip->avail_in = (uInt)(stream->input_size - stream->input_at);
	gzip->next_out = out;
	gzip->avail_out = (uInt)room;
	status = inflate(gzip, Z_NO_FLUSH);
	stream->input_at = stream->input_size - gzip->avail_in;
	*ret_got = room - gzip->avail_out;
	if (status == Z_STREAM_END)
		stream->in_frame = false;
	else if (status != Z_OK && status != Z_BUF_ERROR)
		return error_set(error, THRESH_ERROR_INPUT, "gzip: %s",
				 gzip->msg ? gzip->msg : "damaged");
	return true;
}

static bool unzstd_some(struct layer_stream *stream, uint8_t *out, size_t room, size_t *ret_got,
			GError **error)
{
	ZSTD_inBuffer in = {stream->input, stream->input_size, stream->input_at};
	ZSTD_outBuffer to = {out, room, 0};
	size_t status = ZSTD_decompressStream(stream->zstd, &to, &in);

	if (ZSTD_isError(status))
		return error_set(error, THRESH_ERROR_INPUT, "zstd: %s", ZSTD_getErrorName(status));
	stream->input_at = in.pos;
	stream->in_frame = status != 0;
	*ret_got = to.pos;
	return true;
}

static bool decode_some(struct layer_stream *stream, uint8_t *out, size_t room, size_t *ret_got,
			GError **error)
{
	switch (stream->compression) {
	case COMPRESSION_GZIP:
		return inflate_some(stream, out, room, ret_got, error);
	case COMPRESSION_ZSTD:
		return unzstd_some(stream, out, room, ret_got, error);
	default:
		*ret_got = copy_plain(stream, out, room);
		return true;
	}
}

/* Fills a block; a short one is the last. At the end of the input a decoder may still hold output.
 */
static bool decode_block(struct layer_stream *stream, struct block *block, GError **error)
{
	block->size_bytes = 0;
	while (block->size_bytes < BLOCK_BYTES) {
		size_t got;

		if (!fill_input(stream, error))
			return false;
		if (at_input_end(stream) && !stream->in_frame)
			break;
		if (!decode_some(stream, block->data + block->size_bytes,
				 BLOCK_BYTES - block->size_bytes, &got, error))
			return false;
		if (got == 0 && at_input_end(stream) && stream->in_frame)
			return error_set(error, THRESH_ERROR_INPUT, "%s: truncated",
					 stream->zstd ? "zstd" : "gzip");
		block->size_bytes += got;
	}
	stream->produced_bytes += block->size_bytes;
	if (stream->produced_bytes > stream->limit_bytes)
		return error_set(error, THRESH_ERROR_INPUT,
				 "unpacks to more than %" G_GUINT64_FORMAT
				 " bytes: a decompression bomb? (limits.ratio)",
				 stream->limit_bytes);
	return true;
}

static bool check_blob(struct layer_stream *stream, GError **error)
{
	char want[DIGEST_TEXT_BYTES], got[DIGEST_TEXT_BYTES];
	struct digest digest;

	digester_finish(stream->blob_digester, &digest);
	stream->blob_state = digest_equal(&digest, &stream->layer->digest) ? BLOB_GOOD : BLOB_BAD;
	if (stream->blob_state == BLOB_GOOD)
		return true;
	digest_format(&stream->layer->digest, want);
	digest_format(&digest, got);
	return error_set(error, THRESH_ERROR_INPUT, "digest mismatch (want %s, got %s)", want, got);
}

/* Waits for a free block; false where the caller has left. */
static bool wait_for_room(struct layer_stream *stream)
{
	bool go_on;

	g_mutex_lock(&stream->lock);
	while (!stream->cancelled && stream->written - stream->read == BLOCKS)
		g_cond_wait(&stream->changed, &stream->lock);
	go_on = !stream->cancelled;
	g_mutex_unlock(&stream->lock);
	return go_on;
}

static void publish(struct layer_stream *stream, bool block, bool finished, GError *failure)
{
	g_mutex_lock(&stream->lock);
	stream->written += block;
	stream->finished = finished;
	stream->failure = failure;
	g_cond_broadcast(&stream->changed);
	g_mutex_unlock(&stream->lock);
}

static gpointer run_thread(gpointer data)
{
	struct layer_stream *stream = data;

	while (wait_for_room(stream)) {
		struct block *block = &stream->ring[stream->written % BLOCKS];
		GError *failure = NULL;
		bool last;

		if (!decode_block(stream, block, &failure)) {
			publish(stream, false, true, failure);
			break;
		}
		last = block->size_bytes < BLOCK_BYTES;
		if (last)
			check_blob(stream, &failure);
		publish(stream, block->size_bytes > 0, last, failure);
		if (last)
			break;
	}
	return NULL;
}

/* The caller */

struct layer_stream *layer_stream_open(const struct image *image, uint32_t index, GError **error)
{
	autolayer struct layer_stream *stream = g_new0(struct layer_stream, 1);
	const struct layer *layer = &image->layers[index];
	uint64_t limit;

	g_mutex_init(&stream->lock);
	g_cond_init(&stream->changed);
	stream->layer = layer;
	stream->fd = image_open_blob(image, &layer->digest, &stream->position, &stream->left_bytes,
				     error);
	if (stream->fd < 0 || !layer_sniff(stream->fd, stream->position, stream->left_bytes,
					   &stream->compression, error))
		return NULL;
	if (stream->left_bytes != layer->size_bytes) {
		error_set(error, THRESH_ERROR_INPUT, "the blob changed its size");
		return NULL;
	}
	if (__builtin_mul_overflow(layer->size_bytes, (uint64_t)image->limits.ratio, &limit))
		limit = UINT64_MAX;
	stream->limit_bytes = MAX(limit, (uint64_t)RATIO_FLOOR_BYTES);
	if (stream->compression == COMPRESSION_GZIP && inflateInit2(&stream->gzip, 15 + 16) != Z_OK)
		g_error("inflateInit2 failed");
	if (stream->compression == COMPRESSION_ZSTD)
		stream->zstd = ZSTD_createDStream();
	stream->blob_digester = digester_new();
	stream->diff_digester = digester_new();
	stream->input = g_malloc(INPUT_BYTES);
	for (unsigned int i = 0; i < BLOCKS; i++)
		stream->ring[i].data = g_malloc(BLOCK_BYTES);
	stream->thread = g_thread_new("layer", run_thread, stream);
	return g_steal_pointer(&stream);
}

static void stop_thread(struct layer_stream *stream)
{
	if (!stream->thread)
		return;
	g_mutex_lock(&stream->lock);
	stream->cancelled = true;
	g_cond_broadcast(&stream->changed);
	g_mutex_unlock(&stream->lock);
	g_thread_join(g_steal_pointer(&stream->thread));
}

void layer_stream_free(struct layer_stream *stream)
{
	if (!stream)
		return;
	stop_thread(stream);
	fd_cleanup(&stream->fd);
	if (stream->compression == COMPRESSION_GZIP)
		inflateEnd(&stream->gzip);
	ZSTD_freeDStream(stream->zstd);
	digester_free(stream->blob_digester);
	digester_free(stream->diff_digester);
	g_free(stream->input);
	for (unsigned int i = 0; i < BLOCKS; i++)
		g_free(stream->ring[i].data);
	g_clear_error(&stream->failure);
	g_mutex_clear(&stream->lock);
	g_cond_clear(&stream->changed);
	g_free(stream);
}

void layer_stream_cleanup(struct layer_stream **stream)
{
	layer_stream_free(*stream);
}

uint64_t layer_stream_count(const struct layer_stream *stream)
{
	return stream->taken_bytes;
}

static bool check_diff_id(struct layer_stream *stream, GError **error)
{
	char want[DIGEST_TEXT_BYTES], got[DIGEST_TEXT_BYTES];
	struct digest digest = stream->layer->digest;

	if (stream->diff_id_matches)
		return true;
	/* A plain layer is its own tar: the same bytes need no second digest. */
	if (stream->compression != COMPRESSION_NONE)
		digester_finish(stream->diff_digester, &digest);
	stream->diff_id_matches = digest_equal(&digest, &stream->layer->diff_id);
	if (stream->diff_id_matches)
		return true;
	digest_format(&stream->layer->diff_id, want);
	digest_format(&digest, got);
	return error_set(error, THRESH_ERROR_INPUT, "diff id mismatch (want %s, got %s)", want,
			 got);
}

bool layer_stream_next(struct layer_stream *stream, const uint8_t **ret_data,
		       size_t *ret_size_bytes, GError **error)
{
	const struct block *block = NULL;

	g_mutex_lock(&stream->lock);
	if (stream->holds_block) {
		stream->read++;
		stream->holds_block = false;
		g_cond_broadcast(&stream->changed);
	}
	while (stream->written == stream->read && !stream->finished)
		g_cond_wait(&stream->changed, &stream->lock);
	if (stream->written != stream->read) {
		block = &stream->ring[stream->read % BLOCKS];
		stream->holds_block = true;
	} else if (stream->failure) {
		g_propagate_error(error, g_error_copy(stream->failure));
	}
	g_mutex_unlock(&stream->lock);

	if (!block && stream->failure)
		return false;
	if (!block) {
		*ret_size_bytes = 0;
		return check_diff_id(stream, error);
	}
	if (stream->compression != COMPRESSION_NONE)
		digester_update(stream->diff_digester, block->data, block->size_bytes);
	stream->taken_bytes += block->size_bytes;
	*ret_data = block->data;
	*ret_size_bytes = block->size_bytes;
	return true;
}

void layer_stream_explain(struct layer_stream *stream, GError **error)
{
	GError *better = NULL;

	stop_thread(stream);
	while (stream->blob_state == BLOB_UNKNOWN) {
		stream->input_at = stream->input_size;
		if (!fill_input(stream, NULL))
			return;
		if (stream->left_bytes == 0)
			check_blob(stream, &better);
	}
	if (!better && stream->blob_state == BLOB_BAD) /* the thread found it out in time */
		better = g_error_copy(stream->failure);
	if (better) {
		g_clear_error(error);
		g_propagate_error(error, better);
	}
}

bool layer_digest_window(int fd, uint64_t offset, uint64_t size_bytes, struct digest *ret_digest,
			 GError **error)
{
	autodigester struct digester *digester = digester_new();
	g_autofree uint8_t *chunk = g_malloc(INPUT_BYTES);

	while (size_bytes > 0) {
		ssize_t n = pread(fd, chunk, MIN(size_bytes, (uint64_t)INPUT_BYTES), (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return error_set_errno(error, THRESH_ERROR_INPUT, n < 0 ? errno : EIO,
					       "read");
		digester_update(digester, chunk, (size_t)n);
		offset += (uint64_t)n;
		size_bytes -= (uint64_t)n;
	}
	digester_finish(digester, ret_digest);
	return true;
}
