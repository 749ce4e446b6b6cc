/* SPDX-License-Identifier: Apache-2.0 */
#include "init/steps.h"

#include "init/arena.h"
#include "init/condition.h"
#include "init/content.h"
#include "init/expand.h"
#include "init/fact.h"
#include "init/init.h"
#include "init/launch.h"
#include "init/place.h"
#include "init/service.h"
#include "init/variable.h"
#include "plan/slice.h"
#include "plan/value.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char **application;
static uint8_t reached[PLAN_MAX_LINES / 8]; /* one bit a directive */
static bool umask_is_clear;

char **steps_application(void)
{
	return application;
}

bool steps_reached(const struct plan *plan, const struct plan_directive *directive)
{
	size_t index = (size_t)(directive - plan->directives);

	return directive->depth == 0 || (reached[index / 8] >> index % 8 & 1);
}

static bool is_filled(const char *name)
{
	const char *value = variable_get(name);

	return value && *value != '\0';
}

static void require_step(const struct plan_directive *directive, bool is_wrong, const char *text)
{
	if (!is_wrong)
		return;
	if (directive->count > 1)
		init_fail_say(1, expand(plan_word(directive, 1)));
	init_fail_why(directive, 1, directive->words, text);
}

static void check_step(const struct plan_directive *directive)
{
	int64_t range[2];
	bool has_range = directive->count == 4;

	if (has_range) {
		plan_integer(plan_word(directive, 2), &range[0]);
		plan_integer(plan_word(directive, 3), &range[1]);
	}
	if (!is_filled(directive->words))
		init_fail_why(directive, 1, directive->words, "not set, or empty");
	if (!plan_value_is(directive->sub, variable_get(directive->words),
			   has_range ? range : NULL))
		init_fail_type(directive);
}

static void export_step(const char *name)
{
	const char *value = variable_get(name);

	if (value)
		variable_set(name, value, true);
}

/* The rule for @byte: the first that begins with it; NULL: the byte stands for itself. */
static const char *escape_rule(const struct plan_directive *directive, char byte)
{
	const char *rule = plan_word(directive, 1);

	for (size_t i = 2; i < directive->count; i++) {
		rule = plan_word_next(rule);
		if (*rule == byte)
			return rule;
	}
	return NULL;
}

static void escape_step(const struct plan_directive *directive)
{
	const char *value = expand(plan_word(directive, 1));
	const char *text = arena_begin();

	for (; *value; value++) {
		const char *rule = escape_rule(directive, *value);

		if (rule)
			arena_add(rule + 1, strlen(rule + 1));
		else
			arena_add(value, 1);
	}
	arena_end(text);
	variable_set(directive->words, text, false);
}

static void unset_step(const char *name)
{
	size_t bytes = strlen(name);

	if (name[bytes - 1] == '*')
		variables_unset(name, bytes - 1);
	else
		variable_unset(name);
}

static void slice_step(const struct plan_directive *directive)
{
	const char *word = plan_word(directive, 1);
	const char *text = expand(word);
	size_t bytes = strlen(text);

	for (size_t i = 2; i < directive->count; i += 2) {
		const char *how = plan_word_next(word);

		word = plan_word_next(how);
		plan_slice(plan_slice_find(how), word, &text, &bytes);
	}
	variable_set(directive->words, arena_copy(text, bytes), false);
}

static void variable_step(const struct plan_directive *directive)
{
	const char *name = directive->words;
	const char *text = directive->count > 1 ? plan_word_next(name) : "";

	switch (directive->kind) {
	case PLAN_SET:
	case PLAN_LET:
		variable_set(name, expand(text), directive->kind == PLAN_SET);
		return;
	case PLAN_ESCAPE:
		escape_step(directive);
		return;
	case PLAN_SLICE:
		slice_step(directive);
		return;
	case PLAN_UNSET:
		unset_step(name);
		return;
	case PLAN_EXPORT:
		export_step(name);
		return;
	case PLAN_VALUE:
		if (!is_filled(name))
			variable_set(name, expand(text), true);
		return;
	case PLAN_REQUIRE:
		require_step(directive, !is_filled(name), "not set, or empty");
		return;
	case PLAN_FORBID:
		require_step(directive, variable_get(name), "set, and must not be");
		return;
	case PLAN_CHECK:
		check_step(directive);
		return;
	case PLAN_SECRET:
		fact_secret(directive);
		return;
	case PLAN_READ:
		fact_read(directive);
		return;
	case PLAN_FACT:
		fact_learn(directive);
		return;
	default:
		fact_random(directive);
	}
}

static void argument_step(const struct plan_directive *directive)
{
	uint32_t value = 0;

	switch (directive->kind) {
	case PLAN_ARGUMENTS:
		arguments_set(expand_words(directive, directive->words, directive->count));
		return;
	case PLAN_ARGUMENT:
		arguments_append(directive);
		return;
	case PLAN_SHIFT:
		plan_decimal(directive->words, UINT32_MAX, &value);
		arguments_shift(value);
		return;
	default:
		application = expand_words(directive, directive->words, directive->count);
		if (!application[0])
			init_fail_why(directive, EXIT_INIT, NULL, "no words are left of it");
	}
}

static void text_step(const struct plan_directive *directive)
{
	uint32_t status = 0;

	if (directive->kind == PLAN_PRINT) {
		init_say(STDOUT_FILENO, expand(directive->words));
		return;
	}
	plan_decimal(directive->words, UINT32_MAX, &status);
	init_fail_say((int)status, expand(plan_word(directive, 1)));
}

static void place_step(const struct plan *plan, const struct plan_directive *directive)
{
	switch (directive->kind) {
	case PLAN_DIRECTORY:
		init_directory(plan, directive, expand_path(directive, directive->words));
		return;
	case PLAN_SEED:
	case PLAN_LINKS:
		init_fill(plan, directive);
		return;
	case PLAN_FILE:
	case PLAN_APPEND:
	case PLAN_TEMPLATE:
	case PLAN_EDIT:
	case PLAN_REPLACE:
	case PLAN_ENSURE:
	case PLAN_COMPLETE:
		content_write(plan, directive);
		return;
	default:
		place_change(plan, directive);
	}
}

/* Steps that need the arena for themselves alone. */
static void passing_step(const struct plan *plan, const struct plan_directive *directive)
{
	size_t mark = arena_mark();

	switch (directive->kind) {
	case PLAN_FAIL:
	case PLAN_PRINT:
		text_step(directive);
		break;
	case PLAN_START:
	case PLAN_AWAIT:
	case PLAN_STOP:
	case PLAN_ESSENTIAL:
	case PLAN_WAIT:
		service_step(plan, directive);
		break;
	default:
		place_step(plan, directive);
	}
	arena_release(mark);
}

static void step(const struct plan *plan, const struct plan_directive *directive)
{
	uint8_t kind = directive->kind;
	uint32_t mask = 0;

	if (kind >= PLAN_SET && kind <= PLAN_RANDOM && kind != PLAN_FAIL && kind != PLAN_PRINT)
		variable_step(directive);
	else if (kind >= PLAN_ARGUMENTS && kind <= PLAN_EXEC)
		argument_step(directive);
	else if (kind == PLAN_RUN)
		launch_run(plan, directive);
	else if (kind == PLAN_UMASK && plan_octal(directive->words, 0777, &mask))
		launch_umask = mask;
	else if (kind >= PLAN_FAIL && kind <= PLAN_WAIT && !plan_kind_is_modifier(kind))
		passing_step(plan, directive);
}

/* The `else` or `end` that belongs to an `if` or `else`. */
static uint32_t branch_end(const struct plan *plan, uint32_t index)
{
	uint8_t depth = plan->directives[index].depth;

	do
		index++;
	while (plan->directives[index].depth != depth ||
	       (plan->directives[index].kind != PLAN_ELSE &&
		plan->directives[index].kind != PLAN_END));
	return index;
}

/* Modes of files are exact; a plan without steps needs no call for it. */
static void umask_clear(const struct plan_directive *directive)
{
	if (umask_is_clear || (directive->kind > PLAN_UMASK || directive->kind < PLAN_IF))
		return;
	launch_umask = umask(0);
	umask_is_clear = true;
}

/* Behind `exec`, what lies in no block and is no step is reached still. */
static bool is_left_out(const struct plan_directive *directive)
{
	return application && (directive->depth > 0 || directive->kind <= PLAN_WAIT);
}

void steps_run(const struct plan *plan)
{
	for (uint32_t i = 0; i < plan->count; i++) {
		const struct plan_directive *directive = &plan->directives[i];

		if (is_left_out(directive))
			continue;
		umask_clear(directive);
		reached[i / 8] |= (uint8_t)(1 << i % 8);
		if (directive->kind == PLAN_ELSE ||
		    (directive->kind == PLAN_IF && !condition_holds(plan, directive)))
			i = branch_end(plan, i);
		else
			step(plan, directive);
	}
	if (umask_is_clear)
		umask(launch_umask);
}
