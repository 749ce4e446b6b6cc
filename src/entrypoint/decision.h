/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A decision: which of several labels holds in which state, as nested conditions. Learned from
 * examples: for each state, which labels are right for it. The smallest that is right for all.
 *
 *     struct decision *decision = decision_learn(&problem, states);
 *     if (decision)
 *             label = decision_answer(decision, conditions, space, state);
 */
#pragma once

#include "entrypoint/condition.h"

enum { DECISION_MAX_DEPTH = 32 };

struct decision {
	int condition; /* index; -1: a leaf */
	struct decision *yes, *no;
	char *label;   /* of a leaf */
	guint example; /* of a leaf: a state that it was learned from */
};
void decision_free(struct decision *decision);

/* Rows of bytes, 0 or 1. */
struct problem {
	guint states;
	const GPtrArray *labels; /* char *: the better of two that are both right comes first */
	const guint8 *right;     /* [label * states + state] */
	guint conditions;
	const guint8 *holds;   /* [condition * states + state] */
	const guint8 *related; /* [condition]: it asks for what stands in one of the labels: of two
				  that tell the same states apart it is the one; NULL: none is */
};

/* A leaf. Caller frees. */
struct decision *decision_leaf(const char *label);

/* NULL where no conditions tell the states apart; @ret_one and @ret_other (may be NULL) are then
 * two states that cannot be told apart. @states: indexes (guint). Caller frees. */
struct decision *decision_learn(const struct problem *problem, const GArray *states, guint *ret_one,
				guint *ret_other);

const char *decision_answer(const struct decision *decision, const GPtrArray *conditions,
			    const struct space *space, const struct state *state);

bool decision_equal(const struct decision *a, const struct decision *b);
bool decision_is_leaf(const struct decision *decision);
