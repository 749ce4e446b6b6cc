/* SPDX-License-Identifier: Apache-2.0 */
/* Answering a challenge: distribution-spec, "Token Authentication Specification" and "OAuth2 Token
 * Authentication". */
#include "base/error.h"
#include "base/json.h"
#include "registry/client_private.h"
#include "registry/url.h"

#include <string.h>

char *token_parse(const void *data, size_t size_bytes, GError **error)
{
	autojson json_t *json = json_parse(data, size_bytes, "token", NULL);
	const char *token = json_string_at(json, "token");

	if (!token || !*token)
		token = json_string_at(json, "access_token");
	if (!token || !*token || strlen(token) > CREDENTIAL_MAX_BYTES) {
		error_set(error, THRESH_ERROR_NETWORK, "the token server answers without a token");
		return NULL;
	}
	for (const char *p = token; *p; p++) {
		if (*p <= 0x20 || *p == 0x7f) { /* it becomes a header: RFC 6750, 2.1 */
			error_set(error, THRESH_ERROR_NETWORK,
				  "the token server answers with what is no token");
			return NULL;
		}
	}
	return g_strdup(token);
}

static char *basic_value(const struct credential *credential)
{
	g_autofree char *plain = g_strconcat(credential->user, ":", credential->password, NULL);
	g_autofree char *encoded = g_base64_encode((const guchar *)plain, strlen(plain));
	char *value = g_strconcat("Basic ", encoded, NULL);

	explicit_bzero(plain, strlen(plain));
	explicit_bzero(encoded, strlen(encoded));
	return value;
}

/* Credentials go there: never in the clear, but on this machine from a registry that speaks so
 * (url.h).
 */
static bool check_realm(const struct client *client, const char *realm, GError **error)
{
	g_autofree char *url = url_resolve(client->base, realm, error);

	if (!url)
		g_prefix_error(error, "token server: ");
	return url != NULL;
}

static char *scope_of(const struct client *client)
{
	g_autofree char *own =
		g_strconcat("repository:", client->repository,
			    client->access == CLIENT_PUSH ? ":pull,push" : ":pull", NULL);

	if (!client->mount)
		return g_steal_pointer(&own);
	return g_strconcat(own, " repository:", client->mount, ":pull", NULL);
}

static void append_pair(GString *text, const char *name, const char *value)
{
	g_autofree char *escaped = g_uri_escape_string(value, NULL, FALSE);

	g_string_append_printf(text, "%s%s=%s", text->len > 0 ? "&" : "", name, escaped);
}

/* GET realm?service=…&scope=…, with basic credentials where there are any. */
static struct exchange *ask_by_get(const struct client *client, const struct challenge *challenge)
{
	g_autoptr(GString) query = g_string_new(NULL);
	g_autofree char *scope = scope_of(client);
	g_auto(GStrv) scopes = g_strsplit(scope, " ", -1);
	g_autofree char *url = NULL;

	if (challenge->service)
		append_pair(query, "service", challenge->service);
	for (char **one = scopes; *one; one++)
		append_pair(query, "scope", *one);
	url = g_strconcat(challenge->realm, strchr(challenge->realm, '?') ? "&" : "?", query->str,
			  NULL);
	return exchange_new("GET", url);
}

/* POST of a form with the refresh token; @form holds a secret. */
static struct exchange *ask_by_post(const struct client *client, const struct challenge *challenge,
				    GString *form)
{
	g_autofree char *scope = scope_of(client);
	struct exchange *exchange = exchange_new("POST", challenge->realm);

	append_pair(form, "grant_type", "refresh_token");
	append_pair(form, "service", challenge->service ? challenge->service : client->host);
	append_pair(form, "client_id", "thresh");
	append_pair(form, "scope", scope);
	append_pair(form, "refresh_token", client->credential.identity_token);
	exchange_add_header(exchange, "Content-Type: application/x-www-form-urlencoded");
	exchange->data = form->str;
	exchange->send_bytes = form->len;
	return exchange;
}

static bool run(struct client *client, struct exchange *exchange, const char *authorization,
		GError **error)
{
	CURL *handle = client_take_handle(client);
	bool ok = exchange_run(exchange, handle, &client->transport, authorization, error);

	for (int attempt = 1;
	     attempt < 4 &&
	     (ok ? exchange->status >= 500 || exchange->status == 429 : exchange->transient);
	     attempt++) {
		if (error)
			g_clear_error(error);
		client_wait(attempt, 0);
		ok = exchange_run(exchange, handle, &client->transport, authorization, error);
	}
	client_give_handle(client, handle);
	return ok;
}

static char *ask(struct client *client, const struct challenge *challenge, GError **error)
{
	const struct credential *credential = &client->credential;
	g_autoptr(GString) form = g_string_new(NULL);
	autoexchange struct exchange *exchange = credential->identity_token
							 ? ask_by_post(client, challenge, form)
							 : ask_by_get(client, challenge);
	char *basic = credential->user ? basic_value(credential) : NULL;
	char *token = NULL;

	/* a redirect is not followed: credentials would go where nobody said that they might */
	if (run(client, exchange, basic, error)) {
		if (exchange->status == 200)
			token = token_parse(exchange->body->data, exchange->body->len, error);
		else
			client_fail(client, exchange, error);
	}
	explicit_bzero(form->str, form->len);
	if (basic)
		explicit_bzero(basic, strlen(basic));
	g_free(basic);
	return token;
}

static char *bearer_value(struct client *client, const struct challenge *challenge, GError **error)
{
	char *token, *value;

	if (client->credential.registry_token)
		return g_strconcat("Bearer ", client->credential.registry_token, NULL);
	if (!check_realm(client, challenge->realm, error))
		return NULL;
	token = ask(client, challenge, error);
	if (!token)
		return NULL;
	value = g_strconcat("Bearer ", token, NULL);
	explicit_bzero(token, strlen(token));
	g_free(token);
	return value;
}

char *token_answer(struct client *client, const struct challenge *challenge, GError **error)
{
	if (challenge->scheme == CHALLENGE_BEARER)
		return bearer_value(client, challenge, error);
	if (challenge->scheme == CHALLENGE_NONE) {
		error_set(
			error, THRESH_ERROR_NETWORK,
			"HTTP 401, and no way to authenticate that is known here (basic, bearer)");
		return NULL;
	}
	if (!client->credential.user) {
		error_set(error, THRESH_ERROR_NETWORK,
			  "HTTP 401: no credentials for %s; log in with `podman login` or `docker "
			  "login`, or name a file with --auth-file",
			  client->host);
		return NULL;
	}
	return basic_value(&client->credential);
}
