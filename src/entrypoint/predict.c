/* SPDX-License-Identifier: Apache-2.0 */
/* What a model says that a start does, and whether the start does it. */
#include "base/sorted.h"
#include "entrypoint/failure.h"
#include "entrypoint/model.h"
#include "entrypoint/template.h"

#include <stdlib.h>
#include <string.h>

static const char *answer(const struct model *model, const struct decision *decision,
			  const struct state *state)
{
	return decision_answer(decision, model->conditions, model->space, state);
}

static bool is_present(const struct model *model, const struct decision *decision,
		       const struct state *state)
{
	return strcmp(answer(model, decision, state), "1") == 0;
}

static char *expanded(const struct model *model, const struct state *state, const char *label)
{
	g_autofree char *template = model_template(model, state, label);

	return template_expand(model->space, state, template);
}

static void predict_field(const struct model *model, const struct state *state,
			  const struct slot *slot, GString *flat)
{
	const char *label = answer(model, slot->value, state);
	bool variable = g_str_has_prefix(slot->name, "env ");
	const char *start = variable ? state_exported(model->space, state, slot->name + 4) : NULL;

	if (strcmp(label, TEXT_KEEP) == 0)
		return;
	if (strcmp(label, TEXT_UNSET) == 0) {
		if (start)
			g_string_append_printf(flat, "\n%s=%s", slot->name, label);
		return;
	}
	g_autofree char *text = expanded(model, state, label);

	if (!variable || g_strcmp0(start, text) != 0)
		g_string_append_printf(flat, "\n%s=%s", slot->name, text);
}

static void predict_word(const struct model *model, const struct state *state, const char *label,
			 GString *flat)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *template = model_template(model, state, label);

	template_expand_word(model->space, state, template, words);
	for (guint i = 0; i < words->len; i++)
		g_string_append_printf(flat, "%s\n", (char *)words->pdata[i]);
}

static void predict_part(const struct model *model, const struct state *state,
			 const struct column *column, const struct part *part, GString *flat)
{
	if (!is_present(model, part->present, state))
		return;
	const char *label = answer(model, part->value, state);

	if (strcmp(label, TEXT_UNSET) == 0)
		return;
	if (column->kind == START_EXEC) {
		predict_word(model, state, label, flat);
		return;
	}
	g_autofree char *text = expanded(model, state, label);

	g_string_append(flat, text);
}

static char *predict_column(const struct model *model, const struct state *state,
			    const struct column *column)
{
	GString *flat = g_string_new(item_kind_name(column->kind));
	const struct slot *key = column_slot(column, "");
	g_autofree char *path =
		key ? expanded(model, state, answer(model, key->value, state)) : NULL;

	g_string_append_printf(flat, "\n%s", path ? path : "");
	for (guint i = 0; i < column->slots->len; i++) {
		const struct slot *slot = column->slots->pdata[i];

		if (*slot->name && !item_field_is_word(slot->name) &&
		    !item_field_is_timely(slot->name))
			predict_field(model, state, slot, flat);
	}
	g_string_append_c(flat, '\n');
	for (guint i = 0; i < column->slots->len; i++) {
		const struct slot *slot = column->slots->pdata[i];

		if (g_str_has_prefix(slot->name, "word "))
			predict_word(model, state, answer(model, slot->value, state), flat);
	}
	for (guint i = 0; i < column->parts->len; i++)
		predict_part(model, state, column, column->parts->pdata[i], flat);
	return g_string_free(flat, FALSE);
}

/* Texts between two programs in one order: what files are changed in has none. */
static void sort_files(GPtrArray *flats, const GByteArray *files)
{
	for (guint from = 0; from < flats->len;) {
		guint to = from;

		while (to < flats->len && files->data[to])
			to++;
		qsort(flats->pdata + from, to - from, sizeof(gpointer), text_compare);
		from = to + 1;
	}
}

struct flats {
	GPtrArray *texts;  /* char * */
	GByteArray *files; /* 1: about files alone */
};

static struct flats flats_of(const struct state *state)
{
	struct flats flats = {g_ptr_array_new_with_free_func(g_free), g_byte_array_new()};

	for (guint i = 0; i < state->items->len; i++) {
		const struct item *item = state->items->pdata[i];
		guint8 file = item_is_file(item);

		g_ptr_array_add(flats.texts, item_flat(item));
		g_byte_array_append(flats.files, &file, 1);
	}
	sort_files(flats.texts, flats.files);
	return flats;
}

static bool actual_has(const struct flats *actual, const char *text)
{
	for (guint i = 0; i < actual->texts->len; i++)
		if (strcmp(actual->texts->pdata[i], text) == 0)
			return true;
	return false;
}

static bool edit_is_hidden(const struct model *model, const struct column *column,
			   const struct state *state)
{
	const struct edit_file *file;
	const struct edit_line *line = model_edit_line(model, column->example, &file);
	const struct level *level = space_factor(model->space, SPACE_FILES)
					    ->levels->pdata[state_level(state, SPACE_FILES)];
	g_autofree char *before = item_text_before(model->space, state, file);

	if (!before || !line)
		return !before ||
		       (level->kind == LEVEL_GIVEN && strcmp(level->path, file->path) == 0);
	const char *label = answer(model, column_slot(column, "value")->value, state);
	g_autofree char *value = template_expand(model->space, state, label);

	return !edit_shows(line, before, value);
}

/* Where nothing changes by doing it again, a later start does not show it. */
static bool may_be_hidden(const struct model *model, const struct column *column,
			  const struct state *state)
{
	const struct level *level = space_factor(model->space, SPACE_FILES)
					    ->levels->pdata[state_level(state, SPACE_FILES)];

	if (column->kind == START_PROVIDE || column->kind == START_EDIT)
		return edit_is_hidden(model, column, state);
	if (level->kind == LEVEL_GIVEN)
		return column->kind == START_DIRECTORY;
	if (level->kind == LEVEL_CHANGED)
		return kind_is_idempotent(column->kind) &&
		       !column_shows_later(model, column, state);
	return kind_is_idempotent(column->kind) &&
	       (level->kind == LEVEL_LATER || level->kind == LEVEL_ABSENT);
}

static struct flats flats_predicted(const struct model *model, const struct state *state,
				    const struct flats *actual)
{
	struct flats flats = {g_ptr_array_new_with_free_func(g_free), g_byte_array_new()};

	for (guint i = 0; i < model->columns->len; i++) {
		const struct column *column = model->columns->pdata[i];
		guint8 file = column->kind <= START_OWNER;

		if (!is_present(model, column->present, state))
			continue;
		g_autofree char *text = predict_column(model, state, column);

		if (may_be_hidden(model, column, state) && !actual_has(actual, text))
			continue;
		g_ptr_array_add(flats.texts, g_steal_pointer(&text));
		g_byte_array_append(flats.files, &file, 1);
	}
	sort_files(flats.texts, flats.files);
	return flats;
}

static void flats_clear(struct flats *flats)
{
	g_ptr_array_unref(flats->texts);
	g_byte_array_unref(flats->files);
}

/* The program of an execution is told by its words. */
static void forget_program(struct flats *flats)
{
	for (guint i = 0; i < flats->texts->len; i++) {
		char *text = flats->texts->pdata[i];

		if (!g_str_has_prefix(text, "exec\n"))
			continue;
		flats->texts->pdata[i] = g_strconcat("exec\n", strchr(text + 5, '\n'), NULL);
		g_free(text);
	}
}

static bool flats_equal(const struct flats *a, const struct flats *b)
{
	if (a->texts->len != b->texts->len)
		return false;
	for (guint i = 0; i < a->texts->len; i++)
		if (strcmp(a->texts->pdata[i], b->texts->pdata[i]) != 0)
			return false;
	return true;
}

bool model_explains(const struct model *model, const struct state *state)
{
	if (!failure_counts(model->space, state))
		return true;
	const char *failure = answer(model, model->failure, state);

	if (!state_executes(state))
		return atoi(failure) == MIN(state_failure(state), 255);
	if (*failure)
		return false;
	struct flats actual = flats_of(state);

	forget_program(&actual);
	struct flats predicted = flats_predicted(model, state, &actual);
	bool equal = flats_equal(&actual, &predicted);

	flats_clear(&actual);
	flats_clear(&predicted);
	return equal;
}
