/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/condition.h"

#include "base/path.h"
#include "entrypoint/slice.h"
#include "entrypoint/template.h"
#include "plan/text.h"
#include "plan/value.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_COUNTED = 4 };

static void condition_free(struct condition *condition)
{
	g_free(condition->name);
	g_free(condition->text);
	g_free(condition);
}

GPtrArray *conditions_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)condition_free);
}

void conditions_add(GPtrArray *conditions, enum condition_kind kind, const char *name,
		    const char *text)
{
	for (guint i = 0; i < conditions->len; i++) {
		const struct condition *known = conditions->pdata[i];

		if (known->kind == kind && g_strcmp0(known->name, name) == 0 &&
		    g_strcmp0(known->text, text) == 0)
			return;
	}
	struct condition *condition = g_new0(struct condition, 1);

	condition->kind = kind;
	condition->name = g_strdup(name);
	condition->text = g_strdup(text);
	g_ptr_array_add(conditions, condition);
}

static bool is_line_of(const char *lines, const char *value)
{
	g_auto(GStrv) each = g_strsplit(lines, "\n", -1);

	return g_strv_contains((const char *const *)each, value);
}

static bool is_told_apart(const struct factor *factor, const char *value)
{
	for (guint i = 0; i < factor->alike->len; i++)
		if (is_line_of(factor->alike->pdata[i], value))
			return false;
	return true;
}

static void add_equals(GPtrArray *conditions, const struct factor *factor, const char *value)
{
	g_autofree char *sample = g_strdup_printf(SAMPLE_FORMAT, factor->number);

	if (is_told_apart(factor, value) && !strstr(value, sample))
		conditions_add(conditions, CONDITION_EQUALS, factor->name, value);
}

/* @name: of the variable, or the number of the argument. */
static void add_patterns(GPtrArray *conditions, const struct factor *factor, const char *name,
			 const GPtrArray *patterns)
{
	bool argument = factor->kind == FACTOR_ARGUMENTS;

	for (guint i = 0; i < patterns->len; i++) {
		const char *pattern = patterns->pdata[i];

		if (strpbrk(pattern, "*?["))
			conditions_add(conditions,
				       argument ? CONDITION_ARGUMENT_MATCHES : CONDITION_MATCHES,
				       name, pattern);
		else if (argument)
			conditions_add(conditions, CONDITION_ARGUMENT_EQUALS, name, pattern);
		else
			add_equals(conditions, factor, pattern);
	}
}

/* `-gt` and `-le`, `-ge` and `-lt`, `-eq` and `-ne` of each number that it is compared with. */
static void add_sizes(GPtrArray *conditions, const struct factor *factor)
{
	for (guint i = 0; factor->sized && i < factor->numbers->len; i++) {
		gint64 number = (gint64)g_array_index(factor->numbers, guint64, i);
		g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, number);
		g_autofree char *below = g_strdup_printf("%" G_GINT64_FORMAT, number - 1);

		conditions_add(conditions, CONDITION_ABOVE, factor->name, text);
		conditions_add(conditions, CONDITION_ABOVE, factor->name, below);
		add_equals(conditions, factor, text);
	}
}

/* How often the text stands in it at which it is taken apart. */
static void add_counts(GPtrArray *conditions, const struct slice *slice, const char *text)
{
	static const char *const forms[] = {"*S*", "*S*S*", "*S*S*S*"};

	for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
		g_autofree char *pattern = slice_pattern(forms[i], text);

		conditions_add(conditions, CONDITION_MATCHES, slice->variable, pattern);
	}
}

static void add_slices(GPtrArray *conditions, const struct space *space,
		       const struct factor *factor)
{
	for (guint i = 0; i < space->slices->len; i++) {
		const struct slice *slice = space->slices->pdata[i];

		if (strcmp(slice->variable, factor->name) != 0)
			continue;
		/* more of them would explain anything */
		if (slice->cuts->len == 1)
			conditions_add(conditions, CONDITION_FILLED, slice->name, NULL);
		for (guint j = 0; j < slice->cuts->len; j++)
			add_counts(conditions, slice,
				   g_array_index(slice->cuts, struct cut, j).text);
	}
}

static void add_variable(GPtrArray *conditions, const struct space *space,
			 const struct factor *factor)
{
	const char *plain = g_hash_table_lookup(space->plain, factor->name);

	conditions_add(conditions, CONDITION_FILLED, factor->name, NULL);
	conditions_add(conditions, CONDITION_SET, factor->name, NULL);
	for (guint i = 0; i < factor->alike->len; i++)
		conditions_add(conditions, CONDITION_ONE_OF, factor->name, factor->alike->pdata[i]);
	add_sizes(conditions, factor);
	add_slices(conditions, space, factor);
	/* of two that tell the same starts apart, what the script itself compares with */
	add_patterns(conditions, factor, factor->name, factor->patterns);
	for (guint i = 0; i < factor->levels->len; i++) {
		const struct level *level = factor->levels->pdata[i];

		if (level->kind == LEVEL_LITERAL && *level->value)
			add_equals(conditions, factor, level->value);
	}
	/* the image's own value may be the only one that the script takes */
	if (plain && *plain && !factor->own)
		add_equals(conditions, factor, plain);
}

/* Whether there are more words than the image's own. */
static void add_count(GPtrArray *conditions, const struct space *space)
{
	g_autofree char *count = g_strdup_printf("%u", space->command->len);

	if (space->command->len)
		conditions_add(conditions, CONDITION_COUNT, NULL, count);
}

/* Of the first; of one behind it, where the script compares that, or was seen to shift to it. */
static void add_arguments(GPtrArray *conditions, const struct space *space)
{
	const struct factor *factor = space_factor(space, SPACE_ARGUMENTS);

	/* of two that tell the same starts apart, what the script itself compares with */
	add_patterns(conditions, factor, "1", factor->patterns);
	if (space->command->len)
		conditions_add(conditions, CONDITION_ARGUMENT_EQUALS, "1",
			       space->command->pdata[0]);
	conditions_add(conditions, CONDITION_NONE, NULL, NULL);
	add_count(conditions, space);
	if (factor->asks_program)
		conditions_add(conditions, CONDITION_PROGRAM, NULL, NULL);
	for (guint i = 0; i < factor->among->len; i++)
		conditions_add(conditions, CONDITION_AMONG, NULL, factor->among->pdata[i]);
	for (guint i = 2; i <= SPACE_MAX_REST; i++) {
		g_autofree char *name = g_strdup_printf("%u", i);

		if (i <= space->command->len)
			conditions_add(conditions, CONDITION_ARGUMENT_EQUALS, name,
				       space->command->pdata[i - 1]);
		if (space->behind[i])
			add_patterns(conditions, factor, name, space->behind[i]);
		if (space->rests & 1U << i)
			add_patterns(conditions, factor, name, factor->patterns);
	}
	/* last: how many there are tells starts apart that differ in what they are */
	for (guint i = 1; i <= MAX_COUNTED; i++) {
		g_autofree char *name = g_strdup_printf("%u", i);

		conditions_add(conditions, CONDITION_ARGUMENT_EQUALS, name, "");
	}
}

GPtrArray *conditions_of(const struct space *space, const GPtrArray *files)
{
	GPtrArray *conditions = conditions_new();

	for (guint i = SPACE_FIRST_VARIABLE; i < space->factors->len; i++)
		if (space_factor(space, i)->levels->len > 1)
			add_variable(conditions, space, space_factor(space, i));
	if (space_factor(space, SPACE_ARGUMENTS)->levels->len > 1)
		add_arguments(conditions, space);
	for (guint i = 0; files && i < files->len; i++) {
		const struct condition *file = files->pdata[i];

		conditions_add(conditions, CONDITION_FILE, file->name, file->text);
	}
	return conditions;
}

/* What a later start finds is there; what was given is there, and the directories above it. */
static bool file_holds(const struct condition *condition, const struct space *space,
		       const struct state *state)
{
	const struct level *level =
		space_factor(space, SPACE_FILES)->levels->pdata[state_level(state, SPACE_FILES)];
	g_autofree char *path = template_expand(space, state, condition->text);
	bool left = !g_hash_table_contains(space->foreign, condition->text);

	switch (level->kind) {
	case LEVEL_LATER:
	case LEVEL_CHANGED:
		return left;
	case LEVEL_GIVEN:
		while (level && !path_is_below(level->path, path))
			level = level->beside;
		return level != NULL;
	case LEVEL_ABSENT:
		return left && !path_is_below(path, level->path);
	default:
		return false;
	}
}

static bool is_above(const char *value, const char *bound)
{
	const int64_t range[] = {g_ascii_strtoll(bound, NULL, 10) + 1, INT64_MAX};

	return plan_value_is(PLAN_VALUE_INTEGER, value, range);
}

static bool any_matches(const char *pattern, const GPtrArray *words)
{
	for (guint i = 0; i < words->len; i++)
		if (fnmatch(pattern, words->pdata[i], 0) == 0)
			return true;
	return false;
}

bool condition_holds(const struct condition *condition, const struct space *space,
		     const struct state *state)
{
	const char *value = condition->name ? state_value(state, condition->name) : NULL;
	g_autoptr(GPtrArray) words = state_words(space, state);
	guint argument = condition_is_of_arguments(condition) && condition->name
				 ? (guint)atoi(condition->name)
				 : 1;
	const char *word = argument <= words->len ? words->pdata[argument - 1] : "";

	switch (condition->kind) {
	case CONDITION_FILLED:
		return value && *value;
	case CONDITION_SET:
		return value != NULL;
	case CONDITION_EQUALS:
		return strcmp(value ? value : "", condition->text) == 0;
	case CONDITION_ONE_OF:
		return is_line_of(condition->text, value ? value : "");
	case CONDITION_MATCHES:
		return fnmatch(condition->text, value ? value : "", 0) == 0;
	case CONDITION_ABOVE:
		return is_above(value ? value : "", condition->text);
	case CONDITION_NONE:
		return words->len == 0;
	case CONDITION_COUNT:
		return words->len == g_ascii_strtoull(condition->text, NULL, 10);
	case CONDITION_ARGUMENT_EQUALS:
		return strcmp(word, condition->text) == 0;
	case CONDITION_ARGUMENT_MATCHES:
		return fnmatch(condition->text, word, 0) == 0;
	case CONDITION_AMONG:
		return any_matches(condition->text, words);
	case CONDITION_PROGRAM:
		return space_has_program(space, word);
	case CONDITION_FILE:
		return file_holds(condition, space, state);
	}
	return false;
}

/* A literal as a template. */
static char *quoted_literal(const char *word)
{
	g_autofree char *template = plan_literal(word);

	return plan_quoted(template);
}

static char *file_line(const struct condition *condition, bool holds)
{
	static const char *const opposite[][2] = {{"exists", "absent"}, {"populated", "vacant"}};
	g_autofree char *path = plan_quoted(condition->text);

	if (holds)
		return g_strdup_printf("if %s %s", condition->name, path);
	for (gsize i = 0; i < G_N_ELEMENTS(opposite); i++)
		if (strcmp(opposite[i][0], condition->name) == 0)
			return g_strdup_printf("if %s %s", opposite[i][1], path);
	return NULL;
}

char *condition_line(const struct condition *condition, bool holds)
{
	g_autofree char *text =
		condition->text ? condition->kind == CONDITION_EQUALS ||
						  condition->kind == CONDITION_ARGUMENT_EQUALS
					  ? quoted_literal(condition->text)
					  : plan_quoted(condition->text)
				: NULL;

	switch (condition->kind) {
	case CONDITION_FILLED:
		return g_strdup_printf("if %s %s", holds ? "filled" : "empty", condition->name);
	case CONDITION_SET:
		return g_strdup_printf("if %s %s", holds ? "set" : "unset", condition->name);
	case CONDITION_EQUALS:
	case CONDITION_ARGUMENT_EQUALS:
		return g_strdup_printf("if %s ${%s} %s", holds ? "equals" : "differs",
				       condition->name, text);
	case CONDITION_ONE_OF:
		return NULL;
	case CONDITION_MATCHES:
	case CONDITION_ARGUMENT_MATCHES:
		return g_strdup_printf("if %s ${%s} %s", holds ? "matches" : "unlike",
				       condition->name, text);
	case CONDITION_ABOVE: /* what is no number is neither above nor below */
		return holds ? g_strdup_printf("if above ${%s} %s", condition->name,
					       condition->text)
			     : NULL;
	case CONDITION_NONE:
		return g_strdup_printf("if %s ${#} 0", holds ? "equals" : "differs");
	case CONDITION_COUNT:
		return g_strdup_printf("if %s ${#} %s", holds ? "equals" : "differs", text);
	case CONDITION_AMONG:
		return holds ? g_strdup_printf("if among %s", text) : NULL;
	case CONDITION_PROGRAM:
		return holds ? g_strdup("if program ${1}") : NULL;
	case CONDITION_FILE:
		return file_line(condition, holds);
	}
	return NULL;
}

char *condition_lines(const struct condition *condition, const char *name)
{
	GString *lines = g_string_new(NULL);
	bool several = condition->kind == CONDITION_ONE_OF;
	g_auto(GStrv) values = g_strsplit(several ? condition->text : " ", "\n", -1);

	for (char **value = values; *value; value++) {
		const struct condition one = {CONDITION_EQUALS, condition->name, *value};
		g_autofree char *line = condition_line(several ? &one : condition, true);

		g_string_append_printf(lines, "%s\nlet %s yes\nend\n", line, name);
	}
	return g_string_free(lines, FALSE);
}

char *condition_describe(const struct condition *condition)
{
	g_autofree char *line = condition_line(condition, true);

	if (condition->kind != CONDITION_ONE_OF)
		return g_strdup(line + strlen("if "));
	g_auto(GStrv) values = g_strsplit(condition->text, "\n", -1);
	g_autofree char *list = g_strjoinv(" ", values);

	return g_strdup_printf("one of ${%s} %s", condition->name, list);
}

bool condition_is_of_arguments(const struct condition *condition)
{
	return condition->kind == CONDITION_NONE || condition->kind == CONDITION_COUNT ||
	       condition->kind == CONDITION_ARGUMENT_EQUALS ||
	       condition->kind == CONDITION_ARGUMENT_MATCHES ||
	       condition->kind == CONDITION_AMONG || condition->kind == CONDITION_PROGRAM;
}
