/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/shell.h"

#include <string.h>

static bool is_one_of(const char *word, const char *const *list)
{
	for (; *list; list++) {
		if (strcmp(word, *list) == 0)
			return true;
	}
	return false;
}

bool shell_is_name(const char *name)
{
	static const char *const names[] = {"sh", "dash", "bash", "ash", NULL};
	const char *slash = strrchr(name, '/');

	if (slash)
		name = slash + 1;
	return is_one_of(name + (*name == '-'), names);
}

/* A cluster of short options: -c, -ec. Answers whether all are known. */
static bool take_cluster(const char *word, bool *command, bool *name_follows)
{
	*name_follows = false;
	for (word++; *word; word++) {
		if (*word == 'c')
			*command = true;
		else if (*word == 'o')
			*name_follows = true;
		else if (!strchr("euf", *word))
			return false;
	}
	return true;
}

static bool is_erlang(size_t argc, char *const *argv)
{
	return argc == 3 && strcmp(argv[1], "-s") == 0 && strcmp(argv[2], "unix:cmd") == 0;
}

enum shell_use shell_use(size_t argc, char *const *argv, const char **ret_text)
{
	static const char *const named[] = {"errexit", "nounset", "noglob", "pipefail", NULL};
	static const char *const words[] = {"--noprofile", "--norc", "--posix", NULL};
	bool command = false, name_follows;
	size_t i = 1;

	if (is_erlang(argc, argv))
		return SHELL_ERLANG;
	for (; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
		if (strcmp(argv[i], "--") == 0) {
			i++;
			break;
		}
		if (is_one_of(argv[i], words))
			continue;
		if (!take_cluster(argv[i], &command, &name_follows))
			return SHELL_OTHER;
		if (name_follows && (++i == argc || !is_one_of(argv[i], named)))
			return SHELL_OTHER;
	}
	if (!command || i >= argc)
		return SHELL_OTHER;
	*ret_text = argv[i];
	return SHELL_COMMAND;
}
