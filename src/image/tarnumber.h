/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbers of tar headers, from fields that need not end in NUL. Each function answers false for
 * what is no number or does not fit, and leaves @ret_value alone then.
 *
 *     if (!tar_number_field(header->size, sizeof(header->size), &size) || size < 0)
 *             …
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Octal with blanks or NULs around it, or GNU tar's base 256 where the first bit is set. */
bool tar_number_field(const char *field, size_t size, int64_t *ret_value);

/* Digits alone: a PAX record. */
bool tar_number_decimal(const char *text, size_t size, uint64_t *ret_value);

/* Seconds with a fraction, which is dropped downwards: pax(1), "mtime". */
bool tar_number_time(const char *text, size_t size, int64_t *ret_value);
