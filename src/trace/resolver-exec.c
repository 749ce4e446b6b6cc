/* SPDX-License-Identifier: Apache-2.0 */
/* Programs: what the kernel opens for an execve(2), and the list of commands. */
#include "trace/resolver-private.h"

#include "trace/redact.h"

#include <elf.h>
#include <string.h>
#include <unistd.h>

enum { SCRIPT_BYTES = 256 /* BINPRM_BUF_SIZE */, MAX_SCRIPTS = 4, MAX_HEADERS = 64 };

/* The first bytes of the program: of the image's file, or as the agent saw them where the
 * application has changed it. */
static size_t program_head(const struct resolver *resolver, const struct shadow *node,
			   const struct event_string *seen, char *head, size_t size, int *ret_fd)
{
	ssize_t got = 0;

	*ret_fd = -1;
	if (node->original && !node->changed && node->original->type == NODE_FILE)
		*ret_fd = tree_open(resolver->options->tree, node->original, NULL, NULL);
	if (*ret_fd >= 0)
		got = pread(*ret_fd, head, size, 0);
	else if (seen)
		memcpy(head, seen->data, (size_t)(got = (ssize_t)MIN(seen->bytes, size)));
	return got > 0 ? (size_t)got : 0;
}

/* The interpreter of a "#!" line, as fs/binfmt_script.c reads it; NULL where there is none. */
static char *script_interpreter(const char *head, size_t size)
{
	const char *line = head + 2;
	const char *end;

	size = MIN(size, SCRIPT_BYTES);
	if (size < 3 || memcmp(head, "#!", 2) != 0)
		return NULL;
	end = memchr(head, '\n', size);
	end = end ? end : head + size;
	while (line < end && (*line == ' ' || *line == '\t'))
		line++;
	for (const char *at = line; at < end; at++)
		if (*at == ' ' || *at == '\t' || *at == '\0')
			end = at;
	return end > line ? g_strndup(line, (gsize)(end - line)) : NULL;
}

/* @size bytes at @offset of the program, from its file or from the head. */
static bool program_bytes(int fd, const char *head, size_t head_bytes, uint64_t offset,
			  void *buffer, size_t size)
{
	if (fd >= 0)
		return offset <= G_MAXINT64 &&
		       pread(fd, buffer, size, (off_t)offset) == (ssize_t)size;
	if (offset > head_bytes || size > head_bytes - offset)
		return false;
	memcpy(buffer, head + offset, size);
	return true;
}

static char *interpreter_text(int fd, const char *head, size_t head_bytes, uint64_t offset,
			      uint64_t size)
{
	g_autofree char *text = NULL;

	if (size < 2 || size > 4096)
		return NULL;
	text = g_malloc0(size + 1);
	return program_bytes(fd, head, head_bytes, offset, text, size) ? g_steal_pointer(&text)
								       : NULL;
}

/* PT_INTERP of an ELF file of this byte order, 32 or 64 bits; NULL where it has none. */
static char *elf_interpreter(int fd, const char *head, size_t size)
{
	Elf64_Ehdr wide;
	Elf32_Ehdr narrow;
	guint count;

	if (size < sizeof(wide) || memcmp(head, ELFMAG, SELFMAG) != 0)
		return NULL;
	memcpy(&wide, head, sizeof(wide));
	memcpy(&narrow, head, sizeof(narrow));
	if (head[EI_CLASS] == ELFCLASS64) {
		count = MIN(wide.e_phnum, MAX_HEADERS);
		for (guint i = 0; i < count && wide.e_phentsize == sizeof(Elf64_Phdr); i++) {
			Elf64_Phdr header;

			if (!program_bytes(fd, head, size, wide.e_phoff + i * sizeof(header),
					   &header, sizeof(header)))
				return NULL;
			if (header.p_type == PT_INTERP)
				return interpreter_text(fd, head, size, header.p_offset,
							header.p_filesz);
		}
	} else if (head[EI_CLASS] == ELFCLASS32) {
		count = MIN(narrow.e_phnum, MAX_HEADERS);
		for (guint i = 0; i < count && narrow.e_phentsize == sizeof(Elf32_Phdr); i++) {
			Elf32_Phdr header;

			if (!program_bytes(fd, head, size,
					   (uint64_t)narrow.e_phoff + i * sizeof(header), &header,
					   sizeof(header)))
				return NULL;
			if (header.p_type == PT_INTERP)
				return interpreter_text(fd, head, size, header.p_offset,
							header.p_filesz);
		}
	}
	return NULL;
}

static void mark_program(struct resolver *resolver, const struct shadow *node)
{
	resolver_mark(resolver, node, PATH_EXEC | (node->changed ? (uint32_t)PATH_EXEC_WRITE : 0u));
}

/* Marks the interpreters of @node: scripts' up to the depth that the kernel follows, then ELF's. */
static void mark_interpreters(struct resolver *resolver, struct shadow *node,
			      const struct event_string *seen)
{
	for (int depth = 0; depth <= MAX_SCRIPTS; depth++) {
		char head[AGENT_HEAD_BYTES];
		int fd;
		size_t size = program_head(resolver, node, seen, head, sizeof(head), &fd);
		g_autofree char *script = script_interpreter(head, size);
		g_autofree char *path =
			script ? g_steal_pointer(&script) : elf_interpreter(fd, head, size);
		bool again = size > 2 && memcmp(head, "#!", 2) == 0;
		autowalk struct walk walk = {0};

		if (fd >= 0)
			close(fd);
		if (!path || path[0] != '/')
			return; /* a relative interpreter is the caller's; it opens nothing here */
		walk_path(resolver->root, path, true, &walk);
		resolver_mark_way(resolver, &walk);
		if (!walk.node)
			resolver_mark_missing(resolver, &walk);
		if (!walk.node)
			return;
		mark_program(resolver, walk.node);
		if (!again)
			return;
		node = walk.node;
		seen = NULL;
	}
}

static void add_command(struct resolver *resolver, const struct stream_event *event,
			const char *path, bool child)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);

	if (resolver->profile->commands->len >= PROFILE_MAX_COMMANDS)
		return;
	for (guint i = 2; i < event->record.strings; i++)
		g_ptr_array_add(words,
				redact_text(event->strings[i].data, resolver->options->redactions));
	if (event->record.value[1])
		g_ptr_array_add(words, g_strdup("…"));
	g_ptr_array_add(words, NULL);
	profile_add_command(resolver->profile, path, (const char *const *)words->pdata, child);
}

void resolver_handle_exec(struct resolver *resolver, const struct stream_event *event)
{
	bool child = event->record.process != resolver->application;
	autowalk struct walk walk = {0};
	g_autofree char *path = NULL;

	if (event->record.strings < 2)
		return;
	resolver_walk(resolver, event, 0,
		      !(event->record.value[0] & 0x100 /* AT_SYMLINK_NOFOLLOW */), &walk);
	if (!walk.node && !walk.outside && !event->strings[1].bytes)
		return; /* a search through PATH: nothing is executed */
	resolver->executed = true;
	path = walk.node ? shadow_path(walk.node) : g_strdup(event->strings[0].data);
	if (walk.node) {
		mark_program(resolver, walk.node);
		mark_interpreters(resolver, walk.node, &event->strings[1]);
	}
	add_command(resolver, event, path, child);
}
