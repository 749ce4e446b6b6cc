/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a script may ask of the machine. Starts are run on one that is like no other, so that its
 * processors and name servers are found again where the script puts them; one more start has
 * another, and what then differs follows the machine.
 *
 *     const struct machine *machine = machine_of(scenario->elsewhere);
 *     machine_add_mounts(mounts, machine);
 *     spec.covers = machine_covers;
 *     …
 *     machine_answer_affinity(machine, tid, &call, result);  // at the exit of sched_getaffinity(2)
 */
#pragma once

#include "entrypoint/tracee.h"

struct machine {
	guint cpus;
	const char *nameservers; /* as `fact` has them, docs/plan.md: IPv6 in brackets */
	guint64 memory_kb;       /* 0: the real one's */
};

const struct machine *machine_of(bool elsewhere);

/* Its name servers without brackets: `fact NAME resolvers`. Caller frees. */
char *machine_resolvers(const struct machine *machine);

/* For process_spec. */
extern const char *const machine_covers[];

/* Appends struct sandbox_mount *, freed by the caller: /etc/resolv.conf, and what machine_covers
 * takes. */
void machine_add_mounts(GPtrArray *mounts, const struct machine *machine);

void machine_answer_affinity(const struct machine *machine, pid_t tid,
			     const struct tracee_call *call, int64_t result);
