/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns of `matches` and `unlike`: `*`, `?`, `[...]` and `\`, as fnmatch(3) without flags in the
 * C locale, byte by byte; a slash and a leading dot are bytes like others. What fnmatch leaves open
 * is refused: a bracket that does not end, a class as `[:digit:]` in one, a `\` at the end.
 *
 *     plan_glob_match("/data/[!._]*.conf", path)
 */
#pragma once

#include <stdbool.h>

bool plan_glob_is_valid(const char *pattern);

/* Whether all of @text matches @pattern, which is valid. */
bool plan_glob_match(const char *pattern, const char *text);
