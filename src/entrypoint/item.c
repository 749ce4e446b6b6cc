/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/item.h"

#include "base/path.h"
#include "base/sorted.h"
#include "entrypoint/template.h"

#include <string.h>

static void text_free(struct text *text)
{
	if (!text)
		return;
	g_free(text->name);
	g_free(text->actual);
	g_free(text->template);
	g_free(text);
}

static void item_free(struct item *item)
{
	text_free(item->key);
	g_ptr_array_unref(item->fields);
	g_ptr_array_unref(item->parts);
	g_free(item);
}

static struct text *text_new(const struct state *state, const char *name, const char *actual)
{
	struct text *text = g_new0(struct text, 1);

	text->name = g_strdup(name);
	text->actual = g_strdup(actual);
	text->template = template_of(state, actual);
	return text;
}

static void item_add(struct item *item, const struct state *state, const char *name,
		     const char *actual)
{
	g_ptr_array_add(item->fields, text_new(state, name, actual));
}

static void item_add_number(struct item *item, const char *name, guint number, const char *format)
{
	struct text *text = g_new0(struct text, 1);

	text->name = g_strdup(name);
	text->actual = g_strdup_printf(format, number);
	text->template = g_strdup(text->actual);
	g_ptr_array_add(item->fields, text);
}

/* Bytes that hold a NUL end there: the emitter refuses such content by the step itself. */
static char *bytes_text(GBytes *bytes)
{
	gsize size;
	const char *data = bytes ? g_bytes_get_data(bytes, &size) : NULL;

	return data ? g_strndup(data, size) : g_strdup("");
}

/* Lines, each with its newline. */
static void item_add_lines(struct item *item, const struct state *state, GBytes *content)
{
	g_autofree char *text = bytes_text(content);

	for (const char *at = text; *at;) {
		const char *newline = strchr(at, '\n');
		gsize bytes = newline ? (gsize)(newline - at) + 1 : strlen(at);
		g_autofree char *line = g_strndup(at, bytes);

		g_ptr_array_add(item->parts, text_new(state, NULL, line));
		at += bytes;
	}
}

static char *ids_text(const struct start_step *step)
{
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "%u %u", step->uid, step->gid);
	for (guint i = 0; step->groups && i < step->groups->len; i++)
		g_string_append_printf(text, " %u", g_array_index(step->groups, uint32_t, i));
	return g_string_free(text, FALSE);
}

static void add_variable(struct item *item, const struct space *space, const struct state *state,
			 const char *name, const char *value)
{
	const char *start = state_exported(space, state, name);
	g_autofree char *field = g_strconcat("env ", name, NULL);

	if (g_strcmp0(start, value) == 0)
		return;
	if (value) {
		item_add(item, state, field, value);
		return;
	}
	struct text *text = g_new0(struct text, 1);

	text->name = g_strdup(field);
	text->template = g_strdup(TEXT_UNSET);
	g_ptr_array_add(item->fields, text);
}

/* What is left out of records, the engine's own, and the plan's own. */
static bool is_engine_variable(const char *name)
{
	static const char *const names[] = {"HOSTNAME", "OLDPWD", "PWD", "SHLVL", "_"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return g_str_has_prefix(name, "thresh_");
}

static void item_add_environment(struct item *item, const struct space *space,
				 const struct state *state)
{
	const GPtrArray *entries = item->step->environment;
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; entries && i < entries->len; i++) {
		const char *entry = entries->pdata[i], *equals = strchr(entry, '=');
		g_autofree char *name = equals ? g_strndup(entry, equals - entry) : NULL;

		if (!name || is_engine_variable(name))
			continue;
		add_variable(item, space, state, name, equals + 1);
		g_hash_table_add(seen, g_steal_pointer(&name));
	}
	g_autoptr(GPtrArray) names = keys_sorted(state->environment);

	for (guint i = 0; i < names->len; i++)
		if (!g_hash_table_contains(seen, names->pdata[i]) &&
		    !is_engine_variable(names->pdata[i]))
			add_variable(item, space, state, names->pdata[i], NULL);
}

static void item_add_words(struct item *item, const struct space *space, const struct state *state)
{
	static GPtrArray *none;
	bool executes = item->step->kind == START_EXEC;

	if (!none)
		none = g_ptr_array_new();
	g_autoptr(GPtrArray) words = template_of_words(
		space, state, item->step->argv ? item->step->argv : none, executes);

	const char *option = NULL;

	if (!executes)
		item_add_number(item, "count", words->len, "%u");
	for (guint i = 0; i < words->len; i++) {
		struct text *text = g_new0(struct text, 1);
		gsize bytes;

		text->template = g_strdup(words->pdata[i]);
		if (!template_rest(text->template) && !template_split_name(text->template, &bytes))
			text->actual = template_expand(space, state, text->template);
		if (!executes)
			text->name = g_strdup_printf("word %03u", i);
		text->option = option;
		option = *text->template == '-' && !strchr(text->template, '=') ? text->template
										: NULL;
		g_ptr_array_add(executes ? item->parts : item->fields, text);
	}
}

static void item_add_limits(struct item *item, const struct state *state)
{
	const GPtrArray *limits = item->step->limits;

	for (guint i = 0; limits && i < limits->len; i++) {
		const char *limit = limits->pdata[i], *values = strchr(limit, ' ');
		g_autofree char *name = g_strdup_printf("limit %.*s", (int)(values - limit), limit);

		item_add(item, state, name, values + 1);
	}
}

static void item_add_program(struct item *item, const struct space *space,
			     const struct state *state)
{
	const struct start_step *step = item->step;
	g_autofree char *ids = ids_text(step), *input = bytes_text(step->input);

	item_add_words(item, space, state);
	item_add_environment(item, space, state);
	item_add(item, state, "in", step->cwd ? step->cwd : space->workdir);
	item_add(item, state, "ids", ids);
	if (step->kind == START_EXEC) {
		item_add_number(item, "umask", step->umask, "%04o");
		item_add_limits(item, state);
		return;
	}
	if (step->input)
		item_add(item, state, "input", input);
	if (step->output)
		item_add(item, state, "output", step->output);
	if (step->kind == START_RUN)
		item_add_number(item, "status", step->status, "%u");
	if (step->listens)
		item_add(item, state, "listens", step->listens);
	if (step->essential)
		item_add(item, state, "essential", "yes");
}

static void item_add_file(struct item *item, const struct state *state)
{
	const struct start_step *step = item->step;
	g_autofree char *target = bytes_text(step->content);

	switch (item->kind) {
	case START_FILE:
		item_add_lines(item, state, step->content);
		G_GNUC_FALLTHROUGH;
	case START_DIRECTORY:
		/* mkdir(2) takes no more, and what is made in it would inherit the set-group bit */
		item_add_number(item, "mode", step->mode & 01777, "%04o");
		break;
	case START_MODE:
		item_add_number(item, "mode", step->mode, "%04o");
		break;
	case START_APPEND:
		item_add_lines(item, state, step->content);
		break;
	case START_SYMLINK:
		item_add(item, state, "target", target);
		break;
	case START_OWNER:
		item_add_number(item, "uid", step->uid, "%u");
		item_add_number(item, "gid", step->gid, "%u");
		break;
	default:
		break;
	}
}

bool item_is_file(const struct item *item)
{
	return item->kind <= START_OWNER;
}

static const char *step_key(const struct start_record *record, const struct start_step *step)
{
	if (step->kind == START_STOP && step->begin < record->steps->len)
		step = record->steps->pdata[step->begin];
	return step->path ? step->path : "";
}

static gint text_compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp((*(struct text *const *)a)->name, (*(struct text *const *)b)->name);
}

static struct item *item_new(const struct space *space, const struct state *state,
			     const struct start_step *step, enum start_kind kind)
{
	struct item *item = g_new0(struct item, 1);

	item->kind = kind;
	item->step = step;
	item->key = text_new(state, NULL, step_key(state->record, step));
	item->fields = g_ptr_array_new_with_free_func((GDestroyNotify)text_free);
	item->parts = g_ptr_array_new_with_free_func((GDestroyNotify)text_free);
	if (item_is_file(item))
		item_add_file(item, state);
	else if (step->kind == START_STOP)
		item_add_number(item, "signal", step->signal, "%u");
	else if (step->kind != START_EXIT)
		item_add_program(item, space, state);
	g_ptr_array_sort(item->fields, text_compare_names);
	return item;
}

char *step_owner(const struct start_step *step)
{
	return g_strdup_printf("%u:%u", step->uid, step->gid);
}

/* The owner of something in a tree that gets this owner as a whole. */
static bool is_in_tree(const struct space *space, const struct start_step *step)
{
	g_autofree char *owner = step_owner(step);
	GHashTableIter iter;
	gpointer path, its;

	if (step->kind != START_OWNER)
		return false;
	g_hash_table_iter_init(&iter, space->trees);
	while (g_hash_table_iter_next(&iter, &path, &its))
		if (strcmp(step->path, path) != 0 && path_is_below(step->path, path) &&
		    strcmp(owner, its) == 0)
			return true;
	return false;
}

/* --- files that are changed line by line --- */

char *item_text_before(const struct space *space, const struct state *state,
		       const struct edit_file *file)
{
	const struct level *level =
		space_factor(space, SPACE_FILES)->levels->pdata[state_level(state, SPACE_FILES)];
	bool there = level->path && strcmp(level->path, file->path) == 0;

	if (level->kind == LEVEL_GIVEN && there)
		return g_strdup(level->value);
	if (level->kind == LEVEL_LATER || level->kind == LEVEL_CHANGED ||
	    (level->kind == LEVEL_ABSENT && !there))
		return NULL;
	return g_strdup(file->text);
}

static struct item *item_bare(const struct state *state, const struct start_step *step,
			      enum start_kind kind)
{
	struct item *item = g_new0(struct item, 1);

	item->kind = kind;
	item->step = step;
	item->key = text_new(state, NULL, step->path);
	item->fields = g_ptr_array_new_with_free_func((GDestroyNotify)text_free);
	item->parts = g_ptr_array_new_with_free_func((GDestroyNotify)text_free);
	return item;
}

static void add_edits(GPtrArray *items, const struct state *state, const struct start_step *step,
		      const struct edit_file *file, const GPtrArray *values)
{
	struct item *item;

	if (!step->before) {
		item = item_bare(state, step, START_PROVIDE);
		item_add(item, state, "source", file->source);
		g_ptr_array_add(items, item);
	}
	for (guint i = 0; i < values->len; i++) {
		const struct edit_line *line = file->lines->pdata[i];

		if (!values->pdata[i])
			continue;
		item = item_bare(state, step, START_EDIT);
		item->order = i;
		item_add(item, state, "line", line->prefix);
		item_add(item, state, "value", values->pdata[i]);
		g_ptr_array_add(items, item);
	}
}

/* A file that is changed line by line, as the lines that were set; false: it is no such change. */
static bool add_edited(GPtrArray *items, const struct space *space, const struct state *state,
		       const struct start_step *step)
{
	const struct edit_file *file = edits_find(space->edits, step->path);
	g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *before = NULL, *after = NULL;

	if (!file || (step->kind != START_FILE && step->kind != START_APPEND) ||
	    (!step->before && !file->source))
		return false;
	before = step->before ? start_step_before(step) : g_strdup(file->text);
	after = start_step_after(step);
	if (!before || !after || !edit_explain(file, before, after, values))
		return false;
	add_edits(items, state, step, file, values);
	return true;
}

GPtrArray *items_of(const struct space *space, const struct state *state)
{
	GPtrArray *items = g_ptr_array_new_with_free_func((GDestroyNotify)item_free);
	const GPtrArray *steps = state->record->steps;

	for (guint i = 0; i < steps->len; i++) {
		const struct start_step *step = steps->pdata[i];

		if (is_in_tree(space, step) || add_edited(items, space, state, step))
			continue;
		g_ptr_array_add(items, item_new(space, state, step, step->kind));
		if (step->kind == START_DIRECTORY && step->mode & 06000)
			g_ptr_array_add(items, item_new(space, state, step, START_MODE));
	}
	return items;
}

const struct text *item_field(const struct item *item, const char *name)
{
	for (guint i = 0; i < item->fields->len; i++) {
		const struct text *text = item->fields->pdata[i];

		if (strcmp(text->name, name) == 0)
			return text;
	}
	return NULL;
}

bool item_field_is_word(const char *name)
{
	return strcmp(name, "count") == 0 || g_str_has_prefix(name, "word ");
}

bool item_field_is_timely(const char *name)
{
	return strcmp(name, "listens") == 0;
}

char *item_flat(const struct item *item)
{
	const GPtrArray *argv = item->step->argv;
	GString *flat = g_string_new(item_kind_name(item->kind));

	g_string_append_printf(flat, "\n%s", item->key->actual);
	for (guint i = 0; i < item->fields->len; i++) {
		const struct text *text = item->fields->pdata[i];

		if (!item_field_is_word(text->name) && !item_field_is_timely(text->name))
			g_string_append_printf(flat, "\n%s=%s", text->name,
					       text->actual ? text->actual : text->template);
	}
	g_string_append_c(flat, '\n');
	for (guint i = 0; argv && !item_is_file(item) && i < argv->len; i++)
		g_string_append_printf(flat, "%s\n", (char *)argv->pdata[i]);
	for (guint i = 0; item_is_file(item) && i < item->parts->len; i++)
		g_string_append(flat, ((struct text *)item->parts->pdata[i])->actual);
	return g_string_free(flat, FALSE);
}

const char *item_kind_name(enum start_kind kind)
{
	static const char *const names[] = {
		[START_DIRECTORY] = "directory", [START_FILE] = "file",
		[START_APPEND] = "append",       [START_PROVIDE] = "provide",
		[START_EDIT] = "edit",           [START_SYMLINK] = "symlink",
		[START_REMOVE] = "remove",       [START_MODE] = "mode",
		[START_OWNER] = "owner",         [START_RUN] = "run",
		[START_BEGIN] = "start",         [START_STOP] = "stop",
		[START_EXEC] = "exec",           [START_EXIT] = "exit"};

	return names[kind];
}
