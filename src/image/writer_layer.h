/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which nodes of a production tree go into which layer, and the layers' tar streams.
 *
 * Entries come parents first, siblings by name. A layer holds its own nodes and, so that layers
 * compose wherever they are unpacked, every directory above them with its true attributes. Hard
 * links stay links inside a layer: the first name carries the content.
 *
 *     autoplan struct layer_plan *plan = layer_plan_new(production, 3, error);
 *     if (layer_plan_has(plan, 1))
 *             layer_plan_write(plan, 1, source, epoch, blob, error);
 */
#pragma once

#include "image/compress.h"
#include "image/tree.h"

#include <glib.h>
#include <stdbool.h>

enum { LAYER_PLAN_MAX_LAYERS = 64 };

struct layer_plan;

/* Borrows @production. Fails where a node is of a kind or name that no layer of ours may hold (a
 * device; a name that readers take for a whiteout, image-spec layer.md "Whiteouts"), or goes to a
 * layer at or above @layer_count. */
struct layer_plan *layer_plan_new(const struct tree *production, uint32_t layer_count,
				  GError **error);
void layer_plan_free(struct layer_plan *plan);
#define autoplan __attribute__((cleanup(layer_plan_cleanup)))
void layer_plan_cleanup(struct layer_plan **plan);

/* Whether anything goes into that layer; the root alone counts in layer 0 of an empty tree. */
bool layer_plan_has(const struct layer_plan *plan, uint32_t layer);

/* Equal fingerprints: equal tar streams (contents are compared by their digests). */
bool layer_plan_fingerprint(const struct layer_plan *plan, uint32_t layer, int64_t epoch,
			    struct digest *ret_fingerprint, GError **error);

/* Writes the tar stream; @source is the tree that the nodes' origins belong to. The caller finishes
 * @blob. */
bool layer_plan_write(const struct layer_plan *plan, uint32_t layer, const struct tree *source,
		      int64_t epoch, struct blob *blob, GError **error);
