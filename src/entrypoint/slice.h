/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of values, as a script takes them: `${DB%%:*}` is what stands before the first colon. One
 * is a row of cuts, the plan's `slice`, and stands in texts as a variable of its own:
 *
 *     g_autoptr(GPtrArray) all = slices_of("DB", texts, values);   // every part that differs
 *     …                                                    // those that a start leaves are kept
 *     slices_mark(space, state);                           // ${thresh_slice_1} in its templates
 */
#pragma once

#include "entrypoint/space.h"
#include "plan/slice.h"

struct cut {
	enum plan_slice how;
	char *text;
};

struct slice {
	char *name;     /* of the plan's variable */
	char *variable; /* whose part it is */
	GArray *cuts;   /* struct cut: one after the other */
};

/* struct slice *, freed with the array. */
GPtrArray *slices_new(void);

/* All parts of variable @variable that cuts at @texts (char *) make, of which no two are the same
 * for all @values (char *); the simplest of those that are. */
GPtrArray *slices_of(const char *variable, const GPtrArray *texts, const GPtrArray *values);

/* Takes @slice into @slices under a name of its own. */
void slices_take(GPtrArray *slices, struct slice *slice);
/* Those of @variable were never found. */
void slices_forget(GPtrArray *slices, const char *variable);
bool slices_has(const GPtrArray *slices, const char *variable);

/* Whether @part of @value is found again where it stands: it is not all of it, and not too short.
 */
bool slice_is_mark(const char *part, const char *value);
/* Every slice's value is a mark of a state in which its variable was given to be taken apart. */
void slices_mark(const struct space *space, struct state *state);
/* Which of @values (char *: distinct parts of a value in @state) stand in its record by themselves:
 * bytes, 1 or 0. Caller frees. */
guint8 *slices_seen(const struct space *space, struct state *state, const GPtrArray *values);

/* What it is of @value. Caller frees. */
char *slice_apply(const struct slice *slice, const char *value);

/* @label with one of @slices in the place of another one of the same variable, or of the variable
 * itself, for each that there is: char *, freed with the array. */
GPtrArray *slices_exchange(const GPtrArray *slices, const char *label);

/* Whether the plan refuses @value for its form. */
bool factor_is_unlike(const struct factor *factor, const char *value);

/* @form (a pattern) with @text, as itself, in the place of each S. Caller frees. */
char *slice_pattern(const char *form, const char *text);

/* The line of the plan, without its newline. Caller frees. */
char *slice_directive(const struct slice *slice);
