/* SPDX-License-Identifier: Apache-2.0 */
/* What the resolver's files share: paths in resolver.c, programs in resolver-exec.c, identities and
 * sockets in resolver-process.c. */
#pragma once

#include "trace/resolver.h"
#include "trace/walk.h"

struct resolver {
	const struct recorder_options *options;
	struct shadow *root;
	struct profile *profile;
	struct replay_findings findings;
	GHashTable *processes; /* id → struct traced * */
	GPtrArray *drops;      /* struct drop *, in order */
	uint32_t application;  /* the process that was executed first */
	bool started;
	bool executed;
	uint64_t lost;
};

/* Adds classes to a node, and to the symlinks and ".." crossed on the way there. */
void resolver_mark(struct resolver *resolver, const struct shadow *node, uint32_t classes);
void resolver_mark_way(struct resolver *resolver, const struct walk *walk);
void resolver_mark_missing(struct resolver *resolver, const struct walk *walk);
/* Adds a capability that the call needs, where its caller could have it. */
void resolver_add_capability(struct resolver *resolver, const char *name);
/* Walks, marks the way, and what is missing; walk->node is NULL then. */
void resolver_walk(struct resolver *resolver, const struct stream_event *event, guint string,
		   bool follow_last, struct walk *ret_walk);
/* A node that the application made at the end of @walk. */
struct shadow *resolver_make(struct resolver *resolver, const struct walk *walk,
			     enum node_type type, uint32_t classes);

void resolver_handle_exec(struct resolver *resolver, const struct stream_event *event);
void resolver_handle_socket(struct resolver *resolver, const struct stream_event *event);
void resolver_handle_identity(struct resolver *resolver, const struct stream_event *event);
/* Of resolver->drops. */
void resolver_drop_free(void *drop);
/* Decides which of the changes of user was the application's. */
void resolver_decide_drop(struct resolver *resolver);
