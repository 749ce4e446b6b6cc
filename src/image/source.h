/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the blobs of an image come from: a layout directory, an archive read in place, or a
 * registry (remote.h), whose blobs are fetched when they are asked for.
 *
 * Content is named by digest; a docker archive, which names files, gets its digests from
 * source_add_blob. What is read whole is checked against digest and size here; layers are checked
 * as they are read (layer.h).
 */
#pragma once

#include "base/digest.h"
#include "base/json.h"
#include "image/reference.h"
#include "image/remote.h"

#include <stdbool.h>
#include <stdint.h>

struct image_source;

/* @remote: who knows registries, or NULL; @store_fd: where it brings blobs to (remote.h). Both are
 * borrowed for as long as the source is open. */
struct image_source *source_open(const struct reference *reference,
				 const struct image_remote *remote, int store_fd, GError **error);
void source_free(struct image_source *source);
#define autosource __attribute__((cleanup(source_cleanup)))
void source_cleanup(struct image_source **source);

/* Whether it has a file of that name, relative to the layout or archive. */
bool source_has(const struct image_source *source, const char *name);

/* Its blobs are far away: to look at one is to fetch it. */
bool source_is_remote(const struct image_source *source);

/* A descriptor at the first byte of the file, with its window; -1 with @error. */
int source_open_file(const struct image_source *source, const char *name, uint64_t *ret_offset,
		     uint64_t *ret_size_bytes, GError **error);

/* The whole file, at most @max_bytes. Caller unrefs. */
GBytes *source_read_file(const struct image_source *source, const char *name, size_t max_bytes,
			 GError **error);

/* From now on the blob of that digest is the file @name. */
void source_add_blob(struct image_source *source, const struct digest *digest, const char *name);

/* The blob as a window; not checked yet but for its existence. */
int source_open_blob(const struct image_source *source, const struct digest *digest,
		     uint64_t *ret_offset, uint64_t *ret_size_bytes, GError **error);

/* The whole blob, checked. @size_bytes: as its descriptor says, or -1. Caller unrefs. */
GBytes *source_read_blob(const struct image_source *source, const struct digest *digest,
			 int64_t size_bytes, size_t max_bytes, GError **error);

/* What refers to the document @subject (image-spec manifest.md, `subject`): the descriptors of
 * manifests, each with its artifactType, as a new JSON array. In a layout or archive: of those in
 * index.json. At most 1,000; more is an error. */
json_t *source_referrers(const struct image_source *source, const struct digest *subject,
			 GError **error);
