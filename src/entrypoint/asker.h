/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One question about a column: in which states it happens, or which text stands there, as a
 * decision over the model's conditions.
 *
 *     asker_init(&asker, model, column, "mode");
 *     …                                            // states, and their texts
 *     slot->value = asker_value(&asker, "mode", error);
 *     asker_clear(&asker);
 */
#pragma once

#include "entrypoint/model.h"

struct asker {
	const struct model *model;
	const struct column *column;
	const char *what; /* for messages */
	bool rest;        /* the labels are arguments, or none of them */
	GPtrArray *labels;
	GPtrArray *merged;         /* char *: of the labels, those that no start has */
	GArray *states;            /* guint: indexes into model->executing */
	const struct text **texts; /* one for each of executing; NULL: the field is missing */
};

void asker_init(struct asker *asker, const struct model *model, const struct column *column,
		const char *what);
void asker_clear(struct asker *asker);

/* Happens or not: @cells by asker->states. NULL with an error where no condition tells. */
struct decision *asker_presence(struct asker *asker, const GPtrArray *cells, GError **error);

/* The texts of field @field ("" for a key or a part), as labels. One that holds several variables
 * may be taken apart into pieces of the model. NULL with an error. */
struct decision *asker_value(struct asker *asker, const char *field, GError **error);

/* Whether a label is nothing but a text, so that it can be taken apart. */
bool asker_is_text(const char *label);
