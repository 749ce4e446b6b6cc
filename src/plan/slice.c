/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/slice.h"

#include <stdbool.h>
#include <string.h>

static const char *const names[PLAN_SLICES] = {
	[PLAN_SLICE_BEFORE] = "before",         [PLAN_SLICE_BEFORE_LAST] = "before-last",
	[PLAN_SLICE_BEHIND] = "behind",         [PLAN_SLICE_BEHIND_LAST] = "behind-last",
	[PLAN_SLICE_PREFIX] = "without-prefix", [PLAN_SLICE_SUFFIX] = "without-suffix",
};

const char *plan_slice_name(enum plan_slice how)
{
	return names[how];
}

enum plan_slice plan_slice_find(const char *name)
{
	enum plan_slice how = 0;

	while (how < PLAN_SLICES && strcmp(names[how], name) != 0)
		how++;
	return how;
}

/* Where @cut begins in the @bytes of @text: the first place that is allowed, or the last one. */
static const char *find(const char *text, size_t bytes, const char *cut, enum plan_slice how)
{
	size_t length = strlen(cut);
	size_t first = how == PLAN_SLICE_SUFFIX && bytes > length ? bytes - length : 0;
	bool last = how == PLAN_SLICE_BEFORE_LAST || how == PLAN_SLICE_BEHIND_LAST;
	const char *found = NULL;

	for (size_t at = first; at + length <= bytes && (!found || last); at++) {
		if (memcmp(text + at, cut, length) == 0)
			found = text + at;
		if (how == PLAN_SLICE_PREFIX)
			break;
	}
	return found;
}

void plan_slice(enum plan_slice how, const char *cut, const char **text, size_t *bytes)
{
	const char *found = find(*text, *bytes, cut, how);
	const char *behind;

	if (!found)
		return;
	behind = found + strlen(cut);
	if (how == PLAN_SLICE_BEFORE || how == PLAN_SLICE_BEFORE_LAST || how == PLAN_SLICE_SUFFIX) {
		*bytes = (size_t)(found - *text);
	} else {
		*bytes -= (size_t)(behind - *text);
		*text = behind;
	}
}
