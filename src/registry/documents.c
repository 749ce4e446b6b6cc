/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/documents.h"

#include "base/error.h"

#include <string.h>

static const char *const media_types[] = {
	"application/vnd.oci.image.index.v1+json",
	"application/vnd.oci.image.manifest.v1+json",
	"application/vnd.docker.distribution.manifest.list.v2+json",
	"application/vnd.docker.distribution.manifest.v2+json",
};

void document_clear(struct document *document)
{
	g_clear_pointer(&document->data, g_bytes_unref);
	g_clear_pointer(&document->media_type, g_free);
}

/* Without parameters, such as "; charset=utf-8". */
static char *plain_type(const char *header)
{
	return header ? g_strstrip(g_strndup(header, strcspn(header, ";"))) : g_strdup("");
}

static bool mismatch(const char *want, const struct digest *got, GError **error)
{
	char text[DIGEST_TEXT_BYTES];

	digest_format(got, text);
	return error_set(error, THRESH_ERROR_INPUT, "digest mismatch (want %s, got %s)", want,
			 text);
}

/* By what was asked for, and by what the registry says that it sends. */
static bool check_digest(const char *reference, const struct exchange *exchange,
			 const struct digest *digest, GError **error)
{
	const char *said = exchange->received[HEADER_DIGEST];
	struct digest want;

	if (digest_parse(reference, &want, NULL) && !digest_equal(&want, digest))
		return mismatch(reference, digest, error);
	if (said && g_str_has_prefix(said, "sha256:") &&
	    (!digest_parse(said, &want, NULL) || !digest_equal(&want, digest))) {
		g_autofree char *quoted = error_quote(said);

		return mismatch(quoted, digest, error);
	}
	return true;
}

bool document_find(struct client *client, const char *reference, struct document *ret_document,
		   bool *ret_found, GError **error)
{
	g_autofree char *url = client_url(client, "manifests/%s", reference);
	autoexchange struct exchange *exchange = exchange_new("GET", url);
	struct document document;

	for (gsize i = 0; i < G_N_ELEMENTS(media_types); i++) {
		g_autofree char *header = g_strconcat("Accept: ", media_types[i], NULL);

		exchange_add_header(exchange, header);
	}
	exchange->body_max = JSON_MAX_BYTES;
	if (!client_run(client, exchange, error))
		return false;
	if (exchange->status == 404) {
		*ret_found = false;
		return true;
	}
	if (exchange->status != 200)
		return client_fail(client, exchange, error);
	digest_of(exchange->body->data, exchange->body->len, &document.digest);
	if (!check_digest(reference, exchange, &document.digest, error))
		return false;
	document.data = g_bytes_new(exchange->body->data, exchange->body->len);
	document.media_type = plain_type(exchange->received[HEADER_CONTENT_TYPE]);
	*ret_document = document;
	*ret_found = true;
	return true;
}

bool document_get(struct client *client, const char *reference, struct document *ret_document,
		  GError **error)
{
	bool found = false;

	if (!document_find(client, reference, ret_document, &found, error))
		return false;
	return found || error_set(error, THRESH_ERROR_NETWORK,
				  "the registry has no image with this name (%s)", reference);
}

bool document_put(struct client *client, const char *reference, const char *media_type,
		  GBytes *data, bool *ret_refers, GError **error)
{
	g_autofree char *url = client_url(client, "manifests/%s", reference);
	g_autofree char *header = g_strconcat("Content-Type: ", media_type, NULL);
	autoexchange struct exchange *exchange = exchange_new("PUT", url);
	gsize size_bytes;

	exchange->data = g_bytes_get_data(data, &size_bytes);
	exchange->send_bytes = size_bytes;
	exchange_add_header(exchange, header);
	if (!client_run(client, exchange, error))
		return false;
	if (exchange->status != 201 && exchange->status != 200 && exchange->status != 202)
		return client_fail(client, exchange, error);
	if (ret_refers)
		*ret_refers = exchange->received[HEADER_SUBJECT] != NULL;
	return true;
}
