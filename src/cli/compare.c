/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/compare.h"
#include "base/sorted.h"

#include "cut/packages.h"

#include <string.h>

static bool contents_equal(const struct node *a, const struct node *b)
{
	switch (a->type) {
	case NODE_FILE:
		return a->size_bytes == b->size_bytes && digest_equal(&a->digest, &b->digest);
	case NODE_SYMLINK:
		return !strcmp(a->target, b->target);
	case NODE_CHARACTER:
	case NODE_BLOCK:
		return a->device_major == b->device_major && a->device_minor == b->device_minor;
	case NODE_DIRECTORY:
	case NODE_FIFO:
		break;
	}
	return true;
}

static bool nodes_equal(const struct node *a, const struct node *b)
{
	return a->type == b->type && a->mode == b->mode && a->uid == b->uid && a->gid == b->gid &&
	       contents_equal(a, b);
}

struct walk {
	const struct tree *other;
	struct comparison_side *side;
	GPtrArray *alone;       /* paths that @other lacks */
	GPtrArray *changed;     /* or NULL */
	GHashTable *seen_links; /* link groups whose bytes were counted */
};

static void count_node(struct walk *walk, const struct node *node)
{
	if (node->type == NODE_DIRECTORY)
		return;
	walk->side->files++;
	if (node->link_group == 0 ||
	    g_hash_table_add(walk->seen_links, GUINT_TO_POINTER(node->link_group)))
		walk->side->bytes += node->size_bytes;
}

static bool visit(struct node *node, const char *path, void *user)
{
	struct walk *walk = user;
	const struct node *other = tree_lookup(walk->other, path);

	count_node(walk, node);
	if (!other)
		g_ptr_array_add(walk->alone, g_strdup(path));
	else if (walk->changed && node->parent && !nodes_equal(node, other))
		g_ptr_array_add(walk->changed, g_strdup(path));
	return true;
}

static void walk_side(const struct tree *tree, const struct tree *other,
		      struct comparison_side *side, GPtrArray *alone, GPtrArray *changed)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
	struct walk walk = {other, side, alone, changed, seen};

	node_walk(tree->root, visit, &walk);
}

static GPtrArray *names_of(GHashTable *set)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	GHashTableIter iterator;
	gpointer name;

	g_hash_table_iter_init(&iterator, set);
	while (g_hash_table_iter_next(&iterator, &name, NULL))
		g_ptr_array_add(names, g_strdup(name));
	g_ptr_array_sort(names, text_compare);
	return names;
}

/* Adds to @set the packages of @db of which @tree has a file. */
static void add_packages(const struct package_db *db, const struct tree *tree, GHashTable *set)
{
	for (guint i = 0; i < db->packages->len; i++) {
		const struct package *package = db->packages->pdata[i];

		for (guint j = 0; j < package->nodes->len; j++) {
			g_autofree char *path = node_path(package->nodes->pdata[j]);

			if (tree_lookup(tree, path)) {
				g_hash_table_add(set, g_strdup(package->name));
				break;
			}
		}
	}
}

static GHashTable *name_set_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static GPtrArray *names_without(const GPtrArray *names, GHashTable *set)
{
	GPtrArray *rest = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < names->len; i++) {
		if (!g_hash_table_contains(set, names->pdata[i]))
			g_ptr_array_add(rest, g_strdup(names->pdata[i]));
	}
	return rest;
}

static void compare_packages(struct comparison *comparison, const struct tree *a,
			     const struct tree *b)
{
	g_autoptr(GHashTable) in_a = name_set_new(), in_b = name_set_new();
	autopackages struct package_db *db_a = package_db_load(a), *db_b = package_db_load(b);

	add_packages(db_a, a, in_a);
	add_packages(db_a, b, in_b);
	add_packages(db_b, b, in_b);
	comparison->a.packages = names_of(in_a);
	comparison->b.packages = names_of(in_b);
	comparison->packages_removed = names_without(comparison->a.packages, in_b);
	comparison->packages_added = names_without(comparison->b.packages, in_a);
}

struct comparison *comparison_new(const struct tree *a, const struct tree *b)
{
	struct comparison *comparison = g_new0(struct comparison, 1);

	comparison->removed = g_ptr_array_new_with_free_func(g_free);
	comparison->added = g_ptr_array_new_with_free_func(g_free);
	comparison->changed = g_ptr_array_new_with_free_func(g_free);
	walk_side(a, b, &comparison->a, comparison->removed, comparison->changed);
	walk_side(b, a, &comparison->b, comparison->added, NULL);
	g_ptr_array_sort(comparison->removed, text_compare);
	g_ptr_array_sort(comparison->added, text_compare);
	g_ptr_array_sort(comparison->changed, text_compare);
	if (a->root_fd >= 0 && b->root_fd >= 0)
		compare_packages(comparison, a, b);
	return comparison;
}

void comparison_free(struct comparison *comparison)
{
	GPtrArray **lists[] = {
		&comparison->removed,          &comparison->added,          &comparison->changed,
		&comparison->packages_removed, &comparison->packages_added, &comparison->a.packages,
		&comparison->b.packages,
	};

	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
		g_clear_pointer(lists[i], g_ptr_array_unref);
	g_free(comparison);
}
