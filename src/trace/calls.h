/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of system calls that mean something to the recorder, by name; and names and numbers for
 * each architecture that a process on this machine can use.
 */
#pragma once

#include "agent/protocol.h"

#include <glib.h>
#include <stdbool.h>

/* The profile's name of an architecture: "x86_64", "aarch64", "x86"; NULL where this machine lacks
 * it. */
const char *call_arch_name(enum agent_arch arch);

/* The AUDIT_ARCH_ value, for filters; 0 where this machine lacks it. */
uint32_t call_arch_audit(enum agent_arch arch);

/* The number of the call @name, -1 where the architecture lacks it. */
int call_number(enum agent_arch arch, const char *name);

/* The name of call @nr, NULL where it has none. Caller frees. */
char *call_name(enum agent_arch arch, int nr);

/* How to decode each call of the table on @arch, appended to @calls (GArray of struct agent_call).
 */
void calls_append(GArray *calls, enum agent_arch arch);

/* Calls so frequent and so harmless that no recorder looks at them: every profile has them.
 * NULL-terminated. mmap and mprotect among them are looked at where they make something executable.
 */
extern const char *const calls_assumed[];

/* Calls that are frequent and come only after another, which is looked at: where that one was made
 * the profile has these too (a call, its introducer). Ends with NULL. */
struct call_pair {
	const char *name;
	const char *introducer;
};
extern const struct call_pair calls_implied[];
bool call_is_implied(const char *name);
