/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of values, for `slice`: what is before or behind a text that stands in one.
 *
 *     size_t bytes = strlen(value);
 *     plan_slice(PLAN_SLICE_BEFORE, ":", &value, &bytes);      // "host:80"  →  "host"
 *
 * What does not have the text stays as it is. libc alone, no allocation.
 */
#pragma once

#include <stddef.h>

enum plan_slice {
	PLAN_SLICE_BEFORE,      /* the first */
	PLAN_SLICE_BEFORE_LAST, /* the last */
	PLAN_SLICE_BEHIND,      /* the first */
	PLAN_SLICE_BEHIND_LAST, /* the last */
	PLAN_SLICE_PREFIX,      /* without it, where the value begins with it */
	PLAN_SLICE_SUFFIX,      /* without it, where the value ends with it */
	PLAN_SLICES,
};

/* The word of the grammar. */
const char *plan_slice_name(enum plan_slice how);
/* The kind of this name, or PLAN_SLICES. */
enum plan_slice plan_slice_find(const char *name);

/* Takes from the @bytes of @text what @how says of @cut, which is not empty: both become the
 * rest's.
 */
void plan_slice(enum plan_slice how, const char *cut, const char **text, size_t *bytes);
