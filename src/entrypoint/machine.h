/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a script may ask of the machine. Starts are run on one that is like no other, so that its
 * processors and name servers are found again where the script puts them; some are tried on another
 * and on a small one, and what then differs follows the machine. How a number follows the
 * processors is tried on all.
 *
 *     const struct machine *machine = machine_of(scenario->machine);
 *     machine_add_mounts(mounts, machine);
 *     spec.covers = machine_covers;
 *     …
 *     machine_answer_affinity(machine, tid, &call, result);  // at the exit of sched_getaffinity(2)
 */
#pragma once

#include "entrypoint/tracee.h"

enum {
	MACHINE_HERE, /* where starts are run */
	MACHINE_OTHER,
	MACHINE_SMALL,      /* one processor */
	MACHINE_FIRST_SIZE, /* the rest */
	MACHINES = 6,
};

struct machine {
	guint cpus;
	const char *nameservers; /* as `fact` has them, docs/plan.md: IPv6 in brackets */
	guint64 memory_kb;       /* 0: the real one's */
};

/* @number is below MACHINES. */
const struct machine *machine_of(guint number);

/* Its name servers without brackets: `fact NAME resolvers`. Caller frees. */
char *machine_resolvers(const struct machine *machine);

/* For process_spec. */
extern const char *const machine_covers[];

/* Appends struct sandbox_mount *, freed by the caller: /etc/resolv.conf, and what machine_covers
 * takes. */
void machine_add_mounts(GPtrArray *mounts, const struct machine *machine);

#define MACHINE_HOSTS "/etc/hosts"
/* What such a file says there: the host's own name has another address of the loopback network on
 * each machine, that of @hosts (127.0.0.1) on MACHINE_HERE. New. */
GBytes *machine_hosts(const struct machine *machine, GBytes *hosts);

void machine_answer_affinity(const struct machine *machine, pid_t tid,
			     const struct tracee_call *call, int64_t result);
