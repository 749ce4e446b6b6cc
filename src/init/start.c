/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The entry point, in the place of the libc's own. The kernel drops a signal to PID 1 that is
 * neither blocked nor handled, so a stop request in the first microseconds would be lost: the first
 * system call blocks all. Then main: there are no constructors, no thread pointer (libc.c has
 * errno) and nothing to do at exit, so what the libc does before and behind it is left out: two
 * calls, three pages and 2 kB.
 */
#include "init/init.h"

#include <unistd.h>

int main(int argc, char **argv, char **envp);

__attribute__((used)) init_signals init_caller_mask;
extern const init_signals init_all_signals;
__attribute__((used)) const init_signals init_all_signals = ~(init_signals)0;

/* @stack as execve(2) left it: argc, argv, NULL, envp, NULL, the auxiliary vector. */
__attribute__((used)) noreturn void init_start_main(long *stack);
void init_start_main(long *stack)
{
	char **argv = (char **)(stack + 1);

	_exit(main((int)*stack, argv, argv + *stack + 1));
}

/* rt_sigprocmask(SIG_BLOCK, &init_all_signals, &init_caller_mask, 8), then the above. */
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
	"	movq %rsp, %rdi\n"
	"	call init_start_main\n"
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
	"	mov x0, sp\n"
	"	bl init_start_main\n"
	".size init_start, .-init_start\n");
#else
#error "thresh-init: no entry point for this architecture"
#endif
