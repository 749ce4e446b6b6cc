/* SPDX-License-Identifier: Apache-2.0 */
/* A variable whose marks are refused: is it a number, within bounds, or one of few words? */
#include "base/error.h"
#include "base/sorted.h"
#include "entrypoint/explore.h"
#include "entrypoint/factor.h"
#include "entrypoint/template.h"

#include <string.h>

enum { MIN_SPAN = 8 };

bool state_complains(const struct state *state)
{
	static const char *const complaints[] = {"integer expression expected",
						 "Illegal number",
						 "bad number",
						 "invalid number",
						 "invalid integer",
						 "syntax error: operand expected",
						 "syntax error in expression",
						 "arithmetic syntax error",
						 "not a number",
						 "Illegal mode",
						 "invalid mode",
						 "octal number out of range",
						 "invalid symbolic mode"};
	gsize bytes = 0;
	const char *data =
		state->record->output ? g_bytes_get_data(state->record->output, &bytes) : NULL;

	for (gsize i = 0; data && i < G_N_ELEMENTS(complaints); i++)
		if (g_strstr_len(data, (gssize)bytes, complaints[i]))
			return true;
	return false;
}

/* The last level, which a start of no use was run for. */
static void drop_level(struct explorer *explorer, struct factor *factor, struct state *state)
{
	explorer_forget(explorer, state);
	g_ptr_array_set_size(factor->levels, (gint)factor->levels->len - 1);
}

/* Whether the script takes @value. One that was not known, and is refused as any other is, says
 * nothing more. */
static bool takes(struct explorer *explorer, guint index, const char *value, bool *ret_taken,
		  GError **error)
{
	struct factor *factor = space_factor(explorer->space, index);
	guint known = factor->levels->len, level = factor_level(factor, LEVEL_LITERAL, value);
	struct state *state = NULL;

	*ret_taken = false;
	if (level && !explorer_toggle(explorer, index, level, &state, error))
		return false;
	*ret_taken = state && state_executes(state) && !state_complains(state);
	if (state && level >= known && (state_failure(state) || state_complains(state)))
		drop_level(explorer, factor, state);
	return true;
}

static bool takes_number(struct explorer *explorer, guint index, guint64 number, bool *ret_taken,
			 GError **error)
{
	g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, number);

	return takes(explorer, index, text, ret_taken, error);
}

/* The least and the most number that is taken, where all that was tried between is too. A number
 * far above all that the script compares with is taken, or not: @unbounded. */
static bool find_range(struct explorer *explorer, guint index, bool unbounded, guint64 *ret_least,
		       guint64 *ret_most, bool *ret_found, GError **error)
{
	g_autoptr(GArray) bounds = numbers_beside(space_factor(explorer->space, index));
	guint changes = 0;
	bool taken = false;

	*ret_least = 0;
	*ret_most = unbounded ? G_MAXINT64 : 0;
	for (guint i = 0; i < bounds->len; i++) {
		guint64 number = g_array_index(bounds, guint64, i);
		bool before = taken;

		if (!takes_number(explorer, index, number, &taken, error))
			return false;
		changes += i > 0 && before != taken;
		if (taken && !before && i > 0)
			*ret_least = number;
		if (taken && !unbounded)
			*ret_most = number;
	}
	changes += taken != unbounded;
	/* refused, taken, refused: at most, and at least one of them */
	*ret_found = *ret_most >= *ret_least + MIN_SPAN && changes <= 2 &&
		     (*ret_least > 0 || !unbounded);
	return true;
}

/* What the marks did says nothing about a number. */
static bool use_numbers(struct explorer *explorer, guint index, struct state *marked,
			struct state **ret_state, GError **error)
{
	struct factor *factor = space_factor(explorer->space, index);

	explorer_forget(explorer, marked);
	factor->effective = true;
	return explorer_toggle(explorer, index, factor_find(factor, LEVEL_MARK), ret_state, error);
}

/* It was executed, or its beginning was: `exec "$JAVA_HOME/bin/java"` with dash and bash. */
static bool wants_program(const struct state *state)
{
	int status = state_failure(state);

	return status == 126 || status == 127;
}

static void note_refused(struct explorer *explorer, const struct factor *factor)
{
	g_ptr_array_add(
		explorer->notes,
		g_strdup_printf("%s: the script refuses all that it was given, and so does the "
				"plan (thresh.yaml: entrypoint.values names what to try)",
				factor->name));
}

/* Where one of a kind is taken, so may the others be. */
static bool try_usual(struct explorer *explorer, guint index, GError **error)
{
	static const char *const kinds[][6] = {{"022", "027", "077", "002", "007"},
					       {"true", "false"},
					       {"yes", "no"},
					       {"on", "off"},
					       {"1", "0"}};
	struct factor *factor = space_factor(explorer->space, index);
	bool any = false;

	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		bool taken;

		if (!takes(explorer, index, kinds[i][0], &taken, error))
			return false;
		any = any || taken;
		for (const char *const *value = kinds[i] + 1; taken && *value; value++)
			factor_level(factor, LEVEL_LITERAL, *value);
	}
	if (!any && !factor->defaults->len && !factor_find(factor, LEVEL_LITERAL))
		note_refused(explorer, factor);
	if (any)
		g_ptr_array_add(
			explorer->notes,
			g_strdup_printf("%s: the script refuses what it was given but for some "
					"values; all others are refused (thresh.yaml: "
					"entrypoint.values names more to try)",
					factor->name));
	return true;
}

/* What the text takes for it where it is empty. */
static void add_defaults(struct factor *factor)
{
	for (guint i = 0; i < factor->defaults->len; i++)
		factor_level(factor, LEVEL_LITERAL, factor->defaults->pdata[i]);
}

void explorer_forget_level(struct explorer *explorer, const struct factor *factor,
			   struct state *state)
{
	struct level *level = factor->levels->pdata[state_level(state, factor->number)];

	level->kind = LEVEL_NEVER;
	explorer_forget(explorer, state);
}

/* The script goes on with what it cannot take, as if it were something else: what follows a value
 * is known of those alone that were tried. @state is at such a level. */
static void use_list(struct explorer *explorer, struct factor *factor, struct state *state)
{
	explorer_forget_level(explorer, factor, state);
	factor->effective = true;
	factor->type = NULL;
	factor_use_list(factor);
	add_defaults(factor);
	g_ptr_array_add(
		explorer->notes,
		g_strdup_printf("%s: the shell complains of what it cannot take, and the script "
				"goes on; the plan refuses all but what was tried (thresh.yaml: "
				"entrypoint.values names more)",
				factor->name));
}

/* Numbers beside a bound that no text has are refused: it has a range after all. */
static bool use_bounds(struct explorer *explorer, guint index, struct state **at, bool *ret_range,
		       GError **error)
{
	struct factor *factor = space_factor(explorer->space, index);
	g_autofree char *beyond = number_beyond(factor);
	guint64 least, most;
	bool number;

	*ret_range = false;
	if (!takes(explorer, index, beyond, &number, error) ||
	    !find_range(explorer, index, number, &least, &most, ret_range, error))
		return false;
	if (!*ret_range)
		return true;
	factor_use_range(explorer->space, factor, least, most);
	return use_numbers(explorer, index, *at, at, error);
}

/* What it does with numbers beside those that it compares with; @at is at the mark, a number. */
static bool check_sizes(struct explorer *explorer, guint index, struct state *at, GError **error)
{
	struct factor *factor = space_factor(explorer->space, index);
	guint known = factor->numbers->len;
	bool refused, range;

	if (!explore_sizes(explorer, index, at, &refused, error))
		return false;
	if (!refused || factor->most < G_MAXINT64 || factor->numbers->len == known)
		return true;
	forget_sizes(explorer, index);
	if (!use_bounds(explorer, index, &at, &range, error))
		return false;
	return !at || explore_sizes(explorer, index, at, &refused, error);
}

/* Its level with this value, which was tried. */
static struct level *level_of(struct factor *factor, const char *value)
{
	return factor->levels->pdata[factor_level(factor, LEVEL_LITERAL, value)];
}

/* Numbers are its marks; but 022 is a mode, and not any number is: then @number, which was taken,
 * says nothing. */
static bool try_numbers(struct explorer *explorer, guint index, struct state *marked,
			const char *number, GError **error)
{
	struct factor *factor = space_factor(explorer->space, index);
	struct state *state;

	factor_use_numbers(factor);
	if (!use_numbers(explorer, index, marked, &state, error))
		return false;
	if (!state || !state_complains(state)) {
		level_of(factor, number)->kind = LEVEL_BOUND;
		return !state || check_sizes(explorer, index, state, error);
	}
	use_list(explorer, factor, state);
	if (!explorer_toggle(explorer, index, factor_level(factor, LEVEL_LITERAL, number), &state,
			     error))
		return false;
	if (state)
		explorer_forget_level(explorer, factor, state);
	return true;
}

bool explore_compared(struct explorer *explorer, guint index, struct state *marked, GError **error)
{
	struct factor *factor = space_factor(explorer->space, index);
	struct state *at;
	bool differs;

	if (!explore_numbers(explorer, index, marked, &differs, error))
		return false;
	if (!differs)
		return true;
	factor_use_numbers(factor);
	return use_numbers(explorer, index, marked, &at, error) &&
	       (!at || check_sizes(explorer, index, at, error));
}

bool explore_values(struct explorer *explorer, guint index, struct state *marked, GError **error)
{
	struct factor *factor = space_factor(explorer->space, index);
	g_autofree char *any = number_beyond(factor);
	struct state *state;
	guint64 least, most;
	bool number, range;

	if (wants_program(marked)) {
		note_refused(explorer, factor);
		return true;
	}
	if (!takes(explorer, index, any, &number, error) ||
	    !find_range(explorer, index, number, &least, &most, &range, error))
		return false;
	if (range) {
		factor_use_range(explorer->space, factor, least, most);
		return use_numbers(explorer, index, marked, &state, error) &&
		       (!state || check_sizes(explorer, index, state, error));
	}
	if (number)
		return try_numbers(explorer, index, marked, any, error);
	if (!state_executes(marked)) {
		add_defaults(factor);
		return try_usual(explorer, index, error);
	}
	use_list(explorer, factor, marked);
	return true;
}
