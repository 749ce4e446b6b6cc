/* SPDX-License-Identifier: Apache-2.0 */
#include "cut/rpm_database.h"

#include <glib.h>
#include <string.h>

static uint32_t big(const uint8_t *at, unsigned int bytes)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < bytes; i++)
		value = value << 8 | at[i];
	return value;
}

/* --- SQLite --------------------------------------------------------------------------------------
 */

enum {
	SQLITE_HEADER_BYTES = 100,
	SQLITE_LEAF = 13,
	SQLITE_INTERIOR = 5,
	SQLITE_DEPTH_MAX = 20,
	SQLITE_COLUMNS_MAX = 8,
};

struct value {
	uint64_t type;
	const uint8_t *data;
	size_t size_bytes;
};

struct sqlite {
	const uint8_t *data;
	uint32_t page_bytes;
	uint32_t usable_bytes;
	uint32_t page_count;
	uint32_t pages_left; /* that may still be looked at */
	size_t copies_left;  /* bytes that may still be copied */
};

typedef bool (*row_visit)(const struct value *columns, unsigned int count, void *user);

/* Page @number, from 1; NULL where there is none, or where too many were looked at. */
static const uint8_t *page_at(struct sqlite *file, uint32_t number)
{
	if (number == 0 || number > file->page_count || file->pages_left == 0)
		return NULL;
	file->pages_left--;
	return file->data + (size_t)(number - 1) * file->page_bytes;
}

/* A variable-length integer of at most nine bytes; false where it does not end before @end. */
static bool varint(const uint8_t **at, const uint8_t *end, uint64_t *ret_value)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < 9; i++) {
		if (*at >= end)
			return false;
		uint8_t byte = *(*at)++;

		if (i == 8) {
			*ret_value = value << 8 | byte;
			return true;
		}
		value = value << 7 | (byte & 0x7f);
		if (!(byte & 0x80))
			break;
	}
	*ret_value = value;
	return true;
}

static size_t serial_size(uint64_t type)
{
	static const uint8_t sizes[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0};

	if (type < G_N_ELEMENTS(sizes))
		return sizes[type];
	return type < 12 ? 0 : (size_t)((type - 12) / 2);
}

/* "Record Format": a header of types, then the values. */
static bool parse_record(const uint8_t *data, size_t size_bytes, row_visit visit, void *user)
{
	struct value columns[SQLITE_COLUMNS_MAX];
	const uint8_t *at = data, *end = data + size_bytes, *values;
	unsigned int count = 0;
	uint64_t header_bytes;

	if (!varint(&at, end, &header_bytes) || header_bytes > size_bytes)
		return false;
	values = data + header_bytes;
	while (at < data + header_bytes && count < SQLITE_COLUMNS_MAX) {
		struct value *column = &columns[count++];

		if (!varint(&at, data + header_bytes, &column->type))
			return false;
		column->size_bytes = serial_size(column->type);
		if (column->size_bytes > (size_t)(end - values))
			return false;
		column->data = values;
		values += column->size_bytes;
	}
	return visit(columns, count, user);
}

/* Copies the rest of a payload from its chain of overflow pages. */
static bool copy_overflow(struct sqlite *file, uint32_t number, uint8_t *to, size_t left)
{
	while (left > 0) {
		const uint8_t *page = page_at(file, number);
		size_t size = MIN(left, file->usable_bytes - 4);

		if (!page)
			return false;
		memcpy(to, page + 4, size);
		number = big(page, 4);
		to += size;
		left -= size;
	}
	return true;
}

/* How much of a payload of @size lies in the leaf itself ("B-tree Cell Format"). */
static size_t local_size(const struct sqlite *file, size_t size)
{
	size_t usable = file->usable_bytes, most = usable - 35;
	size_t least = (usable - 12) * 32 / 255 - 23, wanted;

	if (size <= most)
		return size;
	wanted = least + (size - least) % (usable - 4);
	return wanted <= most ? wanted : least;
}

static bool read_cell(struct sqlite *file, const uint8_t *at, const uint8_t *end, row_visit visit,
		      void *user)
{
	g_autofree uint8_t *copy = NULL;
	uint64_t size, row;
	size_t local;

	if (!varint(&at, end, &size) || !varint(&at, end, &row) || size > file->copies_left)
		return false;
	local = local_size(file, (size_t)size);
	if (local == size)
		return local <= (size_t)(end - at) && parse_record(at, local, visit, user);
	if (local + 4 > (size_t)(end - at))
		return false;
	file->copies_left -= (size_t)size;
	copy = g_malloc((size_t)size);
	memcpy(copy, at, local);
	return copy_overflow(file, big(at + local, 4), copy + local, (size_t)size - local) &&
	       parse_record(copy, (size_t)size, visit, user);
}

static bool walk_table(struct sqlite *file, uint32_t number, unsigned int depth, row_visit visit,
		       void *user)
{
	const uint8_t *page = page_at(file, number), *end, *header;
	uint32_t cells, pointers;
	bool leaf;

	if (!page || depth > SQLITE_DEPTH_MAX)
		return false;
	end = page + file->usable_bytes;
	header = page + (number == 1 ? SQLITE_HEADER_BYTES : 0);
	leaf = header[0] == SQLITE_LEAF;
	cells = big(header + 3, 2);
	pointers = (uint32_t)(header - page) + (leaf ? 8 : 12);
	if ((!leaf && header[0] != SQLITE_INTERIOR) || pointers + 2 * cells > file->usable_bytes)
		return false;
	for (uint32_t i = 0; i < cells; i++) {
		uint32_t offset = big(page + pointers + 2 * (size_t)i, 2);

		if (offset + 4 > file->usable_bytes)
			return false;
		if (leaf ? !read_cell(file, page + offset, end, visit, user)
			 : !walk_table(file, big(page + offset, 4), depth + 1, visit, user))
			return false;
	}
	return leaf || walk_table(file, big(header + 8, 4), depth + 1, visit, user);
}

static bool value_is(const struct value *value, const char *text)
{
	return value->type >= 13 && value->type % 2 == 1 && value->size_bytes == strlen(text) &&
	       memcmp(value->data, text, value->size_bytes) == 0;
}

/* sqlite_schema: type, name, tbl_name, rootpage, sql. */
static bool find_root(const struct value *columns, unsigned int count, void *user)
{
	uint32_t *root = user;

	if (count > 3 && value_is(&columns[0], "table") && value_is(&columns[1], "Packages") &&
	    columns[3].type >= 1 && columns[3].type <= 4)
		*root = big(columns[3].data, (unsigned int)columns[3].size_bytes);
	return true;
}

struct packages {
	rpm_visit visit;
	void *user;
};

/* Packages: hnum, blob. */
static bool take_package(const struct value *columns, unsigned int count, void *user)
{
	const struct packages *packages = user;

	if (count < 2 || columns[1].type < 12 || columns[1].type % 2 != 0)
		return false;
	packages->visit(columns[1].data, columns[1].size_bytes, packages->user);
	return true;
}

bool rpm_sqlite_read(const uint8_t *data, size_t size_bytes, rpm_visit visit, void *user)
{
	struct packages packages = {visit, user};
	struct sqlite file = {.data = data, .copies_left = size_bytes};
	uint32_t root = 0;

	if (size_bytes < SQLITE_HEADER_BYTES || memcmp(data, "SQLite format 3", 16) != 0)
		return false;
	file.page_bytes = big(data + 16, 2);
	if (file.page_bytes == 1)
		file.page_bytes = 65536;
	if (file.page_bytes < 512 || (file.page_bytes & (file.page_bytes - 1)) != 0)
		return false;
	file.usable_bytes = file.page_bytes - data[20];
	file.page_count = (uint32_t)MIN(size_bytes / file.page_bytes, UINT32_MAX);
	file.pages_left = file.page_count;
	if (file.usable_bytes < 480 || !walk_table(&file, 1, 0, find_root, &root))
		return false;
	return root != 0 && walk_table(&file, root, 0, take_package, &packages);
}

/* --- ndb -----------------------------------------------------------------------------------------
 */

enum {
	NDB_PAGE_BYTES = 4096,
	NDB_SLOT_BYTES = 16,
	NDB_HEADER_BYTES = 32,
	NDB_BLOCK_BYTES = 16,
};

static uint32_t little(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

static bool read_slot(const uint8_t *data, size_t size_bytes, const uint8_t *slot, size_t *left,
		      rpm_visit visit, void *user)
{
	uint64_t offset = (uint64_t)little(slot + 8) * NDB_BLOCK_BYTES;
	uint32_t length;

	if (memcmp(slot, "Slot", 4) != 0)
		return false;
	if (little(slot + 4) == 0)
		return true; /* free */
	if (offset > size_bytes || size_bytes - offset < NDB_BLOCK_BYTES ||
	    memcmp(data + offset, "BlbS", 4) != 0 || little(data + offset + 4) != little(slot + 4))
		return false;
	length = little(data + offset + 12);
	if (length > size_bytes - offset - NDB_BLOCK_BYTES || length > *left)
		return false;
	*left -= length;
	visit(data + offset + NDB_BLOCK_BYTES, length, user);
	return true;
}

bool rpm_ndb_read(const uint8_t *data, size_t size_bytes, rpm_visit visit, void *user)
{
	size_t left = size_bytes;
	uint64_t slots_end;

	if (size_bytes < NDB_PAGE_BYTES || memcmp(data, "RpmP", 4) != 0 || little(data + 4) != 0)
		return false;
	slots_end = (uint64_t)little(data + 12) * NDB_PAGE_BYTES;
	if (slots_end > size_bytes)
		return false;
	for (uint64_t at = NDB_HEADER_BYTES; at < slots_end; at += NDB_SLOT_BYTES) {
		if (!read_slot(data, size_bytes, data + at, &left, visit, user))
			return false;
	}
	return true;
}
