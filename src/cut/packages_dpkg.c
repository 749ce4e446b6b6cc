/* SPDX-License-Identifier: Apache-2.0 */
/* dpkg's databases: status with info/NAME.list and info/NAME.md5sums, and status.d of images made
 * without dpkg. */
#include "base/path.h"
#include "cut/content.h"
#include "cut/control.h"
#include "cut/packages_private.h"

#include <string.h>

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

/* "Source: NAME (VERSION)", the version where it differs from the package's. */
static void read_source(struct package *package, const char *paragraph)
{
	g_autofree char *text = control_field(paragraph, "Source");
	const char *open = text ? strchr(text, '(') : NULL;

	if (!text || *text == '\0')
		return;
	g_free(package->source);
	package->source = g_strndup(text, strcspn(text, " ("));
	if (open) {
		g_free(package->source_version);
		package->source_version = g_strndup(open + 1, strcspn(open + 1, ")"));
	}
}

/* dpkg(1), "Package states": files of the package are there in all states but these. A paragraph of
 * status.d has none. */
static bool is_installed(const char *paragraph)
{
	g_autofree char *status = control_field(paragraph, "Status");

	return !status || !(g_str_has_suffix(status, " config-files") ||
			    g_str_has_suffix(status, " not-installed"));
}

static char *field_or_empty(const char *paragraph, const char *name)
{
	char *value = control_field(paragraph, name);

	return value ? value : g_strdup("");
}

/* Takes @paragraph. */
static struct package *read_paragraph(struct package_db *db, char *paragraph)
{
	g_autofree char *record = paragraph;
	g_autofree char *name = field_or_empty(record, "Package");
	g_autofree char *architecture = field_or_empty(record, "Architecture");
	static const char *const fields[] = {"Pre-Depends", "Depends"};
	struct package *package = package_get(db, PACKAGE_DPKG, name, architecture);

	if (!package || package->record)
		return package;
	g_free(package->version);
	package->version = field_or_empty(record, "Version");
	package->installed = is_installed(record);
	read_source(package, record);
	for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
		g_autofree char *depends = control_field(record, fields[i]);

		if (depends)
			add_depends(package, depends);
	}
	package->record = g_steal_pointer(&record);
	return package;
}

static void read_status(struct package_db *db, const char *text)
{
	char *paragraph;

	while ((paragraph = control_next(&text)))
		read_paragraph(db, paragraph);
}

/* dpkg-divert(1): three lines each: where it was, where it is now, for which package (":": local).
 */
static GHashTable *read_diversions(const struct tree *tree)
{
	GHashTable *diversions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autofree char *text = content_read_text(
		tree, tree_lookup(tree, "/var/lib/dpkg/diversions"), PACKAGES_LIST_MAX_BYTES);
	char *at = text, *from, *to, *by;

	while ((from = text_next_line(&at)) && (to = text_next_line(&at)) &&
	       (by = text_next_line(&at)))
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

/* The package of info/NAME[:ARCH]@suffix. */
static struct package *package_of_file(struct package_db *db, const char *file, const char *suffix)
{
	g_autofree char *name = g_strndup(file, strlen(file) - strlen(suffix));
	char *colon = strchr(name, ':');

	if (colon)
		*colon = '\0';
	return package_get(db, PACKAGE_DPKG, name, colon ? colon + 1 : "");
}

/* Lists name directories before what is in them: /lib may be a link here, and is none of the
 * package. */
static bool is_directory_line(const char *line, const char *next)
{
	size_t length = strlen(line);

	return next && strncmp(next, line, length) == 0 && next[length] == '/';
}

static void read_list(struct package_db *db, const struct node *node, GHashTable *diversions)
{
	g_autofree char *text = content_read_text(db->tree, node, PACKAGES_LIST_MAX_BYTES);
	struct package *package = text ? package_of_file(db, node->name, ".list") : NULL;
	char *at = text, *line;

	while (package && (line = text_next_line(&at))) {
		const char *path = diverted(diversions, package, line);

		if (line[0] != '/' || line[1] == '\0' || strcmp(line, "/.") == 0)
			continue;
		if (is_directory_line(line, at))
			package_own_directory(db, path);
		else
			package_own(db, package, path, NULL);
	}
}

/* "<32 hex>  usr/bin/x": answers the path, absolute. Caller frees. */
static char *parse_sum(const char *line, struct checksum *ret_checksum)
{
	const char *blank = strstr(line, "  ");

	if (!blank || !blank[2] ||
	    !checksum_from_hex(CHECKSUM_MD5, line, (size_t)(blank - line), ret_checksum))
		return NULL;
	return path_clean("/", blank + 2);
}

/* Beside a list: whose files are known. */
static void read_sums(struct package_db *db, const struct node *node, GHashTable *diversions)
{
	g_autofree char *text = content_read_text(db->tree, node, PACKAGES_LIST_MAX_BYTES);
	const struct package *package = text ? package_of_file(db, node->name, ".md5sums") : NULL;
	char *at = text, *line;

	while (package && (line = text_next_line(&at))) {
		struct checksum checksum;
		g_autofree char *path = parse_sum(line, &checksum);

		if (path)
			package_set_checksum(db, package, diverted(diversions, package, path),
					     &checksum);
	}
}

/* "Conffiles:" has a line each: " /etc/x MD5 [obsolete]". */
static void read_conffiles(struct package_db *db, const struct package *package)
{
	g_autofree char *text =
		package->record ? control_field(package->record, "Conffiles") : NULL;
	char *at = text, *line;

	while ((line = text_next_line(&at))) {
		char *blank = strchr(g_strchug(line), ' ');
		const struct node *node;
		struct checksum checksum;

		if (!blank)
			continue;
		*blank++ = '\0';
		if (!checksum_from_hex(CHECKSUM_MD5, blank, strcspn(blank, " "), &checksum))
			continue;
		node = package_set_checksum(db, package, line, &checksum);
		if (node)
			g_hash_table_add(db->conffiles, (gpointer)node);
	}
}

static void read_info(struct package_db *db, const struct node *info)
{
	g_autoptr(GHashTable) diversions = read_diversions(db->tree);
	g_autoptr(GPtrArray) children = node_children(info);

	for (guint i = 0; i < children->len; i++) {
		const struct node *node = children->pdata[i];

		if (g_str_has_suffix(node->name, ".list"))
			read_list(db, node, diversions);
	}
	for (guint i = 0; i < children->len; i++) {
		const struct node *node = children->pdata[i];

		if (g_str_has_suffix(node->name, ".md5sums"))
			read_sums(db, node, diversions);
	}
}

/* status.d/NAME.md5sums is the list as well. */
static void own_sums(struct package_db *db, struct package *package, const struct node *node)
{
	g_autofree char *text =
		node ? content_read_text(db->tree, node, PACKAGES_LIST_MAX_BYTES) : NULL;
	char *at = text, *line;

	while ((line = text_next_line(&at))) {
		struct checksum checksum;
		g_autofree char *path = parse_sum(line, &checksum);

		if (path)
			package_own(db, package, path, &checksum);
	}
}

static void own_conffiles(struct package_db *db, struct package *package)
{
	g_autofree char *text = control_field(package->record, "Conffiles");
	char *at = text, *line;

	while ((line = text_next_line(&at))) {
		g_strchug(line);
		line[strcspn(line, " ")] = '\0';
		if (line[0] == '/')
			package_own(db, package, line, NULL);
	}
}

static void read_status_directory(struct package_db *db)
{
	const struct node *directory = tree_lookup(db->tree, "/var/lib/dpkg/status.d");
	g_autoptr(GPtrArray) children = NULL;

	if (!directory || directory->type != NODE_DIRECTORY)
		return;
	children = node_children(directory);
	for (guint i = 0; i < children->len; i++) {
		const struct node *node = children->pdata[i];
		g_autofree char *sums_name = g_strconcat(node->name, ".md5sums", NULL);
		g_autofree char *text = NULL;
		const char *at;
		char *paragraph;
		struct package *package;

		if (g_str_has_suffix(node->name, ".md5sums"))
			continue;
		text = content_read_text(db->tree, node, PACKAGES_LIST_MAX_BYTES);
		at = text;
		paragraph = text ? control_next(&at) : NULL;
		package = paragraph ? read_paragraph(db, paragraph) : NULL;
		if (!package || !package->record)
			continue;
		own_conffiles(db, package);
		own_sums(db, package, node_child(directory, sums_name));
	}
}

void packages_read_dpkg(struct package_db *db)
{
	const struct node *info = tree_lookup(db->tree, "/var/lib/dpkg/info");
	const struct node *status = tree_lookup(db->tree, "/var/lib/dpkg/status");
	g_autofree char *text = content_read_text(db->tree, status, PACKAGES_DATABASE_MAX_BYTES);

	db->databases[PACKAGE_DPKG] = "/var/lib/dpkg";
	if (text)
		read_status(db, text);
	if (info && info->type == NODE_DIRECTORY)
		read_info(db, info);
	read_status_directory(db);
	for (guint i = 0; i < db->packages->len; i++)
		read_conffiles(db, db->packages->pdata[i]);
}
