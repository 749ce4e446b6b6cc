/* SPDX-License-Identifier: Apache-2.0 */
#include "image/manifest.h"

#include "base/error.h"

#include <string.h>

enum { DESCRIPTORS_MAX = 10000 };

static void descriptor_clear(struct descriptor *descriptor)
{
	g_free(descriptor->media_type);
	g_free(descriptor->name);
	g_free(descriptor->full_name);
	platform_clear(&descriptor->platform);
}

static void descriptor_free(gpointer data)
{
	descriptor_clear(data);
	g_free(data);
}

void manifest_free(struct manifest *manifest)
{
	if (!manifest)
		return;
	json_decref(manifest->json);
	descriptor_clear(&manifest->config);
	g_clear_pointer(&manifest->layers, g_ptr_array_unref);
	g_clear_pointer(&manifest->manifests, g_ptr_array_unref);
	g_free(manifest);
}

void manifest_cleanup(struct manifest **manifest)
{
	manifest_free(*manifest);
}

/* buildkit's attestations stand in the index as manifests of the platform unknown/unknown. */
static bool is_artifact(const json_t *json, const struct platform *platform)
{
	const json_t *annotations = json_object_at(json, "annotations");

	return json_object_get(json, "artifactType") ||
	       json_object_get(annotations, "vnd.docker.reference.type") ||
	       (platform->os && platform->architecture && strcmp(platform->os, "unknown") == 0 &&
		strcmp(platform->architecture, "unknown") == 0);
}

static bool descriptor_parse(const json_t *json, const char *what,
			     struct descriptor *ret_descriptor, GError **error)
{
	const char *digest = json_string_at(json, "digest");
	const json_t *platform = json_object_at(json, "platform");
	const json_t *annotations = json_object_at(json, "annotations");
	const char *media_type = json_string_at(json, "mediaType");
	json_int_t size = json_integer_at(json, "size", -1);
	struct descriptor *d = ret_descriptor;

	if (!digest || size < 0)
		return error_set(error, THRESH_ERROR_INPUT,
				 "%s: a descriptor without digest or size", what);
	if (!digest_parse(digest, &d->digest, error)) {
		g_prefix_error(error, "%s: ", what);
		return false;
	}
	d->size_bytes = size;
	d->media_type = g_strdup(media_type ? media_type : "");
	d->platform.os = g_strdup(json_string_at(platform, "os"));
	d->platform.architecture = g_strdup(json_string_at(platform, "architecture"));
	d->platform.variant = g_strdup(json_string_at(platform, "variant"));
	d->name = g_strdup(json_string_at(annotations, "org.opencontainers.image.ref.name"));
	d->full_name = g_strdup(json_string_at(annotations, "io.containerd.image.name"));
	d->is_artifact = is_artifact(json, &d->platform);
	return true;
}

static GPtrArray *descriptors_parse(const json_t *array, const char *what, GError **error)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(descriptor_free);
	size_t index;
	json_t *json;

	if (json_array_size(array) > DESCRIPTORS_MAX) {
		error_set(error, THRESH_ERROR_INPUT, "%s: more than %d", what, DESCRIPTORS_MAX);
		return NULL;
	}
	json_array_foreach (array, index, json) {
		struct descriptor *descriptor = g_new0(struct descriptor, 1);

		g_ptr_array_add(all, descriptor);
		if (!descriptor_parse(json, what, descriptor, error))
			return NULL;
	}
	return g_steal_pointer(&all);
}

static bool fill_image(struct manifest *manifest, GError **error)
{
	const json_t *config = json_object_at(manifest->json, "config");

	if (!config)
		return error_set(error, THRESH_ERROR_INPUT, "manifest: no config");
	if (!descriptor_parse(config, "manifest: config", &manifest->config, error))
		return false;
	manifest->layers = descriptors_parse(json_array_at(manifest->json, "layers"),
					     "manifest: layers", error);
	return manifest->layers != NULL;
}

static bool fill_manifest(struct manifest *manifest, GError **error)
{
	const json_t *json = manifest->json;
	json_t *layers = json_array_at(json, "layers");
	json_t *manifests = json_array_at(json, "manifests");
	const char *media_type = json_string_at(json, "mediaType");

	if (!json_is_object(json))
		return error_set(error, THRESH_ERROR_INPUT, "manifest: not an object");
	if (json_integer_at(json, "schemaVersion", 0) == 1 || json_object_get(json, "fsLayers"))
		return error_set(
			error, THRESH_ERROR_INPUT,
			"manifest: docker schema 1 is not supported; convert it: skopeo copy "
			"--format oci");
	if (json_integer_at(json, "schemaVersion", 0) != 2)
		return error_set(error, THRESH_ERROR_INPUT, "manifest: schemaVersion is not 2");
	if (manifests && (layers || json_object_get(json, "config")))
		return error_set(error, THRESH_ERROR_INPUT,
				 "manifest: both an index and an image: ambiguous");
	if (!manifests && !layers) {
		g_autofree char *quoted = error_quote(media_type ? media_type : "none");

		return error_set(error, THRESH_ERROR_INPUT,
				 "manifest: neither layers nor manifests (media type %s)", quoted);
	}
	manifest->is_index = manifests != NULL;
	if (!manifest->is_index)
		return fill_image(manifest, error);
	manifest->manifests = descriptors_parse(manifests, "index: manifests", error);
	return manifest->manifests != NULL;
}

struct manifest *manifest_parse(const void *data, size_t size_bytes, GError **error)
{
	automanifest struct manifest *manifest = NULL;
	json_t *json;

	if (size_bytes > JSON_MAX_BYTES) {
		error_set(error, THRESH_ERROR_INPUT, "manifest: larger than 4 MiB");
		return NULL;
	}
	json = json_parse(data, size_bytes, "manifest", error);
	if (!json)
		return NULL;
	manifest = g_new0(struct manifest, 1);
	manifest->json = json;
	return fill_manifest(manifest, error) ? g_steal_pointer(&manifest) : NULL;
}

bool manifest_layer_type(const char *media_type, enum compression *ret_compression, GError **error)
{
	static const struct {
		const char *media_type;
		enum compression compression;
	} known[] = {
		{"application/vnd.oci.image.layer.v1.tar", COMPRESSION_NONE},
		{"application/vnd.oci.image.layer.v1.tar+gzip", COMPRESSION_GZIP},
		{"application/vnd.oci.image.layer.v1.tar+zstd", COMPRESSION_ZSTD},
		{"application/vnd.docker.image.rootfs.diff.tar", COMPRESSION_NONE},
		{"application/vnd.docker.image.rootfs.diff.tar.gzip", COMPRESSION_GZIP},
		{"application/vnd.docker.image.rootfs.diff.tar.zstd", COMPRESSION_ZSTD},
	};
	g_autofree char *quoted = error_quote(media_type);

	for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
		if (strcmp(known[i].media_type, media_type) == 0) {
			*ret_compression = known[i].compression;
			return true;
		}
	}
	if (strstr(media_type, "nondistributable") || strstr(media_type, "foreign"))
		return error_set(error, THRESH_ERROR_INPUT,
				 "media type %s: a foreign layer is not part of the image", quoted);
	return error_set(error, THRESH_ERROR_INPUT, "media type %s: unknown", quoted);
}
