/* SPDX-License-Identifier: Apache-2.0 */
/* When a start fails before it executes anything, and with which words: a decision whose labels are
 * "" (it does not) or "STATUS MESSAGE". */
#pragma once

#include "entrypoint/model.h"

struct decision *failure_learn(const struct model *model, GError **error);

/* "STATUS MESSAGE" of a state that fails, as a template, or "". Caller frees. */
char *failure_label(const struct state *state);

/* Whether the model has to say when this state fails: a value of the wrong type is refused by
 * `check`; a start on files that were taken away or put there by hand, or that an earlier start did
 * not leave, proves nothing; nor does one that was told to execute what is not there. */
bool failure_counts(const struct space *space, const struct state *state);
