/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/glob.h"

#include <stddef.h>
#include <string.h>

static bool is_negation(char c)
{
	return c == '!' || c == '^';
}

/* Behind the `]` of the bracket whose inside starts at @p, or NULL. A `]` in first place is a
 * member. */
static const char *bracket_end(const char *p)
{
	if (is_negation(*p))
		p++;
	if (*p == ']')
		p++;
	for (; *p && *p != ']'; p++) {
		if (*p == '[' && (p[1] == ':' || p[1] == '.' || p[1] == '='))
			return NULL;
		if (*p == '\\' && *++p == '\0')
			return NULL;
	}
	return *p ? p + 1 : NULL;
}

bool plan_glob_is_valid(const char *pattern)
{
	while (pattern && *pattern) {
		if (*pattern == '[')
			pattern = bracket_end(pattern + 1);
		else if (*pattern++ == '\\' && *pattern++ == '\0')
			return false;
	}
	return pattern;
}

static unsigned char member_read(const char **p)
{
	if (**p == '\\')
		(*p)++;
	return (unsigned char)*(*p)++;
}

static bool bracket_holds(const char *p, const char *end, unsigned char byte)
{
	bool negated = is_negation(*p);
	bool found = false;

	for (p += negated; p < end;) {
		unsigned char low = member_read(&p);
		unsigned char high = low;

		if (p + 1 < end && *p == '-') {
			p++;
			high = member_read(&p);
		}
		found |= low <= byte && byte <= high;
	}
	return found != negated;
}

/* Whether the first element of @pattern, no star, matches @byte; and what is behind it. */
static bool element_match(const char *pattern, char byte, const char **ret_next)
{
	if (*pattern == '[') {
		*ret_next = bracket_end(pattern + 1);
		return bracket_holds(pattern + 1, *ret_next - 1, (unsigned char)byte);
	}
	if (*pattern == '?') {
		*ret_next = pattern + 1;
		return true;
	}
	if (*pattern == '\\')
		pattern++;
	*ret_next = pattern + 1;
	return *pattern == byte;
}

/* The last star alone is ever widened: that is enough, and at most length times length steps. */
bool plan_glob_match(const char *pattern, const char *text)
{
	const char *star = NULL;
	const char *resume = NULL;
	const char *next;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			resume = text;
		} else if (*pattern && element_match(pattern, *text, &next)) {
			pattern = next;
			text++;
		} else if (star) {
			pattern = star;
			text = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}
