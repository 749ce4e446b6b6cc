/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/tries.h"

#include <string.h>

enum { MAX_NOTED = 64 };

static bool strings_equal(const GPtrArray *a, const GPtrArray *b)
{
	guint length = a ? a->len : 0;

	if (length != (b ? b->len : 0))
		return false;
	for (guint i = 0; i < length; i++)
		if (strcmp(a->pdata[i], b->pdata[i]) != 0)
			return false;
	return true;
}

static bool bytes_equal(GBytes *a, GBytes *b)
{
	return a && b ? g_bytes_equal(a, b) : a == b;
}

static bool is_same_run(const struct start_step *a, const struct start_step *b)
{
	return a->kind == START_RUN && b->kind == START_RUN && strcmp(a->path, b->path) == 0 &&
	       strings_equal(a->argv, b->argv) && strings_equal(a->environment, b->environment) &&
	       g_strcmp0(a->cwd, b->cwd) == 0 && g_strcmp0(a->output, b->output) == 0 &&
	       bytes_equal(a->input, b->input) && a->input_unknown == b->input_unknown &&
	       a->uid == b->uid && a->gid == b->gid && a->umask == b->umask;
}

/* @from to @to is one step from now on, @to's. */
static void merge(GPtrArray *steps, guint from, guint to)
{
	struct start_step *last = steps->pdata[to];

	for (guint i = from; i < to; i++)
		last->tries += 1 + ((struct start_step *)steps->pdata[i])->tries;
	g_ptr_array_remove_range(steps, from, to - from);
	for (guint i = from; i < steps->len; i++) {
		struct start_step *step = steps->pdata[i];

		if (step->kind == START_STOP && step->begin >= to)
			step->begin -= to - from;
	}
}

void tries_merge(GPtrArray *steps)
{
	for (guint i = 0; i < steps->len; i++) {
		const struct start_step *first = steps->pdata[i];
		guint last = i;

		while (last + 1 < steps->len &&
		       ((struct start_step *)steps->pdata[last])->status != 0 &&
		       is_same_run(first, steps->pdata[last + 1]))
			last++;
		if (last > i && ((struct start_step *)steps->pdata[last])->status == 0)
			merge(steps, i, last);
	}
}

static char *words_key(const GPtrArray *argv)
{
	GString *key = g_string_new(NULL);

	for (guint i = 0; argv && i < argv->len; i++) {
		g_string_append(key, argv->pdata[i]);
		g_string_append_c(key, '\n');
	}
	return g_string_free(key, FALSE);
}

void tries_note(GPtrArray **failed, const struct program *program)
{
	if (!*failed)
		*failed = g_ptr_array_new_with_free_func(g_free);
	if (program->step->status != 0 && (*failed)->len < MAX_NOTED)
		g_ptr_array_add(*failed, words_key(program->step->argv));
}

bool tries_failed(const GPtrArray *failed, const GPtrArray *argv)
{
	g_autofree char *key = words_key(argv);

	for (guint i = 0; failed && i < failed->len; i++)
		if (strcmp(failed->pdata[i], key) == 0)
			return true;
	return false;
}
