/* SPDX-License-Identifier: Apache-2.0 */
/* Ruby gems: specifications/NAME-VERSION.gemspec, as RubyGems writes them on installation: a
 * program, of which only plain assignments of strings are read (guides.rubygems.org, "Specification
 * Reference"). */
#include "base/path.h"
#include "evidence/inventory_private.h"

#include <string.h>

/* The text of a string as RubyGems writes them, in every version of it, or NULL: "TEXT", 'TEXT',
 * %q{TEXT}, the first of a list, and what Gem::Version.new takes. Ends @value in place. */
static char *string_of(char *value)
{
	static const char *const before[] = {"[", "Gem::Version.new(", "%q"};

	for (gsize i = 0; i < G_N_ELEMENTS(before); i++) {
		if (g_str_has_prefix(value, before[i]))
			value += strlen(before[i]);
	}
	if (*value == '\0' || !strchr("\"'{", *value))
		return NULL;
	value++;
	value[strcspn(value, "\"'}\\#")] = '\0';
	return value;
}

/* The string of the first line `s.@member = STRING…`, or NULL. Caller frees. */
static char *assigned(const char *text, const char *member)
{
	g_autofree char *wanted = g_strdup_printf("s.%s = ", member);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line; line++) {
		char *value = g_strchug(*line);

		if (!g_str_has_prefix(value, wanted))
			continue;
		value = string_of(value + strlen(wanted));
		if (value)
			return g_strdup(value);
	}
	return NULL;
}

void read_gemspec(struct inventory *inventory, const struct node *node, const char *path)
{
	g_autofree char *text = content_read_text(inventory->tree, node, METADATA_MAX_BYTES);
	g_autofree char *name = text ? assigned(text, "name") : NULL;
	g_autofree char *version = text ? assigned(text, "version") : NULL;
	g_autofree char *license = text ? assigned(text, "licenses") : NULL;
	g_autofree char *full = g_strndup(node->name, strlen(node->name) - strlen(".gemspec"));
	struct component *component;
	const struct node *root = node->parent->parent, *gems;

	component = inventory_add(inventory, "gem", NULL, name, version, license, path);
	inventory_own(inventory, node, component);
	if (root && !strcmp(node->parent->name, "default"))
		root = root->parent;
	gems = root ? node_child(root, "gems") : NULL;
	inventory_own(inventory, gems ? node_child(gems, full) : NULL, component);
}
