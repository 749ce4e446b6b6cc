/* SPDX-License-Identifier: Apache-2.0 */
/*
 * harden --vulnerabilities: the data, read before anything is run, and what they come to for the
 * image that was made (docs/vex.md).
 *
 *     session->vex = harden_vex_open(request, image, tree, error);
 *     harden_vex_add(session->vex, image, inventory, files, statements);
 */
#pragma once

#include "evidence/vex.h"

struct harden_vex {
	struct inventory *source;
	struct vulnerabilities *data;
};

/* Reads the files at @paths (char *), of what is in the source image alone. */
struct harden_vex *harden_vex_open(const GPtrArray *paths, const struct image *image,
				   const struct tree *tree, GError **error);
void harden_vex_free(struct harden_vex *vex);

/* Of the sealed image: vex.openvex.json (where there is a statement) and vex.cdx.json to @files
 * (struct out_file *), the same to @statements (json_t *); each may be NULL. Answers what they come
 * to in a line; caller frees. */
char *harden_vex_add(const struct harden_vex *vex, const struct inventory *sealed,
		     const struct document_about *about, GPtrArray *files, GPtrArray *statements);
