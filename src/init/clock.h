/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Milliseconds of a clock that nobody sets.
 *
 *     int64_t deadline_ms = clock_ms() + timeout_ms;
 */
#pragma once

#include <stdint.h>

int64_t clock_ms(void);
