/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines that applications gave to a shell, and patterns of them. What is accepted, quoted
 * again word by word, is accepted again and means the same. */
#include "cut/commandline.h"
#include "cut/pattern.h"
#include "plan/template.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static void check_again(const struct commandline *line)
{
	GString *text = g_string_new(NULL);
	struct commandline again;
	const char *problem;

	for (guint i = 0; i < line->words->len; i++) {
		g_autofree char *quoted = g_shell_quote(line->words->pdata[i]);

		g_string_append_printf(text, "%s ", quoted);
	}
	if (text->len <= COMMANDLINE_MAX_BYTES && strcmp(line->words->pdata[0], "exec") != 0) {
		if (!commandline_parse(text->str, &again, &problem) ||
		    again.words->len != line->words->len || again.assignments->len > 0)
			abort();
		for (guint i = 0; i < line->words->len; i++) {
			if (strcmp(again.words->pdata[i], line->words->pdata[i]) != 0)
				abort();
		}
		commandline_clear(&again);
	}
	g_string_free(text, TRUE);
}

/* What is taken as a pattern has words that a plan takes. */
static void check_pattern(const char *text)
{
	const char *problem = NULL;
	g_autoptr(GPtrArray) words = pattern_words(text, &problem);

	for (guint i = 0; words && i < words->len; i++) {
		if (!plan_template_is_valid(words->pdata[i], PLAN_WITH_HOLES))
			abort();
	}
	if (!words && !problem)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	g_autofree char *text = g_strndup((const char *)data, size_bytes);
	struct commandline line;
	const char *problem = NULL;

	check_pattern(text);
	if (commandline_parse(text, &line, &problem)) {
		check_again(&line);
		commandline_clear(&line);
	} else if (!problem) {
		abort();
	}
	return 0;
}
