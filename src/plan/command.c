/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/command.h"

#include "plan/plan.h"
#include "plan/value.h"

#include <string.h>

enum { NUMBER_BYTES = 32, TOKEN_BYTES = 255, STEPS = 20000 };

enum hole_kind { HOLE_NUMBER, HOLE_TOKEN, HOLE_PATH };

struct hole {
	enum hole_kind kind;
	const char *directory; /* of a path; not NUL-terminated */
	size_t directory_bytes;
};

struct match {
	struct plan_hole *holes;
	const char *text; /* the whole */
	unsigned int steps;
};

static bool directory_is_clean(const char *text, size_t bytes)
{
	char path[PLAN_MAX_PATH_BYTES + 1];

	if (bytes > PLAN_MAX_PATH_BYTES)
		return false;
	memcpy(path, text, bytes);
	path[bytes] = '\0';
	return plan_path_is_clean(path);
}

/* The hole at the `%{` of @pattern: what is behind it, or NULL. */
static const char *hole_read(const char *pattern, struct hole *ret_hole)
{
	static const char number[] = "%{number}";
	static const char token[] = "%{token}";
	static const char path[] = "%{path ";
	const char *end;

	if (strncmp(pattern, number, sizeof(number) - 1) == 0) {
		ret_hole->kind = HOLE_NUMBER;
		return pattern + sizeof(number) - 1;
	}
	if (strncmp(pattern, token, sizeof(token) - 1) == 0) {
		ret_hole->kind = HOLE_TOKEN;
		return pattern + sizeof(token) - 1;
	}
	if (strncmp(pattern, path, sizeof(path) - 1) != 0)
		return NULL;
	ret_hole->kind = HOLE_PATH;
	ret_hole->directory = pattern + sizeof(path) - 1;
	end = strchr(ret_hole->directory, '}');
	if (!end)
		return NULL;
	ret_hole->directory_bytes = (size_t)(end - ret_hole->directory);
	return end + 1;
}

bool plan_pattern_is_valid(const char *pattern, unsigned int *ret_holes)
{
	unsigned int holes = 0;

	while (*pattern) {
		struct hole hole;

		if (pattern[0] != '%') {
			pattern++;
			continue;
		}
		if (pattern[1] == '%') {
			pattern += 2;
			continue;
		}
		pattern = hole_read(pattern, &hole);
		if (!pattern || ++holes > PLAN_MAX_HOLES)
			return false;
		if (hole.kind == HOLE_PATH &&
		    !directory_is_clean(hole.directory, hole.directory_bytes))
			return false;
	}
	*ret_holes = holes;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool number_is(const char *text, size_t bytes)
{
	const char *end = text + bytes;

	if (*text == '-')
		text++;
	if (text == end || !is_digit(*text))
		return false;
	while (text < end && is_digit(*text))
		text++;
	if (text == end)
		return true;
	if (*text++ != '.' || text == end)
		return false;
	while (text < end && is_digit(*text))
		text++;
	return text == end;
}

/* How many bytes at @text the hole could take at most, by the bytes alone. */
static size_t hole_reach(const struct hole *hole, const char *text)
{
	static const size_t most[] = {
		[HOLE_NUMBER] = NUMBER_BYTES,
		[HOLE_TOKEN] = TOKEN_BYTES,
		[HOLE_PATH] = PLAN_MAX_PATH_BYTES,
	};
	size_t bytes = 0;

	for (; bytes < most[hole->kind]; bytes++) {
		char c = text[bytes];

		if (hole->kind == HOLE_NUMBER
			    ? !is_digit(c) && c != '.' && c != '-'
			    : !plan_is_token_byte(c) && (c != '/' || hole->kind != HOLE_PATH))
			break;
	}
	return bytes;
}

static bool path_lies_in(const struct hole *hole, const char *text, size_t bytes)
{
	size_t above = hole->directory_bytes == 1 ? 0 : hole->directory_bytes; /* "/" */

	return bytes > above + 1 && memcmp(text, hole->directory, above) == 0 &&
	       text[above] == '/' && directory_is_clean(text, bytes);
}

/* Two dots in a row, with the bytes on either side too. */
static bool has_dots(const struct match *match, const char *text, size_t bytes)
{
	const char *from = text > match->text ? text - 1 : text;
	const char *to = text + bytes; /* a NUL at the latest */

	for (; from < to; from++) {
		if (from[0] == '.' && from[1] == '.')
			return true;
	}
	return false;
}

static bool hole_takes(const struct match *match, const struct hole *hole, const char *text,
		       size_t bytes)
{
	if (has_dots(match, text, bytes))
		return false;
	switch (hole->kind) {
	case HOLE_NUMBER:
		return number_is(text, bytes);
	case HOLE_TOKEN:
		return *text != '-' && (bytes > 1 || *text != '.');
	case HOLE_PATH:
		return path_lies_in(hole, text, bytes);
	}
	return false;
}

/* Whether what is behind a hole can start at @text: a look that spares most descents. */
static bool may_follow(const char *pattern, char byte)
{
	return (pattern[0] == '%' && pattern[1] == '{') || *pattern == byte;
}

/* Depth: the holes, at most PLAN_MAX_HOLES. */
static bool rest_match(struct match *match, const char *pattern, const char *text,
		       unsigned int index)
{
	struct hole hole;

	while (*pattern && (pattern[0] != '%' || pattern[1] == '%')) {
		if (*text++ != *pattern)
			return false;
		pattern += *pattern == '%' ? 2 : 1;
	}
	if (*pattern == '\0')
		return *text == '\0';
	pattern = hole_read(pattern, &hole);
	for (size_t bytes = hole_reach(&hole, text); bytes > 0; bytes--) {
		if (match->steps++ >= STEPS)
			return false;
		if (!may_follow(pattern, text[bytes]) || !hole_takes(match, &hole, text, bytes) ||
		    !rest_match(match, pattern, text + bytes, index + 1))
			continue;
		match->holes[index] = (struct plan_hole){text, bytes};
		return true;
	}
	return false;
}

bool plan_command_match(const char *pattern, const char *text,
			struct plan_hole ret_holes[static PLAN_MAX_HOLES])
{
	struct match match = {.holes = ret_holes, .text = text};

	return rest_match(&match, pattern, text, 0);
}
