/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ruby's units: the standard library of the version that was used, whole; the whole gem of which a
 * file was used, with its specification, compiled parts, and the gems that it depends on; and gems
 * that `require` names.
 */
#include "base/path.h"
#include "cut/content.h"
#include "cut/cut.h"

#include <fnmatch.h>
#include <string.h>

enum { SOURCE_MAX_BYTES = 4 << 20, NAME_BYTES = 200 };

static bool is_library(const struct node *node)
{
	return (node->parent && strcmp(node->parent->name, "ruby") == 0 &&
		(node_child(node, "set.rb") || node_child(node, "rubygems.rb"))) ||
	       strcmp(node->name, "vendor_ruby") == 0;
}

/* A directory that has `gems` and `specifications`. */
static bool is_gem_home(const struct node *node)
{
	return node_child(node, "gems") && node_child(node, "specifications");
}

static void keep_gem(struct cut *cut, const struct node *gem, const char *via);

/* Every version of the gem @name in @home. */
static void keep_gem_named(struct cut *cut, const struct node *home, const char *name,
			   const char *via)
{
	const struct node *gems = node_child(home, "gems");
	g_autoptr(GPtrArray) children =
		gems && gems->type == NODE_DIRECTORY ? node_children(gems) : g_ptr_array_new();
	size_t length = strlen(name);

	for (guint i = 0; i < children->len; i++) {
		const struct node *child = children->pdata[i];

		if (strncmp(child->name, name, length) == 0 && child->name[length] == '-' &&
		    g_ascii_isdigit(child->name[length + 1]))
			keep_gem(cut, child, via);
	}
}

/* Specification#to_ruby: s.add_runtime_dependency(%q<rack>.freeze, [">= 1"]) */
static void keep_dependencies(struct cut *cut, const struct node *home, const struct node *node)
{
	g_autofree char *text = content_read_text(cut->tree, node, SOURCE_MAX_BYTES);
	g_autofree char *via = node_path(node);

	for (const char *at = text; at && (at = strstr(at, "_dependency("));) {
		bool development = at - text >= 11 && strncmp(at - 11, "development", 11) == 0;
		size_t length;

		at += strlen("_dependency(");
		at += strcspn(at, "<\"'\n");
		if (*at == '\0' || *at == '\n' || development)
			continue;
		length = strcspn(at + 1, ">\"'\n");
		if (length > 0 && length <= NAME_BYTES) {
			g_autofree char *name = g_strndup(at + 1, length);

			keep_gem_named(cut, home, name, via);
		}
	}
}

static void keep_specification(struct cut *cut, const struct node *home, const char *gem,
			       const char *via)
{
	g_autofree char *name = g_strconcat(gem, ".gemspec", NULL);
	const struct node *specifications = node_child(home, "specifications");
	const struct node *places[] = {specifications, node_child(specifications, "default")};

	for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
		const struct node *node = places[i] && places[i]->type == NODE_DIRECTORY
						  ? node_child(places[i], name)
						  : NULL;

		if (node && cut_keep(cut, node, "closure:ruby", via))
			keep_dependencies(cut, home, node);
	}
}

/* extensions/PLATFORM/API/GEM */
static void keep_extensions(struct cut *cut, const struct node *home, const char *gem,
			    const char *via)
{
	const struct node *extensions = node_child(home, "extensions");
	g_autoptr(GPtrArray) platforms = extensions && extensions->type == NODE_DIRECTORY
						 ? node_children(extensions)
						 : g_ptr_array_new();

	for (guint i = 0; i < platforms->len; i++) {
		const struct node *platform = platforms->pdata[i];
		g_autoptr(GPtrArray) versions = platform->type == NODE_DIRECTORY
							? node_children(platform)
							: g_ptr_array_new();

		for (guint j = 0; j < versions->len; j++) {
			const struct node *version = versions->pdata[j];
			const struct node *built =
				version->type == NODE_DIRECTORY ? node_child(version, gem) : NULL;

			if (built)
				cut_keep_below(cut, built, "closure:ruby", via);
		}
	}
}

static void keep_gem(struct cut *cut, const struct node *gem, const char *via)
{
	const struct node *home = gem->parent->parent;

	if (!g_hash_table_add(cut->units, (gpointer)gem))
		return;
	cut_keep_below(cut, gem, "closure:ruby", via);
	if (!home || !is_gem_home(home))
		return;
	keep_specification(cut, home, gem->name, via);
	keep_extensions(cut, home, gem->name, via);
}

/* The specifications of the default gems belong to the standard library: rubygems reads them all.
 */
static void keep_library(struct cut *cut, const struct node *library, const char *via)
{
	const struct node *gems = node_child(library->parent, "gems");
	const struct node *home =
		gems && gems->type == NODE_DIRECTORY ? node_child(gems, library->name) : NULL;
	const struct node *specifications =
		home && home->type == NODE_DIRECTORY ? node_child(home, "specifications") : NULL;
	const struct node *defaults = specifications && specifications->type == NODE_DIRECTORY
					      ? node_child(specifications, "default")
					      : NULL;

	cut_keep_below(cut, library, "closure:ruby", via);
	if (defaults)
		cut_keep_below(cut, defaults, "closure:ruby", via);
}

static bool visit_home(struct node *node, const char *path, void *user)
{
	(void)path;
	if (node->type == NODE_DIRECTORY && node->children && is_gem_home(node))
		g_ptr_array_add(user, node);
	return true;
}

static void scan_source(struct cut *cut, const GPtrArray *homes, const struct node *node)
{
	g_autofree char *text = content_read_text(cut->tree, node, SOURCE_MAX_BYTES);
	g_autofree char *via = node_path(node);

	for (const char *at = text; at && (at = strstr(at, "require"));) {
		size_t length;

		at += strlen("require");
		at += strspn(at, " (");
		if (*at != '"' && *at != '\'')
			continue;
		length = strcspn(at + 1, "\"'\n/");
		if (length == 0 || length > NAME_BYTES)
			continue;
		g_autofree char *name = g_strndup(at + 1, length);
		for (guint i = 0; i < homes->len; i++)
			keep_gem_named(cut, homes->pdata[i], name, via);
	}
}

static void look_at_node(struct cut *cut, const GPtrArray *homes, const struct node *node)
{
	const struct node *child = node;

	for (const struct node *at = node->parent; at && at->parent; child = at, at = at->parent) {
		g_autofree char *via = NULL;

		if (is_library(at) && g_hash_table_add(cut->units, (gpointer)at)) {
			via = node_path(node);
			keep_library(cut, at, via);
			break;
		}
		if (strcmp(at->name, "gems") == 0 && is_gem_home(at->parent) && child != node) {
			via = node_path(node);
			keep_gem(cut, child, via);
			break;
		}
	}
	if (g_str_has_suffix(node->name, ".rb") || g_str_has_suffix(node->name, ".ru") ||
	    strcmp(node->name, "Gemfile") == 0)
		scan_source(cut, homes, node);
}

static bool has_interpreter(const struct cut *cut)
{
	for (guint i = 0; i < cut->order->len; i++) {
		const struct node *node = cut->order->pdata[i];

		if (node->type == NODE_FILE && (g_str_has_prefix(node->name, "ruby") ||
						g_str_has_prefix(node->name, "libruby")))
			return true;
	}
	return false;
}

void ruby_extend(struct cut *cut)
{
	g_autoptr(GPtrArray) homes = NULL;

	if (cut->ruby >= cut->order->len || !has_interpreter(cut))
		return;
	homes = g_ptr_array_new();
	node_walk(cut->tree->root, visit_home, homes);
	for (; cut->ruby < cut->order->len; cut->ruby++) {
		const struct node *node = cut->order->pdata[cut->ruby];

		if (node->type == NODE_FILE)
			look_at_node(cut, homes, node);
	}
}
