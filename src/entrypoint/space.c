/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/space.h"

#include "entrypoint/chance.h"
#include "entrypoint/edit.h"
#include "entrypoint/escape.h"
#include "entrypoint/slice.h"
#include "entrypoint/template.h"

#include <fnmatch.h>
#include <string.h>

enum { MAX_LEVELS = 250, SECRET_MODE = 0444 };

static void level_free(struct level *level)
{
	g_free(level->value);
	g_free(level->path);
	g_free(level->label);
	g_clear_pointer(&level->words, g_ptr_array_unref);
	g_clear_pointer(&level->marks, g_ptr_array_unref);
	g_free(level);
}

static void factor_free(struct factor *factor)
{
	g_free(factor->name);
	g_free(factor->refused);
	g_ptr_array_unref(factor->levels);
	g_ptr_array_unref(factor->patterns);
	g_ptr_array_unref(factor->among);
	g_ptr_array_unref(factor->samples);
	g_ptr_array_unref(factor->alike);
	g_ptr_array_unref(factor->defaults);
	g_ptr_array_unref(factor->unlike);
	g_array_unref(factor->numbers);
	g_free(factor);
}

static struct level *factor_add(struct factor *factor, enum level_kind kind, const char *label)
{
	struct level *level = g_new0(struct level, 1);

	level->kind = kind;
	level->label = g_strdup(label);
	g_ptr_array_add(factor->levels, level);
	return level;
}

static struct factor *factor_new(struct space *space, enum factor_kind kind, const char *name)
{
	struct factor *factor = g_new0(struct factor, 1);

	factor->kind = kind;
	factor->name = g_strdup(name);
	factor->number = space->factors->len;
	factor->levels = g_ptr_array_new_with_free_func((GDestroyNotify)level_free);
	factor->patterns = g_ptr_array_new_with_free_func(g_free);
	factor->among = g_ptr_array_new_with_free_func(g_free);
	factor->samples = g_ptr_array_new_with_free_func(g_free);
	factor->alike = g_ptr_array_new_with_free_func(g_free);
	factor->defaults = g_ptr_array_new_with_free_func(g_free);
	factor->unlike = g_ptr_array_new_with_free_func(g_free);
	factor->numbers = g_array_new(FALSE, FALSE, sizeof(guint64));
	factor_add(factor, LEVEL_PLAIN, "plain");
	g_ptr_array_add(space->factors, factor);
	return factor;
}

static GPtrArray *strings_copy(const GPtrArray *strings)
{
	GPtrArray *copy = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; strings && i < strings->len; i++)
		g_ptr_array_add(copy, g_strdup(strings->pdata[i]));
	return copy;
}

static void environment_put(GHashTable *environment, const char *entry)
{
	const char *equals = strchr(entry, '=');

	if (equals)
		g_hash_table_insert(environment, g_strndup(entry, equals - entry),
				    g_strdup(equals + 1));
	else
		g_hash_table_remove(environment, entry);
}

struct space *space_new(const struct start_request *request)
{
	struct space *space = g_new0(struct space, 1);

	space->factors = g_ptr_array_new_with_free_func((GDestroyNotify)factor_free);
	space->plain = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	space->split = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	space->untold = g_ptr_array_new_with_free_func(g_free);
	space->foreign = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	space->rests_behind = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	space->trees = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	space->edits = g_ptr_array_new_with_free_func((GDestroyNotify)edit_file_free);
	space->chances = chances_new();
	space->escapes = escapes_new();
	space->slices = slices_new();
	space->request = request;
	if (request->hostname && *request->hostname)
		chances_add_hostname(space->chances, request->hostname);
	chances_add_machine(space->chances);
	space->command = strings_copy(request->arguments);
	space->workdir = g_strdup(request->workdir ? request->workdir : "/");
	for (guint i = 0; request->environment && i < request->environment->len; i++)
		environment_put(space->plain, request->environment->pdata[i]);
	factor_new(space, FACTOR_ARGUMENTS, "arguments");
	factor_new(space, FACTOR_FILES, "files");
	return space;
}

void space_free(struct space *space)
{
	if (!space)
		return;
	g_ptr_array_unref(space->factors);
	g_hash_table_unref(space->plain);
	g_hash_table_unref(space->split);
	g_ptr_array_unref(space->untold);
	g_hash_table_unref(space->foreign);
	g_hash_table_unref(space->trees);
	g_hash_table_unref(space->rests_behind);
	g_ptr_array_unref(space->command);
	for (guint i = 0; i <= SPACE_MAX_REST; i++)
		g_clear_pointer(&space->behind[i], g_ptr_array_unref);
	g_ptr_array_unref(space->edits);
	g_clear_pointer(&space->usual, g_ptr_array_unref);
	g_ptr_array_unref(space->chances);
	g_ptr_array_unref(space->escapes);
	g_ptr_array_unref(space->slices);
	g_clear_pointer(&space->prepend, g_ptr_array_unref);
	g_clear_pointer(&space->prepended, g_ptr_array_unref);
	g_free(space->workdir);
	g_free(space);
}

struct factor *space_factor(const struct space *space, guint index)
{
	return space->factors->pdata[index];
}

static bool is_shipped(const struct start_request *request, const char *path)
{
	return g_strcmp0(path, request->other_program) == 0 ||
	       (request->is_shipped && request->is_shipped(path, request->shipped_user));
}

bool space_has_program(const struct space *space, const char *word)
{
	const char *search = g_hash_table_lookup(space->plain, "PATH");
	g_auto(GStrv) directories = g_strsplit(search ? search : "", ":", -1);

	if (!*word || strchr(word, '/'))
		return *word && is_shipped(space->request, word);
	for (char **directory = directories; *directory; directory++) {
		g_autofree char *path = g_strconcat(*directory, "/", word, NULL);

		if (**directory == '/' && is_shipped(space->request, path))
			return true;
	}
	return false;
}

static void factor_add_value(struct factor *factor, enum level_kind kind, char *value)
{
	g_autofree char *label = g_strdup_printf("%s=%s", factor->name, value);

	factor_add(factor, kind, label)->value = value;
}

/* Marks are of one length, none is part of another, and each begins with a letter. */
static void factor_add_marks(struct factor *factor)
{
	guint number = factor->number;

	factor_add_value(factor, LEVEL_MARK, g_strdup_printf("Zq%03ukxA", number));
	/* of another length, which may matter too */
	factor_add_value(factor, LEVEL_AGAIN, g_strdup_printf("Zq%03ukxBbb", number));
	factor_add_value(factor, LEVEL_WORDS,
			 g_strdup_printf("Zq%03ukxC Zq%03ukxD", number, number));
}

enum { MIN_OWN_BYTES = 6 }; /* below it, a value may stand anywhere by chance */

static bool is_own(const struct start_request *request, const char *name, const char *plain)
{
	for (guint i = 0; plain && request->own && i < request->own->len; i++)
		if (strcmp(request->own->pdata[i], name) == 0)
			return strlen(plain) >= MIN_OWN_BYTES;
	return false;
}

struct factor *space_find(const struct space *space, const char *name)
{
	for (guint i = SPACE_FIRST_VARIABLE; i < space->factors->len; i++)
		if (strcmp(space_factor(space, i)->name, name) == 0)
			return space_factor(space, i);
	return NULL;
}

struct factor *space_variable(struct space *space, const char *name)
{
	struct factor *known = space_find(space, name);

	if (known)
		return known;
	if (space->factors->len >= START_MAX_VARIABLES + SPACE_FIRST_VARIABLE)
		return NULL;
	struct factor *factor = factor_new(space, FACTOR_VARIABLE, name);
	const char *plain = g_hash_table_lookup(space->plain, name);
	g_autofree char *unset = g_strdup_printf("%s unset", name);
	g_autofree char *empty = g_strdup_printf("%s empty", name);

	if (plain)
		factor_add(factor, LEVEL_UNSET, unset);
	if (!plain || *plain)
		factor_add(factor, LEVEL_EMPTY, empty)->value = g_strdup("");
	factor_add_marks(factor);
	factor->own = is_own(space->request, name, plain);
	return factor;
}

guint factor_beside(struct factor *factor, guint index, guint beside)
{
	const struct level *one = factor->levels->pdata[index];
	const struct level *other = factor->levels->pdata[beside];

	if (factor->levels->len >= MAX_LEVELS)
		return 0;
	g_autofree char *label = g_strdup_printf("%s, %s", one->label, other->label);
	struct level *level = factor_add(factor, LEVEL_GIVEN, label);

	level->path = g_strdup(one->path);
	level->value = g_strdup(one->value);
	level->directory = one->directory;
	level->mode = one->mode;
	level->beside = other;
	return factor->levels->len - 1;
}

guint factor_find(const struct factor *factor, enum level_kind kind)
{
	for (guint i = 0; i < factor->levels->len; i++)
		if (((struct level *)factor->levels->pdata[i])->kind == kind)
			return i;
	return 0;
}

guint factor_level(struct factor *factor, enum level_kind kind, const char *value)
{
	for (guint i = 1; i < factor->levels->len; i++) {
		const struct level *level = factor->levels->pdata[i];

		if (g_strcmp0(level->value, value) == 0 &&
		    (level->kind == kind || (value && level->kind == LEVEL_EMPTY)))
			return i;
	}
	if (factor->levels->len >= MAX_LEVELS)
		return 0;
	factor_add_value(factor, kind, g_strdup(value));
	return factor->levels->len - 1;
}

static bool words_equal(const GPtrArray *a, const GPtrArray *b)
{
	if (a->len != b->len)
		return false;
	for (guint i = 0; i < a->len; i++)
		if (strcmp(a->pdata[i], b->pdata[i]) != 0)
			return false;
	return true;
}

static char *words_label(const GPtrArray *words)
{
	GString *label = g_string_new("arguments:");

	for (guint i = 0; i < words->len; i++)
		g_string_append_printf(label, " %s", (char *)words->pdata[i]);
	return g_string_free(label, FALSE);
}

guint factor_arguments(struct factor *factor, const GPtrArray *words, const GPtrArray *marks)
{
	for (guint i = 1; i < factor->levels->len; i++)
		if (words_equal(((struct level *)factor->levels->pdata[i])->words, words))
			return i;
	if (factor->levels->len >= MAX_LEVELS)
		return 0;
	g_autofree char *label = words_label(words);
	struct level *level = factor_add(factor, LEVEL_ARGUMENTS, label);

	level->words = strings_copy(words);
	level->marks = strings_copy(marks);
	return factor->levels->len - 1;
}

guint factor_path(struct factor *factor, enum level_kind kind, const char *path, bool directory)
{
	static const char *const verbs[] = {[LEVEL_SECRET] = "in a file",
					    [LEVEL_LATER] = "later start",
					    [LEVEL_CHANGED] = "later start, after others",
					    [LEVEL_GIVEN] = "given",
					    [LEVEL_ABSENT] = "later start without"};

	for (guint i = 1; i < factor->levels->len; i++) {
		const struct level *level = factor->levels->pdata[i];

		if (level->kind == kind && g_strcmp0(level->path, path) == 0)
			return i;
	}
	if (factor->levels->len >= MAX_LEVELS)
		return 0;
	g_autofree char *label =
		kind == LEVEL_SECRET
			? g_strdup_printf("%s in a file", factor->name)
			: g_strdup_printf("%s%s%s", verbs[kind], path ? " " : "", path ? path : "");
	struct level *level = factor_add(factor, kind, label);

	level->path = g_strdup(path);
	level->directory = directory;
	if (kind == LEVEL_SECRET)
		level->value = g_strdup_printf("Zq%03ukxS", factor->number);
	if (kind == LEVEL_GIVEN && !directory)
		level->value =
			g_strdup_printf("Zq%03ukxG%u\n", factor->number, factor->levels->len - 1);
	return factor->levels->len - 1;
}

guint factor_given(struct factor *factor, const char *path, const char *content, const char *which)
{
	for (guint i = 1; i < factor->levels->len; i++) {
		const struct level *level = factor->levels->pdata[i];

		if (level->kind == LEVEL_GIVEN && strcmp(level->path, path) == 0 &&
		    g_strcmp0(level->value, content) == 0)
			return i;
	}
	if (factor->levels->len >= MAX_LEVELS)
		return 0;
	g_autofree char *label = g_strdup_printf("given %s %s", path, which);
	struct level *level = factor_add(factor, LEVEL_GIVEN, label);

	level->path = g_strdup(path);
	level->value = g_strdup(content);
	return factor->levels->len - 1;
}

guint state_level(const struct state *state, guint factor)
{
	return factor < state->levels->len ? state->levels->data[factor] : 0;
}

GByteArray *levels_with(const GByteArray *levels, guint factor, guint level)
{
	GByteArray *copy = g_byte_array_new();

	g_byte_array_append(copy, levels->data, levels->len);
	while (copy->len <= factor)
		g_byte_array_append(copy, (const guint8 *)"", 1);
	copy->data[factor] = level;
	return copy;
}

static const struct level *state_at(const struct space *space, const struct state *state,
				    guint factor)
{
	return space_factor(space, factor)->levels->pdata[state_level(state, factor)];
}

static void mark_free(struct mark *mark)
{
	g_free(mark->text);
	g_free(mark->template);
	g_free(mark);
}

static void state_add_mark(struct state *state, const char *text, char *template)
{
	struct mark *mark = g_new0(struct mark, 1);

	mark->text = g_strdup(text);
	mark->template = template;
	mark->number = strspn(text, "0123456789") == strlen(text);
	g_ptr_array_add(state->marks, mark);
}

static void state_mark_plain(struct state *state, const struct factor *factor)
{
	const char *value = g_hash_table_lookup(state->environment, factor->name);

	if (factor->own && value)
		state_add_mark(state, value, g_strdup_printf("${%s}", factor->name));
}

static void state_set_variable(struct state *state, const struct factor *factor,
			       const struct level *level)
{
	if (level->kind == LEVEL_PLAIN) {
		state_mark_plain(state, factor);
		return;
	}
	if (level->kind == LEVEL_UNSET) {
		g_hash_table_remove(state->environment, factor->name);
		return;
	}
	g_hash_table_insert(state->environment, g_strdup(factor->name), g_strdup(level->value));
	if (level->kind != LEVEL_EMPTY && level->kind != LEVEL_LITERAL)
		state_add_mark(state, level->value, g_strdup_printf("${%s}", factor->name));
}

static void state_set_arguments(const struct space *space, struct state *state)
{
	const struct level *level = state_at(space, state, SPACE_ARGUMENTS);
	const GPtrArray *words = level->words ? level->words : space->command;

	for (guint i = 0; i < words->len; i++)
		g_ptr_array_add(state->arguments, g_strdup(words->pdata[i]));
}

static gint mark_compare(gconstpointer a, gconstpointer b)
{
	const struct mark *left = *(struct mark *const *)a, *right = *(struct mark *const *)b;
	gsize left_bytes = strlen(left->text), right_bytes = strlen(right->text);

	if (left_bytes != right_bytes)
		return left_bytes > right_bytes ? -1 : 1;
	return strcmp(left->text, right->text);
}

static char *state_describe(const struct space *space, const struct state *state)
{
	GString *name = g_string_new(NULL);

	for (guint i = 0; i < state->levels->len; i++)
		if (state->levels->data[i])
			g_string_append_printf(name, "%s%s", name->len ? ", " : "",
					       state_at(space, state, i)->label);
	if (name->len == 0)
		g_string_append(name, "plain");
	return g_string_free(name, FALSE);
}

/* ${1} to ${9} of the arguments as the plan has them after what it puts before them. */
static void state_mark_arguments(const struct space *space, struct state *state)
{
	const struct level *level = state_at(space, state, SPACE_ARGUMENTS);
	g_autoptr(GPtrArray) words = state_words(space, state);

	for (guint i = 0; level->marks && i < words->len && i < 9; i++)
		for (guint j = 0; j < level->marks->len; j++)
			if (strcmp(words->pdata[i], level->marks->pdata[j]) == 0)
				state_add_mark(state, words->pdata[i],
					       g_strdup_printf("${%u}", i + 1));
}

struct state *space_state(const struct space *space, const GByteArray *levels)
{
	struct state *state = g_new0(struct state, 1);
	GHashTableIter iter;
	gpointer name, value;

	state->levels = g_byte_array_new();
	g_byte_array_append(state->levels, levels->data, levels->len);
	state->environment = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	state->arguments = g_ptr_array_new_with_free_func(g_free);
	state->marks = g_ptr_array_new_with_free_func((GDestroyNotify)mark_free);
	g_hash_table_iter_init(&iter, space->plain);
	while (g_hash_table_iter_next(&iter, &name, &value))
		g_hash_table_insert(state->environment, g_strdup(name), g_strdup(value));
	for (guint i = SPACE_FIRST_VARIABLE; i < space->factors->len; i++)
		state_set_variable(state, space_factor(space, i), state_at(space, state, i));
	state_set_arguments(space, state);
	state_mark_arguments(space, state);
	g_ptr_array_sort(state->marks, mark_compare);
	state->name = state_describe(space, state);
	return state;
}

void state_add_own(struct state *state, const char *name, const char *value, bool marked)
{
	g_hash_table_insert(state->environment, g_strdup(name), g_strdup(value));
	if (!marked)
		return;
	state_add_mark(state, value, g_strdup_printf("${%s}", name));
	g_ptr_array_sort(state->marks, mark_compare);
}

void state_free(struct state *state)
{
	if (!state)
		return;
	g_free(state->name);
	g_byte_array_unref(state->levels);
	g_hash_table_unref(state->environment);
	g_ptr_array_unref(state->arguments);
	g_ptr_array_unref(state->marks);
	g_clear_pointer(&state->items, g_ptr_array_unref);
	start_record_free(state->record);
	g_free(state);
}

static void given_free(struct start_given *given)
{
	g_free(given->path);
	g_clear_pointer(&given->content, g_bytes_unref);
	g_free(given);
}

static void scenario_give(struct start_scenario *scenario, const char *path, uint32_t mode,
			  const char *content)
{
	struct start_given *given = g_new0(struct start_given, 1);

	given->path = g_strdup(path);
	given->mode = mode;
	given->content = content ? g_bytes_new(content, strlen(content)) : NULL;
	g_ptr_array_add(scenario->files, given);
}

void start_scenario_free(struct start_scenario *scenario)
{
	if (!scenario)
		return;
	g_free(scenario->name);
	g_clear_pointer(&scenario->environment, g_ptr_array_unref);
	g_clear_pointer(&scenario->arguments, g_ptr_array_unref);
	g_clear_pointer(&scenario->first_arguments, g_ptr_array_unref);
	g_clear_pointer(&scenario->first_environment, g_ptr_array_unref);
	g_clear_pointer(&scenario->files, g_ptr_array_unref);
	g_clear_pointer(&scenario->absent, g_ptr_array_unref);
	g_free(scenario);
}

static void set_variable(struct start_scenario *scenario, GPtrArray *environment,
			 const struct factor *factor, const struct level *level)
{
	if (level->kind == LEVEL_UNSET) {
		g_ptr_array_add(environment, g_strdup(factor->name));
	} else if (level->kind == LEVEL_SECRET) {
		scenario_give(scenario, level->path, SECRET_MODE, level->value);
		g_ptr_array_add(environment, g_strdup(factor->name));
		g_ptr_array_add(environment,
				g_strdup_printf("%s_FILE=%s", factor->name, level->path));
	} else if (level->kind != LEVEL_PLAIN) {
		g_ptr_array_add(environment, g_strdup_printf("%s=%s", factor->name, level->value));
	}
}

/* Its other mark, where it may have had that at the first of two starts; else NULL. */
static const struct level *level_before(const struct space *space, const struct state *state,
					guint index)
{
	const struct factor *factor = space_factor(space, index);
	guint other = factor_find(factor, LEVEL_AGAIN);
	bool changes = state_at(space, state, SPACE_FILES)->kind == LEVEL_CHANGED &&
		       state_at(space, state, index)->kind == LEVEL_MARK && !factor->in_path;

	return changes && other ? factor->levels->pdata[other] : NULL;
}

static void scenario_set_variables(const struct space *space, struct start_scenario *scenario,
				   const struct state *state)
{
	if (state_at(space, state, SPACE_FILES)->kind == LEVEL_CHANGED)
		scenario->first_environment = g_ptr_array_new_with_free_func(g_free);
	for (guint i = SPACE_FIRST_VARIABLE; i < state->levels->len; i++) {
		const struct factor *factor = space_factor(space, i);
		const struct level *now = state_at(space, state, i);
		const struct level *before = level_before(space, state, i);

		set_variable(scenario, scenario->environment, factor, now);
		if (scenario->first_environment)
			set_variable(scenario, scenario->first_environment, factor,
				     before ? before : now);
	}
}

bool space_outlives(const struct space *space, const char *path)
{
	return start_outlives(space->request->volumes, path);
}

bool state_changes(const struct space *space, const struct state *state, const char *template)
{
	for (guint i = SPACE_FIRST_VARIABLE; i < state->levels->len; i++) {
		g_autofree char *hole = g_strdup_printf("${%s}", space_factor(space, i)->name);

		if (level_before(space, state, i) && strstr(template, hole))
			return true;
	}
	return false;
}

static void scenario_set_files(const struct space *space, struct start_scenario *scenario,
			       const struct level *level)
{
	if (level->kind == LEVEL_LATER || level->kind == LEVEL_CHANGED ||
	    level->kind == LEVEL_ABSENT)
		scenario->starts = 2;
	if (level->kind == LEVEL_ABSENT)
		g_ptr_array_add(scenario->absent, g_strdup(level->path));
	for (const struct level *given = level; given && given->kind == LEVEL_GIVEN;
	     given = given->beside)
		scenario_give(scenario, given->path,
			      given->mode        ? given->mode
			      : given->directory ? 0755
						 : 0644,
			      given->value);
	for (guint i = 0; i < scenario->files->len; i++) {
		struct start_given *given = scenario->files->pdata[i];

		given->uid = space->uid;
		given->gid = space->gid;
	}
}

/* Other arguments later find what the usual ones left: their own may leave nothing, or fail. */
static void scenario_set_first(const struct space *space, struct start_scenario *scenario,
			       const struct state *state)
{
	const GPtrArray *usual = space->usual ? space->usual : space->command;

	if (scenario->starts == 2 && !words_equal(usual, state->arguments))
		scenario->first_arguments = strings_copy(usual);
}

struct start_scenario *state_scenario(const struct space *space, const struct state *state)
{
	struct start_scenario *scenario = g_new0(struct start_scenario, 1);

	scenario->name = g_strdup(state->name);
	scenario->environment = g_ptr_array_new_with_free_func(g_free);
	scenario->files = g_ptr_array_new_with_free_func((GDestroyNotify)given_free);
	scenario->absent = g_ptr_array_new_with_free_func(g_free);
	scenario->starts = 1;
	if (state_level(state, SPACE_ARGUMENTS))
		scenario->arguments = strings_copy(state->arguments);
	scenario_set_files(space, scenario, state_at(space, state, SPACE_FILES));
	scenario_set_first(space, scenario, state);
	scenario_set_variables(space, scenario, state);
	return scenario;
}

const char *state_value(const struct state *state, const char *name)
{
	return g_hash_table_lookup(state->environment, name);
}

const char *state_exported(const struct space *space, const struct state *state, const char *name)
{
	const struct factor *factor = space_find(space, name);

	return factor && factor->secret ? NULL : state_value(state, name);
}

static bool space_prepends(const struct space *space, const GPtrArray *arguments)
{
	if (space->prepends_unknown &&
	    !space_has_program(space, arguments->len ? arguments->pdata[0] : ""))
		return true;
	for (guint i = 0; space->prepend && i < space->prepended->len; i++) {
		const char *pattern = space->prepended->pdata[i];

		if (arguments->len == 0 ? !*pattern
					: *pattern && fnmatch(pattern, arguments->pdata[0], 0) == 0)
			return true;
	}
	return false;
}

GPtrArray *state_words(const struct space *space, const struct state *state)
{
	GPtrArray *words = g_ptr_array_new();

	if (space_prepends(space, state->arguments))
		for (guint i = 0; i < space->prepend->len; i++)
			g_ptr_array_add(words, space->prepend->pdata[i]);
	for (guint i = 0; i < state->arguments->len; i++)
		g_ptr_array_add(words, state->arguments->pdata[i]);
	return words;
}

static const struct start_step *state_end(const struct state *state)
{
	const GPtrArray *steps = state->record->steps;

	return steps->len ? steps->pdata[steps->len - 1] : NULL;
}

bool state_executes(const struct state *state)
{
	const struct start_step *end = state_end(state);

	return end && end->kind == START_EXEC;
}

int state_failure(const struct state *state)
{
	const struct start_step *end = state_end(state);

	return end && end->kind == START_EXIT ? end->status : 0;
}
