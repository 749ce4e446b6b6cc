/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an application prints: two pipes, drained by a thread, so that it never blocks. The first
 * bytes of standard output are kept as an answer, the end of both for messages.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

struct output;

struct output *output_new(GError **error);
/* The writing end for descriptor @standard (1 or 2), borrowed. */
int output_fd(const struct output *output, int standard);
/* The application has its own copies now: closes ours, and drains. */
void output_started(struct output *output);
/* After the application's end: waits until the last writer is gone, at most a minute. */
void output_finish(struct output *output);
/* Standard output from its start, at most 8 MiB; after output_finish. */
GBytes *output_take(struct output *output);
/* The last four lines with " | " between them, of standard error, else of standard output; quoted,
 * and redacted of @redactions (struct redaction *, or NULL); "" for none. */
char *output_last_lines(struct output *output, const GPtrArray *redactions);
void output_free(struct output *output);
