/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/presence.h"

#include "cut/content.h"
#include "evidence/inventory_private.h"

#include <string.h>

struct presence {
	const struct inventory *sealed;
	GHashTable *paths;      /* char *, as the source had it → const struct inventory_file * */
	GHashTable *compiled;   /* set of char *: /x/y.py for /x/__pycache__/y.cpython-311.pyc */
	GHashTable *contents;   /* const struct digest * of files that nothing owns, not empty */
	GHashTable *components; /* char *identity → const struct component * */
};

/* What a component is, wherever it was found. Caller frees. */
static char *identity_of(const struct component *component)
{
	const struct package *package = component->package;

	return g_strdup_printf("%s\n%s\n%s\n%s\n%s", component->type,
			       component->namespace ? component->namespace : "", component->name,
			       component->version, package ? package->architecture : "");
}

/* Python's cache of a module (PEP 3147), which holds the module's code under no package's name:
 * notes where the module would lie. */
static void note_compiled(struct presence *presence, const char *path)
{
	static const char cache[] = "/__pycache__/";
	const char *at = g_str_has_suffix(path, ".pyc") ? strstr(path, cache) : NULL;
	const char *name = at ? at + strlen(cache) : NULL;

	if (name)
		g_hash_table_add(presence->compiled,
				 g_strdup_printf("%.*s/%.*s.py", (int)(at - path), path,
						 (int)strcspn(name, "."), name));
}

struct presence *presence_new(const struct inventory *sealed, const struct seal *seal)
{
	struct presence *presence = g_new0(struct presence, 1);

	presence->sealed = sealed;
	presence->paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	presence->compiled = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	presence->contents = g_hash_table_new(digest_hash, digest_hash_equal);
	presence->components = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; i < sealed->files->len; i++) {
		const struct inventory_file *file = sealed->files->pdata[i];

		g_hash_table_insert(presence->paths, inventory_source_path(seal, file->path),
				    (gpointer)file);
		note_compiled(presence, file->path);
		/* what another component has of the same content is that component's */
		if (!file->owner && file->node->type == NODE_FILE && file->node->size_bytes > 0)
			g_hash_table_add(presence->contents, (gpointer)&file->node->digest);
	}
	for (guint i = 0; i < sealed->components->len; i++) {
		const struct component *component = sealed->components->pdata[i];

		g_hash_table_insert(presence->components, identity_of(component),
				    (gpointer)component);
	}
	return presence;
}

void presence_free(struct presence *presence)
{
	if (!presence)
		return;
	g_hash_table_unref(presence->paths);
	g_hash_table_unref(presence->compiled);
	g_hash_table_unref(presence->contents);
	g_hash_table_unref(presence->components);
	g_free(presence);
}

void presence_cleanup(struct presence **presence)
{
	presence_free(*presence);
}

const struct component *presence_component(const struct presence *presence,
					   const struct component *component)
{
	g_autofree char *identity = identity_of(component);

	return g_hash_table_lookup(presence->components, identity);
}

/* --- files ---------------------------------------------------------------------------------------
 */

/* What a component that owns no file is compiled into: "/app.jar!/BOOT-INF/lib/x.jar" is in
 * /app.jar. */
static const struct node *container_of(const struct inventory *inventory,
				       const struct component *component)
{
	const char *inner = strstr(component->found, "!/");
	g_autofree char *path =
		inner ? g_strndup(component->found, (gsize)(inner - component->found))
		      : g_strdup(component->found);
	const struct node *node = tree_lookup(inventory->tree, path);

	return node && node->type == NODE_FILE ? node : NULL;
}

GPtrArray *component_nodes(const struct inventory *inventory, const struct component *component)
{
	GPtrArray *nodes = g_ptr_array_new();

	if (component->package) {
		g_ptr_array_extend(nodes, component->package->nodes, NULL, NULL);
		return nodes;
	}
	for (guint i = 0; i < component->files->len; i++) {
		const struct inventory_file *file = component->files->pdata[i];

		g_ptr_array_add(nodes, (gpointer)file->node);
	}
	if (nodes->len == 0) {
		const struct node *container = container_of(inventory, component);

		if (container)
			g_ptr_array_add(nodes, (gpointer)container);
	}
	return nodes;
}

/* What interpreters and loaders take by its name. */
static bool has_code_name(const char *name)
{
	static const char *const suffixes[] = {
		".so",  ".o",   ".a",  ".ko",   ".py",   ".pyc", ".pyd", ".egg", ".whl",   ".js",
		".mjs", ".cjs", ".ts", ".node", ".wasm", ".jar", ".war", ".ear", ".class", ".rb",
		".pl",  ".pm",  ".ph", ".php",  ".phar", ".lua", ".tcl", ".sh",  ".bash",  ".awk",
		".el",  ".elc", ".r",  ".jmod", ".dll",  ".exe", ".bc",  ".gem",
	};

	const char *versioned = strstr(name, ".so.");

	if (versioned && g_ascii_isdigit(versioned[strlen(".so.")]))
		return true;
	for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		if (g_str_has_suffix(name, suffixes[i]))
			return true;
	}
	return false;
}

static bool has_code_content(const struct content *content)
{
	static const struct {
		const char *bytes;
		size_t length;
	} starts[] = {
		{"\x7f"
		 "ELF",
		 4},
		{"#!", 2},
		{"PK\x03\x04", 4},
		{"!<arch>", 7},
		{"\0asm", 4},
		{"\xca\xfe\xba\xbe", 4},
		{"MZ", 2},
		{"<?php", 5},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(starts); i++) {
		if (content->size_bytes >= starts[i].length &&
		    memcmp(content->data, starts[i].bytes, starts[i].length) == 0)
			return true;
	}
	return false;
}

bool node_is_code(const struct tree *tree, const struct node *node)
{
	autocontent struct content content = {0};

	if (node->type != NODE_FILE || node->size_bytes == 0)
		return false;
	if ((node->mode & 0111) || has_code_name(node->name))
		return true;
	/* what cannot be looked into is not taken for harmless */
	return !content_open(tree, node, CONTENT_MAX_BYTES, &content) || has_code_content(&content);
}

/* --- what is left --------------------------------------------------------------------------------
 */

/* Whether the file lies where it was. A link in the place of a file is thresh's own, that of a
 * program which is none any more. */
static bool is_in_place(const struct presence *presence, const struct node *node)
{
	g_autofree char *path = node_path(node);
	const struct inventory_file *file = g_hash_table_lookup(presence->paths, path);

	if (!file || file->node->type != node->type)
		return false;
	return node->type != NODE_SYMLINK || !strcmp(node->target, file->node->target);
}

/* Whether what the file does can still be done: it, a copy of it, or what it was compiled to. */
static bool is_code_left(const struct presence *presence, const struct node *node, bool in_place)
{
	g_autofree char *path = node_path(node);

	return in_place || g_hash_table_contains(presence->contents, &node->digest) ||
	       g_hash_table_contains(presence->compiled, path);
}

enum component_left presence_of(const struct presence *presence, const struct inventory *source,
				const struct component *component)
{
	g_autoptr(GPtrArray) nodes = component_nodes(source, component);
	bool had_code = false, has_file = false;

	for (guint i = 0; i < nodes->len; i++) {
		const struct node *node = nodes->pdata[i];
		bool in_place = is_in_place(presence, node);

		has_file |= in_place;
		if (!node_is_code(source->tree, node))
			continue;
		had_code = true;
		if (is_code_left(presence, node, in_place))
			return LEFT_CODE;
	}
	if (nodes->len == 0)
		return presence_component(presence, component) ? LEFT_CODE : LEFT_UNKNOWN;
	if (!has_file && !presence_component(presence, component))
		return LEFT_NOTHING;
	return had_code && has_file ? LEFT_DATA : LEFT_CODE;
}
