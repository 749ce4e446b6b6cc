/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's stream (agent/protocol.h) cut into records and checked: the bytes come from a program
 * that sits beside hostile ones.
 */
#pragma once

#include "agent/protocol.h"

#include <glib.h>
#include <stdbool.h>

struct event_string {
	const char *data; /* ended with NUL; may hold others (a file's head) */
	uint32_t bytes;
};

struct stream_event {
	struct agent_record record;
	const struct event_string *strings; /* record.strings of them */
};

typedef void (*stream_handler)(const struct stream_event *event, void *user);

struct stream;
struct stream *stream_new(stream_handler handler, void *user);
void stream_free(struct stream *stream);
/* Takes the next bytes and calls the handler for each record that is complete. False for what is no
 * stream; nothing can follow then. */
bool stream_feed(struct stream *stream, const void *data, size_t size, GError **error);
/* Whether the trailer came; @ret_lost: the events that the agent lost. */
bool stream_is_complete(const struct stream *stream, uint64_t *ret_lost);
