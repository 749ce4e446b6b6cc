/* SPDX-License-Identifier: Apache-2.0 */
/* What a scenario puts into the sandbox, or takes out of it, before the start. */
#pragma once

#include "entrypoint/record.h"
#include "sandbox/sandbox.h"

/* Before the last of the scenario's starts removes scenario->absent, then before the first one
 * makes scenario->files with their missing parents, inside, with root's rights there. @ret_missed:
 * something to remove was not there. */
bool given_apply(struct sandbox *sandbox, const struct start_scenario *scenario, bool first,
		 bool last, bool *ret_missed, GError **error);
