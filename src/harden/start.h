/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a sealed image starts its application where the source image has a script for a shell: the
 * steps of an init plan, distilled (src/entrypoint/) or written by the user.
 *
 *     struct start *start = start_decide(session, error);   // no steps: the image has no script
 *     run.plan = start->plan;                                // the source image under thresh-init
 *     profile_set_start(profile, start->lines);              // what seal/ writes into the plan
 */
#pragma once

#include "harden/session.h"

struct start {
	GPtrArray *lines; /* char *: steps of the plan (docs/plan.md); empty: nothing to replace */
	char *plan;       /* a whole plan of these steps that runs in the source image; or NULL */
	json_t *report;   /* what was learned, for the summary; or NULL */
	GPtrArray *notes; /* char *: for the report */
	guint scenarios;  /* starts of the script that the plan was tried on; 0: not distilled */
	bool waited; /* the script may stay as the application's parent, and end in its place */
};

/* The steps for the entry point of @session's image and the arguments of each of its runs. Fails
 * with THRESH_ERROR_INPUT where a script cannot be distilled; the message names file, line,
 * construct and the ways out. */
struct start *start_decide(struct session *session, GError **error);
void start_free(struct start *start);
#define autostart __attribute__((cleanup(start_cleanup)))
void start_cleanup(struct start **start);

/* Whether thresh-init stands in the place of the image's entry point. */
bool start_is_replaced(const struct start *start);

/* Whether the application answers under its plan as it did when its script had started it. How it
 * ends may be its own now, see expectations_take_endings. THRESH_ERROR_DIFFERS names the request.
 */
bool start_agrees(const struct start *start, GPtrArray *expected, const GPtrArray *answers,
		  GError **error);

/* Takes what is thresh-init's own out of @profile, and gives it the steps, with what these may
 * touch in other starts than those that were traced. */
void start_describe(const struct start *start, const struct session *session,
		    struct profile *profile);
