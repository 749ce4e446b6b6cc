/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Java's units: the whole home of the virtual machine that was used, but what only its developers
 * need (jmods, sources, headers, demos, tools), with what its links lead to; and of the
 * distribution's jars, those of the packages of which one was used.
 */
#include "base/path.h"
#include "cut/cut.h"

#include <string.h>

/* The home of the virtual machine that @node lies in, or NULL. */
static const struct node *find_home(const struct node *node)
{
	for (const struct node *at = node->parent; at && at->parent; at = at->parent) {
		const struct node *lib = node_child(at, "lib");

		if (lib && lib->type == NODE_DIRECTORY && lib->children &&
		    (node_child(lib, "modules") || node_child(lib, "rt.jar") ||
		     node_child(lib, "jvm.cfg") || node_child(lib, "server")) &&
		    (node_child(at, "release") || node_child(at, "bin")) &&
		    strcmp(at->name, "usr") != 0)
			return at;
	}
	return NULL;
}

static bool is_for_developers(const struct node *node)
{
	static const char *const names[] = {"jmods",   "man",    "demo", "sample", "include",
					    "src.zip", "ct.sym", "bin",  "legal",  "docs"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		if (strcmp(node->name, names[i]) == 0)
			return true;
	}
	return false;
}

static void keep_home_below(struct cut *cut, const struct node *directory, const char *via,
			    unsigned int depth)
{
	g_autoptr(GPtrArray) children = node_children(directory);

	for (guint i = 0; i < children->len && depth < 16; i++) {
		const struct node *child = children->pdata[i], *target;

		if (is_for_developers(child))
			continue;
		cut_keep(cut, child, "closure:java", via);
		if (child->type == NODE_DIRECTORY) {
			keep_home_below(cut, child, via, depth + 1);
		} else if (child->type == NODE_SYMLINK) {
			g_autofree char *path = node_path(child);

			target = cut_directory(cut, path);
			if (target && target->parent)
				cut_keep_below(cut, target, "closure:java", path);
		}
	}
}

void java_extend(struct cut *cut)
{
	for (; cut->java < cut->order->len; cut->java++) {
		const struct node *node = cut->order->pdata[cut->java];
		const struct node *home =
			node->type == NODE_FILE &&
					cut_touched(cut, node,
						    PATH_EXEC | PATH_OPEN | PATH_MAP_EXEC)
				? find_home(node)
				: NULL;
		const struct package *package = package_db_package_of(cut->packages, node);
		g_autofree char *via = NULL;

		if (home && g_hash_table_add(cut->units, (gpointer)home)) {
			via = node_path(node);
			keep_home_below(cut, home, via, 0);
		}
		if (package && g_str_has_suffix(node->name, ".jar")) {
			via = via ? via : node_path(node);
			cut_keep_package_below(cut, package, "/usr/share/java", "closure:java",
					       via);
		}
	}
}
