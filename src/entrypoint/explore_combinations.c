/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Combinations that nothing was learned from yet: each row chooses a level for every factor so that
 * as many pairs of levels as can be are new. A start that the model does not explain is made
 * smaller until each of its differences is needed, and learned from.
 */
#include "base/error.h"
#include "entrypoint/explore.h"
#include "entrypoint/failure.h"

#include <string.h>

enum {
	MAX_ROWS = 64,
	MAX_AHEAD = 8,
	MAX_LEVELS_TRIED = 4,
	MAX_ARGUMENTS_TRIED = 8,
	MAX_NUMBERS_TRIED = 8,
	MAX_ROUNDS = 24,
	MAX_RESCUES = 14,
	MAX_MEETINGS = 24
};

struct cover {
	struct explorer *explorer;
	GPtrArray *choices;  /* GByteArray *: levels to choose from, by factor; at least one */
	GHashTable *covered; /* factor, level, factor, level in one integer */
	guint32 random;      /* a fixed sequence: the same scripts, the same rows */
};

static guint cover_random(struct cover *cover, guint below)
{
	cover->random = cover->random * 1664525u + 1013904223u; /* Numerical Recipes, ranqd1 */
	return (cover->random >> 8) % below;
}

static gpointer pair_key(guint factor, guint level, guint other, guint other_level)
{
	guint64 left = factor * 256u + level, right = other * 256u + other_level;
	guint64 key = factor < other ? left << 32 | right : right << 32 | left;

	return GSIZE_TO_POINTER((gsize)key + 1);
}

static bool may_choose(const struct explorer *explorer, const struct factor *factor, guint level)
{
	const struct level *what = factor->levels->pdata[level];
	const struct state *state = explorer_alone(explorer, factor->number, level);

	if (state && !state_executes(state))
		return factor->needs_others && what->kind == LEVEL_MARK;
	if (what->kind == LEVEL_ABSENT || what->kind == LEVEL_GIVEN || what->kind == LEVEL_AGAIN ||
	    what->kind == LEVEL_SIGNS)
		return false;
	/* a secret is read whatever the arguments are: it is as good as the variable, or not one */
	if (what->kind == LEVEL_SECRET)
		return false;
	return (what->kind != LEVEL_WORDS && what->kind != LEVEL_SAMPLE && !factor->type) ||
	       state != NULL;
}

/* Levels that do not fail by themselves; those that differ most first. A variable without effect is
 * its own and marked. */
static GByteArray *choices_of(const struct explorer *explorer, guint index)
{
	static const enum level_kind order[] = {LEVEL_MARK,   LEVEL_SLICES,  LEVEL_NUMBER,
						LEVEL_SAMPLE, LEVEL_LITERAL, LEVEL_ARGUMENTS,
						LEVEL_LATER,  LEVEL_UNSET,   LEVEL_EMPTY,
						LEVEL_PLAIN,  LEVEL_WORDS};
	const struct factor *factor = space_factor(explorer->space, index);
	GByteArray *choices = g_byte_array_new();
	guint8 own = (guint8)state_level(explorer->base, index);
	guint limit = MAX_LEVELS_TRIED;

	if (factor->kind == FACTOR_VARIABLE && !factor->effective)
		limit = factor->doubtful ? 1 : 2;
	/* one on each side of what it is compared with */
	if (factor->sized)
		limit = MAX_NUMBERS_TRIED;
	/* Those of the user's scenarios are among them: they must not push out the marked ones. */
	if (factor->kind == FACTOR_ARGUMENTS)
		limit = MAX_ARGUMENTS_TRIED;

	g_byte_array_append(choices, &own, 1);
	for (gsize i = 0; i < G_N_ELEMENTS(order); i++) {
		for (guint level = 0; level < factor->levels->len && choices->len < limit;
		     level++) {
			const struct level *what = factor->levels->pdata[level];
			guint8 byte = (guint8)level;

			if (what->kind == order[i] && level != own &&
			    may_choose(explorer, factor, level))
				g_byte_array_append(choices, &byte, 1);
		}
	}
	return choices;
}

static void cover_init(struct cover *cover, struct explorer *explorer)
{
	*cover = (struct cover){.explorer = explorer, .random = 1};
	cover->choices = g_ptr_array_new_with_free_func((GDestroyNotify)g_byte_array_unref);
	cover->covered = g_hash_table_new(g_direct_hash, g_direct_equal);
	for (guint i = 0; i < explorer->space->factors->len; i++)
		g_ptr_array_add(cover->choices, choices_of(explorer, i));
}

static void cover_clear(struct cover *cover)
{
	g_ptr_array_unref(cover->choices);
	g_hash_table_unref(cover->covered);
}

static guint cover_gain(const struct cover *cover, const GByteArray *row, guint chosen,
			const guint *order, guint factor, guint level)
{
	guint gain = 0;

	for (guint i = 0; i < chosen; i++)
		gain += !g_hash_table_contains(
			cover->covered, pair_key(factor, level, order[i], row->data[order[i]]));
	return gain;
}

static void shuffle(struct cover *cover, guint *order, guint count)
{
	for (guint i = 0; i < count; i++)
		order[i] = i;
	for (guint i = count; i > 1; i--) {
		guint other = cover_random(cover, i), kept = order[i - 1];

		order[i - 1] = order[other];
		order[other] = kept;
	}
}

/* A row, and how many pairs in it are new. */
static GByteArray *cover_row(struct cover *cover, guint *ret_new)
{
	guint count = cover->choices->len;
	g_autofree guint *order = g_new(guint, count + 1);
	GByteArray *row = g_byte_array_new();

	*ret_new = 0;
	g_byte_array_set_size(row, count);
	memset(row->data, 0, count);
	shuffle(cover, order, count);
	for (guint i = 0; i < count; i++) {
		const GByteArray *choices = cover->choices->pdata[order[i]];
		guint first = cover_random(cover, choices->len), best = 0, most = 0;

		for (guint j = 0; j < choices->len; j++) {
			guint level = choices->data[(first + j) % choices->len];
			guint gain = cover_gain(cover, row, i, order, order[i], level);

			if (j == 0 || gain > most) {
				best = level;
				most = gain;
			}
		}
		row->data[order[i]] = (guint8)best;
		*ret_new += most;
	}
	return row;
}

static void cover_add(struct cover *cover, const GByteArray *row)
{
	for (guint i = 0; i < row->len; i++)
		for (guint j = i + 1; j < row->len; j++)
			g_hash_table_add(cover->covered,
					 pair_key(i, row->data[i], j, row->data[j]));
}

/* The factors in which @levels differs from the base. */
static GArray *differences(const struct explorer *explorer, const GByteArray *levels)
{
	GArray *indexes = g_array_new(FALSE, FALSE, sizeof(guint));

	for (guint i = 0; i < levels->len; i++)
		if (levels->data[i] != state_level(explorer->base, i))
			g_array_append_val(indexes, i);
	return indexes;
}

/* Takes @count of the differences from @from on back to the base. */
static GByteArray *without(const struct explorer *explorer, const GByteArray *levels,
			   const GArray *indexes, guint from, guint count)
{
	GByteArray *fewer = g_byte_array_new();

	g_byte_array_append(fewer, levels->data, levels->len);
	for (guint i = from; i < MIN(from + count, indexes->len); i++) {
		guint index = g_array_index(indexes, guint, i);

		fewer->data[index] = (guint8)state_level(explorer->base, index);
	}
	return fewer;
}

/* @levels without words of the text that are hardly variables. */
static GByteArray *without_doubtful(const struct explorer *explorer, const GByteArray *levels)
{
	GByteArray *fewer = levels_with(levels, 0, levels->data[0]);

	for (guint i = SPACE_FIRST_VARIABLE; i < fewer->len; i++)
		if (space_factor(explorer->space, i)->doubtful)
			fewer->data[i] = (guint8)state_level(explorer->base, i);
	return fewer;
}

/* The same start without them, where the model does not explain that either. */
static bool drop_doubtful(struct explorer *explorer, const struct model *model, GByteArray **levels,
			  GError **error)
{
	g_autoptr(GByteArray) fewer = without_doubtful(explorer, *levels);
	GError *failure = NULL;
	struct state *smaller = explorer_run(explorer, fewer, &failure);

	if (failure) {
		g_propagate_error(error, failure);
		return false;
	}
	if (smaller && !model_explains(model, smaller)) {
		g_byte_array_unref(*levels);
		*levels = g_steal_pointer(&fewer);
	}
	return true;
}

/* The smallest start near @state that the model does not explain. All that is run on the way is
 * learned from too. False: an error. */
static bool minimise(struct explorer *explorer, const struct model *model, struct state *state,
		     GError **error)
{
	g_autoptr(GByteArray) levels = levels_with(state->levels, 0, state_level(state, 0));

	if (!drop_doubtful(explorer, model, &levels, error))
		return false;

	g_autoptr(GArray) all = differences(explorer, levels);
	guint chunk = MAX(all->len / 2, 1);

	for (;;) {
		g_autoptr(GArray) indexes = differences(explorer, levels);
		guint from = 0;

		while (from < indexes->len && indexes->len > 1) {
			GByteArray *fewer = without(explorer, levels, indexes, from, chunk);
			GError *failure = NULL;
			struct state *smaller = explorer_run(explorer, fewer, &failure);

			if (failure) {
				g_propagate_error(error, failure);
				g_byte_array_unref(fewer);
				return false;
			}
			if (smaller && !model_explains(model, smaller)) {
				g_byte_array_unref(levels);
				levels = fewer;
				break;
			}
			g_byte_array_unref(fewer);
			if (!smaller)
				return true;
			from += chunk;
		}
		if (from < indexes->len && indexes->len > 1)
			continue; /* something was taken away: begin again */
		if (chunk == 1)
			return true;
		chunk = MAX(chunk / 2, 1);
	}
}

static bool learn_anew(struct explorer *explorer, struct model **model, GError **error)
{
	struct model *better =
		model_learn(explorer->space, explorer->states, explorer->files, error);

	if (!better)
		return false;
	model_free(*model);
	*model = better;
	return true;
}

/* What only differs since it is random would be taken for a rule. */
static bool repeat_new(struct explorer *explorer, struct model **model, struct state *state,
		       GError **error)
{
	guint known = explorer->space->chances->len;

	if (!explorer_repeat_new(explorer, state, error))
		return false;
	return explorer->space->chances->len == known || learn_anew(explorer, model, error);
}

/* Runs @levels; where the model does not explain it, learns until it does. */
static bool try_row(struct explorer *explorer, struct model **model, const GByteArray *levels,
		    GError **error)
{
	GError *failure = NULL;
	struct state *state = explorer_run(explorer, levels, &failure);

	if (failure) {
		g_propagate_error(error, failure);
		return false;
	}
	for (guint round = 0; state && round < MAX_ROUNDS && !model_explains(*model, state);
	     round++) {
		if (!repeat_new(explorer, model, state, error) ||
		    !minimise(explorer, *model, state, error) ||
		    !learn_anew(explorer, model, error))
			return false;
	}
	return true;
}

/* The place of @state among those that execute; -1: it does not. */
static int executing_index(const struct model *model, const struct state *state)
{
	for (guint i = 0; i < model->executing->len; i++)
		if (model->executing->pdata[i] == state)
			return (int)i;
	return -1;
}

/* How many steps @state has that @other has not; none where either does not execute. */
static guint steps_beyond(const struct model *model, const struct state *state,
			  const struct state *other)
{
	int its = executing_index(model, state), others = executing_index(model, other);
	guint count = 0;

	for (guint i = 0; its >= 0 && others >= 0 && i < model->columns->len; i++) {
		const struct column *column = model->columns->pdata[i];

		count += column->cells->pdata[its] && !column->cells->pdata[others];
	}
	return count;
}

/* Whether @state has a step that no start has whose surroundings were tried. */
static bool is_new_ground(const struct explorer *explorer, const struct model *model,
			  const struct state *state)
{
	for (guint i = 0; i < explorer->states->len; i++) {
		const struct state *other = explorer->states->pdata[i];

		if (other->explored && executing_index(model, other) >= 0 &&
		    steps_beyond(model, state, other) == 0)
			return false;
	}
	return true;
}

/* The start with most steps that are new: what is behind them may depend on variables that did
 * nothing so far. NULL: there is none. */
static struct state *next_ground(const struct explorer *explorer, const struct model *model)
{
	struct state *next = NULL;
	guint most = 0;

	for (guint i = 0; i < explorer->states->len; i++) {
		struct state *state = explorer->states->pdata[i];
		guint steps = steps_beyond(model, state, explorer->base);

		if (!state->explored && steps > most && is_new_ground(explorer, model, state)) {
			next = state;
			most = steps;
		}
	}
	return next;
}

/* Every variable marked (or empty), beside what @state has set. */
static GByteArray *all_at(const struct explorer *explorer, const struct state *state,
			  enum level_kind kind)
{
	GByteArray *levels = levels_with(state->levels, explorer->space->factors->len - 1, 0);

	for (guint i = SPACE_FIRST_VARIABLE; i < explorer->space->factors->len; i++) {
		const struct factor *factor = space_factor(explorer->space, i);
		guint level = factor_find(factor, kind);

		levels->data[i] = (guint8)state_level(state, i);
		if (level && levels->data[i] == state_level(explorer->base, i) &&
		    may_choose(explorer, factor, level))
			levels->data[i] = (guint8)level;
	}
	return levels;
}

/* What all that is marked does at a later start: nothing, mostly, and no start of a single variable
 * says so of what these do together. */
static bool try_later(struct explorer *explorer, struct model **model, const GByteArray *marked,
		      GError **error)
{
	guint later = factor_find(space_factor(explorer->space, SPACE_FILES), LEVEL_LATER);
	g_autoptr(GByteArray) levels = levels_with(marked, SPACE_FILES, later);

	return !later || marked->data[SPACE_FILES] || try_row(explorer, model, levels, error);
}

static bool try_surroundings(struct explorer *explorer, struct model **model, struct state *state,
			     GError **error)
{
	static const enum level_kind kinds[] = {LEVEL_MARK, LEVEL_EMPTY, LEVEL_UNSET};

	state->explored = true;
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		g_autoptr(GByteArray) levels = all_at(explorer, state, kinds[i]);

		if (!try_row(explorer, model, levels, error))
			return false;
	}
	g_autoptr(GByteArray) marked = all_at(explorer, state, LEVEL_MARK);

	return try_later(explorer, model, marked, error) &&
	       explore_signs_beside(explorer, marked, error) && learn_anew(explorer, model, error);
}

static guint count_differences(const struct explorer *explorer, const struct state *state)
{
	guint count = 0;

	for (guint i = 0; i < explorer->space->factors->len; i++)
		count += state_level(state, i) != state_level(explorer->base, i);
	return count;
}

/* How much a start says about a failure elsewhere: files that are there and other arguments most,
 * then values that the script compares with. */
static guint failure_rank(const struct explorer *explorer, const struct state *state)
{
	guint rank = 3;

	for (guint i = 0; i < explorer->space->factors->len; i++) {
		const struct factor *factor = space_factor(explorer->space, i);
		const struct level *level = factor->levels->pdata[state_level(state, i)];

		if (state_level(state, i) == state_level(explorer->base, i))
			continue;
		if (level->kind == LEVEL_LATER || level->kind == LEVEL_ABSENT)
			return 4;
		if (factor->kind != FACTOR_VARIABLE)
			rank = 0;
		else if (level->kind == LEVEL_LITERAL || level->kind == LEVEL_PLAIN)
			rank = MIN(rank, 1);
		else if (level->kind == LEVEL_MARK)
			rank = MIN(rank, 2);
	}
	return rank;
}

/* The same steps, whatever their texts: what one of them shows of a failure, the other does too. */
static bool same_way(const struct state *a, const struct state *b)
{
	if (a->items->len != b->items->len)
		return false;
	for (guint i = 0; i < a->items->len; i++) {
		const struct item *one = a->items->pdata[i], *other = b->items->pdata[i];

		if (one->kind != other->kind ||
		    strcmp(one->key->template, other->key->template) != 0)
			return false;
	}
	return true;
}

/* A value that the script compares with may be asked for there alone (`ALLOW_EMPTY_PASSWORD=yes`,
 * while there is a password): two of each variable are tried. */
static bool went_before(const struct explorer *explorer, const GPtrArray *tried,
			const struct state *state)
{
	int factor =
		failure_rank(explorer, state) == 1 ? explorer_only_difference(explorer, state) : -1;
	bool same = false;
	guint values = 0;

	for (guint i = 0; i < tried->len; i++) {
		same |= same_way(tried->pdata[i], state);
		values += factor >= 0 &&
			  explorer_only_difference(explorer, tried->pdata[i]) == factor;
	}
	return same && (factor < 0 || values >= 2);
}

/* Does it fail there too? */
static bool try_failure(struct explorer *explorer, struct model **model, const struct state *failed,
			guint factor, GError **error)
{
	guint states = explorer->states->len;
	g_autoptr(GPtrArray) tried = g_ptr_array_new();

	for (guint rank = 0; rank < 3; rank++) {
		for (guint i = 0; i < states && tried->len < MAX_RESCUES; i++) {
			struct state *state = explorer->states->pdata[i];

			if (state == explorer->base || !state_executes(state) ||
			    count_differences(explorer, state) > 2 ||
			    state_level(state, factor) != state_level(explorer->base, factor) ||
			    failure_rank(explorer, state) != rank ||
			    went_before(explorer, tried, state))
				continue;
			g_autoptr(GByteArray) levels =
				levels_with(state->levels, factor, state_level(failed, factor));

			g_ptr_array_add(tried, state);
			if (!try_row(explorer, model, levels, error))
				return false;
		}
	}
	return true;
}

/* Whether an earlier level of the same variable failed in the same words. */
static bool failed_before(const struct explorer *explorer, guint index, guint factor)
{
	g_autofree char *label = failure_label(explorer->states->pdata[index]);

	for (guint i = 0; i < index; i++) {
		g_autofree char *other =
			explorer_only_difference(explorer, explorer->states->pdata[i]) ==
					(int)factor
				? failure_label(explorer->states->pdata[i])
				: NULL;

		if (g_strcmp0(label, other) == 0)
			return true;
	}
	return false;
}

/* A start that failed when one thing was changed: is it that thing alone? */
static bool explore_failures(struct explorer *explorer, struct model **model, GError **error)
{
	guint states = explorer->states->len;

	for (guint i = 0; i < states && !explorer->exhausted; i++) {
		const struct state *state = explorer->states->pdata[i];
		int factor = explorer_only_difference(explorer, state);

		if (factor < SPACE_FIRST_VARIABLE || state_executes(state) ||
		    !failure_counts(explorer->space, state) ||
		    failed_before(explorer, i, (guint)factor))
			continue;
		if (!try_failure(explorer, model, state, (guint)factor, error))
			return false;
	}
	return true;
}

/* --- lines and words that no start has both of: which comes first? --- */

/* Which starts have which part of a column: [part * executing->len + start]. Caller frees. */
static guint8 *parts_rows(const struct model *model, const struct column *column)
{
	guint starts = model->executing->len;
	guint8 *rows = g_new0(guint8, (gsize)column->parts->len * starts + 1);

	for (guint i = 0; i < column->parts->len; i++) {
		const struct part *part = column->parts->pdata[i];

		for (guint j = 0; j < starts; j++)
			rows[i * starts + j] =
				column->cells->pdata[j] &&
				strcmp(decision_answer(part->present, model->conditions,
						       model->space, model->executing->pdata[j]),
				       "1") == 0;
	}
	return rows;
}

static bool rows_meet(const guint8 *one, const guint8 *other, guint starts)
{
	for (guint i = 0; i < starts; i++)
		if (one[i] && other[i])
			return true;
	return false;
}

/* What both differ in from the base; NULL: they differ in the same thing, or one in nothing. */
static GByteArray *levels_of_both(const struct explorer *explorer, const struct state *one,
				  const struct state *other)
{
	guint factors = explorer->space->factors->len;
	g_autoptr(GByteArray) levels = g_byte_array_new();

	for (guint i = 0; i < factors; i++) {
		guint own = state_level(explorer->base, i);
		guint a = state_level(one, i), b = state_level(other, i);
		guint8 byte = (guint8)(a != own ? a : b);

		if (a != own && b != own && a != b)
			return NULL;
		g_byte_array_append(levels, &byte, 1);
	}
	return g_steal_pointer(&levels);
}

/* The start that is nearest to the base and may have both; NULL: none may. Caller frees. */
static GByteArray *find_meeting(const struct explorer *explorer, const struct model *model,
				const guint8 *one, const guint8 *other)
{
	GByteArray *best = NULL;
	guint fewest = G_MAXUINT;

	for (guint i = 0; i < model->executing->len; i++) {
		for (guint j = 0; one[i] && j < model->executing->len; j++) {
			const struct state *a = model->executing->pdata[i];
			const struct state *b = model->executing->pdata[j];
			guint count = other[j] ? count_differences(explorer, a) +
							 count_differences(explorer, b)
					       : G_MAXUINT;
			GByteArray *levels = count < fewest ? levels_of_both(explorer, a, b) : NULL;

			if (!levels)
				continue;
			g_clear_pointer(&best, g_byte_array_unref);
			best = levels;
			fewest = count;
		}
	}
	return best;
}

/* The meeting of two parts of @column that was not tried; NULL: there is none. Caller frees. */
static GByteArray *next_meeting_of(const struct explorer *explorer, const struct model *model,
				   const struct column *column, GHashTable *tried)
{
	guint starts = model->executing->len;
	g_autofree guint8 *rows = parts_rows(model, column);

	for (guint i = 0; i < column->parts->len; i++)
		for (guint j = i + 1; j < column->parts->len; j++) {
			const guint8 *one = rows + i * starts, *other = rows + j * starts;
			GByteArray *levels = rows_meet(one, other, starts)
						     ? NULL
						     : find_meeting(explorer, model, one, other);

			if (levels &&
			    g_hash_table_add(tried, g_bytes_new(levels->data, levels->len)))
				return levels;
			g_clear_pointer(&levels, g_byte_array_unref);
		}
	return NULL;
}

static GByteArray *next_meeting(const struct explorer *explorer, const struct model *model,
				GHashTable *tried)
{
	GByteArray *levels = NULL;

	for (guint i = 0; i < model->columns->len && !levels; i++)
		levels = next_meeting_of(explorer, model, model->columns->pdata[i], tried);
	return levels;
}

static bool explore_meetings(struct explorer *explorer, struct model **model, GError **error)
{
	g_autoptr(GHashTable) tried = g_hash_table_new_full(g_bytes_hash, g_bytes_equal,
							    (GDestroyNotify)g_bytes_unref, NULL);

	for (guint i = 0; i < MAX_MEETINGS && !explorer->exhausted; i++) {
		g_autoptr(GByteArray) levels = next_meeting(explorer, *model, tried);

		if (!levels)
			break;
		if (!try_row(explorer, model, levels, error))
			return false;
	}
	return true;
}

/* The next rows, MAX_AHEAD at most: they do not depend on what one of them shows. */
static GPtrArray *next_rows(struct cover *cover)
{
	GPtrArray *rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_byte_array_unref);
	guint new_pairs = 1;

	while (rows->len < MAX_AHEAD && new_pairs) {
		GByteArray *row = cover_row(cover, &new_pairs);

		cover_add(cover, row);
		if (new_pairs)
			g_ptr_array_add(rows, row);
		else
			g_byte_array_unref(row);
	}
	return rows;
}

static bool try_rows(struct explorer *explorer, struct model **model, struct cover *cover,
		     GError **error)
{
	bool more = true;

	for (guint tried = 0; more && tried < MAX_ROWS; tried += MAX_AHEAD) {
		g_autoptr(GPtrArray) rows = next_rows(cover);

		explorer_ahead(explorer, rows);
		for (guint i = 0; i < rows->len; i++) {
			if (explorer->exhausted)
				return true;
			if (!try_row(explorer, model, rows->pdata[i], error))
				return false;
		}
		more = rows->len == MAX_AHEAD;
	}
	return true;
}

bool explore_combinations(struct explorer *explorer, struct model **model, GError **error)
{
	struct cover cover;
	bool done;

	cover_init(&cover, explorer);
	done = try_surroundings(explorer, model, explorer->base, error);
	for (struct state *ground;
	     done && !explorer->exhausted && (ground = next_ground(explorer, *model));)
		done = try_surroundings(explorer, model, ground, error);
	done = done && explore_failures(explorer, model, error);
	done = done && try_rows(explorer, model, &cover, error);
	cover_clear(&cover);
	return done && explore_meetings(explorer, model, error);
}
