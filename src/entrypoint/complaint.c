/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/complaint.h"

#include "base/error.h"

#include <string.h>

enum { MAX_SHOWN_BYTES = 80 };

char *complaint_place(const struct start_step *step)
{
	if (!step->script)
		return g_strdup("the entrypoint");
	g_autofree char *script = error_quote(step->script);

	return step->line ? g_strdup_printf("%s:%u", script, step->line) : g_steal_pointer(&script);
}

static guint line_of(const char *text, const char *at)
{
	guint line = 1;

	for (; text < at; text++)
		line += *text == '\n';
	return line;
}

/* The first mention of @name in @text that is not in a line of comment; NULL: none. */
static const char *find_mention(const char *text, const char *name)
{
	for (const char *at = strstr(text, name); at; at = strstr(at + 1, name)) {
		const char *line = at;

		while (line > text && line[-1] != '\n')
			line--;
		if (line[strspn(line, " \t")] != '#')
			return at;
	}
	return NULL;
}

char *complaint_place_of_name(const struct start_record *record, const char *name)
{
	for (guint i = 0; i < record->scripts->len; i++) {
		const struct start_script *script = record->scripts->pdata[i];
		gsize bytes;
		const char *data = g_bytes_get_data(script->text, &bytes);
		g_autofree char *text = g_strndup(data, bytes);
		const char *at = find_mention(text, name);
		g_autofree char *path = error_quote(script->path);

		if (at)
			return g_strdup_printf("%s:%u", path, line_of(text, at));
	}
	return NULL;
}

/* The step's own place; where the runner knows none, that of the first variable that differs. */
static char *place_of(const struct space *space, const struct item *item, const struct state *one,
		      const struct state *other)
{
	for (guint i = SPACE_FIRST_VARIABLE; !item->step->line && i < space->factors->len; i++) {
		char *place =
			state_level(one, i) != state_level(other, i)
				? complaint_place_of_name(one->record, space_factor(space, i)->name)
				: NULL;

		if (place)
			return place;
	}
	return complaint_place(item->step);
}

static char *shown(const char *text)
{
	g_autofree char *cut = g_strndup(text, MAX_SHOWN_BYTES);
	g_autofree char *quoted = error_quote(cut);

	return g_strdup_printf("`%s%s`", quoted, strlen(text) > MAX_SHOWN_BYTES ? "…" : "");
}

char *complaint_names(const struct space *space, const struct state *one, const struct state *other)
{
	GString *names = g_string_new(NULL);

	for (guint i = SPACE_FIRST_VARIABLE; i < space->factors->len; i++)
		if (state_level(one, i) != state_level(other, i))
			g_string_append_printf(names, "%s%s", names->len ? " and " : "",
					       space_factor(space, i)->name);
	return g_string_free(names, names->len == 0);
}

static char *ways_out(const char *names)
{
	return names ? g_strdup_printf(
			       "fix %s (thresh.yaml: entrypoint.fixed), give values that show what "
			       "it depends on (entrypoint.values), or write the steps yourself "
			       "(entrypoint.plan)",
			       names)
		     : g_strdup("name scenarios that show what it depends on (thresh.yaml: "
				"entrypoint.scenarios), or write the steps yourself "
				"(entrypoint.plan)");
}

static char *subject_of(const struct column *column, const char *what)
{
	g_autofree char *key = error_quote(column->example->key->actual);

	if (!what)
		return g_strdup_printf("%s %s happens in one start and not in another",
				       item_kind_name(column->kind), key);
	if (!*what)
		return g_strdup_printf("the path of %s %s varies", item_kind_name(column->kind),
				       key);
	if (strcmp(what, "part") == 0)
		return g_strdup_printf(
			"%s of %s varies",
			item_is_file(column->example) ? "the content" : "an argument", key);
	if (g_str_has_prefix(what, "env "))
		return g_strdup_printf("variable %s of %s varies", what + 4, key);
	return g_strdup_printf("%s of %s %s varies",
			       g_str_has_prefix(what, "word ") ? "an argument" : what,
			       item_kind_name(column->kind), key);
}

static const char *text_shown(const struct text *text)
{
	if (!text)
		return "(none)";
	return text->actual ? text->actual : "(unset)";
}

void complain(const struct model *model, const struct column *column, const char *what,
	      const struct text *const *texts, guint one, guint other, GError **error)
{
	const struct state *first = model->executing->pdata[one];
	const struct state *second = model->executing->pdata[other];
	const struct item *item = column->cells->pdata[one]     ? column->cells->pdata[one]
				  : column->cells->pdata[other] ? column->cells->pdata[other]
								: column->example;
	g_autofree char *place = place_of(model->space, item, first, second);
	g_autofree char *subject = subject_of(column, what);
	g_autofree char *names = complaint_names(model->space, first, second);
	g_autofree char *ways = ways_out(names);
	g_autofree char *a = what ? shown(text_shown(texts[one])) : NULL;
	g_autofree char *b = what ? shown(text_shown(texts[other])) : NULL;

	error_set(error, THRESH_ERROR_INPUT,
		  "%s: %s and no rule says why (start `%s`%s%s; start `%s`%s%s): a plan cannot "
		  "express it; %s",
		  place, subject, first->name, a ? ": " : "", a ? a : "", second->name,
		  b ? ": " : "", b ? b : "", ways);
}

bool complain_joined(const struct state *state, const struct item *item, GError **error)
{
	g_autofree char *place = complaint_place(item->step);
	g_autofree char *key = error_quote(item->key->actual);

	return error_set(error, THRESH_ERROR_INPUT,
			 "%s: %s %s has each argument in a text of its own, or all joined to one, "
			 "however many there are (start `%s`): a plan cannot express it; write the "
			 "steps yourself (thresh.yaml: entrypoint.plan)",
			 place, item_kind_name(item->kind), key, state->name);
}

bool complain_input(const struct item *item, GError **error)
{
	g_autofree char *place = complaint_place(item->step);
	g_autofree char *key = error_quote(item->key->actual);

	return error_set(error, THRESH_ERROR_INPUT,
			 "%s: %s %s: it reads more than 4 MiB from standard input, or what another "
			 "program writes: a plan cannot hold it; give it a file of the image, run "
			 "both as one program, or write the steps yourself (thresh.yaml: "
			 "entrypoint.plan)",
			 place, item_kind_name(item->kind), key);
}

void complain_failure(const struct space *space, const struct state *one, const struct state *other,
		      GError **error)
{
	g_autofree char *names = complaint_names(space, one, other);
	g_autofree char *ways = ways_out(names);

	error_set(error, THRESH_ERROR_INPUT,
		  "the entrypoint: start `%s` ends with status %d and start `%s` with %d, and no "
		  "rule says why: a plan cannot express it; %s",
		  one->name, state_failure(one), other->name, state_failure(other), ways);
}

char *record_last_words(const struct start_record *record)
{
	gsize bytes = 0;
	const char *data = record->output ? g_bytes_get_data(record->output, &bytes) : NULL;
	g_autofree char *text = g_strndup(data ? data : "", bytes);
	g_auto(GStrv) lines = g_strsplit(g_strstrip(text), "\n", -1);
	guint count = g_strv_length(lines);

	return error_quote(count ? lines[count - 1] : "");
}

/* The first step of @state that @base has not. */
static const struct item *first_difference(const struct state *base, const struct state *state)
{
	for (guint i = 0; i < state->items->len; i++) {
		g_autofree char *own = item_flat(state->items->pdata[i]);
		g_autofree char *its =
			i < base->items->len ? item_flat(base->items->pdata[i]) : NULL;

		if (g_strcmp0(own, its) != 0)
			return state->items->pdata[i];
	}
	return NULL;
}

bool complain_foreign(const struct state *base, const struct state *state, const char *prefix,
		      GError **error)
{
	const struct item *item = first_difference(base, state);
	g_autofree char *stands = complaint_place_of_name(state->record, prefix);
	g_autofree char *place = stands ? g_strdup(stands) : g_strdup("the entrypoint");
	g_autofree char *key = error_quote(item ? item->key->actual : "");

	return error_set(error, THRESH_ERROR_INPUT,
			 "%s: %s %s depends on every variable that begins with %s, whatever its "
			 "name: a plan cannot express it, since it names its variables; let the "
			 "application read them itself, or write the steps yourself (thresh.yaml: "
			 "entrypoint.plan)",
			 place, item ? item_kind_name(item->kind) : "it", key, prefix);
}
