/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PHP's units: the directory of extensions and its configuration whole (conf.d says what is loaded,
 * and is read at every start), and below /usr/share/php the library of which a file was used.
 */
#include "base/path.h"
#include "cut/cut.h"

#include <fnmatch.h>
#include <string.h>

static bool is_extension_directory(const struct node *node)
{
	return node->parent && (fnmatch("no-debug-*", node->name, 0) == 0 ||
				(strcmp(node->parent->name, "php") == 0 &&
				 fnmatch("20[0-9]*", node->name, 0) == 0) ||
				(fnmatch("php*", node->parent->name, 0) == 0 &&
				 strcmp(node->name, "modules") == 0));
}

static void keep_configuration(struct cut *cut, const char *via)
{
	static const char *const paths[] = {"/usr/local/etc/php", "/etc/php",    "/etc/php81",
					    "/etc/php82",         "/etc/php83",  "/etc/php84",
					    "/etc/php.d",         "/etc/php.ini"};

	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
		const struct node *node = cut_resolve(cut, paths[i]);

		if (node && g_hash_table_add(cut->units, (gpointer)node))
			cut_keep_below(cut, node, "closure:php", via);
	}
}

static bool is_interpreter(const struct node *node)
{
	return node->type == NODE_FILE &&
	       (fnmatch("php[0-9]*", node->name, 0) == 0 || strcmp(node->name, "php") == 0 ||
		g_str_has_prefix(node->name, "php-fpm") || g_str_has_prefix(node->name, "libphp"));
}

static void look_at_node(struct cut *cut, const struct node *node)
{
	g_autofree char *via = node_path(node);
	const struct node *child = node;

	if (is_interpreter(node) && cut_touched(cut, node, PATH_EXEC | PATH_MAP_EXEC)) {
		keep_configuration(cut, via);
	}
	if (is_extension_directory(node->parent) && g_str_has_suffix(node->name, ".so") &&
	    g_hash_table_add(cut->units, node->parent))
		cut_keep_below(cut, node->parent, "closure:php", via);
	for (const struct node *at = node->parent; at && at->parent; child = at, at = at->parent) {
		if (strcmp(at->name, "php") == 0 && strcmp(at->parent->name, "share") == 0 &&
		    g_hash_table_add(cut->units, (gpointer)child))
			cut_keep_below(cut, child, "closure:php", via);
	}
}

void php_extend(struct cut *cut)
{
	for (; cut->php < cut->order->len; cut->php++) {
		const struct node *node = cut->order->pdata[cut->php];

		if (node->type == NODE_FILE && node->parent->parent)
			look_at_node(cut, node);
	}
}
