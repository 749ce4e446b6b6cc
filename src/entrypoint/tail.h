/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of what processes print: a pipe, and a thread that empties it so that they never wait.
 *
 *     struct tail *tail = tail_new(error);
 *     … tail_fd(tail) as standard output …
 *     tail_started(tail);              // the write end is theirs alone
 *     GBytes *text = tail_finish(tail); // after all have ended
 */
#pragma once

#include <glib.h>
#include <stdint.h>

enum { TAIL_MAX_BYTES = 64 << 10 };

struct tail;

struct tail *tail_new(GError **error);
int tail_fd(const struct tail *tail);
uint64_t tail_inode(const struct tail *tail);
void tail_started(struct tail *tail);

/* The last TAIL_MAX_BYTES; frees @tail. */
GBytes *tail_finish(struct tail *tail);
