/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs of a plan: `run` and `start`, with the modifiers in front of them.
 *
 *     pid_t pid = launch_program(plan, directive);       // start: a child that runs
 *     launch_run(plan, directive);                       // run: waits, ends the process on failure
 *
 * The child gets the exported variables, the caller's signal mask and dispositions, the umask as
 * reached. What is wrong with words or modifiers ends the process with 125; what only the child can
 * see ends it with 125, 126 or 127, and a line.
 */
#pragma once

#include "init/init.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The umask of children: the caller's, or the last that the plan has reached. */
extern mode_t launch_umask;

/* SIGCHLD was ignored when init started; from the first child on it is not. */
extern bool launch_child_was_ignored;

/* Whether a program was ever started. */
extern bool launch_happened;

/* A child that runs the words of @directive (`run`, or `start` less its NAME). */
pid_t launch_program(const struct plan *plan, const struct plan_directive *directive);

/* `run`: until it has ended well, or the tries are used up. */
void launch_run(const struct plan *plan, const struct plan_directive *directive);

/* Waits at most @timeout_ms (negative: any time) for a stop signal or a child's end: the signal's
 * number, or 0. Blocked signals and those that the caller ignored are not heard. */
int launch_wait(const struct plan *plan, int64_t timeout_ms);

/* SIGCHLD as the caller had it. */
void launch_signals_restore(void);
