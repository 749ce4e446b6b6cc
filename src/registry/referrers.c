/* SPDX-License-Identifier: Apache-2.0 */
/* What refers to a manifest: distribution-spec 1.1, "Listing Referrers", "Referrers Tag Schema". */
#include "base/error.h"
#include "registry/documents.h"
#include "registry/url.h"

#include <string.h>

enum { REFERRERS_MAX = 1000, PAGES_MAX = 100 };

#define INDEX_MEDIA_TYPE "application/vnd.oci.image.index.v1+json"

char *referrers_tag(const struct digest *subject)
{
	char hex[DIGEST_HEX_BYTES];

	digest_format_hex(subject, hex);
	return g_strconcat("sha256-", hex, NULL);
}

bool referrers_parse(const void *data, size_t size_bytes, json_t *referrers, GError **error)
{
	autojson json_t *index = json_parse(data, size_bytes, "referrers", error);
	json_t *manifests = json_array_at(index, "manifests");
	size_t i;
	json_t *entry;

	if (!index)
		return false;
	if (!manifests)
		return error_set(error, THRESH_ERROR_INPUT, "referrers: not an index");
	json_array_foreach (manifests, i, entry) {
		const char *digest = json_string_at(entry, "digest");
		struct digest parsed;

		if (!digest || !digest_parse(digest, &parsed, NULL))
			return error_set(error, THRESH_ERROR_INPUT,
					 "referrers: a descriptor without a digest");
		if (json_array_size(referrers) >= REFERRERS_MAX)
			return error_set(error, THRESH_ERROR_INPUT,
					 "more than %d artifacts refer to one image",
					 REFERRERS_MAX);
		json_array_append(referrers, entry);
	}
	return true;
}

/* The index of the tag schema, or NULL in *@ret_index where there is none. */
static bool read_tag(struct client *client, const struct digest *subject, json_t **ret_index,
		     GError **error)
{
	g_autofree char *tag = referrers_tag(subject);
	autodocument struct document document = {0};
	json_t *index;
	bool found = false;

	if (!document_find(client, tag, &document, &found, error))
		return false;
	*ret_index = NULL;
	if (!found)
		return true;
	index = json_parse(g_bytes_get_data(document.data, NULL), g_bytes_get_size(document.data),
			   tag, error);
	if (!index)
		return false;
	if (!json_array_at(index, "manifests")) {
		json_decref(index);
		return error_set(error, THRESH_ERROR_INPUT, "%s: not an index of referrers", tag);
	}
	*ret_index = index;
	return true;
}

static bool list_by_tag(struct client *client, const struct digest *subject, json_t *referrers,
			GError **error)
{
	autojson json_t *index = NULL;
	g_autofree char *text = NULL;

	if (!read_tag(client, subject, &index, error))
		return false;
	if (!index)
		return true;
	text = json_format_canonical(index);
	return referrers_parse(text, strlen(text), referrers, error);
}

/* The next page, on the registry itself; NULL where this was the last. */
static char *next_page(const struct exchange *exchange, const char *url)
{
	const char *header = exchange->received[HEADER_LINK];
	g_autofree char *target = header ? link_next(header) : NULL;
	g_autofree char *next = target ? url_resolve(url, target, NULL) : NULL;

	return next && url_same_origin(next, url) ? g_steal_pointer(&next) : NULL;
}

/* Whether the first page is none of the API: 404, or what else the registry, or what stands before
 * it, has for a path that it does not know (a web page too). */
static bool is_unknown_path(const struct exchange *exchange)
{
	const char *type = exchange->received[HEADER_CONTENT_TYPE];
	bool refused = exchange->status >= 400 && exchange->status < 500 &&
		       exchange->status != 401 && exchange->status != 429;

	return refused || exchange->status == 501 ||
	       (exchange->status == 200 && type &&
		g_ascii_strncasecmp(type, "text/html", strlen("text/html")) == 0);
}

/* *@ret_known: the registry has the API. */
static bool list_by_api(struct client *client, const struct digest *subject, json_t *referrers,
			bool *ret_known, GError **error)
{
	char text[DIGEST_TEXT_BYTES];
	g_autofree char *url = NULL;

	digest_format(subject, text);
	url = client_url(client, "referrers/%s", text);
	*ret_known = true;
	for (int page = 0; url && page < PAGES_MAX; page++) {
		autoexchange struct exchange *exchange = exchange_new("GET", url);
		char *next;

		exchange_add_header(exchange, "Accept: " INDEX_MEDIA_TYPE);
		exchange->body_max = JSON_MAX_BYTES;
		if (!client_run(client, exchange, error))
			return false;
		if (page == 0 && is_unknown_path(exchange)) {
			*ret_known = false;
			return true;
		}
		if (exchange->status != 200)
			return client_fail(client, exchange, error);
		if (!referrers_parse(exchange->body->data, exchange->body->len, referrers, error))
			return false;
		next = next_page(exchange, url);
		g_free(url);
		url = next;
	}
	return !url || error_set(error, THRESH_ERROR_NETWORK,
				 "the registry's list of referrers does not end");
}

json_t *referrers_list(struct client *client, const struct digest *subject, GError **error)
{
	autojson json_t *referrers = json_array();
	bool known = false;

	if (!list_by_api(client, subject, referrers, &known, error) ||
	    (!known && !list_by_tag(client, subject, referrers, error)))
		return NULL;
	return g_steal_pointer(&referrers);
}

static bool has_digest(const json_t *manifests, const char *digest)
{
	size_t i;
	json_t *entry;

	json_array_foreach (manifests, i, entry) {
		if (g_strcmp0(json_string_at(entry, "digest"), digest) == 0)
			return true;
	}
	return false;
}

bool referrers_add(struct client *client, const struct digest *subject, const json_t *descriptors,
		   GError **error)
{
	g_autofree char *tag = referrers_tag(subject);
	autojson json_t *index = NULL;
	g_autoptr(GBytes) data = NULL;
	json_t *manifests, *entry;
	size_t i, before;
	char *text;

	if (!read_tag(client, subject, &index, error))
		return false;
	if (!index)
		index = json_pack("{s:i, s:s, s:[]}", "schemaVersion", 2, "mediaType",
				  INDEX_MEDIA_TYPE, "manifests");
	manifests = json_array_at(index, "manifests");
	before = json_array_size(manifests);
	json_array_foreach (descriptors, i, entry) {
		if (!has_digest(manifests, json_string_at(entry, "digest")))
			json_array_append(manifests, entry);
	}
	if (json_array_size(manifests) == before)
		return true;
	text = json_format_canonical(index);
	data = g_bytes_new_take(text, strlen(text));
	return document_put(client, tag, INDEX_MEDIA_TYPE, data, NULL, error);
}

/* --- tags ------------------------------------------------------------------------------------ */

bool tags_parse(const void *data, size_t size_bytes, GPtrArray *tags, GHashTable *seen,
		GError **error)
{
	autojson json_t *json = json_parse(data, size_bytes, "tags", error);
	json_t *list = json_object_get(json, "tags");
	size_t i;
	json_t *value;

	if (!json)
		return false;
	if (!json_is_array(list) && !json_is_null(list)) /* docker's: null for none */
		return error_set(error, THRESH_ERROR_INPUT, "tags: not a list");
	json_array_foreach (list, i, value) {
		const char *tag = json_string_value(value);

		if (!tag || strlen(tag) > 128)
			return error_set(error, THRESH_ERROR_INPUT, "tags: one that is no tag");
		if (g_hash_table_contains(seen, tag))
			return error_set(error, THRESH_ERROR_NETWORK,
					 "the registry's list of tags repeats itself");
		if (tags->len >= TAGS_MAX + 1)
			return true;
		g_ptr_array_add(tags, g_strdup(tag));
		g_hash_table_add(seen, tags->pdata[tags->len - 1]);
	}
	return true;
}

GPtrArray *tags_list(struct client *client, bool *ret_more, GError **error)
{
	g_autoptr(GPtrArray) tags = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	g_autofree char *url = client_url(client, "tags/list?n=1000");

	for (int page = 0; url && page < PAGES_MAX && tags->len <= TAGS_MAX; page++) {
		autoexchange struct exchange *exchange = exchange_new("GET", url);
		char *next;

		exchange->body_max = JSON_MAX_BYTES;
		if (!client_run(client, exchange, error))
			return NULL;
		if (exchange->status != 200) {
			client_fail(client, exchange, error);
			return NULL;
		}
		if (!tags_parse(exchange->body->data, exchange->body->len, tags, seen, error))
			return NULL;
		next = next_page(exchange, url);
		g_free(url);
		url = next;
	}
	*ret_more = url || tags->len > TAGS_MAX;
	if (tags->len > TAGS_MAX)
		g_ptr_array_set_size(tags, TAGS_MAX);
	return g_steal_pointer(&tags);
}
