/* SPDX-License-Identifier: Apache-2.0 */
/* Later starts: which files the script looks for, and whether they alone explain what a later start
 * leaves out. */
#include "base/error.h"
#include "base/path.h"
#include "entrypoint/chance.h"
#include "entrypoint/explore.h"
#include "entrypoint/factor.h"
#include "entrypoint/template.h"
#include "plan/text.h"

#include <string.h>

enum { MAX_PATHS = 10 };

/* A condition of the plan for a shell's operator; NULL: none is like it. */
static const char *condition_of_operator(const char *operator)
{
	static const char *const names[][2] = {
		{"-s", "populated"}, {"-d", "directory"},  {"-e", "exists"}, {"-a", "exists"},
		{"-f", "file"},      {"-x", "executable"}, {"-r", "exists"}};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		if (strcmp(names[i][0], operator) == 0)
			return names[i][1];
	return NULL;
}

static bool is_engine_path(const char *path)
{
	static const char *const roots[] = {"/proc", "/sys", "/dev"};

	for (gsize i = 0; i < G_N_ELEMENTS(roots); i++)
		if (path_is_below(path, roots[i]))
			return true;
	return strcmp(path, "/") == 0;
}

/* The variable whose plain value @path begins with: it may stand for it. The longest. */
static const struct factor *variable_of_path(const struct explorer *explorer, const char *path)
{
	const struct factor *found = NULL;
	gsize longest = 1;

	for (guint i = SPACE_FIRST_VARIABLE; i < explorer->space->factors->len; i++) {
		const struct factor *factor = space_factor(explorer->space, i);
		const char *value = state_value(explorer->base, factor->name);

		if (!value || *value != '/' || strlen(value) <= longest ||
		    strncmp(path, value, strlen(value)) != 0 ||
		    (factor->type && !factor_is_word(factor)))
			continue;
		found = factor;
		longest = strlen(value);
	}
	return found;
}

static bool record_tests(const struct start_record *record, const char *path)
{
	for (guint i = 0; i < record->tests->len; i++) {
		const struct start_test *test = record->tests->pdata[i];

		if (strcmp(test->operand, path) == 0)
			return true;
	}
	return false;
}

/* @path as a template: with ${NAME} where the test follows the variable. */
static bool template_of_path(struct explorer *explorer, const char *path, char **ret_template,
			     GError **error)
{
	const struct factor *factor = variable_of_path(explorer, path);

	*ret_template = plan_literal(path);
	if (!factor)
		return true;
	guint mark = factor_find(factor, LEVEL_MARK);
	const struct level *level = factor->levels->pdata[mark];
	const char *rest = path + strlen(state_value(explorer->base, factor->name));
	g_autofree char *moved = g_strconcat(level->value, rest, NULL);
	g_autoptr(GByteArray) levels = levels_with(explorer->base->levels, factor->number, mark);
	autorecord struct start_record *record = explorer_explain(explorer, levels, error);

	if (!record)
		return false;
	if (record_tests(record, moved)) {
		g_free(*ret_template);
		*ret_template = g_strdup_printf("${%s}%s", factor->name, rest);
	}
	return true;
}

struct candidates {
	GPtrArray *paths;     /* char *, as they are in the base */
	GPtrArray *templates; /* char *, of each, as they are in a plan */
	struct explorer *explorer;
};

/* What the image ships is there at every start. */
static bool is_shipped(const struct explorer *explorer, const char *path)
{
	const struct start_request *request = explorer->request;
	const GPtrArray *scripts = ((struct state *)explorer->states->pdata[0])->record->scripts;

	for (guint i = 0; i < scripts->len; i++)
		if (strcmp(((struct start_script *)scripts->pdata[i])->path, path) == 0)
			return true;
	return request->is_shipped && request->is_shipped(path, request->shipped_user);
}

static bool is_volume(const struct explorer *explorer, const char *path)
{
	const GPtrArray *volumes = explorer->request->volumes;

	for (guint i = 0; volumes && i < volumes->len; i++)
		if (strcmp(volumes->pdata[i], path) == 0)
			return true;
	return false;
}

/* Below /usr, where not even the directory is in the image: who mounts a file or a volume does not
 * do it there. */
static bool is_system_path(const struct explorer *explorer, const char *path)
{
	g_autofree char *parent = g_path_get_dirname(path);

	return path_is_below(path, "/usr") && !is_shipped(explorer, parent);
}

static bool add_candidate(struct candidates *candidates, const char *condition, const char *path,
			  GError **error)
{
	struct explorer *explorer = candidates->explorer;
	bool known = false;

	if (*path != '/' || is_engine_path(path) || candidates->paths->len >= MAX_PATHS ||
	    (!is_volume(explorer, path) &&
	     (is_shipped(explorer, path) || is_system_path(explorer, path))))
		return true;
	for (guint i = 0; i < candidates->paths->len; i++)
		known = known || strcmp(candidates->paths->pdata[i], path) == 0;
	g_autofree char *template = NULL;

	if (!template_of_path(explorer, path, &template, error))
		return false;
	if (!known) {
		g_ptr_array_add(candidates->paths, g_strdup(path));
		g_ptr_array_add(candidates->templates, g_strdup(template));
	}
	conditions_add(explorer->files, CONDITION_FILE, condition, template);
	return true;
}

static bool add_tests(struct candidates *candidates, const GByteArray *levels, GError **error)
{
	autorecord struct start_record *record =
		explorer_explain(candidates->explorer, levels, error);

	if (!record)
		return false;
	for (guint i = 0; i < record->tests->len; i++) {
		const struct start_test *test = record->tests->pdata[i];
		const char *condition = condition_of_operator(test->operator);
		g_autofree char *path =
			*test->operand == '/' ? path_clean("/", test->operand) : NULL;

		if (condition && path && !add_candidate(candidates, condition, path, error))
			return false;
	}
	return true;
}

static bool found_read(const GMatchInfo *match, gpointer user, GError **error)
{
	g_autofree char *path = g_match_info_fetch(match, 1);
	g_autofree char *clean = path_clean("/", path);

	return !clean || add_candidate(user, "exists", clean, error);
}

/* What the text reads without asking whether it is there: `cat /run/secrets/key 2>/dev/null`, a
 * variable's default too. */
static bool add_read(struct candidates *candidates, GError **error)
{
	return explorer_search(candidates->explorer,
			       "(?:\\b(?:cat|source)\\s|(?:^|[\\s;&|({])\\.\\s|<)\\s*[\"']?"
			       "(?:\\$\\{\\w+:?[-=])?(/[\\w./-]*\\w)(?=[\\s\"'});|&]|$)",
			       found_read, candidates, error);
}

/* Volumes that are empty at first (`[ -z "$(ls -A DIR)" ]` names none in its trace). */
static bool add_volumes(struct candidates *candidates, GError **error)
{
	const GPtrArray *volumes = candidates->explorer->request->volumes;

	for (guint i = 0; volumes && i < volumes->len; i++)
		if (!add_candidate(candidates, "populated", volumes->pdata[i], error))
			return false;
	return true;
}

static bool state_has(const struct state *state, const struct item *wanted)
{
	for (guint i = 0; i < state->items->len; i++) {
		const struct item *item = state->items->pdata[i];

		if (item->kind == wanted->kind &&
		    strcmp(item->key->actual, wanted->key->actual) == 0)
			return true;
	}
	return false;
}

/* What the first start made and the later one did not make again: is it left alone where it is? */
static bool add_made(struct candidates *candidates, const struct state *first,
		     const struct state *later, GError **error)
{
	for (guint i = 0; i < first->items->len; i++) {
		const struct item *item = first->items->pdata[i];

		if ((item->kind == START_FILE || item->kind == START_APPEND ||
		     item->kind == START_SYMLINK) &&
		    !state_has(later, item) &&
		    !add_candidate(candidates, "exists", item->key->actual, error))
			return false;
	}
	return true;
}

static bool try_level(struct explorer *explorer, guint level, GError **error)
{
	g_autoptr(GByteArray) levels = levels_with(explorer->base->levels, SPACE_FILES, level);
	GError *failure = NULL;

	explorer_run(explorer, levels, &failure);
	if (failure)
		g_propagate_error(error, failure);
	return !failure;
}

static bool is_directory_test(const struct explorer *explorer, const char *path)
{
	for (guint i = 0; i < explorer->files->len; i++) {
		const struct condition *condition = explorer->files->pdata[i];
		g_autofree char *tail = g_path_get_basename(path);

		if (strcmp(condition->name, "directory") == 0 &&
		    g_str_has_suffix(condition->text, tail))
			return true;
	}
	return false;
}

/* What the script makes a directory of is given as one. */
static bool is_made_directory(const struct explorer *explorer, const char *path)
{
	const GPtrArray *steps = explorer->base->record->steps;

	for (guint i = 0; i < steps->len; i++) {
		const struct start_step *step = steps->pdata[i];

		if (step->kind == START_DIRECTORY && strcmp(step->path, path) == 0)
			return true;
	}
	return false;
}

/* Missing at a later start: unless no start leaves it there. */
static bool confirm_absent(struct explorer *explorer, const char *path, const char *template,
			   GError **error)
{
	struct factor *factor = space_factor(explorer->space, SPACE_FILES);
	struct state *state;

	if (!explorer_toggle(explorer, SPACE_FILES, factor_path(factor, LEVEL_ABSENT, path, false),
			     &state, error))
		return false;
	if (state && state->record->missed_absent) {
		explorer_forget(explorer, state);
		g_hash_table_add(explorer->space->foreign, g_strdup(template));
	}
	return true;
}

/* Whether a start with the file given does the same as one without. */
static bool is_ignored(const struct explorer *explorer, guint level)
{
	const struct state *state = explorer_alone(explorer, SPACE_FILES, level);

	return !state || states_alike(state, explorer->base, false);
}

/* What is written into a file that is there keeps its mode: one that is given has the mode that the
 * script would have made it with. */
static uint32_t mode_made(const struct explorer *explorer, const char *path)
{
	const GPtrArray *steps = explorer->base->record->steps;

	for (guint i = 0; i < steps->len; i++) {
		const struct start_step *step = steps->pdata[i];

		if (step->kind == START_FILE && strcmp(step->path, path) == 0)
			return step->mode;
	}
	return 0;
}

/* The variable in the path of a file, with a mark; NULL: there is none. */
static const struct factor *factor_in(const struct explorer *explorer, const char *template)
{
	for (guint i = SPACE_FIRST_VARIABLE; i < explorer->space->factors->len; i++) {
		const struct factor *factor = space_factor(explorer->space, i);
		g_autofree char *hole = g_strdup_printf("${%s}", factor->name);

		if (strstr(template, hole) && factor_find(factor, LEVEL_MARK))
			return factor;
	}
	return NULL;
}

/* A file whose path has a variable in it is given where another value leads too: what the script
 * says then holds that value, and not the image's. */
static bool confirm_elsewhere(struct explorer *explorer, guint given, const char *template,
			      GError **error)
{
	const struct factor *factor = factor_in(explorer, template);
	struct factor *files = space_factor(explorer->space, SPACE_FILES);
	const struct level *here = files->levels->pdata[given];
	bool directory = here->directory;
	uint32_t mode = here->mode;
	struct state *marked = NULL, *state;

	if (factor && !explorer_toggle(explorer, factor->number, factor_find(factor, LEVEL_MARK),
				       &marked, error))
		return false;
	if (!marked || !state_executes(marked))
		return true;
	g_autofree char *path = template_expand(explorer->space, marked, template);
	g_autoptr(GByteArray) levels = g_byte_array_ref(marked->levels);
	guint level = factor_path(files, LEVEL_GIVEN, path, directory);
	g_autoptr(GByteArray) there = levels_with(levels, SPACE_FILES, level);
	GError *failure = NULL;

	((struct level *)files->levels->pdata[level])->mode = mode;
	state = explorer_run(explorer, there, &failure);
	if (failure)
		g_propagate_error(error, failure);
	return state || !failure;
}

/* The level of a candidate that is there at a first start. */
static guint level_given(const struct candidates *candidates, guint index)
{
	struct explorer *explorer = candidates->explorer;
	struct factor *factor = space_factor(explorer->space, SPACE_FILES);
	const char *path = candidates->paths->pdata[index];
	bool volume = is_volume(explorer, path);
	g_autofree char *given = volume ? path_join(path, "given") : g_strdup(path);
	guint level = factor_path(factor, LEVEL_GIVEN, given,
				  is_directory_test(explorer, path) ||
					  (!volume && is_made_directory(explorer, path)));

	((struct level *)factor->levels->pdata[level])->mode = mode_made(explorer, path);
	return level;
}

/* One candidate alone there at a first start; and missing at a later one, where @later differs or
 * the script goes by it. */
static bool confirm_one(const struct candidates *candidates, guint index, bool later,
			GError **error)
{
	struct explorer *explorer = candidates->explorer;
	const char *path = candidates->paths->pdata[index];
	const char *template = candidates->templates->pdata[index];
	guint level = level_given(candidates, index);

	if (!try_level(explorer, level, error))
		return false;
	if (is_volume(explorer, path))
		return true;
	if (!explore_given(explorer, level, template, error))
		return false;
	bool ignored = is_ignored(explorer, level);

	if (!ignored && !confirm_elsewhere(explorer, level, template, error))
		return false;
	return (!later && ignored) || confirm_absent(explorer, path, template, error);
}

/* Files that no start leaves, all of them there: in which order do they matter? */
static bool confirm_all(const struct candidates *candidates, GError **error)
{
	struct explorer *explorer = candidates->explorer;
	struct factor *factor = space_factor(explorer->space, SPACE_FILES);
	guint all = 0, count = 0;

	for (guint i = 0; i < candidates->paths->len; i++) {
		const char *template = candidates->templates->pdata[i];
		guint level;

		if (!g_hash_table_contains(explorer->space->foreign, template) ||
		    g_ptr_array_find_with_equal_func(explorer->space->untold, template, g_str_equal,
						     NULL))
			continue;
		level = level_given(candidates, i);
		all = count++ ? factor_beside(factor, level, all) : level;
	}
	return count < 2 || all == 0 || try_level(explorer, all, error);
}

static bool confirm(const struct candidates *candidates, bool later, GError **error)
{
	for (guint i = 0; i < candidates->paths->len; i++)
		if (!confirm_one(candidates, i, later, error))
			return false;
	return confirm_all(candidates, error);
}

static const struct start_step *owner_above(const struct start_record *record,
					    const struct start_step *step)
{
	for (guint i = 0; i < record->steps->len; i++) {
		const struct start_step *other = record->steps->pdata[i];

		if (other->kind == START_OWNER && other->uid == step->uid &&
		    other->gid == step->gid && strcmp(other->path, step->path) != 0 &&
		    path_is_below(step->path, other->path))
			return other;
	}
	return NULL;
}

/* A file of ours that gets the owner that a directory above it gets: the script changes the whole
 * tree. */
static void find_trees(struct explorer *explorer)
{
	struct space *space = explorer->space;

	for (guint i = 0; i < explorer->states->len; i++) {
		const struct state *state = explorer->states->pdata[i];
		const struct level *level =
			space_factor(space, SPACE_FILES)
				->levels->pdata[state_level(state, SPACE_FILES)];
		const GPtrArray *steps = state->record->steps;

		for (guint j = 0; level->kind == LEVEL_GIVEN && j < steps->len; j++) {
			const struct start_step *step = steps->pdata[j];
			const struct start_step *above =
				step->kind == START_OWNER && strcmp(step->path, level->path) == 0
					? owner_above(state->record, step)
					: NULL;

			if (above)
				g_hash_table_insert(space->trees, g_strdup(above->path),
						    step_owner(above));
		}
	}
	explorer_refresh(explorer);
}

static bool strings_hold(const GPtrArray *strings, const char *text)
{
	for (guint i = 0; strings && i < strings->len; i++)
		if (strstr(strings->pdata[i], text))
			return true;
	return false;
}

static bool bytes_hold(GBytes *bytes, const char *text)
{
	gsize size = 0;
	const char *data = bytes ? g_bytes_get_data(bytes, &size) : NULL;

	return data && memmem(data, size, text, strlen(text));
}

bool explorer_passed_on(const struct start_record *record, const char *path, const char *text)
{
	for (guint i = 0; i < record->steps->len; i++) {
		const struct start_step *step = record->steps->pdata[i];

		if (strings_hold(step->argv, text) || strings_hold(step->environment, text) ||
		    bytes_hold(step->input, text) ||
		    (g_strcmp0(step->path, path) != 0 && bytes_hold(step->content, text)))
			return true;
	}
	return false;
}

/* Files that the script takes values from: what was given there is found again. */
static void find_reads(struct explorer *explorer)
{
	struct space *space = explorer->space;
	guint known = space->chances->len;

	for (guint i = 0; i < explorer->states->len; i++) {
		const struct state *state = explorer->states->pdata[i];
		const struct level *level =
			space_factor(space, SPACE_FILES)
				->levels->pdata[state_level(state, SPACE_FILES)];
		g_autofree char *text =
			level->kind == LEVEL_GIVEN && level->value ? g_strdup(level->value) : NULL;

		if (text && explorer_passed_on(state->record, level->path, g_strchomp(text)))
			chances_add_read(space->chances, level->path);
	}
	if (space->chances->len > known)
		explorer_refresh(explorer);
}

static void take_owner(struct explorer *explorer)
{
	const GPtrArray *steps = explorer->base->record->steps;
	const struct start_step *end = steps->pdata[steps->len - 1];

	explorer->space->uid = end->uid;
	explorer->space->gid = end->gid;
}

bool explore_files(struct explorer *explorer, GError **error)
{
	struct factor *factor = space_factor(explorer->space, SPACE_FILES);
	guint level = factor_path(factor, LEVEL_LATER, NULL, false);
	g_autoptr(GByteArray) levels = levels_with(explorer->base->levels, SPACE_FILES, level);
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) templates = g_ptr_array_new_with_free_func(g_free);
	struct candidates candidates = {paths, templates, explorer};
	GError *failure = NULL;
	struct state *later = explorer_run(explorer, levels, &failure);

	if (failure) {
		g_propagate_error(error, failure);
		return false;
	}
	if (!later)
		return true;
	take_owner(explorer);
	if (!add_tests(&candidates, explorer->base->levels, error) || !add_read(&candidates, error))
		return false;
	factor->effective = !states_alike(later, explorer->base, false);
	if (factor->effective &&
	    (!add_tests(&candidates, levels, error) || !add_volumes(&candidates, error) ||
	     !add_made(&candidates, explorer->base, later, error)))
		return false;
	if (!confirm(&candidates, factor->effective, error) || !explore_listed(explorer, error))
		return false;
	find_trees(explorer);
	find_reads(explorer);
	return true;
}

/* --- a later start with other values --- */

/* A variable in the path of something, or in a question about a file. */
static bool is_in_path(const struct explorer *explorer, const char *hole)
{
	for (guint i = 0; i < explorer->files->len; i++)
		if (strstr(((struct condition *)explorer->files->pdata[i])->text, hole))
			return true;
	for (guint i = 0; i < explorer->states->len; i++) {
		const GPtrArray *items = ((struct state *)explorer->states->pdata[i])->items;

		for (guint j = 0; j < items->len; j++) {
			const char *key = ((struct item *)items->pdata[j])->key->template;

			if (key && strstr(key, hole))
				return true;
		}
	}
	return false;
}

/* Whether a first start with another value leaves what a later one finds. */
static bool find_changing(struct explorer *explorer, const struct state *marked)
{
	bool any = false;

	for (guint i = SPACE_FIRST_VARIABLE; i < explorer->space->factors->len; i++) {
		struct factor *factor = space_factor(explorer->space, i);
		const struct level *level = factor->levels->pdata[state_level(marked, i)];
		g_autofree char *hole = g_strdup_printf("${%s}", factor->name);

		factor->in_path = (level->kind == LEVEL_MARK && *level->value == '/') ||
				  is_in_path(explorer, hole);
		any |= level->kind == LEVEL_MARK && !factor->in_path;
	}
	return any;
}

static bool leaves_alone(const struct space *space, const struct state *first,
			 const struct state *later)
{
	for (guint i = 0; i < first->items->len; i++) {
		const struct item *item = first->items->pdata[i];

		if (item->kind == START_FILE && space_outlives(space, item->step->path) &&
		    !state_has(later, item))
			return true;
	}
	return false;
}

bool explore_changed(struct explorer *explorer, const struct state *marked, GError **error)
{
	struct factor *files = space_factor(explorer->space, SPACE_FILES);
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) templates = g_ptr_array_new_with_free_func(g_free);
	struct candidates candidates = {paths, templates, explorer};
	GError *failure = NULL;

	if (!explorer->request->volumes || explorer->request->volumes->len == 0 ||
	    !find_changing(explorer, marked))
		return true;
	guint level = factor_path(files, LEVEL_CHANGED, NULL, false);
	g_autoptr(GByteArray) levels = levels_with(marked->levels, SPACE_FILES, level);
	const struct state *changed = explorer_run(explorer, levels, &failure);

	if (failure) {
		g_propagate_error(error, failure);
		return false;
	}
	if (!changed || !state_executes(changed) || !leaves_alone(explorer->space, marked, changed))
		return true;
	return add_tests(&candidates, levels, error) &&
	       add_made(&candidates, marked, changed, error);
}
