/* SPDX-License-Identifier: Apache-2.0 */
/* Starts that are run ahead: each once, several at once, and the same records whatever their
 * number. */
#include "entrypoint/starter.h"

#include "base/error.h"

#include <string.h>

enum { MANY = 40 };

struct counts {
	GMutex lock;
	GCond more;
	guint runs, now, most; /* at once */
	guint together;        /* so many are waited for, where they are to run at once */
};

static void count_begin(struct counts *counts)
{
	g_mutex_lock(&counts->lock);
	counts->runs++;
	counts->now++;
	counts->most = MAX(counts->most, counts->now);
	g_cond_broadcast(&counts->more);
	while (counts->most < counts->together)
		g_cond_wait(&counts->more, &counts->lock);
	g_mutex_unlock(&counts->lock);
}

static void count_end(struct counts *counts)
{
	g_mutex_lock(&counts->lock);
	counts->now--;
	g_mutex_unlock(&counts->lock);
}

static void note(struct start_record *record, const char *key, enum start_habit habit)
{
	struct start_habit_noted *noted = g_new0(struct start_habit_noted, 1);

	noted->key = g_strdup(key);
	noted->habit = habit;
	g_ptr_array_add(record->habits, noted);
}

/* Says what it was told, and how many habits it knew; fails where it is told to. */
static struct start_record *count_start(const struct start_scenario *scenario, void *user,
					GError **error)
{
	const char *told = scenario->environment->pdata[0];
	struct counts *counts = user;
	struct start_record *record = NULL;

	count_begin(counts);
	if (strcmp(told, "N=13") == 0) {
		error_set(error, THRESH_ERROR_INPUT, "thirteen");
	} else {
		record = start_record_new();
		g_ptr_array_add(
			record->lines,
			g_strdup_printf("%s %u", told, g_hash_table_size(scenario->habits)));
		note(record, told, HABIT_KEPT);
	}
	count_end(counts);
	return record;
}

static void scenario_free(void *data)
{
	struct start_scenario *scenario = data;

	g_ptr_array_unref(scenario->environment);
	g_free(scenario);
}

static GPtrArray *make_scenarios(void)
{
	GPtrArray *scenarios = g_ptr_array_new_with_free_func(scenario_free);

	for (guint i = 0; i < MANY; i++) {
		struct start_scenario *scenario = g_new0(struct start_scenario, 1);

		scenario->environment = g_ptr_array_new_with_free_func(g_free);
		g_ptr_array_add(scenario->environment, g_strdup_printf("N=%u", i));
		g_ptr_array_add(scenarios, scenario);
	}
	return scenarios;
}

/* All that is said, in the order of the scenarios. Caller frees. */
static char *run_all(guint jobs, bool ahead, struct counts *counts)
{
	g_autoptr(GPtrArray) scenarios = make_scenarios();
	struct starter *starter = starter_new(count_start, counts, jobs, NULL);
	GString *text = g_string_new(NULL);

	if (ahead) {
		starter_ahead(starter, scenarios);
		starter_ahead(starter, scenarios);
	}
	for (guint i = 0; i < scenarios->len; i++) {
		g_autoptr(GError) error = NULL;
		autorecord struct start_record *record =
			starter_run(starter, scenarios->pdata[i], &error);

		g_string_append_printf(text, "%s\n",
				       record ? (char *)record->lines->pdata[0] : error->message);
	}
	g_assert_cmpuint(g_hash_table_size(starter_habits(starter)), ==, MANY - 1);
	starter_free(starter);
	return g_string_free(text, FALSE);
}

static void test_jobs(void)
{
	struct counts one = {0}, four = {.together = 4}, none = {0};
	g_autofree char *alone = run_all(1, true, &one), *together = run_all(4, true, &four);
	g_autofree char *later = run_all(4, false, &none);

	g_assert_cmpstr(alone, ==, together);
	g_assert_nonnull(strstr(alone, "N=0 0\n"));
	g_assert_nonnull(strstr(alone, "N=12 0\nthirteen\nN=14 0\n"));
	g_assert_nonnull(strstr(later, "N=12 12\nthirteen\nN=14 13\n"));
	g_assert_cmpuint(one.most, ==, 1);
	g_assert_cmpuint(four.most, ==, 4);
	g_assert_cmpuint(one.runs, ==, MANY);
	g_assert_cmpuint(four.runs, ==, MANY);
	g_assert_cmpuint(none.runs, ==, MANY);
}

/* What is told decides which one it is, not its name; a start is handed out once. */
static void test_told(void)
{
	struct counts counts = {0};
	g_autoptr(GPtrArray) scenarios = make_scenarios();
	struct starter *starter = starter_new(count_start, &counts, 2, NULL);
	struct start_scenario other = *(struct start_scenario *)scenarios->pdata[1];

	starter_ahead(starter, scenarios);
	other.name = (char *)(uintptr_t) "another name";
	start_record_free(starter_run(starter, &other, NULL));
	g_assert_cmpuint(counts.runs, ==, MANY);
	start_record_free(starter_run(starter, &other, NULL));
	g_assert_cmpuint(counts.runs, ==, MANY + 1);
	other.starts = 2;
	start_record_free(starter_run(starter, &other, NULL));
	g_assert_cmpuint(counts.runs, ==, MANY + 2);
	starter_free(starter);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/entrypoint/starter/jobs", test_jobs);
	g_test_add_func("/entrypoint/starter/told", test_told);
	return g_test_run();
}
