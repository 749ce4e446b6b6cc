/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/packages.h"

#include "base/error.h"
#include "base/path.h"
#include "base/sorted.h"
#include "cut/content.h"
#include "cut/control.h"
#include "seal/seal_private.h"

#include <string.h>

#define STATUS_DIRECTORY "/var/lib/dpkg/status.d"
#define STATUS_PATH      "/var/lib/dpkg/status"

enum { LAYER_THRESH = 2, NAME_MAX_CHARACTERS = 200 };

static const char *const apk_paths[] = {"/lib/apk/db/installed", "/usr/lib/apk/db/installed"};

struct writer {
	const struct seal *seal;
	const struct package_db *packages;
	struct tree *production;
	GString *status; /* of all packages: where the application reads dpkg's status itself */
	GError *error;
};

bool seal_is_package_database(const char *path)
{
	for (gsize i = 0; i < G_N_ELEMENTS(apk_paths); i++) {
		if (!strcmp(path, apk_paths[i]))
			return true;
	}
	return !strcmp(path, STATUS_PATH) || path_is_below(path, STATUS_DIRECTORY);
}

static bool add_file(struct writer *writer, const char *path, const char *text)
{
	struct node *node = tree_add(writer->production, path, NODE_FILE, &writer->error);

	if (!node)
		return false;
	node->mode = 0644;
	node->layer = LAYER_THRESH;
	node->size_bytes = strlen(text);
	node->bytes = g_bytes_new(text, strlen(text));
	digest_of(text, strlen(text), &node->digest);
	return true;
}

/* Where @source is in the production image, or NULL where it is not. Caller frees. */
static char *survivor_path(const struct writer *writer, const struct node *source)
{
	g_autofree char *path = node_path(source);
	g_autofree char *to = seal_production_path(writer->seal, path);
	const struct node *node = tree_lookup(writer->production, to);

	if (!node || node->type != source->type)
		return NULL;
	if (source->type == NODE_FILE && node->origin != source)
		return NULL;
	if (source->type == NODE_SYMLINK && g_strcmp0(node->target, source->target) != 0)
		return NULL;
	return g_steal_pointer(&to);
}

/* What is left of @package: production path → source node; owned. Links alone are nothing: what
 * they lead to belongs to others. */
static GHashTable *survivors_of(const struct writer *writer, const struct package *package)
{
	bool has_file = false;
	GHashTable *survivors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; package->installed && i < package->nodes->len; i++) {
		const struct node *node = package->nodes->pdata[i];
		char *path = package_db_package_of(writer->packages, node) == package
				     ? survivor_path(writer, node)
				     : NULL;

		has_file |= path && node->type == NODE_FILE;
		if (path)
			g_hash_table_insert(survivors, path, (gpointer)node);
	}
	if (!has_file)
		g_hash_table_remove_all(survivors);
	return survivors;
}

/* --- dpkg ----------------------------------------------------------------------------------------
 */

/* deb-control(5) allows less; what is no file's name is not made one. */
static bool is_name(const char *name)
{
	size_t length =
		strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-._~");

	return g_ascii_isalnum(name[0]) && name[length] == '\0' && length <= NAME_MAX_CHARACTERS &&
	       !g_str_has_suffix(name, ".md5sums");
}

/* The distribution's checksum of @node; where it has none, that of the content. Caller frees. */
static char *sum_of(struct writer *writer, const struct node *node)
{
	const struct checksum *checksum = package_db_checksum(writer->packages, node);
	autocontent struct content content = {0};
	GString *hex;

	if (!checksum || checksum->kind != CHECKSUM_MD5) {
		if (node->size_bytes > 0 &&
		    !content_open(writer->packages->tree, node, CONTENT_MAX_BYTES, &content))
			return NULL;
		return g_compute_checksum_for_data(G_CHECKSUM_MD5, content.data,
						   content.size_bytes);
	}
	hex = g_string_new(NULL);
	for (size_t i = 0; i < checksum_size(CHECKSUM_MD5); i++)
		g_string_append_printf(hex, "%02x", checksum->bytes[i]);
	return g_string_free(hex, FALSE);
}

/* dpkg's own rule: configuration files are in Conffiles, everything else is here. */
static char *sums_text(struct writer *writer, GHashTable *survivors)
{
	g_autoptr(GPtrArray) paths = keys_sorted(survivors);
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < paths->len; i++) {
		const char *path = paths->pdata[i];
		const struct node *node = g_hash_table_lookup(survivors, path);
		g_autofree char *sum = NULL;

		if (node->type != NODE_FILE || strchr(path, '\n') ||
		    g_hash_table_contains(writer->packages->conffiles, node))
			continue;
		sum = sum_of(writer, node);
		if (sum)
			g_string_append_printf(text, "%s  %s\n", sum, path + 1);
	}
	return g_string_free(text, FALSE);
}

/* The lines of "Conffiles:" whose file is left; NULL for none. */
static char *conffiles_left(struct writer *writer, const char *record, GHashTable *survivors)
{
	g_autofree char *text = control_field(record, "Conffiles");
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
	GString *left = g_string_new(NULL);

	for (char **line = lines; *line; line++) {
		g_autofree char *path = NULL, *to = NULL;
		const struct node *node;

		g_strchug(*line);
		path = g_strndup(*line, strcspn(*line, " "));
		node = path[0] == '/'
			       ? tree_resolve(writer->packages->tree, path, false, NULL, NULL)
			       : NULL;
		to = node ? survivor_path(writer, node) : NULL;
		if (to && g_hash_table_contains(survivors, to))
			g_string_append_printf(left, "\n %s%s", to, *line + strlen(path));
	}
	return g_string_free(left, left->len == 0);
}

static uint64_t survivors_bytes(GHashTable *survivors)
{
	GHashTableIter iterator;
	gpointer node;
	uint64_t bytes = 0;

	g_hash_table_iter_init(&iterator, survivors);
	while (g_hash_table_iter_next(&iterator, NULL, &node))
		bytes += ((const struct node *)node)->size_bytes;
	return bytes;
}

/* The paragraph with what is no longer true of it put right. */
static char *paragraph_left(struct writer *writer, const struct package *package,
			    GHashTable *survivors)
{
	g_autofree char *conffiles = conffiles_left(writer, package->record, survivors);
	g_autofree char *size =
		g_strdup_printf("%" G_GUINT64_FORMAT, (survivors_bytes(survivors) + 1023) / 1024);
	g_autofree char *sized = control_replace(package->record, "Installed-Size", size);

	return control_replace(sized, "Conffiles", conffiles);
}

static bool add_dpkg_package(struct writer *writer, const struct package *package)
{
	g_autoptr(GHashTable) survivors = survivors_of(writer, package);
	g_autofree char *paragraph = NULL, *sums = NULL, *path = NULL, *sums_path = NULL;
	bool second = package_db_find(writer->packages, package->name) != package;

	if (g_hash_table_size(survivors) == 0 || !package->record || !is_name(package->name) ||
	    (second && !is_name(package->architecture)))
		return true;
	path = g_strconcat(STATUS_DIRECTORY "/", package->name, second ? ":" : NULL,
			   package->architecture, NULL);
	sums_path = g_strconcat(path, ".md5sums", NULL);
	paragraph = paragraph_left(writer, package, survivors);
	sums = sums_text(writer, survivors);
	g_string_append_printf(writer->status, "%s\n", paragraph);
	return add_file(writer, path, paragraph) && add_file(writer, sums_path, sums);
}

/* What the source had there and was kept lists packages that are gone. */
static void remove_old(struct writer *writer, const char *path)
{
	struct node *node = tree_lookup(writer->production, path);

	if (node)
		tree_remove(writer->production, node);
}

static bool add_dpkg(struct writer *writer)
{
	bool read = tree_lookup(writer->production, STATUS_PATH) != NULL;

	remove_old(writer, STATUS_DIRECTORY);
	for (guint i = 0; i < writer->packages->packages->len; i++) {
		const struct package *package = writer->packages->packages->pdata[i];

		if (package->system == PACKAGE_DPKG && !add_dpkg_package(writer, package))
			return false;
	}
	if (!read)
		return true;
	remove_old(writer, STATUS_PATH);
	return add_file(writer, STATUS_PATH, writer->status->str);
}

/* --- apk -----------------------------------------------------------------------------------------
 */

/* One file of the paragraph: its line R: and those that belong to it. */
struct apk_file {
	GString *lines; /* without R: */
	char *path;     /* production; NULL: gone */
};

/* Writes F: where the directory is another than before, and R:. */
static void apk_put_file(GString *text, char **directory, const struct apk_file *file)
{
	g_autofree char *parent = path_parent(file->path);

	if (g_strcmp0(parent, *directory) != 0)
		g_string_append_printf(text, "F:%s\n", parent + 1);
	g_string_append_printf(text, "R:%s\n%s", path_name(file->path), file->lines->str);
	g_free(*directory);
	*directory = g_steal_pointer(&parent);
}

struct apk_walk {
	struct writer *writer;
	GHashTable *survivors;
	GString *text;
	char *source;    /* directory of F:, clean */
	char *directory; /* that the text is in, or NULL */
	struct apk_file file;
};

static void apk_end_file(struct apk_walk *walk)
{
	if (walk->file.path)
		apk_put_file(walk->text, &walk->directory, &walk->file);
	g_clear_pointer(&walk->file.path, g_free);
	g_string_truncate(walk->file.lines, 0);
}

static void apk_begin_file(struct apk_walk *walk, const char *name)
{
	g_autofree char *path = path_join(walk->source, name);
	const struct node *node =
		tree_resolve(walk->writer->packages->tree, path, false, NULL, NULL);
	g_autofree char *to = node ? survivor_path(walk->writer, node) : NULL;

	if (to && g_hash_table_lookup(walk->survivors, to) == node)
		walk->file.path = g_steal_pointer(&to);
}

/* F: and its M:, where the directory is there. */
static void apk_directory(struct apk_walk *walk, const char *line)
{
	const struct node *node;

	if (line[0] == 'F') {
		g_free(walk->source);
		walk->source = path_clean("/", line + 2);
		g_clear_pointer(&walk->directory, g_free);
	}
	node = tree_resolve(walk->writer->production, walk->source, true, NULL, NULL);
	if (!node || node->type != NODE_DIRECTORY)
		return;
	g_string_append_printf(walk->text, "%s\n", line);
	g_free(walk->directory);
	walk->directory = g_strdup(walk->source);
}

static void apk_line(struct apk_walk *walk, const char *line)
{
	char letter = line[0] && line[1] == ':' ? line[0] : '\0';

	if (letter == 'F' || letter == 'R')
		apk_end_file(walk);
	if (letter == 'F' || letter == 'M')
		apk_directory(walk, line);
	else if (letter == 'R')
		apk_begin_file(walk, line + 2);
	else if (letter == 'a' || letter == 'Z')
		g_string_append_printf(walk->file.lines, "%s\n", line);
	else if (letter == 'I')
		g_string_append_printf(walk->text, "I:%" G_GUINT64_FORMAT "\n",
				       survivors_bytes(walk->survivors));
	else if (letter)
		g_string_append_printf(walk->text, "%s\n", line);
}

static void add_apk_package(struct writer *writer, const struct package *package, GString *text)
{
	g_autoptr(GHashTable) survivors = survivors_of(writer, package);
	g_autofree char *record = g_strdup(package->record);
	char *at = record, *line;
	struct apk_walk walk = {.writer = writer, .survivors = survivors, .text = text};

	if (g_hash_table_size(survivors) == 0 || !record)
		return;
	walk.source = g_strdup("/");
	walk.file.lines = g_string_new(NULL);
	for (; (line = strsep(&at, "\n"));)
		apk_line(&walk, line);
	apk_end_file(&walk);
	g_string_append_c(text, '\n');
	g_string_free(walk.file.lines, TRUE);
	g_free(walk.source);
	g_free(walk.directory);
}

/* Where the source has it; a link to it stays, where it was kept. */
static bool add_apk(struct writer *writer)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *path = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(apk_paths) && !path; i++) {
		const struct node *node =
			tree_resolve(writer->packages->tree, apk_paths[i], true, NULL, NULL);

		path = node ? node_path(node) : NULL;
	}
	if (!path)
		return true;
	for (guint i = 0; i < writer->packages->packages->len; i++) {
		const struct package *package = writer->packages->packages->pdata[i];

		if (package->system == PACKAGE_APK)
			add_apk_package(writer, package, text);
	}
	remove_old(writer, path);
	return add_file(writer, path, text->str);
}

bool seal_add_packages(const struct seal *seal, const struct package_db *packages,
		       struct tree *production, GError **error)
{
	g_autoptr(GString) status = g_string_new(NULL);
	struct writer writer = {seal, packages, production, status, NULL};

	if (add_dpkg(&writer) && add_apk(&writer))
		return true;
	g_propagate_error(error, writer.error);
	return false;
}
