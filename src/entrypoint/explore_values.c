/* SPDX-License-Identifier: Apache-2.0 */
/* A variable whose marks are refused: is it a number, within bounds, or one of few words? */
#include "base/error.h"
#include "base/sorted.h"
#include "entrypoint/explore.h"
#include "entrypoint/template.h"

#include <string.h>

enum { MAX_BOUNDS = 16, MIN_SPAN = 8 };

bool state_complains(const struct state *state)
{
	static const char *const complaints[] = {"integer expression expected",
						 "Illegal number",
						 "bad number",
						 "invalid number",
						 "invalid integer",
						 "syntax error: operand expected",
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

static gint compare_numbers(gconstpointer a, gconstpointer b)
{
	const guint64 *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

/* What the script compares the number with, and what is beside that; sorted, each once. */
static GArray *bounds_of(const struct factor *factor)
{
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(guint64));
	GArray *bounds = g_array_new(FALSE, FALSE, sizeof(guint64));

	for (guint i = 0; i < factor->numbers->len; i++) {
		guint64 number = g_array_index(factor->numbers, guint64, i);

		for (guint64 beside = number ? number - 1 : 0; beside <= number + 1; beside++)
			g_array_append_val(all, beside);
	}
	g_array_sort(all, compare_numbers);
	for (guint i = 0; i < all->len && bounds->len < MAX_BOUNDS; i++) {
		guint64 number = g_array_index(all, guint64, i);

		if (i == 0 || number != g_array_index(all, guint64, i - 1))
			g_array_append_val(bounds, number);
	}
	return bounds;
}

/* A number that is far above all that the script is known to compare with. Caller frees. */
static char *number_beyond(const struct factor *factor)
{
	guint64 beyond = 40000 + factor->number;

	for (guint i = 0; i < factor->numbers->len; i++) {
		guint64 number = g_array_index(factor->numbers, guint64, i);

		if (number >= beyond && number < G_MAXINT64 / 2)
			beyond = number + 1000;
	}
	return g_strdup_printf("%" G_GUINT64_FORMAT, beyond);
}

/* The least and the most number that is taken, where all that was tried between is too. A number
 * far above all that the script compares with is taken, or not: @unbounded. */
static bool find_range(struct explorer *explorer, guint index, bool unbounded, guint64 *ret_least,
		       guint64 *ret_most, bool *ret_found, GError **error)
{
	g_autoptr(GArray) bounds = bounds_of(space_factor(explorer->space, index));
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
		if (taken && !before)
			*ret_least = number;
		if (taken && !unbounded)
			*ret_most = number;
	}
	changes += taken != unbounded;
	/* refused, taken, refused: at most */
	*ret_found = *ret_most >= *ret_least + MIN_SPAN && changes <= 2 && bounds->len > 0;
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

/* Neither the start nor its level is to be used again. */
static void forget_level(struct explorer *explorer, struct factor *factor, struct state *state)
{
	struct level *level = factor->levels->pdata[state_level(state, factor->number)];

	level->kind = LEVEL_NEVER;
	explorer_forget(explorer, state);
}

/* The script goes on with what it cannot take, as if it were something else: what follows a value
 * is known of those alone that were tried. @state is at such a level. */
static void use_list(struct explorer *explorer, struct factor *factor, struct state *state)
{
	forget_level(explorer, factor, state);
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

/* --- numbers that the script compares it with --- */

static bool text_follows(const struct space *space, const struct text *mark, const struct text *own,
			 const struct state *of_own)
{
	if (g_strcmp0(mark->name, own->name) != 0)
		return false;
	if (strcmp(mark->template, own->template) == 0)
		return true;
	if (!own->actual || mark->template[0] == '\001')
		return false;
	g_autofree char *expanded = template_expand(space, of_own, mark->template);

	return strcmp(expanded, own->actual) == 0;
}

static bool texts_follow(const struct space *space, const GPtrArray *mark, const GPtrArray *own,
			 const struct state *of_own)
{
	if (mark->len != own->len)
		return false;
	for (guint i = 0; i < mark->len; i++)
		if (!text_follows(space, mark->pdata[i], own->pdata[i], of_own))
			return false;
	return true;
}

/* Whether @own is the start of @mark with another value in the mark's place. */
static bool state_follows(const struct space *space, const struct state *mark,
			  const struct state *own)
{
	if (mark->items->len != own->items->len)
		return false;
	for (guint i = 0; i < mark->items->len; i++) {
		const struct item *one = mark->items->pdata[i], *other = own->items->pdata[i];

		if (one->kind != other->kind || !text_follows(space, one->key, other->key, own) ||
		    !texts_follow(space, one->fields, other->fields, own) ||
		    !texts_follow(space, one->parts, other->parts, own))
			return false;
	}
	return true;
}

static bool is_comparison(const char *operator)
{
	static const char *const operators[] = {"-gt", "-ge", "-lt", "-le", "-eq", "-ne", NULL};

	return g_strv_contains(operators, operator);
}

/* What the start at @number compared that number with. Adds to factor->numbers. */
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

		if (other && g_ascii_string_to_unsigned(other, 10, 0, G_MAXINT64, &number, NULL))
			g_array_append_val(factor->numbers, number);
	}
	return true;
}

static bool complain_size(const struct factor *factor, const char *number, GError **error)
{
	return error_set(error, THRESH_ERROR_INPUT,
			 "the entrypoint: what it does with %s depends on how large the number is "
			 "(%s and others differ), and a plan compares no numbers; fix %s "
			 "(thresh.yaml: entrypoint.fixed), or write the steps yourself "
			 "(entrypoint.plan)",
			 factor->name, number, factor->name);
}

/* Numbers beside a bound that no text has are refused: it has a range after all. */
static bool use_bounds(struct explorer *explorer, guint index, struct state *at, GError **error)
{
	struct factor *factor = space_factor(explorer->space, index);
	g_autofree char *beyond = number_beyond(factor);
	guint64 least, most;
	bool number, range;
	struct state *state;

	if (!takes(explorer, index, beyond, &number, error) ||
	    !find_range(explorer, index, number, &least, &most, &range, error))
		return false;
	if (!range)
		return complain_size(factor, beyond, error);
	factor_use_range(explorer->space, factor, least, most);
	return use_numbers(explorer, index, at, &state, error);
}

/* A plan does not compare numbers: those beside a bound must do what all others do. */
static bool check_sizes(struct explorer *explorer, guint index, struct state *at, GError **error)
{
	struct factor *factor = space_factor(explorer->space, index);
	bool refused = false;

	if (!state_executes(at) || !find_compared(explorer, index, at, error))
		return state_executes(at) ? false : true;
	g_autoptr(GArray) bounds = bounds_of(factor);

	for (guint i = 0; i < bounds->len; i++) {
		g_autofree char *text =
			g_strdup_printf("%" G_GUINT64_FORMAT, g_array_index(bounds, guint64, i));
		guint known = factor->levels->len;
		guint level = factor_level(factor, LEVEL_LITERAL, text);
		struct state *state = NULL;

		if (level && !explorer_toggle(explorer, index, level, &state, error))
			return false;
		bool follows = !state || !state_executes(state) ||
			       state_follows(explorer->space, at, state);

		refused |= state && !state_executes(state);

		if (state && level >= known)
			drop_level(explorer, factor, state);
		if (!follows)
			return complain_size(factor, text, error);
	}
	return !refused || factor->most < G_MAXINT64 || use_bounds(explorer, index, at, error);
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
	if (!state || !state_complains(state))
		return !state || check_sizes(explorer, index, state, error);
	use_list(explorer, factor, state);
	if (!explorer_toggle(explorer, index, factor_level(factor, LEVEL_LITERAL, number), &state,
			     error))
		return false;
	if (state)
		forget_level(explorer, factor, state);
	return true;
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
