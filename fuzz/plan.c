/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of the init plan: no crash; what was accepted is what it promises to be, and can be
 * written and read again. */
#include "plan/plan.h"
#include "plan/template.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static struct plan plan;
static struct plan again;

/* Writes the directive behind @out. */
static char *directive_write(char *out, const struct plan_directive *directive)
{
	const char *word = directive->words;

	strcpy(out, plan_kind_name(directive->kind));
	out += strlen(out);
	for (size_t i = 0; i < directive->count; i++, word = plan_word_next(word)) {
		*out++ = ' ';
		out += plan_quote(word, out);
	}
	*out++ = '\n';
	return out;
}

static void directive_compare(const struct plan_directive *a, const struct plan_directive *b)
{
	const char *word = a->words;
	const char *other = b->words;

	if (a->kind != b->kind || a->count != b->count || a->sub != b->sub || a->depth != b->depth)
		abort();
	for (size_t i = 0; i < a->count; i++) {
		if (strcmp(word, other) != 0)
			abort();
		word = plan_word_next(word);
		other = plan_word_next(other);
	}
}

/* Quoted, a plan can be longer than one may be: then it need not be read. */
static void plan_rewrite(size_t size_bytes)
{
	static const char first[] = "thresh-plan 1\n";
	char *text =
		malloc(PLAN_QUOTED_BYTES(size_bytes) + sizeof(first) + 64 * (size_t)plan.count);
	struct plan_error error;
	char *end;

	if (!text)
		return;
	strcpy(text, first);
	end = text + sizeof(first) - 1;
	for (uint32_t i = 0; i < plan.count; i++)
		end = directive_write(end, &plan.directives[i]);
	if (plan_parse(text, (size_t)(end - text), &again, &error)) {
		if (again.count != plan.count)
			abort();
		for (uint32_t i = 0; i < plan.count; i++)
			directive_compare(&plan.directives[i], &again.directives[i]);
	} else if (end - text <= PLAN_MAX_LINE_BYTES) {
		abort();
	}
	free(text);
}

/* As init goes through blocks: every `if` and `else` has its end. */
static void blocks_check(void)
{
	int depth = 0;

	for (uint32_t i = 0; i < plan.count; i++) {
		uint8_t kind = plan.directives[i].kind;
		int outer = kind == PLAN_ELSE || kind == PLAN_END ? depth - 1 : depth;

		if (plan.directives[i].depth != outer || outer < 0)
			abort();
		depth += (kind == PLAN_IF) - (kind == PLAN_END);
	}
	if (depth != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	struct plan_error error;
	char *text = malloc(size_bytes ? size_bytes : 1);

	if (!text)
		return 0;
	memcpy(text, data, size_bytes);
	if (plan_parse(text, size_bytes, &plan, &error)) {
		blocks_check();
		plan_rewrite(size_bytes);
	} else if (!error.text) {
		abort();
	}
	free(text);
	return 0;
}
