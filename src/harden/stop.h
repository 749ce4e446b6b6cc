/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ending the application as an engine would, and finding out whether it ends by its stop signal.
 *
 *     if (!application_stop(&process, SIGTERM, 10000, &killed, &unhandled, error))
 *
 * Two runs must agree on that, whatever else the machine does: so nothing here depends on how soon
 * the application is seen.
 */
#pragma once

#include "sandbox/sandbox.h"

#include <glib.h>
#include <stdbool.h>

/* Whether the application handles @number, so that it arrives although the application is PID 1. */
bool application_handles(const struct process *process, int number);

/* Sends @number where the application handles it, and waits for its end for at most @timeout_ms;
 * then, or where it can be seen that the signal ends nothing, kills it. @ret_killed says so, and
 * @ret_unhandled that the signal would end it if it were not PID 1 (it is not merely slow). */
bool application_stop(struct process *process, int number, int timeout_ms, bool *ret_killed,
		      bool *ret_unhandled, GError **error);
