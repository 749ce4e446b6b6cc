/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What images kept a shell, curl and sleep for: `health`, `wait-for` and `sleep`
 * (docs/init-applets.md). By the name of the program, or as its first word; on loopback alone.
 *
 *     if ((words = applet_find(argv)))
 *             applet_run(words);
 */
#pragma once

#include <stdnoreturn.h>

/* The words of an applet's command line, its name first; NULL: this is none. */
char **applet_find(char **argv);

/* Exit status 0: healthy, there, slept; 1: not, or not in time; 125: the command line is wrong;
 * 128 and the number of the signal that ended it. */
noreturn void applet_run(char **words);
