/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why something cannot be expressed: the lines that a user of an arbitrary image reads. Each names
 * the script's file and line where the runner knew them, what differs between which two starts, and
 * the ways out.
 */
#pragma once

#include "entrypoint/model.h"

/* @what: the field, "part" or NULL for the step itself; @texts: by state of model->executing; the
 * starts @one and @other differ and no condition says why. */
void complain(const struct model *model, const struct column *column, const char *what,
	      const struct text *const *texts, guint one, guint other, GError **error);

void complain_failure(const struct space *space, const struct state *one, const struct state *other,
		      GError **error);

/* @item has the arguments of @state in one text, or in as many places as there are. Answers false.
 */
bool complain_joined(const struct state *state, const struct item *item, GError **error);

/* The program of @item reads what no plan can hold: without it, a plan would be a guess. Answers
 * false. */
bool complain_input(const struct item *item, GError **error);

/* @state has a variable that begins with @prefix and that the script cannot know, and differs. */
bool complain_foreign(const struct state *base, const struct state *state, const char *prefix,
		      GError **error);

/* Where @name stands first in the scripts' text: "/entrypoint.sh:12"; NULL: nowhere. Caller frees.
 */
char *complaint_place_of_name(const struct start_record *record, const char *name);

/* The variables in which two states differ, "A and B"; NULL where they differ in none. Caller
 * frees.
 */
char *complaint_names(const struct space *space, const struct state *one,
		      const struct state *other);

/* "/entrypoint.sh:12", or "the entrypoint". Caller frees. */
char *complaint_place(const struct start_step *step);

/* The last line that a start printed, as it can be shown. Caller frees. */
char *record_last_words(const struct start_record *record);
