/* SPDX-License-Identifier: Apache-2.0 */
/* rpm's headers (rpm.org, "RPM Package format: Header Structure"): numbers big-endian; an index of
 * tags and a store of values. A value is taken only where it lies in the store and has the type
 * that it must have. */
#include "base/path.h"
#include "cut/content.h"
#include "cut/packages_private.h"
#include "cut/rpm_database.h"

#include <string.h>

enum {
	DATABASE_MAX_BYTES = 1 << 30,
	ENTRIES_MAX = 0xffff,
	FILES_MAX = 1 << 20,

	TYPE_INT32 = 4,
	TYPE_STRING = 6,
	TYPE_STRING_ARRAY = 8,
	TYPE_I18N_STRING = 9,

	TAG_NAME = 1000,
	TAG_VERSION = 1001,
	TAG_RELEASE = 1002,
	TAG_EPOCH = 1003,
	TAG_LICENSE = 1014,
	TAG_ARCH = 1022,
	TAG_FILEDIGESTS = 1035,
	TAG_SOURCERPM = 1044,
	TAG_REQUIRENAME = 1049,
	TAG_DIRINDEXES = 1116,
	TAG_BASENAMES = 1117,
	TAG_DIRNAMES = 1118,
	TAG_FILEDIGESTALGO = 5011,
};

struct header {
	const uint8_t *index; /* 16 bytes an entry */
	uint32_t entries;
	const uint8_t *store;
	uint32_t store_bytes;
};

static uint32_t number_at(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static bool header_init(struct header *header, const uint8_t *data, size_t size_bytes)
{
	if (size_bytes < 8)
		return false;
	header->entries = number_at(data);
	header->store_bytes = number_at(data + 4);
	if (header->entries > ENTRIES_MAX ||
	    8 + 16 * (uint64_t)header->entries + header->store_bytes > size_bytes)
		return false;
	header->index = data + 8;
	header->store = header->index + 16 * (size_t)header->entries;
	return true;
}

/* The entry of @tag; its value begins in the store. */
static const uint8_t *header_entry(const struct header *header, uint32_t tag)
{
	for (uint32_t i = 0; i < header->entries; i++) {
		const uint8_t *entry = header->index + 16 * (size_t)i;

		if (number_at(entry) == tag)
			return number_at(entry + 8) < header->store_bytes ? entry : NULL;
	}
	return NULL;
}

/* The (first) string of @tag, inside the store, or NULL. */
static const char *header_string(const struct header *header, uint32_t tag)
{
	const uint8_t *entry = header_entry(header, tag);
	uint32_t type = entry ? number_at(entry + 4) : 0;
	uint32_t offset = entry ? number_at(entry + 8) : 0;

	if ((type != TYPE_STRING && type != TYPE_I18N_STRING) ||
	    !memchr(header->store + offset, '\0', header->store_bytes - offset))
		return NULL;
	return (const char *)header->store + offset;
}

/* The strings of @tag, borrowed; an empty array where they are not all there. */
static GPtrArray *header_strings(const struct header *header, uint32_t tag)
{
	const uint8_t *entry = header_entry(header, tag);
	GPtrArray *strings = g_ptr_array_new();
	uint32_t count = entry ? number_at(entry + 12) : 0;
	const char *at, *end = (const char *)header->store + header->store_bytes;

	if (!entry || number_at(entry + 4) != TYPE_STRING_ARRAY || count > FILES_MAX)
		return strings;
	at = (const char *)header->store + number_at(entry + 8);
	for (uint32_t i = 0; i < count; i++) {
		const char *nul = at < end ? memchr(at, '\0', (size_t)(end - at)) : NULL;

		if (!nul) {
			g_ptr_array_set_size(strings, 0);
			break;
		}
		g_ptr_array_add(strings, (gpointer)at);
		at = nul + 1;
	}
	return strings;
}

/* Number @index of @tag; false where it is not there. */
static bool header_number(const struct header *header, uint32_t tag, uint32_t index,
			  uint32_t *ret_number)
{
	const uint8_t *entry = header_entry(header, tag);

	if (!entry || number_at(entry + 4) != TYPE_INT32 || index >= number_at(entry + 12) ||
	    number_at(entry + 8) + 4 * ((uint64_t)index + 1) > header->store_bytes)
		return false;
	*ret_number = number_at(header->store + number_at(entry + 8) + 4 * (size_t)index);
	return true;
}

/* OpenPGP's numbers (RFC 4880, 9.4); MD5 where it is not said. */
static bool checksum_kind_of(const struct header *header, enum checksum_kind *ret_kind)
{
	uint32_t algorithm = 1;

	header_number(header, TAG_FILEDIGESTALGO, 0, &algorithm);
	switch (algorithm) {
	case 1:
		*ret_kind = CHECKSUM_MD5;
		return true;
	case 2:
		*ret_kind = CHECKSUM_SHA1;
		return true;
	case 8:
		*ret_kind = CHECKSUM_SHA256;
		return true;
	case 9:
		*ret_kind = CHECKSUM_SHA384;
		return true;
	case 10:
		*ret_kind = CHECKSUM_SHA512;
		return true;
	default:
		return false;
	}
}

static void own_files(struct package_db *db, struct package *package, const struct header *header)
{
	g_autoptr(GPtrArray) names = header_strings(header, TAG_BASENAMES);
	g_autoptr(GPtrArray) directories = header_strings(header, TAG_DIRNAMES);
	g_autoptr(GPtrArray) digests = header_strings(header, TAG_FILEDIGESTS);
	enum checksum_kind kind;
	bool known = checksum_kind_of(header, &kind) && digests->len == names->len;

	for (guint i = 0; i < names->len; i++) {
		struct checksum checksum;
		uint32_t directory;
		g_autofree char *path = NULL;

		if (!header_number(header, TAG_DIRINDEXES, i, &directory) ||
		    directory >= directories->len)
			continue;
		path = path_clean(directories->pdata[directory], names->pdata[i]);
		package_own(db, package, path,
			    known && checksum_from_hex(kind, digests->pdata[i],
						       strlen(digests->pdata[i]), &checksum)
				    ? &checksum
				    : NULL);
	}
}

/* "NAME-VERSION-RELEASE.src.rpm" */
static void set_source(struct package *package, const char *file)
{
	g_autofree char *text = g_strdup(file ? file : "");
	char *end = g_strrstr(text, ".src.rpm"), *release, *version;
	const char *colon;

	if (!end)
		end = g_strrstr(text, ".nosrc.rpm");
	if (!end)
		return;
	*end = '\0';
	release = strrchr(text, '-');
	if (!release)
		return;
	*release = '\0';
	version = strrchr(text, '-');
	*release = '-';
	if (!version)
		return;
	*version = '\0';
	package->source = g_strdup(text);
	/* the file's name has no epoch: of the same version it is that of the package */
	colon = strchr(package->version, ':');
	if (colon && !strcmp(colon + 1, version + 1))
		package->source_version = g_strdup(package->version);
	else
		package->source_version = g_strdup(version + 1);
}

static char *version_of(const struct header *header)
{
	const char *version = header_string(header, TAG_VERSION);
	const char *release = header_string(header, TAG_RELEASE);
	uint32_t epoch;

	if (!version || !release)
		return g_strdup(version ? version : "");
	if (header_number(header, TAG_EPOCH, 0, &epoch) && epoch > 0)
		return g_strdup_printf("%u:%s-%s", epoch, version, release);
	return g_strdup_printf("%s-%s", version, release);
}

/* Signing keys are in the table too, and are no packages. */
static void take_header(const uint8_t *data, size_t size_bytes, void *user)
{
	struct package_db *db = user;
	struct header header;
	const char *name =
		header_init(&header, data, size_bytes) ? header_string(&header, TAG_NAME) : NULL;
	const char *architecture = name ? header_string(&header, TAG_ARCH) : NULL;
	struct package *package;

	if (!name || !strcmp(name, "gpg-pubkey"))
		return;
	package = package_get(db, PACKAGE_RPM, name, architecture ? architecture : "");
	if (!package || package->version[0] != '\0')
		return;
	g_free(package->version);
	package->version = version_of(&header);
	package->license = g_strdup(header_string(&header, TAG_LICENSE));
	set_source(package, header_string(&header, TAG_SOURCERPM));
	g_autoptr(GPtrArray) requires = header_strings(&header, TAG_REQUIRENAME);
	for (guint i = 0; i < requires->len; i++)
		g_ptr_array_add(package->depends, g_strdup(requires->pdata[i]));
	own_files(db, package, &header);
}

/* A write-ahead log holds what the file does not have yet. */
static bool has_log(const struct tree *tree, const char *path)
{
	g_autofree char *log = g_strconcat(path, "-wal", NULL);
	const struct node *node = tree_resolve(tree, log, true, NULL, NULL);

	return node && node->size_bytes > 0;
}

static bool read_file(struct package_db *db, const char *path, const struct node *node)
{
	autocontent struct content content = {0};

	if (has_log(db->tree, path) || !content_open(db->tree, node, DATABASE_MAX_BYTES, &content))
		return false;
	return rpm_sqlite_read(content.data, content.size_bytes, take_header, db) ||
	       rpm_ndb_read(content.data, content.size_bytes, take_header, db);
}

void packages_read_rpm(struct package_db *db)
{
	static const char *const directories[] = {"/usr/lib/sysimage/rpm", "/var/lib/rpm",
						  "/usr/share/rpm"};
	static const char *const names[] = {"rpmdb.sqlite", "Packages.db", "Packages"};

	for (gsize i = 0; i < G_N_ELEMENTS(directories); i++) {
		for (gsize j = 0; j < G_N_ELEMENTS(names); j++) {
			g_autofree char *path = path_join(directories[i], names[j]);
			const struct node *node = tree_resolve(db->tree, path, true, NULL, NULL);

			if (!node)
				continue;
			db->has_rpm = true;
			db->databases[PACKAGE_RPM] = g_intern_string(path);
			db->opaque = !read_file(db, path, node);
			return;
		}
	}
}
