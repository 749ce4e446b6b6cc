/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of a plan, carried out in file order, and what restrictions they have reached.
 *
 *     steps_run(plan);
 *     for (…)
 *             if (steps_reached(plan, directive))
 *                     …
 */
#pragma once

#include "plan/plan.h"

#include <stdbool.h>

/* Ends the process where a step fails. Afterwards the umask is the plan's. */
void steps_run(const struct plan *plan);

/* Whether a directive of any kind holds: it lies in no block, or in one that was carried out. */
bool steps_reached(const struct plan *plan, const struct plan_directive *directive);

/* The application's words by `exec`, or NULL. */
char **steps_application(void);
