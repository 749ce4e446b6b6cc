/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/escape.h"

#include "plan/text.h"

#include <stdlib.h>
#include <string.h>

enum {
	MAX_BYTES = 16,        /* of a probe: as many letters are left for what is between them */
	MAX_REPLACEMENT = 16,  /* bytes: `&quot;`, `'"'"'` */
	MAX_ESCAPES = 64,      /* of all variables */
	PREFIX_BYTES = 8,      /* Zq012kxE */
	FIRST_SEPARATOR = 'G', /* a hexadecimal digit is none */
};

static void escape_free(struct escape *escape)
{
	g_free(escape->name);
	g_free(escape->variable);
	g_ptr_array_unref(escape->rules);
	g_free(escape);
}

GPtrArray *escapes_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)escape_free);
}

char *escape_probe(guint number, const char *bytes)
{
	GString *probe = g_string_new(NULL);

	g_string_append_printf(probe, "Zq%03ukxE", number);
	for (guint i = 0; bytes[i] && i < MAX_BYTES; i++)
		g_string_append_printf(probe, "%c%c", bytes[i], (char)(FIRST_SEPARATOR + i));
	return g_string_free(probe, FALSE);
}

char *escape_joined(guint number, const char *bytes)
{
	g_autofree char *reversed = g_strreverse(g_strdup(bytes));

	return g_strdup_printf("Zq%03ukxF%s%s", number, reversed, bytes);
}

/* --- finding --- */

/* What became of a probe where it stands at @at, behind its prefix; NULL: another text. */
static GPtrArray *read_rules(const char *at, const char *probe)
{
	g_autoptr(GPtrArray) rules = g_ptr_array_new_with_free_func(g_free);

	for (const char *pair = probe + PREFIX_BYTES; *pair; pair += 2) {
		const char *end = strchr(at, pair[1]);

		if (!end || end - at > MAX_REPLACEMENT)
			return NULL;
		if (end - at != 1 || *at != *pair)
			g_ptr_array_add(rules,
					g_strdup_printf("%c%.*s", *pair, (int)(end - at), at));
		at = end + 1;
	}
	return g_steal_pointer(&rules);
}

static bool rules_equal(const GPtrArray *a, const GPtrArray *b)
{
	if (a->len != b->len)
		return false;
	for (guint i = 0; i < a->len; i++)
		if (strcmp(a->pdata[i], b->pdata[i]) != 0)
			return false;
	return true;
}

static bool is_known(const GPtrArray *escapes, const char *variable, const GPtrArray *rules)
{
	for (guint i = 0; i < escapes->len; i++) {
		const struct escape *escape = escapes->pdata[i];

		if (strcmp(escape->variable, variable) == 0 && rules_equal(escape->rules, rules))
			return true;
	}
	return rules->len == 0 || escapes->len >= MAX_ESCAPES;
}

static void escapes_add(GPtrArray *escapes, const char *variable, GPtrArray *rules)
{
	struct escape *escape = g_new0(struct escape, 1);
	guint number = 1;

	for (guint i = 0; i < escapes->len; i++) {
		const char *name = ((struct escape *)escapes->pdata[i])->name;

		number = MAX(number, (guint)atoi(name + strlen("thresh_text_")) + 1);
	}
	escape->name = g_strdup_printf("thresh_text_%u", number);
	escape->variable = g_strdup(variable);
	escape->rules = rules;
	g_ptr_array_add(escapes, escape);
}

struct search {
	GPtrArray *escapes;
	const char *variable;
	const char *probe;
};

/* record_map: nothing is changed. */
static char *search_text(const char *text, gpointer user)
{
	const struct search *search = user;
	g_autofree char *prefix = g_strndup(search->probe, PREFIX_BYTES);

	for (const char *at = strstr(text, prefix); at; at = strstr(at + 1, prefix)) {
		GPtrArray *rules = read_rules(at + PREFIX_BYTES, search->probe);

		if (!rules)
			continue;
		if (is_known(search->escapes, search->variable, rules))
			g_ptr_array_unref(rules);
		else
			escapes_add(search->escapes, search->variable, rules);
	}
	return NULL;
}

bool escapes_find(GPtrArray *escapes, const char *variable, const char *probe,
		  const struct start_record *record)
{
	struct search search = {.escapes = escapes, .variable = variable, .probe = probe};
	guint known = escapes->len;

	start_record_map(record, search_text, &search);
	return escapes->len > known;
}

void escapes_forget(GPtrArray *escapes, const char *variable)
{
	for (guint i = escapes->len; i-- > 0;)
		if (strcmp(((struct escape *)escapes->pdata[i])->variable, variable) == 0)
			g_ptr_array_remove_index(escapes, i);
}

/* --- using --- */

static char *escape_apply(const struct escape *escape, const char *value)
{
	GString *text = g_string_new(NULL);

	for (; *value; value++) {
		const char *as = NULL;

		for (guint i = 0; i < escape->rules->len && !as; i++) {
			const char *rule = escape->rules->pdata[i];

			as = *rule == *value ? rule + 1 : NULL;
		}
		if (as)
			g_string_append(text, as);
		else
			g_string_append_c(text, *value);
	}
	return g_string_free(text, FALSE);
}

void escapes_mark(const GPtrArray *escapes, struct state *state)
{
	for (guint i = 0; i < escapes->len; i++) {
		const struct escape *escape = escapes->pdata[i];
		const char *value = state_value(state, escape->variable);
		g_autofree char *text = escape_apply(escape, value ? value : "");

		/* where it is written as it is, it is the variable itself that is found */
		state_add_own(state, escape->name, text,
			      *text != '\0' && g_strcmp0(text, value) != 0);
	}
}

/* The hole at @text, "${NAME}", in bytes; 0: there is none. */
static gsize hole_length(const char *text)
{
	const char *end = text[0] == '$' && text[1] == '{' ? strchr(text, '}') : NULL;

	return end ? (gsize)(end + 1 - text) : 0;
}

static bool hole_is(const char *hole, gsize bytes, const char *name)
{
	return strlen(name) == bytes - 3 && strncmp(hole + 2, name, bytes - 3) == 0;
}

/* Whether hole @written is the variable of hole @plain, as it is written. */
static bool is_written(const GPtrArray *escapes, const char *plain, gsize plain_bytes,
		       const char *written, gsize written_bytes)
{
	for (guint i = 0; i < escapes->len; i++) {
		const struct escape *escape = escapes->pdata[i];

		if (hole_is(written, written_bytes, escape->name) &&
		    hole_is(plain, plain_bytes, escape->variable))
			return true;
	}
	return false;
}

char *escapes_merge(const GPtrArray *escapes, const char *one, const char *other)
{
	g_autoptr(GString) merged = g_string_new(NULL);

	while (*one && *other) {
		gsize left = hole_length(one), right = hole_length(other);

		if (left && right && is_written(escapes, one, left, other, right)) {
			g_string_append_len(merged, other, (gssize)right);
		} else if (left && left == right && strncmp(one, other, left) == 0) {
			g_string_append_len(merged, one, (gssize)left);
		} else if (left && right && is_written(escapes, other, right, one, left)) {
			g_string_append_len(merged, one, (gssize)left);
		} else if (!left && !right && *one == *other) {
			g_string_append_c(merged, *one);
			left = right = 1;
		} else {
			return NULL;
		}
		one += left;
		other += right;
	}
	return *one == *other ? g_strdup(merged->str) : NULL;
}

char *escape_directive(const struct escape *escape)
{
	GString *line = g_string_new(NULL);

	g_string_append_printf(line, "escape %s ${%s}", escape->name, escape->variable);
	for (guint i = 0; i < escape->rules->len; i++)
		plan_add_word(line, escape->rules->pdata[i]);
	return g_string_free(line, FALSE);
}
