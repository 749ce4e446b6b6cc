/* SPDX-License-Identifier: Apache-2.0 */
/* One step: files, and programs that are run. */
#include "base/path.h"
#include "entrypoint/complaint.h"
#include "entrypoint/emit_private.h"
#include "entrypoint/input.h"
#include "entrypoint/template.h"
#include "plan/text.h"

#include <string.h>

enum {
	AWAIT_TIMEOUT_MS = 60000,
	STOP_GRACE_MS = 60000,
	RETRY_COUNT = 120, /* with its delay, a minute at most */
	RETRY_DELAY_MS = 500,
};

static char *field_value(struct emitter *emitter, const struct column *column, const char *name)
{
	const struct slot *slot = column_slot(column, name);

	return slot ? emit_value(emitter, slot->value) : g_strdup("");
}

/* --- content: lines, those that are not always there in variables --- */

static void append_value(struct emitter *emitter, const struct entry *entry, GString *content)
{
	const struct part *part = entry->what;
	g_autofree char *value = emit_value(emitter, part->value);

	g_string_append(content, value);
}

/* @user: the name of the variable. */
static void run_content(struct emitter *emitter, const struct entry *entries, guint count,
			gpointer user, GString *text)
{
	g_autoptr(GString) value = g_string_new(NULL);

	if (emitter->begun)
		g_string_append_printf(value, "${%s}", (const char *)user);
	for (guint i = 0; i < count; i++)
		append_value(emitter, &entries[i], value);
	emit_line(text, "let", user, value->str, NULL);
}

static char *emit_content(struct emitter *emitter, const struct column *column)
{
	GString *whole = g_string_new(NULL);
	const GPtrArray *parts = column->parts;

	for (guint from = 0, to; from < parts->len; from = to) {
		const struct part *first = parts->pdata[from];
		g_autofree struct entry *entries = g_new(struct entry, parts->len);
		guint count = 0;

		for (to = from; to < parts->len; to++) {
			const struct part *part = parts->pdata[to];

			if (part->present->condition != first->present->condition)
				break;
			entries[count++] = (struct entry){part, part->present};
		}
		if (decision_is_leaf(first->present)) {
			for (guint i = 0; i < count; i++)
				append_value(emitter, &entries[i], whole);
			continue;
		}
		g_autofree char *name = emit_hole(emitter);

		emitter->begun = false;
		emit_entries(emitter, entries, count, run_content, name, emitter->prelude);
		g_string_append_printf(whole, "${%s}", name);
	}
	return g_string_free(whole, FALSE);
}

static bool content_is_text(struct emitter *emitter, const struct column *column)
{
	for (guint i = 0; i < column->cells->len; i++) {
		const struct item *item = column->cells->pdata[i];
		gsize bytes = 0;
		const char *data = item && item->step->content
					   ? g_bytes_get_data(item->step->content, &bytes)
					   : NULL;

		if (bytes > EMIT_MAX_CONTENT_BYTES) {
			emit_fail(
				emitter, column,
				"more than 48 KiB are written, which a plan cannot hold: ship the "
				"file in the image, or write the steps yourself "
				"(thresh.yaml: entrypoint.plan)");
			return false;
		}
		if (data && memchr(data, '\0', bytes)) {
			emit_fail(
				emitter, column,
				"what is written is no text: ship the file in the image, or write "
				"the steps yourself (thresh.yaml: entrypoint.plan)");
			return false;
		}
	}
	return true;
}

static void emit_written(struct emitter *emitter, const struct column *column, const char *path,
			 GString *text)
{
	if (!content_is_text(emitter, column))
		return;
	g_autofree char *content = emit_content(emitter, column);

	if (column->kind == START_APPEND) {
		emit_line(text, "append", path, content, NULL);
		return;
	}
	g_autofree char *mode = field_value(emitter, column, "mode");

	emit_line(text, "file", path, mode, content, NULL);
}

/* Whether @step made something that is neither root's nor, in the end, the application's. */
static bool is_anothers(const struct start_step *step, const struct state *state)
{
	const GPtrArray *steps = state->record->steps;
	const struct start_step *last = steps->pdata[steps->len - 1];

	return (step->uid != 0 || step->gid != 0) &&
	       (step->uid != last->uid || step->gid != last->gid);
}

/* A file of the image keeps its owner where it is written anew. */
static bool keeps_owner(const struct emitter *emitter, const struct start_step *step)
{
	const struct start_request *request = emitter->model->space->request;

	return request->is_shipped && request->is_shipped(step->path, request->shipped_user);
}

/* What init makes as root becomes the application's: another owner, the same in every start, is
 * said. */
static bool needs_owner(const struct emitter *emitter, const struct column *column)
{
	const struct start_step *made = column->example->step;

	for (guint i = 0; i < column->cells->len; i++) {
		const struct item *item = column->cells->pdata[i];

		if (item && ((!is_anothers(item->step, emitter->model->executing->pdata[i]) &&
			      !keeps_owner(emitter, item->step)) ||
			     item->step->uid != made->uid || item->step->gid != made->gid))
			return false;
	}
	return true;
}

static void emit_owner(const struct column *column, const char *path, GString *text)
{
	g_autofree char *uid = g_strdup_printf("%u", column->example->step->uid);
	g_autofree char *gid = g_strdup_printf("%u", column->example->step->gid);

	emit_line(text, "owner", path, uid, gid, NULL);
}

/* One that is there is left as it is, its owner too. */
static void emit_directory(const struct emitter *emitter, const struct column *column,
			   const char *path, const char *mode, GString *text)
{
	bool owned = needs_owner(emitter, column);

	if (owned)
		emit_line(text, "if absent", path, NULL);
	emit_line(text, "directory", path, mode, NULL);
	if (!owned)
		return;
	emit_owner(column, path, text);
	emit_line(text, "end", NULL);
}

/* A line of a file that keeps the others. */
static void emit_edit(struct emitter *emitter, const struct column *column, const char *path,
		      GString *text)
{
	const struct edit_file *file;
	const struct edit_line *line = model_edit_line(emitter->model, column->example, &file);
	g_autofree char *value = field_value(emitter, column, "value");
	g_autoptr(GPtrArray) patterns = edit_patterns(line);

	g_string_append(text, edit_directive(line));
	plan_add_word(text, path);
	plan_add_word(text, value);
	for (guint i = 0; i < patterns->len; i++)
		plan_add_word(text, patterns->pdata[i]);
	g_string_append_c(text, '\n');
}

static void emit_file(struct emitter *emitter, const struct column *column, GString *text)
{
	g_autofree char *path = field_value(emitter, column, "");

	if (column->kind == START_FILE || column->kind == START_APPEND) {
		emit_written(emitter, column, path, text);
		if (column->kind == START_FILE && needs_owner(emitter, column))
			emit_owner(column, path, text);
		return;
	}
	if (column->kind == START_REMOVE) {
		emit_line(text, "remove", path, NULL);
		return;
	}
	if (column->kind == START_EDIT) {
		emit_edit(emitter, column, path, text);
		return;
	}
	g_autofree char *one = field_value(emitter, column,
					   column->kind == START_SYMLINK   ? "target"
					   : column->kind == START_PROVIDE ? "source"
					   : column->kind == START_OWNER   ? "uid"
									   : "mode");

	if (column->kind == START_OWNER) {
		g_autofree char *gid = field_value(emitter, column, "gid");

		emit_line(text, "owner", path, one, gid,
			  g_hash_table_contains(emitter->model->space->trees,
						column->example->key->actual)
				  ? "tree"
				  : NULL,
			  NULL);
		return;
	}
	if (column->kind == START_DIRECTORY)
		emit_directory(emitter, column, path, one, text);
	else
		emit_line(text, item_kind_name(column->kind), path, one, NULL);
}

/* --- programs --- */

static char *program_name(const struct emitter *emitter, const struct column *column, guint index)
{
	g_autofree char *base = g_ascii_strdown(path_name(column->example->key->actual), -1);
	GString *name = g_string_new(NULL);

	(void)emitter;
	for (const char *at = base; *at && name->len < 24; at++)
		g_string_append_c(name, g_ascii_isalnum(*at) ? *at : '-');
	if (index)
		g_string_append_printf(name, "-%u", index + 1);
	return g_string_free(name, FALSE);
}

static char *begin_name(struct emitter *emitter, const struct column *column)
{
	for (guint i = 0; i < emitter->begins->len; i++)
		if (emitter->begins->pdata[i] == column)
			return program_name(emitter, column, i);
	g_ptr_array_add(emitter->begins, (gpointer)column);
	return program_name(emitter, column, emitter->begins->len - 1);
}

/* A program: what cannot be said with variables (that one is left alone, a list of words) is
 * decided around it. */
struct launch {
	const struct column *column;
	const char **labels; /* by slot: as it was decided; NULL: a text */
	guint slot;          /* the next to decide */
};

static void check_input(struct emitter *emitter, const struct column *column)
{
	for (guint i = 0; i < column->cells->len; i++) {
		const struct item *item = column->cells->pdata[i];

		if (item && item->step->input_unknown && !emitter->error)
			complain_input(item, &emitter->error);
	}
}

static void emit_launch(struct emitter *emitter, struct launch *launch, GString *text);

static void leaf_launch(struct emitter *emitter, const char *label, gpointer user, GString *text)
{
	struct launch *launch = user;
	guint slot = launch->slot;

	launch->labels[slot] = label;
	launch->slot++;
	emit_launch(emitter, launch, text);
	launch->slot = slot;
	launch->labels[slot] = NULL;
}

static char *launch_value(struct emitter *emitter, const struct launch *launch, guint index)
{
	const struct slot *slot = launch->column->slots->pdata[index];

	return launch->labels[index] ? g_strdup(launch->labels[index])
				     : emit_value(emitter, slot->value);
}

static void emit_input(const char *value, GString *text)
{
	struct input_piece piece;

	if (!*value)
		emit_line(text, "input", "", NULL);
	for (const char *at = value; input_next(&at, &piece); g_free(piece.text))
		emit_line(text, piece.is_file ? "input-file" : "input", piece.text, NULL);
}

static void emit_modifier(const struct emitter *emitter, const char *name, const char *value,
			  GString *text)
{
	if (strcmp(name, "ids") == 0) {
		/* programs of root are root's anyway */
		if (!g_str_has_prefix(value, "0 "))
			g_string_append_printf(text, "as %s\n", value);
	} else if (strcmp(name, "in") == 0) {
		if (strcmp(value, emitter->model->space->workdir) != 0)
			emit_line(text, "in", value, NULL);
	} else if (g_str_has_prefix(name, "env ")) {
		if (strcmp(value, TEXT_UNSET) == 0)
			emit_line(text, "without", name + 4, NULL);
		else if (strcmp(value, TEXT_KEEP) != 0)
			emit_line(text, "with", name + 4, value, NULL);
	} else if (strcmp(name, "input") == 0 && value[0] != '\001') {
		emit_input(value, text);
	} else if (value[0] != '\001') {
		emit_line(text, name, value, NULL);
	}
}

static bool is_modifier(const char *name)
{
	return strcmp(name, "ids") == 0 || strcmp(name, "in") == 0 || strcmp(name, "input") == 0 ||
	       strcmp(name, "output") == 0 || g_str_has_prefix(name, "env ");
}

static void emit_accepted(const struct slot *status, GString *text)
{
	if (!decision_is_leaf(status->value))
		emit_line(text, "accept", "any", NULL);
	else if (strcmp(status->value->label, "0") != 0)
		emit_line(text, "accept", status->value->label, NULL);
}

/* A loop that waited: how long it would have, no start says. */
static void emit_tries(const struct column *column, GString *text)
{
	for (guint i = 0; i < column->cells->len; i++) {
		const struct item *item = column->cells->pdata[i];

		if (item && item->step->tries > 0) {
			g_string_append_printf(text, "retry %d %d\n", RETRY_COUNT, RETRY_DELAY_MS);
			return;
		}
	}
}

static void emit_await(const char *name, const char *listens, GString *text)
{
	const char *what = strchr(listens, ' ');
	g_autofree char *timeout = g_strdup_printf("%d", AWAIT_TIMEOUT_MS);

	if (listens[0] == '\001' || !what)
		return;
	g_autofree char *kind = g_strndup(listens, what - listens);

	emit_line(text, "await", name, kind, what + 1, timeout, NULL);
}

/* All arguments have a word; those from one on would need them shifted for this program alone. */
static void emit_program_word(struct emitter *emitter, const struct column *column,
			      const char *value, GString *line)
{
	if (template_rest(value) > 1)
		emit_fail(
			emitter, column,
			"it is given the arguments but the first: a plan cannot express it; write "
			"the steps yourself (thresh.yaml: entrypoint.plan)");
	plan_add_word(line, value);
}

static void emit_program(struct emitter *emitter, const struct launch *launch, GString *text)
{
	const struct column *column = launch->column;
	bool begins = column->kind == START_BEGIN;
	g_autofree char *name = begins ? begin_name(emitter, column) : NULL;
	g_autofree char *listens = NULL;
	bool essential = false;
	g_autoptr(GString) line = g_string_new(begins ? "start" : "run");

	if (begins)
		plan_add_word(line, name);
	for (guint i = 0; i < column->slots->len; i++) {
		const struct slot *slot = column->slots->pdata[i];
		g_autofree char *value = launch_value(emitter, launch, i);

		if (is_modifier(slot->name))
			emit_modifier(emitter, slot->name, value, text);
		else if (g_str_has_prefix(slot->name, "word "))
			emit_program_word(emitter, column, value, line);
		else if (strcmp(slot->name, "status") == 0)
			emit_accepted(slot, text);
		else if (strcmp(slot->name, "listens") == 0)
			listens = g_steal_pointer(&value);
		else if (strcmp(slot->name, "essential") == 0)
			essential = value[0] != '\001';
	}
	emit_tries(column, text);
	g_string_append_printf(text, "%s\n", line->str);
	/* one that was waited for, and left a daemon, said itself when that was ready */
	if (listens && begins)
		emit_await(name, listens, text);
	if (essential)
		emit_line(text, "essential", name, NULL);
}

static void emit_launch(struct emitter *emitter, struct launch *launch, GString *text)
{
	for (; launch->slot < launch->column->slots->len; launch->slot++) {
		const struct slot *slot = launch->column->slots->pdata[launch->slot];

		if (decision_is_leaf(slot->value) || strcmp(slot->name, "status") == 0 ||
		    (strcmp(slot->name, "ids") != 0 && emit_is_text(slot->value)))
			continue;
		emit_decision(emitter, slot->value, leaf_launch, launch, text);
		return;
	}
	emit_program(emitter, launch, text);
}

static const struct item *item_of_step(const struct state *state, guint index)
{
	const GPtrArray *steps = state->record->steps;

	for (guint i = 0; index < steps->len && i < state->items->len; i++) {
		const struct item *item = state->items->pdata[i];

		if (item->step == steps->pdata[index])
			return item;
	}
	return NULL;
}

/* The column of the program that a STOP ends. */
static const struct column *stopped_column(const struct emitter *emitter,
					   const struct column *column)
{
	const GPtrArray *columns = emitter->model->columns;
	const GPtrArray *executing = emitter->model->executing;

	for (guint i = 0; i < executing->len; i++) {
		const struct item *item = column->cells->pdata[i];
		const struct state *state = executing->pdata[i];

		const struct item *begun = item ? item_of_step(state, item->step->begin) : NULL;

		if (!begun)
			continue;
		for (guint j = 0; j < columns->len; j++) {
			const struct column *other = columns->pdata[j];

			if (other->cells->pdata[i] == begun)
				return other;
		}
	}
	return NULL;
}

static void emit_stop(struct emitter *emitter, const struct column *column, GString *text)
{
	const struct column *begun = stopped_column(emitter, column);
	g_autofree char *signal = field_value(emitter, column, "signal");
	g_autofree char *grace = g_strdup_printf("%d", STOP_GRACE_MS);

	if (!begun || begun->kind != START_BEGIN) {
		emit_fail(emitter, column, "it is stopped, and was not seen to be started");
		return;
	}
	g_autofree char *name = begin_name(emitter, begun);

	emit_line(text, "stop", name, signal, grace, NULL);
}

void emit_column(struct emitter *emitter, const struct column *column, GString *text)
{
	if (item_is_file(column->example)) {
		emit_file(emitter, column, text);
	} else if (column->kind == START_STOP) {
		emit_stop(emitter, column, text);
	} else if (column->kind == START_RUN || column->kind == START_BEGIN) {
		g_autofree const char **labels = g_new0(const char *, column->slots->len + 1);
		struct launch launch = {.column = column, .labels = labels};

		check_input(emitter, column);
		emit_launch(emitter, &launch, text);
	}
}
