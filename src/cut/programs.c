/* SPDX-License-Identifier: Apache-2.0 */
#include "cut/programs.h"

#include "base/json.h"
#include "cut/content.h"
#include "cut/elf.h"

#include <elf.h>
#include <string.h>

enum {
	PROGRAM_MAX_BYTES = 256 << 20,
	SCRIPT_MAX_BYTES = 256 << 10,
	PHAR_MAX_BYTES = 16 << 20,
	METADATA_MAX_BYTES = 1 << 20,
	SCAN_MAX_BYTES = 24 << 20, /* of constants of one program; the largest shell has 4 MiB */
	NEEDLES_MAX = 5,
	PLAIN_MIN_BYTES =
		48 << 10, /* no shell is smaller; a file that is not executable is no script */
};

struct programs {
	const struct tree *tree;
	const struct package_db *packages;
	GHashTable *by_digest;  /* GBytes of a digest → kind */
	GHashTable *kinds;      /* const struct node * → kind, for what was looked into */
	GHashTable *companions; /* set of const struct node * */
};

#define NEEDLE(text)                                                                               \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}

/* All needles of one row make it that program. Chosen from what every version must contain: a POSIX
 * shell has its reserved words and special built-ins as constants of their own; others have a text
 * that nobody else prints. Checked against the packages of Debian 12 (tests/unit/cut). */
static const struct signature {
	enum program_kind kind;
	struct {
		const char *text;
		size_t length;
	} needles[NEEDLES_MAX];
} signatures[] = {
	/* busybox before the shells: its ash has the words too */
	{PROGRAM_MULTICALL, {NEEDLE("BusyBox v"), NEEDLE("multi-call binary")}},
	{PROGRAM_MULTICALL, {NEEDLE("usage: toybox"), NEEDLE("multicall binary")}},
	/* bash, dash, ksh, mksh, posh, zsh and their kin; make has the words too, but prints no PS4
	 */
	{PROGRAM_SHELL,
	 {NEEDLE("\0esac\0"), NEEDLE("\0elif\0"), NEEDLE("getopts"), NEEDLE("readonly"),
	  NEEDLE("PS4")}},
	/* yash has its reserved words as wide characters */
	{PROGRAM_SHELL,
	 {NEEDLE("\0getopts\0"), NEEDLE("\0unalias\0"), NEEDLE("Y\0\0\0A\0\0\0S\0\0\0H\0\0\0_")}},
	/* csh, tcsh */
	{PROGRAM_SHELL, {NEEDLE("\0endsw\0"), NEEDLE("\0onintr\0"), NEEDLE("\0unhash\0")}},
	{PROGRAM_SHELL, {NEEDLE("fish_read_limit"), NEEDLE("__fish_print_help")}},
	{PROGRAM_SHELL, {NEEDLE("Stand-alone shell (version")}}, /* sash */
	{PROGRAM_SHELL, {NEEDLE("rc: cannot shift"), NEEDLE("whatis")}},
	{PROGRAM_SHELL, {NEEDLE("Usage: whatis name"), NEEDLE("rcmain")}}, /* Plan 9's rc */
	{PROGRAM_SHELL, {NEEDLE("src.elv.sh/pkg/shell")}},
	{PROGRAM_SHELL, {NEEDLE("nu_engine"), NEEDLE("nu_protocol"), NEEDLE("nu_cli")}},
	{PROGRAM_SHELL, {NEEDLE("mvdan.cc/sh/v3/interp"), NEEDLE("cmd/gosh")}},
	{PROGRAM_PACKAGE_MANAGER, {NEEDLE("help about installing and deinstalling packages")}},
	{PROGRAM_PACKAGE_MANAGER, {NEEDLE("Debian"), NEEDLE("package archive backend")}},
	{PROGRAM_PACKAGE_MANAGER, {NEEDLE("Debian"), NEEDLE("package management program")}},
	{PROGRAM_PACKAGE_MANAGER, {NEEDLE("This apk has coffee making abilities")}},
	{PROGRAM_PACKAGE_MANAGER, {NEEDLE("Common options for all rpm modes and executables")}},
	{PROGRAM_PACKAGE_MANAGER, {NEEDLE("/etc/pacman.conf"), NEEDLE("pacman")}},
	{PROGRAM_PACKAGE_MANAGER, {NEEDLE("/etc/opkg"), NEEDLE("opkg")}},
};

/* A program that is linked to one of these is a front end of that package manager. */
static const char *const manager_libraries[] = {
	"libapt-pkg.so", "libapt-private.so", "librpm.so",  "librpmbuild.so", "libdnf.so",
	"libdnf5.so",    "libalpm.so",        "libzypp.so", "libapk.so",      "libtdnf.so",
};

/* The same for scripts: "#!" or "<?php", and each needle. */
static const struct {
	const char *needles[2];
} manager_scripts[] = {
	{{"from pip._internal", NULL}},
	{{"from pip import main", NULL}},
	{{"from pipenv", NULL}},
	{{"from poetry.console", NULL}},
	{{"Gem::GemRunner", NULL}},
	{{"rubygems/gem_runner", NULL}},
	{{"Gem.bin_path", "bundler"}},
	{{"bundler/friendly_errors", NULL}},
	{{"App::Cpan", NULL}},
	{{"CPAN::Shell", NULL}},
	{{"dnf.cli", "main"}},
	{{"yummain", NULL}},
	{{"npm/bin/npm-cli.js", NULL}},
	{{"Phar::mapPhar('composer.phar')", NULL}},
	{{"Composer\\Console\\Application", NULL}},
	{{"App::cpanminus", NULL}},
	{{"from conda.cli", NULL}},
};

static const char *const manager_python_names[] = {"pip",   "pipenv", "poetry", "conda",
						   "mamba", "pdm",    "uv"};
static const char *const manager_node_names[] = {"npm", "npx", "corepack", "yarn", "pnpm"};

struct scan {
	uint32_t found[G_N_ELEMENTS(signatures)]; /* bit a needle */
	uint64_t left_bytes;
};

static bool scan_segment(const uint8_t *data, size_t size_bytes, void *user)
{
	struct scan *scan = user;

	size_bytes = MIN(size_bytes, scan->left_bytes);
	scan->left_bytes -= size_bytes;
	for (gsize i = 0; i < G_N_ELEMENTS(signatures); i++) {
		for (int j = 0; j < NEEDLES_MAX && signatures[i].needles[j].text; j++) {
			if (scan->found[i] & 1u << j)
				continue;
			if (!content_has(data, size_bytes, signatures[i].needles[j].text,
					 signatures[i].needles[j].length))
				break;
			scan->found[i] |= 1u << j;
		}
	}
	return scan->left_bytes > 0;
}

static bool is_complete(const struct signature *signature, uint32_t found)
{
	for (int j = 0; j < NEEDLES_MAX && signature->needles[j].text; j++) {
		if (!(found & 1u << j))
			return false;
	}
	return true;
}

static bool is_library(const struct elf *elf)
{
	return elf->type == ET_REL || elf->type == ET_CORE ||
	       (elf->type == ET_DYN && !elf->interpreter && (elf->soname || elf->needed->len > 0));
}

static enum program_kind identify_elf(const void *data, size_t size_bytes)
{
	autoelf struct elf *elf = elf_parse(data, size_bytes, NULL);
	struct scan scan = {.left_bytes = SCAN_MAX_BYTES};

	if (!elf || is_library(elf))
		return PROGRAM_OTHER;
	for (guint i = 0; i < elf->needed->len; i++) {
		for (gsize j = 0; j < G_N_ELEMENTS(manager_libraries); j++) {
			if (g_str_has_prefix(elf->needed->pdata[i], manager_libraries[j]))
				return PROGRAM_PACKAGE_MANAGER;
		}
	}
	/* A shell that is linked dynamically asks its libraries to execute programs: most programs
	 * are out here, and their constants need not be read. */
	if (elf->needed->len > 0 && !elf->calls_exec)
		return PROGRAM_OTHER;
	elf_constants(data, size_bytes, scan_segment, &scan);
	for (gsize i = 0; i < G_N_ELEMENTS(signatures); i++) {
		if (is_complete(&signatures[i], scan.found[i]))
			return signatures[i].kind;
	}
	return PROGRAM_OTHER;
}

static enum program_kind identify_script(const void *data, size_t size_bytes)
{
	bool phar = content_has(data, MIN(size_bytes, 4096), "<?php", 5);

	if (size_bytes > (phar ? PHAR_MAX_BYTES : SCRIPT_MAX_BYTES))
		return PROGRAM_OTHER;
	for (gsize i = 0; i < G_N_ELEMENTS(manager_scripts); i++) {
		const char *first = manager_scripts[i].needles[0];
		const char *second = manager_scripts[i].needles[1];

		if (content_has(data, size_bytes, first, strlen(first)) &&
		    (!second || content_has(data, size_bytes, second, strlen(second))))
			return PROGRAM_PACKAGE_MANAGER;
	}
	return PROGRAM_OTHER;
}

enum program_kind program_identify(const void *data, size_t size_bytes)
{
	if (elf_is(data, size_bytes))
		return identify_elf(data, size_bytes);
	if (size_bytes > 5 && (memcmp(data, "#!", 2) == 0 || memcmp(data, "<?php", 5) == 0))
		return identify_script(data, size_bytes);
	return PROGRAM_OTHER;
}

static bool is_phar(const struct node *node)
{
	return g_str_has_suffix(node->name, ".phar");
}

static enum program_kind identify_node(struct programs *programs, const struct node *node)
{
	g_autoptr(GBytes) key = g_bytes_new(&node->digest, sizeof(node->digest));
	static const struct digest no_digest;
	bool known = !digest_equal(&node->digest, &no_digest);
	autocontent struct content content = {0};
	gpointer value;
	enum program_kind kind;

	if (node->size_bytes < (node->mode & 0111 ? 16 : PLAIN_MIN_BYTES) && !is_phar(node))
		return PROGRAM_OTHER;
	if (known && g_hash_table_lookup_extended(programs->by_digest, key, NULL, &value))
		return GPOINTER_TO_UINT(value);
	if (!content_open(programs->tree, node, PROGRAM_MAX_BYTES, &content))
		return PROGRAM_OTHER;
	kind = program_identify(content.data, content.size_bytes);
	if (known)
		g_hash_table_insert(programs->by_digest, g_steal_pointer(&key),
				    GUINT_TO_POINTER(kind));
	return kind;
}

enum program_kind programs_kind(struct programs *programs, const struct node *node)
{
	gpointer value;
	enum program_kind kind = PROGRAM_OTHER;

	if (g_hash_table_lookup_extended(programs->kinds, node, NULL, &value))
		return GPOINTER_TO_UINT(value);
	if (node->type == NODE_FILE) {
		kind = identify_node(programs, node);
	} else if (node->type == NODE_SYMLINK) {
		g_autofree char *path = node_path(node);
		const struct node *target = tree_resolve(programs->tree, path, true, NULL, NULL);

		if (target && target != node && target->type == NODE_FILE)
			kind = programs_kind(programs, target);
	}
	g_hash_table_insert(programs->kinds, (gpointer)node, GUINT_TO_POINTER(kind));
	return kind;
}

enum program_kind programs_known_kind(const struct programs *programs, const struct node *node)
{
	return GPOINTER_TO_UINT(g_hash_table_lookup(programs->kinds, node));
}

static bool is_one_of(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (g_ascii_strcasecmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

static bool mark_manager(struct node *node, const char *path, void *user)
{
	struct programs *programs = user;

	(void)path;
	if (node->type != NODE_DIRECTORY)
		g_hash_table_insert(programs->kinds, node,
				    GUINT_TO_POINTER(PROGRAM_PACKAGE_MANAGER));
	return true;
}

static void mark_child(struct programs *programs, const struct node *directory, const char *name)
{
	struct node *child = node_child(directory, name);

	if (child)
		node_walk(child, mark_manager, programs);
}

/* The value of `Name:` in Python's core metadata (METADATA, PKG-INFO). */
static char *python_name(const struct tree *tree, const struct node *node)
{
	g_autofree char *text = content_read_text(tree, node, METADATA_MAX_BYTES);
	const char *line = text;

	while (line && !g_str_has_prefix(line, "Name:")) {
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return line ? g_strstrip(g_strndup(line + 5, strcspn(line + 5, "\r\n"))) : NULL;
}

/* METADATA of a wheel, PKG-INFO of an egg: the package beside it, when it is a manager's. */
static void look_at_metadata(struct programs *programs, struct node *node)
{
	g_autofree char *name = NULL;
	struct node *unit = node->parent;

	if (!unit->parent || !strchr(unit->name, '.') ||
	    (!g_str_has_suffix(unit->name, ".dist-info") &&
	     !g_str_has_suffix(unit->name, ".egg-info")))
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(manager_python_names); i++) {
		if (g_ascii_strncasecmp(unit->name, manager_python_names[i],
					strlen(manager_python_names[i])) == 0)
			name = name ? name : python_name(programs->tree, node);
	}
	if (!name || !is_one_of(name, manager_python_names, G_N_ELEMENTS(manager_python_names)))
		return;
	node_walk(unit, mark_manager, programs);
	mark_child(programs, unit->parent, name);
}

static void look_at_package_json(struct programs *programs, struct node *node)
{
	autocontent struct content content = {0};
	autojson json_t *json = NULL;
	const char *name;

	if (!is_one_of(node->parent->name, manager_node_names, G_N_ELEMENTS(manager_node_names)) &&
	    !g_str_has_prefix(node->parent->name, "yarn-v"))
		return;
	if (!content_open(programs->tree, node, METADATA_MAX_BYTES, &content))
		return;
	json = json_parse_lenient(content.data, content.size_bytes);
	name = json ? json_string_at(json, "name") : NULL;
	if (name && is_one_of(name, manager_node_names, G_N_ELEMENTS(manager_node_names)))
		node_walk(node->parent, mark_manager, programs);
}

static bool look_at_node(struct node *node, const char *path, void *user)
{
	struct programs *programs = user;

	(void)path;
	if (node->type != NODE_FILE || !node->parent)
		return true;
	if (node->mode & 0111 || is_phar(node))
		programs_kind(programs, node);
	else if (strcmp(node->name, "METADATA") == 0 || strcmp(node->name, "PKG-INFO") == 0)
		look_at_metadata(programs, node);
	else if (strcmp(node->name, "package.json") == 0)
		look_at_package_json(programs, node);
	return true;
}

static bool look_at_link(struct node *node, const char *path, void *user)
{
	(void)path;
	if (node->type == NODE_SYMLINK)
		programs_kind(user, node);
	return true;
}

/* A system's package manager is a binary; a script (cpan) may lie in a language's own package. */
static bool is_system_manager(struct programs *programs, const struct node *node)
{
	autocontent struct content content = {0};

	return node->type == NODE_FILE && node->mode & 0111 &&
	       programs_kind(programs, node) == PROGRAM_PACKAGE_MANAGER &&
	       content_open(programs->tree, node, PROGRAM_MAX_BYTES, &content) &&
	       elf_is(content.data, content.size_bytes);
}

/* What a system's package manager installs beside itself. */
static void find_companions(struct programs *programs)
{
	for (guint i = 0; i < programs->packages->packages->len; i++) {
		const struct package *package = programs->packages->packages->pdata[i];
		bool manager = false;

		for (guint j = 0; j < package->nodes->len && !manager; j++)
			manager = is_system_manager(programs, package->nodes->pdata[j]);
		for (guint j = 0; j < package->nodes->len && manager; j++)
			g_hash_table_add(programs->companions, package->nodes->pdata[j]);
	}
}

struct programs *programs_find(const struct tree *tree, const struct package_db *packages)
{
	struct programs *programs = g_new0(struct programs, 1);

	programs->tree = tree;
	programs->packages = packages;
	programs->by_digest = g_hash_table_new_full(g_bytes_hash, g_bytes_equal,
						    (GDestroyNotify)g_bytes_unref, NULL);
	programs->kinds = g_hash_table_new(NULL, NULL);
	programs->companions = g_hash_table_new(NULL, NULL);
	node_walk(tree->root, look_at_node, programs);
	node_walk(tree->root, look_at_link, programs);
	find_companions(programs);
	return programs;
}

void programs_free(struct programs *programs)
{
	if (!programs)
		return;
	g_hash_table_unref(programs->by_digest);
	g_hash_table_unref(programs->kinds);
	g_hash_table_unref(programs->companions);
	g_free(programs);
}

bool programs_accompanies(const struct programs *programs, const struct node *node)
{
	return g_hash_table_contains(programs->companions, node);
}
