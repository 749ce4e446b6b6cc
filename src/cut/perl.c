/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Perl's units: a used library directory of the interpreter whole, and what `use` and `require`
 * name in programs and modules. Source: perlfunc(1), `require`.
 */
#include "base/path.h"
#include "cut/content.h"
#include "cut/cut.h"

#include <fnmatch.h>
#include <string.h>

enum { SOURCE_MAX_BYTES = 4 << 20, MODULE_MAX_BYTES = 200 };

/* Where @INC points to, on Debian, Alpine, Red Hat and below /usr/local. */
static const char *const patterns[] = {
	"/etc/perl",
	"/usr/share/perl5",
	"/usr/share/perl5/*_perl",
	"/usr/local/share/perl/*",
	"/usr/local/share/perl5*",
	"/usr/local/lib/*/perl/*",
	"/usr/local/lib/*/perl*/*",
	"/usr/local/lib/perl5/5.*",
	"/usr/local/lib/perl5/5.*/*-linux*",
	"/usr/local/lib/perl5/site_perl/5.*",
	"/usr/local/lib/perl5/site_perl/5.*/*-linux*",
	"/usr/lib/*/perl5/*",
	"/usr/lib/*/perl-base",
	"/usr/lib/*/perl/*",
	"/usr/share/perl/*",
	"/usr/lib/perl5/core_perl",
	"/usr/lib/perl5/vendor_perl",
	"/usr/lib64/perl5",
	"/usr/lib64/perl5/vendor_perl",
};

static bool visit_directory(struct node *node, const char *path, void *user)
{
	GPtrArray *roots = user;

	if (node->type != NODE_DIRECTORY || !strstr(path, "perl"))
		return true;
	for (gsize i = 0; i < G_N_ELEMENTS(patterns); i++) {
		if (path_matches(path, patterns[i])) {
			g_ptr_array_add(roots, node);
			return true;
		}
	}
	return true;
}

static bool is_library(const struct node *node)
{
	return node_child(node, "strict.pm") && node_child(node, "warnings.pm");
}

/* X::Y is X/Y.pm, with X/Y/ below it and auto/X/Y/ for compiled parts. */
static void keep_module(struct cut *cut, const GPtrArray *roots, const char *name, const char *via)
{
	g_auto(GStrv) parts = g_strsplit(name, "::", -1);
	g_autofree char *relative = g_strjoinv("/", parts);

	for (guint i = 0; i < roots->len; i++) {
		g_autofree char *root = node_path(roots->pdata[i]);
		g_autofree char *file = g_strdup_printf("%s/%s.pm", root, relative);

		if (!cut_keep_path(cut, file, "closure:perl", via))
			continue;
		for (int j = 0; j < 2; j++) {
			g_autofree char *path =
				g_strconcat(root, j == 0 ? "/" : "/auto/", relative, NULL);
			const struct node *directory = cut_directory(cut, path);

			if (directory && g_hash_table_add(cut->units, (gpointer)directory))
				cut_keep_below(cut, directory, "closure:perl", file);
		}
	}
}

static void scan_source(struct cut *cut, const GPtrArray *roots, const struct node *node)
{
	g_autofree char *text = content_read_text(cut->tree, node, SOURCE_MAX_BYTES);
	g_autofree char *via = node_path(node);
	const char *line = text;

	for (; line; line = strchr(line, '\n')) {
		size_t length = 0;

		line += strspn(line, " \t\n;{");
		if (g_str_has_prefix(line, "__END__"))
			return;
		if (g_str_has_prefix(line, "use "))
			line += 4;
		else if (g_str_has_prefix(line, "require "))
			line += 8;
		else if (g_str_has_prefix(line, "eval { require "))
			line += 15;
		else
			continue;
		while (g_ascii_isalnum(line[length]) || line[length] == '_' || line[length] == ':')
			length++;
		if (length > 0 && length <= MODULE_MAX_BYTES && g_ascii_isalpha(line[0])) {
			g_autofree char *name = g_strndup(line, length);

			keep_module(cut, roots, name, via);
		}
	}
}

static bool is_source(const struct cut *cut, const struct node *node)
{
	autocontent struct content content = {0};

	if (g_str_has_suffix(node->name, ".pm") || g_str_has_suffix(node->name, ".pl"))
		return true;
	if (!(node->mode & 0111) || node->size_bytes > (1 << 20) ||
	    !content_open(cut->tree, node, SOURCE_MAX_BYTES, &content))
		return false;
	return content.size_bytes > 8 && memcmp(content.data, "#!", 2) == 0 &&
	       content_has(content.data, MIN(content.size_bytes, 256), "perl", 4);
}

static void keep_library(struct cut *cut, const struct node *node)
{
	for (const struct node *at = node->parent; at && at->parent; at = at->parent) {
		if (is_library(at)) {
			g_autofree char *via = node_path(node);

			if (g_hash_table_add(cut->units, (gpointer)at))
				cut_keep_below(cut, at, "closure:perl", via);
			return;
		}
	}
}

static bool has_interpreter(const struct cut *cut)
{
	for (guint i = 0; i < cut->order->len; i++) {
		const struct node *node = cut->order->pdata[i];

		if (node->type == NODE_FILE &&
		    (strcmp(node->name, "perl") == 0 || g_str_has_prefix(node->name, "perl5") ||
		     g_str_has_prefix(node->name, "libperl.so")))
			return true;
	}
	return false;
}

void perl_extend(struct cut *cut)
{
	g_autoptr(GPtrArray) roots = NULL;

	if (cut->perl >= cut->order->len || !has_interpreter(cut))
		return;
	roots = g_ptr_array_new();
	node_walk(cut->tree->root, visit_directory, roots);
	for (; cut->perl < cut->order->len; cut->perl++) {
		const struct node *node = cut->order->pdata[cut->perl];

		if (node->type != NODE_FILE)
			continue;
		if (g_str_has_suffix(node->name, ".pm"))
			keep_library(cut, node);
		if (is_source(cut, node))
			scan_source(cut, roots, node);
	}
}
