/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The entry point, before the libc's own. The kernel drops a signal to PID 1 that is neither
 * blocked nor handled, so a stop request in the first microseconds would be lost: the first system
 * call blocks all.
 */
#include "init/init.h"

__attribute__((used)) init_signals init_caller_mask;
extern const init_signals init_all_signals;
__attribute__((used)) const init_signals init_all_signals = ~(init_signals)0;

/* rt_sigprocmask(SIG_BLOCK, &init_all_signals, &init_caller_mask, 8), then the libc's _start with
 * the stack as the kernel left it. */
#if defined(__x86_64__)
__asm__(".text\n"
	".global init_start\n"
	".type init_start,@function\n"
	"init_start:\n"
	"	movl $14, %eax\n"
	"	xorl %edi, %edi\n"
	"	movl $init_all_signals, %esi\n"
	"	movl $init_caller_mask, %edx\n"
	"	movl $8, %r10d\n"
	"	syscall\n"
	"	xorl %edx, %edx\n"
	"	jmp _start\n"
	".size init_start, .-init_start\n");
#elif defined(__aarch64__)
__asm__(".text\n"
	".global init_start\n"
	".type init_start,%function\n"
	"init_start:\n"
	"	mov x8, #135\n"
	"	mov x0, #0\n"
	"	adrp x1, init_all_signals\n"
	"	add x1, x1, :lo12:init_all_signals\n"
	"	adrp x2, init_caller_mask\n"
	"	add x2, x2, :lo12:init_caller_mask\n"
	"	mov x3, #8\n"
	"	svc #0\n"
	"	mov x0, #0\n"
	"	b _start\n"
	".size init_start, .-init_start\n");
#else
#error "thresh-init: no entry point for this architecture"
#endif
