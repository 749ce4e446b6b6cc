/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Temporary directories that must not outlive thresh, whatever ends it.
 *
 * cleanup_guard forks: the parent becomes a guardian that does nothing but wait, the child returns
 * and does the work. When the child ends in any way other than by itself removing what it
 * registered, the guardian removes it; a signal to the guardian ends the child first. When the
 * guardian is killed by SIGKILL the child dies with it (PR_SET_PDEATHSIG), and the next thresh
 * removes what is left: temporary names carry a lock (directory_lock).
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* To be called once, before any thread exists. Returns in the child alone; the guardian exits with
 * the child's status, 128 + signal where a signal ended it. */
void cleanup_guard(void);

/* Registers an absolute path for removal, or says that it is gone. No effect without a guardian. */
void cleanup_add(const char *path);
void cleanup_done(const char *path);

/* Makes the directory @parent/@prefixPID-RANDOM, mode 0700, locked (flock(2) on @ret_fd for as long
 * as it is open) and registered; and removes its siblings with that prefix whose owner is dead.
 * Answers the path (caller frees), or NULL. */
char *cleanup_directory(const char *parent, const char *prefix, int *ret_fd, GError **error);

/* Removes a directory of cleanup_directory, and closes *@fd. */
void cleanup_directory_remove(const char *path, int *fd);
