/* SPDX-License-Identifier: Apache-2.0 */
/* What emit.c, emit_step.c and emit_exec.c share: the text that grows, and names for what a plan
 * has to remember. */
#pragma once

#include "entrypoint/emit.h"

struct emitter {
	const struct model *model;
	GString *text;    /* of the steps */
	GString *prelude; /* before them: variables for texts that vary, set while everything is as
			     the start had it */
	GHashTable *values; /* what such a variable holds, as text -> its name */
	bool begun;         /* emit_entries: a run was emitted before, on this path */
	guint *remembered;  /* by condition: 0, or the number of the variable that holds the answer
			     */
	guint memories;
	guint holes;       /* variables for texts that vary */
	GPtrArray *begins; /* struct column *: programs in the background, in order; their index is
			      part of their name */
	GError *error;     /* the first */
};

/* The text of a leaf's label; appends lines to @text. */
typedef void (*emit_leaf)(struct emitter *emitter, const char *label, gpointer user, GString *text);

/* @decision as if, else and end around what @leaf says for each label; equal branches once. */
void emit_decision(struct emitter *emitter, const struct decision *decision, emit_leaf leaf,
		   gpointer user, GString *text);

/* Something that is there or not: entries whose conditions begin alike share their blocks. */
struct entry {
	const void *what; /* a column or part */
	const struct decision *present;
};
/* Lines for entries that are all there, in this order. */
typedef void (*emit_run)(struct emitter *emitter, const struct entry *entries, guint count,
			 gpointer user, GString *text);
void emit_entries(struct emitter *emitter, const struct entry *entries, guint count, emit_run run,
		  gpointer user, GString *text);

/* Appends a line: the directive and its words, quoted where they must be; NULL ends. */
void emit_line(GString *text, const char *directive, ...) G_GNUC_NULL_TERMINATED;

/* One template for a decision over templates: the text of its only leaf, or ${thresh_N}, which the
 * prelude sets. Caller frees. */
char *emit_value(struct emitter *emitter, const struct decision *decision);
/* Whether emit_value can say it: no label is of another kind than text. */
bool emit_is_text(const struct decision *decision);

/* A new name for a variable of the plan's own. Caller frees. */
char *emit_hole(struct emitter *emitter);

void emit_fail(struct emitter *emitter, const struct column *column, const char *why);

/* The steps of a column, whatever its presence. */
void emit_column(struct emitter *emitter, const struct column *column, GString *text);

/* Whether the words of an execution are the same templates in every start, and ask for nothing that
 * is set before. */
bool emit_is_direct(const struct emitter *emitter, const struct column *column);
/* The arguments, the environment, and the execution. */
void emit_execution(struct emitter *emitter, const struct column *column);
