/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The image's health check beside the running application, as an engine runs it: the original's own
 * test in the original, thresh's (seal/health.h) in a candidate. The verdict is an answer like
 * others, `healthcheck`: 0 for healthy, 1 for not. A check that fails on the original says nothing
 * of a candidate, and is not compared.
 */
#pragma once

#include "harden/session.h"

/* Adds the answer to @run->answers, where there is a check and @application still runs. It is tried
 * until it succeeds, for at most ten seconds. */
bool health_run(struct session *session, struct run *run, struct sandbox *sandbox,
		const struct launch *launch, struct process *application, GError **error);
