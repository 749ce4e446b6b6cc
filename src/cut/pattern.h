/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns of the exec broker (docs/plan.md, `command`): a plain command line with typed holes, and
 * the words that follow from it.
 *
 *     words = pattern_words("LC_ALL=C convert -size %{number} %{path /tmp}", &problem);
 *             // "LC_ALL=C" "convert" "-size" "${=1}" "${=2}"
 *
 * Pure.
 */
#pragma once

#include <glib.h>

/* A new array of templates (src/plan/template.h): NAME=VALUE of the environment, the program, its
 * arguments. NULL where @pattern is no plain line, or the program would be a hole; @ret_problem
 * then says why in a static text. */
GPtrArray *pattern_words(const char *pattern, const char **ret_problem);

/* The program of a pattern that pattern_words takes, as written. Caller frees. */
char *pattern_program(const char *pattern);

/* Appends @size_bytes of @text to @pattern, so that they stand for themselves. */
void pattern_append(GString *pattern, const char *text, size_t size_bytes);
