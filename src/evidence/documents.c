/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/documents.h"

#include "base/error.h"
#include "evidence/documents_private.h"

#include <string.h>
#include <time.h>

static const struct {
	const char *name, *media_type;
	json_t *(*make)(const struct inventory *inventory, const struct document_about *about);
} formats[] = {
	[DOCUMENT_SPDX] = {"spdx", "application/spdx+json", spdx_document},
	[DOCUMENT_SPDX3] = {"spdx3", "application/spdx+json", spdx3_document},
	[DOCUMENT_CYCLONEDX] = {"cyclonedx", "application/vnd.cyclonedx+json", cyclonedx_document},
};

bool document_format_parse(const char *text, enum document_format *ret_format, GError **error)
{
	g_autofree char *quoted = error_quote(text);

	for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
		if (!strcmp(text, formats[i].name)) {
			*ret_format = (enum document_format)i;
			return true;
		}
	}
	return error_set(error, THRESH_ERROR_USAGE, "--format %s: want spdx, spdx3 or cyclonedx",
			 quoted);
}

bool document_cyclonedx_version_check(const char *text, GError **error)
{
	static const char *const versions[] = {"1.5", "1.6", "1.7", NULL};
	g_autofree char *quoted = error_quote(text);

	return g_strv_contains(versions, text) ||
	       error_set(error, THRESH_ERROR_USAGE, "--cyclonedx-version %s: want 1.5, 1.6 or 1.7",
			 quoted);
}

bool document_needs_sha1(enum document_format format)
{
	return format == DOCUMENT_SPDX; /* SPDX 2.3, clause 8.4: SHA1 is mandatory */
}

const char *document_media_type(enum document_format format)
{
	return formats[format].media_type;
}

json_t *document_make(enum document_format format, const struct inventory *inventory,
		      const struct document_about *about)
{
	return formats[format].make(inventory, about);
}

void document_uuid(const struct inventory *inventory, const struct document_about *about,
		   const char *format, char ret_text[static UUID_TEXT_BYTES])
{
	bool explained = inventory->files->len > 0 &&
			 ((struct inventory_file *)inventory->files->pdata[0])->reason;
	g_autofree char *name = NULL;
	char digest_text[DIGEST_TEXT_BYTES];

	digest_format(&about->image->manifest_digest, digest_text);
	name = g_strdup_printf("thresh %s\n%s\n%s\n%d", THRESH_VERSION, format, digest_text,
			       explained);
	document_uuid_of(name, ret_text);
}

void document_uuid_of(const char *text, char ret_text[static UUID_TEXT_BYTES])
{
	char hex[DIGEST_HEX_BYTES];
	struct digest digest;

	digest_of(text, strlen(text), &digest);
	digest.bytes[6] = (digest.bytes[6] & 0x0f) | 0x80;
	digest.bytes[8] = (digest.bytes[8] & 0x3f) | 0x80;
	digest_format_hex(&digest, hex);
	g_snprintf(ret_text, UUID_TEXT_BYTES, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
		   hex + 16, hex + 20);
}

void document_time(const struct document_about *about, char ret_text[static TIME_TEXT_BYTES])
{
	static const int64_t last = 253402300799; /* the end of the year 9999 */
	time_t seconds = (time_t)CLAMP(about->created, 0, last);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(ret_text, TIME_TEXT_BYTES, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

char *document_path_id(const char *path)
{
	struct digest digest;
	char hex[DIGEST_HEX_BYTES];

	digest_of(path, strlen(path), &digest);
	digest_format_hex(&digest, hex);
	return g_strndup(hex, 32);
}

char *document_hex(const uint8_t *bytes, size_t size_bytes)
{
	static const char digits[] = "0123456789abcdef";
	char *text = g_malloc(2 * size_bytes + 1);

	for (size_t i = 0; i < size_bytes; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[2 * size_bytes] = '\0';
	return text;
}

char *document_source_info(const struct component *component)
{
	const struct package *package = component->package;

	return package ? g_strdup_printf("built package from: %s %s", package->source,
					 package->source_version)
		       : NULL;
}

const char *document_file_kind(const struct inventory_file *file)
{
	switch (file->node->type) {
	case NODE_SYMLINK:
		return "link";
	case NODE_FIFO:
		return "fifo";
	case NODE_CHARACTER:
	case NODE_BLOCK:
		return "device";
	case NODE_DIRECTORY:
	case NODE_FILE:
		break;
	}
	return "file";
}

const char *document_verdict(const struct inventory_file *file)
{
	static const char *const names[] = {
		[CHECKSUM_ABSENT] = "absent",
		[CHECKSUM_EQUAL] = "equal",
		[CHECKSUM_DIFFERS] = "differs",
	};

	return names[file->verdict];
}

char *document_file_comment(const struct inventory_file *file)
{
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "kind=%s; distribution-checksum=%s", document_file_kind(file),
			       document_verdict(file));
	if (file->reason)
		g_string_append_printf(text, "; reason=%s", file->reason);
	if (file->via)
		g_string_append_printf(text, "; via=%s", file->via);
	return g_string_free(text, FALSE);
}

/* --- reading again ---------------------------------------------------------------------------- */

struct listing {
	void (*each)(const char *path, const char *sha256, void *user);
	void *user;
};

/* The value of the entry of @hashes whose @kind is SHA-256 in one of its spellings. */
static const char *sha256_of(const json_t *hashes, const char *kind, const char *value)
{
	const json_t *hash;
	size_t i;

	json_array_foreach (hashes, i, hash) {
		const char *name = json_string_at(hash, kind);

		if (name && (!strcmp(name, "SHA256") || !strcmp(name, "SHA-256") ||
			     !strcmp(name, "sha256")))
			return json_string_at(hash, value);
	}
	return NULL;
}

static void list_one(const struct listing *listing, const char *path, const char *sha256)
{
	listing->each(path ? path : "", sha256, listing->user);
}

/* Files lie below what owns them: two levels in what we write, bounded in what others do. What is
 * excluded is not in the image (VEX). */
static void list_nested(const struct listing *listing, const json_t *components, int depth)
{
	const json_t *component;
	size_t i;

	json_array_foreach (components, i, component) {
		if (g_strcmp0(json_string_at(component, "scope"), "excluded") == 0)
			continue;
		if (g_strcmp0(json_string_at(component, "type"), "file") == 0)
			list_one(listing, json_string_at(component, "name"),
				 sha256_of(json_array_at(component, "hashes"), "alg", "content"));
		if (depth > 0)
			list_nested(listing, json_array_at(component, "components"), depth - 1);
	}
}

static void list_graph(const struct listing *listing, const json_t *graph)
{
	const json_t *element;
	size_t i;

	json_array_foreach (graph, i, element) {
		if (g_strcmp0(json_string_at(element, "type"), "software_File") == 0)
			list_one(listing, json_string_at(element, "name"),
				 sha256_of(json_array_at(element, "verifiedUsing"), "algorithm",
					   "hashValue"));
	}
}

/* SPDX 2.3, clause 8.1: names begin with "./". */
static void list_spdx(const struct listing *listing, const json_t *files)
{
	const json_t *file;
	size_t i;

	json_array_foreach (files, i, file) {
		const char *name = json_string_at(file, "fileName");

		list_one(listing, name && name[0] == '.' ? name + 1 : name,
			 sha256_of(json_array_at(file, "checksums"), "algorithm", "checksumValue"));
	}
}

void document_each_file(enum document_format format, const json_t *document,
			void (*each)(const char *path, const char *sha256, void *user), void *user)
{
	enum { DEPTH_MAX = 64 };
	const struct listing listing = {each, user};

	switch (format) {
	case DOCUMENT_SPDX:
		list_spdx(&listing, json_array_at(document, "files"));
		break;
	case DOCUMENT_SPDX3:
		list_graph(&listing, json_array_at(document, "@graph"));
		break;
	case DOCUMENT_CYCLONEDX:
		list_nested(&listing, json_array_at(document, "components"), DEPTH_MAX);
		break;
	}
}

static void count_file(const char *path, const char *sha256, void *user)
{
	(void)path;
	(void)sha256;
	++*(size_t *)user;
}

size_t document_count_files(enum document_format format, const json_t *document)
{
	size_t count = 0;

	document_each_file(format, document, count_file, &count);
	return count;
}

static bool has_member_like(const json_t *array, const char *member, const char *prefix)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (array, i, entry) {
		const char *text =
			member ? json_string_at(entry, member) : json_string_value(entry);

		if (text && g_str_has_prefix(text, prefix))
			return true;
	}
	return false;
}

bool document_is_ours(enum document_format format, const json_t *document)
{
	switch (format) {
	case DOCUMENT_SPDX:
		return has_member_like(
			json_array_at(json_object_at(document, "creationInfo"), "creators"), NULL,
			"Tool: thresh-");
	case DOCUMENT_SPDX3:
		return has_member_like(json_array_at(document, "@graph"), "spdxId",
				       "https://spdx.org/spdxdocs/thresh-");
	case DOCUMENT_CYCLONEDX:
		break;
	}
	return has_member_like(json_array_at(json_object_at(document, "metadata"), "tools"),
			       "vendor", "thresh");
}
