/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plain command line: what a shell would run as it stands, one program with its words, because
 * nothing in it expands, joins or decides (POSIX.1-2017, Shell Command Language, 2.2
 * Quoting and 2.9.1 Simple Commands).
 *
 *     struct commandline line;
 *     if (commandline_parse("LC_ALL=C exec 'my tool' --size 3", &line, &problem))
 *             … line.assignments: LC_ALL=C; line.words: "my tool", "--size", "3"
 *
 * Of redirections (2.7) those are plain that read or drop nothing of the image's: standard streams
 * from and to /dev/null, and one to where the other goes.
 *
 * Words are what the program gets: blanks, quotes and backslashes are undone. What a shell would
 * look at twice is refused, also where it would change nothing here and now (`*` that matches no
 * file). Pure.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

enum { COMMANDLINE_MAX_BYTES = 32 << 10, COMMANDLINE_MAX_WORDS = 1024 };

struct commandline {
	GPtrArray *assignments;  /* char *: "NAME=VALUE", from before the program */
	GPtrArray *redirections; /* char *, in order: "0</dev/null", "1>/dev/null", "2>&1" */
	GPtrArray *words;        /* char *: at least one */
};

/* False where @text is no plain command line; @ret_problem is then a static text that says what is
 * in it ("a pipe (|)"). The caller clears @ret_line. A leading `exec` is dropped. */
bool commandline_parse(const char *text, struct commandline *ret_line, const char **ret_problem);
void commandline_clear(struct commandline *line);
