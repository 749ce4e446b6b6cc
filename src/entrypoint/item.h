/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record as the model compares it: items, each a step as named texts, with the marks of its state
 * found. Files between two programs are sorted by path; what a program's environment and the
 * arguments of the application are is told as differences to how the start began.
 *
 *     state->items = items_of(space, state);
 */
#pragma once

#include "entrypoint/edit.h"
#include "entrypoint/space.h"

/* Labels that are no text. */
#define TEXT_KEEP  "\001keep"  /* a variable: as the start had it */
#define TEXT_UNSET "\001unset" /* a variable: not there */

struct text {
	char *name;         /* of a field; NULL for parts */
	char *actual;       /* NULL: a part that is several words */
	char *template;     /* with the holes of its state; may be a label that is no text */
	const char *option; /* of a word behind "--port": that; borrowed; or NULL */
};

struct item {
	enum start_kind kind;
	const struct start_step *step; /* borrowed from the record */
	struct text *key;              /* path or program */
	guint order;                   /* EDIT: among the lines of its file */
	GPtrArray *fields;             /* struct text *, sorted by name */
	GPtrArray *parts; /* struct text *: lines of content, words of EXEC; empty for others */
};

/* Freed with the array. */
GPtrArray *items_of(const struct space *space, const struct state *state);

/* The field, or NULL. */
const struct text *item_field(const struct item *item, const char *name);

/* What a file that is changed line by line held when @state began, or was copied there; NULL: it is
 * not known. Caller frees. */
char *item_text_before(const struct space *space, const struct state *state,
		       const struct edit_file *file);

/* "UID:GID" of a step. Caller frees. */
char *step_owner(const struct start_step *step);

/* Whether the item is about files alone, so that its place between two programs is free. */
bool item_is_file(const struct item *item);

/* Whether the field holds a word of the argument list, or their number. */
bool item_field_is_word(const char *name);

/* Whether the field is known in some starts alone, as time has it, and its absence says nothing:
 * where a program listened before the next step was made. */
bool item_field_is_timely(const char *name);

/* One text that says all of an item, but for what is timely, from its own state; for
 * comparing. Caller frees. */
char *item_flat(const struct item *item);

/* The name of a kind, for messages: "file", "run". */
const char *item_kind_name(enum start_kind kind);
