/* SPDX-License-Identifier: Apache-2.0 */
/* The start that all others are compared with: the plain one, one of the user's scenarios, or one
 * with a variable that the script asks for. */
#include "base/error.h"
#include "entrypoint/complaint.h"
#include "entrypoint/explore.h"
#include "entrypoint/failure.h"

#include <string.h>

/* What a scenario's arguments begin with may be a word that the script knows: as if it were
 * compared with it, so that other words behind it are tried too. */
static void add_subcommand(const struct explorer *explorer, const GPtrArray *arguments)
{
	struct factor *factor = space_factor(explorer->space, SPACE_ARGUMENTS);
	const char *first = arguments->len ? arguments->pdata[0] : "";

	if (*first && !strpbrk(first, "*?[") &&
	    !g_ptr_array_find_with_equal_func(factor->patterns, first, g_str_equal, NULL))
		g_ptr_array_add(factor->patterns, g_strdup(first));
}

/* The levels of a user's scenario. */
static GByteArray *wish_levels(struct explorer *explorer, const struct start_wish *wish)
{
	GByteArray *levels = g_byte_array_new();

	for (guint i = 0; wish->environment && i < wish->environment->len; i++) {
		const char *entry = wish->environment->pdata[i], *equals = strchr(entry, '=');
		g_autofree char *name = equals ? g_strndup(entry, equals - entry) : g_strdup(entry);
		struct factor *factor = space_variable(explorer->space, name);
		guint level = !factor  ? 0
			      : equals ? factor_level(factor, LEVEL_LITERAL, equals + 1)
				       : factor_find(factor, LEVEL_UNSET);
		GByteArray *more = factor ? levels_with(levels, factor->number, level) : NULL;

		if (more) {
			g_byte_array_unref(levels);
			levels = more;
		}
	}
	if (wish->arguments) {
		struct factor *factor = space_factor(explorer->space, SPACE_ARGUMENTS);

		add_subcommand(explorer, wish->arguments);
		GByteArray *more = levels_with(levels, SPACE_ARGUMENTS,
					       factor_arguments(factor, wish->arguments, NULL));

		g_byte_array_unref(levels);
		levels = more;
	}
	return levels;
}

static void explorer_set_base(struct explorer *explorer, struct state *state)
{
	explorer->base = state;
	explorer->space->usual = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < state->arguments->len; i++)
		g_ptr_array_add(explorer->space->usual, g_strdup(state->arguments->pdata[i]));
}

static bool explore_wishes(struct explorer *explorer, GError **error)
{
	const GPtrArray *wishes = explorer->request->scenarios;

	for (guint i = 0; wishes && i < wishes->len; i++) {
		const struct start_wish *wish = wishes->pdata[i];
		g_autoptr(GByteArray) levels = wish_levels(explorer, wish);
		struct state *state = explorer_run(explorer, levels, error);

		if (!state)
			return !*error;
		if (!explorer->base && state_executes(state))
			explorer_set_base(explorer, state);
	}
	return true;
}

static bool fails_alike(const struct state *a, const struct state *b)
{
	g_autofree char *one = failure_label(a), *other = failure_label(b);

	return g_strcmp0(one, other) == 0;
}

/* Whether words of the text that are hardly variables may be what the script asks for: with all of
 * them marked it fails otherwise than without, or not at all. */
static bool rescues_doubtful(struct explorer *explorer, bool *ret_may, GError **error)
{
	const struct state *plain = explorer->states->pdata[0];
	g_autoptr(GByteArray) levels = g_byte_array_new();

	for (guint i = SPACE_FIRST_VARIABLE; i < explorer->space->factors->len; i++) {
		const struct factor *factor = space_factor(explorer->space, i);

		if (factor->doubtful) {
			GByteArray *more = levels_with(levels, i, factor_find(factor, LEVEL_MARK));

			g_byte_array_unref(levels);
			levels = more;
		}
	}
	GError *failure = NULL;
	const struct state *state = explorer_run(explorer, levels, &failure);

	*ret_may = state && !(states_alike(state, plain, false) && fails_alike(state, plain));
	if (failure)
		g_propagate_error(error, failure);
	return !failure;
}

static bool is_rescue(const struct factor *factor, const struct level *level, bool doubtful)
{
	return (level->kind == LEVEL_MARK || level->kind == LEVEL_LITERAL) &&
	       (doubtful || !factor->doubtful);
}

/* The plain start with one variable at a level that may rescue it; GByteArray *. */
static GPtrArray *rescues_of(const struct explorer *explorer, bool doubtful)
{
	g_autoptr(GByteArray) plain = g_byte_array_new();
	GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)g_byte_array_unref);

	for (guint i = SPACE_FIRST_VARIABLE; i < explorer->space->factors->len; i++) {
		const struct factor *factor = space_factor(explorer->space, i);

		for (guint j = 1; j < factor->levels->len; j++)
			if (is_rescue(factor, factor->levels->pdata[j], doubtful))
				g_ptr_array_add(all, levels_with(plain, i, j));
	}
	return all;
}

/* Whether the last variable of @levels, the one that is not plain, is marked. */
static bool is_marked(const struct explorer *explorer, const GByteArray *levels)
{
	const struct factor *factor = space_factor(explorer->space, levels->len - 1);
	const struct level *level = factor->levels->pdata[levels->data[levels->len - 1]];

	return level->kind == LEVEL_MARK;
}

/* Every variable marked, and every value that the script compares with, each alone: some of them
 * may be what the script asks for. */
static bool explore_rescue(struct explorer *explorer, GError **error)
{
	struct state *marked = NULL, *literal = NULL;
	bool doubtful;

	if (!rescues_doubtful(explorer, &doubtful, error))
		return false;
	g_autoptr(GPtrArray) all = rescues_of(explorer, doubtful);

	explorer_ahead(explorer, all);
	for (guint i = 0; i < all->len; i++) {
		bool mark = is_marked(explorer, all->pdata[i]);
		struct state *state = explorer_run(explorer, all->pdata[i], error);

		if (!state)
			return !*error;
		if (state_executes(state) && !(mark ? marked : literal))
			*(mark ? &marked : &literal) = state;
	}
	/* what any value answers is what most starts will have */
	if (!explorer->base && (marked || literal))
		explorer_set_base(explorer, marked ? marked : literal);
	return true;
}

/* What the programs of the base read no other start makes known. */
static bool check_inputs(const struct explorer *explorer, GError **error)
{
	for (guint i = 0; i < explorer->base->items->len; i++) {
		const struct item *item = explorer->base->items->pdata[i];

		if (item->step->input_unknown)
			return complain_input(item, error);
	}
	return true;
}

bool explore_base(struct explorer *explorer, GError **error)
{
	struct state *plain = explorer->states->pdata[0];
	GError *failure = NULL;

	if (state_executes(plain))
		explorer_set_base(explorer, plain);
	if (!explore_wishes(explorer, &failure) ||
	    (!state_executes(plain) && !explore_rescue(explorer, &failure))) {
		g_propagate_error(error, failure);
		return false;
	}
	if (explorer->base)
		return check_inputs(explorer, error);
	g_autofree char *words = record_last_words(plain->record);

	return error_set(error, THRESH_ERROR_INPUT,
			 "the entrypoint ends with status %d and starts no application (it says: "
			 "%s); name a scenario with the variables and arguments that it wants "
			 "(thresh.yaml: entrypoint.scenarios)",
			 state_failure(plain), words);
}
