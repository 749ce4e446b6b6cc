/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions of `if`: looked at when they are reached. */
#pragma once

#include "plan/plan.h"

#include <stdbool.h>

bool condition_holds(const struct plan *plan, const struct plan_directive *directive);
