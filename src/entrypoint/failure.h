/* SPDX-License-Identifier: Apache-2.0 */
/* When a start fails before it executes anything, and with which words: a decision whose labels are
 * "" (it does not) or "STATUS MESSAGE". */
#pragma once

#include "entrypoint/model.h"

struct decision *failure_learn(const struct model *model, GError **error);

/* "STATUS MESSAGE" of a state that fails, as a template, or "". Caller frees. */
char *failure_label(const struct state *state);

/* Whether the model has to say when this state fails: a value of the wrong type is refused by
 * `check`, and a start on files that were taken away or put there by hand proves nothing. */
bool failure_counts(const struct space *space, const struct state *state);
