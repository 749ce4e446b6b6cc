/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An inventory as a document: SPDX 2.3, SPDX 3.0.1, CycloneDX 1.5 to 1.7. Pure functions: the same
 * inventory, image and time give the same bytes (by json_format_pretty), wherever the image lies.
 *
 *     struct document_about about = {.image = image, .created = epoch};
 *     json_t *document = document_make(DOCUMENT_CYCLONEDX, inventory, &about);
 *
 * Each has every file of the inventory, under its owner or, unowned, under the image, and says that
 * this is complete. Names of documents are derived from the image's digest. Licenses are not
 * asserted: what metadata say of them is quoted. docs/sbom.md has the fields.
 */
#pragma once

#include "evidence/inventory.h"

enum document_format { DOCUMENT_SPDX, DOCUMENT_SPDX3, DOCUMENT_CYCLONEDX };

struct document_about {
	const struct image *image;
	int64_t created;               /* seconds since the epoch; 0 and later */
	const char *cyclonedx_version; /* "1.5", "1.6" or "1.7"; NULL: 1.6 */
};

/* "spdx", "spdx3", "cyclonedx". */
bool document_format_parse(const char *text, enum document_format *ret_format, GError **error);
/* Whether @text is one of the versions that cyclonedx_version takes. */
bool document_cyclonedx_version_check(const char *text, GError **error);

/* Whether documents of @format need SHA-1 of every file (struct inventory_options). */
bool document_needs_sha1(enum document_format format);

/* Its media type, for a layer that holds it. */
const char *document_media_type(enum document_format format);

/* Caller owns. */
json_t *document_make(enum document_format format, const struct inventory *inventory,
		      const struct document_about *about);

/* How many files @document lists, counted in it alone: for recounting against the layers. */
size_t document_count_files(enum document_format format, const json_t *document);

/* Calls @each for every file that @document lists, in its order: its path, and its SHA-256 in hex
 * or NULL where it has none. Both are as they stand there, and borrowed. */
void document_each_file(enum document_format format, const json_t *document,
			void (*each)(const char *path, const char *sha256, void *user), void *user);

/* Whether it says that thresh made it, and so lists every file of its image. */
bool document_is_ours(enum document_format format, const json_t *document);
