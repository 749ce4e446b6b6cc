/* SPDX-License-Identifier: Apache-2.0 */
/* The two forms on output. Documents have hundreds of thousands of values: a writer of our own
 * takes a fifth of the time of jansson's, which looks each key up again and hands over each piece
 * alone. */
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

struct member {
	const char *key;
	const json_t *value;
};

struct format {
	GString *text;
	bool pretty;
};

static void write_value(struct format *format, const json_t *value, guint depth);

static void write_break(struct format *format, guint depth)
{
	if (!format->pretty)
		return;
	g_string_append_c(format->text, '\n');
	for (guint i = 0; i < depth; i++)
		g_string_append_len(format->text, "  ", 2);
}

/* RFC 8259, section 7: what must be escaped is, in the shortest form; nothing else. */
static void write_escaped(GString *text, char c)
{
	static const char letters[] = {
		['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
		['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't',
	};

	if (letters[(guchar)c]) {
		g_string_append_c(text, '\\');
		g_string_append_c(text, letters[(guchar)c]);
	} else {
		g_string_append_printf(text, "\\u%04X", (guint)(guchar)c);
	}
}

static bool is_plain(char c)
{
	return (guchar)c >= 0x20 && c != '"' && c != '\\';
}

static void write_string(struct format *format, const char *string, size_t size_bytes)
{
	const char *end = string + size_bytes;

	g_string_append_c(format->text, '"');
	while (string < end) {
		const char *from = string;

		while (string < end && is_plain(*string))
			string++;
		g_string_append_len(format->text, from, string - from);
		if (string < end)
			write_escaped(format->text, *string++);
	}
	g_string_append_c(format->text, '"');
}

/* jansson's own form: the shortest that reads back as the same number. */
static void write_real(struct format *format, const json_t *value)
{
	char *number = json_dumps(value, JSON_ENCODE_ANY);

	if (!number)
		g_error("a number that JSON has no form for");
	g_string_append(format->text, number);
	free(number);
}

static void write_array(struct format *format, const json_t *array, guint depth)
{
	size_t size = json_array_size(array);

	g_string_append_c(format->text, '[');
	for (size_t i = 0; i < size; i++) {
		if (i > 0)
			g_string_append_c(format->text, ',');
		write_break(format, depth + 1);
		write_value(format, json_array_get(array, i), depth + 1);
	}
	if (size > 0)
		write_break(format, depth);
	g_string_append_c(format->text, ']');
}

static int compare_members(const void *a, const void *b)
{
	return strcmp(((const struct member *)a)->key, ((const struct member *)b)->key);
}

static void list_members(const json_t *object, struct member *members)
{
	json_t *unowned = (json_t *)object; /* jansson's iterators are for writers too */
	size_t count = 0;

	for (void *at = json_object_iter(unowned); at; at = json_object_iter_next(unowned, at))
		members[count++] =
			(struct member){json_object_iter_key(at), json_object_iter_value(at)};
	qsort(members, count, sizeof(*members), compare_members);
}

static void write_object(struct format *format, const json_t *object, guint depth)
{
	enum { FEW = 16 };
	size_t size = json_object_size(object);
	struct member few[FEW];
	g_autofree struct member *many = size > FEW ? g_new(struct member, size) : NULL;
	struct member *members = many ? many : few;

	list_members(object, members);
	g_string_append_c(format->text, '{');
	for (size_t i = 0; i < size; i++) {
		if (i > 0)
			g_string_append_c(format->text, ',');
		write_break(format, depth + 1);
		write_string(format, members[i].key, strlen(members[i].key));
		g_string_append_len(format->text, ": ", format->pretty ? 2 : 1);
		write_value(format, members[i].value, depth + 1);
	}
	if (size > 0)
		write_break(format, depth);
	g_string_append_c(format->text, '}');
}

static void write_value(struct format *format, const json_t *value, guint depth)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		write_object(format, value, depth);
		break;
	case JSON_ARRAY:
		write_array(format, value, depth);
		break;
	case JSON_STRING:
		write_string(format, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		g_string_append_printf(format->text, "%" JSON_INTEGER_FORMAT,
				       json_integer_value(value));
		break;
	case JSON_REAL:
		write_real(format, value);
		break;
	case JSON_TRUE:
		g_string_append(format->text, "true");
		break;
	case JSON_FALSE:
		g_string_append(format->text, "false");
		break;
	case JSON_NULL:
		g_string_append(format->text, "null");
		break;
	}
}

char *json_format_canonical(const json_t *json)
{
	struct format format = {g_string_new(NULL), false};

	write_value(&format, json, 0);
	return g_string_free(format.text, FALSE);
}

char *json_format_pretty(const json_t *json)
{
	struct format format = {g_string_new(NULL), true};

	write_value(&format, json, 0);
	g_string_append_c(format.text, '\n');
	return g_string_free(format.text, FALSE);
}
