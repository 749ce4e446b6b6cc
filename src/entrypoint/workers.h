/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A number that a script computes of how many processors there are (`$((2 * $(nproc) + 1))`): found
 * by what it is on machines of several sizes, written as the plan's `fact NAME workers`
 * (docs/plan.md).
 *
 *     const gint64 numbers[MACHINES] = {59, 47, 3, 7, 13, 123};
 *     struct workers workers;
 *     if (workers_fit(numbers, &workers))
 *         workers_number(&workers, 8);   // 17
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

struct workers {
	guint times; /* 1 and more */
	guint by;    /* 1 and more; what is left of the division is dropped */
	gint64 plus;
	guint min, max; /* 0: no bound; less than 0 is never more than 0 */
};

/* The simplest that gives @numbers[i] on machine_of(i), for all MACHINES. False: none that is
 * tried, or it is the number of processors itself. */
bool workers_fit(const gint64 *numbers, struct workers *ret_workers);

/* What it is of @cpus processors. */
gint64 workers_number(const struct workers *workers, guint cpus);

/* "workers 2 1 1". Caller frees. */
char *workers_fact(const struct workers *workers);
