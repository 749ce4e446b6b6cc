/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A standard stream that is a socket, as a pipe: the kernel opens no socket by its name in /proc,
 * so that a log which is a link to /dev/stdout would fail with ENXIO. A child passes on what comes.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

struct relay {
	int fd;      /* what the application gets: the stream itself where that is no socket */
	pid_t child; /* 0: none */
};

/* @stream: 1 or 2. */
bool relay_open(struct relay *relay, int stream, GError **error);

/* When nobody else has the pipe any more: waits until all has been passed on. */
void relay_close(struct relay *relay);
