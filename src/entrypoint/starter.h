/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whoever wants starts run asks here: it keeps what programs came to in starts before, and runs
 * starts before they are asked for, several at once, since they say nothing of each other and are
 * asleep most of their time.
 *
 *     struct starter *starter = starter_new(runner, user, jobs, NULL);
 *     starter_ahead(starter, scenarios);                  // all are over when it returns
 *     record = starter_run(starter, scenario, error);     // one of those, or run now
 *
 * A start that is run ahead is known by all that it is told. What it knows of earlier ones is what
 * those say that were handed out before: so records depend neither on the number of jobs nor on the
 * order in which starts end.
 */
#pragma once

#include "entrypoint/record.h"

struct starter;

/* @jobs: at most so many at once; @runner is called by several threads where it is more than 1.
 * @habits: to begin with, a reference is taken and it is added to; or NULL. */
struct starter *starter_new(start_runner runner, void *user, guint jobs, GHashTable *habits);
void starter_free(struct starter *starter);

/* Runs @scenarios (struct start_scenario *, borrowed for the call), but those that are there. */
void starter_ahead(struct starter *starter, const GPtrArray *scenarios);

/* The caller frees the record; NULL: an error. */
struct start_record *starter_run(struct starter *starter, const struct start_scenario *scenario,
				 GError **error);

/* Borrowed. */
GHashTable *starter_habits(const struct starter *starter);
