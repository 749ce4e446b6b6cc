/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child between clone and execve: PID 1 of a fresh pid namespace, in a copy of the holder's
 * mounts, root of the sandbox's user namespace with every capability there. It mounts its /proc,
 * gives up what the program may not have, and executes it.
 */
#pragma once

#include "sandbox/internal.h"

#include <stdatomic.h>

/* A page shared between thresh and the child. */
struct inside_shared {
	atomic_int listener;  /* the listener's number in the child, or -1 */
	atomic_int go;        /* the supervisor runs */
	atomic_int waiting;   /* for the tracer */
	atomic_int attached;  /* the tracer is there */
	atomic_int executing; /* all went well up to execve */
	pid_t second;         /* the second joiner, to be reaped */
	bool exec_failed;
	bool program_exists;
	int failed_errno;
	char failure[512];
};

struct inside {
	struct sandbox *sandbox;
	const struct process_spec *spec;
	struct inside_shared *shared;
	pid_t parent;
	int exec_fd;  /* close-on-exec */
	int hello_fd; /* socket on which the child says that it is there */
};

void inside_main(struct inside *inside) G_GNUC_NORETURN;

/* Mounts /proc of this pid namespace with what a container may not see or change masked, in the
 * place of the holder's (inside_proc.c). @pid_offset ids are skipped before the first child's.
 * @covers: see struct process_spec. */
bool inside_mount_proc(uint32_t pid_offset, const char *const *covers, GError **error);

/* Gives up ids and capabilities and installs the filters (inside_credentials.c). Ends with the
 * capabilities that filters need; inside_drop_last gives those up, too. */
bool inside_drop(const struct inside *inside, GError **error);
bool inside_drop_last(const struct inside *inside);
