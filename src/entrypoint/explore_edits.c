/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that a script changes line by line: what a user has in them stays. Each is found by a line
 * that was given, and is there afterwards; which lines are set, and which lines of a file they
 * replace, by files with many forms of them. What is no such change stays as it was recorded.
 */
#include "base/path.h"
#include "entrypoint/edit.h"
#include "entrypoint/explore.h"
#include "entrypoint/input.h"

#include <string.h>

enum { MAX_FILES = 4, MAX_GROUNDS = 24 };

/* Starts that differ in what they make of the file, and are tried on other files. */
struct editor {
	struct explorer *explorer;
	struct edit_file *file;
	GPtrArray *grounds; /* GByteArray *: levels; the first is the base's, the last has all */
	GPtrArray *tried;   /* struct state *, borrowed: by ground, then by probe */
	GArray *of_ground;  /* guint: of each of `tried` */
};

static char *bytes_text(GBytes *bytes)
{
	gsize size = 0;
	const char *data = bytes ? g_bytes_get_data(bytes, &size) : NULL;

	return data && !memchr(data, '\0', size) ? g_strndup(data, size) : g_strdup("");
}

static const struct start_step *step_at(const struct state *state, const char *path)
{
	for (guint i = 0; i < state->record->steps->len; i++) {
		const struct start_step *step = state->record->steps->pdata[i];

		if ((step->kind == START_FILE || step->kind == START_APPEND) &&
		    strcmp(step->path, path) == 0)
			return step;
	}
	return NULL;
}

static const struct level *files_level(const struct explorer *explorer, const struct state *state)
{
	return space_factor(explorer->space, SPACE_FILES)
		->levels->pdata[state_level(state, SPACE_FILES)];
}

/* --- which files --- */

static bool is_in_volume(const struct explorer *explorer, const char *path)
{
	const GPtrArray *volumes = explorer->request->volumes;

	for (guint i = 0; volumes && i < volumes->len; i++)
		if (path_is_below(path, volumes->pdata[i]))
			return true;
	return false;
}

/* What a later start appends again is appended at every start. */
static bool is_appended_later(const struct explorer *explorer, const char *path)
{
	for (guint i = 0; i < explorer->states->len; i++) {
		const struct state *state = explorer->states->pdata[i];
		const struct start_step *step = step_at(state, path);

		if (step && step->kind == START_APPEND &&
		    files_level(explorer, state)->kind == LEVEL_LATER)
			return true;
	}
	return false;
}

/* A start of the base that finds a line of ours in the file; where nothing is there at first, it
 * was run before. */
static bool run_given(struct explorer *explorer, const char *path, struct state **ret_state,
		      GError **error)
{
	struct factor *factor = space_factor(explorer->space, SPACE_FILES);

	return explorer_toggle(explorer, SPACE_FILES, factor_path(factor, LEVEL_GIVEN, path, false),
			       ret_state, error);
}

/* Whether what was given is there afterwards, and more. */
static bool is_kept(const struct explorer *explorer, const struct state *given, const char *path)
{
	const struct start_step *step = step_at(given, path);
	g_autofree char *after = step ? start_step_after(step) : NULL;

	return after && g_str_has_prefix(after, files_level(explorer, given)->value);
}

/* How many of @lines stand in @text too. */
static guint count_common(char **lines, const char *text)
{
	g_auto(GStrv) others = g_strsplit(text, "\n", -1);
	guint count = 0;

	for (char **line = lines; *line; line++)
		count += **line && g_strv_contains((const char *const *)others, *line);
	return count;
}

/* The file of the image that the script copied: of those that it read the one that is most like
 * @text, by half at least. NULL: none. Borrowed. */
static const struct start_script *find_source(const struct explorer *explorer, const char *text)
{
	const GPtrArray *reads = explorer->base->record->reads;
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	const struct start_script *found = NULL;
	guint most = 0;

	for (guint i = 0; i < reads->len; i++) {
		const struct start_script *file = reads->pdata[i];
		g_autofree char *its = bytes_text(file->text);
		guint common = count_common(lines, its);
		g_auto(GStrv) own = g_strsplit(its, "\n", -1);

		if (common <= most || common * 2 < count_common(own, its) ||
		    !input_path_is_fit(file->path) || is_in_volume(explorer, file->path) ||
		    !explorer->request->is_shipped ||
		    !explorer->request->is_shipped(file->path, explorer->request->shipped_user))
			continue;
		found = file;
		most = common;
	}
	return found;
}

static struct edit_file *file_of(const struct explorer *explorer, const char *path)
{
	const struct start_step *step = step_at(explorer->base, path);
	g_autofree char *before = step ? start_step_before(step) : NULL;
	g_autofree char *after = step ? start_step_after(step) : NULL;
	const struct start_script *source = after && !before ? find_source(explorer, after) : NULL;
	g_autofree char *text = source ? bytes_text(source->text) : NULL;

	if (before)
		return edit_file_new(path, NULL, before);
	return source ? edit_file_new(path, source->path, text) : NULL;
}

/* --- what it is before and after --- */

/* What the start found in the file, or copied there; NULL: it is not known. */
static char *text_before(const struct edit_file *file, const struct start_step *step)
{
	return step->before ? start_step_before(step) : g_strdup(file->source ? file->text : NULL);
}

static bool discover_in(const struct editor *editor, const struct state *state)
{
	const struct start_step *step = step_at(state, editor->file->path);
	g_autofree char *before = step ? text_before(editor->file, step) : NULL;
	g_autofree char *after = step ? start_step_after(step) : NULL;

	return !before || (after && edit_discover(editor->file, before, after));
}

static bool discover(const struct editor *editor)
{
	const GPtrArray *states = editor->explorer->states;

	for (guint i = 0; i < states->len; i++)
		if (state_executes(states->pdata[i]) && !discover_in(editor, states->pdata[i]))
			return false;
	return editor->file->lines->len > 0;
}

static char *text_left(const struct editor *editor, const struct state *state)
{
	const struct start_step *step = step_at(state, editor->file->path);

	return step ? start_step_after(step) : NULL;
}

/* The base; what changes the file when it alone is changed; all of these marks together. */
static void find_grounds(struct editor *editor)
{
	const struct explorer *explorer = editor->explorer;
	const struct state *base = explorer->base;
	g_autofree char *own = text_left(editor, base);
	GByteArray *all = levels_with(base->levels, SPACE_FILES, 0);

	g_ptr_array_add(editor->grounds, levels_with(base->levels, SPACE_FILES, 0));
	for (guint i = 0; i < explorer->states->len && editor->grounds->len < MAX_GROUNDS; i++) {
		const struct state *state = explorer->states->pdata[i];
		g_autofree char *its = text_left(editor, state);
		int factor = explorer_only_difference(explorer, state);

		if (factor < SPACE_FIRST_VARIABLE || !state_executes(state) ||
		    g_strcmp0(own, its) == 0)
			continue;
		guint level = state_level(state, (guint)factor);
		const struct level *what =
			space_factor(explorer->space, (guint)factor)->levels->pdata[level];

		g_ptr_array_add(editor->grounds, levels_with(state->levels, SPACE_FILES, 0));
		if (what->kind != LEVEL_MARK)
			continue;
		GByteArray *more = levels_with(all, (guint)factor, level);

		g_byte_array_unref(all);
		all = more;
	}
	g_ptr_array_add(editor->grounds, all);
}

/* --- trying --- */

static const char *const probe_names[] = {
	[EDIT_PROBE_NONE] = "without its lines",
	[EDIT_PROBE_FORMS] = "with other lines",
	[EDIT_PROBE_SIMILAR] = "with similar lines",
};

/* Runs ground @index on a file as @which says; @ret_state: NULL where the budget is used up. */
static bool try_ground(struct editor *editor, guint index, enum edit_probe which,
		       struct state **ret_state, GError **error)
{
	struct explorer *explorer = editor->explorer;
	struct factor *factor = space_factor(explorer->space, SPACE_FILES);
	g_autofree char *text = edit_probe(editor->file, which);
	guint level = factor_given(factor, editor->file->path, text, probe_names[which]);
	g_autoptr(GByteArray) levels =
		levels_with(editor->grounds->pdata[index], SPACE_FILES, level);
	GError *failure = NULL;

	*ret_state = explorer_run(explorer, levels, &failure);
	if (failure)
		g_propagate_error(error, failure);
	if (*ret_state && !state_executes(*ret_state) && index + 1 == editor->grounds->len) {
		/* marks that do not go together */
		explorer_forget(explorer, *ret_state);
	} else if (*ret_state) {
		g_ptr_array_add(editor->tried, *ret_state);
		g_array_append_val(editor->of_ground, index);
	}
	return !failure;
}

typedef void (*edit_learner)(struct edit_file *file, const char *before, const char *after);

/* Each of the grounds, or the first and the last alone; @learn may be NULL. */
static bool try_grounds(struct editor *editor, enum edit_probe which, bool all, edit_learner learn,
			GError **error)
{
	g_autofree char *before = edit_probe(editor->file, which);

	for (guint i = 0; i < editor->grounds->len; i++) {
		struct state *state;

		if (!all && i > 0 && i + 1 < editor->grounds->len)
			continue;
		/* what is learned of one must not change the file that the next finds */
		if (!try_ground(editor, i, which, &state, error))
			return false;
	}
	for (guint i = 0; learn && i < editor->tried->len; i++) {
		const struct state *state = editor->tried->pdata[i];
		g_autofree char *after = text_left(editor, state);

		if (strcmp(files_level(editor->explorer, state)->value, before) == 0 && after)
			learn(editor->file, before, after);
	}
	return true;
}

static bool try_all(struct editor *editor, GError **error)
{
	if (!try_grounds(editor, EDIT_PROBE_NONE, false, edit_learn_appends, error))
		return false;
	/* lines that are appended alone show there first */
	if (!discover(editor))
		return true;
	return try_grounds(editor, EDIT_PROBE_NONE, false, edit_learn_appends, error) &&
	       try_grounds(editor, EDIT_PROBE_FORMS, true, edit_learn_forms, error) &&
	       try_grounds(editor, EDIT_PROBE_SIMILAR, false, NULL, error);
}

/* --- whether that is all --- */

/* The values of the lines in a start that found @before; NULL: it did something else. */
static GPtrArray *values_of(const struct editor *editor, const struct state *state,
			    const char *before)
{
	g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *after = text_left(editor, state);

	return edit_explain(editor->file, before, after ? after : before, values)
		       ? g_steal_pointer(&values)
		       : NULL;
}

/* Whether a line that is set to a value in one start on a ground is set in all, unless it has it.
 */
static bool is_set_everywhere(const struct editor *editor, guint ground, guint line,
			      const char *value)
{
	for (guint i = 0; i < editor->tried->len; i++) {
		const struct state *state = editor->tried->pdata[i];
		const char *before = files_level(editor->explorer, state)->value;
		g_autoptr(GPtrArray) values = NULL;

		if (g_array_index(editor->of_ground, guint, i) != ground || !state_executes(state))
			continue;
		values = values_of(editor, state, before);
		if (!values)
			return false;
		if (edit_shows(editor->file->lines->pdata[line], before, value)
			    ? g_strcmp0(values->pdata[line], value) != 0
			    : values->pdata[line] != NULL)
			return false;
	}
	return true;
}

static bool is_consistent(const struct editor *editor)
{
	for (guint i = 0; i < editor->tried->len; i++) {
		const struct state *state = editor->tried->pdata[i];
		g_autoptr(GPtrArray) values = NULL;

		if (!state_executes(state))
			return false;
		values = values_of(editor, state, files_level(editor->explorer, state)->value);
		if (!values)
			return false;
		for (guint line = 0; line < values->len; line++)
			if (values->pdata[line] &&
			    !is_set_everywhere(editor, g_array_index(editor->of_ground, guint, i),
					       line, values->pdata[line]))
				return false;
	}
	return true;
}

/* Every start that was run, as well as those on files of ours. */
static bool explains_all(const struct editor *editor)
{
	const GPtrArray *states = editor->explorer->states;

	for (guint i = 0; i < states->len; i++) {
		const struct state *state = states->pdata[i];
		const struct start_step *step =
			state_executes(state) ? step_at(state, editor->file->path) : NULL;
		g_autofree char *before = step ? text_before(editor->file, step) : NULL;
		g_autoptr(GPtrArray) values = before ? values_of(editor, state, before) : NULL;

		if (step && !values)
			return false;
	}
	return is_consistent(editor);
}

static void forget_tried(const struct editor *editor)
{
	for (guint i = 0; i < editor->tried->len; i++)
		explorer_forget(editor->explorer, editor->tried->pdata[i]);
}

static bool learn_file(struct explorer *explorer, struct edit_file *file, bool *ret_learned,
		       GError **error)
{
	g_autoptr(GPtrArray) grounds =
		g_ptr_array_new_with_free_func((GDestroyNotify)g_byte_array_unref);
	g_autoptr(GPtrArray) tried = g_ptr_array_new();
	g_autoptr(GArray) of_ground = g_array_new(FALSE, FALSE, sizeof(guint));
	struct editor editor = {explorer, file, grounds, tried, of_ground};

	*ret_learned = false;
	if (!discover(&editor))
		return true;
	find_grounds(&editor);
	if (!try_all(&editor, error))
		return false;
	*ret_learned = !explorer->exhausted && explains_all(&editor);
	if (!*ret_learned)
		forget_tried(&editor);
	return true;
}

/* A file of the image that is not in a volume is written as a whole: only what a user mounts in its
 * place would be lost. In a volume the starts that were run say that it cannot be expressed. */
static void give_up(struct explorer *explorer, struct state *given, const char *path, bool kept)
{
	if (!given || is_in_volume(explorer, path))
		return;
	explorer_forget(explorer, given);
	if (kept)
		g_ptr_array_add(explorer->notes,
				g_strdup_printf("%s is written as the script changes the image's: "
						"do not mount another one in its place",
						path));
}

static bool explore_edit(struct explorer *explorer, const char *path, GError **error)
{
	struct state *given;
	struct edit_file *file;
	bool kept, learned = false;

	if (!run_given(explorer, path, &given, error))
		return false;
	kept = given && state_executes(given) && is_kept(explorer, given, path);
	file = kept ? file_of(explorer, path) : NULL;
	if (file && !learn_file(explorer, file, &learned, error)) {
		edit_file_free(file);
		return false;
	}
	if (learned) {
		g_ptr_array_add(explorer->space->edits, file);
		return true;
	}
	edit_file_free(file);
	give_up(explorer, given, path, kept);
	return true;
}

/* The files that the base's start changes, or makes in a volume. */
static GPtrArray *find_candidates(const struct explorer *explorer)
{
	GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
	const GPtrArray *steps = explorer->base->record->steps;

	for (guint i = 0; i < steps->len && paths->len < MAX_FILES; i++) {
		const struct start_step *step = steps->pdata[i];

		if ((step->kind == START_FILE || step->kind == START_APPEND) &&
		    (step->before || is_in_volume(explorer, step->path)) &&
		    !g_ptr_array_find_with_equal_func(paths, step->path, g_str_equal, NULL) &&
		    !is_appended_later(explorer, step->path))
			g_ptr_array_add(paths, g_strdup(step->path));
	}
	return paths;
}

bool explore_edits(struct explorer *explorer, GError **error)
{
	g_autoptr(GPtrArray) paths = find_candidates(explorer);

	for (guint i = 0; i < paths->len; i++)
		if (!explore_edit(explorer, paths->pdata[i], error))
			return false;
	if (explorer->space->edits->len)
		explorer_refresh(explorer);
	return true;
}
