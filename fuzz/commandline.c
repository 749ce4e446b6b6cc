/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines that applications gave to a shell. What is accepted, quoted again word by word, is
 * accepted again and means the same. */
#include "cut/commandline.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	g_autofree char *text = g_strndup((const char *)data, size_bytes);
	struct commandline line;
	const char *problem = NULL;

	if (commandline_parse(text, &line, &problem)) {
		check_again(&line);
		commandline_clear(&line);
	} else if (!problem) {
		abort();
	}
	return 0;
}
