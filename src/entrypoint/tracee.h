/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking into a process that is stopped under ptrace(2): its memory, its /proc directory, the
 * system call that it makes. What is read is the untrusted image's: bounded, and never believed
 * further than as a description of what it did.
 *
 *     struct tracee_call call;
 *     if (tracee_call_read(tid, &call) && call.entry)
 *             path = tracee_string(tid, call.args[1]);
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	TRACEE_WORDS_MAX_BYTES = 4 << 20, /* of an argument list or environment */
	TRACEE_MEMORY_MAX_BYTES = 1 << 20,
};

/* A system call stop, or a filter's at a call's entry, ptrace(2) PTRACE_GET_SYSCALL_INFO. */
struct tracee_call {
	bool entry; /* else exit */
	uint32_t arch;
	uint64_t nr; /* entry */
	uint64_t args[6];
	int64_t result; /* exit: negative errno on failure */
};
bool tracee_call_read(pid_t tid, struct tracee_call *ret_call);

/* The NUL-terminated string at @address, at most PATH_MAX bytes; NULL where it cannot be read.
 * Caller frees. */
char *tracee_string(pid_t tid, uint64_t address);

/* @size_bytes, at most TRACEE_MEMORY_MAX_BYTES, at @address; NULL where they cannot be read. */
GByteArray *tracee_memory(pid_t tid, uint64_t address, uint64_t size_bytes);

/* The same of an iovec array of @count parts, of which @size_bytes count. */
GByteArray *tracee_vector(pid_t tid, uint64_t address, uint64_t count, uint64_t size_bytes);

/* @size_bytes to @address, all or none. */
bool tracee_write(pid_t tid, uint64_t address, const void *data, size_t size_bytes);

/* What a link of /proc/TID says: "cwd", "exe", "fd/3"; NULL where there is none. Caller frees. */
char *tracee_link(pid_t tid, const char *name);

/* The words of /proc/TID/cmdline or environ, char *; NULL where they cannot be read or are more
 * than TRACEE_WORDS_MAX_BYTES. */
GPtrArray *tracee_words(pid_t tid, const char *name);

/* The text of a file of /proc/TID, at most 1 MiB; NULL. Caller frees. */
char *tracee_file(pid_t tid, const char *name);

/* The number of the call in which it sleeps; -1: it runs, or cannot be looked at. */
int64_t tracee_sleeps_in(pid_t tid);

/* proc_pid_stat(5): 'R', 'S' …; 0: it is gone. */
char tracee_state(pid_t tid);

/* --- what the processor's registers hold: tracee_CPU.c --- */

/* At a call's entry: lets the kernel make no call. At its exit: what the process is told. */
bool tracee_call_skip(pid_t tid);
bool tracee_call_answer(pid_t tid, int64_t result);

/* At the stop after execve(2), before the program's first instruction: the address of the argument
 * block (argc, argv, environment, auxiliary vector); 0 on failure. */
uint64_t tracee_stack(pid_t tid);
bool tracee_stack_move(pid_t tid, uint64_t address);

/* Puts "-o", "xtrace" behind word @index of the argument list, at that stop: a shell then traces.
 * False where the list cannot be rewritten; nothing is changed then. */
bool tracee_add_xtrace(pid_t tid, guint index);

/* Makes @name (at most 15 bytes) the first word, likewise. */
bool tracee_rename(pid_t tid, const char *name);

struct tracee_status {
	pid_t group;       /* thread group */
	pid_t inner;       /* the same in the innermost pid namespace */
	uint32_t uid, gid; /* effective, as thresh sees them */
	uint32_t umask;
	GArray *groups; /* uint32_t, as thresh sees them */
};
bool tracee_status_read(pid_t tid, struct tracee_status *ret_status);
void tracee_status_clear(struct tracee_status *status);

/* proc_pid_status(5); pure. */
bool tracee_status_parse(const char *text, struct tracee_status *ret_status);
