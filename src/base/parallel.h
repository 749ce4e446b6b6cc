/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same for many things, a few at a time, by threads that live no longer than the call.
 *
 *     if (!parallel_run(blobs->len, REGISTRY_PARALLEL, push_one, push, error))
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

enum { PARALLEL_MAX = 16 };

/* The threads to take for work that keeps processors busy: as many as there are, PARALLEL_MAX at
 * most. */
guint parallel_processors(void);

/* Does number @index; called from several threads. */
typedef bool (*parallel_job)(guint index, void *user, GError **error);

/* Calls @job for 0 to @count - 1, on @threads threads at most: where none can be made, on the
 * caller's alone. After a failure none is begun, and @stop (may be NULL) is called
 * once to end those that run; the first error is answered. */
bool parallel_run(guint count, guint threads, parallel_job job, void (*stop)(void *user),
		  void *user, GError **error);
