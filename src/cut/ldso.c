/* SPDX-License-Identifier: Apache-2.0 */
#include "cut/ldso.h"

#include "base/path.h"
#include "cut/content.h"

#include <elf.h>
#include <fnmatch.h>
#include <string.h>

enum {
	CONF_MAX_BYTES = 1 << 20,
	CONF_DEPTH_MAX = 8,
	DIRECTORIES_MAX = 1024,
	CACHE_MAX_BYTES = 16 << 20,
	ELF_MAX_BYTES = 1 << 30,
};

struct ldso {
	const struct tree *tree;
	GPtrArray *environment; /* LD_LIBRARY_PATH */
	GPtrArray *directories; /* char *, in order, each once */
	GHashTable *seen;       /* set of directories, borrowed from it */
	GHashTable *elves;      /* const struct node * → struct elf * or NULL */
};

/* Directory names of multiarch (wiki.debian.org/Multiarch/Tuples) by machine; also what $PLATFORM
 * is. */
static const struct {
	uint16_t machine;
	uint8_t class_bits;
	const char *tuple;
	const char *platform;
} machines[] = {
	{EM_X86_64, 64, "x86_64-linux-gnu", "x86_64"},
	{EM_AARCH64, 64, "aarch64-linux-gnu", "aarch64"},
	{EM_386, 32, "i386-linux-gnu", "i686"},
	{EM_ARM, 32, "arm-linux-gnueabihf", "v7l"},
	{EM_RISCV, 64, "riscv64-linux-gnu", "riscv64"},
	{EM_PPC64, 64, "powerpc64le-linux-gnu", "ppc64le"},
	{EM_S390, 64, "s390x-linux-gnu", "s390x"},
	{EM_X86_64, 32, "x86_64-linux-gnux32", "x86_64"},
};

static void add_directory(struct ldso *ldso, const char *path)
{
	g_autofree char *clean = path[0] == '/' ? path_clean(NULL, path) : NULL;

	if (!clean || ldso->directories->len >= DIRECTORIES_MAX ||
	    g_hash_table_contains(ldso->seen, clean))
		return;
	g_hash_table_add(ldso->seen, clean);
	g_ptr_array_add(ldso->directories, g_steal_pointer(&clean));
}

static void read_conf(struct ldso *ldso, const char *path, unsigned int depth);

/* `include PATTERN`, relative to the directory of the file that has it; sorted as glob(3) sorts. */
static void read_include(struct ldso *ldso, const char *from, const char *pattern,
			 unsigned int depth)
{
	g_autofree char *base = path_parent(from);
	g_autofree char *clean = path_clean(base, pattern);
	g_autofree char *directory = path_parent(clean);
	const struct node *node = tree_resolve(ldso->tree, directory, true, NULL, NULL);
	g_autoptr(GPtrArray) children = NULL;

	if (!node || node->type != NODE_DIRECTORY)
		return;
	children = node_children(node);
	for (guint i = 0; i < children->len; i++) {
		const struct node *child = children->pdata[i];
		g_autofree char *path = path_join(directory, child->name);

		if (fnmatch(path_name(clean), child->name, FNM_PERIOD) == 0)
			read_conf(ldso, path, depth + 1);
	}
}

/* ldconfig(8): one directory a line, `include`, `hwcap` (ignored since 2.37), comments. */
static void read_conf(struct ldso *ldso, const char *path, unsigned int depth)
{
	const struct node *node = tree_resolve(ldso->tree, path, true, NULL, NULL);
	g_autofree char *text = content_read_text(ldso->tree, node, CONF_MAX_BYTES);
	g_auto(GStrv) lines = text ? g_strsplit_set(text, "\n", -1) : NULL;

	if (depth > CONF_DEPTH_MAX)
		return;
	for (char **line = lines; line && *line; line++) {
		char *word = *line;

		word[strcspn(word, "#")] = '\0';
		word = g_strstrip(word);
		if (g_str_has_prefix(word, "include") && g_ascii_isspace(word[7])) {
			g_auto(GStrv) patterns = g_strsplit_set(word + 8, " \t", -1);

			for (char **pattern = patterns; *pattern; pattern++) {
				if (**pattern)
					read_include(ldso, path, *pattern, depth);
			}
		} else if (word[0] == '/') {
			word[strcspn(word, " \t:,=")] = '\0';
			add_directory(ldso, word);
		}
	}
}

/* The cache names files, not directories; where it lies is all that is taken from it, so that its
 * version does not matter. */
static void read_cache(struct ldso *ldso)
{
	const struct node *node = tree_resolve(ldso->tree, "/etc/ld.so.cache", true, NULL, NULL);
	autocontent struct content content = {0};
	const uint8_t *at, *end;

	if (!content_open(ldso->tree, node, CACHE_MAX_BYTES, &content))
		return;
	at = content.data;
	end = at + content.size_bytes;
	while ((at = memchr(at, '/', (size_t)(end - at)))) {
		const uint8_t *stop = memchr(at, '\0', (size_t)(end - at));

		if (!stop)
			return;
		if (stop - at < PATH_MAX_BYTES && (at == content.data || at[-1] == '\0')) {
			g_autofree char *directory = path_parent((const char *)at);

			if (!strstr(directory, "glibc-hwcaps"))
				add_directory(ldso, directory);
		}
		at = stop;
	}
}

static void add_default_directories(struct ldso *ldso)
{
	static const char *const plain[] = {"/lib64",         "/usr/lib64", "/lib32",
					    "/usr/lib32",     "/lib",       "/usr/lib",
					    "/usr/local/lib", "/libx32",    "/usr/libx32"};

	for (gsize i = 0; i < G_N_ELEMENTS(machines); i++) {
		g_autofree char *lib = path_join("/lib", machines[i].tuple);
		g_autofree char *usr = path_join("/usr/lib", machines[i].tuple);

		add_directory(ldso, lib);
		add_directory(ldso, usr);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(plain); i++)
		add_directory(ldso, plain[i]);
}

/* musl: /etc/ld-musl-ARCH.path, directories separated by newlines or colons. */
static void read_musl_paths(struct ldso *ldso)
{
	const struct node *etc = tree_lookup(ldso->tree, "/etc");
	g_autoptr(GPtrArray) children =
		etc && etc->type == NODE_DIRECTORY ? node_children(etc) : g_ptr_array_new();

	for (guint i = 0; i < children->len; i++) {
		const struct node *child = children->pdata[i];
		g_autofree char *text = NULL;

		if (fnmatch("ld-musl-*.path", child->name, 0) != 0)
			continue;
		text = content_read_text(ldso->tree, child, CONF_MAX_BYTES);
		g_auto(GStrv) words = text ? g_strsplit_set(text, "\n:", -1) : NULL;
		for (char **word = words; word && *word; word++)
			add_directory(ldso, g_strstrip(*word));
	}
}

static GPtrArray *split_path(const char *text)
{
	GPtrArray *directories = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) words = g_strsplit_set(text, ":;", -1);

	for (char **word = words; *word && directories->len < DIRECTORIES_MAX; word++) {
		if (**word)
			g_ptr_array_add(directories, g_strdup(*word));
	}
	return directories;
}

struct ldso *ldso_new(const struct tree *tree, const struct image_config *config)
{
	struct ldso *ldso = g_new0(struct ldso, 1);

	ldso->tree = tree;
	ldso->environment = split_path("");
	for (guint i = 0; config && i < config->environment->len; i++) {
		const char *text = config->environment->pdata[i];

		if (g_str_has_prefix(text, "LD_LIBRARY_PATH=")) {
			g_ptr_array_unref(ldso->environment);
			ldso->environment = split_path(text + strlen("LD_LIBRARY_PATH="));
		}
	}
	ldso->directories = g_ptr_array_new_with_free_func(g_free);
	ldso->seen = g_hash_table_new(g_str_hash, g_str_equal);
	ldso->elves = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)elf_free);
	read_conf(ldso, "/etc/ld.so.conf", 0);
	read_cache(ldso);
	read_musl_paths(ldso);
	add_default_directories(ldso);
	return ldso;
}

void ldso_free(struct ldso *ldso)
{
	if (!ldso)
		return;
	g_ptr_array_unref(ldso->environment);
	g_hash_table_unref(ldso->seen);
	g_ptr_array_unref(ldso->directories);
	g_hash_table_unref(ldso->elves);
	g_free(ldso);
}

const GPtrArray *ldso_directories(const struct ldso *ldso)
{
	return ldso->directories;
}

const struct elf *ldso_elf(struct ldso *ldso, const struct node *node)
{
	autocontent struct content content = {0};
	struct elf *elf = NULL;
	gpointer value;

	if (g_hash_table_lookup_extended(ldso->elves, node, NULL, &value))
		return value;
	if (content_open(ldso->tree, node, ELF_MAX_BYTES, &content) &&
	    elf_is(content.data, content.size_bytes))
		elf = elf_parse(content.data, content.size_bytes, NULL);
	g_hash_table_insert(ldso->elves, (gpointer)node, elf);
	return elf;
}

static const char *lib_token(const struct elf *elf)
{
	return elf->class_bits == 64 ? "lib64" : "lib";
}

/* ld.so(8), "Dynamic string tokens". $LIB is lib64, or lib/TUPLE on Debian: both are tried. */
static char *expand_tokens(const char *text, const char *origin, const char *lib,
			   const char *platform)
{
	const struct {
		const char *plain, *braced, *value;
	} tokens[] = {{"$ORIGIN", "${ORIGIN}", origin},
		      {"$LIB", "${LIB}", lib},
		      {"$PLATFORM", "${PLATFORM}", platform}};
	GString *out = g_string_new(text);

	for (gsize i = 0; i < G_N_ELEMENTS(tokens); i++) {
		g_string_replace(out, tokens[i].braced, tokens[i].value, 0);
		g_string_replace(out, tokens[i].plain, tokens[i].value, 0);
	}
	return g_string_free(out, FALSE);
}

/* @text's directories with tokens expanded, appended to @directories. */
static void expand_path(GPtrArray *directories, const char *text, const struct node *object,
			const struct elf *elf)
{
	g_autoptr(GPtrArray) words = split_path(text);
	g_autofree char *path = node_path(object);
	g_autofree char *origin = path_parent(path);
	const char *platform = "", *tuple = "";

	for (gsize i = 0; i < G_N_ELEMENTS(machines); i++) {
		if (machines[i].machine == elf->machine &&
		    machines[i].class_bits == elf->class_bits) {
			platform = machines[i].platform;
			tuple = machines[i].tuple;
		}
	}
	for (guint i = 0; i < words->len; i++) {
		g_autofree char *multiarch = path_join("lib", tuple);

		g_ptr_array_add(directories,
				expand_tokens(words->pdata[i], origin, multiarch, platform));
		if (strstr(words->pdata[i], "LIB"))
			g_ptr_array_add(directories, expand_tokens(words->pdata[i], origin,
								   lib_token(elf), platform));
	}
}

GPtrArray *ldso_rpath(const struct node *object, const struct elf *elf)
{
	GPtrArray *directories = g_ptr_array_new_with_free_func(g_free);

	if (elf->rpath)
		expand_path(directories, elf->rpath, object, elf);
	return directories;
}

static bool fits(struct ldso *ldso, const char *path, const struct elf *elf)
{
	const struct node *node = tree_resolve(ldso->tree, path, true, NULL, NULL);
	const struct elf *found = node ? ldso_elf(ldso, node) : NULL;

	return found && found->class_bits == elf->class_bits && found->machine == elf->machine;
}

static char *find_in(struct ldso *ldso, const GPtrArray *directories, const struct elf *elf,
		     const char *name)
{
	for (guint i = 0; directories && i < directories->len; i++) {
		g_autofree char *directory = path_clean("/", directories->pdata[i]);
		g_autofree char *path = path_join(directory, name);

		if (fits(ldso, path, elf))
			return g_steal_pointer(&path);
	}
	return NULL;
}

static char *find_in_hwcaps(struct ldso *ldso, const struct elf *elf, const char *name)
{
	for (guint i = 0; i < ldso->directories->len; i++) {
		g_autofree char *path = path_join(ldso->directories->pdata[i], name);
		g_autoptr(GPtrArray) variants = ldso_variants(ldso, path);

		for (guint j = 0; j < variants->len; j++) {
			if (fits(ldso, variants->pdata[j], elf))
				return g_strdup(variants->pdata[j]);
		}
	}
	return NULL;
}

/* musl's loader is its C library, and answers to these names itself (ldso/dynlink.c, load_library).
 */
static char *find_musl_self(struct ldso *ldso, const struct elf *elf, const char *name)
{
	const struct node *lib = tree_resolve(ldso->tree, "/lib", true, NULL, NULL);
	g_autoptr(GPtrArray) children = NULL;

	if (!lib || lib->type != NODE_DIRECTORY ||
	    (strcmp(name, "libc.so") != 0 && !g_str_has_prefix(name, "libc.musl-")))
		return NULL;
	children = node_children(lib);
	for (guint i = 0; i < children->len; i++) {
		const struct node *child = children->pdata[i];
		g_autofree char *path = path_join("/lib", child->name);

		if (fnmatch("ld-musl-*.so.1", child->name, 0) == 0 && fits(ldso, path, elf))
			return g_steal_pointer(&path);
	}
	return NULL;
}

char *ldso_find(struct ldso *ldso, const struct node *object, const struct elf *elf,
		const GPtrArray *inherited, const char *name)
{
	g_autoptr(GPtrArray) rpath = ldso_rpath(object, elf);
	g_autoptr(GPtrArray) runpath = g_ptr_array_new_with_free_func(g_free);
	char *path = NULL;

	if (strchr(name, '/')) {
		g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

		expand_path(names, name, object, elf);
		for (guint i = 0; i < names->len && !path; i++) {
			g_autofree char *clean = path_clean("/", names->pdata[i]);

			if (fits(ldso, clean, elf))
				path = g_steal_pointer(&clean);
		}
		return path;
	}
	if (elf->runpath)
		expand_path(runpath, elf->runpath, object, elf);
	path = find_in(ldso, rpath, elf, name);
	path = path ? path : find_in(ldso, elf->runpath ? NULL : inherited, elf, name);
	path = path ? path : find_in(ldso, ldso->environment, elf, name);
	path = path ? path : find_in(ldso, runpath, elf, name);
	path = path ? path : find_in(ldso, ldso->directories, elf, name);
	path = path ? path : find_musl_self(ldso, elf, name);
	return path ? path : find_in_hwcaps(ldso, elf, name);
}

static void add_variant(GPtrArray *paths, const struct node *directory, const char *directory_path,
			const char *sub, const char *name)
{
	const struct node *node = node_child(directory, sub);

	if (node && node->type == NODE_DIRECTORY && node_child(node, name))
		g_ptr_array_add(paths, g_strconcat(directory_path, "/", sub, "/", name, NULL));
}

GPtrArray *ldso_variants(struct ldso *ldso, const char *path)
{
	/* dl-hwcaps before glibc 2.37 (ld.so(8), "Legacy Hardware capabilities") */
	static const char *const legacy[] = {"atomics", "avx512_1", "haswell", "neon",    "sse2",
					     "tls",     "vfp",      "x86_64",  "xeon_phi"};
	GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *directory_path = path_parent(path);
	const struct node *directory = tree_resolve(ldso->tree, directory_path, true, NULL, NULL);
	const struct node *hwcaps;

	if (!directory || directory->type != NODE_DIRECTORY)
		return paths;
	for (gsize i = 0; i < G_N_ELEMENTS(legacy); i++)
		add_variant(paths, directory, directory_path, legacy[i], path_name(path));
	hwcaps = node_child(directory, "glibc-hwcaps");
	if (hwcaps && hwcaps->type == NODE_DIRECTORY) {
		g_autoptr(GPtrArray) levels = node_children(hwcaps);
		g_autofree char *base = path_join(directory_path, "glibc-hwcaps");

		for (guint i = 0; i < levels->len; i++) {
			const struct node *level = levels->pdata[i];

			add_variant(paths, hwcaps, base, level->name, path_name(path));
		}
	}
	return paths;
}
