/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls without the libc, in place: what the kernel answers, a negative error number where
 * it refuses (linux/errno.h), and errno untouched. For what the libc is made of (libc.c) and for
 * what stays in memory when the libc is gone (resident.h); others call the libc.
 *
 *     long pid = init_call4(SYS_wait4, -1, (long)&status, WNOHANG, 0);
 */
#pragma once

#if defined(__x86_64__)

static inline __attribute__((always_inline)) long init_call4(long number, long a, long b, long c,
							     long d)
{
	register long r10 __asm__("r10") = d;
	long answer;

	__asm__ volatile("syscall"
			 : "=a"(answer)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return answer;
}

static inline __attribute__((always_inline)) long init_call(long number, long a, long b, long c,
							    long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long answer;

	__asm__ volatile("syscall"
			 : "=a"(answer)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return answer;
}

#elif defined(__aarch64__)

static inline __attribute__((always_inline)) long init_call4(long number, long a, long b, long c,
							     long d)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
}

static inline __attribute__((always_inline)) long init_call(long number, long a, long b, long c,
							    long d, long e, long f)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}

#else
#error "thresh-init: no system calls for this architecture"
#endif
