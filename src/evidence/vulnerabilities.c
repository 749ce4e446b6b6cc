/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/vulnerabilities.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/sorted.h"
#include "evidence/vulnerabilities_private.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum {
	FILE_MAX_BYTES = 1 << 30,
	ZIP_ENTRIES_MAX = 1000000,
};

/* Of all entries of a zip together. */
static const uint64_t unpacked_max_bytes = (uint64_t)16 << 30;

static void file_free(void *data)
{
	struct vulnerability_file *file = data;

	g_free(file->name);
	g_free(file->source);
	g_free(file);
}

struct vulnerabilities *vulnerabilities_new(GHashTable *wanted)
{
	struct vulnerabilities *data = g_new0(struct vulnerabilities, 1);

	data->wanted = wanted;
	data->files = g_ptr_array_new_with_free_func(file_free);
	data->advisories = g_ptr_array_new_with_free_func((GDestroyNotify)advisory_free);
	return data;
}

void vulnerabilities_free(struct vulnerabilities *data)
{
	if (!data)
		return;
	g_hash_table_unref(data->wanted);
	g_ptr_array_unref(data->advisories);
	g_ptr_array_unref(data->files);
	g_free(data);
}

void vulnerabilities_cleanup(struct vulnerabilities **data)
{
	vulnerabilities_free(*data);
}

/* packaging.python.org, "Names and normalization" */
static char *normal_python_name(const char *name)
{
	GString *normal = g_string_new(NULL);
	bool separated = false;

	for (; *name; name++) {
		bool separator = strchr("-_.", *name) != NULL;

		if (!separator || !separated)
			g_string_append_c(normal, separator ? '-' : g_ascii_tolower(*name));
		separated = separator;
	}
	return g_string_free(normal, FALSE);
}

char *vulnerability_key(const char *ecosystem, const char *name)
{
	g_autofree char *normal = NULL;

	if (!strcmp(ecosystem, "PyPI"))
		normal = normal_python_name(name);
	else if (!strcmp(ecosystem, "Packagist"))
		normal = g_ascii_strdown(name, -1);
	return g_strconcat(ecosystem, "\n", normal ? normal : name, NULL);
}

/* --- for the readers -----------------------------------------------------------------------------
 */

bool vulnerability_is_wanted(const struct vulnerabilities *data, const char *ecosystem,
			     const char *name)
{
	g_autofree char *key = vulnerability_key(ecosystem, name);

	return g_hash_table_contains(data->wanted, key);
}

bool vulnerability_is_name(const char *text)
{
	size_t length = strlen(text);

	for (const char *c = text; *c; c++) {
		if (*c <= ' ' || *c >= 0x7f)
			return false;
	}
	return length > 0 && length <= VULNERABILITY_NAME_MAX_BYTES;
}

bool vulnerabilities_add(struct vulnerabilities *data, struct vulnerability_file *file,
			 struct advisory *advisory, GError **error)
{
	advisory->file = file;
	g_ptr_array_add(data->advisories, advisory);
	return data->advisories->len <= ADVISORIES_MAX ||
	       error_set(error, THRESH_ERROR_INPUT, "more than %d vulnerabilities of the image",
			 ADVISORIES_MAX);
}

json_t *vulnerability_parse(const struct json_span *span, const char *what, GError **error)
{
	g_autofree char *quoted = error_quote(what);

	if (span->size_bytes > VULNERABILITY_RECORD_MAX_BYTES) {
		error_set(error, THRESH_ERROR_INPUT, "%s at offset %zu: larger than %d MiB", quoted,
			  span->offset, VULNERABILITY_RECORD_MAX_BYTES >> 20);
		return NULL;
	}
	return json_parse(span->text, span->size_bytes, quoted, error);
}

/* --- what a text is ------------------------------------------------------------------------------
 */

struct reading {
	struct vulnerabilities *data;
	struct vulnerability_file *file;
	bool is_tracker;
	uint64_t unpacked_bytes;
};

/* Stops at the first member. In the tracker all are objects, by names of packages; of OSV's one
 * alone is. */
static bool look_at_member(const char *key, const struct json_span *value, void *user,
			   GError **error)
{
	struct reading *reading = user;

	(void)error;
	reading->is_tracker = *value->text == '{' && strcmp(key, "database_specific") != 0;
	return false;
}

static bool take_record(const char *key, const struct json_span *value, void *user, GError **error)
{
	struct reading *reading = user;

	(void)key;
	return osv_read(reading->data, reading->file, value, error);
}

static void set_source(struct reading *reading, const char *source)
{
	g_free(reading->file->source);
	reading->file->source = g_strdup(source);
}

static bool take_value(struct reading *reading, const struct json_span *value, GError **error)
{
	reading->is_tracker = false;
	if (*value->text == '{')
		json_walk_each(value, look_at_member, reading, NULL);
	set_source(reading, reading->is_tracker ? "Debian security tracker" : "OSV");
	if (reading->is_tracker)
		return debian_tracker_read(reading->data, reading->file, value, error);
	if (*value->text == '[')
		return json_walk_each(value, take_record, reading, error);
	return *value->text == '{'
		       ? osv_read(reading->data, reading->file, value, error)
		       : error_set(error, THRESH_ERROR_INPUT,
				   "at offset %zu: neither OSV nor the Debian tracker's JSON",
				   value->offset);
}

static bool take_text(struct reading *reading, const void *bytes, size_t size_bytes, GError **error)
{
	struct json_walk walk;
	struct json_span value;
	g_autoptr(GError) failure = NULL;

	if (!json_walk_init(&walk, size_bytes > 0 ? bytes : "", size_bytes, error))
		return false;
	while (json_walk_next(&walk, &value, &failure)) {
		if (!take_value(reading, &value, error))
			return false;
	}
	if (!failure)
		return true;
	g_propagate_error(error, g_steal_pointer(&failure));
	return false;
}

/* --- zip -----------------------------------------------------------------------------------------
 */

/* The content of the entry; NULL where it is too large or damaged. */
static GByteArray *take_entry(struct reading *reading, struct archive *archive)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	uint8_t block[65536];
	la_ssize_t got;

	while ((got = archive_read_data(archive, block, sizeof(block))) > 0) {
		if (bytes->len + (size_t)got > VULNERABILITY_RECORD_MAX_BYTES)
			return NULL;
		g_byte_array_append(bytes, block, (guint)got);
	}
	reading->unpacked_bytes += bytes->len;
	if (got < 0 || reading->unpacked_bytes > unpacked_max_bytes)
		return NULL;
	return g_steal_pointer(&bytes);
}

static bool take_json_entry(struct reading *reading, struct archive *archive, const char *name,
			    GError **error)
{
	g_autofree char *quoted = error_quote(name);
	g_autoptr(GByteArray) bytes = take_entry(reading, archive);

	if (!bytes)
		return error_set(error, THRESH_ERROR_INPUT, "%s: damaged, or larger than %d MiB",
				 quoted, VULNERABILITY_RECORD_MAX_BYTES >> 20);
	if (take_text(reading, bytes->data, bytes->len, error))
		return true;
	g_prefix_error(error, "%s: ", quoted);
	return false;
}

static bool take_entries(struct reading *reading, struct archive *archive, GError **error)
{
	struct archive_entry *entry;
	int status;

	for (guint count = 0; (status = archive_read_next_header(archive, &entry)) == ARCHIVE_OK;
	     count++) {
		const char *name = archive_entry_pathname(entry);

		if (count == ZIP_ENTRIES_MAX)
			return error_set(error, THRESH_ERROR_INPUT, "more than %d entries",
					 ZIP_ENTRIES_MAX);
		if (name && g_str_has_suffix(name, ".json") &&
		    !take_json_entry(reading, archive, name, error))
			return false;
	}
	return status == ARCHIVE_EOF ||
	       error_set(error, THRESH_ERROR_INPUT, "a damaged zip archive");
}

static bool take_zip(struct reading *reading, const void *bytes, size_t size_bytes, GError **error)
{
	struct archive *archive = archive_read_new();
	bool done;

	archive_read_support_format_zip_seekable(archive);
	done = archive_read_open_memory(archive, bytes, size_bytes) == ARCHIVE_OK
		       ? take_entries(reading, archive, error)
		       : error_set(error, THRESH_ERROR_INPUT, "a damaged zip archive");
	archive_read_free(archive);
	return done;
}

/* --- files ---------------------------------------------------------------------------------------
 */

/* gzip, bzip2, xz, zstd: their first bytes. */
static bool is_compressed(const void *bytes, size_t size_bytes)
{
	static const char *const magic[] = {"\x1f\x8b", "BZh",
					    "\xfd"
					    "7zXZ",
					    "\x28\xb5\x2f\xfd"};

	for (gsize i = 0; i < G_N_ELEMENTS(magic); i++) {
		if (size_bytes >= strlen(magic[i]) &&
		    memcmp(bytes, magic[i], strlen(magic[i])) == 0)
			return true;
	}
	return false;
}

bool vulnerabilities_parse(struct vulnerabilities *data, const char *name, const void *bytes,
			   size_t size_bytes, GError **error)
{
	struct vulnerability_file *file = g_new0(struct vulnerability_file, 1);
	struct reading reading = {.data = data, .file = file};
	bool is_zip = size_bytes >= 4 && memcmp(bytes, "PK", 2) == 0;

	file->name = g_utf8_make_valid(path_name(name), -1);
	file->source = g_strdup("OSV");
	file->size_bytes = size_bytes;
	digest_of(bytes, size_bytes, &file->digest);
	g_ptr_array_add(data->files, file);
	if (is_compressed(bytes, size_bytes))
		return error_set(error, THRESH_ERROR_INPUT,
				 "is compressed; unpack it first, or give a zip");
	if (!(is_zip ? take_zip : take_text)(&reading, bytes, size_bytes, error))
		return false;
	return file->records > 0 ||
	       error_set(error, THRESH_ERROR_INPUT,
			 "holds no record of OSV and no package of the Debian tracker");
}

/* Names of .json files as a shell's *.json has them, in the order of their bytes. */
static GPtrArray *list_directory(const char *path, GError **error)
{
	g_autoptr(GError) failure = NULL;
	g_autoptr(GDir) directory = g_dir_open(path, 0, &failure);
	GPtrArray *names;
	const char *name;

	if (!directory) {
		error_set(error, THRESH_ERROR_INPUT, "%s", failure->message);
		return NULL;
	}
	names = g_ptr_array_new_with_free_func(g_free);
	while ((name = g_dir_read_name(directory))) {
		if (name[0] != '.' && g_str_has_suffix(name, ".json"))
			g_ptr_array_add(names, g_strdup(name));
	}
	g_ptr_array_sort(names, text_compare);
	return names;
}

static bool append_file(int directory, const char *name, GByteArray *bytes, GError **error)
{
	autofd int fd = fd_open_beneath(directory, name, O_RDONLY | O_NONBLOCK, 0, error);
	g_autoptr(GBytes) data = NULL;
	struct stat status;

	if (fd < 0)
		return false;
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
		return error_set(error, THRESH_ERROR_INPUT, "%s: no file", name);
	data = fd_read_all(fd, FILE_MAX_BYTES - bytes->len, name, error);
	if (data)
		g_byte_array_append(bytes, g_bytes_get_data(data, NULL),
				    (guint)g_bytes_get_size(data));
	return data != NULL;
}

/* One file after the other: the digest is that of `cat *.json`. */
static GBytes *read_directory(int fd, const char *path, GError **error)
{
	g_autoptr(GPtrArray) names = list_directory(path, error);
	g_autoptr(GByteArray) bytes = g_byte_array_new();

	for (guint i = 0; names && i < names->len; i++) {
		if (!append_file(fd, names->pdata[i], bytes, error)) {
			g_prefix_error(error, "%s: ", path);
			return NULL;
		}
	}
	return names ? g_byte_array_free_to_bytes(g_steal_pointer(&bytes)) : NULL;
}

static GBytes *read_path(const char *path, GError **error)
{
	autofd int fd = fd_open(AT_FDCWD, path, O_RDONLY, 0, error);
	struct stat status;

	if (fd < 0)
		return NULL;
	return fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)
		       ? read_directory(fd, path, error)
		       : fd_read_all(fd, FILE_MAX_BYTES, path, error);
}

bool vulnerabilities_read(struct vulnerabilities *data, const char *path, GError **error)
{
	g_autoptr(GBytes) bytes = read_path(path, error);

	if (!bytes)
		return false;
	if (vulnerabilities_parse(data, path, g_bytes_get_data(bytes, NULL),
				  g_bytes_get_size(bytes), error))
		return true;
	g_prefix_error(error, "%s: ", path);
	return false;
}
