/* SPDX-License-Identifier: Apache-2.0 */
#include "image/tarreader.h"

#include "base/error.h"
#include "image/tarnumber.h"

#include <string.h>

enum {
	BLOCK_BYTES = 512,
	EXTENSION_BYTES_MAX = 1 << 20, /* one PAX or GNU extension header */
	EXTENSIONS_MAX = 16,           /* of them in front of one entry */
	EXTENTS_MAX = 1 << 18,
	XATTRS_MAX = 1024,
	ATTRIBUTE_NAME_MAX = 255,    /* linux/limits.h */
	ATTRIBUTE_VALUE_MAX = 65536, /* linux/limits.h XATTR_SIZE_MAX */
};

/* pax(1), "ustar Interchange Format"; the second half of GNU tar's sparse header overlaps `prefix`.
 */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8];
	char type;
	char link[100], magic[6], version[2], user[32], group[32], major[8], minor[8];
	char prefix[155], padding[12];
};
G_STATIC_ASSERT(sizeof(struct header) == BLOCK_BYTES);

/* What extension headers said about the entry that follows. */
struct pending {
	char *path;
	char *link;
	char *sparse_name;
	bool has_size, has_uid, has_gid, has_mtime, has_real_size;
	uint64_t size, uid, gid, real_size;
	int64_t mtime;
	unsigned int sparse_major;
	GPtrArray *xattrs;
	GArray *numbers; /* sparse map: offset, size, offset, size … */
};

struct tar_reader {
	struct tar_source source;
	const uint8_t *at; /* the rest of the current block of the source */
	size_t left;
	uint64_t position;
	uint64_t unread; /* stored bytes of the entry that were not handed out */
	uint64_t padding;
	struct tar_entry entry;
	struct pending pending;
};

static void tar_xattr_free(gpointer data)
{
	struct tar_xattr *xattr = data;

	g_free(xattr->name);
	g_bytes_unref(xattr->value);
	g_free(xattr);
}

static void pending_clear(struct pending *pending)
{
	g_free(pending->path);
	g_free(pending->link);
	g_free(pending->sparse_name);
	g_clear_pointer(&pending->xattrs, g_ptr_array_unref);
	g_clear_pointer(&pending->numbers, g_array_unref);
	memset(pending, 0, sizeof(*pending));
}

static void entry_clear(struct tar_entry *entry)
{
	g_free(entry->path);
	g_free(entry->link);
	g_clear_pointer(&entry->xattrs, g_ptr_array_unref);
	g_clear_pointer(&entry->extents, g_array_unref);
	memset(entry, 0, sizeof(*entry));
}

struct tar_reader *tar_reader_new(const struct tar_source *source)
{
	struct tar_reader *reader = g_new0(struct tar_reader, 1);

	reader->source = *source;
	return reader;
}

void tar_reader_free(struct tar_reader *reader)
{
	if (!reader)
		return;
	pending_clear(&reader->pending);
	entry_clear(&reader->entry);
	g_free(reader);
}

void tar_reader_cleanup(struct tar_reader **reader)
{
	tar_reader_free(*reader);
}

static bool tar_failed(const struct tar_reader *reader, const char *what, GError **error)
{
	return error_set(error, THRESH_ERROR_INPUT, "tar: %s (at byte %" G_GUINT64_FORMAT ")", what,
			 reader->position);
}

/* The stream */

static bool refill(struct tar_reader *reader, GError **error)
{
	return reader->left > 0 ||
	       reader->source.next(reader->source.user, &reader->at, &reader->left, error);
}

static void consume(struct tar_reader *reader, size_t size_bytes)
{
	reader->at += size_bytes;
	reader->left -= size_bytes;
	reader->position += size_bytes;
}

/* Fills @data; fewer bytes only at the end of the stream. */
static bool read_bytes(struct tar_reader *reader, void *data, size_t size_bytes, size_t *ret_got,
		       GError **error)
{
	size_t got = 0;

	while (got < size_bytes) {
		size_t n;

		if (!refill(reader, error))
			return false;
		if (reader->left == 0)
			break;
		n = MIN(size_bytes - got, reader->left);
		memcpy((uint8_t *)data + got, reader->at, n);
		consume(reader, n);
		got += n;
	}
	*ret_got = got;
	return true;
}

static bool read_exactly(struct tar_reader *reader, void *data, size_t size_bytes, GError **error)
{
	size_t got;

	if (!read_bytes(reader, data, size_bytes, &got, error))
		return false;
	return got == size_bytes || tar_failed(reader, "truncated", error);
}

static bool skip_bytes(struct tar_reader *reader, uint64_t size_bytes, GError **error)
{
	while (size_bytes > 0) {
		size_t n;

		if (reader->left == 0 && reader->source.skip) {
			if (!reader->source.skip(reader->source.user, size_bytes, error))
				return false;
			reader->position += size_bytes;
			return true;
		}
		if (!refill(reader, error))
			return false;
		if (reader->left == 0)
			return tar_failed(reader, "truncated", error);
		n = MIN(size_bytes, (uint64_t)reader->left);
		consume(reader, n);
		size_bytes -= n;
	}
	return true;
}

/*
 * Past the rest of the entry. Writers that never close their archive (Go's archive/tar without
 * Close(), umoci insert) leave out the padding behind the last content, and the zero blocks:
 * engines take that as the end, and so does this reader.
 */
static bool skip_entry(struct tar_reader *reader, GError **error)
{
	uint8_t rest[BLOCK_BYTES];
	size_t got;

	if (!skip_bytes(reader, reader->unread, error) ||
	    !read_bytes(reader, rest, reader->padding, &got, error))
		return false;
	reader->unread = reader->padding = 0;
	return true;
}

/* Extension headers */

static bool add_xattr(struct pending *pending, const char *name, size_t name_bytes, GBytes *value)
{
	struct tar_xattr *xattr;

	if (name_bytes == 0 || name_bytes > ATTRIBUTE_NAME_MAX || memchr(name, 0, name_bytes) ||
	    g_bytes_get_size(value) > ATTRIBUTE_VALUE_MAX) {
		g_bytes_unref(value);
		return false;
	}
	if (!pending->xattrs)
		pending->xattrs = g_ptr_array_new_with_free_func(tar_xattr_free);
	xattr = g_new(struct tar_xattr, 1);
	xattr->name = g_strndup(name, name_bytes);
	xattr->value = value;
	g_ptr_array_add(pending->xattrs, xattr);
	return pending->xattrs->len <= XATTRS_MAX;
}

/* libarchive: the name with %XX, the value in base64 (maybe without its padding). SCHILY.xattr
 * beside it says the same and wins by coming later or being equal. */
static bool add_libarchive_xattr(struct pending *pending, const char *name, size_t name_bytes,
				 const char *value, size_t value_bytes)
{
	g_autofree char *copy = g_strndup(name, name_bytes);
	g_autofree char *plain = g_uri_unescape_string(copy, NULL);
	g_autofree char *text = g_strndup(value, value_bytes);
	g_autofree char *padded = NULL;
	gsize size;
	guchar *data;

	if (!plain)
		return false;
	padded = g_strconcat(text, &"==="[3 - (4 - strlen(text) % 4) % 4], NULL);
	data = g_base64_decode(padded, &size);
	return add_xattr(pending, plain, strlen(plain), g_bytes_new_take(data, size));
}

static bool add_number(struct pending *pending, const char *text, size_t size)
{
	uint64_t value;

	if (!tar_number_decimal(text, size, &value))
		return false;
	if (!pending->numbers)
		pending->numbers = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	g_array_append_val(pending->numbers, value);
	return pending->numbers->len <= 2 * EXTENTS_MAX;
}

static bool add_map(struct pending *pending, const char *text, size_t size)
{
	while (size > 0) {
		const char *comma = memchr(text, ',', size);
		size_t length = comma ? (size_t)(comma - text) : size;

		if (!add_number(pending, text, length))
			return false;
		length += comma != NULL;
		text += length;
		size -= length;
	}
	return true;
}

static bool set_text(char **ret_text, const char *value, size_t size)
{
	if (memchr(value, 0, size))
		return false;
	g_free(*ret_text);
	*ret_text = size > 0 ? g_strndup(value, size) : NULL; /* empty: no longer said */
	return true;
}

static bool set_number(bool *ret_has, uint64_t *ret_number, const char *value, size_t size)
{
	*ret_has = size > 0;
	return size == 0 || tar_number_decimal(value, size, ret_number);
}

/* A key of GNU tar's sparse formats. */
static bool set_sparse(struct pending *pending, const char *key, const char *value, size_t size)
{
	uint64_t number;

	if (strcmp(key, "name") == 0)
		return set_text(&pending->sparse_name, value, size);
	if (strcmp(key, "size") == 0 || strcmp(key, "realsize") == 0)
		return set_number(&pending->has_real_size, &pending->real_size, value, size);
	if (strcmp(key, "offset") == 0 || strcmp(key, "numbytes") == 0)
		return add_number(pending, value, size);
	if (strcmp(key, "map") == 0)
		return add_map(pending, value, size);
	if (strcmp(key, "major") != 0)
		return true;
	if (!tar_number_decimal(value, size, &number) || number > 1)
		return false;
	pending->sparse_major = (unsigned int)number;
	return true;
}

static bool set_record(struct pending *pending, const char *key, const char *value, size_t size)
{
	if (strcmp(key, "path") == 0)
		return set_text(&pending->path, value, size);
	if (strcmp(key, "linkpath") == 0)
		return set_text(&pending->link, value, size);
	if (strcmp(key, "size") == 0)
		return set_number(&pending->has_size, &pending->size, value, size);
	if (strcmp(key, "uid") == 0)
		return set_number(&pending->has_uid, &pending->uid, value, size);
	if (strcmp(key, "gid") == 0)
		return set_number(&pending->has_gid, &pending->gid, value, size);
	if (strcmp(key, "mtime") == 0) {
		pending->has_mtime = size > 0;
		return size == 0 || tar_number_time(value, size, &pending->mtime);
	}
	if (g_str_has_prefix(key, "GNU.sparse."))
		return set_sparse(pending, key + 11, value, size);
	if (g_str_has_prefix(key, "SCHILY.xattr."))
		return add_xattr(pending, key + 13, strlen(key + 13), g_bytes_new(value, size));
	if (g_str_has_prefix(key, "LIBARCHIVE.xattr."))
		return add_libarchive_xattr(pending, key + 17, strlen(key + 17), value, size);
	return true;
}

/* pax(1), "pax Extended Header": "%d %s=%s\n", the length counting all of the record. */
static bool parse_records(struct pending *pending, const char *data, size_t size)
{
	while (size > 0) {
		const char *space = memchr(data, ' ', MIN(size, 20));
		const char *equals;
		uint64_t length;
		g_autofree char *key = NULL;

		if (!space || !tar_number_decimal(data, (size_t)(space - data), &length) ||
		    length > size || length < (uint64_t)(space - data) + 3 ||
		    data[length - 1] != '\n')
			return false;
		equals = memchr(space, '=', length - (size_t)(space - data));
		if (!equals || memchr(space, 0, (size_t)(equals - space)))
			return false;
		key = g_strndup(space + 1, (gsize)(equals - space - 1));
		if (!set_record(pending, key, equals + 1, length - (size_t)(equals + 1 - data) - 1))
			return false;
		data += length;
		size -= length;
	}
	return true;
}

static uint64_t padding_of(uint64_t size_bytes)
{
	return -size_bytes % BLOCK_BYTES;
}

/* An extension's content. Caller frees. */
static char *read_extension(struct tar_reader *reader, const struct header *header,
			    size_t *ret_size, GError **error)
{
	g_autofree char *data = NULL;
	int64_t size;

	if (!tar_number_field(header->size, sizeof(header->size), &size) || size < 0 ||
	    size > EXTENSION_BYTES_MAX) {
		tar_failed(reader, "extension header above 1 MiB, or with a bad size", error);
		return NULL;
	}
	data = g_malloc((gsize)size + 1);
	if (!read_exactly(reader, data, (size_t)size, error) ||
	    !skip_bytes(reader, padding_of((uint64_t)size), error))
		return NULL;
	data[size] = '\0';
	*ret_size = (size_t)size;
	return g_steal_pointer(&data);
}

static bool take_extension(struct tar_reader *reader, const struct header *header, GError **error)
{
	size_t size;
	g_autofree char *data = read_extension(reader, header, &size, error);
	struct pending *pending = &reader->pending;
	char **text = header->type == 'L' ? &pending->path : &pending->link;

	if (!data)
		return false;
	switch (header->type) {
	case 'g': /* global records: none of them is about a file in an image */
		return true;
	case 'x':
	case 'X':
		return parse_records(pending, data, size) ||
		       tar_failed(reader, "malformed PAX record", error);
	default: /* GNU 'L' and 'K': they yield to a PAX name */
		if (!*text)
			*text = g_strdup(data);
		return true;
	}
}

/* Headers */

static bool is_zero(const struct header *header)
{
	const uint8_t *bytes = (const uint8_t *)header;

	return bytes[0] == 0 && memcmp(bytes, bytes + 1, BLOCK_BYTES - 1) == 0;
}

/* Some old tars summed signed bytes. */
static bool checksum_matches(const struct header *header)
{
	const uint8_t *bytes = (const uint8_t *)header;
	size_t start = G_STRUCT_OFFSET(struct header, checksum);
	int64_t want, sum = 0, signed_sum = 0;

	for (size_t i = 0; i < BLOCK_BYTES; i++) {
		uint8_t byte = i >= start && i < start + 8 ? ' ' : bytes[i];

		sum += byte;
		signed_sum += (int8_t)byte;
	}
	return tar_number_field(header->checksum, sizeof(header->checksum), &want) &&
	       (want == sum || want == signed_sum);
}

/* 1 a header, 0 the end of the archive, -1 an error. */
static int read_header(struct tar_reader *reader, struct header *header, GError **error)
{
	size_t got;

	if (!read_bytes(reader, header, sizeof(*header), &got, error))
		return -1;
	if (got == 0)
		return 0;
	if (got < sizeof(*header)) {
		tar_failed(reader, "truncated", error);
		return -1;
	}
	if (is_zero(header))
		return 0;
	if (!checksum_matches(header)) {
		tar_failed(reader, "no tar header here (checksum)", error);
		return -1;
	}
	return 1;
}

static char *header_path(const struct header *header)
{
	g_autofree char *name = g_strndup(header->name, sizeof(header->name));
	g_autofree char *prefix = NULL;

	/* GNU's magic is "ustar  ": it has other fields in place of the prefix. */
	if (memcmp(header->magic, "ustar", 6) != 0 || header->prefix[0] == '\0')
		return g_steal_pointer(&name);
	prefix = g_strndup(header->prefix, sizeof(header->prefix));
	return g_strconcat(prefix, "/", name, NULL);
}

static bool take_ids(struct tar_reader *reader, const struct header *header, GError **error)
{
	const struct pending *pending = &reader->pending;
	struct tar_entry *entry = &reader->entry;
	int64_t uid, gid, mode, mtime, major = 0, minor = 0;
	bool devices = entry->type == '3' || entry->type == '4';

	if (!tar_number_field(header->uid, sizeof(header->uid), &uid) ||
	    !tar_number_field(header->gid, sizeof(header->gid), &gid) ||
	    !tar_number_field(header->mode, sizeof(header->mode), &mode) ||
	    !tar_number_field(header->mtime, sizeof(header->mtime), &mtime) ||
	    (devices && (!tar_number_field(header->major, sizeof(header->major), &major) ||
			 !tar_number_field(header->minor, sizeof(header->minor), &minor))))
		return tar_failed(reader, "malformed number in a header", error);
	uid = pending->has_uid ? (int64_t)MIN(pending->uid, (uint64_t)INT64_MAX) : uid;
	gid = pending->has_gid ? (int64_t)MIN(pending->gid, (uint64_t)INT64_MAX) : gid;
	if (uid < 0 || uid >= UINT32_MAX || gid < 0 || gid >= UINT32_MAX)
		return tar_failed(reader, "owner out of range", error);
	if (major < 0 || major > UINT32_MAX || minor < 0 || minor > UINT32_MAX)
		return tar_failed(reader, "device number out of range", error);
	entry->uid = (uint32_t)uid;
	entry->gid = (uint32_t)gid;
	entry->mode = (uint32_t)mode & 07777;
	entry->mtime = pending->has_mtime ? pending->mtime : mtime;
	entry->device_major = (uint32_t)major;
	entry->device_minor = (uint32_t)minor;
	return true;
}

static bool take_size(struct tar_reader *reader, const struct header *header, GError **error)
{
	struct tar_entry *entry = &reader->entry;
	int64_t size;

	if (!tar_number_field(header->size, sizeof(header->size), &size) || size < 0)
		return tar_failed(reader, "malformed size in a header", error);
	if (reader->pending.has_size && reader->pending.size > INT64_MAX)
		return tar_failed(reader, "size out of range", error);
	entry->packed_bytes = reader->pending.has_size ? reader->pending.size : (uint64_t)size;
	/* As Go's archive/tar, which engines use: these have no content, whatever the size says. */
	if (strchr("123456", entry->type) && header->type != 'D')
		entry->packed_bytes = 0;
	entry->size_bytes = entry->packed_bytes;
	return true;
}

/* Sparse files */

static bool add_old_extents(struct tar_reader *reader, const char *fields, unsigned int count)
{
	struct pending *pending = &reader->pending;

	if (!pending->numbers)
		pending->numbers = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	for (unsigned int i = 0; i < 2 * count; i += 2) {
		int64_t values[2];

		if (fields[i * 12] == '\0')
			return true;
		if (!tar_number_field(fields + i * 12, 12, &values[0]) ||
		    !tar_number_field(fields + (i + 1) * 12, 12, &values[1]) || values[0] < 0 ||
		    values[1] < 0)
			return false;
		g_array_append_vals(pending->numbers, values, 2);
	}
	return pending->numbers->len <= 2 * EXTENTS_MAX;
}

/* GNU tar "Old GNU Format": four extents at 386, whether more follow at 482, the size at 483; then
 * blocks of 21 extents with their own flag at 504. */
static bool take_old_sparse(struct tar_reader *reader, const struct header *header, GError **error)
{
	char block[BLOCK_BYTES];
	int64_t real_size;
	bool more;

	memcpy(block, header, sizeof(block));
	if (!tar_number_field(block + 483, 12, &real_size) || real_size < 0 ||
	    !add_old_extents(reader, block + 386, 4))
		return tar_failed(reader, "malformed sparse file", error);
	for (more = block[482]; more; more = block[504]) {
		if (!read_exactly(reader, block, sizeof(block), error))
			return false;
		if (!add_old_extents(reader, block, 21))
			return tar_failed(reader, "malformed sparse file", error);
	}
	reader->pending.real_size = (uint64_t)real_size;
	reader->pending.has_real_size = true;
	return true;
}

/* One decimal line of the map of PAX 1.0, taken from the content. */
static bool take_map_line(struct tar_reader *reader, uint64_t *ret_value, GError **error)
{
	char text[24];
	size_t length = 0;

	for (; length < sizeof(text); length++) {
		if (reader->unread == 0 || !read_exactly(reader, text + length, 1, error))
			return reader->unread > 0
				       ? false
				       : tar_failed(reader, "malformed sparse map", error);
		reader->unread--;
		if (text[length] == '\n')
			break;
	}
	return tar_number_decimal(text, length, ret_value) ||
	       tar_failed(reader, "malformed sparse map", error);
}

/* GNU tar "PAX Format, Version 1.0": the map is in front of the content, padded to a block. */
static bool take_map(struct tar_reader *reader, GError **error)
{
	struct pending *pending = &reader->pending;
	struct tar_entry *entry = &reader->entry;
	uint64_t count, value, padding;

	reader->unread = entry->packed_bytes;
	if (!take_map_line(reader, &count, error))
		return false;
	if (count > EXTENTS_MAX)
		return tar_failed(reader, "sparse map too long", error);
	if (!pending->numbers)
		pending->numbers = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	g_array_set_size(pending->numbers, 0);
	for (uint64_t i = 0; i < 2 * count; i++) {
		if (!take_map_line(reader, &value, error))
			return false;
		g_array_append_val(pending->numbers, value);
	}
	padding = padding_of(entry->packed_bytes - reader->unread);
	if (padding > reader->unread)
		return tar_failed(reader, "malformed sparse map", error);
	entry->packed_bytes = reader->unread - padding;
	return skip_bytes(reader, padding, error);
}

static bool check_extents(struct tar_reader *reader, GError **error)
{
	struct tar_entry *entry = &reader->entry;
	const GArray *numbers = reader->pending.numbers;
	uint64_t end = 0, packed = 0;

	if (!reader->pending.has_real_size || reader->pending.real_size > INT64_MAX ||
	    numbers->len % 2 != 0)
		return tar_failed(reader, "malformed sparse file", error);
	entry->size_bytes = reader->pending.real_size;
	entry->extents =
		g_array_sized_new(FALSE, FALSE, sizeof(struct tar_extent), numbers->len / 2);
	for (guint i = 0; i < numbers->len; i += 2) {
		struct tar_extent extent = {
			.offset_bytes = g_array_index(numbers, uint64_t, i),
			.size_bytes = g_array_index(numbers, uint64_t, i + 1),
		};

		if (extent.offset_bytes < end ||
		    __builtin_add_overflow(extent.offset_bytes, extent.size_bytes, &end) ||
		    end > entry->size_bytes ||
		    __builtin_add_overflow(packed, extent.size_bytes, &packed))
			return tar_failed(reader, "malformed sparse file", error);
		if (extent.size_bytes > 0)
			g_array_append_val(entry->extents, extent);
	}
	return packed == entry->packed_bytes || tar_failed(reader, "malformed sparse file", error);
}

static bool take_sparse(struct tar_reader *reader, const struct header *header, GError **error)
{
	struct pending *pending = &reader->pending;

	if (header->type == 'S' && !take_old_sparse(reader, header, error))
		return false;
	if (pending->sparse_major == 1 && !take_map(reader, error))
		return false;
	if (!pending->numbers && !pending->has_real_size)
		return true;
	if (!pending->numbers) /* one hole and nothing else */
		pending->numbers = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	return check_extents(reader, error);
}

/* The one-letter type by which an entry is known here; 0 where it is to be left out, -1 unknown. */
static int type_of(const struct header *header, const char *path)
{
	switch (header->type) {
	case '\0':
	case '0':
	case '7':
	case 'S':
		return g_str_has_suffix(path, "/") ? '5' : '0';
	case '1':
	case '2':
	case '3':
	case '4':
	case '5':
	case '6':
		return header->type;
	case 'D': /* GNU's directory with a listing as its content */
		return '5';
	default:
		return header->type == 'V' ? 0 : -1;
	}
}

static bool take_entry(struct tar_reader *reader, const struct header *header, GError **error)
{
	struct pending *pending = &reader->pending;
	struct tar_entry *entry = &reader->entry;
	int type;

	entry->path = pending->sparse_name ? g_steal_pointer(&pending->sparse_name)
		      : pending->path      ? g_steal_pointer(&pending->path)
					   : header_path(header);
	entry->link = pending->link ? g_steal_pointer(&pending->link)
				    : g_strndup(header->link, sizeof(header->link));
	type = type_of(header, entry->path);
	if (type < 0) {
		g_autofree char *quoted = error_quote(entry->path);

		return error_set(error, THRESH_ERROR_INPUT, "%s: tar entry of unknown type 0x%02x",
				 quoted, (uint8_t)header->type);
	}
	entry->type = (char)type;
	entry->xattrs = g_steal_pointer(&pending->xattrs);
	if (!take_ids(reader, header, error) || !take_size(reader, header, error))
		return false;
	reader->padding = padding_of(entry->packed_bytes);
	if (header->type == 'D')
		entry->size_bytes = 0;
	if (entry->type == '0' && !take_sparse(reader, header, error))
		return false;
	reader->unread = entry->packed_bytes;
	entry->offset_bytes = reader->position;
	return true;
}

int tar_reader_next(struct tar_reader *reader, const struct tar_entry **ret_entry, GError **error)
{
	unsigned int extensions = 0;

	if (!skip_entry(reader, error))
		return -1;
	for (;;) {
		struct header header;
		int got = read_header(reader, &header, error);

		if (got == 0 && extensions > 0) {
			tar_failed(reader, "truncated behind an extension header", error);
			return -1;
		}
		if (got <= 0)
			return got;
		if (memchr("xXgLK", header.type, 5) && header.type) {
			if (++extensions > EXTENSIONS_MAX) {
				tar_failed(reader, "too many extension headers", error);
				return -1;
			}
			if (!take_extension(reader, &header, error))
				return -1;
			extensions -= header.type == 'g';
			continue;
		}
		entry_clear(&reader->entry);
		if (!take_entry(reader, &header, error))
			return -1;
		pending_clear(&reader->pending);
		if (reader->entry.type != 0)
			break;
		if (!skip_entry(reader, error))
			return -1;
		extensions = 0;
	}
	*ret_entry = &reader->entry;
	return 1;
}

bool tar_reader_data(struct tar_reader *reader, const uint8_t **ret_data, size_t *ret_size_bytes,
		     GError **error)
{
	size_t n;

	if (reader->unread == 0) {
		*ret_size_bytes = 0;
		return true;
	}
	if (!refill(reader, error))
		return false;
	if (reader->left == 0)
		return tar_failed(reader, "truncated", error);
	n = MIN(reader->unread, (uint64_t)reader->left);
	*ret_data = reader->at;
	*ret_size_bytes = n;
	consume(reader, n);
	reader->unread -= n;
	return true;
}
