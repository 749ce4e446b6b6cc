/* SPDX-License-Identifier: Apache-2.0 */
#include "base/parallel.h"

#include "base/error.h"

struct counted {
	int runs, stops;
	guint fails_at;
};

static bool count(guint index, void *user, GError **error)
{
	struct counted *counted = user;

	g_atomic_int_inc(&counted->runs);
	return index != counted->fails_at || error_set(error, THRESH_ERROR_NETWORK, "no %u", index);
}

static void count_stop(void *user)
{
	struct counted *counted = user;

	counted->stops++;
}

static void test_counts(void)
{
	struct counted all = {.fails_at = G_MAXUINT}, some = {.fails_at = 0};
	g_autoptr(GError) error = NULL;

	g_assert_true(parallel_run(0, 4, count, count_stop, &all, NULL));
	g_assert_true(parallel_run(100, 4, count, count_stop, &all, NULL));
	g_assert_cmpint(all.runs, ==, 100);
	g_assert_cmpint(all.stops, ==, 0);
	g_assert_false(parallel_run(100, 1, count, count_stop, &some, &error));
	g_assert_cmpstr(error->message, ==, "no 0");
	g_assert_cmpint(some.runs, ==, 1);
	g_assert_cmpint(some.stops, ==, 1);
}

/* Each once, whatever the number of threads. */
static bool mark(guint index, void *user, GError **error)
{
	(void)error;
	return g_atomic_int_add((gint *)user + index, 1) == 0;
}

static void test_each_once(void)
{
	enum { COUNT = 5000 };

	for (guint threads = 1; threads <= 8; threads++) {
		g_autofree gint *marks = g_new0(gint, COUNT);

		g_assert_true(parallel_run(COUNT, threads, mark, NULL, marks, NULL));
		for (int i = 0; i < COUNT; i++)
			g_assert_cmpint(marks[i], ==, 1);
	}
	g_assert_cmpuint(parallel_processors(), >=, 1);
	g_assert_cmpuint(parallel_processors(), <=, PARALLEL_MAX);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/base/parallel/counts", test_counts);
	g_test_add_func("/base/parallel/each-once", test_each_once);
	return g_test_run();
}
