/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thresh-init in the place of another init: called as dumb-init, tini (tini-static, docker-init) or
 * catatonit, it takes their options and environment, reads no plan, and does what they do for the
 * command that follows (docs/init-compat.md says where it does better).
 *
 * Two rules differ from all three: the first word that is no option is the command, with or without
 * `--`; and as PID 1 what the command leaves behind is asked to stop and has a second for it.
 *
 *     if (compat_is_known(argv[0]))
 *             compat_run(argv, envp);
 */
#pragma once

#include "init/options.h"
#include "init/stay.h"

#include <stdbool.h>

enum { COMPAT_GRACE_MS = 1000, COMPAT_EXIT_USAGE = 1 };

bool compat_is_known(const char *program);
noreturn void compat_run(char **argv, char **envp);

/* One init that is stood in for: reads its options into @stay (which stay_init has made) and
 * answers the command, or NULL where there is none to run; ends the process on --help and mistakes.
 */
typedef char **compat_read(struct stay *stay, char **argv, char **envp);

compat_read dumb_init_read;
compat_read tini_read;
compat_read catatonit_read;

/* Writes @text to @fd, and ends the process. */
noreturn void compat_end(const char *text, int fd, int status);

/* The value of a variable, or NULL. */
const char *compat_environment(char **envp, const char *name);

/* A whole decimal number of at most @max, or -1. */
int compat_number(const char *text, int max);
