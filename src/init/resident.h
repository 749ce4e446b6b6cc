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

#include <sys/syscall.h>

/* no-tree-loop-distribute-patterns: no memset or memcpy in the place of a loop. */
#define RESIDENT                                                                                   \
	__attribute__((section("resident"),                                                        \
		       optimize("no-tree-loop-distribute-patterns", "no-jump-tables")))

/* Without the libc, which answers errno in memory that is gone: a negative error number here. */
static inline __attribute__((always_inline)) long resident_call(long number, long a, long b, long c,
								long d)
{
#if defined(__x86_64__)
	register long r10 __asm__("r10") = d;
	long answer;

	__asm__ volatile("syscall"
			 : "=a"(answer)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return answer;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
#else
#error "thresh-init: no system calls for this architecture"
#endif
}
