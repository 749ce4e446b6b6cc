/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines for people, put together in a bounded buffer and written with one write(2), so that they
 * stay whole beside other writers. What does not fit is cut off.
 *
 *     struct say line = {.length = 0};
 *     say_text(&line, "[dumb-init] Child spawned with PID ");
 *     say_number(&line, pid);
 *     say_end(&line, STDERR_FILENO);
 */
#pragma once

#include <stddef.h>

enum { SAY_BYTES = 2048 };

struct say {
	size_t length;
	char bytes[SAY_BYTES];
};

void say_text(struct say *line, const char *text);
void say_number(struct say *line, long number);
/* Adds a newline where the last character is none, and writes. */
void say_end(struct say *line, int fd);
