/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts that follow the number of processors: `WORKERS=${WORKERS:-$(nproc)}`. One start is run on a
 * single processor; where a text has the number of processors in both, it is that, and the plan
 * asks for it (`fact thresh_cpus cpus`). An equal number elsewhere is none.
 */
#pragma once

#include "entrypoint/item.h"

#define MACHINE_CPUS "thresh_cpus" /* the plan's variable */

/* struct machine_text *, freed with the array. */
GPtrArray *machine_texts_new(void);

/* Adds what differs between a start on all processors and one on one. False where that is something
 * else than their number: @ret_item is then the first such item of @all (NULL: they have not the
 * same steps). */
bool machine_learn(GPtrArray *texts, const struct state *all, const struct state *one,
		   const struct item **ret_item);

/* The number in such texts of @item becomes ${thresh_cpus}. */
void machine_mark(const GPtrArray *texts, const struct state *state, struct item *item);
