/* SPDX-License-Identifier: Apache-2.0 */
/* Variables from elsewhere than the environment: `secret`, `read`, `fact`, `random`. */
#pragma once

#include "plan/plan.h"

void fact_secret(const struct plan_directive *directive);
void fact_read(const struct plan_directive *directive);
void fact_learn(const struct plan_directive *directive);
void fact_random(const struct plan_directive *directive);
