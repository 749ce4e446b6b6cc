/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a system call means to whoever follows a start, and the filter (seccomp(2),
 * SECCOMP_RET_TRACE) that stops a process at the calls that mean something, and at no others.
 *
 *     process_spec.stop_filter = meaning_filter();
 *     meaning = meaning_of(&call);
 *     if (meaning && meaning->kind == CALL_TABLE)
 *             …                                   // meaning->table says where its path is
 *
 * read(2), dup(2) and fcntl(2), and close(2) of a descriptor below CLOSE_LEAST, say something of a
 * shell alone that has just opened what may be a script: they are not in the filter, and such a
 * shell is stopped at every call for as long.
 */
#pragma once

#include "entrypoint/tracee.h"
#include "trace/calls.h"

#include <linux/filter.h>

/* Shells put the scripts that they read bit by bit at descriptors from this one on. */
enum { CLOSE_LEAST = 10 };

enum call_kind {
	CALL_NONE,
	CALL_TABLE, /* of trace/calls.h */
	CALL_WRITE,
	CALL_WRITEV,
	CALL_SENDFILE,
	CALL_INTO, /* the third argument is written to: copy_file_range, splice, tee */
	CALL_READ,
	CALL_CLOSE,
	CALL_DUP,
	CALL_FCNTL,
	CALL_WAIT,
	CALL_KILL,
	CALL_KILL_THREAD,   /* the second argument is the thread, the third the signal */
	CALL_SET_ATTRIBUTE, /* extended attributes: the second argument is the name */
	CALL_REMOVE_ATTRIBUTE,
	CALL_CHROOT,
	CALL_AFFINITY,
	CALL_SPECIAL, /* what it does no plan can say: the program is kept */
};

struct call_meaning {
	enum call_kind kind;
	struct agent_call table;
};

/* NULL: a call of another processor mode than this machine's own. Never freed. */
const struct call_meaning *meaning_of(const struct tracee_call *call);

/* All calls of another processor mode are stopped at, too. Never freed. */
const struct sock_fprog *meaning_filter(void);
