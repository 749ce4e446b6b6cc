/* SPDX-License-Identifier: Apache-2.0 */
/* catatonit 0.2: the command in a process group of its own; a subreaper where not PID 1; -P is the
 * first container of a pod, which holds the namespaces and does nothing else. */
#include "init/compat.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static const char help[] = "thresh-init in the place of catatonit\n"
			   "Usage: catatonit [OPTION]... [--] PROGRAM [ARGUMENT]...\n"
			   "  -g  signals to the process group\n"
			   "  -P  pause: run nothing until SIGTERM or SIGINT\n"
			   "  -L  licence\n"
			   "  -h  help\n"
			   "  -V, --version\n";

char **catatonit_read(struct stay *stay, char **argv, char **envp)
{
	static const struct option_name names[] = {{"version", 'V'}, {NULL, 0}};
	struct options options;
	bool pauses = false;
	char letter;

	(void)envp;
	options_begin(&options, argv, "gPhLV", names);
	while ((letter = options_next(&options))) {
		if (letter == 'g')
			stay->to_group = true;
		else if (letter == 'P')
			pauses = true;
		else if (letter == 'h')
			compat_end(help, STDOUT_FILENO, 0);
		else if (letter == 'L')
			compat_end("thresh-init: Apache License 2.0\n", STDOUT_FILENO, 0);
		else if (letter == 'V')
			compat_end("catatonit version 0.2.0 (thresh-init)\n", STDOUT_FILENO, 0);
		else
			compat_end(help, STDERR_FILENO, COMPAT_EXIT_USAGE);
	}
	/* A signal with which the terminal would stop init is nobody's order to the program. */
	stay->rewrite[SIGTSTP] = 0;
	stay->rewrite[SIGTTIN] = 0;
	stay->rewrite[SIGTTOU] = 0;
	if (pauses)
		return NULL;
	if (!*options_rest(&options))
		compat_end(help, STDERR_FILENO, COMPAT_EXIT_USAGE);
	return options_rest(&options);
}
