/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits that a script sets (`ulimit -n 65536`): what the application has, and the first process
 * had not.
 *
 *     limits_read(pid, began);                          // before the script runs
 *     step->limits = limits_changed(began, pid);        // "nofile 65536 65536"
 */
#pragma once

#include <glib.h>
#include <sys/resource.h>
#include <sys/types.h>

enum { LIMITS_COUNT = 16 }; /* setrlimit(2): RLIM_NLIMITS */

void limits_read(pid_t pid, struct rlimit limits[LIMITS_COUNT]);

/* The name of a soft limit that was raised to the hard one, whatever that is: no number of ours.
 * NULL: none. */
const char *limits_raised(const struct rlimit began[LIMITS_COUNT], pid_t pid);

/* char * "NAME SOFT HARD", as in a plan. Caller frees. */
GPtrArray *limits_changed(const struct rlimit began[LIMITS_COUNT], pid_t pid);
