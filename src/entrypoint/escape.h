/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a script writes a value into a text: some bytes as others, `'` as `\'` in a statement of SQL.
 * A probe is a value with such bytes, each between letters that stand for themselves, so that what
 * became of it is read off wherever it is found again:
 *
 *     g_autofree char *probe = escape_probe(12, "'\"");    // Zq012kxE'G"H
 *     …                                                    // the start leaves Zq012kxE\'G"H
 *     if (escapes_find(space->escapes, "PASSWORD", probe, record)) …
 *
 * From then on ${thresh_text_1} stands where the value was written so, and the plan has
 * `escape thresh_text_1 ${PASSWORD} "'\\'"`.
 */
#pragma once

#include "entrypoint/item.h"

struct escape {
	char *name;       /* of the plan's variable */
	char *variable;   /* whose value it is */
	GPtrArray *rules; /* char *: a byte, and what is written in its place */
};

/* struct escape *, freed with the array. */
GPtrArray *escapes_new(void);

/* A value of the variable with this number; @bytes: at most 16. Caller frees. */
char *escape_probe(guint number, const char *bytes);
/* The same bytes one behind the other, each twice: it has no form of its own, but must follow the
 * rules of a probe. Caller frees. */
char *escape_joined(guint number, const char *bytes);

/* Adds the forms of @probe, a value of @variable, that stand in @record; false where all are known,
 * or it stands there as it is alone. */
bool escapes_find(GPtrArray *escapes, const char *variable, const char *probe,
		  const struct start_record *record);
/* Those of @variable were never found. */
void escapes_forget(GPtrArray *escapes, const char *variable);

/* Every variable's value as it would be written is a mark of the state. */
void escapes_mark(const GPtrArray *escapes, struct state *state);

/* Two templates of one text that differ only where one has a variable and the other has it as it is
 * written: the template that has all of them as they are written; NULL: they differ in more. Caller
 * frees. */
char *escapes_merge(const GPtrArray *escapes, const char *one, const char *other);

/* The line of the plan, without its newline. Caller frees. */
char *escape_directive(const struct escape *escape);
