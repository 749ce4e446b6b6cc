/* SPDX-License-Identifier: Apache-2.0 */
/* What every command that runs an image does first: enter the identity, put a guardian above
 * itself, wire progress. */
#pragma once

#include "cli/options.h"
#include "cli/progress.h"
#include "sandbox/identity.h"

/* After options_prepare, before any thread. Says on standard error what is weaker here than
 * elsewhere.
 * @guarded: with base/cleanup.h's guardian. */
bool session_start(struct options *options, const char *command, bool guarded,
		   struct identity *ret_identity, struct progress **ret_progress, GError **error);
