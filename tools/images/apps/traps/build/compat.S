/* SPDX-License-Identifier: Apache-2.0 */
/* A 32-bit process: reads a file by the old system call interface and prints it. */
	.globl _start
	.text
_start:
	movl $5, %eax		/* open */
	movl $path, %ebx
	xorl %ecx, %ecx
	xorl %edx, %edx
	int $0x80
	testl %eax, %eax
	js fail
	movl %eax, %ebx
	movl $3, %eax		/* read */
	movl $buffer, %ecx
	movl $256, %edx
	int $0x80
	testl %eax, %eax
	js fail
	movl %eax, %edx
	movl $4, %eax		/* write */
	movl $1, %ebx
	movl $buffer, %ecx
	int $0x80
	xorl %ebx, %ebx
	jmp quit
fail:
	movl $1, %ebx
quit:
	movl $1, %eax		/* exit */
	int $0x80
	.section .rodata
path:	.asciz "/usr/share/compat/text"
	.bss
	.lcomm buffer, 256
	.section .note.GNU-stack,"",@progbits
