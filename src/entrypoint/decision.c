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

struct decision *decision_leaf(const char *label)
{
	struct decision *leaf = g_new0(struct decision, 1);

	leaf->condition = -1;
	leaf->label = g_strdup(label);
	return leaf;
}

/* Sets of states are rows of bits. */
struct learner {
	const struct problem *problem;
	guint words;    /* of a row */
	guint64 *wrong; /* [label]: for which states it is not right */
	guint64 *holds; /* [condition]: in which states it holds */
};

/* A choice, and what is left wrong after it. */
struct choice {
	guint condition;
	guint errors; /* states; G_MAXUINT: nothing divides them */
	guint more;   /* conditions behind it */
};

static guint64 *row_new(const struct learner *learner, guint rows)
{
	return g_new0(guint64, (gsize)rows * learner->words + 1);
}

static void row_add(guint64 *row, guint state)
{
	row[state / 64] |= (guint64)1 << state % 64;
}

static bool row_has(const guint64 *row, guint state)
{
	return row[state / 64] >> state % 64 & 1;
}

static bool row_is_empty(const struct learner *learner, const guint64 *row)
{
	guint64 any = 0;

	for (guint i = 0; i < learner->words; i++)
		any |= row[i];
	return any == 0;
}

static guint rows_count_common(const struct learner *learner, const guint64 *a, const guint64 *b)
{
	guint count = 0;

	for (guint i = 0; i < learner->words; i++)
		count += (guint)__builtin_popcountll(a[i] & b[i]);
	return count;
}

static guint row_count(const struct learner *learner, const guint64 *row)
{
	return rows_count_common(learner, row, row);
}

/* For how many of @states the label is wrong that is right for most. */
static guint errors_of(const struct learner *learner, const guint64 *states, guint *ret_label)
{
	guint best = G_MAXUINT;

	for (guint label = 0; label < learner->problem->labels->len && best; label++) {
		const guint64 *wrong = learner->wrong + (gsize)label * learner->words;
		guint errors = rows_count_common(learner, states, wrong);

		if (errors < best) {
			best = errors;
			*ret_label = label;
		}
	}
	return best;
}

/* @ret_yes, @ret_no: rows of the caller's. False where all are on one side. */
static bool divide(const struct learner *learner, const guint64 *states, guint condition,
		   guint64 *ret_yes, guint64 *ret_no)
{
	const guint64 *holds = learner->holds + (gsize)condition * learner->words;

	for (guint i = 0; i < learner->words; i++) {
		ret_yes[i] = states[i] & holds[i];
		ret_no[i] = states[i] & ~holds[i];
	}
	return !row_is_empty(learner, ret_yes) && !row_is_empty(learner, ret_no);
}

static bool is_related(const struct learner *learner, guint condition)
{
	return learner->problem->related && learner->problem->related[condition];
}

/* Of equals the one that needs fewer conditions behind it, then one that is related, then @b. */
static bool is_better(const struct learner *learner, const struct choice *a, const struct choice *b)
{
	if (a->errors != b->errors || a->errors == G_MAXUINT)
		return a->errors < b->errors;
	if (a->more != b->more)
		return a->more < b->more;
	return is_related(learner, a->condition) && !is_related(learner, b->condition);
}

/* The one after which the fewest states are wrong. */
static struct choice best_condition(const struct learner *learner, const guint64 *states)
{
	g_autofree guint64 *sides = row_new(learner, 2);
	guint64 *yes = sides, *no = sides + learner->words;
	struct choice best = {.errors = G_MAXUINT};

	for (guint condition = 0; condition < learner->problem->conditions; condition++) {
		guint label;

		if (!divide(learner, states, condition, yes, no))
			continue;
		struct choice choice = {.condition = condition};

		choice.errors = errors_of(learner, yes, &label) + errors_of(learner, no, &label);
		if (is_better(learner, &choice, &best))
			best = choice;
	}
	return best;
}

/* What is left wrong of one side, with a condition for it where one helps: then @more grows. */
static guint errors_of_side(const struct learner *learner, const guint64 *states, guint *more)
{
	guint label, errors = errors_of(learner, states, &label);
	struct choice choice = {.errors = G_MAXUINT};

	if (errors > 0)
		choice = best_condition(learner, states);
	if (choice.errors >= errors)
		return errors;
	(*more)++;
	return choice.errors;
}

/* The condition after which another one, or one on each side, leaves the fewest wrong. */
static struct choice best_pair(const struct learner *learner, const guint64 *states)
{
	g_autofree guint64 *sides = row_new(learner, 2);
	guint64 *yes = sides, *no = sides + learner->words;
	struct choice best = {.errors = G_MAXUINT};

	for (guint condition = 0; condition < learner->problem->conditions; condition++) {
		struct choice choice = {.condition = condition};

		if (!divide(learner, states, condition, yes, no))
			continue;
		choice.errors = errors_of_side(learner, yes, &choice.more) +
				errors_of_side(learner, no, &choice.more);
		if (is_better(learner, &choice, &best))
			best = choice;
	}
	return best;
}

/* The one that sets most states apart that are all right by one label; none: false. What is left
 * has fewer states. */
static bool best_pure(const struct learner *learner, const guint64 *states, guint *ret_condition)
{
	g_autofree guint64 *sides = row_new(learner, 2);
	guint64 *yes = sides, *no = sides + learner->words;
	guint most = 0;

	for (guint condition = 0; condition < learner->problem->conditions; condition++) {
		guint label, apart = 0;

		if (!divide(learner, states, condition, yes, no))
			continue;
		if (errors_of(learner, yes, &label) == 0)
			apart = row_count(learner, yes);
		if (errors_of(learner, no, &label) == 0)
			apart = MAX(apart, row_count(learner, no));
		if (apart > most || (apart == most && apart && is_related(learner, condition) &&
				     !is_related(learner, *ret_condition))) {
			most = apart;
			*ret_condition = condition;
		}
	}
	return most > 0;
}

/* A rule that is right for all goes before one that is right for more: what is left of the latter
 * may only be told apart by what has nothing to do with it. */
static bool choose(const struct learner *learner, const guint64 *states, guint errors,
		   guint *ret_condition)
{
	struct choice single = best_condition(learner, states), pair = single;

	if (single.errors > 0)
		pair = best_pair(learner, states);
	*ret_condition =
		pair.errors == 0 || single.errors >= errors ? pair.condition : single.condition;
	return MIN(single.errors, pair.errors) < errors ||
	       best_pure(learner, states, ret_condition);
}

/* The first state for which @label is wrong, and the first for which it is right. */
static void tell_apart(const struct learner *learner, const guint64 *states, guint label,
		       guint *ret_one, guint *ret_other)
{
	const guint64 *wrong = learner->wrong + (gsize)label * learner->words;
	bool one = false, other = false;

	for (guint state = 0; state < learner->problem->states; state++) {
		if (!row_has(states, state))
			continue;
		if (!row_has(wrong, state) && !one) {
			*ret_one = state;
			one = true;
		} else if (row_has(wrong, state) && !other) {
			*ret_other = state;
			other = true;
		}
	}
}

static guint row_first(const struct learner *learner, const guint64 *row)
{
	for (guint state = 0; state < learner->problem->states; state++)
		if (row_has(row, state))
			return state;
	return 0;
}

static struct decision *learn(const struct learner *learner, const guint64 *states, guint depth,
			      guint *ret_one, guint *ret_other)
{
	guint label = 0, condition = 0, errors = errors_of(learner, states, &label);

	if (errors == 0) {
		struct decision *leaf = decision_leaf(learner->problem->labels->pdata[label]);

		leaf->example = row_first(learner, states);
		return leaf;
	}
	if (depth == 0 || !choose(learner, states, errors, &condition)) {
		tell_apart(learner, states, label, ret_one, ret_other);
		return NULL;
	}
	g_autofree guint64 *sides = row_new(learner, 2);
	struct decision *node = g_new0(struct decision, 1);

	divide(learner, states, condition, sides, sides + learner->words);
	node->condition = (int)condition;
	node->yes = learn(learner, sides, depth - 1, ret_one, ret_other);
	node->no = node->yes ? learn(learner, sides + learner->words, depth - 1, ret_one, ret_other)
			     : NULL;
	if (node->yes && node->no)
		return node;
	decision_free(node);
	return NULL;
}

/* @bytes: rows of a byte a state; @value: which of them is a bit. */
static guint64 *rows_pack(const struct learner *learner, const guint8 *bytes, guint rows,
			  bool value)
{
	guint states = learner->problem->states;
	guint64 *packed = row_new(learner, rows);

	for (guint row = 0; row < rows; row++)
		for (guint state = 0; state < states; state++)
			if ((bytes[row * states + state] != 0) == value)
				row_add(packed + (gsize)row * learner->words, state);
	return packed;
}

struct decision *decision_learn(const struct problem *problem, const GArray *states, guint *ret_one,
				guint *ret_other)
{
	struct learner learner = {.problem = problem, .words = (problem->states + 63) / 64};
	g_autofree guint64 *row = row_new(&learner, 1);

	learner.wrong = rows_pack(&learner, problem->right, problem->labels->len, false);
	learner.holds = rows_pack(&learner, problem->holds, problem->conditions, true);
	for (guint i = 0; i < states->len; i++)
		row_add(row, g_array_index(states, guint, i));
	struct decision *decision = learn(&learner, row, DECISION_MAX_DEPTH, ret_one, ret_other);

	g_free(learner.wrong);
	g_free(learner.holds);
	return decision;
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
