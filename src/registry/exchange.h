/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTP request and its response, by libcurl. Redirects, authentication and second tries are the
 * client's (client.h).
 *
 *     autoexchange struct exchange *exchange = exchange_new("GET", url);
 *     exchange_add_header(exchange, "Accept: application/json");
 *     if (!exchange_run(exchange, handle, &transport, error))
 *             …
 *     if (exchange->status == 200) …
 *
 * Everything that a registry says is bounded: headers to 64 KiB, a body to `body_max` unless it
 * goes to a sink, which counts for itself.
 */
#pragma once

#include "registry/challenge.h"

#include <curl/curl.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	EXCHANGE_BODY_MAX_BYTES = 1 << 20,
	EXCHANGE_HEADERS_MAX_BYTES = 65536,
	EXCHANGE_HEADERS_MAX = 256,
};

/* Where the body of a response with status 200 or 206 goes; false ends the exchange with @error. */
typedef bool (*exchange_sink)(void *user, const void *data, size_t size_bytes, GError **error);

/* Headers that are kept, NULL where absent. */
enum exchange_header {
	HEADER_LOCATION,
	HEADER_CONTENT_TYPE,
	HEADER_CONTENT_RANGE,
	HEADER_RANGE,
	HEADER_LINK,
	HEADER_RETRY_AFTER,
	HEADER_DIGEST,  /* Docker-Content-Digest */
	HEADER_SUBJECT, /* OCI-Subject */
	HEADER_CHUNK,   /* OCI-Chunk-Min-Length */
	HEADER_COUNT,
};

struct exchange {
	const char *method;
	char *url;
	struct curl_slist *headers;
	const void *data; /* what is sent, borrowed; or from the file: */
	int fd;           /* borrowed, read by pread(2); -1: none */
	uint64_t offset;
	uint64_t send_bytes;
	size_t body_max; /* EXCHANGE_BODY_MAX_BYTES */
	exchange_sink sink;
	void *sink_user;
	bool once; /* the caller tries again itself: what was sent or received counts */

	/* The response */
	long status;
	GByteArray *body;
	char *received[HEADER_COUNT];
	struct challenge challenge;
	bool transient;  /* a failure that may pass: a lost or refused connection */
	bool timed_out;  /* nothing moved: also a failure that may pass */
	bool tls_failed; /* no TLS could be spoken */

	/* Private */
	uint64_t sent;
	size_t headers_bytes;
	unsigned int headers_count;
	const int *cancelled;
	GError *failure;
	char message[CURL_ERROR_SIZE];
};

/* What is the same for all exchanges with one host. */
struct exchange_transport {
	GBytes *ca_pem;    /* or NULL: the system's alone */
	char *client_cert; /* path, or NULL */
	char *client_key;  /* path, or NULL */
	bool insecure;
	int idle_ms;
	const int *cancelled; /* set by another thread to end it; atomic */
};

struct exchange *exchange_new(const char *method, const char *url);
void exchange_free(struct exchange *exchange);
#define autoexchange __attribute__((cleanup(exchange_cleanup)))
void exchange_cleanup(struct exchange **exchange);

/* "Name: value"; copied. */
void exchange_add_header(struct exchange *exchange, const char *header);

/* Forgets the response, to be run again. */
void exchange_reset(struct exchange *exchange);

/* @authorization: the value of that header, or NULL. False where there is no whole response; the
 * message holds no URL. */
bool exchange_run(struct exchange *exchange, CURL *handle,
		  const struct exchange_transport *transport, const char *authorization,
		  GError **error);
