/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of system calls that libseccomp's tables lack.
 *
 *     number_find(numbers_recent, "mseal");      462
 *     number_name(numbers_x86_direct, 359);      "socket"
 */
#pragma once

struct call_number {
	const char *name; /* NULL ends a table */
	int number;
};

/* Newer than the libseccomp that this may be built with; the numbers are the same everywhere
 * (linux: scripts/syscall.tbl). */
extern const struct call_number numbers_recent[];

/* Since Linux 4.3 and 5.1 x86 has these by themselves too (arch/x86/entry/syscalls/syscall_32.tbl);
 * libseccomp gives the multiplexers socketcall and ipc alone. */
extern const struct call_number numbers_x86_direct[];

/* The number of @name, -1 where the table has none. */
int number_find(const struct call_number *table, const char *name);
/* The name of @number, NULL where the table has none. */
const char *number_name(const struct call_number *table, int number);
