/* SPDX-License-Identifier: Apache-2.0 */
#include "init/condition.h"

#include "init/arena.h"
#include "init/expand.h"
#include "init/init.h"
#include "init/variable.h"
#include "plan/glob.h"
#include "plan/value.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool text_holds(const struct plan_directive *directive)
{
	const char *word = plan_word(directive, 1);
	const char *text = expand(word);
	const char *other = plan_word_next(word);

	switch (directive->sub) {
	case PLAN_IF_EQUALS:
		return strcmp(text, expand(other)) == 0;
	case PLAN_IF_DIFFERS:
		return strcmp(text, expand(other)) != 0;
	case PLAN_IF_MATCHES:
		return plan_glob_match(other, text);
	default:
		return !plan_glob_match(other, text);
	}
}

/* Of what is no integer neither holds. */
static bool number_holds(const struct plan_directive *directive)
{
	const char *word = plan_word(directive, 1);
	int64_t range[2] = {INT64_MIN, INT64_MAX};
	int64_t bound = 0;
	bool above = directive->sub == PLAN_IF_ABOVE;

	plan_integer(plan_word_next(word), &bound);
	if (__builtin_add_overflow(bound, above ? 1 : -1, &range[above ? 0 : 1]))
		return false;
	return plan_value_is(PLAN_VALUE_INTEGER, expand(word), range);
}

static bool is_populated(const struct plan_directive *directive, const char *path,
			 const struct stat *status)
{
	if (S_ISDIR(status->st_mode))
		return init_directory_is_populated(directive, path);
	return S_ISREG(status->st_mode) && status->st_size > 0;
}

static bool path_holds(const struct plan_directive *directive)
{
	const char *path = expand_path(directive, plan_word(directive, 1));
	struct stat status;
	bool exists = stat(path, &status) == 0;

	switch (directive->sub) {
	case PLAN_IF_EXISTS:
		return exists;
	case PLAN_IF_ABSENT:
		return !exists;
	case PLAN_IF_FILE:
		return exists && S_ISREG(status.st_mode);
	case PLAN_IF_DIRECTORY:
		return exists && S_ISDIR(status.st_mode);
	case PLAN_IF_POPULATED:
		return exists && is_populated(directive, path, &status);
	case PLAN_IF_VACANT:
		return !exists || !is_populated(directive, path, &status);
	case PLAN_IF_EXECUTABLE:
		return access(path, X_OK) == 0;
	default:
		return access(path, W_OK) == 0;
	}
}

static bool among_arguments(const char *pattern)
{
	for (char **word = arguments_get(); *word; word++)
		if (plan_glob_match(pattern, *word))
			return true;
	return false;
}

static bool operands_hold(const struct plan *plan, const struct plan_directive *directive)
{
	const char *value;

	switch (directive->sub) {
	case PLAN_IF_SUPERUSER:
		return geteuid() == 0;
	case PLAN_IF_ORDINARY:
		return geteuid() != 0;
	case PLAN_IF_EQUALS:
	case PLAN_IF_DIFFERS:
	case PLAN_IF_MATCHES:
	case PLAN_IF_UNLIKE:
		return text_holds(directive);
	case PLAN_IF_ABOVE:
	case PLAN_IF_BELOW:
		return number_holds(directive);
	case PLAN_IF_PROGRAM:
		return init_program_exists(plan, expand(plan_word(directive, 1)));
	case PLAN_IF_AMONG:
		return among_arguments(plan_word(directive, 1));
	case PLAN_IF_SET:
	case PLAN_IF_UNSET:
	case PLAN_IF_EMPTY:
	case PLAN_IF_FILLED:
		break;
	default:
		return path_holds(directive);
	}
	value = variable_get(plan_word(directive, 1));
	if (directive->sub == PLAN_IF_SET || directive->sub == PLAN_IF_UNSET)
		return (directive->sub == PLAN_IF_SET) == (value != NULL);
	return (directive->sub == PLAN_IF_FILLED) == (value && *value != '\0');
}

bool condition_holds(const struct plan *plan, const struct plan_directive *directive)
{
	size_t mark = arena_mark();
	bool holds = operands_hold(plan, directive);

	arena_release(mark);
	return holds;
}
