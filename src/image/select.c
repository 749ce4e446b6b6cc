/* SPDX-License-Identifier: Apache-2.0 */
#include "image/select.h"

#include "base/error.h"

#include <string.h>

enum {
	DEPTH_MAX = 4,       /* indexes inside indexes */
	DOCUMENTS_MAX = 256, /* manifests and configs read to find one */
};

void selection_clear(struct selection *selection)
{
	g_clear_pointer(&selection->name, g_free);
	g_clear_pointer(&selection->manifest, manifest_free);
	g_clear_pointer(&selection->config, image_config_free);
}

/* Names */

/* "nginx" → "docker.io/library/nginx:latest". Caller frees. */
static char *full_name(const char *name)
{
	const char *slash = strchr(name, '/');
	size_t first = slash ? (size_t)(slash - name) : 0;
	g_autofree char *host = g_strndup(name, first);
	bool has_host = slash && (strpbrk(host, ".:") || strcmp(host, "localhost") == 0);
	const char *last = strrchr(name, '/');
	const char *prefix = has_host ? "" : slash ? "docker.io/" : "docker.io/library/";

	return g_strconcat(prefix, name, strpbrk(last ? last : name, ":@") ? "" : ":latest", NULL);
}

int select_match_name(const char *have, const char *want)
{
	g_autofree char *full_have = full_name(have);
	g_autofree char *full_want = full_name(want);
	const char *slash = strrchr(have, '/');
	const char *colon = strrchr(slash ? slash : have, ':');

	if (strcmp(have, want) == 0)
		return 0;
	if (strcmp(full_have, full_want) == 0)
		return 1;
	return colon && strcmp(colon + 1, want) == 0 ? 2 : -1;
}

static int match_descriptor(const struct descriptor *descriptor, const char *want)
{
	int best = -1;

	if (want[0] == '@') {
		char text[DIGEST_TEXT_BYTES];

		digest_format(&descriptor->digest, text);
		return strcmp(text, want + 1) == 0 ? 0 : -1;
	}
	if (descriptor->name)
		best = select_match_name(descriptor->name, want);
	if (descriptor->full_name) {
		int other = select_match_name(descriptor->full_name, want);

		best = best < 0 || (other >= 0 && other < best) ? other : best;
	}
	return best;
}

static const char *name_of(const struct descriptor *descriptor)
{
	return descriptor->name ? descriptor->name : descriptor->full_name;
}

/* Platforms */

static bool same_variant(const char *architecture, const char *a, const char *b)
{
	/* arm64 without a variant is v8: image-index.md, "Platform Variants". */
	const char *implied = strcmp(architecture, "arm64") == 0 ? "v8" : "";

	return strcmp(a && *a ? a : implied, b && *b ? b : implied) == 0;
}

bool select_match_platform(const struct platform *want, const char *os, const char *architecture,
			   const char *variant)
{
	return strcmp(want->os, os) == 0 && strcmp(want->architecture, architecture) == 0 &&
	       (!want->variant || !variant || same_variant(architecture, want->variant, variant));
}

char *select_format_platform(const char *os, const char *architecture, const char *variant)
{
	g_autofree char *text =
		g_strconcat(os, "/", architecture, variant && *variant ? "/" : NULL, variant, NULL);

	return error_quote(text);
}

/* The search through an index */

struct search {
	const struct image_source *source;
	const struct platform *platform;
	unsigned int documents;
	GPtrArray *others; /* char *, platforms that were passed by */
	struct selection found;
};

static void note_other(struct search *search, const char *os, const char *architecture,
		       const char *variant)
{
	char *text = select_format_platform(os, architecture, variant);

	if (g_ptr_array_find_with_equal_func(search->others, text, g_str_equal, NULL))
		g_free(text);
	else
		g_ptr_array_add(search->others, text);
}

static GBytes *read_document(struct search *search, const struct descriptor *descriptor,
			     const char *what, GError **error)
{
	char text[DIGEST_TEXT_BYTES];
	GBytes *data;

	digest_format(&descriptor->digest, text);
	if (++search->documents > DOCUMENTS_MAX) {
		error_set(error, THRESH_ERROR_INPUT,
			  "index: more than %d documents to look through", DOCUMENTS_MAX);
		return NULL;
	}
	data = source_read_blob(search->source, &descriptor->digest, descriptor->size_bytes,
				JSON_MAX_BYTES, error);
	if (!data)
		g_prefix_error(error, "%s %s: ", what, text);
	return data;
}

static bool config_type_known(const char *media_type)
{
	return *media_type == '\0' ||
	       strcmp(media_type, "application/vnd.oci.image.config.v1+json") == 0 ||
	       strcmp(media_type, "application/vnd.docker.container.image.v1+json") == 0;
}

static struct image_config *read_config(struct search *search, const struct manifest *manifest,
					GError **error)
{
	const char *media_type = manifest->config.media_type;
	g_autoptr(GBytes) data = NULL;

	if (!config_type_known(media_type)) {
		g_autofree char *quoted = error_quote(media_type);

		error_set(error, THRESH_ERROR_INPUT,
			  "config: media type %s: unknown; this is not a container image", quoted);
		return NULL;
	}
	data = read_document(search, &manifest->config, "config", error);
	return data ? image_config_parse(g_bytes_get_data(data, NULL), g_bytes_get_size(data),
					 error)
		    : NULL;
}

static bool consider_image(struct search *search, const struct descriptor *descriptor,
			   struct manifest **manifest, GError **error)
{
	struct image_config *config = read_config(search, *manifest, error);
	const struct platform *said = &descriptor->platform;
	bool matches;

	if (!config)
		return false;
	if (said->os && said->architecture) /* compared before it was read */
		matches = true;
	else
		matches = select_match_platform(search->platform, config->os, config->architecture,
						config->variant);
	if (!matches || search->found.manifest) {
		if (!matches)
			note_other(search, config->os, config->architecture, config->variant);
		image_config_free(config);
		return true;
	}
	search->found.manifest = g_steal_pointer(manifest);
	search->found.config = config;
	search->found.manifest_digest = descriptor->digest;
	return true;
}

bool select_says_index(const char *media_type)
{
	return g_strcmp0(media_type, "application/vnd.oci.image.index.v1+json") == 0 ||
	       g_strcmp0(media_type, "application/vnd.docker.distribution.manifest.list.v2+json") ==
		       0;
}

static bool consider(struct search *search, const struct descriptor *descriptor, unsigned int depth,
		     GError **error)
{
	const struct platform *said = &descriptor->platform;
	automanifest struct manifest *manifest = NULL;
	g_autoptr(GBytes) data = NULL;

	if (search->found.manifest || (descriptor->is_artifact && depth > 0))
		return true;
	if (!select_says_index(descriptor->media_type) && said->os && said->architecture &&
	    !select_match_platform(search->platform, said->os, said->architecture, said->variant)) {
		note_other(search, said->os, said->architecture, said->variant);
		return true;
	}
	if (depth > DEPTH_MAX)
		return error_set(error, THRESH_ERROR_INPUT, "index: nested more than %d deep",
				 DEPTH_MAX);
	data = read_document(search, descriptor, "manifest", error);
	if (!data)
		return false;
	manifest = manifest_parse(g_bytes_get_data(data, NULL), g_bytes_get_size(data), error);
	if (!manifest)
		return false;
	if (*descriptor->media_type &&
	    select_says_index(descriptor->media_type) != manifest->is_index &&
	    strstr(descriptor->media_type, "vnd."))
		return error_set(error, THRESH_ERROR_INPUT,
				 "manifest: not of the media type %s that its descriptor has",
				 descriptor->media_type);
	if (!manifest->is_index)
		return consider_image(search, descriptor, &manifest, error);
	for (guint i = 0; i < manifest->manifests->len; i++) {
		if (!consider(search, manifest->manifests->pdata[i], depth + 1, error))
			return false;
	}
	return true;
}

/* Which of the top-level descriptors */

static bool fail_with_names(const GPtrArray *descriptors, const char *what, GError **error)
{
	GString *names = g_string_new(NULL);
	bool ok;

	for (guint i = 0; i < descriptors->len && names->len < 512; i++) {
		const struct descriptor *descriptor = descriptors->pdata[i];
		g_autofree char *quoted = NULL;
		char text[DIGEST_TEXT_BYTES + 1] = "@";

		if (descriptor->is_artifact && !name_of(descriptor))
			continue;
		digest_format(&descriptor->digest, text + 1);
		quoted = error_quote(name_of(descriptor) ? name_of(descriptor) : text);
		g_string_append_printf(names, "%s%s", names->len ? ", " : "", quoted);
	}
	ok = error_set(error, THRESH_ERROR_INPUT, "%s; there is: %s", what,
		       names->len ? names->str : "nothing");
	g_string_free(names, TRUE);
	return ok;
}

static bool differ(const GPtrArray *chosen)
{
	for (guint i = 1; i < chosen->len; i++) {
		const struct descriptor *a = chosen->pdata[0], *b = chosen->pdata[i];

		if (!digest_equal(&a->digest, &b->digest))
			return true;
	}
	return false;
}

static bool choose_named(const GPtrArray *all, const char *name, GPtrArray *chosen, GError **error)
{
	g_autofree char *quoted = error_quote(name);
	g_autofree char *what = g_strdup_printf("no image named '%s'", quoted);

	for (int level = 0; level <= 2 && chosen->len == 0; level++) {
		for (guint i = 0; i < all->len; i++) {
			if (match_descriptor(all->pdata[i], name) == level)
				g_ptr_array_add(chosen, all->pdata[i]);
		}
		if (level == 2 && differ(chosen)) {
			g_free(what);
			what = g_strdup_printf("'%s' names several images", quoted);
			return fail_with_names(chosen, what, error);
		}
	}
	return chosen->len > 0 || fail_with_names(all, what, error);
}

static bool choose_only(const GPtrArray *all, GPtrArray *chosen, GError **error)
{
	g_autoptr(GPtrArray) unnamed = g_ptr_array_new();
	bool platforms = true;

	for (guint i = 0; i < all->len; i++) {
		const struct descriptor *descriptor = all->pdata[i];

		if (!descriptor->is_artifact)
			g_ptr_array_add(name_of(descriptor) ? chosen : unnamed, all->pdata[i]);
	}
	if (chosen->len > 0)
		return !differ(chosen) ||
		       fail_with_names(chosen, "several images: name one", error);
	for (guint i = 0; i < unnamed->len; i++) {
		const struct descriptor *descriptor = unnamed->pdata[i];

		platforms &= descriptor->platform.os != NULL;
		g_ptr_array_add(chosen, unnamed->pdata[i]);
	}
	if (chosen->len == 0)
		return error_set(error, THRESH_ERROR_INPUT, "there is no image in it");
	return platforms || !differ(chosen) ||
	       fail_with_names(chosen, "several images without a name: name one by its digest",
			       error);
}

static bool fail_with_platforms(const struct search *search, GError **error)
{
	g_autofree char *want = select_format_platform(
		search->platform->os, search->platform->architecture, search->platform->variant);
	g_autofree char *list = NULL;

	g_ptr_array_add(search->others, NULL);
	list = g_strjoinv(", ", (char **)search->others->pdata);
	return error_set(error, THRESH_ERROR_INPUT,
			 "not for the platform %s, but for %s; choose one with --platform", want,
			 *list ? list : "none");
}

/* The parsed index.json, and which of its descriptors have that name. */
static struct manifest *choose_from_index(const struct image_source *source, const char *name,
					  GPtrArray *chosen, GError **error)
{
	g_autoptr(GBytes) data = source_read_file(source, "index.json", JSON_MAX_BYTES, error);
	automanifest struct manifest *index = NULL;

	if (!data)
		return NULL;
	index = manifest_parse(g_bytes_get_data(data, NULL), g_bytes_get_size(data), error);
	if (!index || !index->is_index) {
		if (index)
			error_set(error, THRESH_ERROR_INPUT, "not an index");
		g_prefix_error(error, "index.json: ");
		return NULL;
	}
	if (!(name ? choose_named(index->manifests, name, chosen, error)
		   : choose_only(index->manifests, chosen, error)))
		return NULL;
	return g_steal_pointer(&index);
}

json_t *select_descriptor(const struct image_source *source, const char *name, GError **error)
{
	g_autoptr(GPtrArray) chosen = g_ptr_array_new();
	automanifest struct manifest *index = choose_from_index(source, name, chosen, error);
	size_t i;
	json_t *entry;

	if (!index)
		return NULL;
	if (differ(chosen)) {
		fail_with_names(chosen, "several images: name one", error);
		return NULL;
	}
	json_array_foreach (json_array_at(index->json, "manifests"), i, entry) {
		if (index->manifests->pdata[i] == chosen->pdata[0])
			return json_deep_copy(entry);
	}
	g_assert_not_reached();
}

bool select_from_layout(const struct image_source *source, const char *name,
			const struct platform *platform, struct selection *ret_selection,
			GError **error)
{
	g_autoptr(GPtrArray) chosen = g_ptr_array_new();
	automanifest struct manifest *index = choose_from_index(source, name, chosen, error);
	struct search search = {.source = source, .platform = platform};
	bool ok = true;

	if (!index)
		return false;
	search.others = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; ok && i < chosen->len; i++)
		ok = consider(&search, chosen->pdata[i], 0, error);
	if (ok && !search.found.manifest)
		ok = fail_with_platforms(&search, error);
	g_ptr_array_unref(search.others);
	if (!ok) {
		selection_clear(&search.found);
		return false;
	}
	search.found.name = g_strdup(name_of(chosen->pdata[0]));
	*ret_selection = search.found;
	return true;
}
