/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the agent's events to a profile: follows each path through the tree as the application has
 * changed it, and adds what the kernel opens unseen (symlinks, interpreters).
 *
 * Calls are seen before they are carried out. Whether one succeeds is inferred from the tree; where
 * names were changed, the agent says what is there.
 */
#pragma once

#include "trace/recorder.h"
#include "trace/stream.h"

struct resolver;

struct resolver *resolver_new(const struct recorder_options *options);
void resolver_free(struct resolver *resolver);
/* A stream_handler; @user is the resolver. */
void resolver_handle(const struct stream_event *event, void *user);
/* The profile of what was handled; its runs and digest are unset. Ends the resolver's work. */
const struct profile *resolver_profile(struct resolver *resolver);
const struct replay_findings *resolver_findings(const struct resolver *resolver);
/* Whether the application was executed at all. */
bool resolver_has_started(const struct resolver *resolver);
/* Events that did not fit into the bounds. */
uint64_t resolver_lost(const struct resolver *resolver);
