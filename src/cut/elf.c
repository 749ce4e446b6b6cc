/* SPDX-License-Identifier: Apache-2.0 */
#include "cut/elf.h"

#include "base/error.h"
#include "base/json.h"

#include <elf.h>
#include <string.h>

enum {
	SEGMENTS_MAX = 1024,
	DYNAMICS_MAX = 1 << 16,
	NOTES_MAX = 1024,
	NOTE_DLOPEN = 0x407c0c0a, /* UAPI group, ELF dlopen metadata */
	STRINGS_SCAN_MAX_BYTES = 64 << 20,
};

/* One program header, of either class. */
struct segment {
	uint32_t type, flags;
	uint64_t offset, address, file_bytes;
};

/* A file in hand. `swap`: its byte order is not ours. */
struct reader {
	const uint8_t *data;
	size_t size_bytes;
	bool wide, swap;
	uint32_t segment_count;
	uint64_t segment_offset;
	uint32_t segment_size;
};

bool elf_is(const void *data, size_t size_bytes)
{
	return size_bytes >= EI_NIDENT && memcmp(data, ELFMAG, SELFMAG) == 0;
}

static bool in_file(const struct reader *reader, uint64_t offset, uint64_t length)
{
	return offset <= reader->size_bytes && length <= reader->size_bytes - offset;
}

static uint64_t number_at(const struct reader *reader, uint64_t offset, unsigned int bytes)
{
	uint64_t value = 0;

	if (!in_file(reader, offset, bytes))
		return 0;
	for (unsigned int i = 0; i < bytes; i++) {
		bool big = reader->swap == (G_BYTE_ORDER == G_LITTLE_ENDIAN);
		unsigned int at = big ? i : bytes - 1 - i;

		value = value << 8 | reader->data[offset + at];
	}
	return value;
}

/* A field that is an address or an offset: 4 or 8 bytes. */
static uint64_t word_at(const struct reader *reader, uint64_t offset)
{
	return number_at(reader, offset, reader->wide ? 8 : 4);
}

static bool reader_init(struct reader *reader, const void *data, size_t size_bytes)
{
	const uint8_t *ident = data;

	memset(reader, 0, sizeof(*reader));
	if (!elf_is(data, size_bytes) ||
	    (ident[EI_CLASS] != ELFCLASS32 && ident[EI_CLASS] != ELFCLASS64) ||
	    (ident[EI_DATA] != ELFDATA2LSB && ident[EI_DATA] != ELFDATA2MSB))
		return false;
	reader->data = data;
	reader->size_bytes = size_bytes;
	reader->wide = ident[EI_CLASS] == ELFCLASS64;
	reader->swap = (ident[EI_DATA] == ELFDATA2MSB) == (G_BYTE_ORDER == G_LITTLE_ENDIAN);
	if (size_bytes < (reader->wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr)))
		return false;
	reader->segment_offset = word_at(reader, reader->wide ? 32 : 28);
	reader->segment_size = (uint32_t)number_at(reader, reader->wide ? 54 : 42, 2);
	reader->segment_count = (uint32_t)number_at(reader, reader->wide ? 56 : 44, 2);
	if (reader->segment_count == 0)
		return true;
	return reader->segment_count <= SEGMENTS_MAX &&
	       reader->segment_size >= (reader->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)) &&
	       in_file(reader, reader->segment_offset,
		       (uint64_t)reader->segment_count * reader->segment_size);
}

static void segment_at(const struct reader *reader, uint32_t index, struct segment *ret_segment)
{
	uint64_t at = reader->segment_offset + (uint64_t)index * reader->segment_size;

	ret_segment->type = (uint32_t)number_at(reader, at, 4);
	if (reader->wide) {
		ret_segment->flags = (uint32_t)number_at(reader, at + 4, 4);
		ret_segment->offset = number_at(reader, at + 8, 8);
		ret_segment->address = number_at(reader, at + 16, 8);
		ret_segment->file_bytes = number_at(reader, at + 32, 8);
	} else {
		ret_segment->offset = number_at(reader, at + 4, 4);
		ret_segment->address = number_at(reader, at + 8, 4);
		ret_segment->file_bytes = number_at(reader, at + 16, 4);
		ret_segment->flags = (uint32_t)number_at(reader, at + 24, 4);
	}
}

/* A copy of the string at @offset that ends before @limit, or NULL. */
static char *string_at(const struct reader *reader, uint64_t offset, uint64_t limit)
{
	const uint8_t *start, *end;

	limit = MIN(limit, reader->size_bytes);
	if (offset >= limit)
		return NULL;
	start = reader->data + offset;
	end = memchr(start, '\0', MIN(limit - offset, ELF_NAME_MAX_BYTES));
	if (!end || end == start)
		return NULL;
	return g_strndup((const char *)start, (gsize)(end - start));
}

/* The file offset of a virtual address, by the loadable segments; false where none holds it. */
static bool offset_of_address(const struct reader *reader, uint64_t address, uint64_t *ret_offset)
{
	for (uint32_t i = 0; i < reader->segment_count; i++) {
		struct segment segment;

		segment_at(reader, i, &segment);
		if (segment.type != PT_LOAD || address < segment.address ||
		    address - segment.address >= segment.file_bytes)
			continue;
		if (__builtin_add_overflow(segment.offset, address - segment.address, ret_offset))
			return false;
		return in_file(reader, *ret_offset, 0);
	}
	return false;
}

struct dynamic {
	uint64_t strings, strings_bytes; /* offset in the file */
	uint64_t soname, rpath, runpath, flags_1;
	bool has_soname, has_rpath, has_runpath;
	uint64_t needed[ELF_NEEDED_MAX];
	uint32_t needed_count;
};

static void dynamic_add(struct dynamic *dynamic, uint64_t tag, uint64_t value)
{
	switch (tag) {
	case DT_STRTAB:
		dynamic->strings = value;
		break;
	case DT_STRSZ:
		dynamic->strings_bytes = value;
		break;
	case DT_SONAME:
		dynamic->soname = value;
		dynamic->has_soname = true;
		break;
	case DT_RPATH:
		dynamic->rpath = value;
		dynamic->has_rpath = true;
		break;
	case DT_RUNPATH:
		dynamic->runpath = value;
		dynamic->has_runpath = true;
		break;
	case DT_FLAGS_1:
		dynamic->flags_1 = value;
		break;
	case DT_NEEDED:
		if (dynamic->needed_count < ELF_NEEDED_MAX)
			dynamic->needed[dynamic->needed_count++] = value;
		break;
	default:
		break;
	}
}

static char *dynamic_string(const struct reader *reader, const struct dynamic *dynamic,
			    uint64_t index)
{
	if (index >= dynamic->strings_bytes)
		return NULL;
	return string_at(reader, dynamic->strings + index,
			 dynamic->strings + dynamic->strings_bytes);
}

static void dynamic_apply(const struct reader *reader, const struct dynamic *dynamic,
			  struct elf *elf)
{
	const uint8_t *strings = reader->data + dynamic->strings;

	for (uint32_t i = 0; i < dynamic->needed_count; i++) {
		char *name = dynamic_string(reader, dynamic, dynamic->needed[i]);

		if (name)
			g_ptr_array_add(elf->needed, name);
	}
	if (dynamic->has_soname)
		elf->soname = dynamic_string(reader, dynamic, dynamic->soname);
	if (dynamic->has_runpath)
		elf->runpath = dynamic_string(reader, dynamic, dynamic->runpath);
	else if (dynamic->has_rpath)
		elf->rpath = dynamic_string(reader, dynamic, dynamic->rpath);
	elf->calls_exec = memmem(strings, dynamic->strings_bytes, "exec", 4) ||
			  memmem(strings, dynamic->strings_bytes, "spawn", 5);
	elf->no_default_lib = dynamic->flags_1 & DF_1_NODEFLIB;
	elf->calls_dlopen = memmem(strings, dynamic->strings_bytes, "\0dlopen\0", 8) ||
			    memmem(strings, dynamic->strings_bytes, "\0dlmopen\0", 9);
}

static bool parse_dynamic(const struct reader *reader, const struct segment *segment,
			  struct elf *elf, GError **error)
{
	unsigned int step = reader->wide ? 16 : 8;
	g_autofree struct dynamic *dynamic = g_new0(struct dynamic, 1);
	uint64_t count = MIN(segment->file_bytes / step, DYNAMICS_MAX);

	if (!in_file(reader, segment->offset, segment->file_bytes))
		return error_set(error, THRESH_ERROR_INPUT, "dynamic section outside the file");
	for (uint64_t i = 0; i < count; i++) {
		uint64_t at = segment->offset + i * step;
		uint64_t tag = word_at(reader, at);

		if (tag == DT_NULL)
			break;
		dynamic_add(dynamic, tag, word_at(reader, at + step / 2));
	}
	if (dynamic->strings == 0 || dynamic->strings_bytes == 0)
		return true;
	if (!offset_of_address(reader, dynamic->strings, &dynamic->strings) ||
	    !in_file(reader, dynamic->strings, dynamic->strings_bytes))
		return error_set(error, THRESH_ERROR_INPUT, "string table outside the file");
	dynamic_apply(reader, dynamic, elf);
	return true;
}

/* ELF dlopen metadata: an array of {"soname": ["lib…", …], "priority", "feature", "description"}.
 */
static void parse_dlopen_note(const uint8_t *data, size_t size_bytes, struct elf *elf)
{
	const uint8_t *end = memchr(data, '\0', size_bytes);
	autojson json_t *notes =
		json_parse(data, end ? (size_t)(end - data) : size_bytes, "dlopen note", NULL);
	json_t *note, *soname;
	size_t i, j;

	json_array_foreach (notes, i, note) {
		json_array_foreach (json_array_at(note, "soname"), j, soname) {
			if (json_is_string(soname) && elf->dlopens->len < ELF_NEEDED_MAX)
				g_ptr_array_add(elf->dlopens, g_strdup(json_string_value(soname)));
		}
	}
}

static uint64_t align_4(uint64_t value)
{
	return (value + 3) & ~(uint64_t)3;
}

static void parse_notes(const struct reader *reader, const struct segment *segment, struct elf *elf)
{
	uint64_t at = segment->offset, end;

	if (__builtin_add_overflow(segment->offset, segment->file_bytes, &end) ||
	    end > reader->size_bytes)
		return;
	for (unsigned int i = 0; i < NOTES_MAX && at < end && end - at >= 12; i++) {
		uint64_t name_bytes = number_at(reader, at, 4);
		uint64_t data_bytes = number_at(reader, at + 4, 4);
		uint64_t type = number_at(reader, at + 8, 4);
		uint64_t data_at = at + 12 + align_4(name_bytes);

		if (data_at > end || data_bytes > end - data_at)
			return;
		if (type == NOTE_DLOPEN && name_bytes == 4 &&
		    memcmp(reader->data + at + 12, "FDO", 4) == 0)
			parse_dlopen_note(reader->data + data_at, data_bytes, elf);
		at = data_at + align_4(data_bytes);
	}
}

static bool parse_segments(const struct reader *reader, struct elf *elf, GError **error)
{
	for (uint32_t i = 0; i < reader->segment_count; i++) {
		struct segment segment;

		segment_at(reader, i, &segment);
		if (segment.type == PT_INTERP && !elf->interpreter &&
		    in_file(reader, segment.offset, segment.file_bytes))
			elf->interpreter = string_at(reader, segment.offset,
						     segment.offset + segment.file_bytes);
		else if (segment.type == PT_NOTE)
			parse_notes(reader, &segment, elf);
		else if (segment.type == PT_DYNAMIC && !parse_dynamic(reader, &segment, elf, error))
			return false;
	}
	return true;
}

struct elf *elf_parse(const void *data, size_t size_bytes, GError **error)
{
	struct reader reader;
	autoelf struct elf *elf = NULL;

	if (!reader_init(&reader, data, size_bytes)) {
		error_set(error, THRESH_ERROR_INPUT, "not an ELF file, or a damaged one");
		return NULL;
	}
	elf = g_new0(struct elf, 1);
	elf->needed = g_ptr_array_new_with_free_func(g_free);
	elf->dlopens = g_ptr_array_new_with_free_func(g_free);
	elf->class_bits = reader.wide ? 64 : 32;
	elf->type = (uint16_t)number_at(&reader, 16, 2);
	elf->machine = (uint16_t)number_at(&reader, 18, 2);
	if (!parse_segments(&reader, elf, error))
		return NULL;
	return g_steal_pointer(&elf);
}

void elf_free(struct elf *elf)
{
	if (!elf)
		return;
	g_free(elf->interpreter);
	g_free(elf->soname);
	g_free(elf->rpath);
	g_free(elf->runpath);
	g_ptr_array_unref(elf->needed);
	g_ptr_array_unref(elf->dlopens);
	g_free(elf);
}

void elf_cleanup(struct elf **elf)
{
	elf_free(*elf);
}

void elf_constants(const void *data, size_t size_bytes, elf_segment_visit visit, void *user)
{
	struct reader reader;
	unsigned int loads = 0;
	bool whole;

	if (!reader_init(&reader, data, size_bytes))
		return;
	for (uint32_t i = 0; i < reader.segment_count; i++) {
		struct segment segment;

		segment_at(&reader, i, &segment);
		loads += segment.type == PT_LOAD && !(segment.flags & PF_W);
	}
	/* Older linkers put constants into the segment of the code. */
	whole = loads <= 1;
	for (uint32_t i = 0; i < reader.segment_count; i++) {
		struct segment segment;

		segment_at(&reader, i, &segment);
		if (segment.type != PT_LOAD || (!whole && segment.flags & PF_X) ||
		    !in_file(&reader, segment.offset, segment.file_bytes))
			continue;
		if (!visit(reader.data + segment.offset, segment.file_bytes, user))
			return;
	}
}

struct section {
	uint32_t name, type;
	uint64_t offset, file_bytes;
};

/* The section header @index of a table at @table; false where it lies outside the file. */
static bool section_at(const struct reader *reader, uint64_t table, uint32_t entry_size,
		       uint32_t index, struct section *ret_section)
{
	uint64_t at;

	if (__builtin_add_overflow(table, (uint64_t)index * entry_size, &at) ||
	    !in_file(reader, at, entry_size))
		return false;
	ret_section->name = (uint32_t)number_at(reader, at, 4);
	ret_section->type = (uint32_t)number_at(reader, at + 4, 4);
	ret_section->offset = word_at(reader, at + (reader->wide ? 24 : 16));
	ret_section->file_bytes = word_at(reader, at + (reader->wide ? 32 : 20));
	return ret_section->type == SHT_NOBITS ||
	       in_file(reader, ret_section->offset, ret_section->file_bytes);
}

static bool section_is(const struct reader *reader, const struct section *names,
		       const struct section *section, const char *name)
{
	size_t length = strlen(name) + 1;

	return names->type != SHT_NOBITS && section->type != SHT_NOBITS &&
	       section->name <= names->file_bytes && length <= names->file_bytes - section->name &&
	       memcmp(reader->data + names->offset + section->name, name, length) == 0;
}

const uint8_t *elf_section(const void *data, size_t size_bytes, const char *name,
			   size_t *ret_size_bytes)
{
	struct reader reader;
	struct section names, section;
	uint64_t table;
	uint32_t entry_size, count, names_index;

	if (!reader_init(&reader, data, size_bytes))
		return NULL;
	table = word_at(&reader, reader.wide ? 40 : 32);
	entry_size = (uint32_t)number_at(&reader, reader.wide ? 58 : 46, 2);
	count = (uint32_t)number_at(&reader, reader.wide ? 60 : 48, 2);
	names_index = (uint32_t)number_at(&reader, reader.wide ? 62 : 50, 2);
	if (entry_size < (reader.wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr)) ||
	    names_index >= count || !section_at(&reader, table, entry_size, names_index, &names))
		return NULL;
	for (uint32_t i = 0; i < count; i++) {
		if (!section_at(&reader, table, entry_size, i, &section))
			return NULL;
		if (section_is(&reader, &names, &section, name)) {
			*ret_size_bytes = section.file_bytes;
			return reader.data + section.offset;
		}
	}
	return NULL;
}

static bool is_name_byte(uint8_t byte)
{
	return g_ascii_isalnum(byte) || (byte && strchr("_+-./", byte));
}

/* Whether what follows ".so" ends a library's name: nothing, or numbers with dots. */
static bool is_version(const uint8_t *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] != '.' && !g_ascii_isdigit(text[i]))
			return false;
	}
	return length == 0 || text[0] == '.';
}

struct strings {
	GPtrArray *names;
	GHashTable *seen;
};

static void add_library_string(struct strings *strings, const uint8_t *start, size_t length)
{
	g_autofree char *text = g_strndup((const char *)start, length);
	const char *slash = strrchr(text, '/');
	const char *name = slash ? slash + 1 : text;

	if (!g_str_has_prefix(name, "lib") || g_hash_table_contains(strings->seen, text))
		return;
	g_ptr_array_add(strings->names, text);
	g_hash_table_add(strings->seen, g_steal_pointer(&text));
}

static bool scan_library_strings(const uint8_t *data, size_t size_bytes, void *user)
{
	struct strings *strings = user;
	const uint8_t *at = data, *end = data + MIN(size_bytes, STRINGS_SCAN_MAX_BYTES);

	while (strings->names->len < ELF_STRINGS_MAX &&
	       (at = memmem(at, (size_t)(end - at), ".so", 3))) {
		const uint8_t *start = at, *stop = at + 3;

		while (start > data && at - start < 256 && is_name_byte(start[-1]))
			start--;
		while (stop < end && stop - at < 32 && *stop && is_name_byte(*stop))
			stop++;
		if (stop < end && *stop == '\0' && (start == data || start[-1] == '\0') &&
		    is_version(at + 3, (size_t)(stop - at - 3)))
			add_library_string(strings, start, (size_t)(stop - start));
		at += 3;
	}
	return true;
}

GPtrArray *elf_library_strings(const void *data, size_t size_bytes)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	struct strings strings = {g_ptr_array_new_with_free_func(g_free), seen};

	elf_constants(data, size_bytes, scan_library_strings, &strings);
	return strings.names;
}
