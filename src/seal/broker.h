/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exec broker's entries: which command lines a sealed image runs in place of a shell.
 *
 * A line that both runs of the trace gave to the shell stays as it is. Lines that one run alone has
 * are compared with their like: where they differ, and neither run repeats the other, a typed hole
 * takes the place of what differed: a number, a path below a directory that is writable, a token.
 * Nothing else is generalised, and the program never.
 *
 *     GPtrArray *patterns = broker_patterns(commands, writables);   // char *, sorted
 *
 * Pure.
 */
#pragma once

#include <glib.h>

/* @commands: struct shell_command *; @writables: char *, clean paths. Caller frees. */
GPtrArray *broker_patterns(const GPtrArray *commands, const GPtrArray *writables);
