/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/workers.h"

#include "entrypoint/machine.h"

enum {
	MAX_FACTOR = 16,
	MAX_PLUS = 1024,
	MAX_BOUND = G_MAXUINT16, /* plan/words.c */
};

static gint64 unbound(const struct workers *workers, guint cpus)
{
	return (gint64)cpus * workers->times / workers->by + workers->plus;
}

gint64 workers_number(const struct workers *workers, guint cpus)
{
	gint64 number = MAX(unbound(workers, cpus), (gint64)workers->min);

	return workers->max ? MIN(number, (gint64)workers->max) : number;
}

/* The bounds that explain what is not as the factors say. */
static void set_bounds(struct workers *workers, const gint64 *numbers)
{
	for (guint i = 0; i < MACHINES; i++) {
		gint64 free = unbound(workers, machine_of(i)->cpus);
		gint64 bound = CLAMP(numbers[i], 0, MAX_BOUND);

		if (numbers[i] > free)
			workers->min = (guint)bound;
		if (numbers[i] < free)
			workers->max = (guint)bound;
	}
}

static bool fits(const struct workers *workers, const gint64 *numbers)
{
	for (guint i = 0; i < MACHINES; i++)
		if (workers_number(workers, machine_of(i)->cpus) != numbers[i])
			return false;
	return true;
}

/* The large machine that starts are run on is within the bounds, so that its number is one that is
 * found again. */
static bool fit_factors(struct workers *workers, const gint64 *numbers, bool bounds)
{
	workers->plus = 0;
	workers->plus = numbers[MACHINE_HERE] - unbound(workers, machine_of(MACHINE_HERE)->cpus);
	workers->min = workers->max = 0;
	if (ABS(workers->plus) > MAX_PLUS ||
	    unbound(workers, machine_of(MACHINE_OTHER)->cpus) != numbers[MACHINE_OTHER])
		return false;
	if (bounds)
		set_bounds(workers, numbers);
	return fits(workers, numbers);
}

bool workers_fit(const gint64 *numbers, struct workers *ret_workers)
{
	for (guint bounds = 0; bounds < 2; bounds++) {
		for (guint sum = 2; sum <= 2 * MAX_FACTOR; sum++) {
			for (guint by = 1; by < sum; by++) {
				struct workers workers = {.times = sum - by, .by = by};

				if (by > MAX_FACTOR || sum - by > MAX_FACTOR ||
				    !fit_factors(&workers, numbers, bounds == 1))
					continue;
				*ret_workers = workers;
				return workers.times != workers.by || workers.plus || bounds;
			}
		}
	}
	return false;
}

char *workers_fact(const struct workers *workers)
{
	GString *fact = g_string_new("workers");

	g_string_append_printf(fact, " %u %u %" G_GINT64_FORMAT, workers->times, workers->by,
			       workers->plus);
	if (workers->min || workers->max)
		g_string_append_printf(fact, " %u", workers->min);
	if (workers->max)
		g_string_append_printf(fact, " %u", workers->max);
	return g_string_free(fact, FALSE);
}
