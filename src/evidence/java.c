/* SPDX-License-Identifier: Apache-2.0 */
/* Java archives: META-INF/maven/GROUP/ARTIFACT/pom.properties, else META-INF/MANIFEST.MF (JAR File
 * Specification); archives in archives, as Spring Boot, .war and .ear files have them.
 *
 * libarchive reads the zip from memory; what is taken out is bounded in sum for each archive. */
#include "base/path.h"
#include "evidence/inventory_private.h"

#include <archive.h>
#include <archive_entry.h>
#include <fnmatch.h>
#include <locale.h>
#include <string.h>

enum {
	ARCHIVE_MAX_BYTES = 1 << 30,
	ENTRIES_MAX = 200000,
	TEXT_MAX_BYTES = 1 << 20,
	NESTED_MAX_BYTES = 128 << 20,
	BUDGET_BYTES = 512 << 20,
	DEPTH_MAX = 3, /* .ear, .war in it, .jar in that, and one more */
};

struct jar {
	struct inventory *inventory;
	const char *path; /* of the archive; "OUTER!/INNER" for one in another */
	const char *name; /* its file name */
	unsigned int depth;
	size_t *budget;            /* bytes that may still be taken out */
	struct component *first;   /* of the pom.properties */
	struct component *matched; /* whose artifact is in the archive's name */
	char *manifest;
};

/* "Name: value" or "name=value" lines of @text. */
static char *value_of(const char *text, const char *name, char separator)
{
	size_t length = strlen(name);

	for (const char *line = text; line && *line;) {
		const char *end = strpbrk(line, "\r\n");
		size_t size = end ? (size_t)(end - line) : strlen(line);

		if (size > length && line[length] == separator && !strncmp(line, name, length))
			return g_strstrip(g_strndup(line + length + 1, size - length - 1));
		line = end ? end + strspn(end, "\r\n") : NULL;
	}
	return NULL;
}

/* A manifest's lines whole: none has more than 72 bytes, and the rest of a longer one follows
 * behind a blank (JAR File Specification, "Notes on Manifest and Signature Files"). In place. */
static void unfold(char *text)
{
	char *to = text;

	for (const char *at = text; *at;) {
		size_t end = at[0] == '\r' && at[1] == '\n' ? 2 : *at == '\r' || *at == '\n';

		if (end > 0 && at[end] == ' ')
			at += end + 1;
		else
			*to++ = *at++;
	}
	*to = '\0';
}

static void read_properties(struct jar *jar, const char *text)
{
	g_autofree char *group = value_of(text, "groupId", '=');
	g_autofree char *artifact = value_of(text, "artifactId", '=');
	g_autofree char *version = value_of(text, "version", '=');
	struct component *component = NULL;

	if (group && *group)
		component = inventory_add(jar->inventory, "maven", group, artifact, version, NULL,
					  jar->path);
	if (!component)
		return;
	if (!jar->first)
		jar->first = component;
	if (!jar->matched && g_str_has_prefix(jar->name, component->name))
		jar->matched = component;
}

/* "NAME-1.2.3.jar": where the version begins, or NULL. */
static const char *version_in(const char *name)
{
	for (const char *dash = strchr(name, '-'); dash; dash = strchr(dash + 1, '-')) {
		if (g_ascii_isdigit(dash[1]))
			return dash;
	}
	return NULL;
}

/* Without pom.properties the group is unknown: the name and the manifest say what it is. */
static struct component *read_manifest(struct jar *jar)
{
	const char *text = jar->manifest ? jar->manifest : "";
	const char *dash = version_in(jar->name);
	size_t stem = strlen(jar->name) - strlen(".jar");
	g_autofree char *version = value_of(text, "Implementation-Version", ':');
	g_autofree char *title = g_strndup(jar->name, dash ? (size_t)(dash - jar->name) : stem);

	if (!version)
		version = value_of(text, "Bundle-Version", ':');
	if (!version && dash && (size_t)(dash - jar->name) < stem)
		version = g_strndup(dash + 1, stem - (size_t)(dash - jar->name) - 1);
	return version ? inventory_add(jar->inventory, "generic", NULL, title, version, NULL,
				       jar->path)
		       : NULL;
}

/* The content of the entry, NUL-terminated; NULL where it is larger than @max_bytes or than what is
 * left of the budget. */
static char *take_entry(struct jar *jar, struct archive *archive, size_t max_bytes,
			size_t *ret_size)
{
	size_t limit = MIN(max_bytes, *jar->budget);
	g_autoptr(GByteArray) bytes = g_byte_array_new();

	for (;;) {
		uint8_t block[16384];
		la_ssize_t got = archive_read_data(archive, block, sizeof(block));

		if (got == 0)
			break;
		if (got < 0 || bytes->len + (size_t)got > limit) {
			*jar->budget -= bytes->len; /* in vain, but it took the time */
			return NULL;
		}
		g_byte_array_append(bytes, block, (guint)got);
	}
	*jar->budget -= bytes->len;
	*ret_size = bytes->len;
	g_byte_array_append(bytes, (const guint8 *)"", 1);
	return (char *)g_byte_array_free(g_steal_pointer(&bytes), FALSE);
}

static struct component *read_jar(struct jar *jar, const void *data, size_t size_bytes);

static void read_nested(struct jar *jar, struct archive *archive, const char *name)
{
	size_t size_bytes;
	g_autofree char *data = take_entry(jar, archive, NESTED_MAX_BYTES, &size_bytes);
	g_autofree char *path = g_strconcat(jar->path, "!/", name, NULL);
	struct jar inner = {.inventory = jar->inventory,
			    .path = path,
			    .name = path_name(path),
			    .depth = jar->depth + 1,
			    .budget = jar->budget};

	if (data)
		read_jar(&inner, data, size_bytes);
}

static void read_entry(struct jar *jar, struct archive *archive, const char *name)
{
	size_t size_bytes;

	if (!strcmp(name, "META-INF/MANIFEST.MF") && !jar->manifest) {
		jar->manifest = take_entry(jar, archive, TEXT_MAX_BYTES, &size_bytes);
		if (jar->manifest)
			unfold(jar->manifest);
	} else if (fnmatch("META-INF/maven/*/*/pom.properties", name, FNM_PATHNAME) == 0) {
		g_autofree char *text = take_entry(jar, archive, TEXT_MAX_BYTES, &size_bytes);

		if (text)
			read_properties(jar, text);
	} else if (jar->depth < DEPTH_MAX && fnmatch("*.[jw]ar", name, 0) == 0) {
		read_nested(jar, archive, name);
	}
}

/* The component that the archive itself is, or NULL. */
static struct component *read_jar(struct jar *jar, const void *data, size_t size_bytes)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;
	struct component *own;
	guint count = 0;

	archive_read_support_format_zip_seekable(archive);
	if (archive_read_open_memory(archive, data, size_bytes) == ARCHIVE_OK) {
		while (count++ < ENTRIES_MAX &&
		       archive_read_next_header(archive, &entry) >= ARCHIVE_WARN && entry) {
			const char *name = archive_entry_pathname(entry);

			if (name && g_utf8_validate(name, -1, NULL))
				read_entry(jar, archive, name);
		}
	}
	archive_read_free(archive);
	own = jar->matched ? jar->matched : jar->first ? jar->first : NULL;
	if (!own && count > 1)
		own = read_manifest(jar);
	g_free(jar->manifest);
	return own;
}

/* libarchive gives names in the locale's encoding, and names in zip files are UTF-8: the same
 * whatever the user's locale. (locale_t)0 where there is no such locale: names of other than ASCII
 * are passed over. */
static locale_t enter_utf8(locale_t *ret_before)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);

	*ret_before = utf8 ? uselocale(utf8) : (locale_t)0;
	return utf8;
}

static void leave_utf8(locale_t utf8, locale_t before)
{
	if (!utf8)
		return;
	uselocale(before);
	freelocale(utf8);
}

void read_archive(struct inventory *inventory, const struct node *node, const char *path)
{
	autocontent struct content content = {0};
	size_t budget = BUDGET_BYTES;
	locale_t before, utf8;
	struct jar jar = {
		.inventory = inventory, .path = path, .name = node->name, .budget = &budget};

	if (!content_open(inventory->tree, node, ARCHIVE_MAX_BYTES, &content))
		return;
	utf8 = enter_utf8(&before);
	inventory_own(inventory, node, read_jar(&jar, content.data, content.size_bytes));
	leave_utf8(utf8, before);
}

/* META-INF/maven/GROUP/ARTIFACT/pom.properties of an archive that was unpacked: it is there; which
 * files were of it none can tell. */
void read_unpacked(struct inventory *inventory, const struct node *node, const char *path)
{
	const struct node *maven = node->parent->parent ? node->parent->parent->parent : NULL;
	g_autofree char *text = NULL;
	struct jar jar = {.inventory = inventory, .path = path, .name = ""};

	if (!maven || strcmp(maven->name, "maven") != 0 || !maven->parent->parent ||
	    strcmp(maven->parent->name, "META-INF") != 0)
		return;
	text = content_read_text(inventory->tree, node, TEXT_MAX_BYTES);
	if (text)
		read_properties(&jar, text);
	inventory_own(inventory, node, jar.first);
}
