/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/starter.h"

#include <string.h>

struct starter {
	start_runner runner;
	void *user;
	guint jobs;
	GHashTable *habits; /* changes where records are handed out, and never while starts run */
	GHashTable *done;   /* GBytes * -> struct outcome * */
};

/* Written by one thread, and read when that has ended. */
struct outcome {
	const struct start_scenario *scenario; /* borrowed while it runs */
	struct start_record *record;
	GError *error;
};

static void outcome_free(void *data)
{
	struct outcome *outcome = data;

	start_record_free(outcome->record);
	g_clear_error(&outcome->error);
	g_free(outcome);
}

/* --- what a start is told, as text --- */

/* With its length before it: no two lists are one text. */
static void add_text(GString *key, const char *text)
{
	g_string_append_printf(key, "%" G_GSIZE_FORMAT ":%s", strlen(text), text);
}

static void add_list(GString *key, const GPtrArray *list)
{
	g_string_append_printf(key, "[%d", list ? (int)list->len : -1);
	for (guint i = 0; list && i < list->len; i++)
		add_text(key, list->pdata[i]);
}

static void add_given(GString *key, const struct start_given *given)
{
	gsize bytes = 0;
	const char *data = given->content ? g_bytes_get_data(given->content, &bytes) : NULL;

	add_text(key, given->path);
	g_string_append_printf(key, "%o %u:%u %s %" G_GSIZE_FORMAT ":", given->mode, given->uid,
			       given->gid, given->content ? "file" : "directory", bytes);
	g_string_append_len(key, data ? data : "", (gssize)bytes);
}

/* Everything but the name, and `entry`, which is the runner's. Binary: a GString with its length.
 */
static GBytes *key_of(const struct start_scenario *scenario)
{
	GString *key = g_string_new(NULL);

	add_list(key, scenario->environment);
	add_list(key, scenario->arguments);
	add_list(key, scenario->first_arguments);
	add_list(key, scenario->first_environment);
	add_list(key, scenario->absent);
	for (guint i = 0; scenario->files && i < scenario->files->len; i++)
		add_given(key, scenario->files->pdata[i]);
	g_string_append_printf(key, "%u %u %d", scenario->starts, scenario->machine,
			       scenario->explain);
	return g_string_free_to_bytes(key);
}

/* --- running --- */

struct starter *starter_new(start_runner runner, void *user, guint jobs, GHashTable *habits)
{
	struct starter *starter = g_new0(struct starter, 1);

	starter->runner = runner;
	starter->user = user;
	starter->jobs = jobs;
	starter->habits = habits ? g_hash_table_ref(habits) : start_habits_new();
	starter->done = g_hash_table_new_full(g_bytes_hash, g_bytes_equal,
					      (GDestroyNotify)g_bytes_unref, outcome_free);
	return starter;
}

void starter_free(struct starter *starter)
{
	if (!starter)
		return;
	g_hash_table_unref(starter->done);
	g_hash_table_unref(starter->habits);
	g_free(starter);
}

GHashTable *starter_habits(const struct starter *starter)
{
	return starter->habits;
}

static struct start_record *run(const struct starter *starter,
				const struct start_scenario *scenario, GError **error)
{
	struct start_scenario own = *scenario;

	own.habits = starter->habits;
	return starter->runner(&own, starter->user, error);
}

static void run_outcome(gpointer data, gpointer user)
{
	struct outcome *outcome = data;

	outcome->record = run(user, outcome->scenario, &outcome->error);
}

static void run_all(struct starter *starter, const GPtrArray *outcomes)
{
	GThreadPool *pool =
		starter->jobs > 1 && outcomes->len > 1
			? g_thread_pool_new(run_outcome, starter, (gint)starter->jobs, FALSE, NULL)
			: NULL;

	for (guint i = 0; i < outcomes->len; i++) {
		if (pool)
			g_thread_pool_push(pool, outcomes->pdata[i], NULL);
		else
			run_outcome(outcomes->pdata[i], starter);
	}
	if (pool)
		g_thread_pool_free(pool, FALSE, TRUE);
}

void starter_ahead(struct starter *starter, const GPtrArray *scenarios)
{
	g_autoptr(GPtrArray) outcomes = g_ptr_array_new();

	for (guint i = 0; i < scenarios->len; i++) {
		GBytes *key = key_of(scenarios->pdata[i]);
		struct outcome *outcome;

		if (g_hash_table_contains(starter->done, key)) {
			g_bytes_unref(key);
			continue;
		}
		outcome = g_new0(struct outcome, 1);
		outcome->scenario = scenarios->pdata[i];
		g_hash_table_insert(starter->done, key, outcome);
		g_ptr_array_add(outcomes, outcome);
	}
	run_all(starter, outcomes);
}

struct start_record *starter_run(struct starter *starter, const struct start_scenario *scenario,
				 GError **error)
{
	g_autoptr(GBytes) key = key_of(scenario);
	struct outcome *outcome = g_hash_table_lookup(starter->done, key);
	struct start_record *record;

	if (outcome) {
		record = g_steal_pointer(&outcome->record);
		if (!record)
			g_propagate_error(error, g_steal_pointer(&outcome->error));
		g_hash_table_remove(starter->done, key);
	} else {
		record = run(starter, scenario, error);
	}
	if (record)
		start_habits_add(starter->habits, record);
	return record;
}
