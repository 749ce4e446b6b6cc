/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manifests, indexes and descriptors (OCI image-spec manifest.md, image-index.md, descriptor.md;
 * docker "Image Manifest Version 2, Schema 2").
 *
 *     struct manifest *manifest = manifest_parse(data, size, error);
 *
 * Both kinds of document are parsed to one struct, and told apart by their content as the
 * specification demands: one with members of both is refused (CVE-2021-41190).
 */
#pragma once

#include "image/image.h"

struct descriptor {
	char *media_type; /* "" where absent */
	struct digest digest;
	int64_t size_bytes;
	struct platform platform; /* NULLs where absent */
	char *name;               /* org.opencontainers.image.ref.name, or NULL */
	char *full_name;          /* io.containerd.image.name, or NULL */
	bool is_artifact;         /* an attestation, or has an artifactType: no image to run */
};

struct manifest {
	bool is_index;
	json_t *json;
	struct descriptor config; /* manifests */
	GPtrArray *layers;        /* manifests: struct descriptor * */
	GPtrArray *manifests;     /* indexes: struct descriptor * */
};

struct manifest *manifest_parse(const void *data, size_t size_bytes, GError **error);
void manifest_free(struct manifest *manifest);
#define automanifest __attribute__((cleanup(manifest_cleanup)))
void manifest_cleanup(struct manifest **manifest);

/* Fills in kind and compression of a layer by its media type; one that cannot be read is an error
 * that names it. */
bool manifest_layer_type(const char *media_type, enum compression *ret_compression, GError **error);
