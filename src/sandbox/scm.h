/* SPDX-License-Identifier: Apache-2.0 */
/* Messages with descriptors over a Unix socket (unix(7), SCM_RIGHTS). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { SCM_MAX_FDS = 4 };

bool scm_send(int socket_fd, const void *data, size_t size_bytes, const int *fds, size_t fd_count);

/* Answers true for a message of exactly @size_bytes; descriptors that did not come are -1. Those
 * that came are the caller's. */
bool scm_receive(int socket_fd, void *data, size_t size_bytes, int *ret_fds, size_t fd_count);
