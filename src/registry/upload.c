/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/upload.h"

#include "base/error.h"
#include "registry/url.h"

#include <string.h>

enum {
	CHUNK_BYTES = 16 << 20,
	CHUNK_MAX_BYTES = 256 << 20, /* whatever the registry's least is */
	IDLE_TRIES_MAX = 5,
	TRIES_MAX = 200,
};

bool upload_exists(struct client *client, const struct digest *digest, bool *ret_exists,
		   GError **error)
{
	char text[DIGEST_TEXT_BYTES];
	g_autofree char *url = NULL;
	autoexchange struct exchange *exchange = NULL;

	digest_format(digest, text);
	url = client_url(client, "blobs/%s", text);
	exchange = exchange_new("HEAD", url);
	if (!client_run(client, exchange, error))
		return false;
	/* One that has no HEAD for blobs is asked to take it. */
	if (exchange->status != 200 && exchange->status != 404 && exchange->status != 400 &&
	    exchange->status != 405)
		return client_fail(client, exchange, error);
	*ret_exists = exchange->status == 200;
	return true;
}

/* The URL that the registry gave for going on, wherever that is (url.h). */
static char *location_of(const struct exchange *exchange, GError **error)
{
	const char *location = exchange->received[HEADER_LOCATION];

	if (!location) {
		error_set(error, THRESH_ERROR_NETWORK,
			  "the registry begins an upload and does not say where (no Location)");
		return NULL;
	}
	return url_resolve(exchange->url, location, error);
}

/* The least that a chunk may have; 0 where the registry does not say. */
static uint64_t least_chunk(const struct exchange *exchange)
{
	const char *header = exchange->received[HEADER_CHUNK];
	gint64 least;

	return header && g_ascii_string_to_signed(header, 10, 1, CHUNK_MAX_BYTES, &least, NULL)
		       ? (uint64_t)least
		       : 0;
}

bool upload_begin(struct client *client, const struct digest *digest, char **ret_location,
		  uint64_t *ret_least_bytes, GError **error)
{
	char text[DIGEST_TEXT_BYTES];
	g_autofree char *url = NULL;
	autoexchange struct exchange *exchange = NULL;
	char *location;

	digest_format(digest, text);
	url = client_mount(client) ? client_url(client, "blobs/uploads/?mount=%s&from=%s", text,
						client_mount(client))
				   : client_url(client, "blobs/uploads/");
	exchange = exchange_new("POST", url);
	if (!client_run(client, exchange, error))
		return false;
	if (exchange->status == 201 && client_mount(client)) {
		*ret_location = NULL;
		return true;
	}
	if (exchange->status != 202)
		return client_fail(client, exchange, error);
	location = location_of(exchange, error);
	if (!location)
		return false;
	*ret_location = location;
	*ret_least_bytes = least_chunk(exchange);
	return true;
}

void upload_cancel(struct client *client, const char *location)
{
	autoexchange struct exchange *exchange = exchange_new("DELETE", location);

	exchange->once = true;
	(void)client_run(client, exchange, NULL);
}

int64_t upload_range_parse(const char *header)
{
	const char *text = g_str_has_prefix(header, "bytes=") ? header + 6 : header;
	const char *dash = strchr(text, '-');
	g_autofree char *first = dash ? g_strndup(text, (gsize)(dash - text)) : NULL;
	gint64 start, last;

	if (!dash || !g_ascii_string_to_signed(first, 10, 0, 0, &start, NULL) ||
	    !g_ascii_string_to_signed(dash + 1, 10, 0, G_MAXINT64 - 1, &last, NULL))
		return -1;
	return last + 1;
}

struct upload {
	struct client *client;
	char *location;
	const struct digest *digest;
	int fd;
	uint64_t offset, size_bytes;
	uint64_t sent_bytes; /* that the registry has, as far as it said */
	uint64_t chunk_bytes;
};

/* The location with the digest, which closes the upload. */
static struct exchange *closing_request(const struct upload *upload)
{
	char text[DIGEST_TEXT_BYTES];
	g_autofree char *url = NULL;
	g_autofree char *escaped = NULL;

	digest_format(upload->digest, text);
	escaped = g_uri_escape_string(text, NULL, FALSE);
	url = g_strconcat(upload->location, strchr(upload->location, '?') ? "&" : "?",
			  "digest=", escaped, NULL);
	return exchange_new("PUT", url);
}

static void attach(struct exchange *exchange, const struct upload *upload, uint64_t bytes)
{
	exchange_add_header(exchange, "Content-Type: application/octet-stream");
	exchange->fd = upload->fd;
	exchange->offset = upload->offset + upload->sent_bytes;
	exchange->send_bytes = bytes;
	exchange->once = true;
}

/* distribution-spec: 201. Some say no more than that it went well; where it did not, the manifest
 * that names the blob is refused. */
static bool is_taken(const struct exchange *exchange)
{
	return exchange->status == 201 || exchange->status == 200 || exchange->status == 202 ||
	       exchange->status == 204;
}

/* In one piece. *@ret_refused: it is too large a piece, or it was cut. */
static bool send_whole(struct upload *upload, bool *ret_refused, GError **error)
{
	autoexchange struct exchange *exchange = closing_request(upload);

	*ret_refused = false;
	attach(exchange, upload, upload->size_bytes);
	if (!client_run(upload->client, exchange, error)) {
		*ret_refused = exchange->transient;
		return false;
	}
	if (is_taken(exchange))
		return true;
	*ret_refused = exchange->status == 413 || exchange->status >= 500;
	return client_fail(upload->client, exchange, error);
}

/* How far it is, after a cut: GET of the location. False where the registry knows it no more. */
static bool ask_progress(struct upload *upload)
{
	autoexchange struct exchange *exchange = exchange_new("GET", upload->location);
	const char *range;
	char *location;
	int64_t has;

	if (!client_run(upload->client, exchange, NULL) || exchange->status != 204)
		return false;
	range = exchange->received[HEADER_RANGE];
	has = range ? upload_range_parse(range) : 0;
	/* docker's registry says "0-0" of one that has nothing, as of one that has a byte: begin
	 * anew costs less than to send a byte twice */
	if (has < 0 || has == 1 || (uint64_t)has > upload->size_bytes)
		return false;
	location = exchange->received[HEADER_LOCATION] ? location_of(exchange, NULL) : NULL;
	if (location) {
		g_free(upload->location);
		upload->location = location;
	}
	upload->sent_bytes = (uint64_t)has;
	return true;
}

static bool begin_again(struct upload *upload, GError **error)
{
	uint64_t least_bytes = 0;
	char *location;

	if (!upload_begin(upload->client, upload->digest, &location, &least_bytes, error))
		return false;
	upload->chunk_bytes = MAX(upload->chunk_bytes, least_bytes);
	g_free(upload->location);
	upload->location = location;
	upload->sent_bytes = location ? 0 : upload->size_bytes;
	return true;
}

static bool take_chunk_answer(struct upload *upload, const struct exchange *exchange,
			      uint64_t bytes, GError **error)
{
	const char *range = exchange->received[HEADER_RANGE];
	char *location;

	if (exchange->status != 202 && exchange->status != 201)
		return client_fail(upload->client, exchange, error);
	upload->chunk_bytes = MAX(upload->chunk_bytes, least_chunk(exchange));
	if (range && upload_range_parse(range) != (int64_t)(upload->sent_bytes + bytes))
		return error_set(error, THRESH_ERROR_NETWORK,
				 "the registry took another part of the upload than it was sent");
	location = location_of(exchange, error);
	if (!location)
		return false;
	g_free(upload->location);
	upload->location = location;
	upload->sent_bytes += bytes;
	return true;
}

/* *@ret_again: what is lost may be made good. */
static bool send_chunk(struct upload *upload, bool *ret_again, GError **error)
{
	autoexchange struct exchange *exchange = exchange_new("PATCH", upload->location);
	uint64_t bytes = MIN(upload->chunk_bytes, upload->size_bytes - upload->sent_bytes);
	g_autofree char *range =
		g_strdup_printf("Content-Range: %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT,
				upload->sent_bytes, upload->sent_bytes + bytes - 1);

	*ret_again = false;
	attach(exchange, upload, bytes);
	exchange_add_header(exchange, range);
	if (!client_run(upload->client, exchange, error)) {
		*ret_again = exchange->transient;
		return false;
	}
	*ret_again = exchange->status == 416 || exchange->status == 404 || exchange->status >= 500;
	return take_chunk_answer(upload, exchange, bytes, error);
}

static bool close_upload(struct upload *upload, GError **error)
{
	autoexchange struct exchange *exchange = NULL;

	if (!upload->location) /* mounted when it was begun again */
		return true;
	exchange = closing_request(upload);
	return client_run(upload->client, exchange, error) &&
	       (is_taken(exchange) || client_fail(upload->client, exchange, error));
}

static bool send_chunks(struct upload *upload, GError **error)
{
	int idle = 0;

	for (int tries = 0; upload->sent_bytes < upload->size_bytes; tries++) {
		g_autoptr(GError) failure = NULL;
		uint64_t before = upload->sent_bytes;
		bool again;

		if (send_chunk(upload, &again, &failure)) {
			idle = 0;
			continue;
		}
		if (!again || ++idle >= IDLE_TRIES_MAX || tries >= TRIES_MAX) {
			g_propagate_error(error, g_steal_pointer(&failure));
			return false;
		}
		client_wait(idle, 0);
		if (!ask_progress(upload) && !begin_again(upload, error))
			return false;
		if (upload->sent_bytes > before)
			idle = 0;
	}
	return close_upload(upload, error);
}

static bool run(struct upload *upload, GError **error)
{
	g_autoptr(GError) failure = NULL;
	bool refused;

	if (send_whole(upload, &refused, &failure))
		return true;
	if (!refused) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return false;
	}
	client_wait(1, 0);
	return (ask_progress(upload) || begin_again(upload, error)) && send_chunks(upload, error);
}

bool upload_blob(struct client *client, char *location, const struct digest *digest, int fd,
		 uint64_t offset, uint64_t size_bytes, uint64_t least_bytes, GError **error)
{
	struct upload upload = {.client = client,
				.location = location,
				.digest = digest,
				.fd = fd,
				.offset = offset,
				.size_bytes = size_bytes,
				.chunk_bytes = MAX(least_bytes, (uint64_t)CHUNK_BYTES)};
	bool ok = run(&upload, error);

	g_free(upload.location);
	return ok;
}
