/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/decision.h"

#include <string.h>

void decision_free(struct decision *decision)
{
	if (!decision)
		return;
	decision_free(decision->yes);
	decision_free(decision->no);
	g_free(decision->label);
	g_free(decision);
}

static bool right(const struct problem *problem, guint label, guint state)
{
	return problem->right[label * problem->states + state];
}

static bool holds(const struct problem *problem, guint condition, guint state)
{
	return problem->holds[condition * problem->states + state];
}

/* For how many of @states the label is wrong that is right for most. */
static guint errors_of(const struct problem *problem, const GArray *states, guint *ret_label)
{
	guint best = G_MAXUINT;

	if (states->len == 0)
		return 0;
	for (guint label = 0; label < problem->labels->len; label++) {
		guint errors = 0;

		for (guint i = 0; i < states->len; i++)
			errors += !right(problem, label, g_array_index(states, guint, i));
		if (errors < best) {
			best = errors;
			*ret_label = label;
		}
	}
	return best;
}

static void divide(const struct problem *problem, const GArray *states, guint condition,
		   GArray **ret_yes, GArray **ret_no)
{
	*ret_yes = g_array_new(FALSE, FALSE, sizeof(guint));
	*ret_no = g_array_new(FALSE, FALSE, sizeof(guint));
	for (guint i = 0; i < states->len; i++) {
		guint state = g_array_index(states, guint, i);

		g_array_append_val(holds(problem, condition, state) ? *ret_yes : *ret_no, state);
	}
}

/* Errors left after the condition; G_MAXUINT where it divides nothing. */
static guint errors_after(const struct problem *problem, const GArray *states, guint condition)
{
	g_autoptr(GArray) yes = NULL;
	g_autoptr(GArray) no = NULL;
	guint label;

	divide(problem, states, condition, &yes, &no);
	if (yes->len == 0 || no->len == 0)
		return G_MAXUINT;
	return errors_of(problem, yes, &label) + errors_of(problem, no, &label);
}

static guint best_condition(const struct problem *problem, const GArray *states, guint *ret_errors)
{
	guint best = 0;

	*ret_errors = G_MAXUINT;
	for (guint condition = 0; condition < problem->conditions; condition++) {
		guint errors = errors_after(problem, states, condition);

		if (errors < *ret_errors) {
			*ret_errors = errors;
			best = condition;
		}
	}
	return best;
}

/* Where no single condition helps (two that only matter together): the one after which another
 * helps most. */
static guint best_pair(const struct problem *problem, const GArray *states, guint *ret_errors)
{
	guint best = 0;

	*ret_errors = G_MAXUINT;
	for (guint condition = 0; condition < problem->conditions; condition++) {
		g_autoptr(GArray) yes = NULL;
		g_autoptr(GArray) no = NULL;
		guint label, errors_yes, errors_no;

		divide(problem, states, condition, &yes, &no);
		if (yes->len == 0 || no->len == 0)
			continue;
		best_condition(problem, yes, &errors_yes);
		best_condition(problem, no, &errors_no);
		errors_yes = MIN(errors_yes, errors_of(problem, yes, &label));
		errors_no = MIN(errors_no, errors_of(problem, no, &label));
		if (errors_yes + errors_no < *ret_errors) {
			*ret_errors = errors_yes + errors_no;
			best = condition;
		}
	}
	return best;
}

/* The one that sets most states apart that are all right by one label; none: false. What is left
 * has fewer states. */
static bool best_pure(const struct problem *problem, const GArray *states, guint *ret_condition)
{
	guint most = 0;

	for (guint condition = 0; condition < problem->conditions; condition++) {
		g_autoptr(GArray) yes = NULL;
		g_autoptr(GArray) no = NULL;
		guint label, apart = 0;

		divide(problem, states, condition, &yes, &no);
		if (yes->len == 0 || no->len == 0)
			continue;
		if (errors_of(problem, yes, &label) == 0)
			apart = yes->len;
		if (errors_of(problem, no, &label) == 0)
			apart = MAX(apart, no->len);
		if (apart > most) {
			most = apart;
			*ret_condition = condition;
		}
	}
	return most > 0;
}

/* The first state for which @label is wrong, and the first for which it is right. */
static void tell_apart(const struct problem *problem, const GArray *states, guint label,
		       guint *ret_one, guint *ret_other)
{
	bool one = false, other = false;

	for (guint i = 0; i < states->len; i++) {
		guint state = g_array_index(states, guint, i);

		if (right(problem, label, state) && !one) {
			*ret_one = state;
			one = true;
		} else if (!right(problem, label, state) && !other) {
			*ret_other = state;
			other = true;
		}
	}
}

static struct decision *learn(const struct problem *problem, const GArray *states, guint depth,
			      guint *ret_one, guint *ret_other)
{
	guint label = 0, left, errors = errors_of(problem, states, &label);

	if (errors == 0) {
		struct decision *leaf = g_new0(struct decision, 1);

		leaf->condition = -1;
		leaf->label = g_strdup(problem->labels->pdata[label]);
		leaf->example = states->len ? g_array_index(states, guint, 0) : 0;
		return leaf;
	}
	guint condition = best_condition(problem, states, &left);

	if (left >= errors)
		condition = best_pair(problem, states, &left);
	if (depth == 0 || (left >= errors && !best_pure(problem, states, &condition))) {
		tell_apart(problem, states, label, ret_one, ret_other);
		return NULL;
	}
	g_autoptr(GArray) yes = NULL;
	g_autoptr(GArray) no = NULL;
	struct decision *node = g_new0(struct decision, 1);

	divide(problem, states, condition, &yes, &no);
	node->condition = (int)condition;
	node->yes = learn(problem, yes, depth - 1, ret_one, ret_other);
	node->no = node->yes ? learn(problem, no, depth - 1, ret_one, ret_other) : NULL;
	if (node->yes && node->no)
		return node;
	decision_free(node);
	return NULL;
}

struct decision *decision_learn(const struct problem *problem, const GArray *states, guint *ret_one,
				guint *ret_other)
{
	return learn(problem, states, DECISION_MAX_DEPTH, ret_one, ret_other);
}

const char *decision_answer(const struct decision *decision, const GPtrArray *conditions,
			    const struct space *space, const struct state *state)
{
	while (decision->condition >= 0)
		decision = condition_holds(conditions->pdata[decision->condition], space, state)
				   ? decision->yes
				   : decision->no;
	return decision->label;
}

bool decision_is_leaf(const struct decision *decision)
{
	return decision->condition < 0;
}

bool decision_equal(const struct decision *a, const struct decision *b)
{
	if (a->condition != b->condition)
		return false;
	if (a->condition < 0)
		return strcmp(a->label, b->label) == 0;
	return decision_equal(a->yes, b->yes) && decision_equal(a->no, b->no);
}
