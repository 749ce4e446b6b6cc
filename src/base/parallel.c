/* SPDX-License-Identifier: Apache-2.0 */
#include "base/parallel.h"

struct parallel {
	GMutex mutex;
	guint next, count;
	parallel_job job;
	void (*stop)(void *user);
	void *user;
	GError *failure;
};

static bool take(struct parallel *parallel, guint *ret_index)
{
	bool some;

	g_mutex_lock(&parallel->mutex);
	some = !parallel->failure && parallel->next < parallel->count;
	if (some)
		*ret_index = parallel->next++;
	g_mutex_unlock(&parallel->mutex);
	return some;
}

/* Takes @error. */
static void note_failure(struct parallel *parallel, GError *error)
{
	bool first;

	g_mutex_lock(&parallel->mutex);
	first = !parallel->failure;
	if (first)
		parallel->failure = error;
	g_mutex_unlock(&parallel->mutex);
	if (!first)
		g_error_free(error);
	else if (parallel->stop)
		parallel->stop(parallel->user);
}

static gpointer work(gpointer data)
{
	struct parallel *parallel = data;
	guint index;

	while (take(parallel, &index)) {
		GError *error = NULL;

		if (!parallel->job(index, parallel->user, &error))
			note_failure(parallel, error);
	}
	return NULL;
}

guint parallel_processors(void)
{
	return MIN(g_get_num_processors(), PARALLEL_MAX);
}

bool parallel_run(guint count, guint threads, parallel_job job, void (*stop)(void *user),
		  void *user, GError **error)
{
	struct parallel parallel = {.count = count, .job = job, .stop = stop, .user = user};
	g_autoptr(GPtrArray) others = g_ptr_array_new();

	g_mutex_init(&parallel.mutex);
	for (guint i = 1; i < MIN(threads, count); i++) {
		GThread *thread = g_thread_try_new("parallel", work, &parallel, NULL);

		if (thread)
			g_ptr_array_add(others, thread);
	}
	work(&parallel);
	for (guint i = 0; i < others->len; i++)
		g_thread_join(others->pdata[i]);
	g_mutex_clear(&parallel.mutex);
	if (!parallel.failure)
		return true;
	g_propagate_error(error, parallel.failure);
	return false;
}
