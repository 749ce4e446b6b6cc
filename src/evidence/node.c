/* SPDX-License-Identifier: Apache-2.0 */
/* Node packages: package.json (npm's documentation, "package.json"). A package's directory holds
 * its files; what lies in node_modules below it are other packages. */
#include "evidence/inventory_private.h"

#include <string.h>

/* Whether @directory is where a package is installed, and not a fixture in one: it lies right in
 * node_modules or in a scope there, or no node_modules is above it. */
static bool is_package_directory(const struct node *directory)
{
	const struct node *above = directory->parent;

	if (above && above->name[0] == '@')
		above = above->parent;
	if (above && !strcmp(above->name, "node_modules"))
		return true;
	for (above = directory; above; above = above->parent) {
		if (!strcmp(above->name, "node_modules"))
			return false;
	}
	return true;
}

/* "MIT", or {"type": "MIT"} of old. */
static const char *license_of(const json_t *json)
{
	const char *license = json_string_at(json, "license");

	return license ? license : json_string_at(json_object_at(json, "license"), "type");
}

void read_package_json(struct inventory *inventory, const struct node *node, const char *path)
{
	g_autofree char *text = NULL, *scope = NULL;
	autojson json_t *json = NULL;
	const char *name, *version, *slash;
	struct component *component;

	if (!is_package_directory(node->parent))
		return;
	text = content_read_text(inventory->tree, node, JSON_MAX_BYTES);
	json = text ? json_parse_lenient(text, strlen(text)) : NULL;
	name = json_string_at(json, "name");
	version = json_string_at(json, "version");
	if (!name || !version)
		return;
	slash = name[0] == '@' ? strchr(name, '/') : NULL;
	scope = slash ? g_strndup(name, (gsize)(slash - name)) : NULL;
	component = inventory_add(inventory, "npm", scope, slash ? slash + 1 : name, version,
				  license_of(json), path);
	inventory_own(inventory, node->parent, component);
}
