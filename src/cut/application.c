/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What no trace shows and no closure reaches: directories that the application listed, families of
 * plugins and libraries of which one was used, the application's own files, whole packages
 * (`safe`).
 */
#include "base/path.h"
#include "cut/cut.h"

#include <fnmatch.h>
#include <string.h>

/* NAME.so or NAME.so.1.2, not ld.so.cache. */
static bool is_library_name(const char *name)
{
	const char *at = strstr(name, ".so");

	return at && (at[3] == '\0' || (at[3] == '.' && g_ascii_isdigit(at[4])));
}

bool path_is_debris(const char *path)
{
	static const char *const directories[] = {
		"/var/log",     "/var/cache",   "/var/backups", "/var/lib/apt", "/tmp",
		"/var/tmp",     "/run",         "/var/run",     "/root/.npm",   "/var/lib/dnf",
		"/var/lib/yum", "/root/.cargo", "/root/.gem",   "/lost+found",
	};
	static const char *const suffixes[] = {".dpkg-old", ".dpkg-dist", ".dpkg-new", ".ucf-dist",
					       ".rpmnew",   ".rpmsave",   ".apk-new"};
	/* Not all of ~/.cache: models and browsers are shipped there. */
	static const char *const parts[] = {"/.git/",
					    "/.wh.",
					    "/.cache/pip/",
					    "/.cache/go-build/",
					    "/.cache/yarn/",
					    "/.cache/node-gyp/",
					    "/.cache/composer/",
					    "/.cache/pnpm/",
					    "/.cache/uv/",
					    "/.cache/poetry/",
					    "/.cache/pypoetry/",
					    "/.cache/bazel/"};
	const char *name = strrchr(path, '/');
	size_t length = strlen(path);

	for (gsize i = 0; i < G_N_ELEMENTS(directories); i++) {
		if (path_is_below(path, directories[i]))
			return true;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		if (g_str_has_suffix(path, suffixes[i]))
			return true;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
		if (strstr(path, parts[i]))
			return true;
	}
	/* .bash_history, .python_history */
	if (name && name[1] == '.' && g_str_has_suffix(name, "_history"))
		return true;
	/* passwd-, group-: what passwd(5) tools leave behind; .pwd.lock: theirs too */
	return (g_str_has_prefix(path, "/etc/") && path[length - 1] == '-') ||
	       strcmp(path, "/etc/.pwd.lock") == 0 ||
	       (g_str_has_prefix(path, "/var/lib/dpkg/") && g_str_has_suffix(path, "-old"));
}

/* Directories keep no empty shells of their entries: to Python, an empty directory is a package. */
static void keep_entries(struct cut *cut, const struct node *directory, const char *via)
{
	g_autoptr(GPtrArray) children = node_children(directory);

	for (guint i = 0; i < children->len; i++) {
		const struct node *child = children->pdata[i];
		g_autofree char *path = NULL;
		const struct node *target;

		if (child->type == NODE_DIRECTORY)
			continue;
		path = node_path(child);
		target = child->type == NODE_SYMLINK ? cut_resolve(cut, path) : NULL;
		if (target && target->type == NODE_DIRECTORY)
			continue;
		cut_keep(cut, child, "closure:listed", via);
	}
}

void cut_listed(struct cut *cut)
{
	g_autoptr(GPtrArray) directories = g_ptr_array_new();

	/* What was traced comes first in the order, sorted. */
	for (guint i = 0; i < cut->order->len; i++) {
		const struct node *node = cut->order->pdata[i];

		if (node->type == NODE_DIRECTORY && cut_touched(cut, node, PATH_LIST))
			g_ptr_array_add(directories, (gpointer)node);
	}
	if (profile_path_classes(cut->profile, "/") & PATH_LIST)
		g_ptr_array_add(directories, cut->tree->root);
	for (guint i = 0; i < directories->len; i++) {
		g_autofree char *path = node_path(directories->pdata[i]);

		keep_entries(cut, directories->pdata[i], path);
	}
}

static bool is_library_directory(const struct cut *cut, const char *path)
{
	const GPtrArray *directories = ldso_directories(cut->ldso);
	const struct node *node = tree_lookup(cut->tree, path);

	for (guint i = 0; i < directories->len; i++) {
		if (cut_resolve(cut, directories->pdata[i]) == node)
			return true;
	}
	return false;
}

/* A directory of plugins of which one was opened: the next request, or machine, may want another.
 */
static void keep_plugins(struct cut *cut, const struct node *node, const char *path)
{
	g_autoptr(GPtrArray) children = node_children(node->parent);

	for (guint i = 0; i < children->len; i++) {
		const struct node *child = children->pdata[i];

		if (child->type == NODE_DIRECTORY || g_str_has_suffix(child->name, ".a"))
			continue;
		if (is_library_name(child->name) || strstr(child->name, "modules") ||
		    strstr(child->name, ".cache") || strstr(child->name, ".conf"))
			cut_keep(cut, child, "closure:family", path);
	}
}

/* libX_Y.so or libX-Y.so that no ELF file needs was chosen by name: all libX_* are its family. */
static void keep_variants(struct cut *cut, const struct node *node, const char *path)
{
	const char *dot = strstr(node->name, ".so");
	size_t stem = 0;
	g_autoptr(GPtrArray) children = NULL;

	for (const char *at = node->name; at < dot; at++) {
		if (*at == '_' || *at == '-')
			stem = (size_t)(at - node->name) + 1;
	}
	/* "libX_": at least one letter of a name */
	if (!g_str_has_prefix(node->name, "lib") || stem < 5)
		return;
	children = node_children(node->parent);
	for (guint i = 0; i < children->len; i++) {
		const struct node *child = children->pdata[i];

		if (child->type != NODE_DIRECTORY && is_library_name(child->name) &&
		    strncmp(child->name, node->name, stem) == 0)
			cut_keep(cut, child, "closure:family", path);
	}
}

static bool is_needed(struct cut *cut, const struct node *node)
{
	const struct elf *elf = ldso_elf(cut->ldso, node);

	return g_hash_table_contains(cut->needed, node->name) ||
	       (elf && elf->soname && g_hash_table_contains(cut->needed, elf->soname));
}

/* The baseline of a library that the loader took for this CPU. */
static void keep_baseline(struct cut *cut, const struct node *node, const char *path)
{
	const struct node *level = node->parent;

	if (!level || !level->parent || !level->parent->parent ||
	    strcmp(level->parent->name, "glibc-hwcaps") != 0)
		return;
	g_autofree char *directory = node_path(level->parent->parent);
	g_autofree char *baseline = path_join(directory, node->name);
	g_autoptr(GPtrArray) variants = ldso_variants(cut->ldso, baseline);

	cut_keep_path(cut, baseline, "closure:family", path);
	for (guint i = 0; i < variants->len; i++)
		cut_keep_path(cut, variants->pdata[i], "closure:family", path);
}

static void keep_openssl_modules(struct cut *cut, const struct node *node, const char *path)
{
	static const char *const names[] = {"ossl-modules", "engines-3", "engines-1.1"};

	if (!g_str_has_prefix(node->name, "libcrypto.so"))
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		const struct node *directory = node_child(node->parent, names[i]);

		if (directory)
			cut_keep_below(cut, directory, "closure:family", path);
	}
}

void cut_families(struct cut *cut)
{
	/* Not beyond what is there now: what a family adds was not itself opened. */
	guint count = cut->order->len;

	for (guint i = 0; i < count; i++) {
		const struct node *node = cut->order->pdata[i];
		g_autofree char *path = NULL, *directory = NULL;

		if (node->type != NODE_FILE || !is_library_name(node->name) || !node->parent)
			continue;
		path = node_path(node);
		keep_openssl_modules(cut, node, path);
		keep_baseline(cut, node, path);
		if (!cut_touched(cut, node, PATH_OPEN | PATH_MAP_EXEC) || is_needed(cut, node))
			continue;
		directory = path_parent(path);
		if (is_library_directory(cut, directory))
			keep_variants(cut, node, path);
		else if (!strstr(path, "-packages/"))
			keep_plugins(cut, node, path);
	}
}

/* What the system's own installation scripts make, and nobody's application. */
static bool is_generated(const char *path)
{
	static const char *const names[] = {
		"passwd",        "group",       "shadow",
		"gshadow",       "subuid",      "subgid",
		"hostname",      "hosts",       "resolv.conf",
		"machine-id",    "fstab",       "mtab",
		"shells",        "environment", "motd",
		"issue",         "localtime",   "timezone",
		"mailcap",       "adjtime",     "locale.gen",
		"locale.conf",   "profile",     "inputrc",
		"bash.bashrc",   "ld.so.cache", "ca-certificates.conf",
		"nsswitch.conf", "networks",    ".pwd.lock",
		"os-release",    "default",     "papersize",
		"blkid.tab",     ".updated",
	};
	static const char *const etc_directories[] = {
		"alternatives",
		"ssl/certs",
		"rc0.d",
		"rc1.d",
		"rc2.d",
		"rc3.d",
		"rc4.d",
		"rc5.d",
		"rc6.d",
		"rcS.d",
		"init.d",
		"systemd",
		"pam.d",
		"skel",
		"apt",
		"dpkg",
		"cron.d",
		"cron.daily",
		"logrotate.d",
		"update-motd.d",
		"X11",
		"security",
		"default",
		"profile.d",
		"ca-certificates",
		"network",
		"terminfo",
		"kernel",
		"perl",
		"python3",
		"python3.11",
		"xml",
		"sgml",
		"udev",
		"dbus-1",
		"apk",
		"yum.repos.d",
		"yum",
		"dnf",
		"rpm",
		"opt/thresh",
		"fonts",
		"java-11-openjdk",
		"java-17-openjdk",
	};
	static const char *const directories[] = {
		"/var/lib/dpkg",
		"/var/lib/apt",
		"/var/lib/pam",
		"/var/lib/systemd",
		"/var/lib/ucf",
		"/var/lib/misc",
		"/var/lib/shells.state",
		"/var/lib/update-rc.d",
		"/var/lib/python",
		"/var/lib/rpm",
		"/var/lib/dnf",
		"/var/lib/yum",
		"/var/lib/alternatives",
		"/var/lib/dbus",
		"/var/lib/polkit-1",
		"/var/lib/xml-core",
		"/var/lib/sgml-base",
		"/var/lib/binfmts",
		"/var/lib/ghostscript",
		"/var/lib/aspell",
		"/var/lib/apk",
		"/lib/apk",
		"/usr/lib/apk",
		"/usr/lib/locale",
		"/usr/lib/sysimage",
		"/boot",
		"/dev",
		"/proc",
		"/sys",
		"/usr/share/info",
		"/usr/share/mime",
		"/usr/share/doc",
		"/usr/share/man",
		"/usr/share/icons",
		"/usr/share/applications",
		"/usr/local/share/man",
		"/usr/local/man",
		"/usr/local/share/doc",
		"/usr/local/include",
		"/usr/local/lib/pkgconfig",
		"/usr/include",
		"/usr/local/share/info",
		"/usr/lib/jvm",
		"/usr/share/glib-2.0",
		"/usr/lib/udev",
		"/usr/share/bash-completion",
		"/etc/.java",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(directories); i++) {
		if (path_is_below(path, directories[i]))
			return true;
	}
	if (!g_str_has_prefix(path, "/etc/"))
		return fnmatch("/usr/local/lib/*.a", path, 0) == 0 ||
		       strstr(path, "/gconv-modules.cache") || strstr(path, "/gschemas.compiled") ||
		       strstr(path, "/giomodule.cache") || strstr(path, "/immodules.cache") ||
		       strstr(path, "/loaders.cache");
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		if (strcmp(path + 5, names[i]) == 0)
			return true;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(etc_directories); i++) {
		g_autofree char *directory = path_join("/etc", etc_directories[i]);

		if (path_is_below(path, directory))
			return true;
	}
	return false;
}

/* Where a system lies: where its package database is not read, what is there counts as owned. */
static bool is_system(const char *path)
{
	static const char *const directories[] = {
		"/bin",  "/sbin", "/lib",  "/lib32", "/lib64",   "/libx32", "/etc",
		"/boot", "/dev",  "/proc", "/sys",   "/var/lib", "/var/db"};

	for (gsize i = 0; i < G_N_ELEMENTS(directories); i++) {
		if (path_is_below(path, directories[i]))
			return true;
	}
	return path_is_below(path, "/usr") && !path_is_below(path, "/usr/local") &&
	       !path_is_below(path, "/usr/src") && !path_is_below(path, "/usr/app") &&
	       !path_is_below(path, "/usr/share/nginx/html");
}

/* The compiled form of a module is as much the package's as its source. */
static bool is_cached_module(const struct cut *cut, const struct node *node)
{
	g_autofree char *name = NULL;
	const struct node *source;

	if (strcmp(node->parent->name, "__pycache__") != 0 || !node->parent->parent)
		return false;
	name = g_strdup_printf("%.*s.py", (int)strcspn(node->name, "."), node->name);
	source = node_child(node->parent->parent, name);
	return source && !cut_keeps(cut, source);
}

/* Links of update-alternatives(1), directories of the hierarchy, and what a home starts with. */
static bool is_made_by_system(const struct node *node, const char *path)
{
	static const char *const paths[] = {
		"/media",
		"/mnt",
		"/opt",
		"/srv",
		"/var/mail",
		"/var/opt",
		"/var/spool",
		"/etc/opt",
		"/root/.bashrc",
		"/root/.profile",
		"/home",
		"/root",
		"/usr/local/bin",
		"/usr/local/etc",
		"/usr/local/games",
		"/usr/local/lib",
		"/usr/local/sbin",
		"/usr/local/src",
		"/var/spool/mail",
		"/usr/local/share",
		"/usr/games",
		"/usr/src",
		"/var/local",
		"/var/empty",
	};

	if (node->type == NODE_SYMLINK && g_str_has_prefix(node->target, "/etc/alternatives/"))
		return true;
	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
		if (strcmp(path, paths[i]) == 0)
			return true;
	}
	return false;
}

static bool is_own(const struct cut *cut, const struct node *node, const char *path)
{
	if (node->type == NODE_DIRECTORY) {
		if (node->children || g_hash_table_contains(cut->packages->directories, node))
			return false;
	} else if (package_db_package_of(cut->packages, node) || is_cached_module(cut, node)) {
		return false;
	}
	if (cut->packages->opaque && is_system(path))
		return false;
	return !is_made_by_system(node, path) && !is_generated(path) && !path_is_debris(path) &&
	       !runtime_has(cut, path);
}

static bool visit_own(struct node *node, const char *path, void *user)
{
	struct cut *cut = user;

	/* The order in `order` is that of the walk: sorted. A cached module comes before its source
	 * in it, so that python.c adds it. */
	if (node->parent && !cut_keeps(cut, node) &&
	    (node->type != NODE_DIRECTORY || !node->children) && is_own(cut, node, path) &&
	    node->type != NODE_FIFO)
		cut_keep(cut, node, "closure:application", NULL);
	return true;
}

void cut_application(struct cut *cut)
{
	node_walk(cut->tree->root, visit_own, cut);
}

static bool has_tool(struct cut *cut, const struct package *package)
{
	for (guint i = 0; i < package->nodes->len; i++) {
		const struct node *node = package->nodes->pdata[i];

		if (node->type == NODE_FILE && node->mode & 0111 &&
		    programs_kind(cut->programs, node) != PROGRAM_OTHER)
			return true;
	}
	return false;
}

void cut_whole_packages(struct cut *cut)
{
	g_autoptr(GHashTable) done = g_hash_table_new(NULL, NULL);
	guint count = cut->order->len;

	for (guint i = 0; i < count; i++) {
		const struct node *node = cut->order->pdata[i];
		const struct package *package = package_db_package_of(cut->packages, node);
		g_autofree char *via = NULL;

		if (!package || !g_hash_table_add(done, (gpointer)package) ||
		    has_tool(cut, package))
			continue;
		via = node_path(node);
		for (guint j = 0; j < package->nodes->len; j++)
			cut_keep(cut, package->nodes->pdata[j], "closure:package", via);
	}
}
