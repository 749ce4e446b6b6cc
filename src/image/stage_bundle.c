/* SPDX-License-Identifier: Apache-2.0 */
/* An image as it is elsewhere, staged for the destination byte for byte; see writer.h. */
#include "base/error.h"
#include "base/fd.h"
#include "image/layer.h"
#include "image/writer_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define REF_NAME_ANNOTATION "org.opencontainers.image.ref.name"

static bool check_size(const struct bundle_blob *blob, uint64_t size_bytes, GError **error)
{
	return size_bytes == blob->size_bytes ||
	       error_set(error, THRESH_ERROR_INPUT,
			 "size mismatch (want %" G_GUINT64_FORMAT ", got %" G_GUINT64_FORMAT ")",
			 blob->size_bytes, size_bytes);
}

/* The copy is what is checked: what lies in the destination is what its name says. */
static bool check_copy(int fd, const struct bundle_blob *blob, GError **error)
{
	char want[DIGEST_TEXT_BYTES], got[DIGEST_TEXT_BYTES];
	struct digest digest;

	if (!layer_digest_window(fd, 0, blob->size_bytes, &digest, error))
		return false;
	if (digest_equal(&digest, &blob->digest))
		return true;
	digest_format(&blob->digest, want);
	digest_format(&digest, got);
	return error_set(error, THRESH_ERROR_INPUT, "digest mismatch (want %s, got %s)", want, got);
}

static bool copy_blob(const struct image_writer *writer, const struct bundle_blob *blob,
		      const char *path, int from, uint64_t offset, GError **error)
{
	autofd int to = fd_open(writer->layout_fd, path, O_RDWR | O_CREAT | O_TRUNC, 0666, error);

	if (to < 0)
		return false;
	if (lseek(from, (off_t)offset, SEEK_SET) < 0)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "seek");
	return fd_copy(from, to, blob->size_bytes, error) && check_copy(to, blob, error);
}

/* A blob that a registry's client has brought here already lies at its place, and was checked. */
static bool stage_blob(const struct image_writer *writer, const struct bundle *bundle,
		       const struct bundle_blob *blob, GError **error)
{
	char hex[DIGEST_HEX_BYTES];
	g_autofree char *path = NULL;
	uint64_t offset, size_bytes;
	autofd int from =
		source_open_blob(bundle->source, &blob->digest, &offset, &size_bytes, error);

	digest_format_hex(&blob->digest, hex);
	path = g_strconcat("blobs/sha256/", hex, NULL);
	if (from < 0 || !check_size(blob, size_bytes, error))
		return false;
	return faccessat(writer->layout_fd, path, F_OK, 0) == 0 ||
	       copy_blob(writer, blob, path, from, offset, error);
}

static bool stage_document(struct image_writer *writer, const struct bundle_document *document,
			   GError **error)
{
	struct digest digest;
	gsize size_bytes;
	const void *data = g_bytes_get_data(document->data, &size_bytes);
	json_t *descriptor;

	if (!write_blob(writer, data, size_bytes, &digest, error))
		return false;
	if (!document->is_referrer)
		return true;
	descriptor = json_deep_copy(document->descriptor);
	if (writer->name) {
		json_t *annotations = json_object_get(descriptor, "annotations");

		annotations =
			json_is_object(annotations) ? json_deep_copy(annotations) : json_object();
		json_object_set_new(annotations, SUBJECT_TAG_ANNOTATION, json_string(writer->name));
		json_object_set_new(descriptor, "annotations", annotations);
	}
	json_array_append_new(writer->referrers, descriptor);
	return true;
}

/* What a docker archive is written from: its config and its layers, as they are. */
static bool note_layers(struct image_writer *writer, const struct bundle *bundle, GError **error)
{
	const struct image *image = bundle->image;

	if (!image) {
		return writer->transport != TRANSPORT_DOCKER_ARCHIVE ||
		       error_set(error, THRESH_ERROR_USAGE,
				 "a docker archive holds one platform alone: leave --all out");
	}
	writer->config_digest = image->config_digest;
	g_ptr_array_set_size(writer->layer_names, 0);
	g_free(writer->layers);
	writer->layers = g_new0(struct staged_layer, image->layer_count + 1);
	for (uint32_t i = 0; i < image->layer_count; i++) {
		g_ptr_array_add(writer->layer_names, g_strdup("layer"));
		writer->layers[i].present = true;
		writer->layers[i].facts.digest = image->layers[i].digest;
		writer->layers[i].facts.plain = image->layers[i].diff_id;
		writer->layers[i].facts.size_bytes = image->layers[i].size_bytes;
	}
	return true;
}

static bool stage_all(struct image_writer *writer, const struct bundle *bundle, GError **error)
{
	for (guint i = 0; i < bundle->blobs->len; i++) {
		const struct bundle_blob *blob = bundle->blobs->pdata[i];

		if (!stage_blob(writer, bundle, blob, error)) {
			char text[DIGEST_TEXT_BYTES];

			digest_format(&blob->digest, text);
			g_prefix_error(error, "blob %s: ", text);
			return false;
		}
	}
	for (guint i = 0; i < bundle->documents->len; i++) {
		if (!stage_document(writer, bundle->documents->pdata[i], error))
			return false;
	}
	return true;
}

bool image_writer_stage_bundle(struct image_writer *writer, const struct bundle *bundle,
			       GError **error)
{
	autojson json_t *layout = json_pack("{s:s}", "imageLayoutVersion", "1.0.0");

	writer->staged = false;
	json_decref(writer->referrers);
	writer->referrers = json_array();
	if (!note_layers(writer, bundle, error) || !stage_all(writer, bundle, error))
		return false;
	writer->manifest_digest = bundle->top->digest;
	json_decref(writer->descriptor);
	writer->descriptor = json_deep_copy(bundle->top->descriptor);
	if (writer->name)
		json_object_set_new(writer->descriptor, "annotations",
				    json_pack("{s:s}", REF_NAME_ANNOTATION, writer->name));
	descriptor_mark_signed(writer->descriptor, writer->referrers);
	if (!write_index(writer, error) || !write_text(writer, "oci-layout", layout, error))
		return false;
	writer->staged = true;
	return true;
}
