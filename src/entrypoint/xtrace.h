/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What shells say with `set -x`, taken from what they write to standard error.
 *
 * PS4 is XTRACE_PS4 with a random mark in it, so that a line of the trace cannot be mistaken. bash
 * writes a command in one piece, dash and busybox's ash write each word as a piece, dash without
 * quotes: the pieces are the words. Debian's dash tells no line numbers. Pure.
 *
 *     switch (xtrace_feed(&trace, mark, data, size_bytes)) {
 *     case XTRACE_LINE: xtrace_take(&trace, XTRACE_QUOTED, &line); …
 *     case XTRACE_FOREIGN: it is no trace
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* printf format with the mark. The first character is what bash repeats for each level. */
#define XTRACE_PS4 "+%s\x1f${BASH_SOURCE-}\x1f${LINENO-}\x1f"

enum { XTRACE_MAX_BYTES = 64 << 10 }; /* of a command; what is longer is cut */

/* One shell process's trace. */
struct xtrace {
	GPtrArray *pieces; /* char *: of the command that is being written; NULL between two */
	size_t size_bytes;
};

enum xtrace_result {
	XTRACE_FOREIGN, /* not of the trace */
	XTRACE_PART,    /* of a command whose end is still to come */
	XTRACE_LINE,    /* the end of a command: xtrace_take */
};

enum xtrace_result xtrace_feed(struct xtrace *trace, const char *mark, const char *data,
			       size_t size_bytes);

/* Whether a command begins with this. */
bool xtrace_begins(const char *mark, const char *data, size_t size_bytes);

enum xtrace_quoting {
	XTRACE_QUOTED, /* words that need it are quoted: bash, busybox */
	XTRACE_PLAIN,  /* dash */
};

struct xtrace_line {
	char *script;     /* as the shell names it; "" where it does not */
	guint line;       /* or 0 */
	char *text;       /* the command, its words between blanks */
	GPtrArray *words; /* char *, without quotes */
};

/* The command that XTRACE_LINE announced. False where it is none that can be read. The caller
 * clears. */
bool xtrace_take(struct xtrace *trace, enum xtrace_quoting quoting, struct xtrace_line *ret_line);
void xtrace_line_clear(struct xtrace_line *line);
void xtrace_clear(struct xtrace *trace);

/* Appends the file and string tests of a `test`, `[` or `[[` command to @tests (struct start_test
 * *, without a place). */
void xtrace_tests(const struct xtrace_line *line, GPtrArray *tests);
