/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/template.h"

#include <string.h>

static const struct mark *mark_at(const struct state *state, const char *text, const char *at)
{
	for (guint i = 0; i < state->marks->len; i++) {
		const struct mark *mark = state->marks->pdata[i];
		gsize bytes = strlen(mark->text);

		if (strncmp(at, mark->text, bytes) != 0)
			continue;
		if (mark->number &&
		    ((at > text && g_ascii_isdigit(at[-1])) || g_ascii_isdigit(at[bytes])))
			continue;
		return mark;
	}
	return NULL;
}

char *template_of(const struct state *state, const char *text)
{
	GString *template = g_string_new(NULL);

	for (const char *at = text; *at;) {
		const struct mark *mark = mark_at(state, text, at);

		if (mark) {
			g_string_append(template, mark->template);
			at += strlen(mark->text);
		} else {
			g_string_append(template, *at == '$' ? "$$" : "");
			if (*at != '$')
				g_string_append_c(template, *at);
			at++;
		}
	}
	return g_string_free(template, FALSE);
}

bool template_has_hole(const char *template)
{
	for (const char *at = strchr(template, '$'); at; at = strchr(at + 2, '$'))
		if (at[1] == '{')
			return true;
	return false;
}

static void expand_name(const struct space *space, const struct state *state, const char *name,
			GString *text)
{
	const char *value = NULL;

	if (strcmp(name, "#") == 0 || g_ascii_isdigit(*name)) {
		g_autoptr(GPtrArray) words = state_words(space, state);
		guint64 index = g_ascii_strtoull(name, NULL, 10);

		if (*name == '#')
			g_string_append_printf(text, "%u", words->len);
		else if (index >= 1 && index <= words->len)
			value = words->pdata[index - 1];
		g_string_append(text, value ? value : "");
		return;
	}
	value = state_value(state, name);
	g_string_append(text, value ? value : "");
}

char *template_expand(const struct space *space, const struct state *state, const char *template)
{
	GString *text = g_string_new(NULL);

	for (const char *at = template; *at;) {
		const char *end = at[0] == '$' && at[1] == '{' ? strchr(at, '}') : NULL;

		if (end) {
			g_autofree char *name = g_strndup(at + 2, end - at - 2);

			expand_name(space, state, name, text);
			at = end + 1;
		} else {
			g_string_append_c(text, *at);
			at += at[0] == '$' && at[1] == '$' ? 2 : 1;
		}
	}
	return g_string_free(text, FALSE);
}

const char *template_split_name(const char *word, gsize *ret_bytes)
{
	gsize bytes = strlen(word);

	if (bytes < 5 || !g_str_has_prefix(word, "${*") || strchr(word, '}') != word + bytes - 1)
		return NULL;
	*ret_bytes = bytes - 4;
	return word + 3;
}

guint template_rest(const char *word)
{
	if (strcmp(word, "${@}") == 0)
		return 1;
	return g_str_has_prefix(word, "${@:") ? (guint)(word[4] - '0') : 0;
}

static char *rest_new(guint rest)
{
	return rest == 1 ? g_strdup("${@}") : g_strdup_printf("${@:%u}", rest);
}

GPtrArray *template_rest_words(const struct space *space, const struct state *state, guint rest)
{
	GPtrArray *words = state_words(space, state);

	g_ptr_array_remove_range(words, 0, MIN(rest - 1, words->len));
	return words;
}

static void append_split(const char *value, GPtrArray *words)
{
	g_auto(GStrv) parts = g_strsplit_set(value ? value : "", " \t\n", -1);

	for (char **part = parts; *part; part++)
		if (**part)
			g_ptr_array_add(words, g_strdup(*part));
}

void template_expand_word(const struct space *space, const struct state *state, const char *word,
			  GPtrArray *words)
{
	gsize bytes;
	const char *split = template_split_name(word, &bytes);

	if (split) {
		g_autofree char *name = g_strndup(split, bytes);

		append_split(state_value(state, name), words);
	} else if (template_rest(word)) {
		g_autoptr(GPtrArray) arguments =
			template_rest_words(space, state, template_rest(word));

		for (guint i = 0; i < arguments->len; i++)
			g_ptr_array_add(words, g_strdup(arguments->pdata[i]));
	} else {
		g_ptr_array_add(words, template_expand(space, state, word));
	}
}

static bool words_at(const GPtrArray *words, guint index, const GPtrArray *wanted)
{
	if (wanted->len == 0 || index + wanted->len > words->len)
		return false;
	for (guint i = 0; i < wanted->len; i++)
		if (strcmp(words->pdata[index + i], wanted->pdata[i]) != 0)
			return false;
	return true;
}

int template_words_find(const GPtrArray *words, const GPtrArray *wanted)
{
	for (guint at = 0; at < words->len; at++)
		if (words_at(words, at, wanted))
			return (int)at;
	return -1;
}

struct rest {
	guint first; /* argument, from 1 */
	guint at;    /* its index in the words */
	guint count; /* 0: there are none */
};

/* Which ends of the arguments may stand in the words of a program: those that were seen to, in
 * starts that begin with the same argument where there were such. */
static guint rests_of(const struct space *space, const struct state *state, bool executes)
{
	const char *first = state->arguments->len ? state->arguments->pdata[0] : "";
	guint behind = GPOINTER_TO_UINT(g_hash_table_lookup(space->rests_behind, first));

	if (!executes)
		return space->helper_rests;
	return behind ? behind : space->rests;
}

/* The arguments that stand in @words as they were given: the longest of these ends. */
static struct rest find_rest(const struct space *space, const struct state *state,
			     const GPtrArray *words, guint rests)
{
	for (guint first = 1; first <= SPACE_MAX_REST; first++) {
		g_autoptr(GPtrArray) given = template_rest_words(space, state, first);
		int at = rests & 1U << first ? template_words_find(words, given) : -1;

		if (at >= 0)
			return (struct rest){first, (guint)at, given->len};
	}
	return (struct rest){0};
}

/* The variable whose two marks stand at @index as two words. */
static const struct mark *split_at(const struct state *state, const GPtrArray *words, guint index)
{
	for (guint i = 0; i < state->marks->len && index + 1 < words->len; i++) {
		const struct mark *mark = state->marks->pdata[i];
		const char *blank = strchr(mark->text, ' ');

		if (blank && strlen(words->pdata[index]) == (gsize)(blank - mark->text) &&
		    g_str_has_prefix(mark->text, words->pdata[index]) &&
		    strcmp(blank + 1, words->pdata[index + 1]) == 0)
			return mark;
	}
	return NULL;
}

/* A variable that is known to be split, and whose value, two words or more, stands at @index; the
 * first of several. */
static const struct factor *value_at(const struct space *space, const struct state *state,
				     const GPtrArray *words, guint index, guint *ret_count)
{
	for (guint i = SPACE_FIRST_VARIABLE; i < space->factors->len; i++) {
		const struct factor *factor = space_factor(space, i);
		g_autoptr(GPtrArray) own = g_ptr_array_new_with_free_func(g_free);

		if (!g_hash_table_contains(space->split, factor->name))
			continue;
		append_split(state_value(state, factor->name), own);
		if (own->len < 2 || !words_at(words, index, own))
			continue;
		*ret_count = own->len;
		return factor;
	}
	return NULL;
}

static char *name_of_hole(const char *template)
{
	return g_strndup(template + 2, strlen(template) - 3);
}

/* One word: ${NAME} where it is the mark alone and NAME is known to be split, is ${*NAME}. */
static char *template_of_word(const struct space *space, const struct state *state,
			      const char *word)
{
	g_autofree char *template = template_of(state, word);

	for (guint i = 0; i < state->marks->len; i++) {
		const struct mark *mark = state->marks->pdata[i];
		g_autofree char *name = name_of_hole(mark->template);

		if (strcmp(mark->template, template) == 0 &&
		    g_hash_table_contains(space->split, name))
			return g_strdup_printf("${*%s}", name);
	}
	return g_steal_pointer(&template);
}

GPtrArray *template_of_words(const struct space *space, const struct state *state,
			     const GPtrArray *words, bool executes)
{
	GPtrArray *templates = g_ptr_array_new_with_free_func(g_free);
	struct rest rest = find_rest(space, state, words, rests_of(space, state, executes));

	for (guint i = 0; i < words->len;) {
		const struct mark *split = split_at(state, words, i);
		guint count = 0;
		const struct factor *value = value_at(space, state, words, i, &count);

		if (rest.count && i == rest.at) {
			g_ptr_array_add(templates, rest_new(rest.first));
			i += rest.count;
		} else if (split) {
			g_autofree char *name = name_of_hole(split->template);

			g_ptr_array_add(templates, g_strdup_printf("${*%s}", name));
			i += 2;
		} else if (value) {
			g_ptr_array_add(templates, g_strdup_printf("${*%s}", value->name));
			i += count;
		} else {
			g_ptr_array_add(templates, template_of_word(space, state, words->pdata[i]));
			i++;
		}
	}
	return templates;
}
