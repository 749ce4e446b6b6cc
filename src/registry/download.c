/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/download.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum {
	IDLE_TRIES_MAX = 4, /* that brought nothing, one after the other */
	TRIES_MAX = 200,
	REHASH_BYTES = 1 << 17,
	FLUSH_BYTES = 4 << 20,
};

struct download {
	struct client *client;
	const struct digest *digest;
	uint64_t size_bytes;    /* as the descriptor says */
	uint64_t got_bytes;     /* in the file, and hashed */
	uint64_t flushed_bytes; /* that the disk was told of */
	struct digester *digester;
	int fd;
	struct exchange *exchange; /* that is running */
	bool begun;                /* the response's range was looked at */
	bool timed_out;            /* the last try */
};

int64_t content_range_start(const char *header)
{
	gint64 start = -1;
	g_autofree char *number = NULL;
	size_t length;

	if (g_ascii_strncasecmp(header, "bytes ", 6) != 0)
		return -1;
	length = strspn(header + 6, "0123456789");
	number = g_strndup(header + 6, length);
	if (header[6 + length] != '-' ||
	    !g_ascii_string_to_signed(number, 10, 0, G_MAXINT64, &start, NULL))
		return -1;
	return start;
}

/* From the first byte again. */
static bool restart(struct download *download, GError **error)
{
	struct digest ignored;

	digester_finish(download->digester, &ignored);
	download->got_bytes = 0;
	download->flushed_bytes = 0;
	if (ftruncate(download->fd, 0) < 0 || lseek(download->fd, 0, SEEK_SET) < 0)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "truncate");
	return true;
}

/* What an earlier try, or an earlier thresh, left: hashed, not believed. */
static bool take_up(struct download *download, GError **error)
{
	g_autofree uint8_t *chunk = g_malloc(REHASH_BYTES);
	struct stat status;

	if (fstat(download->fd, &status) < 0 || (uint64_t)status.st_size >= download->size_bytes)
		return restart(download, error);
	for (;;) {
		ssize_t n = read(download->fd, chunk, REHASH_BYTES);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set_errno(error, THRESH_ERROR_INPUT, errno, "read");
		if (n == 0)
			return true;
		digester_update(download->digester, chunk, (size_t)n);
		download->got_bytes += (uint64_t)n;
	}
}

/* A server may answer with the whole instead of the rest. */
static bool check_range(struct download *download, GError **error)
{
	const char *header = download->exchange->received[HEADER_CONTENT_RANGE];
	int64_t start = header ? content_range_start(header) : 0;

	download->begun = true;
	if (start == (int64_t)download->got_bytes)
		return true;
	if (start == 0)
		return restart(download, error);
	return error_set(error, THRESH_ERROR_NETWORK,
			 "the registry answers with another range than was asked for");
}

/* Lets the disk begin while the rest still comes: where this is a destination, it is synced in the
 * end.
 */
static void flush_some(struct download *download)
{
	uint64_t bytes = download->got_bytes - download->flushed_bytes;

	if (bytes < FLUSH_BYTES)
		return;
	sync_file_range(download->fd, (off_t)download->flushed_bytes, (off_t)bytes,
			SYNC_FILE_RANGE_WRITE);
	download->flushed_bytes = download->got_bytes;
}

static bool on_data(void *user, const void *data, size_t size_bytes, GError **error)
{
	struct download *download = user;

	if (!download->begun && !check_range(download, error))
		return false;
	if (size_bytes > download->size_bytes - download->got_bytes)
		return error_set(error, THRESH_ERROR_INPUT,
				 "size mismatch (want %" G_GUINT64_FORMAT
				 ", and the registry sends more)",
				 download->size_bytes);
	if (!fd_write_all(download->fd, data, size_bytes, error))
		return false;
	digester_update(download->digester, data, size_bytes);
	download->got_bytes += size_bytes;
	flush_some(download);
	return true;
}

static struct exchange *request_new(const struct download *download)
{
	char text[DIGEST_TEXT_BYTES];
	g_autofree char *url = NULL;
	g_autofree char *range = NULL;
	struct exchange *exchange;

	digest_format(download->digest, text);
	url = client_url(download->client, "blobs/%s", text);
	exchange = exchange_new("GET", url);
	if (download->got_bytes > 0) {
		range = g_strdup_printf("Range: bytes=%" G_GUINT64_FORMAT "-", download->got_bytes);
		exchange_add_header(exchange, range);
	}
	exchange->once = true;
	return exchange;
}

/* One request. *@ret_again: what was lost may come with the next one. */
static bool fetch_some(struct download *download, bool *ret_again, GError **error)
{
	autoexchange struct exchange *exchange = request_new(download);
	bool ok;

	*ret_again = false;
	download->timed_out = false;
	download->exchange = exchange;
	download->begun = false;
	exchange->sink = on_data;
	exchange->sink_user = download;
	ok = client_run(download->client, exchange, error);
	if (!ok) {
		*ret_again = exchange->transient;
		download->timed_out = exchange->timed_out;
		return false;
	}
	if (exchange->status == 416 && download->got_bytes > 0) { /* RFC 9110, 15.5.17 */
		*ret_again = true;
		return restart(download, error) &&
		       error_set(error, THRESH_ERROR_NETWORK, "the registry refuses the range");
	}
	if (exchange->status != 200 && exchange->status != 206)
		return client_fail(download->client, exchange, error);
	return true;
}

static bool fetch_all(struct download *download, GError **error)
{
	int idle = 0;

	for (int tries = 0; download->got_bytes < download->size_bytes; tries++) {
		g_autoptr(GError) failure = NULL;
		uint64_t before = download->got_bytes;
		bool again;

		if (fetch_some(download, &again, &failure)) {
			if (download->got_bytes == download->size_bytes)
				return true;
			return error_set(error, THRESH_ERROR_INPUT,
					 "size mismatch (want %" G_GUINT64_FORMAT
					 ", got %" G_GUINT64_FORMAT ")",
					 download->size_bytes, download->got_bytes);
		}
		/* bytes that drip in are no progress */
		idle = download->got_bytes > before && !download->timed_out ? 0 : idle + 1;
		if (!again || idle >= IDLE_TRIES_MAX || tries >= TRIES_MAX) {
			g_propagate_error(error, g_steal_pointer(&failure));
			return false;
		}
		client_wait(idle + 1, 0);
	}
	return true;
}

static bool check_digest(struct download *download, GError **error)
{
	char want[DIGEST_TEXT_BYTES], got[DIGEST_TEXT_BYTES];
	struct digest digest;

	digester_finish(download->digester, &digest);
	if (digest_equal(&digest, download->digest))
		return true;
	digest_format(download->digest, want);
	digest_format(&digest, got);
	return error_set(error, THRESH_ERROR_INPUT, "digest mismatch (want %s, got %s)", want, got);
}

/* With the lock on the part. */
static bool run(struct download *download, int store_fd, GError **error)
{
	g_autoptr(GError) failure = NULL;

	if (!take_up(download, error))
		return false;
	if (fetch_all(download, &failure) && check_digest(download, &failure))
		return store_finish(store_fd, download->digest, error);
	/* kept for the next time where it may be right so far */
	if (failure->code != THRESH_ERROR_NETWORK)
		store_drop(store_fd, download->digest);
	g_propagate_error(error, g_steal_pointer(&failure));
	return false;
}

bool download_blob(struct client *client, int store_fd, const struct digest *digest,
		   uint64_t size_bytes, GError **error)
{
	autodigester struct digester *digester = digester_new();
	struct download download = {
		.client = client, .digest = digest, .size_bytes = size_bytes, .digester = digester};
	autofd int there = -1;
	autofd int fd = store_begin(store_fd, digest, error);
	char text[DIGEST_TEXT_BYTES];

	if (fd < 0)
		return false;
	digest_format(digest, text);
	if (size_bytes > DOWNLOAD_MAX_BYTES) {
		store_drop(store_fd, digest);
		return error_set(error, THRESH_ERROR_INPUT, "%s: a blob above 64 GiB", text);
	}
	there = store_find(store_fd, digest, (int64_t)size_bytes);
	if (there >= 0) { /* another process was faster */
		store_drop(store_fd, digest);
		return true;
	}
	download.fd = fd;
	if (run(&download, store_fd, error))
		return true;
	g_prefix_error(error, "%s: ", text);
	return false;
}
