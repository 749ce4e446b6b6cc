/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image whole, as it is copied: every document (manifests, indexes) byte for byte, the blobs
 * that they name, and what refers to them.
 *
 *     autobundle struct bundle *bundle = bundle_open("oci:app", &options, error);
 *     for (guint i = 0; i < bundle->documents->len; i++) …      // each after what it names
 *
 * Documents are read and checked; blobs are known by their descriptors, and are read from `source`.
 */
#pragma once

#include "image/image.h"
#include "image/source.h"

struct bundle_document {
	json_t *descriptor; /* mediaType, digest, size; of a referrer also artifactType, annotations
			     */
	json_t *json;
	GBytes *data;
	struct digest digest;
	struct digest subject; /* what a referrer refers to */
	bool is_referrer;
};

struct bundle_blob {
	struct digest digest;
	uint64_t size_bytes;
};

struct bundle {
	struct image_source *source;
	GPtrArray *documents; /* struct bundle_document *: blobs before their index, the
				 image before its referrers */
	const struct bundle_document *top; /* what was asked for: one of them */
	GPtrArray *blobs;                  /* struct bundle_blob *, each once */
	char *name;                        /* its tag, or NULL */
	char *repository;                  /* where it came from: a registry's, or NULL */
	struct image *image;               /* where one platform was chosen; else NULL */
};

struct bundle_options {
	const struct platform *platform; /* NULL: the host's */
	bool all_platforms;              /* the whole index */
	bool without_referrers;
	const struct image_limits *limits;
	int store_fd; /* where a registry's blobs are brought to (remote.h), or -1 */
};

/* Opens the image at @reference and reads its documents. */
struct bundle *bundle_open(const char *reference, const struct bundle_options *options,
			   GError **error);

void bundle_free(struct bundle *bundle);
#define autobundle __attribute__((cleanup(bundle_cleanup)))
void bundle_cleanup(struct bundle **bundle);
