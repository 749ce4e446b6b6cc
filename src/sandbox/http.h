/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTP/1.1 response, read incrementally (RFC 9112): Content-Length, chunked, or until close;
 * interim 1xx responses are passed over; bounded header and body. Pure: bytes in, state out.
 *
 *     struct http_response *response = http_response_new();
 *     while (!response->done && (n = read(…)) > 0)
 *             if (!http_response_feed(response, data, n, error)) …
 *     if (n == 0) http_response_end(response, error);
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HTTP_HEADER_MAX_BYTES = 64 << 10,
	HTTP_BODY_MAX_BYTES = 8 << 20,
};

enum http_state {
	HTTP_HEADER,     /* status line and fields */
	HTTP_LENGTH,     /* `remaining` bytes of body */
	HTTP_CHUNK_SIZE, /* a chunk-size line */
	HTTP_CHUNK,      /* `remaining` bytes of a chunk */
	HTTP_CHUNK_END,  /* the line end behind it */
	HTTP_TRAILER,    /* fields behind the last chunk */
	HTTP_CLOSE,      /* body until the connection closes */
};

struct http_response {
	enum http_state state;
	bool done;
	int status;
	char *type; /* Content-Type, or NULL */
	GByteArray *body;
	GByteArray *line; /* what is collected of a header or line */
	uint64_t remaining;
};
struct http_response *http_response_new(void);
void http_response_free(struct http_response *response);
#define autoresponse __attribute__((cleanup(http_response_cleanup)))
void http_response_cleanup(struct http_response **response);

/* Takes the next bytes; what follows a complete response is ignored. A body above the bound ends
 * there and is done. Fails with THRESH_ERROR_INPUT for what is no HTTP/1.x. */
bool http_response_feed(struct http_response *response, const void *data, size_t size_bytes,
			GError **error);

/* The connection was closed: an error unless the response is complete by that. */
bool http_response_end(struct http_response *response, GError **error);
