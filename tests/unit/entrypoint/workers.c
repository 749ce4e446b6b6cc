/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/workers.h"
#include "entrypoint/machine.h"

static const struct {
	const char *fact;
	struct workers workers;
} facts[] = {
	{"workers 2 1 1", {2, 1, 1, 0, 0}},     {"workers 2 1 0", {2, 1, 0, 0, 0}},
	{"workers 1 2 0", {1, 2, 0, 0, 0}},     {"workers 3 4 0", {3, 4, 0, 0, 0}},
	{"workers 1 1 1", {1, 1, 1, 0, 0}},     {"workers 1 2 0 1", {1, 2, 0, 1, 0}},
	{"workers 4 1 -3", {4, 1, -3, 0, 0}},   {"workers 1 1 -1 1", {1, 1, -1, 1, 0}},
	{"workers 2 1 1 8", {2, 1, 1, 8, 0}},   {"workers 2 1 0 0 64", {2, 1, 0, 0, 64}},
	{"workers 16 15 7", {16, 15, 7, 0, 0}},
};

static void numbers_of(const struct workers *workers, gint64 numbers[MACHINES])
{
	for (guint i = 0; i < MACHINES; i++)
		numbers[i] = workers_number(workers, machine_of(i)->cpus);
}

/* What is found gives the same on every machine there is. */
static void test_found(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(facts); i++) {
		gint64 numbers[MACHINES];
		struct workers found;

		numbers_of(&facts[i].workers, numbers);
		g_assert_true(workers_fit(numbers, &found));
		g_autofree char *fact = workers_fact(&found);

		g_assert_cmpstr(fact, ==, facts[i].fact);
		for (guint cpus = 1; cpus <= 512; cpus++)
			g_assert_cmpint(workers_number(&found, cpus), ==,
					workers_number(&facts[i].workers, cpus));
	}
}

static void test_not_found(void)
{
	gint64 numbers[MACHINES];
	struct workers found;

	/* the processors themselves, which are a fact of their own */
	numbers_of(&(struct workers){1, 1, 0, 0, 0}, numbers);
	g_assert_false(workers_fit(numbers, &found));
	/* a bound that the machine of the starts is beyond: its number may stand anywhere */
	numbers_of(&(struct workers){2, 1, 0, 0, 8}, numbers);
	g_assert_false(workers_fit(numbers, &found));
	/* one machine of many that is not as the others say */
	numbers_of(&(struct workers){2, 1, 1, 0, 0}, numbers);
	numbers[MACHINES - 2]++;
	g_assert_false(workers_fit(numbers, &found));
	/* a square */
	for (guint i = 0; i < MACHINES; i++)
		numbers[i] = (gint64)machine_of(i)->cpus * machine_of(i)->cpus;
	g_assert_false(workers_fit(numbers, &found));
	/* what no plan holds */
	for (guint i = 0; i < MACHINES; i++)
		numbers[i] = G_MAXINT64 - i;
	g_assert_false(workers_fit(numbers, &found));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/workers/found", test_found);
	g_test_add_func("/workers/not-found", test_not_found);
	return g_test_run();
}
