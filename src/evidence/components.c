/* SPDX-License-Identifier: Apache-2.0 */
/* Which reader looks at which file. */
#include "evidence/inventory_private.h"

#include <fnmatch.h>
#include <string.h>

static const struct {
	const char *directory; /* glob of the name of the directory, or NULL: any */
	const char *name;      /* glob of the file's name */
	component_reader *read;
} readers[] = {
	{"*.dist-info", "METADATA", read_dist_info},
	{"*.egg-info", "PKG-INFO", read_egg_info},
	{"EGG-INFO", "PKG-INFO", read_egg_info},
	{NULL, "*.egg-info", read_egg_info},
	{NULL, "package.json", read_package_json},
	{"specifications", "*.gemspec", read_gemspec},
	{"default", "*.gemspec", read_gemspec},
	{"composer", "installed.json", read_composer},
	{NULL, "*.[jwe]ar", read_archive},
	{NULL, "*.[JWE]AR", read_archive},
	{NULL, "*.[hj]pi", read_archive}, /* Jenkins' plug-ins */
	{NULL, "pom.properties", read_unpacked},
};

static bool is_candidate(const struct node *node, gsize reader)
{
	const char *directory = readers[reader].directory;

	return fnmatch(readers[reader].name, node->name, 0) == 0 &&
	       (!directory || fnmatch(directory, node->parent->name, 0) == 0);
}

static bool look_at(struct node *node, const char *path, void *user)
{
	struct inventory *inventory = user;

	if (node->type != NODE_FILE || inventory_is_packaged(inventory, node))
		return true;
	for (gsize i = 0; i < G_N_ELEMENTS(readers); i++) {
		if (is_candidate(node, i)) {
			readers[i].read(inventory, node, path);
			return true;
		}
	}
	if (node->mode & 0111 || strstr(node->name, ".so"))
		read_executable(inventory, node, path);
	return true;
}

void inventory_read_components(struct inventory *inventory)
{
	node_walk(inventory->tree->root, look_at, inventory);
}
