/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which system calls a program or library can make, from its file: what routes that no run visited
 * will call. Not complete by nature (a number can be computed), and generous where it is not sure.
 *
 *  - linked to a libc: the imported names, by the table in libc-calls.c, or as calls of that name;
 *  - else (static, Go, a language runtime that makes its own): the numbers that are moved into the
 * call register before each system call instruction;
 *  - Go programs: also what its runtime and standard library call by computed numbers.
 *
 * A libc itself and the dynamic loader contain every call there is: they say nothing and are left
 * out.
 */
#pragma once

#include "policy/syscalls.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* Adds to @names, a table of char *architecture → set of names as in struct syscall_policy: only
 * for architectures that it has. Bytes that are no ELF, or damaged, add nothing. */
void scan_elf(const void *data, size_t size_bytes, GHashTable *names);

/* What a function of the C library calls beyond its own name, as names separated by spaces; NULL
 * where it is not known. @function: without version, "__" and "64" or "_chk" endings tolerated. */
const char *libc_function_calls(const char *function);
/* The plain form of a libc symbol: "__read_chk" → "read", "open64" → "open". Caller frees. */
char *libc_function_plain(const char *function);
