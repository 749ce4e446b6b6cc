/* SPDX-License-Identifier: Apache-2.0 */
/* A variable whose number the script compares with others: which of these matter, and what is done
 * on either side of them. */
#include "base/error.h"
#include "entrypoint/explore.h"

#include <string.h>

enum { MAX_BOUNDS = 48, MAX_ROUNDS = 4 };

static gint compare_numbers(gconstpointer a, gconstpointer b)
{
	const guint64 *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

/* Sorted, each once; at most MAX_BOUNDS. Takes @all. */
static GArray *numbers_sorted(GArray *all)
{
	GArray *sorted = g_array_new(FALSE, FALSE, sizeof(guint64));

	g_array_sort(all, compare_numbers);
	for (guint i = 0; i < all->len && sorted->len < MAX_BOUNDS; i++) {
		guint64 number = g_array_index(all, guint64, i);

		if (i == 0 || number != g_array_index(all, guint64, i - 1))
			g_array_append_val(sorted, number);
	}
	g_array_unref(all);
	return sorted;
}

GArray *numbers_beside(const struct factor *factor)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(guint64));

	for (guint i = 0; i < factor->numbers->len; i++) {
		guint64 number = g_array_index(factor->numbers, guint64, i);

		for (guint64 beside = number ? number - 1 : 0; beside <= number + 1; beside++)
			g_array_append_val(all, beside);
	}
	return numbers_sorted(all);
}

char *number_beyond(const struct factor *factor)
{
	guint64 beyond = 40000 + factor->number;

	for (guint i = 0; i < factor->numbers->len; i++) {
		guint64 number = g_array_index(factor->numbers, guint64, i);

		if (number >= beyond && number < G_MAXINT64 / 2)
			beyond = number + 1000;
	}
	return g_strdup_printf("%" G_GUINT64_FORMAT, beyond);
}

/* --- with what it is compared --- */

static bool is_comparison(const char *operator)
{
	static const char *const operators[] = {"-gt", "-ge", "-lt", "-le", "-eq", "-ne", NULL};

	return g_strv_contains(operators, operator);
}

static bool found_written(const GMatchInfo *match, gpointer user, GError **error)
{
	(void)match;
	(void)error;
	*(bool *)user = true;
	return false;
}

/* Whether the text compares with @number itself: else it comes from elsewhere, and may be another
 * one. */
static bool is_written(const struct explorer *explorer, guint64 number)
{
	g_autofree char *pattern = g_strdup_printf(
		"(?:\\s-(?:eq|ne|lt|le|gt|ge)\\s+|(?:[<>]=?|[=!]=)\\s*)[\"']?%" G_GUINT64_FORMAT
		"(?![\\w.])|(?<![\\w.-])%" G_GUINT64_FORMAT
		"[\"']?(?:\\s+-(?:eq|ne|lt|le|gt|ge)\\s|\\s*(?:[<>]|[=!]=))",
		number, number);
	bool written = false;

	explorer_search(explorer, pattern, found_written, &written, NULL);
	return written;
}

static bool has_number(const struct factor *factor, guint64 number)
{
	for (guint i = 0; i < factor->numbers->len; i++)
		if (g_array_index(factor->numbers, guint64, i) == number)
			return true;
	return false;
}

/* What the start @at compared its number with. Adds to factor->numbers. */
static bool find_compared(struct explorer *explorer, guint index, const struct state *at,
			  GError **error)
{
	struct factor *factor = space_factor(explorer->space, index);
	const struct level *level = factor->levels->pdata[state_level(at, index)];
	autorecord struct start_record *explained = explorer_explain(explorer, at->levels, error);

	if (!explained)
		return false;
	for (guint i = 0; i < explained->tests->len; i++) {
		const struct start_test *test = explained->tests->pdata[i];
		const char *other = !test->other || !is_comparison(test->operator) ? NULL
				    : g_strcmp0(test->operand, level->value) == 0  ? test->other
				    : strcmp(test->other, level->value) == 0       ? test->operand
										   : NULL;
		guint64 number;

		if (other &&
		    g_ascii_string_to_unsigned(other, 10, 0, G_MAXINT64 - 1, &number, NULL) &&
		    !has_number(factor, number))
			g_array_append_val(factor->numbers, number);
	}
	return true;
}

static bool complain_size(const struct factor *factor, guint64 number, GError **error)
{
	return error_set(error, THRESH_ERROR_INPUT,
			 "the entrypoint: what it does with %s depends on how it compares with "
			 "%" G_GUINT64_FORMAT
			 ", which is no number of the script's text, and may be "
			 "another one; fix %s (thresh.yaml: entrypoint.fixed), or write the steps "
			 "yourself (entrypoint.plan)",
			 factor->name, number, factor->name);
}

static bool check_written(const struct explorer *explorer, const struct factor *factor,
			  GError **error)
{
	for (guint i = 0; i < factor->numbers->len; i++) {
		guint64 number = g_array_index(factor->numbers, guint64, i);

		if (!is_written(explorer, number))
			return complain_size(factor, number, error);
	}
	return true;
}

/* --- samples --- */

struct sizes {
	struct explorer *explorer;
	struct factor *factor;
	struct state *at; /* at the mark */
	bool refused;     /* a number was */
	bool differs;     /* what is done with a number is not what is done with the mark */
};

static bool is_in_range(const struct factor *factor, guint64 number)
{
	return number >= factor->least && (!factor->most || number <= factor->most);
}

static bool is_pattern(const struct factor *factor, const char *text)
{
	return g_ptr_array_find_with_equal_func(factor->patterns, text, g_str_equal, NULL);
}

/* The level of @number, which may have been tried as a value before. */
static guint number_level(struct factor *factor, enum level_kind kind, guint64 number)
{
	g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, number);

	for (guint i = 1; i < factor->levels->len; i++) {
		struct level *level = factor->levels->pdata[i];

		if (g_strcmp0(level->value, text) != 0 || level->kind == LEVEL_NEVER)
			continue;
		if ((level->kind == LEVEL_LITERAL && !is_pattern(factor, text)) ||
		    level->kind == LEVEL_BOUND)
			level->kind = kind;
		return i;
	}
	return factor_level(factor, kind, text);
}

static bool try_number(struct sizes *sizes, enum level_kind kind, guint64 number, GError **error)
{
	struct explorer *explorer = sizes->explorer;
	struct state *state = NULL;

	if (!is_in_range(sizes->factor, number))
		return true;
	guint level = number_level(sizes->factor, kind, number);

	if (level && !explorer_toggle(explorer, sizes->factor->number, level, &state, error))
		return false;
	sizes->refused |= state && !state_executes(state);
	sizes->differs |= state && state_executes(state) &&
			  !state_predicted(explorer->space, sizes->at, state);
	return true;
}

/* One within @from to @to, and no end of it where that can be: a small number may stand in a text
 * by chance, two do not. */
static bool try_between(struct sizes *sizes, guint64 from, guint64 to, GError **error)
{
	from = MAX(from, sizes->factor->least);
	if (sizes->factor->most && to > sizes->factor->most)
		to = sizes->factor->most;
	return from > to || try_number(sizes, LEVEL_NUMBER, from + (to - from) * 2 / 3, error);
}

/* The numbers that it is compared with, one between any two of them, and those beside them. */
static bool try_numbers_beside(struct sizes *sizes, GError **error)
{
	g_autoptr(GArray) beside = numbers_beside(sizes->factor);
	GArray *all = g_array_new(FALSE, FALSE, sizeof(guint64));
	guint64 from = 0;

	g_array_append_vals(all, sizes->factor->numbers->data, sizes->factor->numbers->len);
	g_autoptr(GArray) numbers = numbers_sorted(all);

	for (guint i = 0; i < beside->len; i++)
		if (!try_number(sizes, LEVEL_BOUND, g_array_index(beside, guint64, i), error))
			return false;
	for (guint i = 0; i < numbers->len; i++) {
		guint64 number = g_array_index(numbers, guint64, i);

		if ((number > from && !try_between(sizes, from, number - 1, error)) ||
		    !try_number(sizes, LEVEL_NUMBER, number, error))
			return false;
		from = number + 1;
	}
	return !sizes->factor->most || sizes->factor->most == G_MAXINT64 ||
	       try_between(sizes, from, sizes->factor->most, error);
}

/* Behind a comparison that goes the other way there may be further ones. */
static bool find_behind(struct sizes *sizes, GError **error)
{
	for (guint i = 1; i < sizes->factor->levels->len; i++) {
		const struct level *level = sizes->factor->levels->pdata[i];
		const struct state *state =
			level->kind == LEVEL_NUMBER
				? explorer_alone(sizes->explorer, sizes->factor->number, i)
				: NULL;

		if (state && state_executes(state) &&
		    !state_predicted(sizes->explorer->space, sizes->at, state) &&
		    !find_compared(sizes->explorer, sizes->factor->number, state, error))
			return false;
	}
	return true;
}

void forget_sizes(struct explorer *explorer, guint index)
{
	struct factor *factor = space_factor(explorer->space, index);

	factor->sized = false;
	for (guint i = 1; i < factor->levels->len; i++) {
		struct level *level = factor->levels->pdata[i];
		struct state *state = level->kind == LEVEL_NUMBER || level->kind == LEVEL_BOUND
					      ? explorer_alone(explorer, index, i)
					      : NULL;

		if (level->kind != LEVEL_NUMBER && level->kind != LEVEL_BOUND)
			continue;
		level->kind = LEVEL_NEVER;
		if (state)
			explorer_forget(explorer, state);
	}
}

bool explore_sizes(struct explorer *explorer, guint index, struct state *at, bool *ret_refused,
		   GError **error)
{
	struct factor *factor = space_factor(explorer->space, index);
	struct sizes sizes = {.explorer = explorer, .factor = factor, .at = at};
	guint known = G_MAXUINT;

	*ret_refused = false;
	if (!state_executes(at))
		return true;
	if (!find_compared(explorer, index, at, error))
		return false;
	for (guint round = 0; round < MAX_ROUNDS && known != factor->numbers->len; round++) {
		known = factor->numbers->len;
		if (!try_numbers_beside(&sizes, error) ||
		    (sizes.differs && !find_behind(&sizes, error)))
			return false;
	}
	*ret_refused = sizes.refused;
	if (!sizes.differs && !sizes.refused) {
		forget_sizes(explorer, index);
		return true;
	}
	factor->sized = true;
	explorer_refresh(explorer);
	return check_written(explorer, factor, error);
}

bool explore_numbers(struct explorer *explorer, guint index, struct state *marked,
		     bool *ret_differs, GError **error)
{
	struct factor *factor = space_factor(explorer->space, index);
	struct sizes sizes = {.explorer = explorer, .factor = factor, .at = marked};

	*ret_differs = false;
	if (factor->numbers->len == 0 || factor->type || !state_executes(marked))
		return true;
	if (!try_numbers_beside(&sizes, error))
		return false;
	*ret_differs = sizes.differs || sizes.refused;
	if (!*ret_differs)
		forget_sizes(explorer, index);
	return true;
}
