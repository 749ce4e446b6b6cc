/* SPDX-License-Identifier: Apache-2.0 */
#include "image/bundle.h"

#include "base/error.h"
#include "image/manifest.h"
#include "image/select.h"

#include <string.h>

enum {
	DOCUMENTS_MAX = 2000,
	BLOBS_MAX = 100000,
	DEPTH_MAX = 4, /* of indexes, and of what refers to what refers */
};

static void document_free(gpointer data)
{
	struct bundle_document *document = data;

	json_decref(document->descriptor);
	json_decref(document->json);
	g_clear_pointer(&document->data, g_bytes_unref);
	g_free(document);
}

void bundle_free(struct bundle *bundle)
{
	if (!bundle)
		return;
	g_ptr_array_unref(bundle->documents);
	g_ptr_array_unref(bundle->blobs);
	if (bundle->image)
		image_free(bundle->image);
	else
		source_free(bundle->source);
	g_free(bundle->name);
	g_free(bundle->repository);
	g_free(bundle);
}

void bundle_cleanup(struct bundle **bundle)
{
	bundle_free(*bundle);
}

/* Reading: documents are found from the top, and listed from the bottom. */
struct reading {
	struct bundle *bundle;
	const struct bundle_options *options;
	GHashTable *seen; /* digests as text, of documents and blobs */
};

static bool first_time(struct reading *reading, const struct digest *digest)
{
	char text[DIGEST_TEXT_BYTES];

	digest_format(digest, text);
	return g_hash_table_add(reading->seen, g_strdup(text));
}

static bool add_blob(struct reading *reading, const struct descriptor *descriptor, GError **error)
{
	struct bundle_blob *blob;

	if (!first_time(reading, &descriptor->digest))
		return true;
	if (reading->bundle->blobs->len >= BLOBS_MAX)
		return error_set(error, THRESH_ERROR_INPUT, "more than %d blobs", BLOBS_MAX);
	blob = g_new0(struct bundle_blob, 1);
	blob->digest = descriptor->digest;
	blob->size_bytes = (uint64_t)descriptor->size_bytes;
	g_ptr_array_add(reading->bundle->blobs, blob);
	return true;
}

static bool add_blobs(struct reading *reading, const struct manifest *manifest, GError **error)
{
	if (!add_blob(reading, &manifest->config, error))
		return false;
	for (guint i = 0; i < manifest->layers->len; i++) {
		if (!add_blob(reading, manifest->layers->pdata[i], error))
			return false;
	}
	return true;
}

/* The descriptor without what only its index knows, such as a tag. Its media type is the document's
 * own where that says one. */
static json_t *plain_descriptor(const json_t *descriptor, const json_t *json)
{
	static const char *const members[] = {"digest", "size", "artifactType", "platform"};
	const char *type = json_string_at(json, "mediaType");
	json_t *plain = json_object();

	if (!type)
		type = json_string_at(descriptor, "mediaType");
	if (!type)
		type = json_array_at(json, "manifests")
			       ? "application/vnd.oci.image.index.v1+json"
			       : "application/vnd.oci.image.manifest.v1+json";
	json_object_set_new(plain, "mediaType", json_string(type));
	for (gsize i = 0; i < G_N_ELEMENTS(members); i++) {
		if (json_object_get(descriptor, members[i]))
			json_object_set(plain, members[i], json_object_get(descriptor, members[i]));
	}
	return plain;
}

static bool add_document(struct reading *reading, const json_t *descriptor, GBytes *data,
			 const struct digest *subject, int depth, GError **error);

static bool add_children(struct reading *reading, const struct manifest *manifest, int depth,
			 GError **error)
{
	size_t i;
	json_t *entry;

	json_array_foreach (json_array_at(manifest->json, "manifests"), i, entry) {
		if (!add_document(reading, entry, NULL, NULL, depth + 1, error))
			return false;
	}
	return true;
}

static bool add_referrers(struct reading *reading, const struct digest *subject, int depth,
			  GError **error)
{
	autojson json_t *referrers = NULL;
	size_t i;
	json_t *entry;

	if (reading->options->without_referrers)
		return true;
	referrers = source_referrers(reading->bundle->source, subject, error);
	if (!referrers)
		return false;
	json_array_foreach (referrers, i, entry) {
		if (!add_document(reading, entry, NULL, subject, depth + 1, error)) {
			g_prefix_error(error, "what refers to it: ");
			return false;
		}
	}
	return true;
}

static GBytes *read_document(struct reading *reading, const json_t *descriptor,
			     const struct digest *digest, int depth, GError **error)
{
	if (depth > DEPTH_MAX || reading->bundle->documents->len >= DOCUMENTS_MAX) {
		error_set(error, THRESH_ERROR_INPUT, "more than %d documents, or more than %d deep",
			  DOCUMENTS_MAX, DEPTH_MAX);
		return NULL;
	}
	return source_read_blob(reading->bundle->source, digest,
				json_integer_at(descriptor, "size", -1), JSON_MAX_BYTES, error);
}

static struct bundle_document *document_new(const json_t *descriptor, const struct digest *digest,
					    GBytes *data, const struct manifest *manifest,
					    const struct digest *subject)
{
	struct bundle_document *document = g_new0(struct bundle_document, 1);
	json_t *annotations = json_object_at(manifest->json, "annotations");
	const char *type = json_string_at(manifest->json, "artifactType");

	document->digest = *digest;
	document->descriptor = plain_descriptor(descriptor, manifest->json);
	document->json = json_incref(manifest->json);
	document->data = g_bytes_ref(data);
	document->is_referrer = subject != NULL;
	if (!subject)
		return document;
	document->subject = *subject;
	if (!type && !manifest->is_index)
		type = manifest->config.media_type;
	/* image-spec descriptor.md: what it really is, whatever the list of referrers said */
	if (type && *type)
		json_object_set_new(document->descriptor, "artifactType", json_string(type));
	if (annotations)
		json_object_set(document->descriptor, "annotations", annotations);
	return document;
}

static bool refers_to(const json_t *json, const struct digest *subject)
{
	const char *text = json_string_at(json_object_at(json, "subject"), "digest");
	struct digest digest;

	return text && digest_parse(text, &digest, NULL) && digest_equal(&digest, subject);
}

/* Adds what the document names, then itself, then what refers to it. */
static bool add_parsed(struct reading *reading, const json_t *descriptor,
		       const struct digest *digest, GBytes *data, const struct digest *subject,
		       int depth, GError **error)
{
	automanifest struct manifest *manifest =
		manifest_parse(g_bytes_get_data(data, NULL), g_bytes_get_size(data), error);

	if (!manifest)
		return false;
	if (subject && !refers_to(manifest->json, subject))
		return true; /* a list of referrers says much */
	if (manifest->is_index ? !add_children(reading, manifest, depth, error)
			       : !add_blobs(reading, manifest, error))
		return false;
	g_ptr_array_add(reading->bundle->documents,
			document_new(descriptor, digest, data, manifest, subject));
	if (depth == 0)
		reading->bundle->top = g_ptr_array_index(reading->bundle->documents,
							 reading->bundle->documents->len - 1);
	return add_referrers(reading, digest, depth, error);
}

/* @data: where it is known already. @subject: what it refers to, or NULL. */
static bool add_document(struct reading *reading, const json_t *descriptor, GBytes *data,
			 const struct digest *subject, int depth, GError **error)
{
	const char *text = json_string_at(descriptor, "digest");
	g_autoptr(GBytes) bytes = data ? g_bytes_ref(data) : NULL;
	struct digest digest;

	if (!text || !digest_parse(text, &digest, error))
		return error && *error ? false
				       : error_set(error, THRESH_ERROR_INPUT,
						   "a descriptor without a digest");
	if (!first_time(reading, &digest))
		return true;
	if (!bytes)
		bytes = read_document(reading, descriptor, &digest, depth, error);
	if (bytes && add_parsed(reading, descriptor, &digest, bytes, subject, depth, error))
		return true;
	g_prefix_error(error, "%s: ", text);
	return false;
}

/* The whole index: no platform is chosen. */
static json_t *open_all(struct bundle *bundle, const struct reference *reference,
			const struct bundle_options *options, GError **error)
{
	const char *name = reference->transport == TRANSPORT_REGISTRY ? NULL : reference->name;
	json_t *descriptor;

	if (reference->transport == TRANSPORT_DOCKER_ARCHIVE) {
		error_set(error, THRESH_ERROR_USAGE,
			  "a docker archive holds one platform alone: leave --all out");
		return NULL;
	}
	bundle->source = source_open(reference, options->limits->remote, options->store_fd, error);
	descriptor = bundle->source ? select_descriptor(bundle->source, name, error) : NULL;
	if (descriptor)
		bundle->name = g_strdup(json_string_at(json_object_at(descriptor, "annotations"),
						       "org.opencontainers.image.ref.name"));
	return descriptor;
}

/* The image of one platform. A docker archive has no manifest: the one that was made for it is what
 * is copied. */
static json_t *open_one(struct bundle *bundle, const char *text, const struct reference *reference,
			const struct bundle_options *options, GBytes **ret_data, GError **error)
{
	struct image *image =
		image_open_in(text, options->platform, options->limits, options->store_fd, error);
	json_t *descriptor, *platform;
	char *document;

	if (!image)
		return NULL;
	bundle->image = image;
	bundle->source = image->source;
	bundle->name = g_strdup(image->name);
	if (reference->transport == TRANSPORT_DOCKER_ARCHIVE) {
		document = json_format_canonical(image->manifest);
		*ret_data = g_bytes_new_take(document, strlen(document));
	} else {
		*ret_data = source_read_blob(image->source, &image->manifest_digest, -1,
					     JSON_MAX_BYTES, error);
	}
	if (!*ret_data)
		return NULL;
	descriptor = json_pack("{s:o, s:I}", "digest", json_from_digest(&image->manifest_digest),
			       "size", (json_int_t)g_bytes_get_size(*ret_data));
	platform =
		json_pack("{s:o, s:o}", "architecture", json_from_text(image->config->architecture),
			  "os", json_from_text(image->config->os));
	if (image->config->variant && *image->config->variant)
		json_object_set_new(platform, "variant", json_from_text(image->config->variant));
	json_object_set_new(descriptor, "platform", platform);
	return descriptor;
}

static bool fill(struct bundle *bundle, const char *text, const struct bundle_options *options,
		 GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	struct reading reading = {.bundle = bundle, .options = options, .seen = seen};
	autojson json_t *descriptor = NULL;
	g_autoptr(GBytes) data = NULL;
	struct reference reference = {0};

	if (!reference_find(text, &reference, error))
		return false;
	if (reference.transport == TRANSPORT_REGISTRY)
		bundle->repository = g_strdup(reference.path);
	descriptor = options->all_platforms
			     ? open_all(bundle, &reference, options, error)
			     : open_one(bundle, text, &reference, options, &data, error);
	reference_clear(&reference);
	return descriptor && add_document(&reading, descriptor, data, NULL, 0, error);
}

struct bundle *bundle_open(const char *reference, const struct bundle_options *options,
			   GError **error)
{
	autobundle struct bundle *bundle = g_new0(struct bundle, 1);
	g_autoptr(GError) failure = NULL;
	g_autofree char *quoted = error_quote(reference);

	bundle->documents = g_ptr_array_new_with_free_func(document_free);
	bundle->blobs = g_ptr_array_new_with_free_func(g_free);
	if (fill(bundle, reference, options, &failure))
		return g_steal_pointer(&bundle);
	if (!g_str_has_prefix(failure->message, quoted))
		g_prefix_error(&failure, "%s: ", quoted);
	g_propagate_error(error, g_steal_pointer(&failure));
	return NULL;
}
