/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recorder: thresh-agent as the supervisor of a seccomp listener, and the resolver that turns
 * its events into a profile.
 *
 *     struct recorder *recorder = recorder_new(&options, error);
 *     spec.trace_filter = recorder_filter(recorder);
 *     spec.supervise = recorder_supervise; spec.user = recorder;   // sandbox_spawn calls it
 *     …
 *     recorder_finish(recorder, profile, error);   // after the application has ended
 */
#pragma once

#include "image/image.h"
#include "image/tree.h"
#include "trace/profile.h"

#include <glib.h>
#include <linux/filter.h>
#include <sys/types.h>

enum recorder_mode {
	RECORD_ALL,   /* every system call is notified: the first run */
	RECORD_PATHS, /* calls that take paths, sockets, ids, and every call that `known` lacks */
};

struct recorder_options {
	enum recorder_mode mode;
	const struct tree *tree;     /* the image that runs */
	const struct tree *original; /* replay: the source image: a path that is missing in @tree
					and is there is recorded in `missed`; or NULL */
	const struct profile *known; /* RECORD_PATHS: its system calls are allowed unseen */
	const GHashTable
		*allowed_syscalls;   /* replay: "x86_64" etc. → set of names; any other call is
				   answered with ENOSYS and recorded as refused; or NULL */
	const GPtrArray *writable;   /* replay: char *; a write elsewhere is recorded in
					`refused_writes`; or NULL */
	const GPtrArray *redactions; /* struct redaction *: values of --env, for argument lists */
};
struct redaction {
	char *name;
	char *value;
};

/* What a replay found. Sets of paths (char * → itself). */
struct replay_findings {
	GHashTable *missed;           /* in the source image, asked for, and not in the candidate */
	GHashTable *refused_writes;   /* paths that could not be written */
	GHashTable *refused_syscalls; /* names */
};
void replay_findings_clear(struct replay_findings *findings);

/* How the filter is installed: seccomp(SECCOMP_SET_MODE_FILTER, RECORDER_FILTER_FLAGS, filter), and
 * where that is EINVAL (before Linux 5.19) with SECCOMP_FILTER_FLAG_NEW_LISTENER alone. With
 * WAIT_KILLABLE_RECV a call that the agent has seen is not interrupted by a signal, so it is
 * neither seen twice nor undone. */
#define RECORDER_FILTER_FLAGS (1UL << 3 | 1UL << 5) /* NEW_LISTENER, WAIT_KILLABLE_RECV */

struct recorder;

/* @agent_path: the thresh-agent program. */
struct recorder *recorder_new(const struct recorder_options *options, const char *agent_path,
			      GError **error);
const struct sock_fprog *recorder_filter(const struct recorder *recorder);
/* Starts thresh-agent on the listener; for process_spec.supervise, with the recorder as @user. */
bool recorder_supervise(int listener_fd, pid_t pid, void *recorder, GError **error);
/* Reads what is left, checks that the agent ended well, and adds all to @profile (merge semantics)
 * and, in a replay, @findings (may be NULL). @ret_lost: events that were lost; the caller repeats
 * the run where it is not 0. */
bool recorder_finish(struct recorder *recorder, struct profile *profile,
		     struct replay_findings *findings, uint64_t *ret_lost, GError **error);
void recorder_free(struct recorder *recorder);
