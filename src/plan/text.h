/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing lines of a plan, for thresh; thresh-init, which only reads, is built without it.
 *
 *     plan_add_words(text, "entry", words);                   entry /bin/a "b c"
 *     g_string_append(text, "if equals ${NAME}");
 *     plan_add_literal(text, "$5");                           if equals ${NAME} $$5
 */
#pragma once

#include <glib.h>

/* @word as the grammar wants it, quoted only where it must be (plan_quote). The caller frees it. */
char *plan_quoted(const char *word);

/* @word as a template that stands for it (plan_escape), not quoted. The caller frees it. */
char *plan_literal(const char *word);

/* A blank and @word, quoted. */
void plan_add_word(GString *line, const char *word);

/* A blank and @word, where the grammar takes a template. */
void plan_add_literal(GString *line, const char *word);

/* The line of @directive with @words (char *); nothing where there are no words. */
void plan_add_words(GString *text, const char *directive, const GPtrArray *words);
