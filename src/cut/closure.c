/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The closure of what is kept: a link's target, a script's interpreter, an ELF file's loader and
 * libraries, and what it says that it will dlopen.
 */
#include "base/path.h"
#include "cut/content.h"
#include "cut/cut.h"
#include "cut/script.h"

#include <string.h>

enum { SCRIPT_HEAD_MAX_BYTES = 16 << 20 };

static void close_symlink(struct cut *cut, const struct node *node, const char *path)
{
	g_autofree char *base = path_parent(path);
	g_autofree char *target =
		g_strconcat(node->target[0] == '/' ? "" : base, node->target[0] == '/' ? "" : "/",
			    node->target, NULL);

	/* Not made clean first: ".." after a link means the parent of where the link leads. */
	cut_keep_path(cut, target, "closure:symlink", path);
}

/* Finds @program along PATH, as env does. */
static char *search_program(const struct cut *cut, const char *program)
{
	const char *search = cut_environment(cut, "PATH");
	g_auto(GStrv) directories =
		g_strsplit(search ? search : "/usr/local/bin:/usr/bin:/bin", ":", -1);

	if (program[0] == '/')
		return g_strdup(program);
	for (char **directory = directories; *directory; directory++) {
		g_autofree char *path = path_join(**directory ? *directory : "/", program);

		if (cut_resolve(cut, path))
			return g_steal_pointer(&path);
	}
	return NULL;
}

static void close_script(struct cut *cut, const struct content *content, const char *path)
{
	struct script script = {0};

	if (!script_parse(content->data, content->size_bytes, &script))
		return;
	/* Text that merely is a script (a sample, a module) asks for nothing until it is executed;
	 * the interpreter of what was executed is in the trace. A shell is refused by cut_keep. */
	cut_keep_path(cut, script.interpreter, "closure:script", path);
	if (script.program) {
		g_autofree char *program = search_program(cut, script.program);

		if (program)
			cut_keep_path(cut, program, "closure:script", path);
	}
	script_clear(&script);
}

/* The RPATH directories that libraries loaded for @node look into: its own, and what it was given.
 */
static GPtrArray *inherited_for(struct cut *cut, const struct node *node, const struct elf *elf)
{
	GPtrArray *own = ldso_rpath(node, elf);
	const GPtrArray *given = g_hash_table_lookup(cut->inherited, node);

	for (guint i = 0; given && i < given->len && own->len < 64; i++)
		g_ptr_array_add(own, g_strdup(given->pdata[i]));
	return own;
}

static bool keep_library(struct cut *cut, const char *library, const char *reason, const char *via,
			 const struct node *node, const struct elf *elf)
{
	const struct node *found;

	if (!cut_keep_path(cut, library, reason, via))
		return false;
	found = cut_resolve(cut, library);
	if (!g_hash_table_contains(cut->inherited, found)) {
		GPtrArray *directories = inherited_for(cut, node, elf);

		if (directories->len > 0)
			g_hash_table_insert(cut->inherited, (gpointer)found, directories);
		else
			g_ptr_array_unref(directories);
	}
	if (cut->options->preset != PRESET_STRICT) {
		g_autoptr(GPtrArray) variants = ldso_variants(cut->ldso, library);

		for (guint i = 0; i < variants->len; i++)
			cut_keep_path(cut, variants->pdata[i], "closure:family", library);
	}
	return true;
}

static void close_needed(struct cut *cut, const struct node *node, const struct elf *elf,
			 const char *path)
{
	const GPtrArray *given = g_hash_table_lookup(cut->inherited, node);

	for (guint i = 0; i < elf->needed->len; i++) {
		const char *name = elf->needed->pdata[i];
		g_autofree char *library = ldso_find(cut->ldso, node, elf, given, name);

		if (!g_hash_table_contains(cut->needed, name))
			g_hash_table_add(cut->needed, g_strdup(name));
		if (!library || !keep_library(cut, library, "closure:elf-needed", path, node, elf))
			g_ptr_array_add(cut->unresolved, g_strconcat(name, "\n", path, NULL));
	}
}

static void close_dlopens(struct cut *cut, const struct node *node, const struct elf *elf,
			  const GPtrArray *names, const char *path)
{
	const GPtrArray *given = g_hash_table_lookup(cut->inherited, node);

	for (guint i = 0; i < names->len; i++) {
		g_autofree char *library = ldso_find(cut->ldso, node, elf, given, names->pdata[i]);

		if (library)
			keep_library(cut, library, "closure:dlopen", path, node, elf);
	}
}

/* glibc dlopens libgcc_s when a thread is cancelled or a backtrace is made, and aborts without it.
 */
static void close_libc(struct cut *cut, const struct node *node, const struct elf *elf,
		       const char *path)
{
	g_autofree char *library = NULL;

	if (!elf->soname ||
	    (strcmp(elf->soname, "libc.so.6") != 0 && strcmp(elf->soname, "libpthread.so.0") != 0))
		return;
	library = ldso_find(cut->ldso, node, elf, NULL, "libgcc_s.so.1");
	if (library)
		keep_library(cut, library, "closure:dlopen", path, node, elf);
}

static void close_elf(struct cut *cut, const struct node *node, const struct content *content,
		      const char *path)
{
	const struct elf *elf = ldso_elf(cut->ldso, node);

	if (!elf)
		return;
	if (elf->interpreter && elf->interpreter[0] == '/' &&
	    !cut_keep_path(cut, elf->interpreter, "closure:elf-interpreter", path))
		g_ptr_array_add(cut->unresolved, g_strconcat(elf->interpreter, "\n", path, NULL));
	close_needed(cut, node, elf, path);
	close_dlopens(cut, node, elf, elf->dlopens, path);
	close_libc(cut, node, elf, path);
	if (elf->calls_dlopen && cut->options->preset != PRESET_STRICT) {
		g_autoptr(GPtrArray) names =
			elf_library_strings(content->data, content->size_bytes);

		close_dlopens(cut, node, elf, names, path);
	}
}

/* Extensions of what is neither ELF nor a program, so that thousands of modules are not opened. */
static bool is_module(const struct node *node)
{
	static const char *const suffixes[] = {".py",  ".pyc", ".js",  ".json", ".mjs", ".cjs",
					       ".txt", ".pem", ".crt", ".html", ".css", ".ts",
					       ".map", ".md",  ".pm",  ".rb"};
	const char *dot = strrchr(node->name, '.');

	if (!dot)
		return false;
	for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		if (strcmp(dot, suffixes[i]) == 0)
			return true;
	}
	return false;
}

static void close_file(struct cut *cut, const struct node *node, const char *path)
{
	autocontent struct content content = {0};

	if (!content_open(cut->tree, node, CONTENT_MAX_BYTES, &content))
		return;
	if (elf_is(content.data, content.size_bytes))
		close_elf(cut, node, &content, path);
	else if (node->mode & 0111 && content.size_bytes <= SCRIPT_HEAD_MAX_BYTES &&
		 (!is_module(node) || cut_touched(cut, node, PATH_EXEC)))
		close_script(cut, &content, path);
}

static bool is_plain(const struct node *node)
{
	return !(node->mode & 0111) && is_module(node);
}

void cut_close(struct cut *cut)
{
	for (; cut->closed < cut->order->len; cut->closed++) {
		const struct node *node = cut->order->pdata[cut->closed];
		g_autofree char *path = NULL;

		if (node->type == NODE_DIRECTORY || (node->type == NODE_FILE && is_plain(node)))
			continue;
		path = node_path(node);
		if (node->type == NODE_SYMLINK)
			close_symlink(cut, node, path);
		else if (node->type == NODE_FILE)
			close_file(cut, node, path);
	}
}

/* The loader takes a library by its soname where one of that name is loaded already, so what one
 * object cannot find may have been found for another. */
void cut_note_unresolved(struct cut *cut)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable) noted = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < cut->order->len; i++) {
		const struct node *node = cut->order->pdata[i];
		const struct elf *elf =
			node->type == NODE_FILE && strstr(node->name, ".so") && !is_plain(node)
				? ldso_elf(cut->ldso, node)
				: NULL;

		if (!elf)
			continue;
		g_hash_table_add(names, node->name);
		if (elf->soname)
			g_hash_table_add(names, elf->soname);
	}
	for (guint i = 0; i < cut->unresolved->len; i++) {
		char *name = cut->unresolved->pdata[i];
		char *path = strchr(name, '\n');

		*path++ = '\0';
		if (g_hash_table_contains(names, name) || !g_hash_table_add(noted, name))
			continue;
		cut_note(cut, "%s needs %s, which the image does not have where the loader looks",
			 path, name);
	}
}
