/* SPDX-License-Identifier: Apache-2.0 */
/* Python distributions: dist-info (packaging.python.org, "Recording installed projects") and
 * egg-info (setuptools). Their metadata are header lines (core metadata specifications). */
#include "base/path.h"
#include "cut/control.h"
#include "evidence/inventory_private.h"

#include <string.h>

/* The component that core metadata in @text name, or NULL. */
static struct component *read_metadata(struct inventory *inventory, const char *text,
				       const char *path)
{
	g_autofree char *headers = control_next(&text);
	g_autofree char *name = headers ? control_field(headers, "Name") : NULL;
	g_autofree char *version = headers ? control_field(headers, "Version") : NULL;
	g_autofree char *license = headers ? control_field(headers, "License-Expression") : NULL;

	return inventory_add(inventory, "pypi", NULL, name, version, license, path);
}

static void own_path(struct inventory *inventory, const char *directory, const char *relative,
		     struct component *component)
{
	g_autofree char *path = path_clean(directory, relative);
	const struct node *node = strlen(path) > PATH_MAX_BYTES
					  ? NULL
					  : tree_resolve(inventory->tree, path, false, NULL, NULL);

	if (node && node->type != NODE_DIRECTORY)
		inventory_own(inventory, node, component);
}

/* The first field of a line of CSV, in place: one with a comma or quote in it is quoted, and quotes
 * in that are doubled (RFC 4180, section 2). */
static const char *first_field(char *line)
{
	char *to = line, *at = line + 1;

	if (*line != '"') {
		line[strcspn(line, ",\r")] = '\0';
		return line;
	}
	for (; *at && (*at != '"' || at[1] == '"'); at++) {
		at += *at == '"';
		*to++ = *at;
	}
	*to = '\0';
	return line;
}

/* RECORD: "path,hash,size" a line. */
static void own_record(struct inventory *inventory, const struct node *record,
		       const char *directory, struct component *component)
{
	g_autofree char *text = content_read_text(inventory->tree, record, METADATA_MAX_BYTES);
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);

	for (char **line = lines; *line; line++) {
		const char *file = first_field(*line);

		if (*file)
			own_path(inventory, directory, file, component);
	}
}

void read_dist_info(struct inventory *inventory, const struct node *node, const char *path)
{
	g_autofree char *text = content_read_text(inventory->tree, node, METADATA_MAX_BYTES);
	g_autofree char *info = path_parent(path), *site = path_parent(info);
	struct component *component = text ? read_metadata(inventory, text, path) : NULL;
	const struct node *record = node_child(node->parent, "RECORD");

	if (!component)
		return;
	if (record)
		own_record(inventory, record, site, component);
	inventory_own(inventory, node->parent, component);
}

/* Files by name, relative to the egg-info directory. */
static void own_installed(struct inventory *inventory, const struct node *list,
			  const char *directory, struct component *component)
{
	g_autofree char *text = content_read_text(inventory->tree, list, METADATA_MAX_BYTES);
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);

	for (char **line = lines; *line; line++) {
		if (*g_strstrip(*line))
			own_path(inventory, directory, *line, component);
	}
}

/* top_level.txt: names of modules and packages beside the egg-info. */
static void own_top_level(struct inventory *inventory, const struct node *list,
			  const struct node *site, struct component *component)
{
	g_autofree char *text = content_read_text(inventory->tree, list, METADATA_MAX_BYTES);
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);

	for (char **line = lines; *line; line++) {
		g_autofree char *module = g_strconcat(g_strstrip(*line), ".py", NULL);

		inventory_own(inventory, node_child(site, *line), component);
		inventory_own(inventory, node_child(site, module), component);
	}
}

/* NAME-VERSION-pyX.Y.egg: all of a distribution, with EGG-INFO in it. */
static bool is_egg(const struct node *directory)
{
	return directory && g_str_has_suffix(directory->name, ".egg");
}

void read_egg_info(struct inventory *inventory, const struct node *node, const char *path)
{
	g_autofree char *text = content_read_text(inventory->tree, node, METADATA_MAX_BYTES);
	g_autofree char *directory = path_parent(path);
	struct component *component = text ? read_metadata(inventory, text, path) : NULL;
	const struct node *list;

	inventory_own(inventory, node, component);
	if (component && is_egg(node->parent->parent))
		inventory_own(inventory, node->parent->parent, component);
	if (!component || !g_str_has_suffix(node->parent->name, ".egg-info"))
		return;
	list = node_child(node->parent, "installed-files.txt");
	if (list)
		own_installed(inventory, list, directory, component);
	list = node_child(node->parent, "top_level.txt");
	if (list && node->parent->parent)
		own_top_level(inventory, list, node->parent->parent, component);
	inventory_own(inventory, node->parent, component);
}
