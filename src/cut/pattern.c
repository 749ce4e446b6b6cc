/* SPDX-License-Identifier: Apache-2.0 */
#include "cut/pattern.h"

#include "cut/commandline.h"
#include "plan/command.h"

#include <string.h>

/* Bytes that stand for the holes while the line is taken apart: no pattern has them itself. */
enum { MARK_FIRST = 0x0e, MARK_LAST = MARK_FIRST + PLAN_MAX_HOLES - 1 };

static bool is_mark(char c)
{
	return c >= MARK_FIRST && c <= MARK_LAST;
}

static bool has_control(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' && *text != '\t' && *text != '\n')
			return true;
	}
	return false;
}

/* @pattern is valid. */
static char *with_marks(const char *pattern)
{
	GString *text = g_string_new(NULL);
	char mark = MARK_FIRST;

	while (*pattern) {
		if (pattern[0] != '%') {
			g_string_append_c(text, *pattern++);
		} else if (pattern[1] == '%') {
			g_string_append_c(text, '%');
			pattern += 2;
		} else {
			g_string_append_c(text, mark++);
			pattern = strchr(pattern, '}') + 1;
		}
	}
	return g_string_free(text, FALSE);
}

static char *template_of(const char *word)
{
	GString *text = g_string_new(NULL);

	for (; *word; word++) {
		if (is_mark(*word))
			g_string_append_printf(text, "${=%d}", *word - MARK_FIRST + 1);
		else if (*word == '$')
			g_string_append(text, "$$");
		else
			g_string_append_c(text, *word);
	}
	return g_string_free(text, FALSE);
}

static bool has_mark(const char *word)
{
	while (*word && !is_mark(*word))
		word++;
	return *word != '\0';
}

GPtrArray *pattern_words(const char *pattern, const char **ret_problem)
{
	g_autofree char *text = NULL;
	struct commandline line;
	GPtrArray *words = NULL;
	unsigned int holes;

	*ret_problem = "a hole that is none of %{number}, %{token} and %{path DIR}, or more than 9 "
		       "of them (%% is a percent sign)";
	if (!plan_pattern_is_valid(pattern, &holes))
		return NULL;
	*ret_problem = "a control character";
	if (has_control(pattern))
		return NULL;
	text = with_marks(pattern);
	if (!commandline_parse(text, &line, ret_problem))
		return NULL;
	*ret_problem = "a hole or a = in the name of the program";
	if (!has_mark(line.words->pdata[0]) && !strchr(line.words->pdata[0], '=')) {
		words = g_ptr_array_new_with_free_func(g_free);
		for (guint i = 0; i < line.redirections->len; i++)
			g_ptr_array_add(words, g_strdup(line.redirections->pdata[i]));
		for (guint i = 0; i < line.assignments->len; i++)
			g_ptr_array_add(words, template_of(line.assignments->pdata[i]));
		for (guint i = 0; i < line.words->len; i++)
			g_ptr_array_add(words, template_of(line.words->pdata[i]));
	}
	commandline_clear(&line);
	return words;
}

char *pattern_program(const char *pattern)
{
	g_autofree char *text = with_marks(pattern);
	struct commandline line;
	const char *problem;
	char *program;

	if (!commandline_parse(text, &line, &problem))
		return NULL;
	program = g_strdup(line.words->pdata[0]);
	commandline_clear(&line);
	return program;
}

void pattern_append(GString *pattern, const char *text, size_t size_bytes)
{
	for (size_t i = 0; i < size_bytes; i++) {
		if (text[i] == '%')
			g_string_append_c(pattern, '%');
		g_string_append_c(pattern, text[i]);
	}
}
