/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program that calls a shell wants of it, from the shell's argument list: for thresh, which
 * reads it in a trace, and for thresh-init, which stands where the shell was. libc alone.
 *
 *     if (shell_is_name(argv[0]) && shell_use(argc, argv, &text) == SHELL_COMMAND)
 *             … text
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum shell_use {
	SHELL_OTHER,   /* a script, a terminal, an option that matters */
	SHELL_COMMAND, /* `sh -c TEXT`: popen(3), system(3), child_process.exec */
	SHELL_ERLANG,  /* `sh -s unix:cmd`: os:cmd/1, which writes the command to standard input */
};

/* Whether the last component of @name is a shell's: sh, dash, bash, ash (a login shell's leading
 * `-` aside). */
bool shell_is_name(const char *name);

/* @argv of @argc words, the shell's name first. Options that change nothing for one plain command
 * line (-e, -u, -f, `-o pipefail`, --noprofile, --norc, --posix) may be there. What stands behind
 * TEXT ($0, $1, …) only an expansion could see. @ret_text is set for SHELL_COMMAND alone. */
enum shell_use shell_use(size_t argc, char *const *argv, const char **ret_text);
