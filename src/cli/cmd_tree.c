/* SPDX-License-Identifier: Apache-2.0 */
/* `thresh tree IMAGE`: an image, its platforms, and what refers to each; or a repository's tags. */
#include "base/error.h"
#include "cli/command.h"
#include "cli/json_output.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "image/bundle.h"
#include "image/manifest.h"

#include <string.h>

static const struct bundle_document *find_document(const struct bundle *bundle, const char *digest)
{
	struct digest parsed;

	if (!digest || !digest_parse(digest, &parsed, NULL))
		return NULL;
	for (guint i = 0; i < bundle->documents->len; i++) {
		const struct bundle_document *document = bundle->documents->pdata[i];

		if (digest_equal(&document->digest, &parsed))
			return document;
	}
	return NULL;
}

/* Of the blobs that a manifest names. */
static json_int_t blob_bytes(const json_t *manifest)
{
	json_int_t bytes = json_integer_at(json_object_at(manifest, "config"), "size", 0);
	size_t i;
	json_t *layer;

	json_array_foreach (json_array_at(manifest, "layers"), i, layer)
		bytes += MAX(json_integer_at(layer, "size", 0), 0);
	return bytes;
}

static json_t *document_to_json(const struct bundle *bundle,
				const struct bundle_document *document);

static json_t *children_to_json(const struct bundle *bundle, const json_t *index)
{
	json_t *children = json_array();
	size_t i;
	json_t *entry;

	json_array_foreach (json_array_at(index, "manifests"), i, entry) {
		const struct bundle_document *child =
			find_document(bundle, json_string_at(entry, "digest"));

		if (child)
			json_array_append_new(children, document_to_json(bundle, child));
	}
	return children;
}

static json_t *referrers_to_json(const struct bundle *bundle, const struct digest *subject)
{
	json_t *referrers = json_array();

	for (guint i = 0; i < bundle->documents->len; i++) {
		const struct bundle_document *document = bundle->documents->pdata[i];

		if (document->is_referrer && digest_equal(&document->subject, subject))
			json_array_append_new(referrers, document_to_json(bundle, document));
	}
	return referrers;
}

/* Bounded by bundle_open: it reads no more than a few documents deep. */
static json_t *document_to_json(const struct bundle *bundle, const struct bundle_document *document)
{
	json_t *json = json_deep_copy(document->descriptor);

	if (json_array_at(document->json, "manifests"))
		json_object_set_new(json, "manifests", children_to_json(bundle, document->json));
	else
		json_object_set_new(json, "bytes", json_integer(blob_bytes(document->json)));
	json_object_set_new(json, "referrers", referrers_to_json(bundle, &document->digest));
	return json;
}

/* What it is, in a word: its platform, its artifact type, or its kind. Caller frees. */
static char *label_of(const json_t *json)
{
	const json_t *platform = json_object_at(json, "platform");
	const char *type = json_string_at(json, "artifactType");
	const char *os = json_string_at(platform, "os");
	const char *architecture = json_string_at(platform, "architecture");
	const char *variant = json_string_at(platform, "variant");
	g_autofree char *text = NULL;

	if (type)
		return error_quote(type);
	if (!os || !architecture)
		return g_strdup(json_array_at(json, "manifests") ? "index" : "image");
	text = g_strconcat(os, "/", architecture, variant ? "/" : NULL, variant, NULL);
	return error_quote(text);
}

static void print_document(const json_t *json, int depth)
{
	g_autofree char *label = label_of(json);
	json_int_t bytes = json_integer_at(json, "bytes", -1);
	g_autofree char *size = bytes >= 0 ? size_format((uint64_t)bytes) : g_strdup("");
	static const char *const members[] = {"manifests", "referrers"};
	size_t i;
	json_t *child;

	output_line("%*s%s %s%s%s", 2 * depth, "", json_string_at(json, "digest"), label,
		    bytes >= 0 ? " " : "", size);
	for (gsize m = 0; m < G_N_ELEMENTS(members); m++) {
		json_array_foreach (json_array_at(json, members[m]), i, child)
			print_document(child, depth + 1);
	}
}

static int show(const struct options *options, const char *reference, GError **error)
{
	struct reference parsed = {0};
	struct bundle_options how = {.limits = &options->request->limits, .store_fd = -1};
	autobundle struct bundle *bundle = NULL;
	autojson json_t *json = NULL;

	if (!reference_find(reference, &parsed, error))
		return 2;
	how.all_platforms = parsed.transport != TRANSPORT_DOCKER_ARCHIVE;
	reference_clear(&parsed);
	bundle = bundle_open(reference, &how, error);
	if (!bundle)
		return 3;
	json = document_to_json(bundle, bundle->top);
	json_object_set_new(json, "image", json_from_text(reference));
	if (options->format == OUTPUT_JSON) {
		json_output_print(json, error);
		return 0;
	}
	output_line("%s", reference);
	print_document(json, 0);
	output_flush(error);
	return 0;
}

/* The names that a layout or an oci archive holds. */
static GPtrArray *local_tags(const struct reference *reference, GError **error)
{
	g_autoptr(GPtrArray) tags = g_ptr_array_new_with_free_func(g_free);
	struct image_source *source = source_open(reference, NULL, -1, error);
	g_autoptr(GBytes) data =
		source ? source_read_file(source, "index.json", JSON_MAX_BYTES, error) : NULL;
	automanifest struct manifest *index =
		data ? manifest_parse(g_bytes_get_data(data, NULL), g_bytes_get_size(data), error)
		     : NULL;

	source_free(source);
	if (!index)
		return NULL;
	for (guint i = 0; index->manifests && i < index->manifests->len; i++) {
		const struct descriptor *descriptor = index->manifests->pdata[i];

		if (descriptor->name)
			g_ptr_array_add(tags, g_strdup(descriptor->name));
	}
	return g_steal_pointer(&tags);
}

static GPtrArray *find_tags(const struct options *options, const char *reference, bool *ret_more,
			    GError **error)
{
	struct reference parsed = {0};
	GPtrArray *tags;

	if (!reference_find(reference, &parsed, error))
		return NULL;
	*ret_more = false;
	tags = parsed.transport == TRANSPORT_REGISTRY
		       ? registry_tags(options->registry, reference, ret_more, error)
		       : local_tags(&parsed, error);
	reference_clear(&parsed);
	if (!tags)
		g_prefix_error(error, "%s: ", reference);
	return tags;
}

static int show_tags(const struct options *options, const char *reference, GError **error)
{
	bool more;
	g_autoptr(GPtrArray) tags = find_tags(options, reference, &more, error);
	autojson json_t *json = NULL;

	if (!tags)
		return 3;
	if (options->format == OUTPUT_JSON) {
		json = json_pack("{s:o, s:o, s:b}", "image", json_from_text(reference), "tags",
				 json_from_strings(tags), "more", (int)more);
		json_output_print(json, error);
		return 0;
	}
	for (guint i = 0; i < tags->len; i++) {
		g_autofree char *quoted = error_quote(tags->pdata[i]);

		output_line("%s", quoted);
	}
	output_flush(error);
	if (more)
		progress_note(NULL, "tree: there are more than %u tags", tags->len);
	return 0;
}

int cmd_tree(int argc, char **argv, GError **error)
{
	gboolean tags = FALSE;
	const GOptionEntry own[] = {
		{"tags", 0, 0, G_OPTION_ARG_NONE, &tags, "list the repository's tags instead",
		 NULL},
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	const struct command_form form = {
		.name = "tree",
		.operands = "IMAGE",
		.summary = "Shows an image with its platforms, and what refers to each: "
			   "signatures, documents,\nthe keep list.",
		.examples = "  thresh tree docker://registry.example/team/app:1\n"
			    "  thresh tree --tags docker://registry.example/team/app",
		.groups = OPTIONS_FORMAT | OPTIONS_REGISTRY | OPTIONS_SOURCE,
		.own = own,
		.operands_min = 1,
		.operands_max = 1,
	};
	autooptions struct options *options = options_parse(&form, argc, argv, error);

	if (!options)
		return 2;
	if (tags)
		return show_tags(options, options->operands->pdata[0], error);
	return show(options, options->operands->pdata[0], error);
}
