/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index.json and oci-layout (OCI image-spec, image-layout.md): no digest holds them, so that what
 * they say is compared with what the documents say that they name.
 */
#include "image/select.h"
#include "image/source.h"
#include "verify/verification.h"

#include <string.h>

#define INDEX_MEDIA_TYPE    "application/vnd.oci.image.index.v1+json"
#define REF_NAME_ANNOTATION "org.opencontainers.image.ref.name"
#define TAG_ANNOTATION      "dev.thresh.subject.tag"
#define KIND_ANNOTATION     "kind"
#define KIND_IMAGE          "dev.cosignproject.cosign/image"

enum { NESTED_MAX = 64 };

struct layout {
	const struct verification *verification;
	struct rule_result *result;
	const json_t *manifests; /* of index.json */
	GHashTable *tagged;      /* set of "TAG\nDIGEST", of what platforms a tag has too */
	GHashTable *entries;     /* char *digest → json_t *: what an index says of it */
	GHashTable *images;      /* char *: tag and platform → json_t * entry of index.json */
	guint nested_left;       /* indexes in the index that may still be read */
	bool ours; /* thresh wrote it: what it does not know was put there by others */
};

static void entry_free(void *data)
{
	json_decref(data);
}

static json_t *read_json(const struct image_source *source, const char *name, GError **error)
{
	g_autoptr(GBytes) data = source_read_file(source, name, JSON_MAX_BYTES, error);

	return data ? json_parse(g_bytes_get_data(data, NULL), g_bytes_get_size(data), name, error)
		    : NULL;
}

static json_t *read_document(const struct image_source *source, const json_t *entry, GError **error)
{
	const char *text = json_string_at(entry, "digest");
	struct digest digest;
	g_autoptr(GBytes) data = NULL;

	if (!digest_parse(text ? text : "", &digest, error))
		return NULL;
	data = source_read_blob(source, &digest, json_integer_at(entry, "size", 0), JSON_MAX_BYTES,
				error);
	return data ? json_parse(g_bytes_get_data(data, NULL), g_bytes_get_size(data), "manifest",
				 error)
		    : NULL;
}

static void check_members(struct layout *layout, const char *where, const json_t *object,
			  const char *const *known)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)object, key, value) {
		if (!g_strv_contains(known, key))
			result_find(layout->result, "%s: unknown member \"%s\"", where, key);
	}
}

static void check_equal(struct layout *layout, const char *where, const char *what,
			const json_t *said, const json_t *is)
{
	if (said && !json_equal(said, is))
		result_find(layout->result, "%s: %s is not that of what it names", where, what);
}

static const char *string_or_empty(const json_t *object, const char *name)
{
	const char *text = json_string_at(object, name);

	return text ? text : "";
}

/* The tag is that of an entry, and of the images of its platforms where it is an index. */
static void add_tagged(struct layout *layout, const char *tag, const json_t *entry, int depth)
{
	const struct image *image = layout->verification->subject->image;
	const char *digest = json_string_at(entry, "digest");
	autojson json_t *document = NULL;
	const json_t *nested;
	size_t i;

	if (!digest)
		return;
	g_hash_table_add(layout->tagged, g_strconcat(tag, "\n", digest, NULL));
	g_hash_table_insert(layout->entries, g_strdup(digest), json_incref((json_t *)entry));
	if (depth == 0 || layout->nested_left == 0 ||
	    !select_says_index(json_string_at(entry, "mediaType")))
		return;
	layout->nested_left--;
	document = read_document(image->source, entry, NULL);
	json_array_foreach (json_array_at(document, "manifests"), i, nested)
		add_tagged(layout, tag, nested, depth - 1);
}

/* Which of two images a tag is, each reader would say for itself. */
static void check_tag(struct layout *layout, const char *tag, const json_t *entry)
{
	const json_t *platform = json_object_at(entry, "platform"), *other;
	g_autofree char *key = g_strjoin("\n", tag, string_or_empty(platform, "os"),
					 string_or_empty(platform, "architecture"),
					 string_or_empty(platform, "variant"), NULL);
	const char *digest = json_string_at(entry, "digest");

	other = g_hash_table_lookup(layout->images, key);
	if (other && g_strcmp0(json_string_at(other, "digest"), digest) != 0)
		result_find(layout->result, "%s: the tag %s is that of %s too",
			    digest ? digest : "an entry without a digest", tag,
			    string_or_empty(other, "digest"));
	g_hash_table_insert(layout->images, g_steal_pointer(&key), (gpointer)entry);
}

static void read_tags(struct layout *layout)
{
	enum { DEPTH = 2 };
	const json_t *entry;
	size_t i;

	json_array_foreach (layout->manifests, i, entry) {
		const char *name =
			json_string_at(json_object_at(entry, "annotations"), REF_NAME_ANNOTATION);

		add_tagged(layout, name ? name : "", entry, DEPTH);
		if (name)
			check_tag(layout, name, entry);
	}
}

/* Whether the tag is that of an entry of @digest, or of one without a name. */
static bool tag_is_of(const struct layout *layout, const char *tag, const char *digest)
{
	g_autofree char *named = g_strconcat(tag, "\n", digest, NULL);
	g_autofree char *unnamed = g_strconcat("\n", digest, NULL);

	return g_hash_table_contains(layout->tagged, named) ||
	       g_hash_table_contains(layout->tagged, unnamed);
}

/* A referrer's descriptor has its annotations, and the tag of what it refers to; and it says of
 * that what the index does. */
static void check_referrer(struct layout *layout, const char *where, const json_t *annotations,
			   const json_t *document)
{
	static const char *const same[] = {"size", "mediaType", NULL};
	const json_t *descriptor = json_object_at(document, "subject");
	const char *subject = json_string_at(descriptor, "digest");
	const json_t *entry = subject ? g_hash_table_lookup(layout->entries, subject) : NULL;
	const char *tag = json_string_at(annotations, TAG_ANNOTATION);
	autojson json_t *rest = annotations ? json_copy((json_t *)annotations) : json_object();
	autojson json_t *none = json_object();
	const json_t *own = json_object_at(document, "annotations");

	for (const char *const *member = same; *member && entry; member++)
		check_equal(layout, where, *member, json_object_get(descriptor, *member),
			    json_object_get(entry, *member));
	json_object_del(rest, TAG_ANNOTATION);
	if (tag && !tag_is_of(layout, tag, subject ? subject : ""))
		result_find(layout->result, "%s: its subject does not have the tag %s", where, tag);
	if (json_object_size(rest) > 0 && !json_equal(rest, own ? own : none))
		result_find(layout->result, "%s: annotations are not those of what it names",
			    where);
	else if (tag && json_object_size(rest) != json_object_size(own))
		result_find(layout->result, "%s: annotations of what it names are missing", where);
}

/* Others may say more of their images than can be known here; thresh says this much alone. */
static void check_image(struct layout *layout, const char *where, const json_t *entry)
{
	static const char *const known[] = {REF_NAME_ANNOTATION, KIND_ANNOTATION, NULL};
	const struct image_config *config = layout->verification->subject->image->config;
	const json_t *annotations = json_object_at(entry, "annotations");
	const json_t *platform = json_object_at(entry, "platform");
	const char *kind = json_string_at(annotations, KIND_ANNOTATION);

	if (!layout->ours)
		return;
	check_members(layout, where, annotations, known);
	if (kind && strcmp(kind, KIND_IMAGE) != 0)
		result_find(layout->result, "%s: its kind is not " KIND_IMAGE, where);
	if (platform) {
		static const char *const members[] = {"architecture", "os", "variant", NULL};

		check_members(layout, where, platform, members);
		for (const char *const *name = members; *name; name++)
			check_equal(layout, where, *name, json_object_get(platform, *name),
				    json_object_get(config->json, *name));
	}
}

static void check_entry_of(struct layout *layout, const json_t *entry)
{
	static const char *const known[] = {"mediaType",    "digest",   "size",
					    "artifactType", "platform", "annotations",
					    "urls",         "data",     NULL};
	const struct image *image = layout->verification->subject->image;
	const char *digest = json_string_at(entry, "digest");
	const char *where = digest ? digest : "an entry without a digest";
	g_autoptr(GError) error = NULL;
	autojson json_t *document = read_document(image->source, entry, &error);
	const json_t *type;
	char want[DIGEST_TEXT_BYTES];

	if (!document) {
		result_find(layout->result, "%s: %s", where, error->message);
		return;
	}
	check_members(layout, where, entry, known);
	type = json_object_get(document, "mediaType");
	if (type)
		check_equal(layout, where, "mediaType", json_object_get(entry, "mediaType"), type);
	type = json_object_get(document, "artifactType");
	if (!type)
		type = json_object_get(json_object_at(document, "config"), "mediaType");
	check_equal(layout, where, "artifactType", json_object_get(entry, "artifactType"), type);
	digest_format(&image->manifest_digest, want);
	if (json_object_get(document, "subject"))
		check_referrer(layout, where, json_object_at(entry, "annotations"), document);
	else if (digest && !strcmp(digest, want))
		check_image(layout, where, entry);
}

static void check_head(struct layout *layout, const json_t *index, const json_t *marker)
{
	static const char *const known[] = {"schemaVersion", "mediaType", "manifests",
					    "annotations", NULL};
	const char *type = json_string_at(index, "mediaType");
	const char *version = json_string_at(marker, "imageLayoutVersion");

	check_members(layout, "index.json", index, known);
	if (json_integer_at(index, "schemaVersion", 0) != 2)
		result_find(layout->result, "index.json: schemaVersion is not 2");
	if (type && strcmp(type, INDEX_MEDIA_TYPE) != 0)
		result_find(layout->result, "index.json: mediaType is not " INDEX_MEDIA_TYPE);
	if (!version || strcmp(version, "1.0.0") != 0)
		result_find(layout->result, "oci-layout: imageLayoutVersion is not 1.0.0");
}

static bool is_ours(const struct layout *layout)
{
	bool ours = layout->verification->seal != NULL;
	const json_t *entry;
	size_t i;

	json_array_foreach (layout->manifests, i, entry)
		ours |= json_string_at(json_object_at(entry, "annotations"), TAG_ANNOTATION) !=
			NULL;
	return ours;
}

void check_index(struct verification *verification, struct rule_result *result)
{
	const struct image_source *source = verification->subject->image->source;
	struct layout layout = {.verification = verification, .result = result};
	autojson json_t *index = NULL, *marker = NULL;
	g_autoptr(GError) error = NULL;
	const json_t *entry;
	size_t i;

	if (!source || source_is_remote(source) || !source_has(source, "index.json")) {
		result_na(result, "not in a layout");
		return;
	}
	index = read_json(source, "index.json", &error);
	marker = index ? read_json(source, "oci-layout", &error) : NULL;
	if (!marker) {
		result_find(result, "%s", error->message);
		return;
	}
	layout.manifests = json_array_at(index, "manifests");
	layout.ours = is_ours(&layout);
	layout.tagged = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	layout.entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
	layout.images = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	layout.nested_left = NESTED_MAX;
	read_tags(&layout);
	check_head(&layout, index, marker);
	json_array_foreach (layout.manifests, i, entry)
		check_entry_of(&layout, entry);
	g_hash_table_unref(layout.tagged);
	g_hash_table_unref(layout.entries);
	g_hash_table_unref(layout.images);
}
