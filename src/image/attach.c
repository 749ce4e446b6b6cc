/* SPDX-License-Identifier: Apache-2.0 */
/* Artifacts that refer to the staged image; see writer.h. */
#include "base/error.h"
#include "image/writer_internal.h"

#include <string.h>

/* OCI image-spec manifest.md, "Guidance for an Empty Descriptor". */
#define EMPTY_MEDIA_TYPE    "application/vnd.oci.empty.v1+json"
#define MANIFEST_MEDIA_TYPE "application/vnd.oci.image.manifest.v1+json"

/* Takes @config and @layer. */
static json_t *artifact_manifest(const struct image_writer *writer, const char *artifact_type,
				 json_t *config, json_t *layer)
{
	json_t *subject = json_pack("{s:O, s:O, s:O}", "mediaType",
				    json_object_get(writer->descriptor, "mediaType"), "digest",
				    json_object_get(writer->descriptor, "digest"), "size",
				    json_object_get(writer->descriptor, "size"));

	return json_pack("{s:i, s:s, s:s, s:o, s:[o], s:o}", "schemaVersion", 2, "mediaType",
			 MANIFEST_MEDIA_TYPE, "artifactType", artifact_type, "config", config,
			 "layers", layer, "subject", subject);
}

bool image_writer_attach(struct image_writer *writer, const char *artifact_type,
			 const char *media_type, const void *data, size_t size_bytes,
			 GError **error)
{
	struct digest empty_digest, data_digest, manifest_digest;
	autojson json_t *manifest = NULL;
	g_autofree char *text = NULL;
	json_t *descriptor;

	g_assert(writer->staged);
	if (writer->transport != TRANSPORT_OCI && writer->transport != TRANSPORT_REGISTRY)
		return true;
	if (!write_blob(writer, "{}", 2, &empty_digest, error) ||
	    !write_blob(writer, data, size_bytes, &data_digest, error))
		return false;
	manifest = artifact_manifest(writer, artifact_type,
				     descriptor_new(EMPTY_MEDIA_TYPE, &empty_digest, 2),
				     descriptor_new(media_type, &data_digest, size_bytes));
	text = json_format_canonical(manifest);
	if (!write_blob(writer, text, strlen(text), &manifest_digest, error))
		return false;
	descriptor = descriptor_new(MANIFEST_MEDIA_TYPE, &manifest_digest, strlen(text));
	json_object_set_new(descriptor, "artifactType", json_string(artifact_type));
	json_object_set_new(descriptor, "annotations",
			    json_pack("{s:s}", SUBJECT_TAG_ANNOTATION, writer->name));
	if (!writer->referrers)
		writer->referrers = json_array();
	json_array_append_new(writer->referrers, descriptor);
	return write_index(writer, error);
}
