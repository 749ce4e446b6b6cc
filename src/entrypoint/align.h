/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several sequences laid over each other: columns of elements that are the same thing in different
 * states, in an order that holds for all of them.
 *
 *     g_autoptr(GPtrArray) columns = align(sequences, states, &how);
 *     element = ((GPtrArray *)columns->pdata[c])->pdata[s];    // NULL: state s has none
 */
#pragma once

#include "entrypoint/space.h"

/* A line that is alike ("port=80", "port=90") stands for the other where nothing else says which
 * one does: weights. */
enum likeness { LIKENESS_NONE = 0, LIKENESS_KEY = 1, LIKENESS_SAME = 4 };

struct align_how {
	const struct space *space;
	/* How much two elements, each in its state, are the same thing. */
	enum likeness (*likeness)(const struct space *space, gconstpointer a,
				  const struct state *of_a, gconstpointer b,
				  const struct state *of_b);
	/* Equal texts: equal elements, whatever their states. */
	const char *(*text)(gconstpointer element);
	/* Whether an element may stand anywhere between two that are not loose; or NULL. */
	bool (*loose)(gconstpointer element);
};

/* @sequences: for each of @states (struct state *) an array of elements, borrowed. Columns are new
 * arrays of borrowed cells, one for each state. */
GPtrArray *align(const GPtrArray *sequences, const GPtrArray *states, const struct align_how *how);
