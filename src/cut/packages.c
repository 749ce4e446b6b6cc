/* SPDX-License-Identifier: Apache-2.0 */
#include "cut/packages.h"

#include "base/path.h"
#include "cut/content.h"

#include <string.h>

enum {
	DATABASE_MAX_BYTES = 128 << 20,
	LIST_MAX_BYTES = 32 << 20,
	PACKAGES_MAX = 100000,
	NAME_BYTES = 255,
};

static void package_free(gpointer data)
{
	struct package *package = data;

	g_free(package->name);
	g_ptr_array_unref(package->nodes);
	g_ptr_array_unref(package->depends);
	g_free(package);
}

static struct package *package_get(struct package_db *db, const char *name, size_t length)
{
	g_autofree char *key = g_strndup(name, MIN(length, strcspn(name, ":")));
	struct package *package;

	if (key[0] == '\0' || strlen(key) > NAME_BYTES)
		return NULL;
	package = g_hash_table_lookup(db->by_name, key);
	if (package || db->packages->len >= PACKAGES_MAX)
		return package;
	package = g_new0(struct package, 1);
	package->name = g_steal_pointer(&key);
	package->nodes = g_ptr_array_new();
	package->depends = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(db->packages, package);
	g_hash_table_insert(db->by_name, package->name, package);
	return package;
}

/* The first package that names a file owns it. */
static void package_own(struct package_db *db, struct package *package, const char *path)
{
	const struct node *node;

	if (strlen(path) > PATH_MAX_BYTES)
		return;
	node = tree_resolve(db->tree, path, false, NULL, NULL);
	if (!node)
		return;
	if (node->type == NODE_DIRECTORY) {
		g_hash_table_add(db->directories, (gpointer)node);
		return;
	}
	g_ptr_array_add(package->nodes, (gpointer)node);
	if (!g_hash_table_contains(db->owners, node))
		g_hash_table_insert(db->owners, (gpointer)node, package);
}

/* The next line of @text, NUL-terminated in place, or NULL at the end. */
static char *next_line(char **text)
{
	char *line = *text, *end;

	if (!line || *line == '\0')
		return NULL;
	end = strchr(line, '\n');
	if (end)
		*end = '\0';
	*text = end ? end + 1 : NULL;
	return line;
}

/* deb-control(5): "a (>= 1), b | c:any" */
static void add_depends(struct package *package, const char *text)
{
	g_auto(GStrv) words = g_strsplit_set(text, ",|", -1);

	for (char **word = words; *word; word++) {
		char *name = g_strstrip(*word);

		name[strcspn(name, " (:[")] = '\0';
		if (*name)
			g_ptr_array_add(package->depends, g_strdup(name));
	}
}

static void read_status(struct package_db *db, char *text)
{
	struct package *package = NULL;
	char *line;

	while ((line = next_line(&text))) {
		if (*line == '\0')
			package = NULL;
		else if (g_str_has_prefix(line, "Package: "))
			package = package_get(db, line + 9, strlen(line + 9));
		else if (package && g_str_has_prefix(line, "Depends: "))
			add_depends(package, line + 9);
		else if (package && g_str_has_prefix(line, "Pre-Depends: "))
			add_depends(package, line + 13);
	}
}

/* dpkg-divert(1): three lines each: where it was, where it is now, for which package (":": local).
 */
static GHashTable *read_diversions(const struct tree *tree)
{
	GHashTable *diversions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autofree char *text = content_read_text(
		tree, tree_lookup(tree, "/var/lib/dpkg/diversions"), LIST_MAX_BYTES);
	char *at = text, *from, *to, *by;

	while ((from = next_line(&at)) && (to = next_line(&at)) && (by = next_line(&at)))
		g_hash_table_insert(diversions, g_strdup(from), g_strconcat(by, "\n", to, NULL));
	return diversions;
}

static const char *diverted(GHashTable *diversions, const struct package *package, const char *path)
{
	const char *entry = g_hash_table_lookup(diversions, path);
	size_t length = strlen(package->name);

	if (!entry || (strncmp(entry, package->name, length) == 0 && entry[length] == '\n'))
		return path;
	return strchr(entry, '\n') + 1;
}

static void read_list(struct package_db *db, const struct node *node, GHashTable *diversions)
{
	g_autofree char *text = content_read_text(db->tree, node, LIST_MAX_BYTES);
	struct package *package =
		text ? package_get(db, node->name, strlen(node->name) - strlen(".list")) : NULL;
	char *at = text, *line;

	while (package && (line = next_line(&at))) {
		if (line[0] == '/' && line[1] && strcmp(line, "/.") != 0)
			package_own(db, package, diverted(diversions, package, line));
	}
}

static void read_dpkg(struct package_db *db)
{
	const struct node *info = tree_lookup(db->tree, "/var/lib/dpkg/info");
	const struct node *status = tree_lookup(db->tree, "/var/lib/dpkg/status");
	g_autofree char *text = content_read_text(db->tree, status, DATABASE_MAX_BYTES);
	g_autoptr(GHashTable) diversions = NULL;
	g_autoptr(GPtrArray) lists = NULL;

	if (text)
		read_status(db, text);
	if (!info || info->type != NODE_DIRECTORY)
		return;
	diversions = read_diversions(db->tree);
	lists = node_children(info);
	for (guint i = 0; i < lists->len; i++) {
		const struct node *node = lists->pdata[i];

		if (g_str_has_suffix(node->name, ".list"))
			read_list(db, node, diversions);
	}
}

/* md5sums: "<32 hex>  usr/bin/x" */
static void read_md5sums(struct package_db *db, struct package *package, char *text)
{
	char *line;

	while ((line = next_line(&text))) {
		const char *path = strstr(line, "  ");

		if (path && path - line == 32 && path[2]) {
			g_autofree char *full = path_clean("/", path + 2);

			package_own(db, package, full);
		}
	}
}

/* Images made without dpkg (distroless): one control file a package, md5sums beside it. */
static void read_status_directory(struct package_db *db)
{
	const struct node *directory = tree_lookup(db->tree, "/var/lib/dpkg/status.d");
	g_autoptr(GPtrArray) children = NULL;

	if (!directory || directory->type != NODE_DIRECTORY)
		return;
	children = node_children(directory);
	for (guint i = 0; i < children->len; i++) {
		const struct node *node = children->pdata[i], *sums;
		g_autofree char *sums_name = g_strconcat(node->name, ".md5sums", NULL);
		g_autofree char *text = NULL, *md5sums = NULL;
		guint before = db->packages->len;

		if (g_str_has_suffix(node->name, ".md5sums"))
			continue;
		text = content_read_text(db->tree, node, LIST_MAX_BYTES);
		if (!text)
			continue;
		read_status(db, text);
		sums = node_child(directory, sums_name);
		md5sums = sums ? content_read_text(db->tree, sums, LIST_MAX_BYTES) : NULL;
		if (md5sums && db->packages->len == before + 1)
			read_md5sums(db, db->packages->pdata[before], md5sums);
	}
}

/* apk's installed database (apk-package(5) and its wiki page): P: name, F: directory, R: file, D:
 * dependencies; an empty line ends a package. */
static void read_apk(struct package_db *db, char *text)
{
	struct package *package = NULL;
	g_autofree char *directory = g_strdup("/");
	char *line;

	while ((line = next_line(&text))) {
		if (line[0] == '\0' || line[1] != ':') {
			package = NULL;
			continue;
		}
		if (line[0] == 'P')
			package = package_get(db, line + 2, strlen(line + 2));
		if (!package)
			continue;
		if (line[0] == 'F') {
			g_free(directory);
			directory = path_clean("/", line + 2);
			package_own(db, package, directory);
		} else if (line[0] == 'R') {
			g_autofree char *path = path_join(directory, line + 2);

			package_own(db, package, path);
		} else if (line[0] == 'D') {
			g_auto(GStrv) words = g_strsplit(line + 2, " ", -1);

			for (char **word = words; *word; word++)
				g_ptr_array_add(package->depends,
						g_strndup(*word, strcspn(*word, "<>=~")));
		}
	}
}

static bool has_rpm_database(const struct tree *tree)
{
	static const char *const directories[] = {
		"/var/lib/rpm",
		"/usr/lib/sysimage/rpm",
		"/usr/share/rpm",
	};
	static const char *const names[] = {"Packages", "Packages.db", "rpmdb.sqlite"};

	for (gsize i = 0; i < G_N_ELEMENTS(directories); i++) {
		for (gsize j = 0; j < G_N_ELEMENTS(names); j++) {
			g_autofree char *path = path_join(directories[i], names[j]);

			if (tree_resolve(tree, path, true, NULL, NULL))
				return true;
		}
	}
	return false;
}

/* Systems whose database is not read: what lies in their directories may be any package's. */
static bool has_foreign_database(const struct tree *tree)
{
	static const char *const paths[] = {"/var/lib/pacman/local",
					    "/var/db/pkg",
					    "/var/db/xbps",
					    "/var/lib/opkg/info",
					    "/usr/lib/opkg/info",
					    "/var/lib/pkgtools",
					    "/var/lib/eopkg",
					    "/usr/share/clear",
					    "/nix/store",
					    "/gnu/store",
					    "/usr/lib/opkg/status"};

	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
		if (tree_resolve(tree, paths[i], true, NULL, NULL))
			return true;
	}
	return false;
}

static int compare_packages(gconstpointer a, gconstpointer b)
{
	const struct package *const *left = a, *const *right = b;

	return strcmp((*left)->name, (*right)->name);
}

struct package_db *package_db_load(const struct tree *tree)
{
	static const char *const apk_paths[] = {"/lib/apk/db/installed",
						"/usr/lib/apk/db/installed"};
	struct package_db *db = g_new0(struct package_db, 1);

	db->tree = tree;
	db->packages = g_ptr_array_new_with_free_func(package_free);
	db->by_name = g_hash_table_new(g_str_hash, g_str_equal);
	db->owners = g_hash_table_new(NULL, NULL);
	db->directories = g_hash_table_new(NULL, NULL);
	read_dpkg(db);
	read_status_directory(db);
	for (gsize i = 0; i < G_N_ELEMENTS(apk_paths); i++) {
		const struct node *node = tree_resolve(tree, apk_paths[i], true, NULL, NULL);
		g_autofree char *text = content_read_text(tree, node, DATABASE_MAX_BYTES);

		if (text)
			read_apk(db, text);
	}
	db->has_rpm = has_rpm_database(tree);
	db->opaque =
		db->has_rpm || (g_hash_table_size(db->owners) == 0 && has_foreign_database(tree));
	g_ptr_array_sort(db->packages, compare_packages);
	return db;
}

void package_db_free(struct package_db *db)
{
	if (!db)
		return;
	g_hash_table_unref(db->owners);
	g_hash_table_unref(db->directories);
	g_hash_table_unref(db->by_name);
	g_ptr_array_unref(db->packages);
	g_free(db);
}

void package_db_cleanup(struct package_db **db)
{
	package_db_free(*db);
}

const struct package *package_db_package_of(const struct package_db *db, const struct node *node)
{
	return g_hash_table_lookup(db->owners, node);
}

const char *package_db_owner(const struct package_db *db, const char *path)
{
	const struct node *node = tree_lookup(db->tree, path);
	const struct package *package = node ? package_db_package_of(db, node) : NULL;

	return package ? package->name : NULL;
}

const struct package *package_db_find(const struct package_db *db, const char *name)
{
	return g_hash_table_lookup(db->by_name, name);
}
