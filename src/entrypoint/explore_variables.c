/* SPDX-License-Identifier: Apache-2.0 */
/* One variable at a time, from the base: marked, marked otherwise, empty, unset, with what the
 * script compares it with, in two words, in a file. */
#include "base/error.h"
#include "entrypoint/explore.h"
#include "entrypoint/factor.h"

#include <string.h>

enum { MAX_VAIN = 2 }; /* starts with all marked that did not help one that fails alone */

bool explorer_toggle(struct explorer *explorer, guint factor, guint level, struct state **ret_state,
		     GError **error)
{
	g_autoptr(GByteArray) levels = levels_with(explorer->base->levels, factor, level);
	GError *failure = NULL;

	*ret_state = explorer_run(explorer, levels, &failure);
	if (failure)
		g_propagate_error(error, failure);
	return *ret_state || !failure;
}

void explorer_forget(struct explorer *explorer, struct state *state)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, explorer->known);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		if (value == state)
			g_hash_table_iter_remove(&iter);
	g_ptr_array_remove(explorer->states, state);
}

/* Is NAME_FILE as good as NAME? Then the plan says `secret`; else the start says nothing. */
static bool try_secret(struct explorer *explorer, guint index, GError **error)
{
	struct factor *factor = space_factor(explorer->space, index);
	guint secret = factor_find(factor, LEVEL_SECRET);
	struct state *in_file, *marked;

	if (!secret || factor->listed)
		return true;
	if (!explorer_toggle(explorer, index, secret, &in_file, error) ||
	    !explorer_toggle(explorer, index, factor_find(factor, LEVEL_MARK), &marked, error))
		return false;
	if (!in_file)
		return true;
	factor->secret = true;
	explorer_refresh(explorer);
	if (marked && states_alike(in_file, marked, true))
		return true;
	factor->secret = false;
	explorer_forget(explorer, in_file);
	explorer_refresh(explorer);
	return true;
}

static bool has_literals(const struct factor *factor)
{
	return factor_find(factor, LEVEL_LITERAL) || factor_find(factor, LEVEL_SAMPLE);
}

/* Marks that are of a type are samples of it. */
static bool is_literal(const struct factor *factor, const struct level *level)
{
	return level->kind == LEVEL_LITERAL || (level->kind == LEVEL_SAMPLE && !factor->type);
}

/* Those levels that @wanted is true for are to come, whatever they show. */
static void toggle_ahead(struct explorer *explorer, const struct factor *factor,
			 bool (*wanted)(const struct factor *factor, const struct level *level))
{
	g_autoptr(GByteArray) levels = g_byte_array_new();

	for (guint i = 0; i < factor->levels->len; i++) {
		guint8 level = (guint8)i;

		if (wanted(factor, factor->levels->pdata[i]))
			g_byte_array_append(levels, &level, 1);
	}
	explorer_toggle_ahead(explorer, factor->number, levels);
}

/* What the script compares a variable with shows what the mark may not. */
static bool toggle_literals(struct explorer *explorer, guint index, GError **error)
{
	struct factor *factor = space_factor(explorer->space, index);

	toggle_ahead(explorer, factor, is_literal);
	for (guint level = 1; level < factor->levels->len; level++) {
		const struct level *what = factor->levels->pdata[level];
		struct state *state;

		if (!is_literal(factor, what))
			continue;
		if (!explorer_toggle(explorer, index, level, &state, error))
			return false;
		if (state && !states_alike(state, explorer->base, false))
			factor->effective = true;
	}
	return true;
}

char *pattern_filled(const char *pattern, const char *word)
{
	g_auto(GStrv) parts = g_strsplit(pattern, "*", -1);

	return g_strdelimit(g_strjoinv(word, parts), "?", 'z');
}

/* Values that a glob pattern of the script matches: two, since what follows the one may follow what
 * stands for the `*`. */
static void add_pattern_levels(struct factor *factor)
{
	for (guint i = 0; i < factor->patterns->len; i++) {
		const char *pattern = factor->patterns->pdata[i];
		g_autofree char *word = g_strdup_printf(SAMPLE_FORMAT "P", factor->number);
		g_autofree char *other = g_strdup_printf(SAMPLE_FORMAT "Qq", factor->number);
		g_autofree char *value = pattern_filled(pattern, word);
		g_autofree char *another = pattern_filled(pattern, other);

		if (!strpbrk(pattern, "*?") || strchr(pattern, '['))
			continue;
		factor_level(factor, LEVEL_LITERAL, value);
		factor_level(factor, LEVEL_LITERAL, another);
	}
}

bool explorer_all_marked(struct explorer *explorer, guint index, guint level,
			 struct state **ret_state, GError **error)
{
	g_autoptr(GByteArray) levels = levels_with(explorer->base->levels, SPACE_ARGUMENTS,
						   state_level(explorer->base, SPACE_ARGUMENTS));
	GError *failure = NULL;

	for (guint i = SPACE_FIRST_VARIABLE; i < explorer->space->factors->len; i++) {
		const struct factor *factor = space_factor(explorer->space, i);
		guint own = factor->doubtful ? state_level(explorer->base, i)
					     : factor_find(factor, LEVEL_MARK);
		GByteArray *more = levels_with(levels, i, i == index && level ? level : own);

		g_byte_array_unref(levels);
		levels = more;
	}
	*ret_state = explorer_run(explorer, levels, &failure);
	if (failure)
		g_propagate_error(error, failure);
	return !failure;
}

/* Takes away what @all has marked and does not need to execute, but for variable @index. */
static bool find_fewest(struct explorer *explorer, guint index, const struct state *all,
			GError **error)
{
	g_autoptr(GByteArray) levels = levels_with(all->levels, index, state_level(all, index));

	for (guint i = SPACE_FIRST_VARIABLE; i < levels->len; i++) {
		guint own = state_level(explorer->base, i);

		if (i == index || levels->data[i] == own)
			continue;
		g_autoptr(GByteArray) fewer = levels_with(levels, i, own);
		GError *failure = NULL;
		const struct state *state = explorer_run(explorer, fewer, &failure);

		if (failure) {
			g_propagate_error(error, failure);
			return false;
		}
		if (state && state_executes(state)) {
			g_byte_array_unref(levels);
			levels = g_steal_pointer(&fewer);
		}
	}
	return true;
}

/* A script that wants one of several: without this one, it may do with another. */
static bool find_instead(struct explorer *explorer, guint index, const struct state *without,
			 GError **error)
{
	guint level = state_level(without, index);
	struct state *all;

	if (state_executes(without) || explorer->vain_without >= MAX_VAIN)
		return true;
	if (!explorer_all_marked(explorer, index, level, &all, error))
		return false;
	if (!all || state_executes(all))
		return !all || find_fewest(explorer, index, all, error);
	explorer_forget(explorer, all);
	explorer->vain_without++;
	return true;
}

/* Signs and files have their own turn. */
static bool is_toggled(const struct factor *factor, const struct level *level)
{
	return level->kind != LEVEL_SECRET && level->kind != LEVEL_SIGNS &&
	       level->kind != LEVEL_NEVER &&
	       ((level->kind != LEVEL_WORDS && level->kind != LEVEL_SAMPLE) || !factor->type);
}

static bool toggle_all(struct explorer *explorer, guint index, GError **error)
{
	struct factor *factor = space_factor(explorer->space, index);

	toggle_ahead(explorer, factor, is_toggled);
	for (guint level = 0; level < factor->levels->len; level++) {
		const struct level *what = factor->levels->pdata[level];
		struct state *state;

		if (!is_toggled(factor, what))
			continue;
		if (!explorer_toggle(explorer, index, level, &state, error))
			return false;
		if (state && (what->kind == LEVEL_UNSET || what->kind == LEVEL_EMPTY) &&
		    !find_instead(explorer, index, state, error))
			return false;
	}
	return true;
}

/* A user without a password: it is not the mark that is refused. */
static bool find_others(struct explorer *explorer, struct factor *factor, struct state *marked,
			GError **error)
{
	struct state *all;

	if (state_executes(marked) || explorer->vain >= MAX_VAIN)
		return true;
	if (!explorer_all_marked(explorer, factor->number, 0, &all, error))
		return false;
	factor->needs_others = all && state_executes(all);
	/* else it may be the value after all, and other marks are to come */
	if (all && all != marked && !factor->needs_others) {
		explorer_forget(explorer, all);
		explorer->vain++;
	}
	return !factor->needs_others || find_fewest(explorer, factor->number, all, error);
}

static bool is_word(const struct factor *factor, const struct level *level)
{
	g_autofree char *sample = g_strdup_printf(SAMPLE_FORMAT, factor->number);

	return level->kind == LEVEL_LITERAL && *level->value && !strchr(level->value, '\n') &&
	       !strstr(level->value, sample);
}

/* Words after which the script does the same (`1|yes|true) …`) are one thing: what was seen of one
 * beside another variable holds for all of them. */
static void find_alike(const struct explorer *explorer, struct factor *factor)
{
	g_autofree bool *taken = g_new0(bool, factor->levels->len + 1);

	for (guint i = 0; i < factor->levels->len; i++) {
		const struct level *first = factor->levels->pdata[i];
		const struct state *one = is_word(factor, first) && !taken[i]
						  ? explorer_alone(explorer, factor->number, i)
						  : NULL;
		GString *words = one ? g_string_new(first->value) : NULL;
		guint count = 1;

		for (guint j = i + 1; one && j < factor->levels->len; j++) {
			const struct level *level = factor->levels->pdata[j];
			const struct state *other =
				is_word(factor, level) ? explorer_alone(explorer, factor->number, j)
						       : NULL;

			if (!other || taken[j] || !states_alike(one, other, true))
				continue;
			g_string_append_printf(words, "\n%s", level->value);
			taken[j] = true;
			count++;
		}
		if (one && count > 1)
			g_ptr_array_add(factor->alike, g_string_free(words, FALSE));
		else if (one)
			g_string_free(words, TRUE);
	}
}

static bool is_explored(const struct factor *factor)
{
	return !factor->doubtful && !factor->foreign;
}

/* Which values are taken, where the mark is not, or is taken for what it is not. */
static bool find_values(struct explorer *explorer, guint index, struct state *marked,
			GError **error)
{
	return !state_executes(marked) || state_complains(marked)
		       ? explore_values(explorer, index, marked, error)
		       : explore_compared(explorer, index, marked, error);
}

static bool explore_variable(struct explorer *explorer, guint index, GError **error)
{
	struct factor *factor = space_factor(explorer->space, index);
	guint mark = factor_find(factor, LEVEL_MARK);
	struct state *marked;

	if (!is_explored(factor))
		return true;
	add_pattern_levels(factor);
	if (!explorer_toggle(explorer, index, mark, &marked, error))
		return false;
	if (!marked)
		return true;
	if (marked != explorer->base && !states_alike(marked, explorer->base, false))
		factor->effective = true;
	if (state_level(explorer->base, index))
		factor->effective = true;
	if (marked != explorer->base && !find_others(explorer, factor, marked, error))
		return false;
	if (marked != explorer->base && !factor->needs_others &&
	    !find_values(explorer, index, marked, error))
		return false;
	if (has_literals(factor) && !toggle_literals(explorer, index, error))
		return false;
	if (factor->effective && !toggle_all(explorer, index, error))
		return false;
	find_alike(explorer, factor);
	return try_secret(explorer, index, error);
}

/* --- words of the text that may be names: many at once --- */

/* The base with these variables at their level of @kind. */
static GByteArray *levels_of_group(const struct explorer *explorer, const GArray *indexes,
				   guint from, guint count, enum level_kind kind)
{
	GByteArray *levels = levels_with(explorer->base->levels, SPACE_ARGUMENTS,
					 state_level(explorer->base, SPACE_ARGUMENTS));

	for (guint i = from; i < from + count; i++) {
		guint index = g_array_index(indexes, guint, i);
		GByteArray *more = levels_with(
			levels, index, factor_find(space_factor(explorer->space, index), kind));

		g_byte_array_unref(levels);
		levels = more;
	}
	return levels;
}

/* Whether @state is the base, but that variables have values; those in files, if nobody opened
 * them. */
static bool does_nothing(const struct explorer *explorer, struct state *state)
{
	for (guint i = SPACE_FIRST_VARIABLE; i < state->levels->len; i++) {
		const struct factor *factor = space_factor(explorer->space, i);
		const struct level *level = factor->levels->pdata[state_level(state, i)];

		if (level->kind != LEVEL_SECRET)
			continue;
		g_hash_table_remove(state->environment, factor->name);
		g_hash_table_insert(state->environment, g_strconcat(factor->name, "_FILE", NULL),
				    g_strdup(level->path));
	}
	g_ptr_array_unref(state->items);
	state->items = items_of(explorer->space, state);
	return states_alike(state, explorer->base, false);
}

/* Those that do something are doubtful no more: of words they are looked for by halves, of
 * variables that the script sets itself so many may do something that all are looked at. */
static bool try_group(struct explorer *explorer, const GArray *indexes, guint from, guint count,
		      enum level_kind kind, GError **error)
{
	g_autoptr(GByteArray) levels = levels_of_group(explorer, indexes, from, count, kind);
	bool halves = count > 1 &&
		      space_factor(explorer->space, g_array_index(indexes, guint, from))->word;
	GError *failure = NULL;
	struct state *state = explorer_run(explorer, levels, &failure);

	if (failure) {
		g_propagate_error(error, failure);
		return false;
	}
	if (!state)
		return true;
	bool nothing = does_nothing(explorer, state);

	if (kind == LEVEL_SECRET || (count > 1 && !nothing))
		explorer_forget(explorer, state);
	if (nothing)
		return true;
	for (guint i = from; !halves && i < from + count; i++)
		space_factor(explorer->space, g_array_index(indexes, guint, i))->doubtful = false;
	if (!halves)
		return true;
	return try_group(explorer, indexes, from, count / 2, kind, error) &&
	       try_group(explorer, indexes, from + count / 2, count - count / 2, kind, error);
}

static bool try_doubtful(struct explorer *explorer, bool words, enum level_kind kind,
			 GError **error)
{
	g_autoptr(GArray) indexes = g_array_new(FALSE, FALSE, sizeof(guint));

	for (guint i = SPACE_FIRST_VARIABLE; i < explorer->space->factors->len; i++) {
		const struct factor *factor = space_factor(explorer->space, i);

		if (factor->doubtful && factor->word == words && factor_find(factor, kind))
			g_array_append_val(indexes, i);
	}
	return indexes->len == 0 || try_group(explorer, indexes, 0, indexes->len, kind, error);
}

/* Values split at blanks: two marks that were one value stand in two words. */
static void find_split(struct explorer *explorer)
{
	for (guint i = 0; i < explorer->states->len; i++) {
		const struct state *state = explorer->states->pdata[i];

		for (guint j = 0; j < state->items->len; j++) {
			const struct item *item = state->items->pdata[j];
			const GPtrArray *texts =
				item->kind == START_EXEC ? item->parts : item->fields;

			for (guint k = 0; !item_is_file(item) && k < texts->len; k++) {
				const char *word = ((struct text *)texts->pdata[k])->template;

				if (g_str_has_prefix(word, "${*"))
					g_hash_table_add(explorer->space->split,
							 g_strndup(word + 3, strlen(word) - 4));
			}
		}
	}
}

/* The base, and the starts that differ from it in variable @index alone; without the one at a level
 * of kind @without (LEVEL_PLAIN: with all). */
static GPtrArray *states_of(const struct explorer *explorer, guint index, enum level_kind without)
{
	GPtrArray *states = g_ptr_array_new();

	for (guint i = 0; i < explorer->states->len; i++) {
		struct state *state = explorer->states->pdata[i];
		g_autoptr(GByteArray) own =
			levels_with(explorer->base->levels, index, state_level(state, index));
		const struct level *level = space_factor(explorer->space, index)
						    ->levels->pdata[state_level(state, index)];
		bool same = own->len >= state->levels->len;

		for (guint j = 0; same && j < own->len; j++)
			same = own->data[j] == state_level(state, j);
		if (same && (without == LEVEL_PLAIN || level->kind != without))
			g_ptr_array_add(states, state);
	}
	return states;
}

bool explorer_explains(const struct explorer *explorer, guint index, enum level_kind without)
{
	g_autoptr(GPtrArray) states = states_of(explorer, index, without);
	automodel struct model *model = model_learn(explorer->space, states, explorer->files, NULL);

	return model != NULL;
}

/* `-Dx=$VALUE` without quotes: with a blank in the value the script makes something that no rule
 * says. Only that one start is left unexplained: then the plan refuses blanks. */
static bool find_word(struct explorer *explorer, guint index, GError **error)
{
	struct factor *factor = space_factor(explorer->space, index);
	struct state *state;

	if (!factor->effective || factor->type || !factor_find(factor, LEVEL_WORDS) ||
	    g_hash_table_contains(explorer->space->split, factor->name))
		return true;
	if (!explorer_toggle(explorer, index, factor_find(factor, LEVEL_WORDS), &state, error))
		return false;
	if (!state || explorer_explains(explorer, index, LEVEL_PLAIN) ||
	    !explorer_explains(explorer, index, LEVEL_WORDS))
		return true;
	explorer_forget(explorer, state);
	factor_use_words(factor);
	g_ptr_array_add(explorer->notes,
			g_strdup_printf("%s is refused where it holds a blank: the script takes it "
					"apart there in a way that no plan can say",
					factor->name));
	return true;
}

/* Each one's mark is the first that is tried of it. */
static void mark_ahead(struct explorer *explorer)
{
	g_autoptr(GPtrArray) all =
		g_ptr_array_new_with_free_func((GDestroyNotify)g_byte_array_unref);

	for (guint i = SPACE_FIRST_VARIABLE; i < explorer->space->factors->len; i++) {
		const struct factor *factor = space_factor(explorer->space, i);

		if (is_explored(factor))
			g_ptr_array_add(all, levels_with(explorer->base->levels, i,
							 factor_find(factor, LEVEL_MARK)));
	}
	explorer_ahead(explorer, all);
}

bool explore_variables(struct explorer *explorer, GError **error)
{
	/* a start for each would be most of all starts, and find nothing */
	for (guint words = 0; words < 2; words++)
		if (!try_doubtful(explorer, words, LEVEL_MARK, error) ||
		    !try_doubtful(explorer, words, LEVEL_SECRET, error))
			return false;
	mark_ahead(explorer);
	for (guint i = SPACE_FIRST_VARIABLE; i < explorer->space->factors->len; i++)
		if (!explore_variable(explorer, i, error))
			return false;
	find_split(explorer);
	explorer_refresh(explorer);
	for (guint i = SPACE_FIRST_VARIABLE; i < explorer->space->factors->len; i++)
		if (!find_word(explorer, i, error))
			return false;
	return true;
}
