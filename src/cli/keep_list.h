/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keep list of a sealed image (docs/keepset.md): every path of the source with its verdict.
 *
 * It lies beside the image, in the same layout or archive, as an artifact that refers to it (OCI
 * image-spec, manifest.md "Guidelines for Artifact Usage"): artifactType
 * `application/vnd.thresh.keepset.v1+json`, subject the image's manifest, one layer that is the
 * JSON.
 */
#pragma once

#include "base/json.h"
#include "image/image.h"

#include <stdbool.h>

/* From @file (keepset.json of harden --out), or, where it is NULL, from what refers to @image.
 * Caller owns. THRESH_ERROR_INPUT where there is none. */
json_t *keep_list_load(const char *file, const struct image *image, GError **error);

/* The same, but that there is none is no error: *@ret_keep_list is NULL then. */
bool keep_list_try(const char *file, const struct image *image, json_t **ret_keep_list,
		   GError **error);

/* The entry of @path, borrowed, or NULL. @ret_kept: whether it was kept; written where there is
 * one. */
const json_t *keep_list_find(const json_t *keep_list, const char *path, bool *ret_kept);

/* What asked for @entry, what asked for that, and so on, as a new array. */
json_t *keep_list_chain(const json_t *keep_list, const json_t *entry);
