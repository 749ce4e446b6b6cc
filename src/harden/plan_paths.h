/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the steps of a plan touch, in every start: a run under the tracer takes one way through
 * them, and what lies behind an `if` is written, and its programs are run, in production.
 *
 *     plan_paths_add(lines, tree, search, profile);
 */
#pragma once

#include "image/tree.h"
#include "trace/profile.h"

#include <glib.h>

/* Adds the paths that @lines (char *: steps of a plan, docs/plan.md) write or remove to @profile,
 * and the programs that they run, where @tree has them, with paths among their words that are not
 * there yet; @search: PATH, or NULL. Paths that hold a variable are not known before the start, and
 * are left out. */
void plan_paths_add(const GPtrArray *lines, const struct tree *tree, const char *search,
		    struct profile *profile);
