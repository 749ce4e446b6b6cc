/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is left in a sealed image of the components that its source had: by paths, and by content in
 * files that nothing owns. What was not seen in a trace is left as long as it is there.
 *
 *     autopresence struct presence *presence = presence_new(sealed, seal);
 *     enum component_left left = presence_of(presence, source, component);
 *
 * Code is what can be run or loaded: ELF files, scripts, archives and modules of languages,
 * anything that is executable. The rest is data and documents.
 */
#pragma once

#include "evidence/inventory.h"
#include "seal/seal.h"

/* Of several answers on one thing the last counts. */
enum component_left {
	LEFT_NOTHING, /* none of its files */
	LEFT_DATA,    /* files, but none of the code that it had */
	LEFT_UNKNOWN, /* which files it had is not known */
	LEFT_CODE,    /* code, or what it consists of */
};

struct presence;

/* @sealed is borrowed; @seal (may be NULL) says what moved to seeds, and is needed here alone. */
struct presence *presence_new(const struct inventory *sealed, const struct seal *seal);
void presence_free(struct presence *presence);
#define autopresence __attribute__((cleanup(presence_cleanup)))
void presence_cleanup(struct presence **presence);

/* What is left of @component of @source. */
enum component_left presence_of(const struct presence *presence, const struct inventory *source,
				const struct component *component);

/* The same component of the sealed image (type, names, version, architecture), or NULL. */
const struct component *presence_component(const struct presence *presence,
					   const struct component *component);

/* The files by which @component is there: those that it owns, else the one that it is compiled
 * into. Array of const struct node *, borrowed; caller unrefs. */
GPtrArray *component_nodes(const struct inventory *inventory, const struct component *component);

bool node_is_code(const struct tree *tree, const struct node *node);
