/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A model as lines of the plan (docs/plan.md). Conditions are about how a start begins: tests on
 * files, and on arguments that the plan rewrites, are asked first and kept in variables.
 *
 *     char *steps = emit_steps(model, error);
 */
#pragma once

#include "entrypoint/model.h"

enum { EMIT_MAX_CONTENT_BYTES = 48 << 10 }; /* quoted it must fit into a line of the plan */

/* THRESH_ERROR_INPUT where the grammar has no words for something: names the place. Caller frees.
 */
char *emit_steps(const struct model *model, GError **error);

/* Whether a program is run at a first start that is not run at later ones. */
bool emit_has_setup(const struct model *model);
