/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does something answer? A TCP connection, an HTTP status, a file, a socket's file; on loopback
 * alone (127.0.0.0/8, ::1, localhost), without a name lookup. What answers is not trusted: each
 * wait ends at the deadline, each read is bounded.
 *
 *     struct probe probe;
 *     probe_init(&probe, PLAN_WAY_HTTP);
 *     if (probe_url(&probe, "http://127.0.0.1:8080/healthz"))
 *             healthy = probe_answers(&probe, clock_ms() + 5000);
 *
 * HTTP is the request and the status line of RFC 9112; redirections are not followed.
 */
#pragma once

#include "plan/plan.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	PROBE_HOST_BYTES = 64,
	PROBE_HEADERS_MAX = 8,
	PROBE_REQUEST_BYTES = 8192,
	PROBE_ANSWER_BYTES = 1 << 20, /* of a body that is searched */
	PROBE_STATUS_LOW = 200,
	PROBE_STATUS_HIGH = 399,
};

struct probe_address {
	bool is_ipv6;
	uint8_t bytes[16]; /* network order */
};

struct probe {
	enum plan_way way;
	const char *path; /* file, socket; HTTP: what is asked for */
	struct probe_address addresses[2];
	unsigned int address_count; /* one that answers is enough */
	uint16_t port;
	char host[PROBE_HOST_BYTES]; /* as the Host field has it */
	uint32_t status_low;
	uint32_t status_high;
	const char *headers[PROBE_HEADERS_MAX]; /* "Name: value", without control characters */
	unsigned int header_count;
	const char *contains; /* the body must; or NULL */
};

/* Statuses 200 to 399, localhost, path "/". */
void probe_init(struct probe *probe, enum plan_way way);

/* "8080", "127.0.0.1:8080", "[::1]:8080", "localhost:8080". Answers false for anything else, any
 * other host included. */
bool probe_endpoint(struct probe *probe, const char *text);
/* "127.0.0.1", "::1" or "localhost" alone. */
bool probe_address(struct probe *probe, const char *text);
/* "http://HOST[:PORT][/PATH]". The text must outlive @probe. */
bool probe_url(struct probe *probe, const char *url);
/* "/PATH?QUERY" without spaces and control characters, as it may stand in a request. */
bool probe_target_is_valid(const char *target);
/* "Name:value": may it be sent? */
bool probe_header_is_valid(const char *header);

bool probe_answers(const struct probe *probe, int64_t deadline_ms);
