/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs in the background (`start`), and waiting for what answers (`await`, `wait`). Those that
 * are still there when the application runs make init stay.
 *
 *     service_step(plan, directive);      // start, await, stop, essential, wait
 *     if (services_are_left())
 *             services_adopt(&stay);
 */
#pragma once

#include "init/stay.h"
#include "plan/plan.h"

#include <stdbool.h>

/* One that fails ends the process: a program's status where it ended before it answered, 1 where
 * the time is over, 128 and a signal's number where init was asked to stop. */
void service_step(const struct plan *plan, const struct plan_directive *directive);

/* Whether init has to stay for one. */
bool services_are_left(void);
/* The essential ones become @stay's, with those that have ended meanwhile. */
void services_adopt(struct stay *stay);
