/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What directives have to do with each other: blocks that end, modifiers with their program, names
 * of programs that were started, a `copy` below its `links`. Of plan.c alone.
 */
#pragma once

#include "plan/plan.h"

/* Whether a directive of this kind stands outside of blocks alone (plan.c). */
bool plan_kind_is_whole(enum plan_kind kind);

/* Checks @plan, every directive of which is right by itself, and gives each its depth. */
bool structure_check(struct plan *plan, struct plan_error *ret_error);
