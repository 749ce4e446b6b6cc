/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts with holes, in the grammar of the plan (docs/plan.md: ${NAME}, ${1}, $$): made from a text
 * in which marks stand, expanded again for any other state.
 *
 *     template_of(state, "/data/Zq003kxA")   →  "/data/${NAME}"
 *     template_expand(space, state, "/data/${NAME}")
 */
#pragma once

#include "entrypoint/space.h"

/* The marks of @state become holes, `$` becomes `$$`. Caller frees. */
char *template_of(const struct state *state, const char *text);

/* Holes that are not known to @state's environment are empty. Caller frees. */
char *template_expand(const struct space *space, const struct state *state, const char *template);

/* Whether there is a hole in it. */
bool template_has_hole(const char *template);

/* "${*NAME}" alone: the name, borrowed, and its length; else NULL. */
const char *template_split_name(const char *word, gsize *ret_bytes);

/* "${@}", all arguments, and "${@:N}", those from the Nth on (2 to 9; in templates alone: a plan
 * has `shift` for it): N, or 0 for another word. */
guint template_rest(const char *word);

/* The words of "${@:N}", N as above; those of @state that are no more there are none. Borrowed
 * words, free the array alone. */
GPtrArray *template_rest_words(const struct space *space, const struct state *state, guint rest);

/* How many words stand before @wanted, at least one word, in @words; -1: it is not there. */
int template_words_find(const GPtrArray *words, const GPtrArray *wanted);

/* Appends the words that one template word becomes ("${@}", "${*NAME}", else one) to @words. */
void template_expand_word(const struct space *space, const struct state *state, const char *word,
			  GPtrArray *words);

/* The words of an argument list with holes: ${@} or ${@:N} where the state's arguments stand in it,
 * ${*NAME} too. @executes: it is the application's, else a program's before it. New, with g_free.
 */
GPtrArray *template_of_words(const struct space *space, const struct state *state,
			     const GPtrArray *words, bool executes);
