/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types of values, for `check`: what a variable may hold.
 *
 *     const int64_t range[] = {1, 64};
 *     if (!plan_value_is(PLAN_VALUE_INTEGER, text, range))
 *             …
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum plan_value {
	PLAN_VALUE_INTEGER, /* optional minus, digits; 64 bits */
	PLAN_VALUE_DECIMAL, /* an integer, and a fraction of digits behind a point */
	PLAN_VALUE_BOOLEAN, /* true false yes no on off 1 0, in any case */
	PLAN_VALUE_PORT,    /* 1 to 65535 */
	PLAN_VALUE_PATH,    /* plan_path_is_clean */
	PLAN_VALUE_TOKEN,   /* bytes of [A-Za-z0-9._+=:@-], no minus in first place */
	PLAN_VALUE_WORD,    /* no blanks and no control characters */
	PLAN_VALUES,
};

const char *plan_value_name(enum plan_value type);

/* A number of 64 bits: optional minus, digits, no leading zero but "0" itself. */
bool plan_integer(const char *word, int64_t *ret_value);

/* Whether @text is not empty, of @type, and in @range (lowest and highest, or NULL): of the number,
 * or of the length in bytes of a path, token or word. */
bool plan_value_is(enum plan_value type, const char *text, const int64_t *range);

/* A byte of a token. */
bool plan_is_token_byte(char c);
