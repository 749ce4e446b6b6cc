/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stays in memory while init waits. Functions marked RESIDENT lie in a section of their own;
 * everything else is given back to the kernel soon after the application has started: the code and
 * constants of the steps, static data, the unused stack. What stays is two pages of code and the
 * stack, whatever else the program learns to do.
 *
 * So a RESIDENT function calls RESIDENT functions and the system calls below alone: no libc, no
 * string constants, no tables; static data without an initial value alone, which is zero when the
 * wait begins. tests/init/resident.sh checks the built program.
 *
 *     static RESIDENT void reap(struct stay *stay)
 *     {
 *             resident_call(SYS_wait4, -1, (long)&stay->status, WNOHANG, 0);
 *     }
 */
#pragma once

#include "init/call.h"

#include <sys/syscall.h>

/* no-tree-loop-distribute-patterns: no memset or memcpy in the place of a loop. */
#define RESIDENT                                                                                   \
	__attribute__((section("resident"),                                                        \
		       optimize("no-tree-loop-distribute-patterns", "no-jump-tables")))

/* Without the libc, whose errno lies in memory that may be given back: a negative error number
 * here. */
static inline __attribute__((always_inline)) long resident_call(long number, long a, long b, long c,
								long d)
{
	return init_call4(number, a, b, c, d);
}
