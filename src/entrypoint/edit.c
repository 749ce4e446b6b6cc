/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/edit.h"

#include <string.h>

enum { MAX_LINES = 64 };

#define OTHER "zq other" /* a value that no script writes */

/* In front of a prefix, and whether blanks at its end are left out. */
static const struct form {
	const char *before;
	bool trimmed;
} forms[] = {{"", false}, {"", true}, {"#", false}, {"# ", false}, {"#", true}, {"# ", true}};

enum { FORM_PLAIN = 1 << 0 };

static void line_free(void *data)
{
	struct edit_line *line = data;

	g_free(line->prefix);
	g_free(line);
}

struct edit_file *edit_file_new(const char *path, const char *source, const char *text)
{
	struct edit_file *file = g_new0(struct edit_file, 1);

	file->path = g_strdup(path);
	file->source = g_strdup(source);
	file->text = g_strdup(text);
	file->lines = g_ptr_array_new_with_free_func(line_free);
	return file;
}

void edit_file_free(struct edit_file *file)
{
	if (!file)
		return;
	g_free(file->path);
	g_free(file->source);
	g_free(file->text);
	g_ptr_array_unref(file->lines);
	g_free(file);
}

const struct edit_file *edits_find(const GPtrArray *edits, const char *path)
{
	for (guint i = 0; path && i < edits->len; i++) {
		const struct edit_file *file = edits->pdata[i];

		if (strcmp(file->path, path) == 0)
			return file;
	}
	return NULL;
}

/* --- lines --- */

/* Without the empty one behind the last newline. */
static GPtrArray *split(const char *text)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);

	while (*text) {
		gsize bytes = strcspn(text, "\n");

		g_ptr_array_add(lines, g_strndup(text, bytes));
		text += bytes + (text[bytes] == '\n');
	}
	return lines;
}

/* The beginning of a form; NULL where an earlier one is the same. */
static char *form_text(const char *prefix, gsize form)
{
	g_autofree char *trimmed = g_strchomp(g_strdup(prefix));

	if (forms[form].trimmed && strcmp(trimmed, prefix) == 0)
		return NULL;
	return g_strconcat(forms[form].before, forms[form].trimmed ? trimmed : prefix, NULL);
}

static bool line_means(const struct edit_line *line, const char *text)
{
	for (gsize form = 0; form < G_N_ELEMENTS(forms); form++) {
		g_autofree char *begin =
			line->forms >> form & 1 ? form_text(line->prefix, form) : NULL;

		if (begin && g_str_has_prefix(text, begin))
			return true;
	}
	return false;
}

/* --- finding --- */

/* A word, and what separates it from its value: blanks, `=` or `:`, blanks. NULL: there is none. */
static char *prefix_of(const char *text)
{
	gsize at = strspn(text, " \t");
	gsize word = strcspn(text + at, "=: \t");

	if (word == 0 || text[at] == '#' || !text[at + word])
		return NULL;
	at += word;
	at += strspn(text + at, " \t");
	if (text[at] == '=' || text[at] == ':')
		at++;
	at += strspn(text + at, " \t");
	return g_strndup(text, at);
}

static bool add_line(struct edit_file *file, const char *text)
{
	g_autofree char *prefix = prefix_of(text);
	struct edit_line *line;

	for (guint i = 0; prefix && i < file->lines->len; i++)
		if (strcmp(((struct edit_line *)file->lines->pdata[i])->prefix, prefix) == 0)
			return true;
	if (!prefix || file->lines->len >= MAX_LINES)
		return false;
	line = g_new0(struct edit_line, 1);
	line->prefix = g_steal_pointer(&prefix);
	line->forms = FORM_PLAIN;
	g_ptr_array_add(file->lines, line);
	return true;
}

bool edit_discover(struct edit_file *file, const char *before, const char *after)
{
	g_autoptr(GPtrArray) old = split(before);
	g_autoptr(GPtrArray) new = split(after);

	if (new->len < old->len)
		return false;
	for (guint i = 0; i < new->len; i++)
		if ((i >= old->len || strcmp(old->pdata[i], new->pdata[i]) != 0) &&
		    !add_line(file, new->pdata[i]))
			return false;
	return true;
}

/* --- probes --- */

static bool is_meant(const struct edit_file *file, const char *text)
{
	for (guint i = 0; i < file->lines->len; i++)
		if (line_means(file->lines->pdata[i], text))
			return true;
	return false;
}

static void add_form(GString *text, const struct edit_line *line, gsize form)
{
	g_autofree char *begin = form_text(line->prefix, form);

	if (begin)
		g_string_append_printf(text, "%s" OTHER "\n", begin);
}

/* What no pattern that is exact would mean. */
static void add_similar(GString *text, const char *prefix)
{
	static const char *const before[] = {"x", " ", "##", "#  "};
	gsize blanks = strspn(prefix, " \t");
	gsize word = blanks + strcspn(prefix + blanks, "=: \t");

	for (gsize i = 0; i < G_N_ELEMENTS(before); i++)
		g_string_append_printf(text, "%s%s" OTHER "\n", before[i], prefix);
	g_string_append_printf(text, "%.*sx%s" OTHER "\n", (int)word, prefix, prefix + word);
	if (prefix[word] == '=' || prefix[word] == ':')
		g_string_append_printf(text, "%.*s %s" OTHER "\n", (int)word, prefix,
				       prefix + word);
}

char *edit_probe(const struct edit_file *file, enum edit_probe which)
{
	GString *text = g_string_new("zq user = kept\n");
	g_autoptr(GPtrArray) lines = split(file->text);

	for (guint i = 0; i < file->lines->len && which != EDIT_PROBE_NONE; i++) {
		const struct edit_line *line = file->lines->pdata[i];

		for (gsize form = 0; form < G_N_ELEMENTS(forms); form++)
			if (which == EDIT_PROBE_FORMS || !(line->forms >> form & 1))
				add_form(text, line, form);
		add_similar(text, line->prefix);
	}
	for (guint i = 0; i < lines->len; i++)
		if (which == EDIT_PROBE_FORMS || !is_meant(file, lines->pdata[i]))
			g_string_append_printf(text, "%s\n", (char *)lines->pdata[i]);
	g_string_append(text, "zq last = kept\n");
	return g_string_free(text, FALSE);
}

static void learn_form(struct edit_line *line, const char *text)
{
	for (gsize form = 0; form < G_N_ELEMENTS(forms); form++) {
		g_autofree char *begin = form_text(line->prefix, form);
		g_autofree char *whole = begin ? g_strconcat(begin, OTHER, NULL) : NULL;

		if (g_strcmp0(whole, text) != 0)
			continue;
		line->forms |= 1U << form;
		line->replaces = true;
	}
}

void edit_learn_forms(struct edit_file *file, const char *before, const char *after)
{
	g_autoptr(GPtrArray) old = split(before);
	g_autoptr(GPtrArray) new = split(after);

	for (guint i = 0; i < MIN(old->len, new->len); i++)
		for (guint j = 0; strcmp(old->pdata[i], new->pdata[i]) != 0 && j < file->lines->len;
		     j++)
			learn_form(file->lines->pdata[j], old->pdata[i]);
}

/* Moves the line whose text begins so to place @at, where it is behind it. */
static bool learn_append(struct edit_file *file, const char *text, guint at)
{
	for (guint i = 0; i < file->lines->len; i++) {
		struct edit_line *line = file->lines->pdata[i];

		if (!g_str_has_prefix(text, line->prefix))
			continue;
		line->appends = true;
		if (i <= at)
			return i == at;
		g_ptr_array_steal_index(file->lines, i);
		g_ptr_array_insert(file->lines, (gint)at, line);
		return true;
	}
	return false;
}

void edit_learn_appends(struct edit_file *file, const char *before, const char *after)
{
	g_autoptr(GPtrArray) old = split(before);
	g_autoptr(GPtrArray) new = split(after);
	guint place = 0;

	for (guint i = old->len; i < new->len; i++)
		place += learn_append(file, new->pdata[i], place);
}

/* --- explaining --- */

struct explanation {
	GPtrArray *old, *new;
	guint8 *explained; /* by old line */
	guint appended;    /* lines behind the old ones that are explained */
};

/* Lines that are meant have to become one text, or stay as they are. */
static bool explain_replaced(struct explanation *explanation, const struct edit_line *line,
			     const char **ret_value, bool *ret_met)
{
	const GPtrArray *old = explanation->old, *new = explanation->new;
	const char *value = NULL;
	bool changed = false, alike = true;

	for (guint i = 0; i < old->len; i++) {
		if (!line_means(line, old->pdata[i]))
			continue;
		*ret_met = true;
		explanation->explained[i] |= line->replaces;
		changed |= strcmp(old->pdata[i], new->pdata[i]) != 0;
		alike &= !value || strcmp(value, new->pdata[i]) == 0;
		value = new->pdata[i];
	}
	*ret_value = changed ? value : NULL;
	return !changed || (alike && line->replaces);
}

static bool explain_line(struct explanation *explanation, const struct edit_line *line,
			 const char **ret_value)
{
	guint next = explanation->old->len + explanation->appended;
	bool met = false;

	if (!explain_replaced(explanation, line, ret_value, &met))
		return false;
	if (met || !line->appends || next >= explanation->new->len ||
	    !g_str_has_prefix(explanation->new->pdata[next], line->prefix))
		return true;
	*ret_value = explanation->new->pdata[next];
	explanation->appended++;
	return true;
}

static bool ends_alike(const char *before, const char *after)
{
	return !*before || g_str_has_suffix(before, "\n") == g_str_has_suffix(after, "\n");
}

bool edit_explain(const struct edit_file *file, const char *before, const char *after,
		  GPtrArray *ret_values)
{
	g_autoptr(GPtrArray) old = split(before);
	g_autoptr(GPtrArray) new = split(after);
	g_autofree guint8 *explained = g_new0(guint8, old->len + 1);
	struct explanation explanation = {.old = old, .new = new, .explained = explained};

	if (new->len < old->len || !ends_alike(before, after))
		return false;
	for (guint i = 0; i < file->lines->len; i++) {
		const char *value = NULL;

		if (!explain_line(&explanation, file->lines->pdata[i], &value))
			return false;
		g_ptr_array_add(ret_values, g_strdup(value));
	}
	for (guint i = 0; i < old->len; i++)
		if (!explained[i] && strcmp(old->pdata[i], new->pdata[i]) != 0)
			return false;
	return old->len + explanation.appended == new->len;
}

bool edit_shows(const struct edit_line *line, const char *before, const char *text)
{
	g_autoptr(GPtrArray) lines = split(before);
	const char *first = NULL;
	bool differs = false;

	for (guint i = 0; i < lines->len; i++) {
		if (!line_means(line, lines->pdata[i]))
			continue;
		first = first ? first : lines->pdata[i];
		differs |= strcmp(text ? text : first, lines->pdata[i]) != 0;
	}
	return first ? line->replaces && differs : line->appends;
}

/* --- the plan --- */

GPtrArray *edit_patterns(const struct edit_line *line)
{
	GPtrArray *patterns = g_ptr_array_new_with_free_func(g_free);

	for (gsize form = 0; form < G_N_ELEMENTS(forms); form++) {
		g_autofree char *begin =
			line->forms >> form & 1 ? form_text(line->prefix, form) : NULL;
		GString *pattern = begin ? g_string_new(NULL) : NULL;

		for (const char *at = begin; pattern && *at; at++) {
			if (strchr("*?[\\", *at))
				g_string_append_c(pattern, '\\');
			g_string_append_c(pattern, *at);
		}
		if (pattern)
			g_ptr_array_add(patterns,
					g_string_free(g_string_append_c(pattern, '*'), FALSE));
	}
	return patterns;
}

const char *edit_directive(const struct edit_line *line)
{
	if (!line->replaces)
		return "complete";
	return line->appends ? "ensure" : "replace";
}
