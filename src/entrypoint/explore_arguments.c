/* SPDX-License-Identifier: Apache-2.0 */
/* What the script makes of its arguments: the image's and more words, options alone, what it
 * compares the first with, another program. */
#include "base/error.h"
#include "entrypoint/explore.h"
#include "entrypoint/failure.h"
#include "entrypoint/template.h"

#include <string.h>

/* NULL-terminated words, those that start with "Zq" or "--Zq" are marks. */
static bool try_words(struct explorer *explorer, const GPtrArray *words, struct state **ret_state,
		      GError **error)
{
	g_autoptr(GPtrArray) marks = g_ptr_array_new();

	for (guint i = 0; i < words->len; i++)
		if (g_str_has_prefix(words->pdata[i], "Zq9") ||
		    g_str_has_prefix(words->pdata[i], "--Zq9"))
			g_ptr_array_add(marks, words->pdata[i]);
	guint level =
		factor_arguments(space_factor(explorer->space, SPACE_ARGUMENTS), words, marks);
	g_autoptr(GByteArray) levels = levels_with(explorer->base->levels, SPACE_ARGUMENTS, level);
	GError *failure = NULL;

	*ret_state = explorer_run(explorer, levels, &failure);
	if (failure)
		g_propagate_error(error, failure);
	return !failure;
}

static bool try_two(struct explorer *explorer, const char *first, const char *second,
		    const char *third, GError **error)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	struct state *state;

	g_ptr_array_add(words, (char *)first);
	g_ptr_array_add(words, (char *)second);
	if (third)
		g_ptr_array_add(words, (char *)third);
	return try_words(explorer, words, &state, error);
}

static bool try_command(struct explorer *explorer, GError **error)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	struct state *state;

	for (guint i = 0; i < explorer->space->command->len; i++)
		g_ptr_array_add(words, explorer->space->command->pdata[i]);
	g_ptr_array_add(words, (char *)"Zq901kxA");
	g_ptr_array_add(words, (char *)"Zq902kxA");
	return try_words(explorer, words, &state, error);
}

/* A word that the pattern matches; NULL: none is made of it, or others are tried anyway. */
static char *pattern_word(const char *pattern)
{
	return strcmp(pattern, "-*") == 0 || strchr(pattern, '[')
		       ? NULL
		       : g_strdelimit(g_strdup(pattern), "*?", 'z');
}

static bool try_patterns(struct explorer *explorer, GError **error)
{
	const struct factor *factor = space_factor(explorer->space, SPACE_ARGUMENTS);

	for (guint i = 0; i < factor->patterns->len; i++) {
		g_autofree char *word = pattern_word(factor->patterns->pdata[i]);

		if (word && !try_two(explorer, word, "Zq903kxA", "Zq904kxA", error))
			return false;
	}
	return true;
}

/* `shift`, and the next is looked at: what the script compares the first with, behind as many words
 * of the image's own as it was seen to drop. */
static bool try_shifted(struct explorer *explorer, guint dropped, GError **error)
{
	const GPtrArray *patterns = space_factor(explorer->space, SPACE_ARGUMENTS)->patterns;
	const GPtrArray *command = explorer->space->command;

	if (command->len < dropped)
		return true;
	for (guint i = 0; i < patterns->len; i++) {
		g_autofree char *word = pattern_word(patterns->pdata[i]);
		g_autoptr(GPtrArray) words = g_ptr_array_new();
		struct state *state;

		if (!word)
			continue;
		for (guint j = 0; j < dropped; j++)
			g_ptr_array_add(words, command->pdata[j]);
		g_ptr_array_add(words, word);
		g_ptr_array_add(words, (char *)"Zq911kxA");
		g_ptr_array_add(words, (char *)"Zq912kxA");
		if (!try_words(explorer, words, &state, error))
			return false;
	}
	return true;
}

/* What is no program, where the script asks that. */
static bool try_unknown(struct explorer *explorer, GError **error)
{
	return !space_factor(explorer->space, SPACE_ARGUMENTS)->asks_program ||
	       try_two(explorer, "Zq909kxA", "Zq910kxA", NULL, error);
}

static bool is_word(const char *word, const GPtrArray *words)
{
	for (guint i = 0; i < words->len; i++)
		if (strcmp(words->pdata[i], word) == 0)
			return true;
	return false;
}

static const GPtrArray *state_argv(const struct state *state)
{
	const GPtrArray *steps = state->record->steps;
	const struct start_step *end = steps->pdata[steps->len - 1];

	return end->argv;
}

/* From which argument on they are executed as they were given, at least two of them marks: one
 * alone may as well be "$2". 0: none. */
static guint find_rest(const struct space *space, const struct state *state)
{
	const struct level *level = space_factor(space, SPACE_ARGUMENTS)
					    ->levels->pdata[state_level(state, SPACE_ARGUMENTS)];

	if (!level->marks || level->marks->len < 2 || !state_executes(state) || !state_argv(state))
		return 0;
	for (guint rest = 1; rest <= SPACE_MAX_REST; rest++) {
		g_autoptr(GPtrArray) given = template_rest_words(space, state, rest);

		if (given->len < 2)
			return 0;
		if (template_words_find(state_argv(state), given) >= 0)
			return rest;
	}
	return 0;
}

/* `exec "$@"`, and `shift; exec program "$@"`. */
static void find_rests(struct explorer *explorer)
{
	explorer->space->rests = 0;
	for (guint i = 0; i < explorer->states->len; i++) {
		guint rest = find_rest(explorer->space, explorer->states->pdata[i]);

		if (rest)
			explorer->space->rests |= 1U << rest;
	}
}

static bool begins_with(const GPtrArray *argv, guint count, const GPtrArray *command)
{
	if (count == 0 || command->len == 0)
		return false;
	for (guint i = 0; i < count; i++)
		if (i >= argv->len ||
		    strcmp(argv->pdata[i], command->pdata[MIN(i, command->len - 1)]) != 0)
			return false;
	return count <= command->len;
}

/* The rule that @first, the first argument, falls under. */
static const char *pattern_of(const struct factor *factor, const char *first)
{
	if (*first == '-')
		return "-*";
	for (guint i = 0; i < factor->patterns->len; i++)
		if (g_pattern_match_simple(factor->patterns->pdata[i], first))
			return factor->patterns->pdata[i];
	return NULL;
}

/* `set -- redis-server "$@"`: options alone get the command's first words. From there on the script
 * sees what it sees with the image's own arguments. */
static void find_prepended(struct explorer *explorer)
{
	struct space *space = explorer->space;
	const struct factor *factor = space_factor(space, SPACE_ARGUMENTS);

	if (!state_executes(explorer->base) || !state_argv(explorer->base) ||
	    template_words_find(state_argv(explorer->base), explorer->base->arguments) != 0)
		return;
	for (guint i = 0; i < explorer->states->len; i++) {
		const struct state *state = explorer->states->pdata[i];
		guint level = state_level(state, SPACE_ARGUMENTS);

		if (!level || !state_executes(state) || state->arguments->len == 0)
			continue;
		const GPtrArray *argv = state_argv(state);
		int before = template_words_find(argv, state->arguments);

		if (before <= 0 || !begins_with(argv, (guint)before, space->command))
			continue;
		const char *first = state->arguments->pdata[0];
		const char *pattern = pattern_of(factor, first);
		bool unknown = !pattern && factor->asks_program && !space_has_program(space, first);

		if (!pattern && !unknown)
			continue;
		if (!space->prepend) {
			space->prepend = g_ptr_array_new_with_free_func(g_free);
			space->prepended = g_ptr_array_new_with_free_func(g_free);
			for (int j = 0; j < before; j++)
				g_ptr_array_add(space->prepend, g_strdup(argv->pdata[j]));
		}
		if (space->prepend->len != (guint)before)
			continue;
		space->prepends_unknown |= unknown;
		if (pattern && !is_word(pattern, space->prepended))
			g_ptr_array_add(space->prepended, g_strdup(pattern));
	}
}

/* Arguments that a first start does not take, since it starts something else with them: a later one
 * shows what they are there for. */
bool explore_arguments_later(struct explorer *explorer, GError **error)
{
	const struct factor *files = space_factor(explorer->space, SPACE_FILES);
	guint later = factor_find(files, LEVEL_LATER), states = explorer->states->len;

	for (guint i = 0; later && files->effective && i < states; i++) {
		const struct state *state = explorer->states->pdata[i];
		GError *failure = NULL;

		if (explorer_only_difference(explorer, state) != SPACE_ARGUMENTS ||
		    state_executes(state) || !failure_counts(explorer->space, state))
			continue;
		g_autoptr(GByteArray) levels = levels_with(state->levels, SPACE_FILES, later);

		explorer_run(explorer, levels, &failure);
		if (failure) {
			g_propagate_error(error, failure);
			return false;
		}
	}
	if (explorer->states->len == states)
		return true;
	find_rests(explorer);
	if (explorer->space->rests)
		find_prepended(explorer);
	explorer_refresh(explorer);
	return true;
}

bool explore_arguments(struct explorer *explorer, GError **error)
{
	const char *other = explorer->request->other_program;

	/* the one that is tried in combinations too comes first */
	if (other && !try_two(explorer, other, "Zq907kxA", "Zq908kxA", error))
		return false;
	if (!try_command(explorer, error) ||
	    !try_two(explorer, "--Zq905kxA", "Zq906kxA", NULL, error) ||
	    !try_patterns(explorer, error) || !try_unknown(explorer, error))
		return false;
	find_rests(explorer);
	for (guint rest = 2, seen = explorer->space->rests; rest <= SPACE_MAX_REST; rest++)
		if (seen & 1U << rest && !try_shifted(explorer, rest - 1, error))
			return false;
	find_rests(explorer);
	if (explorer->space->rests)
		find_prepended(explorer);
	explorer_refresh(explorer);
	return true;
}
