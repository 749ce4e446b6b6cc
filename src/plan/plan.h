/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The grammar of the init plan (docs/plan.md), shared by thresh-init, which carries a plan out, and
 * thresh, which writes and checks it. libc alone, no allocation: words are decoded in place in the
 * caller's buffer, and the directives lie in a table of fixed size.
 *
 *     static struct plan plan;
 *     struct plan_error error;
 *     if (!plan_parse(buffer, size, &plan, &error))
 *             fprintf(stderr, "%s:%u: %s\n", path, error.line, error.text);
 *     for (size_t i = 0; i < plan.count; i++)
 *             if (plan.directives[i].kind == PLAN_UMASK)
 *                     plan_octal(plan_word(&plan.directives[i], 0), 0777, &mask);
 *
 * After plan_parse has answered true every word is checked: numbers are numbers in range, paths are
 * clean and absolute, and what may be there once is there once.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PLAN_MAX_BYTES = 256 << 10,
	PLAN_MAX_LINES = 4096,
	PLAN_MAX_LINE_BYTES = 64 << 10,
	PLAN_MAX_PATH_BYTES = 4095, /* linux/limits.h PATH_MAX, less the NUL */
	PLAN_MAX_GROUPS = 65536,    /* linux/limits.h NGROUPS_MAX; the line is the nearer bound */
	PLAN_MAX_GRACE_MS = 24 * 60 * 60 * 1000,
};

enum plan_kind {
	PLAN_ENTRY,
	PLAN_DEFAULT,
	PLAN_SEARCH,
	PLAN_HOME,
	PLAN_DIRECTORY,
	PLAN_SEED,
	PLAN_LINKS,
	PLAN_COPY,
	PLAN_UMASK,
	PLAN_ID,
	PLAN_NO_NEW_PRIVILEGES,
	PLAN_LANDLOCK_READ,
	PLAN_LANDLOCK_WRITE,
	PLAN_LANDLOCK_EXECUTE,
	PLAN_LANDLOCK_WRITE_EXECUTE,
	PLAN_LANDLOCK_REQUIRED,
	PLAN_SECCOMP,
	PLAN_STAY,
	PLAN_KINDS,
};

struct plan_directive {
	const char *words; /* the first of `count` NUL-terminated strings, one behind the other */
	uint32_t line;     /* counted from 1 */
	uint16_t count;    /* words behind the directive's name */
	uint8_t kind;      /* enum plan_kind */
};

/* About 64 KiB: static in thresh-init, where only the pages that are used are ever touched. */
struct plan {
	uint32_t count;
	uint32_t single[PLAN_KINDS]; /* 1 + index of a directive that is there once, 0: absent */
	struct plan_directive directives[PLAN_MAX_LINES];
};

struct plan_error {
	uint32_t line;    /* 0: the plan as a whole */
	const char *text; /* static */
};

/* Parses @size_bytes of @text, which is decoded in place and must outlive @ret_plan. On failure
 * @ret_plan holds nothing of use and @ret_error says why. */
bool plan_parse(char *text, size_t size_bytes, struct plan *ret_plan, struct plan_error *ret_error);

/* The name of a directive as it is written. */
const char *plan_kind_name(enum plan_kind kind);

/* The directive of a kind that may be there once, or NULL. */
const struct plan_directive *plan_find(const struct plan *plan, enum plan_kind kind);

/* Word @index, counted from 0 behind the directive's name; @index is below `count`. Walks. */
const char *plan_word(const struct plan_directive *directive, size_t index);
/* The word behind @word; only where there is one. */
const char *plan_word_next(const char *word);

/* Digits alone, no sign, no leading zero but "0" itself (decimal), at most @max. */
bool plan_decimal(const char *word, uint32_t max, uint32_t *ret_value);
bool plan_octal(const char *word, uint32_t max, uint32_t *ret_value);

/* Whether @path is absolute, without "//", ".", ".." or a trailing slash, and not too long. */
bool plan_path_is_clean(const char *path);

/* The longest text that plan_quote makes of a word of @bytes, NUL included. */
#define PLAN_QUOTED_BYTES(bytes) (4 * (bytes) + 3)

/* Writes @word as the grammar wants it, quoted only where it must be, with a NUL; answers the
 * length without it. @ret_text holds PLAN_QUOTED_BYTES(strlen(word)). */
size_t plan_quote(const char *word, char *ret_text);
