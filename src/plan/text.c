/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/text.h"

#include "plan/plan.h"
#include "plan/template.h"

#include <string.h>

char *plan_quoted(const char *word)
{
	char *quoted = g_malloc(PLAN_QUOTED_BYTES(strlen(word)));

	plan_quote(word, quoted);
	return quoted;
}

char *plan_literal(const char *word)
{
	char *literal = g_malloc(2 * strlen(word) + 1);

	plan_escape(word, literal);
	return literal;
}

void plan_add_word(GString *line, const char *word)
{
	g_autofree char *quoted = plan_quoted(word);

	g_string_append_c(line, ' ');
	g_string_append(line, quoted);
}

void plan_add_literal(GString *line, const char *word)
{
	g_autofree char *literal = plan_literal(word);

	plan_add_word(line, literal);
}

void plan_add_words(GString *text, const char *directive, const GPtrArray *words)
{
	if (words->len == 0)
		return;
	g_string_append(text, directive);
	for (guint i = 0; i < words->len; i++)
		plan_add_word(text, words->pdata[i]);
	g_string_append_c(text, '\n');
}
