/* SPDX-License-Identifier: Apache-2.0 */
/* A 32-bit program without a C library: open("file"), socketcall(bind), socketcall(listen), exit. */
	.code32
	.section .rodata
name:	.asciz "file"
	.data
address:
	.word 2			/* AF_INET */
	.byte 0x48, 0x30	/* port 18480 */
	.byte 127, 0, 0, 1
	.zero 8
socket:	.long 2, 1, 0		/* AF_INET, SOCK_STREAM */
bind:	.long 0, address, 16
listen:	.long 0, 1
	.text
	.globl _start
_start:	movl $5, %eax		/* open */
	movl $name, %ebx
	xorl %ecx, %ecx
	int $0x80
	testl %eax, %eax
	js fail
	movl $102, %eax		/* socketcall: socket */
	movl $1, %ebx
	movl $socket, %ecx
	int $0x80
	movl %eax, bind
	movl %eax, listen
	movl $102, %eax
	movl $2, %ebx
	movl $bind, %ecx
	int $0x80
	testl %eax, %eax
	jnz fail
	movl $102, %eax
	movl $4, %ebx
	movl $listen, %ecx
	int $0x80
	movl %eax, %ebx
	movl $1, %eax		/* exit */
	int $0x80
fail:	movl $1, %ebx
	movl $1, %eax
	int $0x80
