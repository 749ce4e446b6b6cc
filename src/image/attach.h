/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Artifacts that refer to an image: OCI image-spec manifest.md, "Guidelines for Artifact Usage" and
 * `subject`. The image itself stays as it is, byte for byte.
 *
 *     struct artifact list = {.artifact_type = TYPE, .media_type = TYPE, .data = text, .size_bytes
 * = n}; image_writer_attach(writer, &list, error);           // to what is staged (writer.h)
 *     image_attach(image, artifacts, error);               // to what lies in a layout
 *
 * An artifact's manifest holds one layer, the data; its annotations stand in the index too, as the
 * specification asks of lists of referrers.
 */
#pragma once

#include "image/image.h"

/* A Sigstore bundle (sigstore/protobuf-specs) as an artifact. */
#define SIGSTORE_ARTIFACT_TYPE "application/vnd.dev.sigstore.bundle.v0.3+json"

struct artifact {
	const char *artifact_type;
	const char *media_type;    /* of its one layer */
	const json_t *annotations; /* of its manifest, or NULL */
	const void *data;
	size_t size_bytes;
};

/* The layer of the first artifact of @artifact_type that refers to @image; of at most @max_bytes.
 * In
 * *@ret_data NULL where there is none; caller unrefs. */
bool image_read_artifact(const struct image *image, const char *artifact_type, size_t max_bytes,
			 GBytes **ret_data, GError **error);

/* Adds @artifacts (const struct artifact *) to the layout that @image was opened from: all of them,
 * or on failure none; one that is there already is not added twice. What else is in the layout is
 * not touched. An image with Sigstore bundles gets the annotation by which cosign finds it in a
 * layout. THRESH_ERROR_INPUT where the image is in an archive or a registry. */
bool image_attach(const struct image *image, const GPtrArray *artifacts, GError **error);
