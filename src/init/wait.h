/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting until something listens on loopback. */
#pragma once

#include "plan/plan.h"

#include <stdbool.h>
#include <stdint.h>

/* Whether a TCP connection to the numeric @address (127.A.B.C or ::1) is taken. */
bool wait_tcp_answers(const char *address, uint16_t port);

/* `wait`: the process ends with 1 when the time is over. */
void wait_for(const struct plan *plan, const struct plan_directive *directive);
