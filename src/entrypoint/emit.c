/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/emit.h"

#include "base/error.h"
#include "entrypoint/chance.h"
#include "entrypoint/complaint.h"
#include "entrypoint/emit_private.h"
#include "entrypoint/escape.h"
#include "entrypoint/input.h"
#include "entrypoint/slice.h"
#include "entrypoint/template.h"
#include "plan/plan.h"
#include "plan/text.h"
#include "plan/value.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_WORDS = 8 }; /* that are taken in a number's place */

void emit_line(GString *text, const char *directive, ...)
{
	va_list words;

	g_string_append(text, directive);
	va_start(words, directive);
	for (const char *word = va_arg(words, const char *); word;
	     word = va_arg(words, const char *))
		plan_add_word(text, word);
	va_end(words);
	g_string_append_c(text, '\n');
}

void emit_fail(struct emitter *emitter, const struct column *column, const char *why)
{
	if (emitter->error)
		return;
	g_autofree char *place = complaint_place(column->example->step);
	g_autofree char *key = error_quote(column->example->key->actual);

	error_set(&emitter->error, THRESH_ERROR_INPUT, "%s: %s %s: %s", place,
		  item_kind_name(column->kind), key, why);
}

char *emit_hole(struct emitter *emitter)
{
	return g_strdup_printf("thresh_%u", ++emitter->holes);
}

/* The line that asks; NULL where only the opposite can be asked. */
static char *question_line(const struct emitter *emitter, int condition, bool holds)
{
	guint memory = emitter->remembered[condition];

	if (memory)
		return g_strdup_printf("if %s thresh_is_%u", holds ? "filled" : "empty", memory);
	return condition_line(emitter->model->conditions->pdata[condition], holds);
}

static void emit_question(const struct emitter *emitter, int condition, const char *yes,
			  const char *no, GString *text)
{
	g_autofree char *question = question_line(emitter, condition, true);
	g_autofree char *opposite = question_line(emitter, condition, false);

	if (!*yes && !*no)
		return;
	if (!*yes && opposite)
		g_string_append_printf(text, "%s\n%send\n", opposite, no);
	else if (!*no)
		g_string_append_printf(text, "%s\n%send\n", question, yes);
	else
		g_string_append_printf(text, "%s\n%selse\n%send\n", question, yes, no);
}

void emit_decision(struct emitter *emitter, const struct decision *decision, emit_leaf leaf,
		   gpointer user, GString *text)
{
	if (decision_is_leaf(decision)) {
		leaf(emitter, decision->label, user, text);
		return;
	}
	g_autoptr(GString) yes = g_string_new(NULL);
	g_autoptr(GString) no = g_string_new(NULL);

	emit_decision(emitter, decision->yes, leaf, user, yes);
	emit_decision(emitter, decision->no, leaf, user, no);
	emit_question(emitter, decision->condition, yes->str, no->str, text);
}

static bool is_there(const struct decision *present)
{
	return decision_is_leaf(present) && strcmp(present->label, "1") == 0;
}

/* Entries from @from on that ask the same first, or are all there, or are all not. */
static guint entries_alike(const struct entry *entries, guint from, guint count)
{
	const struct decision *first = entries[from].present;
	guint to = from + 1;

	while (to < count && entries[to].present->condition == first->condition &&
	       is_there(entries[to].present) == is_there(first))
		to++;
	return to;
}

static void emit_divided(struct emitter *emitter, const struct entry *entries, guint count,
			 emit_run run, gpointer user, GString *text)
{
	g_autofree struct entry *divided = g_new(struct entry, count);
	g_autoptr(GString) yes = g_string_new(NULL);
	g_autoptr(GString) no = g_string_new(NULL);
	int condition = entries[0].present->condition;
	bool begun = emitter->begun, begun_there;

	for (guint i = 0; i < count; i++)
		divided[i] = (struct entry){entries[i].what, entries[i].present->yes};
	emit_entries(emitter, divided, count, run, user, yes);
	begun_there = emitter->begun;
	emitter->begun = begun;
	for (guint i = 0; i < count; i++)
		divided[i] = (struct entry){entries[i].what, entries[i].present->no};
	emit_entries(emitter, divided, count, run, user, no);
	emitter->begun |= begun_there;
	emit_question(emitter, condition, yes->str, no->str, text);
}

void emit_entries(struct emitter *emitter, const struct entry *entries, guint count, emit_run run,
		  gpointer user, GString *text)
{
	for (guint from = 0, to; from < count; from = to) {
		to = entries_alike(entries, from, count);
		if (!decision_is_leaf(entries[from].present))
			emit_divided(emitter, entries + from, to - from, run, user, text);
		else if (is_there(entries[from].present))
			run(emitter, entries + from, to - from, user, text);
		emitter->begun |= is_there(entries[from].present);
	}
}

struct hole {
	const char *name;
};

static void leaf_let(struct emitter *emitter, const char *label, gpointer user, GString *text)
{
	const struct hole *hole = user;

	(void)emitter;
	emit_line(text, "let", hole->name, label[0] == '\001' ? "" : label, NULL);
}

static void decision_write(const struct decision *decision, GString *text)
{
	if (decision_is_leaf(decision)) {
		g_string_append_printf(text, "<%s>", decision->label);
		return;
	}
	g_string_append_printf(text, "(%d", decision->condition);
	decision_write(decision->yes, text);
	decision_write(decision->no, text);
	g_string_append_c(text, ')');
}

bool emit_is_text(const struct decision *decision)
{
	gsize bytes;

	if (!decision_is_leaf(decision))
		return emit_is_text(decision->yes) && emit_is_text(decision->no);
	return decision->label[0] != '\001' && !template_rest(decision->label) &&
	       !template_split_name(decision->label, &bytes) && !input_refers(decision->label);
}

char *emit_value(struct emitter *emitter, const struct decision *decision)
{
	if (decision_is_leaf(decision))
		return g_strdup(decision->label);
	g_autoptr(GString) key = g_string_new(NULL);

	decision_write(decision, key);
	const char *known = g_hash_table_lookup(emitter->values, key->str);

	if (known)
		return g_strdup_printf("${%s}", known);
	char *name = emit_hole(emitter);
	struct hole hole = {.name = name};

	g_hash_table_insert(emitter->values, g_strdup(key->str), name);
	emit_decision(emitter, decision, leaf_let, &hole, emitter->prelude);
	return g_strdup_printf("${%s}", name);
}

/* --- what is asked first --- */

static void remember_decision(struct emitter *emitter, const struct decision *decision,
			      bool arguments)
{
	if (decision_is_leaf(decision))
		return;
	const struct condition *condition = emitter->model->conditions->pdata[decision->condition];

	if (!emitter->remembered[decision->condition] &&
	    (condition->kind == CONDITION_FILE || condition->kind == CONDITION_ONE_OF ||
	     (arguments && condition_is_of_arguments(condition))))
		emitter->remembered[decision->condition] = ++emitter->memories;
	remember_decision(emitter, decision->yes, arguments);
	remember_decision(emitter, decision->no, arguments);
}

static void remember_column(struct emitter *emitter, const struct column *column)
{
	bool rewrites = column->kind == START_EXEC && !emit_is_direct(emitter, column);

	remember_decision(emitter, column->present, false);
	for (guint i = 0; i < column->slots->len; i++) {
		const struct slot *slot = column->slots->pdata[i];

		if (column->kind != START_EXEC || strcmp(slot->name, "ids") != 0)
			remember_decision(emitter, slot->value, rewrites);
	}
	for (guint i = 0; i < column->parts->len; i++) {
		const struct part *part = column->parts->pdata[i];

		remember_decision(emitter, part->present, rewrites);
		remember_decision(emitter, part->value, rewrites);
	}
}

/* Init ends at a path that is not absolute. Where a variable's value is its beginning, nothing is
 * asked of such values: the script, or the steps, will say what is wrong. True: a block is open. */
static bool emit_guard(struct emitter *emitter, const char *path)
{
	const char *end = strchr(path, '}');

	if (!end || !g_str_has_prefix(path, "${"))
		return false;
	g_autofree char *variable = g_strndup(path, end + 1 - path);

	emit_line(emitter->text, "if unlike", variable, "[!/]*", NULL);
	return true;
}

static void emit_memories(struct emitter *emitter)
{
	for (guint i = 0; i < emitter->model->conditions->len; i++) {
		guint memory = emitter->remembered[i];

		if (!memory)
			continue;
		const struct condition *condition = emitter->model->conditions->pdata[i];
		g_autofree char *name = g_strdup_printf("thresh_is_%u", memory);
		g_autofree char *lines = condition_lines(condition, name);
		bool guarded =
			condition->kind == CONDITION_FILE && emit_guard(emitter, condition->text);

		g_string_append_printf(emitter->text, "%s%s", lines, guarded ? "end\n" : "");
	}
}

static void emit_secrets(struct emitter *emitter)
{
	const struct space *space = emitter->model->space;

	for (guint i = SPACE_FIRST_VARIABLE; i < space->factors->len; i++)
		if (space_factor(space, i)->secret)
			emit_line(emitter->text, "secret", space_factor(space, i)->name, NULL);
}

/* What would end the text that the value becomes part of. */
static void emit_refused(struct emitter *emitter, const struct factor *factor)
{
	g_autofree char *value = g_strdup_printf("${%s}", factor->name);
	g_autofree char *bytes = plan_literal(factor->refused);
	g_autofree char *why =
		g_strdup_printf("%s: none of these is taken: %s", factor->name, bytes);
	g_autoptr(GString) pattern = g_string_new("*[");

	for (const char *byte = factor->refused; *byte; byte++)
		g_string_append_printf(pattern, "\\%c", *byte);
	g_string_append(pattern, "]*");
	emit_line(emitter->text, "if matches", value, pattern->str, NULL);
	emit_line(emitter->text, "fail", "1", why, NULL);
	emit_line(emitter->text, "end", NULL);
}

static void emit_unlike(struct emitter *emitter, const struct factor *factor)
{
	g_autofree char *value = g_strdup_printf("${%s}", factor->name);

	for (guint i = 0; i < factor->unlike->len; i++) {
		g_autofree char *shown = plan_literal(factor->unlike->pdata[i]);
		g_autofree char *why =
			g_strdup_printf("%s: nothing like %s is taken", factor->name, shown);

		emit_line(emitter->text, "if matches", value, factor->unlike->pdata[i], NULL);
		emit_line(emitter->text, "fail", "1", why, NULL);
		emit_line(emitter->text, "end", NULL);
	}
}

/* To some comparisons 010 is eight, to others ten. */
static void emit_zeros(struct emitter *emitter, const struct factor *factor)
{
	g_autofree char *value = g_strdup_printf("${%s}", factor->name);
	g_autofree char *why = g_strdup_printf("%s: may not begin with 0", factor->name);

	emit_line(emitter->text, "if matches", value, "0?*", NULL);
	emit_line(emitter->text, "fail", "1", why, NULL);
	emit_line(emitter->text, "end", NULL);
}

static void emit_there(struct emitter *emitter, const char *path)
{
	bool directory = g_str_has_suffix(path, "/");
	g_autofree char *clean = g_strndup(path, strlen(path) - directory);

	emit_line(emitter->text, directory ? "if populated" : "if exists", clean, NULL);
}

static void emit_untold(struct emitter *emitter)
{
	const GPtrArray *paths = emitter->model->space->untold;

	for (guint i = 0; i < paths->len; i++) {
		const char *path = paths->pdata[i];
		g_autofree char *shown = plan_literal(path);
		g_autofree char *why = g_strdup_printf(
			"%s: the script went by what it says, and its plan cannot", shown);
		bool guarded = emit_guard(emitter, path);

		emit_there(emitter, path);
		emit_line(emitter->text, "fail", "1", why, NULL);
		g_string_append(emitter->text, guarded ? "end\nend\n" : "end\n");
	}
}

static void emit_listed_value(struct emitter *emitter, const char *variable, const char *value,
			      const char *memory)
{
	g_autofree char *literal = plan_literal(value);

	emit_line(emitter->text, "if equals", variable, literal, NULL);
	emit_line(emitter->text, "let", memory, "yes", NULL);
	emit_line(emitter->text, "end", NULL);
}

/* Only what was tried: the script goes on with other values too, as if they were none of these. */
static void emit_listed(struct emitter *emitter, const struct factor *factor)
{
	const char *plain = g_hash_table_lookup(emitter->model->space->plain, factor->name);
	g_autofree char *memory = emit_hole(emitter);
	g_autofree char *value = g_strdup_printf("${%s}", factor->name);
	g_autofree char *why =
		g_strdup_printf("%s: none of the values that are taken", factor->name);

	if (plain && *plain)
		emit_listed_value(emitter, value, plain, memory);
	for (guint i = 0; i < factor->levels->len; i++) {
		const struct level *level = factor->levels->pdata[i];

		if (level->kind == LEVEL_LITERAL)
			emit_listed_value(emitter, value, level->value, memory);
	}
	emit_line(emitter->text, "if filled", factor->name, NULL);
	emit_line(emitter->text, "if empty", memory, NULL);
	emit_line(emitter->text, "fail", "1", why, NULL);
	g_string_append(emitter->text, "end\nend\n");
}

/* What the user said of production (learn.h): with another value the script might do otherwise, and
 * nobody has looked. A scenario may have shown some. */
static void emit_fixed(struct emitter *emitter)
{
	const struct space *space = emitter->model->space;
	const GPtrArray *fixed = space->request->fixed;

	for (guint i = 0; fixed && i < fixed->len; i++) {
		const char *name = fixed->pdata[i];
		const char *plain = g_hash_table_lookup(space->plain, name);
		g_autofree char *variable = g_strdup_printf("${%s}", name);
		g_autofree char *value = plan_literal(plain ? plain : "");
		g_autofree char *why = g_strdup_printf(
			"%s: its value was fixed when the plan was made (entrypoint.fixed)", name);

		if (space_find(space, name))
			continue;
		if (*value)
			emit_line(emitter->text, "if differs", variable, value, NULL);
		else
			emit_line(emitter->text, "if filled", name, NULL);
		emit_line(emitter->text, "fail", "1", why, NULL);
		emit_line(emitter->text, "end", NULL);
	}
}

/* The value of @state where the script takes it though it is no number (`auto`); else NULL. */
static const char *word_taken(const struct state *state, const struct factor *factor)
{
	const struct level *level = factor->levels->pdata[state_level(state, factor->number)];
	const char *value = state_value(state, factor->name);

	if (g_strcmp0(factor->type, "integer") != 0 || !value || !*value ||
	    (level->kind != LEVEL_LITERAL && level->kind != LEVEL_PLAIN))
		return NULL;
	return plan_value_is(PLAN_VALUE_INTEGER, value, NULL) ? NULL : value;
}

/* Caller frees the array alone. */
static GPtrArray *words_taken(const struct model *model, const struct factor *factor)
{
	GPtrArray *words = g_ptr_array_new();

	for (guint i = 0; i < model->executing->len && words->len < MAX_WORDS; i++) {
		const char *word = word_taken(model->executing->pdata[i], factor);

		if (word && !g_ptr_array_find_with_equal_func(words, word, g_str_equal, NULL))
			g_ptr_array_add(words, (gpointer)word);
	}
	return words;
}

/* That it may be missing is another matter: `check` wants it. */
static void emit_type(struct emitter *emitter, const struct factor *factor)
{
	g_autoptr(GPtrArray) words = words_taken(emitter->model, factor);
	g_autofree char *value = g_strdup_printf("${%s}", factor->name);
	g_autofree char *least = g_strdup_printf("%" G_GUINT64_FORMAT, factor->least);
	g_autofree char *most = g_strdup_printf("%" G_GUINT64_FORMAT, factor->most);

	emit_line(emitter->text, "if filled", factor->name, NULL);
	for (guint i = 0; i < words->len; i++) {
		g_autofree char *word = plan_literal(words->pdata[i]);

		emit_line(emitter->text, "if differs", value, word, NULL);
	}
	emit_line(emitter->text, "check", factor->name, factor->type, factor->most ? least : NULL,
		  most, NULL);
	for (guint i = 0; i <= words->len; i++)
		emit_line(emitter->text, "end", NULL);
}

static void emit_checks(struct emitter *emitter)
{
	const struct space *space = emitter->model->space;

	emit_fixed(emitter);
	emit_untold(emitter);
	for (guint i = SPACE_FIRST_VARIABLE; i < space->factors->len; i++) {
		const struct factor *factor = space_factor(space, i);

		if (factor->refused)
			emit_refused(emitter, factor);
		emit_unlike(emitter, factor);
		if (factor->listed)
			emit_listed(emitter, factor);
		if (factor->sized)
			emit_zeros(emitter, factor);
		if (factor->type)
			emit_type(emitter, factor);
	}
}

static void emit_prepend(struct emitter *emitter)
{
	const GPtrArray *words = emitter->model->space->prepend;

	g_string_append(emitter->text, "arguments");
	for (guint i = 0; i < words->len; i++)
		plan_add_word(emitter->text, words->pdata[i]);
	g_string_append(emitter->text, " ${@}\nend\n");
}

static void emit_prepended(struct emitter *emitter)
{
	const struct space *space = emitter->model->space;

	for (guint i = 0; space->prepend && i < space->prepended->len; i++) {
		g_string_append(emitter->text, "if matches ${1}");
		plan_add_word(emitter->text, space->prepended->pdata[i]);
		g_string_append_c(emitter->text, '\n');
		emit_prepend(emitter);
	}
	if (space->prepends_unknown) {
		g_string_append(emitter->text, "if program ${1}\nelse\n");
		emit_prepend(emitter);
	}
}

static void leaf_failure(struct emitter *emitter, const char *label, gpointer user, GString *text)
{
	const char *message = strchr(label, ' ');

	(void)emitter;
	(void)user;
	if (!*label)
		return;
	g_autofree char *status = g_strndup(label, message - label);

	emit_line(text, "fail", status, message + 1, NULL);
}

/* One variable alone, and status 1: `require` and `forbid` say it shorter. */
static bool emit_short_failure(struct emitter *emitter, const struct decision *failure)
{
	if (decision_is_leaf(failure) || !decision_is_leaf(failure->yes) ||
	    !decision_is_leaf(failure->no))
		return false;
	const struct condition *condition = emitter->model->conditions->pdata[failure->condition];
	const char *yes = failure->yes->label, *no = failure->no->label;

	if (condition->kind == CONDITION_FILLED && !*yes && g_str_has_prefix(no, "1 "))
		emit_line(emitter->text, "require", condition->name, no + 2, NULL);
	else if (condition->kind == CONDITION_SET && !*no && g_str_has_prefix(yes, "1 "))
		emit_line(emitter->text, "forbid", condition->name, yes + 2, NULL);
	else
		return false;
	return true;
}

/* --- columns --- */

static void run_columns(struct emitter *emitter, const struct entry *entries, guint count,
			gpointer user, GString *text)
{
	(void)user;
	for (guint i = 0; i < count; i++)
		emit_column(emitter, entries[i].what, text);
}

/* Before all that they stand in. */
static void emit_pieces(struct emitter *emitter)
{
	const GPtrArray *pieces = emitter->model->pieces;

	for (guint i = 0; i < pieces->len; i++) {
		const struct piece *piece = pieces->pdata[i];
		g_autofree char *name = g_strndup(piece->hole + 2, strlen(piece->hole) - 3);
		struct hole hole = {.name = name};

		emit_decision(emitter, piece->value, leaf_let, &hole, emitter->prelude);
	}
}

static void emit_columns(struct emitter *emitter)
{
	const GPtrArray *columns = emitter->model->columns;
	g_autofree struct entry *entries = g_new(struct entry, columns->len + 1);
	guint count = 0;

	for (guint i = 0; i < columns->len; i++) {
		const struct column *column = columns->pdata[i];

		if (column->kind != START_EXEC)
			entries[count++] = (struct entry){column, column->present};
	}
	emit_entries(emitter, entries, count, run_columns, NULL, emitter->text);
}

static void remember_all(struct emitter *emitter)
{
	const struct model *model = emitter->model;

	remember_decision(emitter, model->failure, false);
	for (guint i = 0; i < model->pieces->len; i++)
		remember_decision(emitter, ((struct piece *)model->pieces->pdata[i])->value, false);
	for (guint i = 0; i < model->columns->len; i++)
		remember_column(emitter, model->columns->pdata[i]);
}

static void emit_checked(struct emitter *emitter)
{
	const struct decision *failure = emitter->model->failure;

	emit_prepended(emitter);
	emit_checks(emitter);
	emit_memories(emitter);
	if (!emit_short_failure(emitter, failure))
		emit_decision(emitter, failure, leaf_failure, NULL, emitter->text);
}

static bool uses(const struct emitter *emitter, const char *name)
{
	g_autofree char *hole = g_strdup_printf("${%s}", name);

	return strstr(emitter->prelude->str, hole) || strstr(emitter->text->str, hole);
}

/* What is drawn or asked of the machine, and values as they are written, where something below uses
 * it. */
static char *emit_own(const struct emitter *emitter)
{
	const GPtrArray *chances = emitter->model->space->chances;
	const GPtrArray *escapes = emitter->model->space->escapes;
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < chances->len; i++) {
		const struct chance *chance = chances->pdata[i];

		if (uses(emitter, chance->name))
			g_string_append_printf(text, "%s\n", chance->directive);
	}
	for (guint i = 0; i < escapes->len; i++) {
		const struct escape *escape = escapes->pdata[i];
		g_autofree char *line = escape_directive(escape);

		if (uses(emitter, escape->name))
			g_string_append_printf(text, "%s\n", line);
	}
	return g_string_free(text, FALSE);
}

/* Parts of values that @head, or something below it, uses or asks for. */
static char *emit_slices(const struct emitter *emitter, const char *head)
{
	const GPtrArray *slices = emitter->model->space->slices;
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < slices->len; i++) {
		const struct slice *slice = slices->pdata[i];
		g_autofree char *line = slice_directive(slice);
		g_autofree char *asked = g_strdup_printf(" %s\n", slice->name);

		if (uses(emitter, slice->name) || strstr(head, asked) ||
		    strstr(emitter->prelude->str, asked) || strstr(emitter->text->str, asked))
			g_string_append_printf(text, "%s\n", line);
	}
	return g_string_free(text, FALSE);
}

/* What emitter->text holds, which is empty then. Caller frees. */
static char *emit_take(struct emitter *emitter)
{
	char *text = g_strdup(emitter->text->str);

	g_string_truncate(emitter->text, 0);
	return text;
}

/* What is checked and asked first, what is computed of it, then the steps. */
static char *emit_all(struct emitter *emitter)
{
	const GPtrArray *columns = emitter->model->columns;

	remember_all(emitter);
	emit_secrets(emitter);
	g_autofree char *secrets = emit_take(emitter);

	emit_checked(emitter);
	g_autofree char *head = emit_take(emitter);

	emit_pieces(emitter);
	emit_columns(emitter);
	for (guint i = 0; i < columns->len; i++)
		if (((struct column *)columns->pdata[i])->kind == START_EXEC)
			emit_execution(emitter, columns->pdata[i]);
	g_autofree char *own = emit_own(emitter);

	g_autofree char *slices = emit_slices(emitter, head);

	return g_strconcat(secrets, slices, head, own, emitter->prelude->str, emitter->text->str,
			   NULL);
}

/* What was written is read again: nothing leaves here that init would refuse. */
static bool emit_check(const char *steps, GError **error)
{
	g_autofree struct plan *plan = g_new0(struct plan, 1);
	g_autofree char *text = g_strconcat("thresh-plan 1\n", steps, NULL);
	g_autofree char *copy = g_strdup(text);
	struct plan_error plan_error;

	if (plan_parse(copy, strlen(text), plan, &plan_error))
		return true;
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	guint count = g_strv_length(lines);
	g_autofree char *line = error_quote(
		plan_error.line && plan_error.line <= count ? lines[plan_error.line - 1] : "");

	return error_set(error, THRESH_ERROR_INPUT,
			 "the entrypoint: the plan has no words for this: %s (line %u: %s); fix "
			 "the variables that it depends on (thresh.yaml: entrypoint.fixed)",
			 plan_error.text, plan_error.line, line);
}

char *emit_steps(const struct model *model, GError **error)
{
	struct emitter emitter = {.model = model, .text = g_string_new(NULL)};

	emitter.prelude = g_string_new(NULL);
	emitter.values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	emitter.remembered = g_new0(guint, model->conditions->len + 1);
	emitter.begins = g_ptr_array_new();
	g_autofree char *text = emit_all(&emitter);

	g_free(emitter.remembered);
	g_ptr_array_unref(emitter.begins);
	g_hash_table_unref(emitter.values);
	g_string_free(emitter.prelude, TRUE);
	g_string_free(emitter.text, TRUE);
	if (emitter.error) {
		g_propagate_error(error, emitter.error);
		return NULL;
	}
	return emit_check(text, error) ? g_steal_pointer(&text) : NULL;
}

static bool asks_file(const struct model *model, const struct decision *decision)
{
	if (decision_is_leaf(decision))
		return false;
	const struct condition *condition = model->conditions->pdata[decision->condition];

	return condition->kind == CONDITION_FILE || asks_file(model, decision->yes) ||
	       asks_file(model, decision->no);
}

bool emit_has_setup(const struct model *model)
{
	for (guint i = 0; i < model->columns->len; i++) {
		const struct column *column = model->columns->pdata[i];

		if ((column->kind == START_RUN || column->kind == START_BEGIN) &&
		    asks_file(model, column->present))
			return true;
	}
	return false;
}
