/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/binary.h"

#include "cut/elf.h"
#include "evidence/inventory_private.h"

#include <string.h>
#include <zlib.h>

enum {
	GO_HEADER_BYTES = 32,
	GO_INLINE_STRINGS = 2,
	GO_SENTINEL_BYTES = 16,
	GO_ALIGN_BYTES = 16,
	GO_TEXT_MAX_BYTES = 16 << 20,
	AUDIT_MAX_BYTES = 8 << 20, /* as rust-audit-info has it */
	PROGRAM_MAX_BYTES = 1 << 30,
};

/* --- Go ------------------------------------------------------------------------------------------
 */

struct go_search {
	const uint8_t *found;
	size_t left; /* bytes from there to the end of the segment */
};

/* Aligned: a program that reads such information holds the magic as a constant too. */
static bool find_go(const uint8_t *data, size_t size_bytes, void *user)
{
	static const uint8_t magic[] = "\xff Go buildinf:";
	struct go_search *search = user;
	const uint8_t *at = data, *end = data + size_bytes;

	while ((at = memmem(at, (size_t)(end - at), magic, sizeof(magic) - 1))) {
		if ((at - data) % GO_ALIGN_BYTES == 0) {
			search->found = at;
			search->left = (size_t)(end - at);
			return false;
		}
		at++;
	}
	return true;
}

/* In a section of its own, or, where there are no sections, anywhere in the data. */
static void search_go(const void *data, size_t size_bytes, struct go_search *search)
{
	size_t length;
	const uint8_t *section = elf_section(data, size_bytes, ".go.buildinfo", &length);

	if (section)
		find_go(section, length, search);
	else
		elf_constants(data, size_bytes, find_go, search);
}

/* A length (LEB128) and as many bytes, at *@at. */
static bool go_string(const uint8_t *data, size_t size_bytes, size_t *at, const char **ret_text,
		      size_t *ret_length)
{
	uint64_t length = 0;

	for (unsigned int shift = 0; shift < 64; shift += 7) {
		uint8_t byte;

		if (*at >= size_bytes)
			return false;
		byte = data[(*at)++];
		length |= (uint64_t)(byte & 0x7f) << shift;
		if (byte & 0x80)
			continue;
		if (length > size_bytes - *at || length > GO_TEXT_MAX_BYTES)
			return false;
		*ret_text = (const char *)data + *at;
		*ret_length = (size_t)length;
		*at += (size_t)length;
		return true;
	}
	return false;
}

static void add_module(json_t *modules, const char *path, const char *version)
{
	json_t *module = json_object();

	json_object_set_new(module, "path", json_from_text(path));
	json_object_set_new(module, "version", json_from_text(version));
	json_array_append_new(modules, module);
}

/* A replacement by a directory of the builder's ("./fork", "/src/fork") has no name of its own: the
 * module keeps its path, by which it is imported and known. */
static bool is_local(const char *path)
{
	return *path == '.' || *path == '/';
}

/* "mod\tPATH\tVERSION\tSUM", "dep\t…", and "=>\t…", which takes the place of the one before. */
static void read_modules(json_t *modules, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line; line++) {
		g_auto(GStrv) words = g_strsplit(*line, "\t", -1);
		bool replaces = g_strcmp0(words[0], "=>") == 0;
		size_t count = json_array_size(modules);

		if (g_strv_length(words) < 3 ||
		    (!replaces && strcmp(words[0], "mod") != 0 && strcmp(words[0], "dep") != 0))
			continue;
		if (replaces && is_local(words[1]))
			continue;
		if (replaces && count > 1)
			json_array_remove(modules, count - 1);
		add_module(modules, words[1], words[2]);
	}
}

/* "go1.22.3 X:…" */
static char *go_version(const char *text, size_t length)
{
	g_autofree char *version = g_strndup(text, length);

	version[strcspn(version, " ")] = '\0';
	return g_strdup(g_str_has_prefix(version, "go") ? version + 2 : version);
}

json_t *go_build_info(const void *data, size_t size_bytes)
{
	struct go_search search = {0};
	g_autofree char *version = NULL, *text = NULL;
	const char *start;
	size_t length, at = GO_HEADER_BYTES;
	json_t *modules;

	search_go(data, size_bytes, &search);
	if (!search.found || search.left < GO_HEADER_BYTES ||
	    !(search.found[15] & GO_INLINE_STRINGS) ||
	    !go_string(search.found, search.left, &at, &start, &length))
		return NULL;
	version = go_version(start, length);
	modules = json_array();
	add_module(modules, "stdlib", version);
	if (!go_string(search.found, search.left, &at, &start, &length) ||
	    length < 2 * GO_SENTINEL_BYTES + 1)
		return modules;
	text = g_strndup(start + GO_SENTINEL_BYTES, length - 2 * GO_SENTINEL_BYTES);
	read_modules(modules, text);
	return modules;
}

static void add_go(struct inventory *inventory, const struct node *node, const char *path,
		   const json_t *modules)
{
	struct component *owner = NULL;
	const json_t *module;
	size_t i;

	json_array_foreach (modules, i, module) {
		const char *name = json_string_at(module, "path");
		const char *version = json_string_at(module, "version");
		const char *slash = strrchr(name, '/');
		g_autofree char *namespace = slash ? g_strndup(name, (gsize)(slash - name)) : NULL;
		struct component *component =
			inventory_add(inventory, "golang", namespace, slash ? slash + 1 : name,
				      strcmp(version, "(devel)") != 0 ? version : NULL, NULL, path);

		if (!owner || i == 1)
			owner = component ? component : owner;
	}
	inventory_own(inventory, node, owner);
}

/* --- Rust ----------------------------------------------------------------------------------------
 */

static json_t *inflate_json(const uint8_t *data, size_t size_bytes)
{
	g_autofree Bytef *plain = g_malloc(AUDIT_MAX_BYTES);
	z_stream stream = {.next_in = (Bytef *)data,
			   .avail_in = (uInt)MIN(size_bytes, AUDIT_MAX_BYTES),
			   .next_out = plain,
			   .avail_out = AUDIT_MAX_BYTES};
	json_t *json = NULL;

	if (inflateInit(&stream) != Z_OK)
		return NULL;
	if (inflate(&stream, Z_FINISH) == Z_STREAM_END)
		json = json_parse_lenient(plain, stream.total_out);
	inflateEnd(&stream);
	return json;
}

json_t *rust_audit_data(const void *data, size_t size_bytes)
{
	size_t length;
	const uint8_t *section = elf_section(data, size_bytes, ".dep-v0", &length);
	json_t *json = section ? inflate_json(section, length) : NULL;

	if (json && !json_array_at(json, "packages")) {
		json_decref(json);
		return NULL;
	}
	return json;
}

static void add_rust(struct inventory *inventory, const struct node *node, const char *path,
		     const json_t *packages)
{
	struct component *owner = NULL;
	const json_t *package;
	size_t i;

	json_array_foreach (packages, i, package) {
		struct component *component;

		if (g_strcmp0(json_string_at(package, "kind"), "build") == 0)
			continue; /* ran at build time, is not in the program */
		component = inventory_add(inventory, "cargo", NULL, json_string_at(package, "name"),
					  json_string_at(package, "version"), NULL, path);
		if (!owner || json_bool_at(package, "root", false))
			owner = component ? component : owner;
	}
	inventory_own(inventory, node, owner);
}

void read_executable(struct inventory *inventory, const struct node *node, const char *path)
{
	autocontent struct content content = {0};
	autojson json_t *go = NULL, *rust = NULL;

	if (!content_open(inventory->tree, node, PROGRAM_MAX_BYTES, &content) ||
	    !elf_is(content.data, content.size_bytes))
		return;
	go = go_build_info(content.data, content.size_bytes);
	rust = go ? NULL : rust_audit_data(content.data, content.size_bytes);
	if (go)
		add_go(inventory, node, path, go);
	else if (rust)
		add_rust(inventory, node, path, json_array_at(rust, "packages"));
}
