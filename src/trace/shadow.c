/* SPDX-License-Identifier: Apache-2.0 */
#include "trace/shadow.h"

#include "base/path.h"

void shadow_free(struct shadow *node)
{
	if (!node)
		return;
	if (node->children)
		g_hash_table_unref(node->children);
	g_free(node->owned_target);
	g_free(node->name);
	g_free(node);
}

static struct shadow *shadow_of(const struct node *original, const char *name)
{
	struct shadow *node = g_new0(struct shadow, 1);

	node->name = g_strdup(name);
	node->original = original;
	if (original) {
		node->type = original->type;
		node->target = original->target;
	}
	return node;
}

struct shadow *shadow_new(const struct tree *tree)
{
	return shadow_of(tree->root, "");
}

/* Puts @node at its name below @directory; what was there is freed. */
static void attach(struct shadow *directory, struct shadow *node)
{
	if (!directory->children)
		directory->children = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
							    (GDestroyNotify)shadow_free);
	node->parent = directory;
	g_hash_table_replace(directory->children, node->name, node);
}

static const struct node *original_child(const struct shadow *directory, const char *name)
{
	if (!directory->original || directory->original->type != NODE_DIRECTORY)
		return NULL;
	return node_child(directory->original, name);
}

struct shadow *shadow_child(struct shadow *directory, const char *name, bool *ret_gone)
{
	struct shadow *node =
		directory->children ? g_hash_table_lookup(directory->children, name) : NULL;
	const struct node *original;

	if (ret_gone)
		*ret_gone = node && node->gone;
	if (node)
		return node->gone ? NULL : node;
	original = original_child(directory, name);
	if (!original)
		return NULL;
	node = shadow_of(original, name);
	attach(directory, node);
	return node;
}

struct shadow *shadow_make(struct shadow *directory, const char *name, enum node_type type)
{
	struct shadow *node = shadow_of(NULL, name);

	node->type = type;
	node->changed = true;
	attach(directory, node);
	return node;
}

struct shadow *shadow_link(struct shadow *directory, const char *name, const struct shadow *source)
{
	struct shadow *node = shadow_of(source->original, name);

	node->type = source->type;
	node->changed = source->changed;
	if (source->owned_target)
		node->target = node->owned_target = g_strdup(source->owned_target);
	attach(directory, node);
	return node;
}

/* Leaves a mark where the image has the name, so that it does not show through. */
static void leave(struct shadow *directory, const char *name)
{
	if (original_child(directory, name)) {
		struct shadow *mark = shadow_of(NULL, name);

		mark->gone = true;
		attach(directory, mark);
	}
}

void shadow_remove(struct shadow *node)
{
	struct shadow *directory = node->parent;
	g_autofree char *name = g_strdup(node->name);

	g_hash_table_remove(directory->children, name);
	leave(directory, name);
}

void shadow_move(struct shadow *node, struct shadow *directory, const char *name)
{
	struct shadow *from = node->parent;
	g_autofree char *old = g_strdup(node->name);

	g_hash_table_steal(from->children, old);
	leave(from, old);
	g_free(node->name);
	node->name = g_strdup(name);
	attach(directory, node);
}

void shadow_restore(struct shadow *directory, const char *name)
{
	struct shadow *node =
		directory->children ? g_hash_table_lookup(directory->children, name) : NULL;

	if (node && node->gone)
		g_hash_table_remove(directory->children, name);
}

bool shadow_is_empty(struct shadow *directory)
{
	GHashTableIter iter;
	gpointer name, value;

	if (directory->children) {
		g_hash_table_iter_init(&iter, directory->children);
		while (g_hash_table_iter_next(&iter, NULL, &value))
			if (!((struct shadow *)value)->gone)
				return false;
	}
	if (!directory->original || !directory->original->children)
		return true;
	g_hash_table_iter_init(&iter, directory->original->children);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		if (!directory->children || !g_hash_table_contains(directory->children, name))
			return false;
	return true;
}

bool shadow_is_below(const struct shadow *node, const struct shadow *directory)
{
	for (; node; node = node->parent)
		if (node == directory)
			return true;
	return false;
}

char *shadow_path(const struct shadow *node)
{
	g_autofree char *parent = NULL;

	if (node->original)
		return node_path(node->original);
	if (!node->parent)
		return g_strdup("/");
	parent = shadow_path(node->parent);
	return path_join(parent, node->name);
}
