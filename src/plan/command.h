/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command lines of the exec broker: what `sh -c` was given, compared with the pattern of a
 * `command` directive. A pattern is the line itself, in which holes are typed:
 *
 *     %{number}     optional minus, digits, optional point and digits; at most 32 bytes
 *     %{token}      1 to 255 bytes of [A-Za-z0-9._+=:@-], no minus in first place
 *     %{path DIR}   a clean absolute path below DIR, of [A-Za-z0-9._/+=:@-]
 *     %%            a percent sign
 *
 * No byte that means something to a shell passes through a hole, nor "..", also not one that the
 * hole and its neighbour would make together.
 *
 *     struct plan_hole holes[PLAN_MAX_HOLES];
 *     if (plan_command_match("convert -resize %{number} %{path /tmp}", text, holes))
 *             …
 */
#pragma once

#include "plan/template.h"

#include <stdbool.h>
#include <stddef.h>

struct plan_hole {
	const char *text; /* borrowed from the command line */
	size_t bytes;
};

/* Whether every `%` of @pattern starts a hole or is doubled, with at most PLAN_MAX_HOLES holes. */
bool plan_pattern_is_valid(const char *pattern, unsigned int *ret_holes);

/* Whether all of @text matches @pattern, which is valid. Holes take as much as they can. The work
 * is bounded: a text that would need more than some 20,000 comparisons is no match. */
bool plan_command_match(const char *pattern, const char *text,
			struct plan_hole ret_holes[static PLAN_MAX_HOLES]);
