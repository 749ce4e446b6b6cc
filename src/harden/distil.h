/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An entrypoint script of the session's image, distilled: its starts in the session's sandbox, and
 * the plan in its place tried on all of them (src/entrypoint/ does both).
 *
 *     struct start_plan *plan = distil(session, error);
 */
#pragma once

#include "entrypoint/learn.h"
#include "harden/session.h"

/* Caller frees with start_plan_free. THRESH_ERROR_INPUT where the script cannot be distilled;
 * THRESH_ERROR_DIFFERS where the plan does other than the script in one of its starts. */
struct start_plan *distil(struct session *session, GError **error);

/* A whole plan of @plan's steps, for the session's source image: it changes to the application's
 * user where the image starts as root. Caller frees. */
char *distil_plan_text(const struct session *session, const struct start_plan *plan);
