/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/exchange.h"

#include "base/error.h"
#include "registry/url.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
	CONNECT_TIMEOUT_MS = 20000,
	SLOW_BYTES_PER_SECOND = 512,
	RECEIVE_BUFFER_BYTES = 256 << 10,
	SEND_BUFFER_BYTES = 1 << 20,
};

static const char *const header_names[HEADER_COUNT] = {
	[HEADER_LOCATION] = "location",
	[HEADER_CONTENT_TYPE] = "content-type",
	[HEADER_CONTENT_RANGE] = "content-range",
	[HEADER_RANGE] = "range",
	[HEADER_LINK] = "link",
	[HEADER_RETRY_AFTER] = "retry-after",
	[HEADER_DIGEST] = "docker-content-digest",
	[HEADER_SUBJECT] = "oci-subject",
	[HEADER_CHUNK] = "oci-chunk-min-length",
};

struct exchange *exchange_new(const char *method, const char *url)
{
	struct exchange *exchange = g_new0(struct exchange, 1);

	exchange->method = method;
	exchange->url = g_strdup(url);
	exchange->fd = -1;
	exchange->body = g_byte_array_new();
	exchange->body_max = EXCHANGE_BODY_MAX_BYTES;
	return exchange;
}

void exchange_reset(struct exchange *exchange)
{
	for (int i = 0; i < HEADER_COUNT; i++)
		g_clear_pointer(&exchange->received[i], g_free);
	challenge_clear(&exchange->challenge);
	g_byte_array_set_size(exchange->body, 0);
	g_clear_error(&exchange->failure);
	exchange->status = 0;
	exchange->sent = 0;
	exchange->headers_bytes = 0;
	exchange->headers_count = 0;
	exchange->transient = false;
	exchange->timed_out = false;
	exchange->tls_failed = false;
	exchange->message[0] = '\0';
}

void exchange_free(struct exchange *exchange)
{
	if (!exchange)
		return;
	exchange_reset(exchange);
	g_byte_array_unref(exchange->body);
	curl_slist_free_all(exchange->headers);
	g_free(exchange->url);
	g_free(exchange);
}

void exchange_cleanup(struct exchange **exchange)
{
	exchange_free(*exchange);
}

void exchange_add_header(struct exchange *exchange, const char *header)
{
	exchange->headers = curl_slist_append(exchange->headers, header);
}

/* --- what libcurl calls ---------------------------------------------------------------------- */

static size_t fail(struct exchange *exchange, const char *message)
{
	if (!exchange->failure)
		error_set(&exchange->failure, THRESH_ERROR_NETWORK, "%s", message);
	return 0;
}

/* A new response (after 100 Continue) forgets the headers of the one before. */
static void begin_response(struct exchange *exchange)
{
	for (int i = 0; i < HEADER_COUNT; i++)
		g_clear_pointer(&exchange->received[i], g_free);
	challenge_clear(&exchange->challenge);
}

static bool keep_header(struct exchange *exchange, const char *name, const char *value)
{
	if (!strcmp(name, "www-authenticate"))
		return challenge_parse(&exchange->challenge, value,
				       exchange->failure ? NULL : &exchange->failure);
	for (int i = 0; i < HEADER_COUNT; i++) {
		if (!strcmp(name, header_names[i]) && !exchange->received[i])
			exchange->received[i] = g_strdup(value);
	}
	return true;
}

static size_t on_header(char *data, size_t one, size_t size, void *user)
{
	struct exchange *exchange = user;
	g_autofree char *line = g_strndup(data, size);
	char *colon = strchr(line, ':');
	g_autofree char *name = NULL;

	(void)one;
	exchange->headers_bytes += size;
	if (exchange->headers_bytes > EXCHANGE_HEADERS_MAX_BYTES ||
	    ++exchange->headers_count > EXCHANGE_HEADERS_MAX)
		return fail(exchange, "headers of more than 64 KiB");
	if (g_str_has_prefix(line, "HTTP/")) {
		begin_response(exchange);
		return size;
	}
	if (!colon)
		return size;
	name = g_ascii_strdown(line, colon - line);
	return keep_header(exchange, name, g_strstrip(colon + 1)) ? size : 0;
}

static long status_of(CURL *handle)
{
	long status = 0;

	curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

struct running {
	struct exchange *exchange;
	CURL *handle;
};

static size_t on_body(char *data, size_t one, size_t size, void *user)
{
	struct running *running = user;
	struct exchange *exchange = running->exchange;
	long status = status_of(running->handle);
	bool good = status == 200 || status == 206;

	(void)one;
	if (good && exchange->sink)
		return exchange->sink(exchange->sink_user, data, size, &exchange->failure) ? size
											   : 0;
	if (size > exchange->body_max - exchange->body->len)
		return fail(exchange, "a body that is larger than it may be");
	g_byte_array_append(exchange->body, (const guint8 *)data, (guint)size);
	return size;
}

static size_t on_read(char *data, size_t one, size_t size, void *user)
{
	struct exchange *exchange = user;
	uint64_t left = exchange->send_bytes - exchange->sent;
	size_t want = (size_t)MIN(left, (uint64_t)(one * size));
	ssize_t n;

	if (want == 0)
		return 0;
	if (exchange->fd < 0) {
		memcpy(data, (const char *)exchange->data + exchange->sent, want);
		exchange->sent += want;
		return want;
	}
	do
		n = pread(exchange->fd, data, want, (off_t)(exchange->offset + exchange->sent));
	while (n < 0 && errno == EINTR);
	if (n <= 0) {
		if (!exchange->failure)
			error_set_errno(&exchange->failure, THRESH_ERROR_INPUT, n < 0 ? errno : EIO,
					"read");
		return CURL_READFUNC_ABORT;
	}
	exchange->sent += (uint64_t)n;
	return (size_t)n;
}

/* libcurl sends again by itself where a connection that was used before turns out to be dead. Not a
 * blob: a part of it may have been taken. */
static int on_seek(void *user, curl_off_t offset, int origin)
{
	struct exchange *exchange = user;

	if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > exchange->send_bytes)
		return CURL_SEEKFUNC_FAIL;
	exchange->sent = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

static int on_progress(void *user, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct exchange *exchange = user;

	(void)a, (void)b, (void)c, (void)d;
	return exchange->cancelled && g_atomic_int_get(exchange->cancelled);
}

/* --- setting it up --------------------------------------------------------------------------- */

static void set_method(struct exchange *exchange, CURL *handle)
{
	const char *method = exchange->method;

	if (!strcmp(method, "GET")) {
		curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);
	} else if (!strcmp(method, "HEAD")) {
		curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
	} else if (!strcmp(method, "DELETE")) {
		curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, method);
	} else {
		/* a body whose length is known: PUT, PATCH, POST */
		curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, method);
		curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE,
				 (curl_off_t)exchange->send_bytes);
		curl_easy_setopt(handle, CURLOPT_READFUNCTION, on_read);
		curl_easy_setopt(handle, CURLOPT_READDATA, exchange);
		if (exchange->fd < 0) {
			curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, on_seek);
			curl_easy_setopt(handle, CURLOPT_SEEKDATA, exchange);
		}
		curl_easy_setopt(handle, CURLOPT_UPLOAD_BUFFERSIZE, (long)SEND_BUFFER_BYTES);
	}
}

static void set_tls(CURL *handle, const struct exchange_transport *transport)
{
	if (transport->insecure) {
		curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (transport->ca_pem) {
		gsize size_bytes;
		const void *data = g_bytes_get_data(transport->ca_pem, &size_bytes);
		struct curl_blob blob = {.data = (void *)data, .len = size_bytes};

		curl_easy_setopt(handle, CURLOPT_CAINFO_BLOB, &blob);
	}
	if (transport->client_cert) {
		curl_easy_setopt(handle, CURLOPT_SSLCERT, transport->client_cert);
		curl_easy_setopt(handle, CURLOPT_SSLKEY, transport->client_key);
	}
	curl_easy_setopt(handle, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
}

static void set_limits(CURL *handle, const struct exchange_transport *transport)
{
	curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
	curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES_PER_SECOND);
	curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, MAX((long)transport->idle_ms / 1000, 1L));
	curl_easy_setopt(handle, CURLOPT_BUFFERSIZE, (long)RECEIVE_BUFFER_BYTES);
	curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
}

static void set_up(struct running *running, const struct exchange_transport *transport,
		   struct curl_slist *headers)
{
	struct exchange *exchange = running->exchange;
	CURL *handle = running->handle;

	curl_easy_reset(handle); /* connections stay */
	curl_easy_setopt(handle, CURLOPT_URL, exchange->url);
	set_method(exchange, handle);
	set_tls(handle, transport);
	set_limits(handle, transport);
	/* a proxy cannot reach this machine's loopback */
	if (url_is_loopback(exchange->url))
		curl_easy_setopt(handle, CURLOPT_PROXY, "");
	curl_easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(handle, CURLOPT_USERAGENT, "thresh/" THRESH_VERSION);
	curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(handle, CURLOPT_HEADERDATA, exchange);
	curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(handle, CURLOPT_WRITEDATA, running);
	curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(handle, CURLOPT_XFERINFODATA, exchange);
	curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, exchange->message);
}

/* The headers of the exchange and what every request has; the caller frees the list. */
static struct curl_slist *all_headers(const struct exchange *exchange, const char *authorization)
{
	struct curl_slist *list = NULL;
	g_autofree char *line = NULL;

	for (const struct curl_slist *header = exchange->headers; header; header = header->next)
		list = curl_slist_append(list, header->data);
	list = curl_slist_append(list, "Expect:"); /* a second's wait at servers that know it not */
	if (authorization) {
		line = g_strconcat("Authorization: ", authorization, NULL);
		list = curl_slist_append(list, line);
		explicit_bzero(line, strlen(line));
	}
	return list;
}

static void wipe_headers(struct curl_slist *list)
{
	for (struct curl_slist *header = list; header; header = header->next)
		explicit_bzero(header->data, strlen(header->data));
	curl_slist_free_all(list);
}

static bool may_pass(CURLcode code)
{
	static const CURLcode codes[] = {
		CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT,    CURLE_PARTIAL_FILE,
		CURLE_GOT_NOTHING,          CURLE_SEND_ERROR,         CURLE_RECV_ERROR,
		CURLE_SEND_FAIL_REWIND,     CURLE_OPERATION_TIMEDOUT,
	};

	for (gsize i = 0; i < G_N_ELEMENTS(codes); i++) {
		if (codes[i] == code)
			return true;
	}
	return false;
}

static bool fail_as(struct exchange *exchange, CURLcode code, GError **error)
{
	g_autofree char *quoted = NULL;

	exchange->transient = !exchange->failure && may_pass(code);
	exchange->timed_out = code == CURLE_OPERATION_TIMEDOUT;
	exchange->tls_failed = code == CURLE_SSL_CONNECT_ERROR;
	if (exchange->failure) {
		g_propagate_error(error, g_steal_pointer(&exchange->failure));
		return false;
	}
	if (code == CURLE_ABORTED_BY_CALLBACK)
		return error_set(error, THRESH_ERROR_NETWORK, "given up");
	if (code == CURLE_PEER_FAILED_VERIFICATION) {
		quoted = error_quote(exchange->message);
		return error_set(error, THRESH_ERROR_NETWORK,
				 "%s; name its authority with --ca-file, or --insecure", quoted);
	}
	if (exchange->tls_failed)
		return error_set(error, THRESH_ERROR_NETWORK,
				 "no TLS is spoken there; plain HTTP is spoken to this machine "
				 "alone, with --insecure");
	quoted = error_quote(exchange->message[0] ? exchange->message : curl_easy_strerror(code));
	return error_set(error, THRESH_ERROR_NETWORK, "%s", quoted);
}

bool exchange_run(struct exchange *exchange, CURL *handle,
		  const struct exchange_transport *transport, const char *authorization,
		  GError **error)
{
	struct running running = {.exchange = exchange, .handle = handle};
	struct curl_slist *headers = all_headers(exchange, authorization);
	CURLcode code;

	exchange_reset(exchange);
	exchange->cancelled = transport->cancelled;
	set_up(&running, transport, headers);
	code = curl_easy_perform(handle);
	exchange->status = status_of(handle);
	curl_easy_setopt(handle, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, NULL);
	wipe_headers(headers);
	return code == CURLE_OK ? true : fail_as(exchange, code, error);
}
