/* SPDX-License-Identifier: Apache-2.0 */
#include "base/scanner.h"

#include <stdint.h>
#include <string.h>

enum {
	BLOCK_BYTES = 3,
	SHIFT_BITS = 15,
	WINDOW_MAX_BYTES = 32,
};

struct pattern {
	uint8_t bytes[SCANNER_MAX_BYTES];
	uint8_t size_bytes;
	guint id;
	const struct pattern *next; /* of the same first SCANNER_MIN_BYTES */
};

struct scanner {
	uint8_t shifts[1 << SHIFT_BITS]; /* by the last block of a window: how far it may move */
	uint8_t window_bytes;            /* of the shortest pattern, WINDOW_MAX_BYTES at most */
	GHashTable *patterns;            /* key_of the first bytes → struct pattern *, a chain */
	GPtrArray *all;                  /* struct pattern *: owned */
};

static inline uint32_t block_hash(const uint8_t *at)
{
	uint32_t block = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16;

	return block * 2654435769U >> (32 - SHIFT_BITS);
}

/* The first SCANNER_MIN_BYTES as a number. */
static uint64_t key_of(const uint8_t *at)
{
	uint64_t key = 0;

	memcpy(&key, at, SCANNER_MIN_BYTES);
	return key;
}

static void window_set(struct scanner *scanner, uint8_t window_bytes)
{
	scanner->window_bytes = window_bytes;
	memset(scanner->shifts, window_bytes - BLOCK_BYTES + 1, sizeof(scanner->shifts));
}

struct scanner *scanner_new(void)
{
	struct scanner *scanner = g_new(struct scanner, 1);

	window_set(scanner, WINDOW_MAX_BYTES);
	scanner->patterns = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	scanner->all = g_ptr_array_new_with_free_func(g_free);
	return scanner;
}

void scanner_free(struct scanner *scanner)
{
	if (!scanner)
		return;
	g_hash_table_unref(scanner->patterns);
	g_ptr_array_unref(scanner->all);
	g_free(scanner);
}

void scanner_cleanup(struct scanner **scanner)
{
	scanner_free(*scanner);
}

static bool pattern_is_known(const struct pattern *chain, const struct pattern *pattern)
{
	for (; chain; chain = chain->next) {
		if (chain->id == pattern->id && chain->size_bytes == pattern->size_bytes &&
		    memcmp(chain->bytes, pattern->bytes, pattern->size_bytes) == 0)
			return true;
	}
	return false;
}

static void shifts_learn(struct scanner *scanner, const uint8_t *window)
{
	int last = scanner->window_bytes - BLOCK_BYTES;

	for (int i = 0; i <= last; i++) {
		uint8_t *shift = &scanner->shifts[block_hash(window + i)];

		*shift = MIN(*shift, (uint8_t)(last - i));
	}
}

/* A pattern that is shorter than the window narrows it for all. */
static void window_fit(struct scanner *scanner, size_t size_bytes)
{
	if (size_bytes >= scanner->window_bytes)
		return;
	window_set(scanner, (uint8_t)size_bytes);
	for (guint i = 0; i < scanner->all->len; i++)
		shifts_learn(scanner, ((const struct pattern *)scanner->all->pdata[i])->bytes);
}

void scanner_add(struct scanner *scanner, const void *data, size_t size_bytes, guint id)
{
	size_t kept = MIN(size_bytes, SCANNER_MAX_BYTES);
	g_autofree struct pattern *pattern = g_new0(struct pattern, 1);
	uint64_t key;

	g_assert(size_bytes >= SCANNER_MIN_BYTES);
	memcpy(pattern->bytes, (const uint8_t *)data + (size_bytes - kept) / 2, kept);
	pattern->size_bytes = (uint8_t)kept;
	pattern->id = id;
	key = key_of(pattern->bytes);
	pattern->next = g_hash_table_lookup(scanner->patterns, &key);
	if (pattern_is_known(pattern->next, pattern))
		return;
	window_fit(scanner, kept);
	shifts_learn(scanner, pattern->bytes);
	g_hash_table_replace(scanner->patterns, g_memdup2(&key, sizeof(key)), pattern);
	g_ptr_array_add(scanner->all, g_steal_pointer(&pattern));
}

bool scanner_is_empty(const struct scanner *scanner)
{
	return scanner->all->len == 0;
}

static bool tell_all(const struct scanner *scanner, const uint8_t *bytes, size_t offset,
		     size_t size_bytes, scanner_found found, void *user)
{
	const uint8_t *at = bytes + offset;
	uint64_t key = key_of(at);
	const struct pattern *pattern = g_hash_table_lookup(scanner->patterns, &key);

	for (; pattern; pattern = pattern->next) {
		if (pattern->size_bytes <= size_bytes - offset &&
		    memcmp(pattern->bytes, at, pattern->size_bytes) == 0 &&
		    !found(pattern->id, offset, user))
			return false;
	}
	return true;
}

bool scanner_scan(const struct scanner *scanner, const void *data, size_t size_bytes,
		  scanner_found found, void *user)
{
	const uint8_t *bytes = data;
	size_t at = 0, window = scanner->window_bytes, far = window - BLOCK_BYTES + 1;

	if (scanner_is_empty(scanner))
		return true;
	while (at + window <= size_bytes) {
		uint8_t shift = scanner->shifts[block_hash(bytes + at + window - BLOCK_BYTES)];

		/* A branch that is foreseen: the next block is loaded before this one is known. */
		if (G_LIKELY(shift == far)) {
			at += far;
			continue;
		}
		if (shift == 0) {
			if (!tell_all(scanner, bytes, at, size_bytes, found, user))
				return false;
			shift = 1;
		}
		at += shift;
	}
	return true;
}
