/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs programs of this machine under a recorder, without the sandbox: fork, no_new_privs, filter,
 * and the listener fetched from the child.
 */
#pragma once

#include "trace/recorder.h"

/* A tree of the host's files below these paths (NULL-terminated), root_fd "/". */
struct tree *host_tree(const char *const *paths);

struct traced_run {
	struct profile *profile;
	struct replay_findings findings;
	uint64_t lost;
	int status;         /* as waitpid */
	int64_t elapsed_us; /* of the program alone */
	bool supervised;    /* false: seccomp is not to be had here */
};

typedef void (*traced_child)(void *user);
/* Runs @child (which must exec or exit) under a recorder with @options. */
void traced_run(const struct recorder_options *options, traced_child child, void *user,
		struct traced_run *ret_run);
/* The same for a program. */
void traced_exec(const struct recorder_options *options, const char *const *argv,
		 struct traced_run *ret_run);
void traced_run_clear(struct traced_run *run);
/* For tests that do more than run a program: the child with its filter, waiting; the listener. */
pid_t traced_fork(const struct sock_fprog *filter, traced_child child, void *user,
		  int *ret_listener, int *ret_go);
