/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting a while before the application runs. Init has all signals blocked from its first system
 * call; what asks it to stop is heard here.
 */
#pragma once

#include <stdint.h>

enum { PAUSE_FOREVER = -1 };

/* Waits @ms milliseconds. SIGTERM, SIGINT, SIGQUIT or SIGHUP ends the process with 128
 * and its number, unless the caller of init ignores or blocks it. */
void pause_or_end(int64_t ms);
