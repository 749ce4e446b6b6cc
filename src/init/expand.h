/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Templates filled in: words of a directive with the values of variables and arguments. Texts lie
 * in the arena; a word without a `$` is answered as it is.
 *
 *     const char *path = expand_path(directive, directive->words);
 *     char **argv = expand_words(directive, directive->words, directive->count);
 */
#pragma once

#include "plan/plan.h"

#include <stddef.h>

enum { WORDS_MAX = 1 << 16 };

const char *expand(const char *word);

/* The same, a clean absolute path, or the process ends with 125. */
const char *expand_path(const struct plan_directive *directive, const char *word);

/* The content of a file that is a template: `${NAME}` and `$$` alone. */
char *expand_file(const char *text, size_t bytes, size_t *ret_bytes);

/* @count words from @word on, lists taken apart; ends with NULL. There are two lists: that of the
 * arguments, and this one, until the next call. */
char **expand_words(const struct plan_directive *directive, const char *word, size_t count);

/* The arguments: a list that ends with NULL, borrowed. */
void arguments_set(char **list);
char **arguments_get(void);
void arguments_append(const struct plan_directive *directive);
void arguments_shift(size_t count);

/* The words of @entry, or none, and the arguments. */
char **arguments_behind(const struct plan_directive *entry);
