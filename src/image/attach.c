/* SPDX-License-Identifier: Apache-2.0 */
#include "image/attach.h"

#include "base/error.h"
#include "base/fd.h"
#include "image/manifest.h"
#include "image/source.h"
#include "image/writer_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* OCI image-spec manifest.md, "Guidance for an Empty Descriptor". */
#define EMPTY_MEDIA_TYPE    "application/vnd.oci.empty.v1+json"
#define MANIFEST_MEDIA_TYPE "application/vnd.oci.image.manifest.v1+json"

/* github.com/sigstore/cosign, pkg/oci/layout: which descriptor of a layout is the image. */
#define COSIGN_KIND  "kind"
#define COSIGN_IMAGE "dev.cosignproject.cosign/image"

/* Someone who can write a blob: the staged layout, or the one that is there. */
typedef bool (*put_blob)(void *user, const void *data, size_t size_bytes, struct digest *ret_digest,
			 GError **error);

static json_t *artifact_manifest(const struct artifact *artifact, const json_t *subject,
				 const struct digest *empty, const struct digest *data)
{
	json_t *manifest =
		json_pack("{s:i, s:s, s:s, s:o, s:[o], s:O}", "schemaVersion", 2, "mediaType",
			  MANIFEST_MEDIA_TYPE, "artifactType", artifact->artifact_type, "config",
			  descriptor_new(EMPTY_MEDIA_TYPE, empty, 2), "layers",
			  descriptor_new(artifact->media_type, data, artifact->size_bytes),
			  "subject", (json_t *)subject);

	if (artifact->annotations)
		json_object_set(manifest, "annotations", (json_t *)artifact->annotations);
	return manifest;
}

/* Writes the artifact's blobs. The descriptor of its manifest, as it stands in index.json: @tag
 * says with which tag it goes. Caller owns. */
static json_t *artifact_put(const struct artifact *artifact, const json_t *subject, const char *tag,
			    put_blob put, void *user, GError **error)
{
	struct digest empty, data, digest;
	autojson json_t *manifest = NULL;
	g_autofree char *text = NULL;
	json_t *descriptor, *annotations;

	if (!put(user, "{}", 2, &empty, error) ||
	    !put(user, artifact->data, artifact->size_bytes, &data, error))
		return NULL;
	manifest = artifact_manifest(artifact, subject, &empty, &data);
	text = json_format_canonical(manifest);
	if (!put(user, text, strlen(text), &digest, error))
		return NULL;
	annotations = artifact->annotations ? json_deep_copy(artifact->annotations) : json_object();
	json_object_set_new(annotations, SUBJECT_TAG_ANNOTATION, json_string(tag));
	descriptor = descriptor_new(MANIFEST_MEDIA_TYPE, &digest, strlen(text));
	json_object_set_new(descriptor, "artifactType", json_string(artifact->artifact_type));
	json_object_set_new(descriptor, "annotations", annotations);
	return descriptor;
}

void descriptor_mark_signed(json_t *descriptor, const json_t *referrers)
{
	json_t *annotations = json_object_at(descriptor, "annotations");
	const json_t *entry;
	bool is_signed = false;
	size_t i;

	json_array_foreach (referrers, i, entry)
		is_signed |= g_strcmp0(json_string_at(entry, "artifactType"),
				       SIGSTORE_ARTIFACT_TYPE) == 0;
	if (!is_signed)
		return;
	annotations = annotations ? json_deep_copy(annotations) : json_object();
	json_object_set_new(annotations, COSIGN_KIND, json_string(COSIGN_IMAGE));
	json_object_set_new(descriptor, "annotations", annotations);
}

/* --- to what is staged ---------------------------------------------------------------------------
 */

static bool put_staged_blob(void *user, const void *data, size_t size_bytes,
			    struct digest *ret_digest, GError **error)
{
	return write_blob(user, data, size_bytes, ret_digest, error);
}

bool image_writer_attach(struct image_writer *writer, const struct artifact *artifact,
			 GError **error)
{
	autojson json_t *subject = NULL;
	json_t *descriptor;

	g_assert(writer->staged);
	if (writer->transport != TRANSPORT_OCI && writer->transport != TRANSPORT_REGISTRY)
		return true;
	subject = json_pack("{s:O, s:O, s:O}", "mediaType",
			    json_object_get(writer->descriptor, "mediaType"), "digest",
			    json_object_get(writer->descriptor, "digest"), "size",
			    json_object_get(writer->descriptor, "size"));
	descriptor = artifact_put(artifact, subject, writer->name, put_staged_blob, writer, error);
	if (!descriptor)
		return false;
	if (!writer->referrers)
		writer->referrers = json_array();
	json_array_append_new(writer->referrers, descriptor);
	descriptor_mark_signed(writer->descriptor, writer->referrers);
	return write_index(writer, error);
}

/* --- to what lies in a layout --------------------------------------------------------------------
 */

struct layout {
	int fd;
	GPtrArray *added; /* char *: paths of the blobs that were not there */
};

static bool rename_synced(int dir_fd, const char *name, const char *to, GError **error)
{
	return renameat(dir_fd, name, dir_fd, to) == 0 ||
	       error_set_errno(error, THRESH_ERROR_INPUT, errno, "%s", to);
}

/* Under a name that no reader looks for, then renamed: a blob is there whole or not at all. */
static bool put_layout_blob(void *user, const void *data, size_t size_bytes,
			    struct digest *ret_digest, GError **error)
{
	static const char temporary[] = "blobs/sha256/.thresh-blob";
	struct layout *layout = user;
	g_autofree char *path = NULL;
	char hex[DIGEST_HEX_BYTES];
	bool is_new;

	digest_of(data, size_bytes, ret_digest);
	digest_format_hex(ret_digest, hex);
	path = g_strconcat("blobs/sha256/", hex, NULL);
	is_new = faccessat(layout->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
	if (!file_write_synced(layout->fd, temporary, data, size_bytes, error) ||
	    !rename_synced(layout->fd, temporary, path, error)) {
		unlinkat(layout->fd, temporary, 0);
		return false;
	}
	if (is_new)
		g_ptr_array_add(layout->added, g_steal_pointer(&path));
	return true;
}

/* The subject's descriptor: what the image's manifest is, whatever the index says of it. */
static json_t *subject_of(const struct image *image, GError **error)
{
	g_autoptr(GBytes) data =
		source_read_blob(image->source, &image->manifest_digest, -1, JSON_MAX_BYTES, error);
	const char *type = json_string_at(image->manifest, "mediaType");

	return data ? descriptor_new(type ? type : MANIFEST_MEDIA_TYPE, &image->manifest_digest,
				     g_bytes_get_size(data))
		    : NULL;
}

static json_t *index_find(const json_t *manifests, const char *digest)
{
	json_t *entry;
	size_t i;

	json_array_foreach (manifests, i, entry) {
		if (g_strcmp0(json_string_at(entry, "digest"), digest) == 0)
			return entry;
	}
	return NULL;
}

/* Adds the artifacts to @index and their blobs to the layout. */
static bool add_artifacts(struct layout *layout, const struct image *image,
			  const GPtrArray *artifacts, json_t *index, GError **error)
{
	autojson json_t *subject = subject_of(image, error), *ours = json_array();
	json_t *manifests = json_array_at(index, "manifests"), *entry;
	const char *tag = image->name ? image->name : "latest";

	if (!subject)
		return false;
	for (guint i = 0; i < artifacts->len; i++) {
		json_t *descriptor = artifact_put(artifacts->pdata[i], subject, tag,
						  put_layout_blob, layout, error);

		if (!descriptor)
			return false;
		json_array_append_new(ours, descriptor);
		if (!index_find(manifests, json_string_at(descriptor, "digest")))
			json_array_append(manifests, descriptor);
	}
	entry = index_find(manifests, json_string_at(subject, "digest"));
	if (entry)
		descriptor_mark_signed(entry, ours);
	return true;
}

/* With the lock held: the blobs, then the index by one rename. */
static bool attach_locked(struct layout *layout, const struct image *image,
			  const GPtrArray *artifacts, GError **error)
{
	static const char temporary[] = ".thresh-index.json";
	autojson json_t *index = layout_index_read(layout->fd, error);
	g_autofree char *text = NULL;

	if (!index || !add_artifacts(layout, image, artifacts, index, error) ||
	    !file_sync(layout->fd, "blobs/sha256", error))
		return false;
	text = json_format_canonical(index);
	if (strlen(text) > JSON_MAX_BYTES)
		return error_set(error, THRESH_ERROR_INPUT, "index.json: above 4 MiB");
	if (file_write_synced(layout->fd, temporary, text, strlen(text), error) &&
	    rename_synced(layout->fd, temporary, "index.json", error))
		return true;
	unlinkat(layout->fd, temporary, 0);
	return false;
}

static int layout_open(const struct image *image, GError **error)
{
	struct reference reference = {0};
	int fd = -1;

	if (!reference_find(image->reference, &reference, error))
		return -1;
	if (reference.transport == TRANSPORT_OCI)
		fd = fd_open(AT_FDCWD, reference.path, O_RDONLY | O_DIRECTORY, 0, error);
	else
		error_set(error, THRESH_ERROR_INPUT,
			  "nothing can be attached to an image in %s; 'thresh copy' it to oci:DIR, "
			  "attach there, and copy or push that",
			  reference.transport == TRANSPORT_REGISTRY ? "a registry" : "an archive");
	reference_clear(&reference);
	while (fd >= 0 && flock(fd, LOCK_EX) < 0) {
		if (errno == EINTR)
			continue;
		error_set_errno(error, THRESH_ERROR_INPUT, errno, "lock");
		fd_cleanup(&fd);
	}
	return fd;
}

bool image_attach(const struct image *image, const GPtrArray *artifacts, GError **error)
{
	g_autoptr(GPtrArray) added = g_ptr_array_new_with_free_func(g_free);
	autofd int fd = layout_open(image, error);
	struct layout layout = {.fd = fd, .added = added};
	g_autofree char *quoted = error_quote(image->reference);

	if (fd >= 0 && attach_locked(&layout, image, artifacts, error))
		return file_sync(fd, ".", error);
	for (guint i = 0; fd >= 0 && i < added->len; i++)
		unlinkat(fd, added->pdata[i], 0);
	g_prefix_error(error, "%s: ", quoted);
	return false;
}

/* --- reading -------------------------------------------------------------------------------------
 */

/* The layer of an artifact of that type that refers to @image, else NULL. */
static const struct descriptor *artifact_layer(const struct image *image,
					       const struct manifest *manifest, const char *type)
{
	const char *subject = json_string_at(json_object_at(manifest->json, "subject"), "digest");
	struct digest digest;

	if (manifest->is_index ||
	    g_strcmp0(json_string_at(manifest->json, "artifactType"), type) != 0)
		return NULL;
	if (!subject || !digest_parse(subject, &digest, NULL) ||
	    !digest_equal(&digest, &image->manifest_digest))
		return NULL;
	return manifest->layers && manifest->layers->len == 1 ? manifest->layers->pdata[0] : NULL;
}

/* NULL without an error: @entry is no artifact of that type. */
static GBytes *read_referrer(const struct image *image, const json_t *entry, const char *type,
			     size_t max_bytes, GError **error)
{
	const char *text = json_string_at(entry, "digest");
	const char *said = json_string_at(entry, "artifactType");
	struct digest digest;
	g_autoptr(GBytes) data = NULL;
	automanifest struct manifest *manifest = NULL;
	const struct descriptor *layer;

	if (!text || !digest_parse(text, &digest, NULL) || (said && strcmp(said, type) != 0))
		return NULL;
	data = source_read_blob(image->source, &digest, json_integer_at(entry, "size", -1),
				JSON_MAX_BYTES, NULL);
	manifest = data ? manifest_parse(g_bytes_get_data(data, NULL), g_bytes_get_size(data), NULL)
			: NULL;
	layer = manifest ? artifact_layer(image, manifest, type) : NULL;
	if (!layer)
		return NULL;
	return source_read_blob(image->source, &layer->digest, layer->size_bytes, max_bytes, error);
}

bool image_read_artifact(const struct image *image, const char *artifact_type, size_t max_bytes,
			 GBytes **ret_data, GError **error)
{
	autojson json_t *referrers =
		source_referrers(image->source, &image->manifest_digest, error);
	GBytes *found = NULL;
	json_t *entry;
	size_t i;

	if (!referrers)
		return false;
	json_array_foreach (referrers, i, entry) {
		g_autoptr(GError) failure = NULL;

		found = read_referrer(image, entry, artifact_type, max_bytes, &failure);
		if (failure) {
			g_propagate_error(error, g_steal_pointer(&failure));
			return false;
		}
		if (found)
			break;
	}
	*ret_data = found;
	return true;
}
