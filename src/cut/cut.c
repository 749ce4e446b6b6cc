/* SPDX-License-Identifier: Apache-2.0 */
#include "cut/cut.h"

#include "base/path.h"

#include <stdarg.h>
#include <string.h>

bool cut_keeps(const struct cut *cut, const struct node *node)
{
	return !node->parent || g_hash_table_contains(cut->kept, node);
}

static void add_verdict(struct cut *cut, const struct node *node, char *path, const char *reason,
			const char *via)
{
	struct verdict *verdict = g_new0(struct verdict, 1);

	verdict->keep = true;
	verdict->reason = g_strdup(reason);
	verdict->via = via && strcmp(via, path) != 0 ? g_strdup(via) : NULL;
	g_hash_table_insert(cut->keepset->verdicts, path, verdict);
	g_hash_table_insert(cut->kept, (gpointer)node, verdict);
	g_ptr_array_add(cut->order, (gpointer)node);
}

/* Set-id programs stay only where somebody asked for them; sealing takes the bit away. */
static bool was_asked_for(const char *reason)
{
	return g_str_has_prefix(reason, "trace:") || g_str_has_prefix(reason, "rule:") ||
	       g_str_has_prefix(reason, "replay:");
}

static bool may_keep(struct cut *cut, const struct node *node, const char *reason)
{
	if (node->type == NODE_DIRECTORY)
		return true;
	if (node->type == NODE_CHARACTER || node->type == NODE_BLOCK)
		return false;
	if (programs_kind(cut->programs, node) != PROGRAM_OTHER)
		return false;
	return !(node->type == NODE_FILE && node->mode & 06000) || was_asked_for(reason);
}

bool cut_keep(struct cut *cut, const struct node *node, const char *reason, const char *via)
{
	char *path;

	if (cut_keeps(cut, node))
		return true;
	if (!may_keep(cut, node, reason))
		return false;
	path = node_path(node);
	add_verdict(cut, node, path, reason, via);
	for (const struct node *parent = node->parent; parent && !cut_keeps(cut, parent);
	     parent = parent->parent)
		add_verdict(cut, parent, node_path(parent), "closure:parent", path);
	return true;
}

bool cut_keep_path(struct cut *cut, const char *path, const char *reason, const char *via)
{
	g_autoptr(GPtrArray) links = g_ptr_array_new();
	const struct node *node = tree_resolve(cut->tree, path, true, links, NULL);

	if (!node || !may_keep(cut, node, reason))
		return false;
	for (guint i = 0; i < links->len; i++)
		cut_keep(cut, links->pdata[i], "closure:symlink", via ? via : path);
	return cut_keep(cut, node, reason, via);
}

void cut_keep_below(struct cut *cut, const struct node *node, const char *reason, const char *via)
{
	g_autoptr(GPtrArray) children = NULL;

	if (node->parent)
		cut_keep(cut, node, reason, via);
	if (node->type != NODE_DIRECTORY)
		return;
	children = node_children(node);
	for (guint i = 0; i < children->len; i++)
		cut_keep_below(cut, children->pdata[i], reason, via);
}

const struct node *cut_resolve(const struct cut *cut, const char *path)
{
	return tree_resolve(cut->tree, path, true, NULL, NULL);
}

const struct node *cut_directory(const struct cut *cut, const char *path)
{
	const struct node *node = cut_resolve(cut, path);

	return node && node->type == NODE_DIRECTORY ? node : NULL;
}

void cut_note(struct cut *cut, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_ptr_array_add(cut->keepset->notes, g_strdup_vprintf(format, arguments));
	va_end(arguments);
}

const char *cut_environment(const struct cut *cut, const char *name)
{
	const struct image_config *config = cut->options->config;
	size_t length = strlen(name);

	for (guint i = 0; config && i < config->environment->len; i++) {
		const char *text = config->environment->pdata[i];

		if (strncmp(text, name, length) == 0 && text[length] == '=')
			return text + length + 1;
	}
	return NULL;
}

bool cut_touched(const struct cut *cut, const struct node *node, uint32_t classes)
{
	g_autofree char *path = node_path(node);

	return profile_path_classes(cut->profile, path) & classes;
}

enum { PACKAGES_DEPTH_MAX = 16 };

static void keep_package_below(struct cut *cut, const struct package *package, const char *prefix,
			       const char *reason, const char *via, unsigned int depth)
{
	bool found = false;

	for (guint i = 0; i < package->nodes->len; i++) {
		const struct node *node = package->nodes->pdata[i];
		g_autofree char *path = node_path(node);

		if (path_is_below(path, prefix) && !cut_keeps(cut, node))
			found |= cut_keep(cut, node, reason, via);
	}
	for (guint i = 0; found && i < package->depends->len && depth < PACKAGES_DEPTH_MAX; i++) {
		const struct package *next =
			package_db_find(cut->packages, package->depends->pdata[i]);

		if (next)
			keep_package_below(cut, next, prefix, reason, via, depth + 1);
	}
}

void cut_keep_package_below(struct cut *cut, const struct package *package, const char *prefix,
			    const char *reason, const char *via)
{
	keep_package_below(cut, package, prefix, reason, via, 0);
}
