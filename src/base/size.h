/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sizes as people write them.
 *
 *     size_parse("64M", &bytes, error)     67108864
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* A number of bytes: digits and, optionally, k, M, G or T, with or without "B" or "iB" behind;
 * powers of 1024. THRESH_ERROR_USAGE otherwise. */
bool size_parse(const char *text, uint64_t *ret_bytes, GError **error);
