/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Choosing one image where a layout or an archive holds several: by name, then by platform.
 */
#pragma once

#include "image/manifest.h"
#include "image/source.h"

struct selection {
	char *name; /* as found inside, or NULL */
	struct digest manifest_digest;
	struct manifest *manifest;
	struct image_config *config;
};
void selection_clear(struct selection *selection);

/* From an OCI layout's index.json: @name NULL stands for the only image there is. */
bool select_from_layout(const struct image_source *source, const char *name,
			const struct platform *platform, struct selection *ret_selection,
			GError **error);

/* The descriptor that an OCI layout's index.json has under @name (NULL: of the only image),
 * whatever its platforms; a new JSON object. */
json_t *select_descriptor(const struct image_source *source, const char *name, GError **error);

/* From a docker archive's manifest.json; its blobs are made known to @source. */
bool select_from_docker(struct image_source *source, const char *name,
			const struct platform *platform, struct selection *ret_selection,
			GError **error);

/* Whether a descriptor's media type (NULL: none) says that it is of an index, OCI's or Docker's. */
bool select_says_index(const char *media_type);

/* How well @have, a name inside, fits @want: 0 the same, 1 the same in full ("docker.io/library/…",
 * ":latest"), 2 @want is its tag, -1 not. */
int select_match_name(const char *have, const char *want);

/* Whether an image of that platform is one that @want asks for. */
bool select_match_platform(const struct platform *want, const char *os, const char *architecture,
			   const char *variant);
char *select_format_platform(const char *os, const char *architecture, const char *variant);
