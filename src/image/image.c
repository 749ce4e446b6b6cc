/* SPDX-License-Identifier: Apache-2.0 */
#include "image/image.h"

#include "base/error.h"
#include "base/fd.h"
#include "image/layer.h"
#include "image/select.h"
#include "image/source.h"

#include <string.h>

const struct image_limits image_limits_default = {
	.layers = 512,
	.entries = 2000000,
	.unpacked_bytes = 64ULL << 30,
	.file_bytes = 16ULL << 30,
	.ratio = 500,
	.path_bytes = 4096,
	.depth = 256,
};

void image_free(struct image *image)
{
	if (!image)
		return;
	g_free(image->reference);
	g_free(image->name);
	json_decref(image->manifest);
	image_config_free(image->config);
	for (uint32_t i = 0; i < image->layer_count; i++)
		g_free(image->layers[i].media_type);
	g_free(image->layers);
	source_free(image->source);
	g_free(image);
}

void image_cleanup(struct image **image)
{
	image_free(*image);
}

int image_open_blob(const struct image *image, const struct digest *digest, uint64_t *ret_offset,
		    uint64_t *ret_size_bytes, GError **error)
{
	return source_open_blob(image->source, digest, ret_offset, ret_size_bytes, error);
}

void image_chain_id(const struct image *image, struct digest *ret_chain_id)
{
	char text[2 * DIGEST_TEXT_BYTES];
	struct digest chain;

	digest_of("", 0, &chain); /* of an image without layers; the specification has none */
	for (uint32_t i = 0; i < image->layer_count; i++) {
		if (i == 0) {
			chain = image->layers[0].diff_id;
			continue;
		}
		digest_format(&chain, text);
		text[DIGEST_TEXT_BYTES - 1] = ' ';
		digest_format(&image->layers[i].diff_id, text + DIGEST_TEXT_BYTES);
		digest_of(text, sizeof(text) - 1, &chain);
	}
	*ret_chain_id = chain;
}

/* That a layer's blob is there and as long as its descriptor says; its digest is checked as it is
 * read. */
static bool check_blob(const struct image *image, const struct layer *layer, GError **error)
{
	uint64_t offset, size;
	autofd int fd = -1;

	if (source_is_remote(image->source)) /* when it is fetched */
		return true;
	fd = image_open_blob(image, &layer->digest, &offset, &size, error);
	if (fd < 0)
		return false;
	return size == layer->size_bytes ||
	       error_set(error, THRESH_ERROR_INPUT,
			 "size mismatch (want %" G_GUINT64_FORMAT ", got %" G_GUINT64_FORMAT ")",
			 layer->size_bytes, size);
}

static bool check_digest(const struct image *image, const struct layer *layer, GError **error)
{
	char want[DIGEST_TEXT_BYTES], got[DIGEST_TEXT_BYTES];
	uint64_t offset, size;
	struct digest digest;
	autofd int fd = image_open_blob(image, &layer->digest, &offset, &size, error);

	if (fd < 0 || !layer_digest_window(fd, offset, size, &digest, error))
		return false;
	if (digest_equal(&digest, &layer->digest))
		return true;
	digest_format(&layer->digest, want);
	digest_format(&digest, got);
	return error_set(error, THRESH_ERROR_INPUT, "digest mismatch (want %s, got %s)", want, got);
}

bool image_check_layers(const struct image *image, GError **error)
{
	for (uint32_t i = 0; i < image->layer_count; i++) {
		if (!check_digest(image, &image->layers[i], error)) {
			g_prefix_error(error, "layer %u: ", i + 1);
			return false;
		}
	}
	return true;
}

static bool fill_layer(struct image *image, uint32_t index, const struct descriptor *descriptor,
		       const json_t *diff_id, GError **error)
{
	struct layer *layer = &image->layers[index];

	layer->digest = descriptor->digest;
	layer->size_bytes = (uint64_t)descriptor->size_bytes;
	layer->media_type = g_strdup(descriptor->media_type);
	if (!json_is_string(diff_id))
		return error_set(error, THRESH_ERROR_INPUT, "config: diff_ids: not a string");
	return manifest_layer_type(layer->media_type, &layer->compression, error) &&
	       digest_parse(json_string_value(diff_id), &layer->diff_id, error) &&
	       check_blob(image, layer, error);
}

static bool fill_layers(struct image *image, const struct manifest *manifest, GError **error)
{
	const json_t *diff_ids =
		json_array_at(json_object_at(image->config->json, "rootfs"), "diff_ids");
	guint count = manifest->layers->len;

	if (count > image->limits.layers)
		return error_set(error, THRESH_ERROR_INPUT,
				 "%u layers, above the limit of %u (limits.layers)", count,
				 image->limits.layers);
	if (json_array_size(diff_ids) != count)
		return error_set(error, THRESH_ERROR_INPUT,
				 "the manifest has %u layers, the config %zu", count,
				 json_array_size(diff_ids));
	image->layers = g_new0(struct layer, count + 1);
	image->layer_count = count;
	for (guint i = 0; i < count; i++) {
		const struct descriptor *descriptor = manifest->layers->pdata[i];
		char text[DIGEST_TEXT_BYTES];

		if (fill_layer(image, i, descriptor, json_array_get(diff_ids, i), error))
			continue;
		digest_format(&descriptor->digest, text);
		g_prefix_error(error, "layer %u (%s): ", i + 1, text);
		return false;
	}
	return true;
}

/* OCI image-spec image-layout.md, "oci-layout file". */
static bool check_layout(const struct image_source *source, GError **error)
{
	g_autoptr(GBytes) data = source_read_file(source, "oci-layout", 65536, error);
	autojson json_t *json = NULL;
	const char *version;

	if (!data) {
		g_prefix_error(error, "not an OCI image layout: ");
		return false;
	}
	json = json_parse(g_bytes_get_data(data, NULL), g_bytes_get_size(data), "oci-layout",
			  error);
	if (!json)
		return false;
	version = json_string_at(json, "imageLayoutVersion");
	return (version && g_str_has_prefix(version, "1.")) ||
	       error_set(error, THRESH_ERROR_INPUT, "oci-layout: unknown imageLayoutVersion");
}

static bool fill_image(struct image *image, const struct reference *reference,
		       const struct platform *platform, int store_fd, GError **error)
{
	struct selection selection = {0};
	bool ok;

	image->source = source_open(reference, image->limits.remote, store_fd, error);
	if (!image->source)
		return false;
	if (reference->transport == TRANSPORT_DOCKER_ARCHIVE)
		ok = select_from_docker(image->source, reference->name, platform, &selection,
					error);
	else if (reference->transport == TRANSPORT_REGISTRY)
		ok = select_from_layout(image->source, NULL, platform, &selection, error);
	else
		ok = check_layout(image->source, error) &&
		     select_from_layout(image->source, reference->name, platform, &selection,
					error);
	if (!ok)
		return false;
	image->name = g_steal_pointer(&selection.name);
	image->config = g_steal_pointer(&selection.config);
	image->manifest = json_incref(selection.manifest->json);
	image->manifest_digest = selection.manifest_digest;
	image->config_digest = selection.manifest->config.digest;
	ok = fill_layers(image, selection.manifest, error);
	selection_clear(&selection);
	return ok;
}

struct image *image_open(const char *reference, const struct platform *platform,
			 const struct image_limits *limits, GError **error)
{
	return image_open_in(reference, platform, limits, -1, error);
}

struct image *image_open_in(const char *reference, const struct platform *platform,
			    const struct image_limits *limits, int store_fd, GError **error)
{
	autoimage struct image *image = g_new0(struct image, 1);
	struct platform host = {0};
	struct reference parsed = {0};
	bool ok;

	if (!reference_find(reference, &parsed, error))
		return NULL;
	image->reference = g_strdup(reference);
	image->limits = limits ? *limits : image_limits_default;
	platform_of_host(&host);
	ok = fill_image(image, &parsed, platform ? platform : &host, store_fd, error);
	reference_clear(&parsed);
	platform_clear(&host);
	if (!ok) {
		g_autofree char *quoted = error_quote(reference);

		g_prefix_error(error, "%s: ", quoted);
		return NULL;
	}
	return g_steal_pointer(&image);
}

int64_t image_created(const struct image *image)
{
	const char *created = json_string_at(image->config->json, "created");
	g_autoptr(GDateTime) time = created ? g_date_time_new_from_iso8601(created, NULL) : NULL;

	return time ? MAX(g_date_time_to_unix(time), 0) : 0;
}
