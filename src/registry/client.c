/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/json.h"
#include "registry/certificates.h"
#include "registry/client_private.h"
#include "registry/url.h"

#include <string.h>

enum {
	TRIES_MAX = 5,
	REDIRECTS_MAX = 5,
	CHALLENGES_MAX = 2,
	WAIT_FIRST_MS = 250,
	WAIT_MAX_S = 60, /* a registry that asks for more is not waited for */
	DETAIL_MAX_BYTES = 300,
};

/* --- life ------------------------------------------------------------------------------------ */

static gpointer initialise(gpointer unused)
{
	(void)unused;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	return NULL;
}

/* docker.io is a name; the machine behind it has another. */
static const char *machine_of(const char *host)
{
	return !strcmp(host, "docker.io") ? "registry-1.docker.io" : host;
}

static void handle_free(gpointer handle)
{
	curl_easy_cleanup(handle);
}

/* With --insecure, this machine's registries may speak plain HTTP: the first answer tells. */
static bool choose_scheme(struct client *client, bool insecure, GError **error)
{
	g_autofree char *url = NULL;
	autoexchange struct exchange *exchange = NULL;
	g_autoptr(GError) failure = NULL;
	CURL *handle;
	bool plain;

	client->base = g_strconcat("https://", machine_of(client->host), NULL);
	if (!insecure || !url_is_loopback(client->base))
		return true;
	url = g_strconcat(client->base, "/v2/", NULL);
	exchange = exchange_new("GET", url);
	handle = client_take_handle(client);
	plain = !exchange_run(exchange, handle, &client->transport, NULL, &failure) &&
		exchange->tls_failed;
	client_give_handle(client, handle);
	if (plain) {
		g_free(client->base);
		client->base = g_strconcat("http://", client->host, NULL);
	} else if (failure && exchange->status == 0) {
		g_propagate_prefixed_error(error, g_steal_pointer(&failure), "%s: ", client->host);
		return false;
	}
	return true;
}

struct client *client_new(const struct registry_settings *settings, const char *host,
			  const char *repository, enum client_access access, GError **error)
{
	static GOnce once = G_ONCE_INIT;
	struct client *client = g_new0(struct client, 1);

	g_once(&once, initialise, NULL);
	g_mutex_init(&client->mutex);
	client->idle = g_ptr_array_new_with_free_func(handle_free);
	client->host = g_strdup(host);
	client->repository = g_strdup(repository);
	client->access = access;
	client->transport.insecure = settings->insecure;
	client->transport.idle_ms = settings->idle_ms;
	client->transport.cancelled = &client->cancelled;
	if (certificates_find(settings, host, &client->transport, error) &&
	    credential_find(settings->auth_file, host, repository, &client->credential, error) &&
	    choose_scheme(client, settings->insecure, error))
		return client;
	client_free(client);
	return NULL;
}

static void wipe(char **secret)
{
	if (*secret)
		explicit_bzero(*secret, strlen(*secret));
	g_clear_pointer(secret, g_free);
}

void client_free(struct client *client)
{
	if (!client)
		return;
	g_ptr_array_unref(client->idle);
	g_mutex_clear(&client->mutex);
	credential_clear(&client->credential);
	exchange_transport_clear(&client->transport);
	wipe(&client->authorization);
	g_free(client->host);
	g_free(client->repository);
	g_free(client->base);
	g_free(client->mount);
	g_free(client);
}

void client_set_mount(struct client *client, const char *repository)
{
	if (!strcmp(client->repository, repository))
		return;
	g_free(client->mount);
	client->mount = g_strdup(repository);
	wipe(&client->authorization); /* the next one covers both */
}

const char *client_mount(const struct client *client)
{
	return client->mount;
}

const char *client_host(const struct client *client)
{
	return client->host;
}

char *client_url(const struct client *client, const char *format, ...)
{
	g_autofree char *rest = NULL;
	va_list args;

	va_start(args, format);
	rest = g_strdup_vprintf(format, args);
	va_end(args);
	return g_strconcat(client->base, "/v2/", client->repository, "/", rest, NULL);
}

void client_cancel(struct client *client)
{
	g_atomic_int_set(&client->cancelled, 1);
}

void client_resume(struct client *client)
{
	g_atomic_int_set(&client->cancelled, 0);
}

CURL *client_take_handle(struct client *client)
{
	CURL *handle = NULL;

	g_mutex_lock(&client->mutex);
	if (client->idle->len > 0)
		handle = g_ptr_array_steal_index_fast(client->idle, client->idle->len - 1);
	g_mutex_unlock(&client->mutex);
	if (!handle)
		handle = curl_easy_init();
	if (!handle)
		g_error("curl_easy_init failed"); /* no memory */
	return handle;
}

void client_give_handle(struct client *client, CURL *handle)
{
	g_mutex_lock(&client->mutex);
	g_ptr_array_add(client->idle, handle);
	g_mutex_unlock(&client->mutex);
}

/* --- messages -------------------------------------------------------------------------------- */

char *error_body_parse(const void *data, size_t size_bytes)
{
	autojson json_t *json = json_parse(data, size_bytes, "error", NULL);
	const json_t *first = json_array_get(json_array_at(json, "errors"), 0);
	const char *code = json_string_at(first, "code");
	const char *message = json_string_at(first, "message");
	g_autofree char *text = NULL, *cut = NULL;

	if (!code && !message)
		return NULL;
	text = g_strconcat(code ? code : "", code && message ? ": " : "", message ? message : "",
			   NULL);
	cut = g_strndup(text, DETAIL_MAX_BYTES);
	return error_quote(cut);
}

/* What the registry says may hold what it was told. */
static bool tells_a_secret(const struct client *client, const char *text)
{
	const char *const secrets[] = {client->credential.password,
				       client->credential.identity_token,
				       client->credential.registry_token, client->authorization};

	for (gsize i = 0; i < G_N_ELEMENTS(secrets); i++) {
		const char *space = secrets[i] ? strchr(secrets[i], ' ') : NULL;

		if (secrets[i] && *secrets[i] && strstr(text, secrets[i]))
			return true;
		if (space && space[1] && strstr(text, space + 1)) /* behind "Bearer" */
			return true;
	}
	return false;
}

static const char *advice_for(const struct client *client, long status)
{
	if (status != 401 && status != 403)
		return "";
	return client->credential.user || client->credential.identity_token ||
			       client->credential.registry_token
		       ? "; the credentials that were found do not do"
		       : "; log in with `podman login` or `docker login`, or name a file with "
			 "--auth-file";
}

bool client_fail(const struct client *client, const struct exchange *exchange, GError **error)
{
	g_autofree char *detail = error_body_parse(exchange->body->data, exchange->body->len);
	g_autofree char *url = url_show(exchange->url);

	if (detail && tells_a_secret(client, detail))
		g_clear_pointer(&detail, g_free);
	return error_set(error, THRESH_ERROR_NETWORK, "%s %s: HTTP %ld%s%s%s%s", exchange->method,
			 url, exchange->status, detail ? " (" : "", detail ? detail : "",
			 detail ? ")" : "", advice_for(client, exchange->status));
}

/* --- running --------------------------------------------------------------------------------- */

int retry_after_parse(const char *header, gint64 now)
{
	gint64 seconds;
	time_t date;

	if (g_ascii_string_to_signed(header, 10, 0, G_MAXINT64, &seconds, NULL))
		return (int)MIN(seconds, 86400);
	date = curl_getdate(header, NULL);
	return date == (time_t)-1 ? 0 : (int)CLAMP((gint64)date - now, 0, 86400);
}

/* Twice as long each time, and not all clients at the same moment. */
void client_wait(int attempt, int seconds)
{
	int ms = WAIT_FIRST_MS << MIN(attempt - 1, 6);

	ms = ms * 3 / 4 + g_random_int_range(0, ms / 2 + 1);
	g_usleep((gulong)MAX((gint64)ms, (gint64)seconds * 1000) * 1000);
}

static bool is_redirect(const struct exchange *exchange)
{
	static const long statuses[] = {301, 302, 303, 307, 308};

	if (strcmp(exchange->method, "GET") != 0 && strcmp(exchange->method, "HEAD") != 0)
		return false;
	for (gsize i = 0; i < G_N_ELEMENTS(statuses); i++) {
		if (statuses[i] == exchange->status)
			return exchange->received[HEADER_LOCATION] != NULL;
	}
	return false;
}

/* The value for this URL: nothing for another origin than the registry's own. */
static char *authorization_for(struct client *client, const char *url, guint *ret_generation)
{
	char *value;

	g_mutex_lock(&client->mutex);
	*ret_generation = client->generation;
	value = url_same_origin(client->base, url) ? g_strdup(client->authorization) : NULL;
	g_mutex_unlock(&client->mutex);
	return value;
}

static bool run_at(struct client *client, struct exchange *exchange, CURL *handle,
		   guint *ret_generation, GError **error)
{
	char *authorization = authorization_for(client, exchange->url, ret_generation);
	bool ok = exchange_run(exchange, handle, &client->transport, authorization, error);

	wipe(&authorization);
	return ok;
}

/* Follows redirects; @exchange's URL is afterwards what it was. */
static bool run_redirected(struct client *client, struct exchange *exchange, guint *ret_generation,
			   GError **error)
{
	CURL *handle = client_take_handle(client);
	char *first = exchange->url;
	bool ok;

	exchange->url = g_strdup(first);
	ok = run_at(client, exchange, handle, ret_generation, error);
	for (int redirects = 0; ok && is_redirect(exchange); redirects++) {
		char *next = url_resolve(exchange->url, exchange->received[HEADER_LOCATION], error);

		ok = next && (redirects < REDIRECTS_MAX ||
			      error_set(error, THRESH_ERROR_NETWORK, "more than %d redirects",
					REDIRECTS_MAX));
		if (!ok) {
			g_free(next);
			break;
		}
		g_free(exchange->url);
		exchange->url = next;
		ok = run_at(client, exchange, handle, ret_generation, error);
	}
	/* another host's challenge is not answered: it would be given this registry's credentials
	 */
	if (!url_same_origin(client->base, exchange->url))
		challenge_clear(&exchange->challenge);
	g_free(exchange->url);
	exchange->url = first;
	client_give_handle(client, handle);
	return ok;
}

/* Where another thread has answered in the meantime, its answer serves. */
static bool answer_challenge(struct client *client, const struct exchange *exchange,
			     guint generation, GError **error)
{
	char *value;

	g_mutex_lock(&client->mutex);
	if (client->generation != generation) {
		g_mutex_unlock(&client->mutex);
		return true;
	}
	g_mutex_unlock(&client->mutex);
	value = token_answer(client, &exchange->challenge, error);
	if (!value)
		return false;
	g_mutex_lock(&client->mutex);
	wipe(&client->authorization);
	client->authorization = value;
	client->generation++;
	g_mutex_unlock(&client->mutex);
	return true;
}

/* What was sent from a file may have been taken in part, unless it was refused before it was looked
 * at.
 */
static bool status_may_pass(const struct exchange *exchange)
{
	long status = exchange->status;

	if (status == 429 || status == 503)
		return true;
	return exchange->fd < 0 &&
	       (status == 408 || status == 500 || status == 502 || status == 504);
}

/* Whether there is to be another try, after the wait that was asked for. */
static bool wait_for_next(const struct exchange *exchange, int attempt, GError **error)
{
	const char *header = exchange->received[HEADER_RETRY_AFTER];
	int seconds = header ? retry_after_parse(header, g_get_real_time() / G_USEC_PER_SEC) : 0;

	if (seconds > WAIT_MAX_S)
		return error_set(error, THRESH_ERROR_NETWORK,
				 "HTTP %ld: the registry asks to come back in %d seconds",
				 exchange->status, seconds);
	client_wait(attempt, seconds);
	return true;
}

/* One try: @ret_again where another one is to follow. */
static bool try_once(struct client *client, struct exchange *exchange, int attempt, int *challenges,
		     bool *ret_again, GError **error)
{
	g_autoptr(GError) failure = NULL;
	guint generation;

	*ret_again = false;
	if (!run_redirected(client, exchange, &generation, &failure)) {
		/* one that let the time pass once would do so again */
		*ret_again = exchange->transient && !exchange->timed_out && !exchange->once &&
			     attempt < TRIES_MAX;
		if (*ret_again) {
			client_wait(attempt, 0);
			return true;
		}
		g_propagate_error(error, g_steal_pointer(&failure));
		return false;
	}
	if (exchange->status == 401 && (*challenges)++ < CHALLENGES_MAX) {
		*ret_again = true;
		return answer_challenge(client, exchange, generation, error);
	}
	if (status_may_pass(exchange) && attempt < TRIES_MAX) {
		*ret_again = true;
		return wait_for_next(exchange, attempt, error);
	}
	return true;
}

bool client_run(struct client *client, struct exchange *exchange, GError **error)
{
	int challenges = 0;
	bool again = true;

	for (int attempt = 1; again; attempt++) {
		if (!try_once(client, exchange, attempt, &challenges, &again, error)) {
			g_autofree char *url = url_show(exchange->url);

			g_prefix_error(error, "%s %s: ", exchange->method, url);
			return false;
		}
	}
	return true;
}
