/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/attestation.h"

#include "base/error.h"
#include "image/manifest.h"
#include "image/source.h"

#include <string.h>

/* sigstore/cosign, specs/BUNDLE_SPEC.md, "OCI referrers" */
#define CONTENT_ANNOTATION   "dev.sigstore.bundle.content"
#define PREDICATE_ANNOTATION "dev.sigstore.bundle.predicateType"
#define BUNDLE_TYPE_PREFIX   "application/vnd.dev.sigstore.bundle"

G_STATIC_ASSERT(sizeof(SIGSTORE_ARTIFACT_TYPE) == sizeof(SIGSTORE_BUNDLE_MEDIA_TYPE));

static void attestation_free(void *data)
{
	struct attestation *attestation = data;

	g_free(attestation->text);
	json_decref(attestation->annotations);
	g_free(attestation);
}

static struct attestation *attestation_new(const json_t *statement, const struct sign_key *key,
					   GError **error)
{
	g_autofree char *payload = json_format_canonical(statement);
	autojson json_t *bundle =
		sigstore_bundle_new(STATEMENT_TYPE, payload, strlen(payload), key, error);
	struct attestation *attestation;

	if (!bundle)
		return NULL;
	attestation = g_new0(struct attestation, 1);
	attestation->text = json_format_canonical(bundle);
	attestation->annotations =
		json_pack("{s:s, s:O}", CONTENT_ANNOTATION, "dsse-envelope", PREDICATE_ANNOTATION,
			  json_object_get(statement, "predicateType"));
	attestation->artifact = (struct artifact){
		.artifact_type = SIGSTORE_BUNDLE_MEDIA_TYPE,
		.media_type = SIGSTORE_BUNDLE_MEDIA_TYPE,
		.annotations = attestation->annotations,
		.data = attestation->text,
		.size_bytes = strlen(attestation->text),
	};
	return attestation;
}

GPtrArray *attestations_new(const GPtrArray *statements, const struct sign_key *key, GError **error)
{
	g_autoptr(GPtrArray) attestations = g_ptr_array_new_with_free_func(attestation_free);

	for (guint i = 0; i < statements->len; i++) {
		struct attestation *attestation = attestation_new(statements->pdata[i], key, error);

		if (!attestation)
			return NULL;
		g_ptr_array_add(attestations, attestation);
	}
	return g_steal_pointer(&attestations);
}

/* --- reading -------------------------------------------------------------------------------------
 */

static void found_free(void *data)
{
	struct attestation_found *found = data;

	if (found->is_bundle && !found->fault) {
		sigstore_bundle_clear(&found->bundle);
		statement_clear(&found->statement);
	}
	g_free(found->fault);
	g_free(found->digest);
	g_free(found);
}

/* What is signed says of which image it is; the manifest around it is nobody's word. */
static bool parse_bundle(struct attestation_found *found, GBytes *data, const struct image *image,
			 GError **error)
{
	autojson json_t *json =
		json_parse(g_bytes_get_data(data, NULL), g_bytes_get_size(data), "bundle", error);
	struct sigstore_bundle bundle;
	struct statement statement;
	gsize size;
	const void *payload;
	bool ok;

	if (!json || !sigstore_bundle_parse(json, &bundle, error))
		return false;
	payload = g_bytes_get_data(bundle.payload, &size);
	ok = strcmp(bundle.payload_type, STATEMENT_TYPE) == 0 ||
	     error_set(error, THRESH_ERROR_INPUT,
		       "bundle: its payload type is not " STATEMENT_TYPE);
	if (ok && (ok = statement_parse(payload, size, &statement, error))) {
		ok = digest_equal(&statement.subject, &image->manifest_digest) ||
		     error_set(error, THRESH_ERROR_INPUT,
			       "statement: its subject is another image");
		if (!ok)
			statement_clear(&statement);
	}
	if (!ok) {
		sigstore_bundle_clear(&bundle);
		return false;
	}
	found->bundle = bundle;
	found->statement = statement;
	return true;
}

/* The artifact's layers, checked; the first one in *@ret_data where it is a bundle. */
static bool read_layers(const struct image *image, const struct manifest *manifest, bool is_bundle,
			GBytes **ret_data, GError **error)
{
	static const size_t max_bytes = 1 << 30; /* as cli/keep_list.c */
	g_autoptr(GBytes) first = NULL;

	if (is_bundle && manifest->layers->len != 1)
		return error_set(error, THRESH_ERROR_INPUT, "a bundle's manifest has one layer");
	if (is_bundle && strcmp(((struct descriptor *)manifest->layers->pdata[0])->media_type,
				SIGSTORE_ARTIFACT_TYPE) != 0)
		return error_set(error, THRESH_ERROR_INPUT,
				 "its layer's media type is not that of a bundle");
	for (guint i = 0; i < manifest->layers->len; i++) {
		const struct descriptor *layer = manifest->layers->pdata[i];
		g_autoptr(GBytes) data = source_read_blob(
			image->source, &layer->digest, layer->size_bytes,
			is_bundle ? (size_t)SIGSTORE_BUNDLE_MAX_BYTES : max_bytes, error);

		if (!data)
			return false;
		if (i == 0)
			first = g_steal_pointer(&data);
	}
	*ret_data = g_steal_pointer(&first);
	return true;
}

/* By the annotation others find what they look for, so that it must be what was signed. What was
 * parsed is dropped where it is not. */
static bool is_announced(struct attestation_found *found, const json_t *manifest, GError **error)
{
	const char *said =
		json_string_at(json_object_at(manifest, "annotations"), PREDICATE_ANNOTATION);

	if (!said || !strcmp(said, found->statement.predicate_type))
		return true;
	sigstore_bundle_clear(&found->bundle);
	statement_clear(&found->statement);
	return error_set(error, THRESH_ERROR_INPUT,
			 "its annotation names another predicate type than was signed");
}

static bool read_artifact(struct attestation_found *found, const struct image *image,
			  const json_t *entry, GError **error)
{
	struct digest digest;
	g_autoptr(GBytes) data = NULL, content = NULL, config = NULL;
	automanifest struct manifest *manifest = NULL;
	const char *type;

	if (!digest_parse(found->digest, &digest, error))
		return false;
	data = source_read_blob(image->source, &digest, json_integer_at(entry, "size", -1),
				JSON_MAX_BYTES, error);
	manifest =
		data ? manifest_parse(g_bytes_get_data(data, NULL), g_bytes_get_size(data), error)
		     : NULL;
	if (!manifest)
		return false;
	if (manifest->is_index)
		return true;
	type = json_string_at(manifest->json, "artifactType");
	if (!type)
		type = manifest->config.media_type;
	found->is_bundle = g_str_has_prefix(type, BUNDLE_TYPE_PREFIX);
	config = source_read_blob(image->source, &manifest->config.digest,
				  manifest->config.size_bytes, JSON_MAX_BYTES, error);
	if (!config || !read_layers(image, manifest, found->is_bundle, &content, error))
		return false;
	if (found->is_bundle && strcmp(type, SIGSTORE_BUNDLE_MEDIA_TYPE) != 0)
		return error_set(error, THRESH_ERROR_INPUT,
				 "its artifact type is not " SIGSTORE_BUNDLE_MEDIA_TYPE);
	return !found->is_bundle || (parse_bundle(found, content, image, error) &&
				     is_announced(found, manifest->json, error));
}

GPtrArray *attestations_read(const struct image *image, GError **error)
{
	autojson json_t *referrers =
		source_referrers(image->source, &image->manifest_digest, error);
	GPtrArray *all;
	json_t *entry;
	size_t i;

	if (!referrers)
		return NULL;
	all = g_ptr_array_new_with_free_func(found_free);
	json_array_foreach (referrers, i, entry) {
		struct attestation_found *found = g_new0(struct attestation_found, 1);
		const char *digest = json_string_at(entry, "digest");
		g_autoptr(GError) failure = NULL;

		found->digest = g_strdup(digest ? digest : "");
		if (!read_artifact(found, image, entry, &failure))
			found->fault = error_quote(failure->message);
		g_ptr_array_add(all, found);
	}
	return all;
}
