/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The descendants of init where it is not PID 1, as /proc shows them. (As PID 1 it reaches all with
 * one kill(2).) Part of what stays in memory: see resident.h.
 *
 *     family_signal(main, SIGTERM);      // again after each reap: orphans have become ours
 */
#pragma once

#include <sys/types.h>

/* @signal_number to our children and what lies below them: SIGKILL each time, any other signal once
 * a process. Without /proc, to the process group of @main. */
void family_signal(pid_t main, int signal_number);

/* @pid was reaped: another process may get its number. */
void family_forget(pid_t pid);
