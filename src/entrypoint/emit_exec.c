/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of the plan: arguments, then the environment, then `exec`. Arguments are put together
 * while variables still are what the start was given; a variable is set after all that ask for it.
 */
#include "entrypoint/emit_private.h"
#include "entrypoint/names.h"
#include "entrypoint/template.h"
#include "plan/text.h"

#include <string.h>

/* --- arguments --- */

static int find_rest(const struct column *column)
{
	for (guint i = 0; i < column->parts->len; i++)
		if (part_is_rest(column->parts->pdata[i]))
			return (int)i;
	return -1;
}

/* The same word in every start; or all arguments. */
static bool part_is_plain(const struct part *part)
{
	return decision_is_leaf(part->present) && decision_is_leaf(part->value) &&
	       template_rest(part->value->label) <= 1;
}

/* "${1}" or "${#}": what it is changes with the arguments. */
static bool asks_for_arguments(const char *template)
{
	const char *hole = template;

	while ((hole = strstr(hole, "${")) && !strchr("123456789#", hole[2]))
		hole += 2;
	return hole != NULL;
}

/* Arguments are kept in a variable from before the first of them changes. */
static void append_part(struct emitter *emitter, const struct entry *entry, GString *line)
{
	const struct part *part = entry->what;
	g_autofree char *value = emit_value(emitter, part->value);

	if (asks_for_arguments(value)) {
		g_autofree char *name = emit_hole(emitter);
		g_autofree char *kept = g_strdup_printf("${%s}", name);

		emit_line(emitter->prelude, "let", name, value, NULL);
		plan_add_word(line, kept);
		return;
	}
	plan_add_word(line, value);
}

static void run_appended(struct emitter *emitter, const struct entry *entries, guint count,
			 gpointer user, GString *text)
{
	g_autoptr(GString) line = g_string_new("argument");

	(void)user;
	for (guint i = 0; i < count; i++)
		append_part(emitter, &entries[i], line);
	g_string_append_printf(text, "%s\n", line->str);
}

/* The entries are in reverse: what is put before the others last comes first. */
static void run_prepended(struct emitter *emitter, const struct entry *entries, guint count,
			  gpointer user, GString *text)
{
	g_autoptr(GString) line = g_string_new("arguments");

	(void)user;
	for (guint i = count; i-- > 0;)
		append_part(emitter, &entries[i], line);
	g_string_append_printf(text, "%s ${@}\n", line->str);
}

static void emit_appended(struct emitter *emitter, const struct column *column, guint from)
{
	g_autofree struct entry *entries = g_new(struct entry, column->parts->len + 1);
	guint count = 0;

	for (guint i = from; i < column->parts->len; i++) {
		const struct part *part = column->parts->pdata[i];

		entries[count++] = (struct entry){part, part->present};
	}
	emit_entries(emitter, entries, count, run_appended, NULL, emitter->text);
}

static void emit_prepended(struct emitter *emitter, const struct column *column, guint limit)
{
	g_autofree struct entry *entries = g_new(struct entry, limit + 1);
	guint count = 0;

	for (guint i = limit; i-- > 0;) {
		const struct part *part = column->parts->pdata[i];

		entries[count++] = (struct entry){part, part->present};
	}
	emit_entries(emitter, entries, count, run_prepended, NULL, emitter->text);
}

/* Every word is the same text in every start. */
static bool arguments_are_plain(const struct column *column)
{
	for (guint i = 0; i < column->parts->len; i++)
		if (!part_is_plain(column->parts->pdata[i]))
			return false;
	return true;
}

/* Nothing is left of the arguments where a start does not use them. */
static void leaf_rest(struct emitter *emitter, const char *label, gpointer user, GString *text)
{
	guint first = template_rest(label);

	(void)emitter;
	(void)user;
	if (first == 0)
		emit_line(text, "arguments", NULL);
	else if (first > 1)
		g_string_append_printf(text, "shift %u\n", first - 1);
}

/* `shift` in one branch alone: the rest of the arguments is in another place, or another rest. */
static void check_rests(struct emitter *emitter, const struct column *column, int rest)
{
	for (guint i = 0; i < column->parts->len; i++) {
		const struct part *part = column->parts->pdata[i];

		if ((int)i != rest && part_is_rest(part) && !decision_is_leaf(part->value))
			emit_fail(
				emitter, column,
				"the arguments stand in another place, and are others, after some "
				"first words: a plan cannot express it; write the steps yourself "
				"(thresh.yaml: entrypoint.plan)");
	}
}

static void emit_arguments(struct emitter *emitter, const struct column *column)
{
	int rest = find_rest(column);

	check_rests(emitter, column, rest);

	if (rest < 0) {
		guint plain = 0;
		g_autoptr(GString) line = g_string_new("arguments");

		while (plain < column->parts->len && part_is_plain(column->parts->pdata[plain])) {
			const struct part *part = column->parts->pdata[plain++];

			plan_add_word(line, part->value->label);
		}
		g_string_append_printf(emitter->text, "%s\n", line->str);
		emit_appended(emitter, column, plain);
		return;
	}
	emit_decision(emitter, ((struct part *)column->parts->pdata[rest])->value, leaf_rest, NULL,
		      emitter->text);
	emit_appended(emitter, column, (guint)rest + 1);
	emit_prepended(emitter, column, (guint)rest);
}

/* --- environment --- */

/* @names: a name, or the beginning of names and `*`. */
static bool names_hold(const char *names, const char *name)
{
	return name && (g_str_has_suffix(names, "*") ? strncmp(names, name, strlen(names) - 1) == 0
						     : strcmp(names, name) == 0);
}

/* Whether the plan's lines for @decision ask for a variable of @names. */
static bool asks_for(const struct emitter *emitter, const struct decision *decision,
		     const char *names)
{
	if (decision_is_leaf(decision)) {
		bool all = g_str_has_suffix(names, "*");
		g_autofree char *hole = g_strdup_printf("${%.*s%s", (int)strlen(names) - all, names,
							all ? "" : "}");

		return strstr(decision->label, hole) != NULL;
	}
	const struct condition *condition = emitter->model->conditions->pdata[decision->condition];

	return (!emitter->remembered[decision->condition] && names_hold(names, condition->name)) ||
	       asks_for(emitter, decision->yes, names) || asks_for(emitter, decision->no, names);
}

struct variable {
	const char *name;
	bool secret;
};

static void leaf_set(struct emitter *emitter, const char *label, gpointer user, GString *text)
{
	const struct variable *variable = user;

	(void)emitter;
	if (strcmp(label, TEXT_UNSET) == 0)
		emit_line(text, "unset", variable->name, NULL);
	else if (strcmp(label, TEXT_KEEP) != 0)
		emit_line(text, "set", variable->name, label, NULL);
}

/* What is set for a slot: its variable, or all with a prefix. Caller frees. */
static char *slot_names(const struct emitter *emitter, const struct slot *slot)
{
	const struct factor *factor = space_find(emitter->model->space, slot->name + 4);

	return factor && factor->foreign ? names_of_sample(factor->name) : g_strdup(slot->name + 4);
}

static void emit_variable(struct emitter *emitter, const struct slot *slot)
{
	const char *name = slot->name + 4;
	const struct decision *value = slot->value;
	const struct factor *factor = space_find(emitter->model->space, name);
	g_autofree char *names = slot_names(emitter, slot);
	struct variable variable = {.name = names, .secret = factor && factor->secret};

	if (!decision_is_leaf(value) && decision_is_leaf(value->yes) &&
	    decision_is_leaf(value->no) && !variable.secret) {
		const struct condition *condition =
			emitter->model->conditions->pdata[value->condition];

		if (condition->kind == CONDITION_FILLED && strcmp(condition->name, name) == 0 &&
		    strcmp(value->yes->label, TEXT_KEEP) == 0 && value->no->label[0] != '\001') {
			emit_line(emitter->text, "value", name, value->no->label, NULL);
			return;
		}
	}
	emit_decision(emitter, value, leaf_set, &variable, emitter->text);
}

/* Whether a slot that is still to come asks for what @slot sets, or unsets all that begins so. */
static bool is_awaited(const struct emitter *emitter, const GPtrArray *slots,
		       const struct slot *slot)
{
	g_autofree char *names = slot_names(emitter, slot);

	for (guint i = 0; i < slots->len; i++) {
		const struct slot *other = slots->pdata[i];
		g_autofree char *others = slot_names(emitter, other);
		bool covers = g_str_has_suffix(others, "*") && names_hold(others, names);

		if (other != slot && (covers || asks_for(emitter, other->value, names)))
			return true;
	}
	return false;
}

static void emit_environment(struct emitter *emitter, const struct column *column)
{
	g_autoptr(GPtrArray) left = g_ptr_array_new();

	for (guint i = 0; i < column->slots->len; i++) {
		struct slot *slot = column->slots->pdata[i];

		if (g_str_has_prefix(slot->name, "env "))
			g_ptr_array_add(left, slot);
	}
	while (left->len) {
		guint next = 0;

		while (next < left->len && is_awaited(emitter, left, left->pdata[next]))
			next++;
		if (next == left->len) {
			emit_fail(emitter, column,
				  "variables are set in a circle, each from the other: fix one of "
				  "them (thresh.yaml: entrypoint.fixed)");
			return;
		}
		emit_variable(emitter, left->pdata[next]);
		g_ptr_array_remove_index(left, next);
	}
}

static void leaf_umask(struct emitter *emitter, const char *label, gpointer user, GString *text)
{
	(void)emitter;
	(void)user;
	if (strcmp(label, "0022") != 0)
		emit_line(text, "umask", label, NULL);
}

static void emit_workdir(struct emitter *emitter, const struct column *column)
{
	const struct slot *slot = column_slot(column, "in");

	if (!slot || (decision_is_leaf(slot->value) &&
		      strcmp(slot->value->label, emitter->model->space->workdir) == 0))
		return;
	g_autofree char *value = emit_value(emitter, slot->value);

	emit_line(emitter->text, "workdir", value, NULL);
}

bool emit_is_direct(const struct emitter *emitter, const struct column *column)
{
	if (!arguments_are_plain(column) || column->parts->len == 0)
		return false;
	for (guint i = 0; i < column->parts->len; i++)
		for (guint j = 0; j < column->slots->len; j++) {
			const struct part *part = column->parts->pdata[i];
			const struct slot *slot = column->slots->pdata[j];

			if (g_str_has_prefix(slot->name, "env ") &&
			    asks_for(emitter, part->value, slot->name + 4))
				return false;
		}
	return true;
}

static void emit_umask(struct emitter *emitter, const struct column *column)
{
	const struct slot *slot = column_slot(column, "umask");

	if (slot)
		emit_decision(emitter, slot->value, leaf_umask, NULL, emitter->text);
}

/* @user: the limit's name. */
static void leaf_limit(struct emitter *emitter, const char *label, gpointer user, GString *text)
{
	(void)emitter;
	if (label[0] != '\001')
		g_string_append_printf(text, "limit %s %s\n", (const char *)user, label);
}

static void emit_limits(struct emitter *emitter, const struct column *column)
{
	for (guint i = 0; i < column->slots->len; i++) {
		const struct slot *slot = column->slots->pdata[i];

		if (g_str_has_prefix(slot->name, "limit "))
			emit_decision(emitter, slot->value, leaf_limit,
				      slot->name + strlen("limit "), emitter->text);
	}
}

void emit_execution(struct emitter *emitter, const struct column *column)
{
	bool direct = emit_is_direct(emitter, column);

	if (!direct)
		emit_arguments(emitter, column);
	emit_workdir(emitter, column);
	emit_umask(emitter, column);
	emit_limits(emitter, column);
	emit_environment(emitter, column);
	if (!direct) {
		g_string_append(emitter->text, "exec ${@}\n");
		return;
	}
	g_string_append(emitter->text, "exec");
	for (guint i = 0; i < column->parts->len; i++)
		plan_add_word(emitter->text,
			      ((struct part *)column->parts->pdata[i])->value->label);
	g_string_append_c(emitter->text, '\n');
}
