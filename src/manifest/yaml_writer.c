/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/yaml_writer.h"

#include <stdbool.h>
#include <string.h>

enum { INDENT = 2 };

static void append_value(GString *text, const json_t *value, int depth, bool in_sequence);

/* A word that no reader takes for a number, a boolean, null, a date or an indicator: letters first,
 * and none of the words of YAML 1.1. */
static bool is_plain(const char *word)
{
	static const char *const reserved[] = {"true", "false", "yes", "no",  "on", "off",
					       "null", "y",     "n",   "nan", NULL};
	g_autofree char *lower = g_ascii_strdown(word, -1);

	if (!g_ascii_isalpha(word[0]) && word[0] != '/')
		return false;
	for (const char *at = word; *at; at++) {
		if (!g_ascii_isalnum(*at) && !strchr("-_./", *at))
			return false;
	}
	return !g_strv_contains(reserved, lower);
}

static void append_string(GString *text, const char *word)
{
	json_t *string;
	char *quoted;

	if (is_plain(word)) {
		g_string_append(text, word);
		return;
	}
	/* A JSON string is a double-quoted YAML scalar (YAML 1.2, section 1.3), if it is ASCII. */
	string = json_string(word);
	quoted = json_dumps(string, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
	g_string_append(text, quoted);
	free(quoted);
	json_decref(string);
}

static void append_indent(GString *text, int depth)
{
	for (int i = 0; i < depth * INDENT; i++)
		g_string_append_c(text, ' ');
}

static void append_object(GString *text, const json_t *object, int depth, bool in_sequence)
{
	const char *key;
	json_t *value;
	bool first = in_sequence; /* the first member stands behind the dash */

	json_object_foreach ((json_t *)object, key, value) {
		if (!first)
			append_indent(text, depth);
		first = false;
		append_string(text, key);
		g_string_append_c(text, ':');
		append_value(text, value, depth + 1, false);
	}
}

static void append_array(GString *text, const json_t *array, int depth)
{
	size_t index;
	json_t *value;

	json_array_foreach ((json_t *)array, index, value) {
		append_indent(text, depth);
		g_string_append_c(text, '-');
		append_value(text, value, depth + 1, true);
	}
}

static void append_scalar(GString *text, const json_t *value)
{
	g_string_append_c(text, ' ');
	if (json_is_string(value))
		append_string(text, json_string_value(value));
	else if (json_is_integer(value))
		g_string_append_printf(text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else
		g_string_append(text, json_is_true(value)    ? "true"
				      : json_is_false(value) ? "false"
							     : "null");
	g_string_append_c(text, '\n');
}

static void append_value(GString *text, const json_t *value, int depth, bool in_sequence)
{
	if (json_is_object(value) && json_object_size(value) > 0) {
		g_string_append_c(text, in_sequence ? ' ' : '\n');
		append_object(text, value, depth, in_sequence);
	} else if (json_is_array(value) && json_array_size(value) > 0) {
		g_string_append_c(text, '\n');
		append_array(text, value, depth);
	} else if (json_is_object(value) || json_is_array(value)) {
		g_string_append(text, json_is_object(value) ? " {}\n" : " []\n");
	} else {
		append_scalar(text, value);
	}
}

void yaml_append(GString *text, const json_t *value)
{
	append_object(text, value, 0, false);
}
