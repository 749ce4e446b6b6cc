/* SPDX-License-Identifier: Apache-2.0 */
/* PHP packages: vendor/composer/installed.json (getcomposer.org; version 1 is an array, version 2
 * an object with `packages`). */
#include "base/path.h"
#include "evidence/inventory_private.h"

#include <string.h>

/* Version 2 says where; before, it was always VENDOR/NAME. */
static const struct node *directory_of(const struct inventory *inventory, const json_t *package,
				       const char *composer, const char *name)
{
	const char *given = json_string_at(package, "install-path");
	g_autofree char *usual = g_strconcat("../", name, NULL);
	g_autofree char *path = path_clean(composer, given ? given : usual);
	const struct node *node = strlen(path) > PATH_MAX_BYTES
					  ? NULL
					  : tree_resolve(inventory->tree, path, true, NULL, NULL);

	return node && node->parent && node->type == NODE_DIRECTORY ? node : NULL;
}

static void read_package(struct inventory *inventory, const json_t *package, const char *path)
{
	const char *name = json_string_at(package, "name");
	const char *version = json_string_at(package, "version");
	const char *slash = name ? strchr(name, '/') : NULL;
	const char *license =
		json_string_value(json_array_get(json_array_at(package, "license"), 0));
	g_autofree char *vendor = slash ? g_strndup(name, (gsize)(slash - name)) : NULL;
	g_autofree char *composer = path_parent(path);
	struct component *component;

	if (!slash || !version)
		return;
	component = inventory_add(inventory, "composer", vendor, slash + 1, version, license, path);
	inventory_own(inventory, directory_of(inventory, package, composer, name), component);
}

void read_composer(struct inventory *inventory, const struct node *node, const char *path)
{
	g_autofree char *text = content_read_text(inventory->tree, node, METADATA_MAX_BYTES);
	autojson json_t *json = text ? json_parse_lenient(text, strlen(text)) : NULL;
	const json_t *packages = json_is_array(json) ? json : json_array_at(json, "packages");
	const json_t *package;
	size_t i;

	json_array_foreach (packages, i, package)
		read_package(inventory, package, path);
}
