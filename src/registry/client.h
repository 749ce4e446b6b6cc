/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A conversation with one repository of one registry: authentication, redirects, second tries.
 *
 *     struct client *client = client_new(&settings, "registry.example", "team/app", CLIENT_PULL,
 * error); g_autofree char *url = client_url(client, "manifests/%s", tag); autoexchange struct
 * exchange *exchange = exchange_new("GET", url); if (!client_run(client, exchange, error)) return
 * false; if (exchange->status != 200) return client_fail(client, exchange, error);
 *
 * Authorization goes to the registry's own origin alone: to no redirect's and no upload's
 * elsewhere. A client may be used by several threads at a time.
 */
#pragma once

#include "registry/credentials.h"
#include "registry/exchange.h"
#include "registry/settings.h"

struct client;

enum client_access { CLIENT_PULL, CLIENT_PUSH };

/* Looks for credentials and certificates, and, where plain HTTP is allowed, for what is spoken. */
struct client *client_new(const struct registry_settings *settings, const char *host,
			  const char *repository, enum client_access access, GError **error);
void client_free(struct client *client);

/* Blobs may be mounted from there: its content must then be readable, too. */
void client_set_mount(struct client *client, const char *repository);
const char *client_mount(const struct client *client);

/* BASE/v2/REPOSITORY/…; caller frees. */
char *client_url(const struct client *client, const char *format, ...) G_GNUC_PRINTF(2, 3);
const char *client_host(const struct client *client);

/* Runs it: redirects of GET and HEAD followed, at most 5; a 401 answered, at most twice; what may
 * pass (429, 5xx, a lost connection unless `once`) tried again, at most 5 times in all. True: there
 * is a response, whatever its status. The error names the method and the path. */
bool client_run(struct client *client, struct exchange *exchange, GError **error);

/* Sets the error for a status that was not hoped for; answers false. */
bool client_fail(const struct client *client, const struct exchange *exchange, GError **error);

/* From now on running exchanges end, and new ones fail: another thread has failed. */
void client_cancel(struct client *client);
void client_resume(struct client *client);

/* Waits before try number @attempt (from 1), at least @seconds. */
void client_wait(int attempt, int seconds);

/* The parts that are pure, for tests. */

/* The token of a token server's answer (distribution-spec, "Token Authentication"); caller frees.
 */
char *token_parse(const void *data, size_t size_bytes, GError **error);

/* Seconds that a Retry-After header asks for (RFC 9110, 10.2.3), 0 to 86400; 0 where it says
 * nothing.
 * @now: seconds since 1970. */
int retry_after_parse(const char *header, gint64 now);

/* "CODE: message" of an error body (distribution-spec, "Error Codes"), quoted and bounded, or NULL.
 */
char *error_body_parse(const void *data, size_t size_bytes);
