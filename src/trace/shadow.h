/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shadow: the image's tree as the application has changed it so far. Nodes are made as they are
 * touched; a node that came from the image knows its original, wherever it was renamed to.
 */
#pragma once

#include "image/tree.h"

#include <glib.h>
#include <stdbool.h>

struct shadow {
	struct shadow *parent; /* NULL for the root alone */
	char *name;
	const struct node *original; /* NULL: made by the application */
	enum node_type type;
	char *target; /* symlinks: borrowed from the original, or owned */
	char *owned_target;
	GHashTable *children; /* name → struct shadow *; NULL where none was touched */
	bool gone;            /* it was in the image and was removed or renamed away */
	bool changed;         /* content written by the application */
};

struct shadow *shadow_new(const struct tree *tree);
void shadow_free(struct shadow *root);

/* The child now, or NULL. @ret_gone (may be NULL): whether the application took it away. */
struct shadow *shadow_child(struct shadow *directory, const char *name, bool *ret_gone);
/* Adds a node that the application made, in place of what was there. */
struct shadow *shadow_make(struct shadow *directory, const char *name, enum node_type type);
/* A second name of @source. */
struct shadow *shadow_link(struct shadow *directory, const char *name, const struct shadow *source);
/* Takes the node away, with all below. */
void shadow_remove(struct shadow *node);
/* Moves the node; what had the name goes. */
void shadow_move(struct shadow *node, struct shadow *directory, const char *name);
/* What was taken away is there after all. */
void shadow_restore(struct shadow *directory, const char *name);
bool shadow_is_empty(struct shadow *directory);
bool shadow_is_below(const struct shadow *node, const struct shadow *directory);

/* Where it lies in the image, or where the application made it. Caller frees. */
char *shadow_path(const struct shadow *node);
