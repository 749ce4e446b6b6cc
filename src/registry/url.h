/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs that a registry gives: where they lead, and whether they may be followed.
 *
 *     g_autofree char *next = url_resolve(current, location, error);
 *     if (!url_same_origin(current, next))
 *             // no Authorization goes there
 *
 * Only http and https, at most 8 KiB, no user and password inside.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

enum { URL_MAX_BYTES = 8192 };

/* @reference as seen from @base (RFC 3986, 5). From https to http is an error, since what was
 * private would not be any more, as is http to another machine. Caller frees. */
char *url_resolve(const char *base, const char *reference, GError **error);

/* Scheme, host and port are the same (RFC 6454, 4). False where either is no URL. */
bool url_same_origin(const char *a, const char *b);

/* Its host is this machine: localhost, 127.0.0.0/8, ::1. */
bool url_is_loopback(const char *url);
bool url_is_https(const char *url);
/* The same of a HOST[:PORT]. */
bool host_is_loopback(const char *host);

/* "scheme://host:port/path": without what may be secret in a query. For messages; caller frees. */
char *url_show(const char *url);

/* The target of the link with rel="next" in a Link header (RFC 8288, 3), as written, or NULL.
 * Caller frees. */
char *link_next(const char *header);
