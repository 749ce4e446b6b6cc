/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/inventory.h"

#include "base/error.h"
#include "evidence/inventory_private.h"
#include "evidence/purl.h"

#include <string.h>

static void component_free(gpointer data)
{
	struct component *component = data;

	g_free(component->type);
	g_free(component->namespace);
	g_free(component->name);
	g_free(component->version);
	g_free(component->license);
	g_free(component->purl);
	g_free(component->found);
	g_free(component->reference);
	g_ptr_array_unref(component->files);
	g_free(component);
}

static void file_free(gpointer data)
{
	struct inventory_file *file = data;

	g_free(file->path);
	g_free(file);
}

/* A name that documents may carry. */
static bool is_text(const char *text)
{
	if (strlen(text) > NAME_MAX_CHARACTERS || !g_utf8_validate(text, -1, NULL))
		return false;
	for (const char *c = text; *c; c++) {
		if ((guchar)*c < 0x20 || *c == 0x7f)
			return false;
	}
	return true;
}

static bool is_named(const struct inventory *inventory, const char *namespace, const char *name,
		     const char *version)
{
	return name && *name && is_text(name) && is_text(version) &&
	       (!namespace || is_text(namespace)) && inventory->components->len < COMPONENTS_MAX;
}

static struct component *add(struct inventory *inventory, const char *type, const char *namespace,
			     const char *name, const char *version, const char *license,
			     const char *found)
{
	struct component *component;

	if (!is_named(inventory, namespace, name, version))
		return NULL;
	component = g_new0(struct component, 1);
	component->type = g_strdup(type);
	component->namespace = g_strdup(namespace && *namespace ? namespace : NULL);
	component->name = g_strdup(name);
	component->version = g_strdup(version);
	component->license = g_strdup(license && is_text(license) && *license ? license : NULL);
	component->found = g_strdup(found);
	component->files = g_ptr_array_new();
	g_ptr_array_add(inventory->components, component);
	return component;
}

/* What a reference is made of: two components that have it in common are one. Caller frees. */
static char *reference_text(const struct component *component)
{
	return g_strdup_printf("%s\n%s\n%s\n%s\n%s\n%s", component->type,
			       component->namespace ? component->namespace : "", component->name,
			       component->version,
			       component->package ? component->package->architecture : "",
			       component->found);
}

struct component *inventory_add(struct inventory *inventory, const char *type,
				const char *namespace, const char *name, const char *version,
				const char *license, const char *found)
{
	struct component *component =
		add(inventory, type, namespace, name, version ? version : "", license, found);
	struct component *known;
	char *text;

	if (!component)
		return NULL;
	text = reference_text(component);
	known = g_hash_table_lookup(inventory->said, text);
	if (!known) {
		g_hash_table_insert(inventory->said, text, component);
		return component;
	}
	g_free(text);
	g_ptr_array_set_size(inventory->components, (gint)inventory->components->len - 1);
	return known;
}

bool inventory_is_packaged(const struct inventory *inventory, const struct node *node)
{
	const struct package *package = package_db_package_of(inventory->packages, node);

	return package && package->installed;
}

void inventory_own(struct inventory *inventory, const struct node *node,
		   struct component *component)
{
	GHashTable *table;

	if (!component || !node || inventory_is_packaged(inventory, node))
		return;
	table = node->type == NODE_DIRECTORY ? inventory->directories : inventory->owners;
	if (!g_hash_table_contains(table, node))
		g_hash_table_insert(table, (gpointer)node, component);
}

/* --- packages of the system ----------------------------------------------------------------------
 */

static void read_packages(struct inventory *inventory)
{
	static const char *const types[] = {
		[PACKAGE_DPKG] = "deb", [PACKAGE_APK] = "apk", [PACKAGE_RPM] = "rpm"};
	const struct package_db *db = inventory->packages;

	for (guint i = 0; i < db->packages->len; i++) {
		const struct package *package = db->packages->pdata[i];
		struct component *component;

		if (!package->installed)
			continue;
		component = add(inventory, types[package->system], inventory->distribution.id,
				package->name, package->version, package->license,
				db->databases[package->system]);
		if (!component)
			continue;
		component->package = package;
		g_hash_table_insert(inventory->by_package, (gpointer)package, component);
	}
	if (!db->opaque)
		return;
	inventory->complete = false;
	g_ptr_array_add(inventory->notes,
			g_strdup("there is a package database that is not read: files of its "
				 "packages are listed as unowned"));
}

/* --- package URLs --------------------------------------------------------------------------------
 */

/* "SOURCE" or "SOURCE@VERSION" where they differ from the package's own: what advisories are about.
 */
static char *upstream_of(const struct package *package)
{
	bool same_version = !strcmp(package->source_version, package->version);

	if (same_version && !strcmp(package->source, package->name))
		return NULL;
	return same_version ? g_strdup(package->source)
			    : g_strconcat(package->source, "@", package->source_version, NULL);
}

static void set_purl(const struct inventory *inventory, struct component *component)
{
	const struct distribution *distribution = &inventory->distribution;
	g_autofree char *name = g_strdup(component->name), *version = g_strdup(component->version);
	g_autofree char *upstream = NULL, *distro = NULL, *epoch = NULL;
	struct purl purl = {.type = component->type,
			    .namespace = component->namespace,
			    .name = name,
			    .version = version};

	if (component->package) {
		upstream = upstream_of(component->package);
		distro = *distribution->version
				 ? g_strconcat(distribution->id, "-", distribution->version, NULL)
				 : g_strdup(distribution->id);
		purl_qualify(&purl, "arch", component->package->architecture);
		purl_qualify(&purl, "distro", distribution->known ? distro : NULL);
		purl_qualify(&purl, "upstream", upstream);
	}
	if (component->package && component->package->system == PACKAGE_RPM &&
	    strchr(version, ':')) {
		epoch = g_strndup(version, strcspn(version, ":"));
		purl_qualify(&purl, "epoch", epoch);
		purl.version = strchr(version, ':') + 1;
	}
	component->purl = purl_format(&purl, NULL);
	g_clear_pointer(&purl.qualifiers, g_hash_table_unref);
}

static void set_reference(struct component *component)
{
	g_autofree char *text = reference_text(component);
	struct digest digest;
	char hex[DIGEST_HEX_BYTES];

	digest_of(text, strlen(text), &digest);
	digest_format_hex(&digest, hex);
	component->reference = g_strndup(hex, 32);
}

static int compare_components(gconstpointer a, gconstpointer b)
{
	const struct component *const *left = a, *const *right = b;
	int order = g_strcmp0((*left)->purl, (*right)->purl);

	return order ? order : strcmp((*left)->reference, (*right)->reference);
}

static void settle_components(struct inventory *inventory)
{
	for (guint i = 0; i < inventory->components->len; i++) {
		set_purl(inventory, inventory->components->pdata[i]);
		set_reference(inventory->components->pdata[i]);
	}
	g_ptr_array_sort(inventory->components, compare_components);
}

/* --- files ---------------------------------------------------------------------------------------
 */

static struct component *owner_of(const struct inventory *inventory, const struct node *node)
{
	const struct package *package = package_db_package_of(inventory->packages, node);
	struct component *owner =
		package ? g_hash_table_lookup(inventory->by_package, package) : NULL;

	if (!owner)
		owner = g_hash_table_lookup(inventory->owners, node);
	for (const struct node *above = node->parent; above && !owner; above = above->parent)
		owner = g_hash_table_lookup(inventory->directories, above);
	return owner;
}

static bool add_file(struct node *node, const char *path, void *user)
{
	struct inventory *inventory = user;
	struct inventory_file *file;

	if (node->type == NODE_DIRECTORY)
		return true;
	file = g_new0(struct inventory_file, 1);
	file->node = node;
	file->path = g_strdup(path);
	file->owner = owner_of(inventory, node);
	g_ptr_array_add(inventory->files, file);
	return true;
}

static int compare_files(gconstpointer a, gconstpointer b)
{
	const struct inventory_file *const *left = a, *const *right = b;

	return strcmp((*left)->path, (*right)->path);
}

static void read_files(struct inventory *inventory)
{
	node_walk(inventory->tree->root, add_file, inventory);
	g_ptr_array_sort(inventory->files, compare_files);
	for (guint i = 0; i < inventory->files->len; i++) {
		struct inventory_file *file = inventory->files->pdata[i];

		if (file->owner)
			g_ptr_array_add(file->owner->files, file);
		else
			inventory->unowned++;
	}
}

struct inventory *inventory_new(const struct tree *tree, const struct inventory_options *options,
				GError **error)
{
	autoinventory struct inventory *inventory = g_new0(struct inventory, 1);

	inventory->tree = tree;
	inventory->packages = package_db_load(tree);
	inventory->components = g_ptr_array_new_with_free_func(component_free);
	inventory->files = g_ptr_array_new_with_free_func(file_free);
	inventory->notes = g_ptr_array_new_with_free_func(g_free);
	inventory->said = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	inventory->owners = g_hash_table_new(NULL, NULL);
	inventory->directories = g_hash_table_new(NULL, NULL);
	inventory->by_package = g_hash_table_new(NULL, NULL);
	inventory->complete = true;
	inventory->sha1 = options->sha1;
	distribution_read(tree, &inventory->distribution);
	read_packages(inventory);
	inventory_read_components(inventory);
	settle_components(inventory);
	read_files(inventory);
	inventory_explain(inventory, options);
	if (!inventory_hash(inventory, error))
		return NULL;
	return g_steal_pointer(&inventory);
}

void inventory_free(struct inventory *inventory)
{
	if (!inventory)
		return;
	g_hash_table_unref(inventory->said);
	g_hash_table_unref(inventory->owners);
	g_hash_table_unref(inventory->directories);
	g_hash_table_unref(inventory->by_package);
	g_ptr_array_unref(inventory->components);
	g_ptr_array_unref(inventory->files);
	g_ptr_array_unref(inventory->notes);
	distribution_clear(&inventory->distribution);
	package_db_free(inventory->packages);
	g_free(inventory);
}

void inventory_cleanup(struct inventory **inventory)
{
	inventory_free(*inventory);
}
