/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Python's units: the standard library of each interpreter that was used, whole; the whole
 * top-level package of which a file was used, with its metadata; and what their import statements,
 * their metadata and the application's names of modules lead to. Compiled modules stay with their
 * sources.
 *
 * Sources: "The import system" (docs.python.org/reference/import.html), site.py for directories,
 * the core metadata specification for Requires-Dist, PEP 376 for RECORD.
 */
#include "base/path.h"
#include "cut/content.h"
#include "cut/cut.h"

#include <string.h>

enum {
	SOURCE_MAX_BYTES = 16 << 20,
	METADATA_MAX_BYTES = 4 << 20,
	MODULE_MAX_BYTES = 200,
};

struct python {
	guint cursor;         /* in cut->order */
	GHashTable *units;    /* set of nodes whose whole unit is kept */
	GPtrArray *libraries; /* const struct node *: standard libraries in use */
	GPtrArray *sites;     /* const struct node *: directories with packages, in use */
	GHashTable *site_set;
	GHashTable *by_top;  /* top-level name → GPtrArray * of metadata nodes */
	GHashTable *by_name; /* normalised project name → metadata node */
	GHashTable *asked;   /* set of names that were resolved already */
	bool noted_find_library;
};

static struct python *python_new(void)
{
	struct python *python = g_new0(struct python, 1);

	python->units = g_hash_table_new(NULL, NULL);
	python->libraries = g_ptr_array_new();
	python->sites = g_ptr_array_new();
	python->site_set = g_hash_table_new(NULL, NULL);
	python->by_top = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					       (GDestroyNotify)g_ptr_array_unref);
	python->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	python->asked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return python;
}

void python_free(struct python *python)
{
	if (!python)
		return;
	g_hash_table_unref(python->units);
	g_ptr_array_unref(python->libraries);
	g_ptr_array_unref(python->sites);
	g_hash_table_unref(python->site_set);
	g_hash_table_unref(python->by_top);
	g_hash_table_unref(python->by_name);
	g_hash_table_unref(python->asked);
	g_free(python);
}

static bool is_library(const struct node *node)
{
	return node->type == NODE_DIRECTORY && node->children &&
	       (g_str_has_prefix(node->name, "python") || g_str_has_prefix(node->name, "pypy")) &&
	       (node_child(node, "os.py") || node_child(node, "os.pyc")) &&
	       node_child(node, "encodings");
}

static bool is_site(const struct node *node)
{
	return node->type == NODE_DIRECTORY && (strcmp(node->name, "site-packages") == 0 ||
						strcmp(node->name, "dist-packages") == 0);
}

/* Parts of the standard library that no program runs by accident. */
static bool is_left_out(const struct node *library, const struct node *node)
{
	static const char *const names[] = {"test",        "tests",         "idlelib",
					    "ensurepip",   "lib2to3",       "turtledemo",
					    "__pycache__", "site-packages", "dist-packages"};
	const struct node *dynload = node_child(library, "lib-dynload");
	bool has_tk = false;

	if (node->type == NODE_DIRECTORY) {
		for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
			if (strcmp(node->name, names[i]) == 0)
				return true;
		}
		if (g_str_has_prefix(node->name, "config-3"))
			return true;
	}
	if (node->parent != library ||
	    (strcmp(node->name, "tkinter") != 0 && strcmp(node->name, "turtle.py") != 0))
		return false;
	if (dynload && dynload->type == NODE_DIRECTORY) {
		g_autoptr(GPtrArray) children = node_children(dynload);

		for (guint i = 0; i < children->len; i++)
			has_tk |= g_str_has_prefix(((struct node *)children->pdata[i])->name,
						   "_tkinter");
	}
	return !has_tk;
}

static void keep_library_below(struct cut *cut, const struct node *library,
			       const struct node *directory, const char *via)
{
	g_autoptr(GPtrArray) children = node_children(directory);

	for (guint i = 0; i < children->len; i++) {
		const struct node *child = children->pdata[i];

		if (is_left_out(library, child))
			continue;
		if (child->type == NODE_DIRECTORY && child->children)
			keep_library_below(cut, library, child, via);
		else
			cut_keep(cut, child, "closure:python", via);
	}
}

static void keep_unit(struct cut *cut, const struct node *unit, const char *via);
static void keep_project(struct cut *cut, const struct node *metadata, const char *via);

/* PEP 503: lower case, runs of "-_." are one "-". */
static char *normalise(const char *name, size_t length)
{
	GString *out = g_string_new(NULL);

	for (size_t i = 0; i < length; i++) {
		bool separator = strchr("-_.", name[i]) && name[i];

		if (!separator)
			g_string_append_c(out, g_ascii_tolower(name[i]));
		else if (out->len > 0 && out->str[out->len - 1] != '-')
			g_string_append_c(out, '-');
	}
	return g_string_free(out, FALSE);
}

static char *read_member(const struct cut *cut, const struct node *metadata, const char *name)
{
	const struct node *node =
		metadata->type == NODE_DIRECTORY ? node_child(metadata, name) : NULL;

	return content_read_text(cut->tree, node, METADATA_MAX_BYTES);
}

static void add_top(struct python *python, const char *top, size_t length,
		    const struct node *metadata)
{
	g_autofree char *key = g_strndup(top, length);
	GPtrArray *nodes = g_hash_table_lookup(python->by_top, key);

	if (length == 0 || length > MODULE_MAX_BYTES || strcmp(key, "..") == 0)
		return;
	if (!nodes) {
		nodes = g_ptr_array_new();
		g_hash_table_insert(python->by_top, g_steal_pointer(&key), nodes);
	}
	if (!g_ptr_array_find(nodes, metadata, NULL))
		g_ptr_array_add(nodes, (gpointer)metadata);
}

/* The names that a project puts into its directory: top_level.txt, and the first parts in RECORD.
 */
static void index_tops(struct cut *cut, const struct node *metadata)
{
	static const char *const members[] = {"top_level.txt", "RECORD", "installed-files.txt"};

	for (gsize i = 0; i < G_N_ELEMENTS(members); i++) {
		g_autofree char *text = read_member(cut, metadata, members[i]);
		g_auto(GStrv) lines = text ? g_strsplit(text, "\n", -1) : NULL;

		for (char **line = lines; line && *line; line++) {
			size_t length = strcspn(*line, "/,\r");

			if (i > 0 && (*line)[length] != '/' && strstr(*line, ".py"))
				length = (size_t)(strstr(*line, ".py") - *line);
			add_top(cut->python, *line, length, metadata);
		}
	}
	/* "NAME-VERSION.dist-info": the name is often the module's */
	add_top(cut->python, metadata->name, strcspn(metadata->name, "-"), metadata);
}

static void add_site(struct cut *cut, const struct node *site)
{
	struct python *python = cut->python;
	g_autoptr(GPtrArray) children = NULL;

	if (!site || site->type != NODE_DIRECTORY ||
	    !g_hash_table_add(python->site_set, (gpointer)site))
		return;
	g_ptr_array_add(python->sites, (gpointer)site);
	g_hash_table_remove_all(python->asked);
	children = node_children(site);
	for (guint i = 0; i < children->len; i++) {
		const struct node *child = children->pdata[i];
		g_autofree char *name = NULL;

		if (!g_str_has_suffix(child->name, ".dist-info") &&
		    !g_str_has_suffix(child->name, ".egg-info"))
			continue;
		name = normalise(child->name, strcspn(child->name, "-"));
		if (!g_hash_table_contains(python->by_name, name))
			g_hash_table_insert(python->by_name, g_steal_pointer(&name),
					    (gpointer)child);
		index_tops(cut, child);
	}
}

/* The directories that site.py of this interpreter looks into. */
static void add_library(struct cut *cut, const struct node *library, const char *via)
{
	g_autofree char *path = NULL, *prefix = NULL;

	if (!g_hash_table_add(cut->python->units, (gpointer)library))
		return;
	g_ptr_array_add(cut->python->libraries, (gpointer)library);
	keep_library_below(cut, library, library, via);
	path = node_path(library->parent);
	prefix = path_parent(path);
	const struct {
		const char *prefix, *name, *directory;
	} sites[] = {
		{path, library->name, "site-packages"},
		{path, library->name, "dist-packages"},
		{path, "python3", "dist-packages"},
		{"/usr/local/lib", library->name, "dist-packages"},
		{"/usr/local/lib", library->name, "site-packages"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(sites); i++) {
		g_autofree char *site = g_strdup_printf("%s/%s/%s", sites[i].prefix, sites[i].name,
							sites[i].directory);
		const struct node *node = cut_directory(cut, site);

		if (node)
			add_site(cut, node);
	}
	/* Red Hat's two: lib for pure packages, lib64 for the others */
	for (int wide = 0; wide < 2; wide++) {
		g_autofree char *site = g_strdup_printf("%s/%s/%s/site-packages", prefix,
							wide ? "lib64" : "lib", library->name);
		const struct node *node = cut_directory(cut, site);

		if (node)
			add_site(cut, node);
	}
}

static void keep_unit(struct cut *cut, const struct node *unit, const char *via)
{
	g_autofree char *top = NULL;
	const GPtrArray *projects;

	if (!g_hash_table_add(cut->python->units, (gpointer)unit))
		return;
	cut_keep_below(cut, unit, "closure:python", via);
	top = g_strndup(unit->name, unit->type == NODE_DIRECTORY ? strlen(unit->name)
								 : strcspn(unit->name, "."));
	projects = g_hash_table_lookup(cut->python->by_top, top);
	for (guint i = 0; projects && i < projects->len; i++) {
		const struct node *metadata = projects->pdata[i];

		if (metadata->parent == unit->parent)
			keep_project(cut, metadata, via);
	}
}

/* The file or directory that is module @top below @directory, or NULL. */
static const struct node *find_module(const struct node *directory, const char *top)
{
	static const char *const suffixes[] = {".py", ".pyc", ".so", ".abi3.so"};
	const struct node *node = node_child(directory, top);

	if (node)
		return node;
	for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		g_autofree char *name = g_strconcat(top, suffixes[i], NULL);

		node = node_child(directory, name);
		if (node)
			return node;
	}
	return NULL;
}

/* NAME.cpython-311-x86_64-linux-gnu.so; children are gone through, so only for new names. */
static const struct node *find_extension(const struct node *directory, const char *top)
{
	size_t length = strlen(top);
	g_autoptr(GPtrArray) children = node_children(directory);

	for (guint i = 0; i < children->len; i++) {
		const struct node *child = children->pdata[i];

		if (strncmp(child->name, top, length) == 0 && child->name[length] == '.' &&
		    g_str_has_suffix(child->name, ".so"))
			return child;
	}
	return NULL;
}

static void keep_module(struct cut *cut, const char *top, const char *via)
{
	const struct python *python = cut->python;

	if (!g_hash_table_add(python->asked, g_strdup(top)))
		return;
	for (guint i = 0; i < python->sites->len; i++) {
		const struct node *site = python->sites->pdata[i];
		const struct node *unit = find_module(site, top);

		unit = unit ? unit : find_extension(site, top);
		if (unit)
			keep_unit(cut, unit, via);
	}
	for (guint i = 0; i < python->libraries->len; i++) {
		const struct node *unit = find_module(python->libraries->pdata[i], top);

		/* a part of the standard library that is left out unless it is asked for */
		if (unit && is_left_out(python->libraries->pdata[i], unit) && !is_site(unit))
			keep_unit(cut, unit, via);
	}
}

/* "name (>=1) ; extra == 'x'": what only an extra needs was not chosen. */
static void keep_requirement(struct cut *cut, const char *line, const char *via)
{
	const char *start = line + strspn(line, " \t");
	size_t length = strcspn(start, " \t(;<>=!~[\r");
	g_autofree char *name = normalise(start, length);
	const char *marker = strchr(line, ';');
	const struct node *metadata;

	if (length == 0 || (marker && strstr(marker, "extra")))
		return;
	metadata = g_hash_table_lookup(cut->python->by_name, name);
	if (metadata)
		keep_project(cut, metadata, via);
}

static void keep_requirements(struct cut *cut, const struct node *metadata, const char *via)
{
	static const char *const members[] = {"METADATA", "PKG-INFO"};
	g_autofree char *requires = read_member(cut, metadata, "requires.txt");
	g_auto(GStrv) requires_lines = requires ? g_strsplit(requires, "\n", -1) : NULL;

	for (char **line = requires_lines; line && *line && **line != '['; line++)
		keep_requirement(cut, *line, via);
	for (gsize i = 0; i < G_N_ELEMENTS(members); i++) {
		g_autofree char *text = read_member(cut, metadata, members[i]);
		g_auto(GStrv) lines = text ? g_strsplit(text, "\n", -1) : NULL;

		for (char **line = lines; line && *line && **line != '\0' && **line != '\r';
		     line++) {
			if (g_str_has_prefix(*line, "Requires-Dist:"))
				keep_requirement(cut, *line + 14, via);
		}
	}
}

/* A project: its metadata, every name that it installs, and the projects that it requires. */
static void keep_project(struct cut *cut, const struct node *metadata, const char *via)
{
	g_autofree char *path = NULL;
	g_autoptr(GPtrArray) tops = NULL;

	if (!g_hash_table_add(cut->python->units, (gpointer)metadata))
		return;
	cut_keep_below(cut, metadata, "closure:python", via);
	path = node_path(metadata);
	tops = node_children(metadata->parent);
	for (guint i = 0; i < tops->len; i++) {
		const struct node *unit = tops->pdata[i];
		g_autofree char *top = g_strndup(unit->name, unit->type == NODE_DIRECTORY
								     ? strlen(unit->name)
								     : strcspn(unit->name, "."));
		const GPtrArray *projects = g_hash_table_lookup(cut->python->by_top, top);

		if (unit != metadata && strcmp(top, "__pycache__") != 0 && projects &&
		    g_ptr_array_find((GPtrArray *)projects, metadata, NULL))
			keep_unit(cut, unit, path);
	}
	keep_requirements(cut, metadata, path);
}

/* One importing file: where it is, and whether it is the application's own. */
struct source {
	struct cut *cut;
	const struct node *node;
	const char *path;
	bool own;
};

static size_t identifier_length(const char *text)
{
	size_t length = 0;

	while (g_ascii_isalnum(text[length]) || text[length] == '_' || (text[length] & 0x80))
		length++;
	return g_ascii_isdigit(text[0]) ? 0 : length;
}

static void import_name(struct source *source, const char *text)
{
	size_t length = identifier_length(text);
	g_autofree char *top = NULL;

	if (length == 0 || length > MODULE_MAX_BYTES)
		return;
	top = g_strndup(text, length);
	keep_module(source->cut, top, source->path);
	/* A program's own directory is the first of sys.path. */
	if (!source->own) {
		const struct node *beside = find_module(source->node->parent, top);

		if (beside && beside != source->node && !is_site(source->node->parent))
			cut_keep_below(source->cut, beside, "closure:python", source->path);
	}
}

/* A statement that begins at @text: "import a.b as c, d" or "from a.b import c". */
static void scan_statement(struct source *source, const char *text)
{
	if (g_str_has_prefix(text, "from ") || g_str_has_prefix(text, "from\t")) {
		import_name(source, text + 5 + strspn(text + 5, " \t"));
		return;
	}
	if (!g_str_has_prefix(text, "import ") && !g_str_has_prefix(text, "import\t"))
		return;
	for (text += 7;; text++) {
		text += strspn(text, " \t(\\");
		import_name(source, text);
		text += strcspn(text, ",\n;#");
		if (*text != ',')
			return;
	}
}

static void keep_named_library(struct source *source, const char *name)
{
	const GPtrArray *directories = ldso_directories(source->cut->ldso);

	for (guint i = 0; i < directories->len; i++) {
		g_autofree char *path = path_join(directories->pdata[i], name);

		if (cut_resolve(source->cut, path)) {
			cut_keep_path(source->cut, path, "closure:dlopen", source->path);
			return;
		}
	}
}

/* Whether the text that ends at @end ends with @call. */
static bool is_call(const char *start, const char *end, const char *call)
{
	size_t length = strlen(call);

	return (size_t)(end - start) >= length && strncmp(end - length, call, length) == 0;
}

/* A quoted text of @length bytes at @text, @before what stands in front of it. */
static void scan_literal(struct source *source, const char *before, const char *start,
			 const char *text, size_t length)
{
	size_t first = identifier_length(text), at = first;
	g_autofree char *literal = NULL;
	bool dotted = false, called;

	if (first == 0 || length > MODULE_MAX_BYTES)
		return;
	if (length > 6 && strncmp(text, "lib", 3) == 0 &&
	    g_strstr_len(text, (gssize)length, ".so")) {
		literal = g_strndup(text, length);
		if (!strchr(literal, '/'))
			keep_named_library(source, literal);
		return;
	}
	while (at < length && (text[at] == '.' || text[at] == ':')) {
		size_t next = identifier_length(text + at + 1);

		if (next == 0)
			return;
		dotted = true;
		at += 1 + next;
	}
	if (at != length)
		return;
	called = is_call(start, before, "import_module(") ||
		 is_call(start, before, "__import__(") || is_call(start, before, "find_spec(");
	if (dotted || called || source->own)
		import_name(source, text);
}

/* Goes through the source once: statements at the start of a line or behind ":" and ";", and
 * literals. A docstring that reads like an import only keeps more. */
static void scan_source(struct source *source, const char *text)
{
	bool fresh = true;

	for (const char *at = text; *at; at++) {
		if (fresh && (*at == 'i' || *at == 'f'))
			scan_statement(source, at);
		if (*at == '#') {
			at += strcspn(at, "\n");
			fresh = true;
			if (!*at)
				return;
		} else if (*at == '\n' || *at == ':' || *at == ';') {
			fresh = true;
		} else if (*at == '"' || *at == '\'') {
			size_t length = strcspn(at + 1, *at == '"' ? "\"\n" : "'\n");

			if (at[1 + length] == *at && length > 0) {
				scan_literal(source, at, text, at + 1, length);
				at += 1 + length;
			}
			fresh = false;
		} else if (*at != ' ' && *at != '\t') {
			fresh = false;
		}
	}
}

static bool is_test(const char *path)
{
	return strstr(path, "/tests/") || strstr(path, "/test/") ||
	       g_str_has_suffix(path, "/conftest.py");
}

static bool is_source(const struct cut *cut, const struct node *node)
{
	autocontent struct content content = {0};

	if (g_str_has_suffix(node->name, ".py"))
		return true;
	if (!(node->mode & 0111) || node->size_bytes > (1 << 20) ||
	    !content_open(cut->tree, node, SOURCE_MAX_BYTES, &content))
		return false;
	return content.size_bytes > 10 && memcmp(content.data, "#!", 2) == 0 &&
	       content_has(content.data, MIN(content.size_bytes, 256), "python", 6);
}

static void look_at_source(struct cut *cut, const struct node *node)
{
	g_autofree char *path = node_path(node);
	g_autofree char *text = NULL;
	struct source source = {cut, node, path,
				!package_db_package_of(cut->packages, node) &&
					!strstr(path, "-packages/")};

	if (is_test(path))
		return;
	text = content_read_text(cut->tree, node, SOURCE_MAX_BYTES);
	if (!text)
		return;
	scan_source(&source, text);
	if (!cut->python->noted_find_library && strstr(text, "ctypes.util") &&
	    strstr(text, "find_library(")) {
		cut_note(cut,
			 "%s looks for libraries by ctypes.util.find_library, which runs "
			 "ldconfig or gcc: name the library in a keep rule if it is missed",
			 path);
		cut->python->noted_find_library = true;
	}
}

/* __pycache__/NAME.*.pyc without the forms for -O, of a kept NAME.py. */
static void keep_compiled(struct cut *cut, const struct node *node)
{
	const struct node *cache = node_child(node->parent, "__pycache__");
	size_t stem = strlen(node->name) - 3;
	g_autoptr(GPtrArray) children = NULL;
	static const char *const tags[] = {"cpython-3", "pypy3"};
	g_autofree char *via = NULL;

	if (!cache || cache->type != NODE_DIRECTORY)
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(tags); i++) {
		for (unsigned int minor = 5; minor < 30; minor++) {
			g_autofree char *name = g_strdup_printf("%.*s.%s%u.pyc", (int)stem,
								node->name, tags[i], minor);
			const struct node *child = node_child(cache, name);

			if (!child)
				continue;
			via = via ? via : node_path(node);
			cut_keep(cut, child, "closure:python", via);
		}
	}
}

static void look_at_node(struct cut *cut, const struct node *node)
{
	const struct node *library = NULL, *child = node;

	for (const struct node *at = node->parent; at && at->parent; child = at, at = at->parent) {
		if (is_site(at)) {
			g_autofree char *via = node_path(node);

			add_site(cut, at);
			if (node != child || node->type != NODE_DIRECTORY)
				keep_unit(cut, child, via);
			library = at;
			break;
		}
		if (is_library(at)) {
			g_autofree char *via = node_path(node);

			add_library(cut, at, via);
			library = at;
			break;
		}
	}
	if (node->type != NODE_FILE)
		return;
	if (g_str_has_suffix(node->name, ".py"))
		keep_compiled(cut, node);
	if ((!library || is_site(library)) && is_source(cut, node))
		look_at_source(cut, node);
}

static void add_environment(struct cut *cut)
{
	const char *value = cut_environment(cut, "PYTHONPATH");
	g_auto(GStrv) words = g_strsplit(value ? value : "", ":", -1);

	for (char **word = words; *word; word++) {
		if (**word == '/')
			add_site(cut, cut_directory(cut, *word));
	}
}

/* Without an interpreter in use, a .py file is data. */
static bool has_interpreter(const struct cut *cut)
{
	for (guint i = 0; i < cut->order->len; i++) {
		const struct node *node = cut->order->pdata[i];

		if (node->type == NODE_FILE && (g_str_has_prefix(node->name, "python") ||
						g_str_has_prefix(node->name, "libpython") ||
						g_str_has_prefix(node->name, "pypy") ||
						g_str_has_prefix(node->name, "libpypy")))
			return true;
	}
	return false;
}

void python_extend(struct cut *cut)
{
	if (!cut->python) {
		if (!has_interpreter(cut))
			return;
		cut->python = python_new();
		add_environment(cut);
		/* The interpreters first: what is imported is looked for in their directories. */
		for (guint i = 0; i < cut->order->len; i++) {
			const struct node *node = cut->order->pdata[i];
			g_autofree char *via = NULL;

			if (node->type == NODE_FILE && node->parent->parent &&
			    is_library(node->parent)) {
				via = node_path(node);
				add_library(cut, node->parent, via);
			} else if (is_library(node)) {
				via = node_path(node);
				add_library(cut, node, via);
			}
		}
	}
	for (; cut->python->cursor < cut->order->len; cut->python->cursor++)
		look_at_node(cut, cut->order->pdata[cut->python->cursor]);
}
