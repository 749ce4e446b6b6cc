/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What replays taught: what the traces did not show and the application needs all the same. It goes
 * into the decision with the reason `replay:*`, and stays until the fixpoint is reached.
 *
 *     struct lessons lessons;
 *     lessons_init(&lessons);
 *     struct round *round = lessons_learn(&lessons, &run->findings, failed);
 *     if (round_is_quiet(round))
 *             … nothing new: the decision stands
 */
#pragma once

#include "trace/recorder.h"

#include <glib.h>
#include <stdbool.h>

struct lessons {
	GPtrArray *keep;     /* struct keep_rule *: exact paths, sorted */
	GPtrArray *writable; /* char *, sorted */
	GPtrArray *syscalls; /* char *, sorted */
	GHashTable *known;   /* set of "kind:name" */
};

/* What one replay taught: sorted names. */
struct round {
	GPtrArray *missed;           /* char *: paths that came back into the keep set */
	GPtrArray *refused_writes;   /* char *: paths */
	GPtrArray *refused_syscalls; /* char *: names */
};

void lessons_init(struct lessons *lessons);
void lessons_clear(struct lessons *lessons);

/* A path that is to be kept. */
void lessons_keep(struct lessons *lessons, const char *path);

/* What the replay missed goes back into the decision. Answers what of it is new; caller frees. A
 * write that was refused counts where @failed: one that the original did not make either, and that
 * changes no answer (a cache that cannot be kept), is no reason to make a path writable. */
struct round *lessons_learn(struct lessons *lessons, const struct replay_findings *findings,
			    bool failed);

/* Takes a struct round *, for containers. */
void round_free(void *data);
bool round_is_quiet(const struct round *round);

/* "missed /a, /b and 3 more; write refused: /c". Caller frees. */
char *round_describe(const struct round *round);
