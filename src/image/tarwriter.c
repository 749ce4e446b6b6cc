/* SPDX-License-Identifier: Apache-2.0 */
#include "image/tarwriter.h"

#include "base/error.h"
#include "image/tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK_BYTES = 512 };

/* pax(1), "ustar Interchange Format", the header block */
struct header {
	char name[100];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char checksum[8];
	char type;
	char linkname[100];
	char magic[6];
	char version[2];
	char uname[32];
	char gname[32];
	char devmajor[8];
	char devminor[8];
	char prefix[155];
	char padding[12];
};
G_STATIC_ASSERT(sizeof(struct header) == BLOCK_BYTES);

/* @value in octal with leading zeros and a final NUL; 0 where it does not fit, for a PAX record
 * says the truth then. Whether it fitted. */
static bool put_octal(char *field, size_t size_bytes, uint64_t value)
{
	bool fits = value >> (3 * (size_bytes - 1)) == 0;

	if (!fits)
		value = 0;
	field[--size_bytes] = '\0';
	while (size_bytes > 0) {
		field[--size_bytes] = (char)('0' + (value & 7));
		value >>= 3;
	}
	return fits;
}

/* One record, "LENGTH KEY=VALUE\n", where the length counts itself (pax(1), "pax Extended Header").
 */
static void add_record(GByteArray *records, const char *key, const void *value, size_t size_bytes)
{
	size_t rest = strlen(key) + size_bytes + 3; /* space, "=", newline */
	size_t total = rest + 1;
	char length[24];

	while (rest + (size_t)snprintf(length, sizeof(length), "%zu", total) != total)
		total = rest + strlen(length);
	g_byte_array_append(records, (const guint8 *)length, (guint)strlen(length));
	g_byte_array_append(records, (const guint8 *)" ", 1);
	g_byte_array_append(records, (const guint8 *)key, (guint)strlen(key));
	g_byte_array_append(records, (const guint8 *)"=", 1);
	g_byte_array_append(records, value, (guint)size_bytes);
	g_byte_array_append(records, (const guint8 *)"\n", 1);
}

static void add_text(GByteArray *records, const char *key, const char *text)
{
	add_record(records, key, text, strlen(text));
}

static void add_number(GByteArray *records, const char *key, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	add_text(records, key, text);
}

/* Puts @name into name and prefix; false where it has no slash at a place that would do. */
static bool put_name(struct header *header, const char *name)
{
	size_t length = strlen(name), split;

	if (length <= sizeof(header->name)) {
		memcpy(header->name, name, length);
		return true;
	}
	if (length > sizeof(header->name) + 1 + sizeof(header->prefix))
		return false;
	/* The last slash that leaves a prefix of at most 155 bytes, so that the name is shortest.
	 */
	split = MIN(length - 2, sizeof(header->prefix));
	while (split > 0 && name[split] != '/')
		split--;
	if (split == 0 || length - split - 1 > sizeof(header->name))
		return false;
	memcpy(header->prefix, name, split);
	memcpy(header->name, name + split + 1, length - split - 1);
	return true;
}

static void put_checksum(struct header *header)
{
	const uint8_t *bytes = (const uint8_t *)header;
	uint32_t sum = 0;

	memset(header->checksum, ' ', sizeof(header->checksum));
	for (size_t i = 0; i < sizeof(*header); i++)
		sum += bytes[i];
	/* six digits, NUL, space: as every tar writes it */
	put_octal(header->checksum, 7, sum);
	header->checksum[7] = ' ';
}

static void fill_constant(struct header *header, enum tar_type type)
{
	header->type = (char)type;
	memcpy(header->magic, "ustar", 6);
	memcpy(header->version, "00", 2);
	put_octal(header->devmajor, sizeof(header->devmajor), 0);
	put_octal(header->devminor, sizeof(header->devminor), 0);
}

static bool add_xattrs(GByteArray *records, const GPtrArray *xattrs, GError **error)
{
	for (guint i = 0; xattrs && i < xattrs->len; i++) {
		const struct xattr *xattr = xattrs->pdata[i];
		g_autofree char *key = g_strconcat("SCHILY.xattr.", xattr->name, NULL);
		gsize size_bytes;
		const void *value = g_bytes_get_data(xattr->value, &size_bytes);

		if (strchr(xattr->name, '='))
			return error_set(
				error, THRESH_ERROR_INPUT,
				"extended attribute %s: a tar archive cannot hold \"=\" in "
				"its name",
				xattr->name);
		add_record(records, key, value, size_bytes);
	}
	return true;
}

/* Fills @header, and @records with what does not fit there; keys in one fixed order. */
static bool fill(struct header *header, GByteArray *records, const char *name,
		 const struct tar_entry *entry, GError **error)
{
	const char *target = entry->target ?: "";
	bool long_name, long_target = strlen(target) > sizeof(header->linkname);

	fill_constant(header, entry->type);
	long_name = !put_name(header, name);
	if (long_name)
		memcpy(header->name, name, sizeof(header->name));
	memcpy(header->linkname, target, MIN(strlen(target), sizeof(header->linkname)));
	put_octal(header->mode, sizeof(header->mode), entry->mode & 07777);

	if ((long_name && !g_utf8_validate(name, -1, NULL)) ||
	    (long_target && !g_utf8_validate(target, -1, NULL)))
		add_text(records, "hdrcharset", "BINARY"); /* bytes as they are, not UTF-8 */
	if (long_name)
		add_text(records, "path", name);
	if (long_target)
		add_text(records, "linkpath", target);
	if (!put_octal(header->size, sizeof(header->size), entry->size_bytes))
		add_number(records, "size", (int64_t)entry->size_bytes);
	if (!put_octal(header->uid, sizeof(header->uid), entry->uid))
		add_number(records, "uid", entry->uid);
	if (!put_octal(header->gid, sizeof(header->gid), entry->gid))
		add_number(records, "gid", entry->gid);
	if (!put_octal(header->mtime, sizeof(header->mtime), (uint64_t)entry->mtime))
		add_number(records, "mtime", entry->mtime);
	return add_xattrs(records, entry->xattrs, error);
}

/* The extended header: an entry of type "x" before the one that it describes. */
static bool put_records(struct blob *blob, const GByteArray *records, GError **error)
{
	struct header header = {0};

	fill_constant(&header, (enum tar_type)'x');
	strcpy(header.name, "PaxHeaders/entry");
	put_octal(header.mode, sizeof(header.mode), 0644);
	put_octal(header.uid, sizeof(header.uid), 0);
	put_octal(header.gid, sizeof(header.gid), 0);
	put_octal(header.size, sizeof(header.size), records->len);
	put_octal(header.mtime, sizeof(header.mtime), 0);
	put_checksum(&header);
	return blob_write(blob, &header, sizeof(header), error) &&
	       blob_write(blob, records->data, records->len, error) &&
	       tar_put_padding(blob, records->len, error);
}

bool tar_put_header(struct blob *blob, const struct tar_entry *entry, GError **error)
{
	g_autoptr(GByteArray) records = g_byte_array_new();
	g_autofree char *name =
		g_strconcat(entry->name, entry->type == TAR_DIRECTORY ? "/" : "", NULL);
	struct header header = {0};

	if (!fill(&header, records, name, entry, error))
		return false;
	put_checksum(&header);
	return (records->len == 0 || put_records(blob, records, error)) &&
	       blob_write(blob, &header, sizeof(header), error);
}

bool tar_put_padding(struct blob *blob, uint64_t size_bytes, GError **error)
{
	static const uint8_t zeros[BLOCK_BYTES];
	size_t over = size_bytes % BLOCK_BYTES;

	return over == 0 || blob_write(blob, zeros, BLOCK_BYTES - over, error);
}

bool tar_put_end(struct blob *blob, GError **error)
{
	static const uint8_t zeros[2 * BLOCK_BYTES];

	return blob_write(blob, zeros, sizeof(zeros), error);
}
