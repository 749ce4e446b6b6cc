/* SPDX-License-Identifier: Apache-2.0 */
/* What the script makes of its arguments: the image's and more words, options alone, what it
 * compares the first with, another program. */
#include "base/error.h"
#include "entrypoint/complaint.h"
#include "entrypoint/explore.h"
#include "entrypoint/failure.h"
#include "entrypoint/template.h"

#include <string.h>

enum { MAX_BEHIND = 12, MAX_AMONG = 8 };

static bool is_word(const char *word, const GPtrArray *words)
{
	for (guint i = 0; i < words->len; i++)
		if (strcmp(words->pdata[i], word) == 0)
			return true;
	return false;
}

/* NULL-terminated words, those that start with "Zq9" or "--Zq9", and samples, are marks. */
static bool try_words(struct explorer *explorer, const GPtrArray *words, struct state **ret_state,
		      GError **error)
{
	g_autoptr(GPtrArray) marks = g_ptr_array_new();
	struct factor *factor = space_factor(explorer->space, SPACE_ARGUMENTS);

	for (guint i = 0; i < words->len; i++)
		if (g_str_has_prefix(words->pdata[i], "Zq9") ||
		    g_str_has_prefix(words->pdata[i], "--Zq9") ||
		    is_word(words->pdata[i], factor->samples))
			g_ptr_array_add(marks, words->pdata[i]);
	guint level = factor_arguments(factor, words, marks);
	g_autoptr(GByteArray) levels = levels_with(explorer->base->levels, SPACE_ARGUMENTS, level);
	GError *failure = NULL;

	*ret_state = explorer_run(explorer, levels, &failure);
	if (failure)
		g_propagate_error(error, failure);
	return !failure;
}

/* @first and more words, each a mark. Three of them: two are left where the script takes one. */
static bool try_first(struct explorer *explorer, const char *first, const char *const *more,
		      GError **error)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	struct state *state;

	g_ptr_array_add(words, (char *)first);
	for (; *more; more++)
		g_ptr_array_add(words, (char *)*more);
	return try_words(explorer, words, &state, error);
}
#define MORE(...) ((const char *const[]){__VA_ARGS__, NULL})
static const char *const nothing[] = {NULL};

/* The image's own words and more. */
static bool try_command(struct explorer *explorer, const char *const *more, GError **error)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	struct state *state;

	for (guint i = 0; i < explorer->space->command->len; i++)
		g_ptr_array_add(words, explorer->space->command->pdata[i]);
	for (; *more; more++)
		g_ptr_array_add(words, (char *)*more);
	return try_words(explorer, words, &state, error);
}

/* A word that the pattern matches, with @part for what may be anything; NULL: none is made of it.
 * Caller frees. */
static char *word_among(const char *pattern, const char *part)
{
	return strchr(pattern, '[') ? NULL : pattern_filled(pattern, part);
}

/* The same; NULL too where others are tried anyway. */
static char *pattern_word(const char *pattern)
{
	return strcmp(pattern, "-*") == 0 ? NULL : word_among(pattern, "z");
}

/* @alone: without words behind it, or with three. */
static bool try_patterns(struct explorer *explorer, bool alone, GError **error)
{
	const struct factor *factor = space_factor(explorer->space, SPACE_ARGUMENTS);

	for (guint i = 0; i < factor->patterns->len; i++) {
		g_autofree char *word = pattern_word(factor->patterns->pdata[i]);

		if (word &&
		    !try_first(explorer, word,
			       alone ? nothing : MORE("Zq903kxA", "Zq904kxA", "Zq916kxA"), error))
			return false;
	}
	for (guint i = 0; i < factor->samples->len; i++)
		if (!try_first(explorer, factor->samples->pdata[i],
			       alone ? nothing : MORE("Zq926kxA", "Zq927kxA", "Zq928kxA"), error))
			return false;
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

/* @first, then words until the @place-th, which is @word, then two marks. */
static bool try_place(struct explorer *explorer, const char *first, guint place, const char *word,
		      GError **error)
{
	const GPtrArray *command = explorer->space->command;
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	struct state *state;

	g_ptr_array_add(words, (char *)first);
	for (guint i = 1; i + 1 < place; i++)
		g_ptr_array_add(words, i < command->len ? command->pdata[i] : (char *)"Zq913kxA");
	g_ptr_array_add(words, (char *)word);
	g_ptr_array_add(words, (char *)"Zq914kxA");
	g_ptr_array_add(words, (char *)"Zq915kxA");
	return try_words(explorer, words, &state, error);
}

/* What an argument behind the first is compared with, behind each word that the script knows as the
 * first, and behind one that it does not. */
static bool try_behind(struct explorer *explorer, guint place, GError **error)
{
	const GPtrArray *patterns = explorer->space->behind[place];
	g_autoptr(GPtrArray) firsts = g_ptr_array_new_with_free_func(g_free);
	const struct factor *factor = space_factor(explorer->space, SPACE_ARGUMENTS);

	if (explorer->request->other_program)
		g_ptr_array_add(firsts, g_strdup(explorer->request->other_program));
	if (explorer->space->command->len)
		g_ptr_array_add(firsts, g_strdup(explorer->space->command->pdata[0]));
	for (guint i = 0; i < factor->patterns->len; i++) {
		g_autofree char *word = pattern_word(factor->patterns->pdata[i]);

		if (word && !is_word(word, firsts))
			g_ptr_array_add(firsts, g_steal_pointer(&word));
	}
	for (guint i = 0, tried = 0; patterns && i < patterns->len; i++) {
		g_autofree char *word = pattern_word(patterns->pdata[i]);

		for (guint j = 0; word && j < firsts->len && tried < MAX_BEHIND; j++, tried++)
			if (!try_place(explorer, firsts->pdata[j], place, word, error))
				return false;
	}
	return true;
}

/* What is no program, where the script asks that. */
static bool try_unknown(struct explorer *explorer, GError **error)
{
	return !space_factor(explorer->space, SPACE_ARGUMENTS)->asks_program ||
	       try_first(explorer, "Zq909kxA", MORE("Zq910kxA", "Zq918kxA"), error);
}

static const GPtrArray *state_argv(const struct state *state)
{
	const GPtrArray *steps = state->record->steps;
	const struct start_step *end = steps->pdata[steps->len - 1];

	return end->argv;
}

/* From which argument on they stand in @argv as they were given, at least two of them marks: one
 * alone may as well be "$2". 0: none. */
static guint find_rest(const struct space *space, const struct state *state, const GPtrArray *argv)
{
	for (guint rest = 1; rest <= SPACE_MAX_REST; rest++) {
		g_autoptr(GPtrArray) given = template_rest_words(space, state, rest);

		if (given->len < 2)
			return 0;
		if (template_words_find(argv, given) >= 0)
			return rest;
	}
	return 0;
}

static void add_rest(struct space *space, const char *first, guint rest)
{
	guint behind = GPOINTER_TO_UINT(g_hash_table_lookup(space->rests_behind, first));

	space->rests |= 1U << rest;
	g_hash_table_insert(space->rests_behind, g_strdup(first),
			    GUINT_TO_POINTER(behind | 1U << rest));
}

/* `exec "$@"`, `shift; exec program "$@"`, and `helper "$@"` before it. */
static void add_rests(struct space *space, const struct state *state)
{
	const struct level *level = space_factor(space, SPACE_ARGUMENTS)
					    ->levels->pdata[state_level(state, SPACE_ARGUMENTS)];
	const GPtrArray *steps = state->record->steps;

	if (!level->marks || level->marks->len < 2 || !state_executes(state))
		return;
	for (guint i = 0; i < steps->len; i++) {
		const struct start_step *step = steps->pdata[i];
		guint rest = step->argv ? find_rest(space, state, step->argv) : 0;

		if (rest && step->kind == START_EXEC)
			add_rest(space, state->arguments->pdata[0], rest);
		else if (rest)
			space->helper_rests |= 1U << rest;
	}
}

static void find_rests(struct explorer *explorer)
{
	explorer->space->rests = explorer->space->helper_rests = 0;
	g_hash_table_remove_all(explorer->space->rests_behind);
	for (guint i = 0; i < explorer->states->len; i++)
		add_rests(explorer->space, explorer->states->pdata[i]);
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

/* Whether the last three of @count arguments stand in @text with the same between each two. */
static bool joins_arguments(const char *text, guint count)
{
	g_autofree char *first = g_strdup_printf("${%u}", count - 2);
	g_autofree char *middle = g_strdup_printf("${%u}", count - 1);
	g_autofree char *last = g_strdup_printf("${%u}", count);
	gsize bytes = strlen(first);

	for (const char *a = strstr(text, first); a; a = strstr(a + 1, first)) {
		const char *b = strstr(a, middle), *c = b ? strstr(b, last) : NULL;

		if (c && b - a == c - b &&
		    memcmp(a + bytes, b + bytes, (gsize)(b - a) - bytes) == 0)
			return true;
	}
	return false;
}

static void append_texts(const GPtrArray *texts, const char *prefix, GString *joined)
{
	for (guint i = 0; i < texts->len; i++) {
		const struct text *text = texts->pdata[i];

		if (text->template && (!prefix || g_str_has_prefix(text->name, prefix)))
			g_string_append_printf(joined, "\n%s", text->template);
	}
}

/* "$*", or a loop over the arguments: in one text, in words, in lines. What of it comes and goes
 * with how many there are is known for those numbers alone that were tried. */
static bool item_joins_arguments(const struct item *item, guint count)
{
	g_autoptr(GString) words = g_string_new(NULL), parts = g_string_new(NULL);

	append_texts(item->fields, "word ", words);
	append_texts(item->parts, NULL, parts);
	for (guint i = 0; i < item->fields->len; i++) {
		const struct text *text = item->fields->pdata[i];

		if (text->template && joins_arguments(text->template, count))
			return true;
	}
	return joins_arguments(words->str, count) || joins_arguments(parts->str, count);
}

static bool check_joined(const struct explorer *explorer, GError **error)
{
	for (guint i = 0; i < explorer->states->len; i++) {
		const struct state *state = explorer->states->pdata[i];
		guint count = state->arguments->len;

		if (explorer_only_difference(explorer, state) != SPACE_ARGUMENTS ||
		    !state_executes(state) || count < 3 || count > SPACE_MAX_REST)
			continue;
		for (guint j = 0; j < state->items->len; j++)
			if (item_joins_arguments(state->items->pdata[j], count))
				return complain_joined(state, state->items->pdata[j], error);
	}
	return true;
}

/* @words, then the image's own and a mark. */
static bool try_before(struct explorer *explorer, const char *const *words, GError **error)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new();
	struct state *state;

	for (; *words; words++)
		g_ptr_array_add(all, (char *)*words);
	for (guint i = 0; i < explorer->space->command->len; i++)
		g_ptr_array_add(all, explorer->space->command->pdata[i]);
	g_ptr_array_add(all, (char *)"Zq939kxA");
	return try_words(explorer, all, &state, error);
}

/* What all arguments are compared with, in a place that nothing else is about; an option before the
 * image's words, alone and behind another. What follows a part of a word follows two of them. */
static bool try_among(struct explorer *explorer, GError **error)
{
	const GPtrArray *among = space_factor(explorer->space, SPACE_ARGUMENTS)->among;

	for (guint i = 0; i < MIN(among->len, MAX_AMONG); i++) {
		g_autofree char *word = word_among(among->pdata[i], "Zq935kxA");
		g_autofree char *other = word_among(among->pdata[i], "Zq936kxBb");
		g_autofree char *next = word_among(among->pdata[(i + 1) % among->len], "Zq937kxA");

		if (!word || strcmp(among->pdata[i], "-*") == 0)
			continue;
		if (!try_command(explorer, MORE("Zq929kxA", word, "Zq931kxA"), error) ||
		    (strcmp(word, other) != 0 &&
		     !try_command(explorer, MORE("Zq929kxA", other, "Zq931kxA"), error)))
			return false;
		if (*word == '-' &&
		    (!try_before(explorer, MORE(word, "Zq932kxA"), error) ||
		     (next && !try_before(explorer, MORE(word, next, "Zq933kxA"), error))))
			return false;
	}
	return true;
}

/* With words behind them, then without: whether the script asks how many there are. The one that is
 * tried in combinations too comes first. */
static bool try_all(struct explorer *explorer, GError **error)
{
	const GPtrArray *command = explorer->space->command;
	const char *other = explorer->request->other_program;

	if (other && !try_first(explorer, other, MORE("Zq907kxA", "Zq908kxA", "Zq919kxA"), error))
		return false;
	if (!try_command(explorer, MORE("Zq901kxA", "Zq902kxA", "Zq920kxA"), error) ||
	    !try_first(explorer, "--Zq905kxA", MORE("Zq906kxA", "Zq921kxA"), error) ||
	    !try_patterns(explorer, false, error) || !try_unknown(explorer, error))
		return false;
	/* the first of the image's words without the others: `[[ "$*" == node*index.js* ]]` */
	if (command->len > 1 && !try_first(explorer, command->pdata[0],
					   MORE("Zq923kxA", "Zq924kxA", "Zq925kxA"), error))
		return false;
	for (guint place = 2; place <= SPACE_MAX_REST; place++)
		if (!try_behind(explorer, place, error))
			return false;
	if (other && !try_first(explorer, other, nothing, error))
		return false;
	return try_patterns(explorer, true, error) &&
	       try_command(explorer, MORE("Zq922kxA"), error) && try_among(explorer, error);
}

bool explore_arguments(struct explorer *explorer, GError **error)
{
	if (!try_all(explorer, error))
		return false;
	find_rests(explorer);
	for (guint rest = 2, seen = explorer->space->rests; rest <= SPACE_MAX_REST; rest++)
		if (seen & 1U << rest && !try_shifted(explorer, rest - 1, error))
			return false;
	find_rests(explorer);
	if (explorer->space->rests)
		find_prepended(explorer);
	explorer_refresh(explorer);
	return check_joined(explorer, error);
}
