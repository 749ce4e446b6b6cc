/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Node's units: what the runtime itself loads lazily from outside (distributions take undici, acorn
 * and others out of the binary), whole packages of which a file was used, and what `require` and
 * `import` name. Source: "Modules" in Node's documentation (nodejs.org/api/modules.html).
 */
#include "base/json.h"
#include "base/path.h"
#include "cut/content.h"
#include "cut/cut.h"

#include <fnmatch.h>
#include <string.h>

enum { SOURCE_MAX_BYTES = 8 << 20, DEPENDENCY_DEPTH = 16, NAME_BYTES = 214 };

static const char *const global_directories[] = {
	"/usr/share/nodejs",
	"/usr/lib/nodejs",
	"/usr/lib/node_modules",
	"/usr/local/lib/node_modules",
	"/usr/local/share/nodejs",
	"/usr/lib/x86_64-linux-gnu/nodejs",
	"/usr/lib/aarch64-linux-gnu/nodejs",
};

static bool is_global(const char *path)
{
	for (gsize i = 0; i < G_N_ELEMENTS(global_directories); i++) {
		if (path_is_below(path, global_directories[i]))
			return true;
	}
	return false;
}

static void keep_package(struct cut *cut, const struct node *package, const char *via);

/* The package @name, looked for beside @from and upwards, then where the distribution has them. */
static void keep_named(struct cut *cut, const struct node *from, const char *name, const char *via)
{
	const char *search = cut_environment(cut, "NODE_PATH");
	g_auto(GStrv) words = g_strsplit(search ? search : "", ":", -1);

	for (const struct node *at = from; at; at = at->parent) {
		const struct node *modules = node_child(at, "node_modules");
		g_autofree char *directory = modules ? node_path(modules) : NULL;
		g_autofree char *path = directory ? path_join(directory, name) : NULL;

		if (path && cut_resolve(cut, path)) {
			cut_keep_path(cut, path, "closure:node", via);
			keep_package(cut, cut_resolve(cut, path), via);
			return;
		}
	}
	for (guint i = 0; i < g_strv_length(words) + G_N_ELEMENTS(global_directories); i++) {
		guint count = g_strv_length(words);
		g_autofree char *path =
			path_join(i < count ? words[i] : global_directories[i - count], name);
		const struct node *node = path[0] == '/' ? cut_resolve(cut, path) : NULL;

		if (!node) {
			g_autofree char *file = g_strconcat(path, ".js", NULL);

			node = file[0] == '/' ? cut_resolve(cut, file) : NULL;
		}
		if (node) {
			keep_package(cut, node, via);
			return;
		}
	}
}

static void keep_dependencies(struct cut *cut, const struct node *package, const char *via)
{
	static const char *const members[] = {"dependencies", "optionalDependencies",
					      "peerDependencies"};
	const struct node *node = node_child(package, "package.json");
	autocontent struct content content = {0};
	autojson json_t *json = NULL;

	if (!content_open(cut->tree, node, JSON_MAX_BYTES, &content))
		return;
	json = json_parse(content.data, content.size_bytes, "package.json", NULL);
	for (gsize i = 0; json && i < G_N_ELEMENTS(members); i++) {
		json_t *object = json_object_at(json, members[i]), *value;
		const char *name;

		json_object_foreach (object, name, value) {
			if (strlen(name) <= NAME_BYTES && !strstr(name, ".."))
				keep_named(cut, package, name, via);
		}
	}
}

static void keep_package(struct cut *cut, const struct node *package, const char *via)
{
	g_autofree char *path = NULL;

	if (package->type != NODE_DIRECTORY) {
		cut_keep(cut, package, "closure:node", via);
		return;
	}
	if (!g_hash_table_add(cut->units, (gpointer)package))
		return;
	path = node_path(package);
	cut_keep_below(cut, package, "closure:node", via);
	keep_dependencies(cut, package, path);
}

/* What the distribution's packages of the runtime depend on, restricted to modules. */
static void keep_runtime_modules(struct cut *cut, const struct package *package, const char *via,
				 unsigned int depth)
{
	for (guint i = 0; i < package->depends->len && depth < DEPENDENCY_DEPTH; i++) {
		const struct package *next =
			package_db_find(cut->packages, package->depends->pdata[i]);
		bool found = false;

		for (guint j = 0; next && j < next->nodes->len; j++) {
			const struct node *node = next->nodes->pdata[j];
			g_autofree char *path = node_path(node);

			if (!is_global(path))
				continue;
			found |= !cut_keeps(cut, node) && cut_keep(cut, node, "closure:node", via);
		}
		if (found || (next && g_str_has_prefix(next->name, "libnode") && depth == 0))
			keep_runtime_modules(cut, next, via, depth + 1);
	}
}

static bool is_runtime(const struct node *node)
{
	return node->type == NODE_FILE &&
	       (strcmp(node->name, "node") == 0 || strcmp(node->name, "nodejs") == 0 ||
		g_str_has_prefix(node->name, "libnode.so"));
}

/* A module's name as it is written: relative ones are files beside, "node:" ones are built in. */
static void keep_import(struct cut *cut, const struct node *from, const char *text, size_t length,
			const char *via)
{
	g_autofree char *name = g_strndup(text, length);
	size_t first = strcspn(name, "/");

	if (length == 0 || length > NAME_BYTES || strpbrk(name, " \n\\${}:") || name[0] == '/')
		return;
	if (name[0] == '.') {
		static const char *const suffixes[] = {"",     ".js",   ".json",    ".mjs",
						       ".cjs", ".node", "/index.js"};
		g_autofree char *base = node_path(from);

		for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++) {
			g_autofree char *full = g_strconcat(name, suffixes[i], NULL);
			g_autofree char *path = path_clean(base, full);
			const struct node *node = cut_resolve(cut, path);

			if (node && node->type == NODE_FILE) {
				cut_keep_path(cut, path, "closure:node", via);
				return;
			}
		}
		return;
	}
	if (name[0] == '@' && name[first])
		first += 1 + strcspn(name + first + 1, "/");
	name[first] = '\0';
	keep_named(cut, from, name, via);
}

/* require("x"), import("x"), from "x", import "x": whatever stands behind one of these words. */
static void scan_source(struct cut *cut, const struct node *node, const char *text)
{
	static const char *const words[] = {"require", "import", "from"};
	g_autofree char *via = node_path(node);

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
		for (const char *at = text; (at = strstr(at, words[i]));) {
			size_t length;

			at += strlen(words[i]);
			if (g_str_has_prefix(at, ".resolve"))
				at += 8;
			at += strspn(at, " \t\n(");
			if (*at != '"' && *at != '\'' && *at != '`')
				continue;
			length = strcspn(at + 1, "\"'`\n");
			if (at[length + 1] == *at)
				keep_import(cut, node->parent, at + 1, length, via);
		}
	}
}

static bool is_source(const char *name)
{
	return g_str_has_suffix(name, ".js") || g_str_has_suffix(name, ".mjs") ||
	       g_str_has_suffix(name, ".cjs");
}

static void look_at_node(struct cut *cut, const struct node *node)
{
	const struct node *child = node;

	for (const struct node *at = node->parent; at; child = at, at = at->parent) {
		g_autofree char *via = NULL;

		/* a scope's directory ("@x") holds packages, it is none */
		if (strcmp(at->name, "node_modules") != 0 && at->name[0] != '@')
			continue;
		if (child->name[0] == '@' || child->name[0] == '.' || child == node)
			break;
		via = node_path(node);
		keep_package(cut, child, via);
		break;
	}
	if (is_source(node->name)) {
		g_autofree char *text = content_read_text(cut->tree, node, SOURCE_MAX_BYTES);

		if (text)
			scan_source(cut, node, text);
	}
}

void javascript_extend(struct cut *cut)
{
	bool runtime = false;
	guint count = cut->order->len;

	for (guint i = 0; i < count; i++) {
		const struct node *node = cut->order->pdata[i];
		const struct package *package;

		if (!is_runtime(node))
			continue;
		runtime = true;
		package = package_db_package_of(cut->packages, node);
		if (package) {
			g_autofree char *via = node_path(node);

			keep_runtime_modules(cut, package, via, 0);
		}
	}
	/* Without the runtime, JavaScript is something to serve. */
	for (; runtime && cut->javascript < cut->order->len; cut->javascript++) {
		const struct node *node = cut->order->pdata[cut->javascript];

		if (node->type == NODE_FILE)
			look_at_node(cut, node);
	}
}
