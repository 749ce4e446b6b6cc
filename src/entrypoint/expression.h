/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A regular expression, or a glob pattern, of a script, as far as one is needed to try values:
 * texts that match it, and what a plan can ask in its place. POSIX extended expressions (regex(7))
 * without back-references and classes of a locale; what else there is makes it one that is not
 * known.
 *
 *     struct expression *expression = expression_new("^[0-9]+$");
 *     g_autofree char *text = expression_sample(expression, 3);           // "41852"
 *     g_autoptr(GPtrArray) globs = expression_globs(expression);         // *[!0-9]*
 *     expression_unref(expression);
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

struct expression;

/* NULL: it is none, or longer or deeper than is looked at. */
struct expression *expression_new(const char *text);
/* A basic expression (grep without -E, expr). */
struct expression *expression_new_basic(const char *text);
/* A pattern of glob(7), which matches the whole of a text. */
struct expression *expression_new_glob(const char *pattern);
struct expression *expression_ref(struct expression *expression);
void expression_unref(struct expression *expression);

/* A text that it matches, of letters and digits where that can be; another for another @seed as
 * far as it allows. Caller frees. */
char *expression_sample(const struct expression *expression, guint seed);

/* Globs in the plan's grammar (docs/plan.md, `matches`): a text that is not empty matches the
 * expression or does not by which of them it matches. NULL: none say it. char *, freed with the
 * array. */
GPtrArray *expression_globs(const struct expression *expression);
