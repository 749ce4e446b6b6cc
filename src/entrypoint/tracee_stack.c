/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The argument block that the kernel leaves at the top of a new program's stack (the processor's
 * System V ABI, "Process initialization"): argc, argv, NULL, environment, NULL, auxiliary vector
 * up to AT_NULL; all words of 8 bytes. It is written again a little lower, with two words more; the
 * new words' text lies where the old block ended.
 */
#include "entrypoint/tracee.h"

#include <elf.h>
#include <string.h>
#include <sys/uio.h>

enum {
	WORD_BYTES = 8,
	ADDED_WORDS = 2,
	TEXT_BYTES = 16, /* the stack's alignment stays as it is */
	BLOCK_MAX_WORDS = 1 << 17,
};

static bool read_words(pid_t tid, uint64_t address, uint64_t *words, size_t count)
{
	struct iovec here = {words, count * WORD_BYTES};
	struct iovec there = {(void *)(uintptr_t)address, count * WORD_BYTES};

	return process_vm_readv(tid, &here, 1, &there, 1, 0) == (ssize_t)here.iov_len;
}

bool tracee_write(pid_t tid, uint64_t address, const void *data, size_t size_bytes)
{
	struct iovec here = {(void *)(uintptr_t)data, size_bytes};
	struct iovec there = {(void *)(uintptr_t)address, size_bytes};

	return process_vm_writev(tid, &here, 1, &there, 1, 0) == (ssize_t)size_bytes;
}

/* One word more; false beyond the bound. */
static bool next_word(pid_t tid, uint64_t stack, GArray *block, uint64_t *ret_word)
{
	if (block->len >= BLOCK_MAX_WORDS ||
	    !read_words(tid, stack + block->len * WORD_BYTES, ret_word, 1))
		return false;
	g_array_append_val(block, *ret_word);
	return true;
}

static bool skip_to_null(pid_t tid, uint64_t stack, GArray *block)
{
	uint64_t word;

	do {
		if (!next_word(tid, stack, block, &word))
			return false;
	} while (word != 0);
	return true;
}

static bool read_block(pid_t tid, uint64_t stack, GArray *block)
{
	uint64_t type, value;

	if (!next_word(tid, stack, block, &value) || !skip_to_null(tid, stack, block) ||
	    !skip_to_null(tid, stack, block))
		return false;
	do {
		if (!next_word(tid, stack, block, &type) || !next_word(tid, stack, block, &value))
			return false;
	} while (type != AT_NULL);
	return true;
}

/* Puts the block, to which @added words were added, and @text in place; the block ends where the
 * text begins. */
static bool put_block(pid_t tid, uint64_t stack, const GArray *block, const char *text,
		      uint64_t text_at)
{
	uint64_t lower = text_at - block->len * WORD_BYTES;

	return lower < stack && tracee_write(tid, lower, block->data, block->len * WORD_BYTES) &&
	       tracee_write(tid, text_at, text, TEXT_BYTES) && tracee_stack_move(tid, lower);
}

/* Reads the block and answers where a text can lie. */
static bool take_block(pid_t tid, GArray *block, uint64_t *ret_stack, uint64_t *ret_text_at)
{
	*ret_stack = tracee_stack(tid);
	if (*ret_stack == 0 || !read_block(tid, *ret_stack, block))
		return false;
	*ret_text_at = *ret_stack + block->len * WORD_BYTES - TEXT_BYTES;
	return true;
}

bool tracee_add_xtrace(pid_t tid, guint index)
{
	static const char text[TEXT_BYTES] = "-o\0xtrace";
	g_autoptr(GArray) block = g_array_new(FALSE, FALSE, WORD_BYTES);
	uint64_t stack, text_at, added[ADDED_WORDS];

	if (!take_block(tid, block, &stack, &text_at) || index >= g_array_index(block, uint64_t, 0))
		return false;
	added[0] = text_at;
	added[1] = text_at + strlen(text) + 1;
	g_array_index(block, uint64_t, 0) += ADDED_WORDS;
	g_array_insert_vals(block, 1 + index + 1, added, ADDED_WORDS);
	return put_block(tid, stack, block, text, text_at);
}

bool tracee_rename(pid_t tid, const char *name)
{
	char text[TEXT_BYTES] = "";
	g_autoptr(GArray) block = g_array_new(FALSE, FALSE, WORD_BYTES);
	uint64_t stack, text_at;

	if (g_strlcpy(text, name, sizeof(text)) >= sizeof(text) ||
	    !take_block(tid, block, &stack, &text_at) || g_array_index(block, uint64_t, 0) == 0)
		return false;
	g_array_index(block, uint64_t, 1) = text_at;
	return put_block(tid, stack, block, text, text_at);
}
