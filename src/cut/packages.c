/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "cut/packages_private.h"

#include <string.h>

enum { NAME_BYTES = 255 };

static void package_free(gpointer data)
{
	struct package *package = data;

	g_free(package->name);
	g_free(package->version);
	g_free(package->architecture);
	g_free(package->source);
	g_free(package->source_version);
	g_free(package->license);
	g_free(package->record);
	g_ptr_array_unref(package->nodes);
	g_ptr_array_unref(package->depends);
	g_free(package);
}

static struct package *package_new(enum package_system system, const char *name,
				   const char *architecture)
{
	struct package *package = g_new0(struct package, 1);

	package->system = system;
	package->name = g_strdup(name);
	package->version = g_strdup("");
	package->architecture = g_strdup(architecture);
	package->installed = true;
	package->nodes = g_ptr_array_new();
	package->depends = g_ptr_array_new_with_free_func(g_free);
	return package;
}

/* Whether a package of @architecture is this one. */
static bool is_same(const struct package *package, const char *architecture)
{
	return *architecture == '\0' || *package->architecture == '\0' ||
	       !strcmp(package->architecture, architecture);
}

struct package *package_get(struct package_db *db, enum package_system system, const char *name,
			    const char *architecture)
{
	g_autofree char *key = g_strdup_printf("%s:%s:%d", name, architecture, system);
	struct package *package = g_hash_table_lookup(db->by_name, name);
	bool first = !package;

	if (name[0] == '\0' || strlen(key) > NAME_BYTES)
		return NULL;
	if (package && (package->system != system || !is_same(package, architecture)))
		package = g_hash_table_lookup(db->by_name, key);
	if (package || db->packages->len >= PACKAGES_MAX)
		return package;
	package = package_new(system, name, architecture);
	g_ptr_array_add(db->packages, package);
	g_hash_table_insert(db->by_name, first ? g_strdup(name) : g_steal_pointer(&key), package);
	return package;
}

void package_settle(struct package *package)
{
	if (!package->source)
		package->source = g_strdup(package->name);
	if (!package->source_version)
		package->source_version = g_strdup(package->version);
}

size_t checksum_size(enum checksum_kind kind)
{
	static const size_t sizes[] = {16, 20, 32, 48, 64};

	return sizes[kind];
}

bool checksum_from_hex(enum checksum_kind kind, const char *text, size_t length,
		       struct checksum *ret_checksum)
{
	struct checksum checksum = {.kind = kind};

	if (length != 2 * checksum_size(kind))
		return false;
	for (size_t i = 0; i < length; i++) {
		int digit = g_ascii_xdigit_value(text[i]);

		if (digit < 0)
			return false;
		checksum.bytes[i / 2] = (uint8_t)(checksum.bytes[i / 2] << 4 | digit);
	}
	*ret_checksum = checksum;
	return true;
}

const struct node *package_own(struct package_db *db, struct package *package, const char *path,
			       const struct checksum *checksum)
{
	const struct node *node;

	if (strlen(path) > PATH_MAX_BYTES)
		return NULL;
	node = tree_resolve(db->tree, path, false, NULL, NULL);
	if (!node)
		return NULL;
	if (node->type == NODE_DIRECTORY) {
		g_hash_table_add(db->directories, (gpointer)node);
		return node;
	}
	g_ptr_array_add(package->nodes, (gpointer)node);
	if (!g_hash_table_contains(db->owners, node)) {
		g_hash_table_insert(db->owners, (gpointer)node, package);
		if (checksum)
			g_hash_table_insert(db->checksums, (gpointer)node,
					    g_memdup2(checksum, sizeof(*checksum)));
	}
	return node;
}

void package_own_directory(struct package_db *db, const char *path)
{
	const struct node *node = strlen(path) > PATH_MAX_BYTES
					  ? NULL
					  : tree_resolve(db->tree, path, true, NULL, NULL);

	if (node && node->type == NODE_DIRECTORY)
		g_hash_table_add(db->directories, (gpointer)node);
}

const struct node *package_set_checksum(struct package_db *db, const struct package *package,
					const char *path, const struct checksum *checksum)
{
	const struct node *node = strlen(path) > PATH_MAX_BYTES
					  ? NULL
					  : tree_resolve(db->tree, path, false, NULL, NULL);

	if (!node || g_hash_table_lookup(db->owners, node) != package)
		return NULL;
	g_hash_table_insert(db->checksums, (gpointer)node, g_memdup2(checksum, sizeof(*checksum)));
	return node;
}

char *text_next_line(char **text)
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
	int order = strcmp((*left)->name, (*right)->name);

	return order ? order : strcmp((*left)->architecture, (*right)->architecture);
}

struct package_db *package_db_load(const struct tree *tree)
{
	struct package_db *db = g_new0(struct package_db, 1);

	db->tree = tree;
	db->packages = g_ptr_array_new_with_free_func(package_free);
	db->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	db->owners = g_hash_table_new(NULL, NULL);
	db->checksums = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	db->conffiles = g_hash_table_new(NULL, NULL);
	db->directories = g_hash_table_new(NULL, NULL);
	packages_read_dpkg(db);
	packages_read_apk(db);
	packages_read_rpm(db);
	db->opaque |= g_hash_table_size(db->owners) == 0 && has_foreign_database(tree);
	g_ptr_array_foreach(db->packages, (GFunc)(void (*)(void))package_settle, NULL);
	g_ptr_array_sort(db->packages, compare_packages);
	return db;
}

void package_db_free(struct package_db *db)
{
	if (!db)
		return;
	g_hash_table_unref(db->owners);
	g_hash_table_unref(db->checksums);
	g_hash_table_unref(db->conffiles);
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

const struct checksum *package_db_checksum(const struct package_db *db, const struct node *node)
{
	return g_hash_table_lookup(db->checksums, node);
}
