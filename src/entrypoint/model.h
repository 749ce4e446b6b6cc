/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the starts so far say about the script: columns (steps that are the same thing in different
 * states), for each when it happens and what its texts are, as decisions over conditions.
 *
 *     automodel struct model *model = model_learn(space, states, files, error);
 *     if (model && !model_explains(model, state)) …     // this start taught something new
 */
#pragma once

#include "entrypoint/decision.h"
#include "entrypoint/item.h"

struct slot {
	char *name; /* of a field; "" for the key, and for a part */
	struct decision *value;
};

/* What stands in one place of a text, whatever stands in the others: ${thresh_piece_N} in labels.
 */
struct piece {
	char *hole; /* "${thresh_piece_1}" */
	struct decision *value;
};

struct part {
	struct decision *present;
	struct decision *value; /* of arguments (see part_is_rest): TEXT_UNSET for none of them */
};

struct column {
	enum start_kind kind;
	GPtrArray *cells; /* struct item *, one for each of model->executing; NULL: not there */
	const struct item *example;
	const struct state *example_state;
	struct decision *present;
	GPtrArray *slots; /* struct slot *: the key first, then fields by name */
	GPtrArray *parts; /* struct part * */
};

struct model {
	const struct space *space;
	GPtrArray *states;        /* borrowed struct state *: all that it was learned from */
	GPtrArray *executing;     /* those that execute something */
	GPtrArray *conditions;    /* struct condition * */
	guint8 *holds;            /* [condition * executing->len + state] */
	GPtrArray *pieces;        /* struct piece *: labels of those before it, and of columns */
	GPtrArray *columns;       /* struct column *; the last is the execution */
	struct decision *failure; /* label "" or "STATUS MESSAGE" */
};
void model_free(struct model *model);
#define automodel __attribute__((cleanup(model_cleanup)))
void model_cleanup(struct model **model);

/* @states: struct state * with records and items, the plain one first; @files: conditions on files
 * that may be asked. THRESH_ERROR_INPUT where two states differ and no condition tells why; the
 * line names what differs, where, and the ways out. Borrows all three. */
struct model *model_learn(const struct space *space, const GPtrArray *states,
			  const GPtrArray *files, GError **error);

/* A label as a template of @state alone: pieces are what the state decides. Caller frees. */
char *model_template(const struct model *model, const struct state *state, const char *label);

/* Whether the record of @state is what the model says of it. */
bool model_explains(const struct model *model, const struct state *state);

/* Whether it is the arguments, or those from one on. */
bool part_is_rest(const struct part *part);

const struct slot *column_slot(const struct column *column, const char *name);

/* The line that an EDIT is about, and its file; NULL of other items of a file that is edited. */
const struct edit_line *model_edit_line(const struct model *model, const struct item *item,
					const struct edit_file **ret_file);

/* Whether it would show in @state, a later start that other values went before: it writes one of
 * those that changed to a volume. */
bool column_shows_later(const struct model *model, const struct column *column,
			const struct state *state);

/* Whether doing it again where it is done changes nothing. */
bool kind_is_idempotent(enum start_kind kind);
