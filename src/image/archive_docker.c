/* SPDX-License-Identifier: Apache-2.0 */
/* What `docker save` writes: manifest.json names a config and layers by file. Older ones hold plain
 * tars as ID/layer.tar, newer ones are an OCI layout too and name its blobs. */
#include "base/error.h"
#include "base/fd.h"
#include "image/layer.h"
#include "image/select.h"

#include <string.h>

enum { IMAGES_MAX = 1000 };

/* The digest that a file name promises: blobs/sha256/HEX, or HEX.json for a config. */
static bool digest_of_name(const char *name, struct digest *ret_digest)
{
	const char *slash = strrchr(name, '/');
	const char *last = slash ? slash + 1 : name;
	g_autofree char *hex = g_strndup(last, strcspn(last, "."));
	g_autofree char *text = g_strconcat("sha256:", hex, NULL);
	bool is_config = g_str_has_suffix(last, ".json") && !slash;

	return (is_config || g_str_has_prefix(name, "blobs/sha256/")) &&
	       digest_parse(text, ret_digest, NULL);
}

/* The best match among the tags of an image, as select_match_name. */
static int match_tags(const json_t *image, const char *want)
{
	size_t index;
	json_t *tag;
	int best = -1;

	json_array_foreach (json_array_at(image, "RepoTags"), index, tag) {
		int match =
			json_is_string(tag) ? select_match_name(json_string_value(tag), want) : -1;

		best = best < 0 || (match >= 0 && match < best) ? match : best;
	}
	return best;
}

static char *list_tags(const json_t *images)
{
	GString *list = g_string_new(NULL);
	size_t i, j;
	json_t *image, *tag;

	json_array_foreach (images, i, image) {
		json_array_foreach (json_array_at(image, "RepoTags"), j, tag) {
			g_autofree char *quoted =
				error_quote(json_is_string(tag) ? json_string_value(tag) : "?");

			if (list->len < 512)
				g_string_append_printf(list, "%s%s", list->len ? ", " : "", quoted);
		}
	}
	return g_string_free(list, FALSE);
}

static const json_t *choose_image(const json_t *images, const char *name, GError **error)
{
	g_autofree char *tags = list_tags(images);
	g_autofree char *quoted = error_quote(name ? name : "");
	size_t index;
	json_t *image;

	if (!json_is_array(images) || json_array_size(images) == 0 ||
	    json_array_size(images) > IMAGES_MAX) {
		error_set(error, THRESH_ERROR_INPUT, "manifest.json: not a list of images");
		return NULL;
	}
	if (!name && json_array_size(images) == 1)
		return json_array_get(images, 0);
	if (!name) {
		error_set(error, THRESH_ERROR_INPUT, "several images: name one; there is: %s",
			  tags);
		return NULL;
	}
	for (int level = 0; level <= 2; level++) {
		json_array_foreach (images, index, image) {
			if (match_tags(image, name) == level)
				return image;
		}
	}
	error_set(error, THRESH_ERROR_INPUT, "no image named '%s'; there is: %s", quoted,
		  *tags ? tags : "one without a name (leave the name out)");
	return NULL;
}

static json_t *descriptor_json(const char *media_type, const struct digest *digest, uint64_t size)
{
	char text[DIGEST_TEXT_BYTES];

	digest_format(digest, text);
	return json_pack("{s:s, s:s, s:I}", "mediaType", media_type, "digest", text, "size",
			 (json_int_t)size);
}

static struct image_config *read_config(struct image_source *source, const json_t *image,
					json_t **ret_descriptor, GError **error)
{
	const char *name = json_string_at(image, "Config");
	g_autoptr(GBytes) data = NULL;
	struct digest digest, promised;

	if (!name) {
		error_set(error, THRESH_ERROR_INPUT, "manifest.json: an image without Config");
		return NULL;
	}
	data = source_read_file(source, name, JSON_MAX_BYTES, error);
	if (!data)
		return NULL;
	digest_of(g_bytes_get_data(data, NULL), g_bytes_get_size(data), &digest);
	if (digest_of_name(name, &promised) && !digest_equal(&digest, &promised)) {
		error_set(error, THRESH_ERROR_INPUT, "%s: digest mismatch", name);
		return NULL;
	}
	source_add_blob(source, &digest, name);
	*ret_descriptor = descriptor_json("application/vnd.docker.container.image.v1+json", &digest,
					  g_bytes_get_size(data));
	return image_config_parse(g_bytes_get_data(data, NULL), g_bytes_get_size(data), error);
}

/* A layer's digest: by its file name, by its diff id where it is plain, else by reading it. */
static bool layer_digest(const struct image_source *source, const char *name,
			 enum compression compression, const char *diff_id,
			 struct digest *ret_digest, GError **error)
{
	uint64_t offset, size;
	autofd int fd = -1;

	if (digest_of_name(name, ret_digest))
		return true;
	if (compression == COMPRESSION_NONE && diff_id)
		return digest_parse(diff_id, ret_digest, error);
	fd = source_open_file(source, name, &offset, &size, error);
	return fd >= 0 && layer_digest_window(fd, offset, size, ret_digest, error);
}

static bool add_layer(struct image_source *source, const char *name, const char *diff_id,
		      json_t *layers, GError **error)
{
	static const char *const media_types[] = {
		[COMPRESSION_NONE] = "application/vnd.docker.image.rootfs.diff.tar",
		[COMPRESSION_GZIP] = "application/vnd.docker.image.rootfs.diff.tar.gzip",
		[COMPRESSION_ZSTD] = "application/vnd.docker.image.rootfs.diff.tar.zstd",
	};
	uint64_t offset, size;
	autofd int fd = source_open_file(source, name, &offset, &size, error);
	enum compression compression;
	struct digest digest;

	if (fd < 0 || !layer_sniff(fd, offset, size, &compression, error) ||
	    !layer_digest(source, name, compression, diff_id, &digest, error))
		return false;
	source_add_blob(source, &digest, name);
	json_array_append_new(layers, descriptor_json(media_types[compression], &digest, size));
	return true;
}

static json_t *build_manifest(struct image_source *source, const json_t *image,
			      const struct image_config *config, json_t *descriptor, GError **error)
{
	const json_t *diff_ids = json_array_at(json_object_at(config->json, "rootfs"), "diff_ids");
	autojson json_t *manifest =
		json_pack("{s:i, s:s, s:O, s:[]}", "schemaVersion", 2, "mediaType",
			  "application/vnd.docker.distribution.manifest.v2+json", "config",
			  descriptor, "layers");
	size_t index;
	json_t *name;

	json_array_foreach (json_array_at(image, "Layers"), index, name) {
		const char *diff_id = json_string_value(json_array_get(diff_ids, index));

		if (!json_is_string(name)) {
			error_set(error, THRESH_ERROR_INPUT, "manifest.json: Layers: not a name");
			return NULL;
		}
		if (!add_layer(source, json_string_value(name), diff_id,
			       json_array_at(manifest, "layers"), error)) {
			g_prefix_error(error, "layer %zu: ", index + 1);
			return NULL;
		}
	}
	return json_incref(manifest);
}

static bool build_selection(struct image_source *source, const json_t *image,
			    struct selection *selection, GError **error)
{
	autojson json_t *descriptor = NULL;
	autojson json_t *manifest = NULL;
	g_autofree char *text = NULL;

	selection->config = read_config(source, image, &descriptor, error);
	if (!selection->config)
		return false;
	manifest = build_manifest(source, image, selection->config, descriptor, error);
	if (!manifest)
		return false;
	text = json_format_canonical(manifest);
	digest_of(text, strlen(text), &selection->manifest_digest);
	selection->manifest = manifest_parse(text, strlen(text), error);
	return selection->manifest != NULL;
}

bool select_from_docker(struct image_source *source, const char *name,
			const struct platform *platform, struct selection *ret_selection,
			GError **error)
{
	g_autoptr(GBytes) data = source_read_file(source, "manifest.json", JSON_MAX_BYTES, error);
	autojson json_t *images = NULL;
	struct selection selection = {0};
	const struct image_config *config;
	const json_t *image;

	if (!data)
		return false;
	images = json_parse(g_bytes_get_data(data, NULL), g_bytes_get_size(data), "manifest.json",
			    error);
	image = images ? choose_image(images, name, error) : NULL;
	if (!image || !build_selection(source, image, &selection, error)) {
		selection_clear(&selection);
		return false;
	}
	config = selection.config;
	if (!select_match_platform(platform, config->os, config->architecture, config->variant)) {
		g_autofree char *have =
			select_format_platform(config->os, config->architecture, config->variant);
		g_autofree char *want = select_format_platform(platform->os, platform->architecture,
							       platform->variant);

		selection_clear(&selection);
		return error_set(error, THRESH_ERROR_INPUT,
				 "not for the platform %s, but for %s; choose it with --platform",
				 want, have);
	}
	selection.name =
		g_strdup(json_string_value(json_array_get(json_array_at(image, "RepoTags"), 0)));
	*ret_selection = selection;
	return true;
}
