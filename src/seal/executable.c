/* SPDX-License-Identifier: Apache-2.0 */
/* What may be executed: what was, and from preset balanced on every program that is kept. */
#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/sorted.h"
#include "cut/pattern.h"
#include "seal/seal_private.h"

#include <elf.h>
#include <string.h>
#include <unistd.h>

enum {
	HEAD_BYTES = 4096,
	FILES_MAX = 2048, /* rules of one plan; above it whole directories */
};

bool name_is_code(const char *name)
{
	static const char *const suffixes[] = {
		".so",  ".py", ".pyc", ".pyo", ".js",  ".mjs", ".cjs",  ".node", ".jar",  ".class",
		".war", ".pl", ".pm",  ".rb",  ".php", ".lua", ".phar", ".ko",   ".wasm",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		if (g_str_has_suffix(name, suffixes[i]))
			return true;
	}
	return strstr(name, ".so.") != NULL;
}

/* p_type is the first member of the program headers of both classes. */
static bool elf_has_interpreter(const uint8_t *head, size_t size)
{
	bool is_64 = head[EI_CLASS] == ELFCLASS64;
	size_t entry = is_64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	uint64_t offset;
	size_t count;

	if (is_64) {
		Elf64_Ehdr header;

		memcpy(&header, head, sizeof(header));
		offset = header.e_phoff;
		count = header.e_phnum;
	} else {
		Elf32_Ehdr header;

		memcpy(&header, head, sizeof(header));
		offset = header.e_phoff;
		count = header.e_phnum;
	}
	for (; count > 0 && offset <= size && size - offset >= entry; count--, offset += entry) {
		uint32_t type;

		memcpy(&type, head + offset, sizeof(type));
		if (type == PT_INTERP)
			return true;
	}
	return false;
}

/* A static program, or one with an interpreter: not a library. Both machines are little-endian. */
static bool elf_is_program(const uint8_t *head, size_t size)
{
	uint16_t type;

	if (size < sizeof(Elf64_Ehdr))
		return false;
	memcpy(&type, head + offsetof(Elf64_Ehdr, e_type), sizeof(type));
	if (type == ET_EXEC)
		return true;
	if (type != ET_DYN)
		return false;
	return elf_has_interpreter(head, size);
}

/* The first bytes, 0 where there are none to read. */
static size_t file_head(const struct tree *tree, const struct node *node,
			uint8_t head[static HEAD_BYTES])
{
	uint64_t offset;
	autofd int fd = node->size_bytes > 0 ? tree_open(tree, node, &offset, NULL) : -1;
	ssize_t size =
		fd >= 0 ? pread(fd, head, MIN(HEAD_BYTES, node->size_bytes), (off_t)offset) : 0;

	return size > 0 ? (size_t)size : 0;
}

bool file_is_executable(const struct tree *tree, const struct node *node, bool *ret_program)
{
	uint8_t head[HEAD_BYTES];
	size_t size = file_head(tree, node, head);

	*ret_program = false;
	if (size >= 2 && head[0] == '#' && head[1] == '!') {
		*ret_program = true;
		return true;
	}
	if (size < SELFMAG || memcmp(head, ELFMAG, SELFMAG) != 0)
		return false;
	*ret_program = elf_is_program(head, size);
	return true;
}

struct collection {
	const struct seal *seal;
	const struct seal_input *input;
	GHashTable *found; /* set of production paths */
	GHashTable *run;   /* set of paths: programs of the exec broker */
};

static bool is_allowed(const struct collection *collection, const struct node *node,
		       const char *path)
{
	uint32_t classes = profile_path_classes(collection->input->profile, path);
	bool program;

	if (node->type != NODE_FILE || !keepset_keeps(collection->input->keepset, path))
		return false;
	if (classes & PATH_EXEC || g_hash_table_contains(collection->run, path))
		return true;
	if (collection->input->options->preset == PRESET_STRICT || !(node->mode & 0111) ||
	    node->size_bytes == 0)
		return false;
	return file_is_executable(collection->input->tree, node, &program) && program;
}

static bool collect(struct node *node, const char *path, void *user)
{
	struct collection *collection = user;

	if (is_allowed(collection, node, path)) {
		struct writable *writable = seal_writable_of(collection->seal, path);

		/* Copied into its writable path, it is executed there. */
		if (writable && writable->seed == SEED_COPY)
			writable->exec = true;
		else
			g_hash_table_add(collection->found,
					 seal_production_path(collection->seal, path));
	}
	return true;
}

/* The directories of what was found, where the files are too many for a plan. */
static GHashTable *to_directories(GHashTable *files)
{
	GHashTable *directories = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GHashTableIter iter;
	gpointer path;

	g_hash_table_iter_init(&iter, files);
	while (g_hash_table_iter_next(&iter, &path, NULL))
		g_hash_table_add(directories, path_parent(path));
	return directories;
}

/* The programs that the exec broker starts, some of which no run executed. */
static GHashTable *broker_programs(const struct seal *seal, const struct seal_input *input)
{
	GHashTable *programs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < seal->shell_commands->len; i++) {
		g_autofree char *program = pattern_program(seal->shell_commands->pdata[i]);
		char *path = program ? seal_program_path(input, program) : NULL;

		if (path)
			g_hash_table_add(programs, path);
	}
	return programs;
}

bool seal_decide_executables(struct seal *seal, const struct seal_input *input, GError **error)
{
	g_autoptr(GHashTable) found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) run = broker_programs(seal, input);
	struct collection collection = {.seal = seal, .input = input, .found = found, .run = run};
	g_autoptr(GPtrArray) paths = NULL;

	node_walk(input->tree->root, collect, &collection);
	if (seal->shell_links->len > 0)
		g_hash_table_add(found, g_strdup(SEAL_INIT_PATH));
	if (g_hash_table_size(found) > FILES_MAX) {
		GHashTable *directories = to_directories(found);

		seal_note(seal, "%u programs are kept: Landlock lets their directories execute",
			  g_hash_table_size(found));
		g_hash_table_unref(found);
		found = directories;
	}
	if (g_hash_table_size(found) > FILES_MAX)
		return error_set(
			error, THRESH_ERROR_INPUT,
			"programs in %u directories are kept, more than an init plan holds "
			"(%d): use preset strict",
			g_hash_table_size(found), FILES_MAX);
	paths = keys_sorted(found);
	for (guint i = 0; i < paths->len; i++)
		g_ptr_array_add(seal->executables, g_strdup(paths->pdata[i]));
	return true;
}
