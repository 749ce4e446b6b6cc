/* SPDX-License-Identifier: Apache-2.0 */
/* Places in the file tree: `provide`, `symlink`, `remove`, `mode`, `owner`. */
#pragma once

#include "plan/plan.h"

void place_change(const struct plan *plan, const struct plan_directive *directive);
