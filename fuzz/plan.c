/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of the init plan: no crash, and what was accepted can be written and read again. */
#include "plan/plan.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static void directive_check(const struct plan_directive *directive)
{
	const char *word = directive->words;

	for (size_t i = 0; i < directive->count; i++, word = plan_word_next(word)) {
		char *quoted = malloc(PLAN_QUOTED_BYTES(strlen(word)));

		if (!quoted || plan_quote(word, quoted) >= PLAN_QUOTED_BYTES(strlen(word)))
			abort();
		free(quoted);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	static struct plan plan;
	struct plan_error error;
	char *text = malloc(size_bytes ? size_bytes : 1);

	if (!text)
		return 0;
	memcpy(text, data, size_bytes);
	if (plan_parse(text, size_bytes, &plan, &error)) {
		for (uint32_t i = 0; i < plan.count; i++)
			directive_check(&plan.directives[i]);
	} else if (!error.text) {
		abort();
	}
	free(text);
	return 0;
}
