/* SPDX-License-Identifier: Apache-2.0 */
#include "cut/control.h"

#include <string.h>

char *control_next(const char **text)
{
	const char *start = *text + strspn(*text, "\n"), *end;

	if (*start == '\0') {
		*text = start;
		return NULL;
	}
	end = strstr(start, "\n\n");
	*text = end ? end + 2 : start + strlen(start);
	if (!end)
		end = **text == '\0' && (*text)[-1] == '\n' ? *text - 1 : *text;
	return g_strdup_printf("%.*s\n", (int)MIN(end - start, G_MAXINT), start);
}

/* The line behind @line, or its end. */
static const char *next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end ? end + 1 : line + strlen(line);
}

/* Where the field begins, and in @ret_end where the next one does; NULL where it is not there. */
static const char *field_find(const char *paragraph, const char *name, const char **ret_end)
{
	size_t length = strlen(name);

	for (const char *line = paragraph; *line; line = next_line(line)) {
		const char *end;

		if (g_ascii_strncasecmp(line, name, length) != 0 || line[length] != ':')
			continue;
		for (end = next_line(line); *end == ' ' || *end == '\t';)
			end = next_line(end);
		*ret_end = end;
		return line;
	}
	return NULL;
}

char *control_field(const char *paragraph, const char *name)
{
	const char *end, *start = field_find(paragraph, name, &end);

	if (!start)
		return NULL;
	start += strlen(name) + 1;
	return g_strstrip(g_strndup(start, (gsize)(end - start)));
}

char *control_replace(const char *paragraph, const char *name, const char *value)
{
	const char *end, *start = field_find(paragraph, name, &end);

	if (!start)
		return g_strdup(paragraph);
	if (!value)
		return g_strdup_printf("%.*s%s", (int)(start - paragraph), paragraph, end);
	return g_strdup_printf("%.*s%.*s:%s%s\n%s", (int)(start - paragraph), paragraph,
			       (int)strlen(name), start, *value == '\n' ? "" : " ", value, end);
}
