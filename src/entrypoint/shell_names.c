/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/shell_names.h"

#include <glib.h>
#include <string.h>

static const char *const shell_names[] = {"BASH",          "BASHOPTS",
					  "BASHPID",       "BASH_ARGC",
					  "BASH_ARGV",     "BASH_COMMAND",
					  "BASH_ENV",      "BASH_LINENO",
					  "BASH_REMATCH",  "BASH_SOURCE",
					  "BASH_SUBSHELL", "BASH_VERSINFO",
					  "BASH_VERSION",  "COLUMNS",
					  "DIRSTACK",      "ENV",
					  "EUID",          "FUNCNAME",
					  "GROUPS",        "HOME",
					  "HOSTNAME",      "HOSTTYPE",
					  "IFS",           "LANG",
					  "LC_ALL",        "LD_LIBRARY_PATH",
					  "LD_PRELOAD",    "LINENO",
					  "LINES",         "MACHTYPE",
					  "OLDPWD",        "OPTARG",
					  "OPTERR",        "OPTIND",
					  "OSTYPE",        "PATH",
					  "PIPESTATUS",    "PPID",
					  "PS1",           "PS2",
					  "PS3",           "PS4",
					  "PWD",           "RANDOM",
					  "REPLY",         "SECONDS",
					  "SHELL",         "SHELLOPTS",
					  "SHLVL",         "TERM",
					  "UID",           "_"};

bool shell_sets(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(shell_names); i++)
		if (strcmp(shell_names[i], name) == 0)
			return true;
	return false;
}
