/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines against a pattern: what holes hold is free of shell syntax and of "..", and lies in
 * the text one behind the other. The input: a pattern, a newline, a command line. */
#include "plan/command.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static void hole_check(const struct plan_hole *hole, const char *text, const char *end)
{
	if (hole->text < text || hole->bytes == 0 || hole->text + hole->bytes > end)
		abort();
	for (size_t i = 0; i < hole->bytes; i++) {
		if (!hole->text[i] || strchr(" \t\n|&;<>()$`\\\"'*?[]#~%!{}", hole->text[i]))
			abort();
		if (hole->text[i] == '.' && hole->text[i + 1] == '.')
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	struct plan_hole holes[PLAN_MAX_HOLES];
	char *pattern = malloc(size_bytes + 1);
	unsigned int count;
	char *text;

	if (!pattern)
		return 0;
	memcpy(pattern, data, size_bytes);
	pattern[size_bytes] = '\0';
	text = strchr(pattern, '\n');
	if (text) {
		*text++ = '\0';
		if (plan_pattern_is_valid(pattern, &count) &&
		    plan_command_match(pattern, text, holes)) {
			for (unsigned int i = 0; i < count; i++)
				hole_check(&holes[i],
					   i ? holes[i - 1].text + holes[i - 1].bytes : text,
					   text + strlen(text));
		}
	}
	free(pattern);
	return 0;
}
