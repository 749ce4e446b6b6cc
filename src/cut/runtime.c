/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Language runtimes by what lies in their directories, so that a Python below /usr/local, which no
 * package owns, is not taken for the application.
 */
#include "base/path.h"
#include "cut/cut.h"

#include <fnmatch.h>
#include <string.h>

static bool has(const struct node *directory, const char *name)
{
	return node_child(directory, name) != NULL;
}

static bool is_python(const struct node *node)
{
	return (g_str_has_prefix(node->name, "python") || g_str_has_prefix(node->name, "pypy")) &&
	       (has(node, "os.py") || has(node, "os.pyc")) && (has(node, "encodings"));
}

static bool is_java(const struct node *node)
{
	const struct node *lib = node_child(node, "lib");

	return has(node, "release") && lib && lib->type == NODE_DIRECTORY &&
	       (has(lib, "modules") || has(lib, "server") || has(lib, "rt.jar"));
}

static bool is_ruby(const struct node *node)
{
	return node->parent && strcmp(node->parent->name, "ruby") == 0 &&
	       (has(node, "rubygems.rb") || has(node, "set.rb"));
}

static bool is_ruby_gems(const struct node *node)
{
	return node->parent && strcmp(node->parent->name, "gems") == 0 && node->parent->parent &&
	       strcmp(node->parent->parent->name, "ruby") == 0 && has(node, "specifications");
}

static bool is_perl(const struct node *node)
{
	return has(node, "strict.pm") && has(node, "warnings.pm");
}

static bool is_php(const struct node *node)
{
	return strcmp(node->name, "php") == 0 && (has(node, "PEAR.php") || has(node, "extensions"));
}

static bool is_go(const struct node *node)
{
	return strcmp(node->name, "go") == 0 && has(node, "VERSION") && has(node, "src") &&
	       has(node, "pkg");
}

static bool is_rust(const struct node *node)
{
	return (strcmp(node->name, "rustup") == 0 && has(node, "toolchains")) ||
	       (strcmp(node->name, "cargo") == 0 && has(node, "bin"));
}

static bool visit_directory(struct node *node, const char *path, void *user)
{
	struct cut *cut = user;

	if (node->type == NODE_DIRECTORY && node->parent && node->children &&
	    (is_python(node) || is_java(node) || is_ruby(node) || is_ruby_gems(node) ||
	     is_perl(node) || is_php(node) || is_go(node) || is_rust(node)))
		g_ptr_array_add(cut->prefixes, g_strdup(path));
	return true;
}

void runtime_find(struct cut *cut)
{
	node_walk(cut->tree->root, visit_directory, cut);
}

/* The tools that come with an interpreter below its prefix's bin. */
static bool is_tool(const char *path)
{
	static const char *const tools[] = {
		"python",
		"python[23]*",
		"pip*",
		"idle*",
		"pydoc*",
		"2to3*",
		"wheel",
		"node",
		"nodejs",
		"npm",
		"npx",
		"corepack",
		"yarn*",
		"pnpm*",
		"ruby",
		"gem",
		"irb",
		"erb",
		"rdoc",
		"ri",
		"rake",
		"bundle*",
		"racc",
		"rbs",
		"typeprof",
		"perl",
		"perl5*",
		"cpan*",
		"php",
		"phar*",
		"php-*",
		"phpize",
		"phpdbg",
		"pear",
		"peardev",
		"pecl",
		"composer",
		"docker-php-*",
		"easy_install*",
		"rdbg",
		"syntax_suggest",
	};
	const char *name = path_name(path);
	g_autofree char *directory = path_parent(path);

	if (!g_str_has_suffix(directory, "/usr/local/bin") &&
	    !g_str_has_suffix(directory, "/opt/bin"))
		return false;
	for (gsize i = 0; i < G_N_ELEMENTS(tools); i++) {
		if (fnmatch(tools[i], name, 0) == 0)
			return true;
	}
	return false;
}

bool runtime_has(const struct cut *cut, const char *path)
{
	for (guint i = 0; i < cut->prefixes->len; i++) {
		if (path_is_below(path, cut->prefixes->pdata[i]))
			return true;
	}
	return is_tool(path);
}
