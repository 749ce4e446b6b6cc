/* SPDX-License-Identifier: Apache-2.0 */
#include "init/compat.h"

#include "init/say.h"

#include <string.h>
#include <unistd.h>

struct personality {
	const char *program;
	const char *prefix; /* of the message when the command cannot be executed */
	compat_read *read;
};

static const struct personality personalities[] = {
	{"dumb-init", "[dumb-init] ", dumb_init_read}, {"tini", "[FATAL tini] ", tini_read},
	{"tini-static", "[FATAL tini] ", tini_read},   {"docker-init", "[FATAL tini] ", tini_read},
	{"catatonit", "catatonit: ", catatonit_read},
};

static const struct personality *personality_find(const char *program)
{
	const char *slash = strrchr(program, '/');
	const char *name = slash ? slash + 1 : program;

	for (size_t i = 0; i < sizeof(personalities) / sizeof(personalities[0]); i++) {
		if (strcmp(personalities[i].program, name) == 0)
			return &personalities[i];
	}
	return NULL;
}

bool compat_is_known(const char *program)
{
	return personality_find(program) != NULL;
}

noreturn void compat_end(const char *text, int fd, int status)
{
	(void)!write(fd, text, strlen(text));
	_exit(status);
}

const char *compat_environment(char **envp, const char *name)
{
	size_t bytes = strlen(name);

	for (; *envp; envp++) {
		if (strncmp(*envp, name, bytes) == 0 && (*envp)[bytes] == '=')
			return *envp + bytes + 1;
	}
	return NULL;
}

int compat_number(const char *text, int max)
{
	int number = 0;

	if (*text == '\0')
		return -1;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		number = number * 10 + (*text - '0');
		if (number > max)
			return -1;
	}
	return number;
}

static noreturn void command_execute(const void *argument)
{
	(void)argument;
	init_program_execute(NULL);
}

noreturn void compat_run(char **argv, char **envp)
{
	const struct personality *personality = personality_find(argv[0]);
	struct stay stay;
	char **command;

	stay_init(&stay);
	stay.execute = command_execute;
	stay.environment = envp;
	stay.stop_signal = 0; /* none of them kills an application that runs */
	stay.grace_ms = COMPAT_GRACE_MS;
	stay.waits = getpid() == 1;
	command = personality->read(&stay, argv, envp);
	stay.pauses = command == NULL;
	if (command)
		init_program_take(command, envp);
	init_report_prefix = personality->prefix;
	stay_run(&stay);
}
