/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request from inside the sandbox's network namespace. The connection is made, and the answer
 * parsed, in a child that has joined it and has no rights outside.
 */
#pragma once

#include "sandbox/drive.h"

/* An address to try: as in struct sandbox_listener. */
struct target {
	bool ipv6;
	uint8_t address[16];
};

/* Where @port can be reached: the addresses of @listeners on it (a wildcard is the loopback), then
 * 127.0.0.1 and ::1. A new GArray of struct target. */
GArray *targets_of(const GArray *listeners, uint16_t port);

enum request_kind {
	REQUEST_HTTP,   /* GET; what is not HTTP is a failure */
	REQUEST_TCP,    /* a connection */
	REQUEST_EITHER, /* GET; where nothing of HTTP comes in time, a connection */
};

/* Never NULL: what failed is in answer->failure. @text becomes answer->request, NULL: made from the
 * port and from what it turned out to be. */
struct answer *request_make(struct sandbox *sandbox, enum request_kind kind, const GArray *targets,
			    uint16_t port, const char *path, const char *text, int timeout_ms);
