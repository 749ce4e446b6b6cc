/* SPDX-License-Identifier: Apache-2.0 */
/* apk's installed database (apk-package(5) and Alpine's page on its format): one letter, a colon, a
 * value. P: name, V: version, A: architecture, o: origin, L: license, D: dependencies, F:
 * directory, R: file in it, Z: the file's checksum ("Q1" and SHA-1 in base64); an empty line ends a
 * package. */
#include "base/path.h"
#include "cut/content.h"
#include "cut/control.h"
#include "cut/packages_private.h"

#include <string.h>

/* The value of the first line of @letter, or NULL. Caller frees. */
static char *letter_value(const char *paragraph, char letter)
{
	for (const char *line = paragraph; line && *line;) {
		size_t length = strcspn(line, "\n");

		if (line[0] == letter && line[1] == ':')
			return g_strndup(line + 2, length - 2);
		line = line[length] ? line + length + 1 : NULL;
	}
	return NULL;
}

static bool parse_sum(const char *text, struct checksum *ret_checksum)
{
	g_autofree guchar *bytes = NULL;
	gsize size;

	if (!g_str_has_prefix(text, "Q1") || strlen(text) > 64)
		return false;
	bytes = g_base64_decode(text + 2, &size);
	if (size != checksum_size(CHECKSUM_SHA1))
		return false;
	*ret_checksum = (struct checksum){.kind = CHECKSUM_SHA1};
	memcpy(ret_checksum->bytes, bytes, size);
	return true;
}

static void add_depends(struct package *package, const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);

	for (char **word = words; *word; word++) {
		if (**word)
			g_ptr_array_add(package->depends, g_strndup(*word, strcspn(*word, "<>=~")));
	}
}

static void read_files(struct package_db *db, struct package *package, char *text)
{
	g_autofree char *directory = g_strdup("/"), *path = NULL;
	char *line;

	while ((line = text_next_line(&text))) {
		struct checksum checksum;

		if (line[0] == '\0' || line[1] != ':')
			continue;
		if (line[0] == 'F') {
			g_free(directory);
			directory = path_clean("/", line + 2);
			package_own(db, package, directory, NULL);
		} else if (line[0] == 'R') {
			g_free(path);
			path = path_join(directory, line + 2);
			package_own(db, package, path, NULL);
		} else if (line[0] == 'Z' && path && parse_sum(line + 2, &checksum)) {
			package_set_checksum(db, package, path, &checksum);
		}
	}
}

static char *value_or_empty(char *value)
{
	return value ? value : g_strdup("");
}

static void read_package(struct package_db *db, const char *paragraph)
{
	g_autofree char *name = value_or_empty(letter_value(paragraph, 'P'));
	g_autofree char *architecture = value_or_empty(letter_value(paragraph, 'A'));
	g_autofree char *depends = letter_value(paragraph, 'D');
	g_autofree char *files = g_strdup(paragraph);
	struct package *package = package_get(db, PACKAGE_APK, name, architecture);

	if (!package || package->record)
		return;
	g_free(package->version);
	package->version = value_or_empty(letter_value(paragraph, 'V'));
	package->source = letter_value(paragraph, 'o');
	package->license = letter_value(paragraph, 'L');
	package->record = g_strdup(paragraph);
	if (depends)
		add_depends(package, depends);
	read_files(db, package, files);
}

void packages_read_apk(struct package_db *db)
{
	static const char *const paths[] = {"/lib/apk/db/installed", "/usr/lib/apk/db/installed"};

	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
		const struct node *node = tree_resolve(db->tree, paths[i], true, NULL, NULL);
		g_autofree char *text =
			content_read_text(db->tree, node, PACKAGES_DATABASE_MAX_BYTES);
		const char *at = text;
		char *paragraph;

		if (text && !db->databases[PACKAGE_APK])
			db->databases[PACKAGE_APK] = paths[i];
		while (text && (paragraph = control_next(&at))) {
			read_package(db, paragraph);
			g_free(paragraph);
		}
	}
}
