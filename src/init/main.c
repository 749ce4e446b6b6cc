/* SPDX-License-Identifier: Apache-2.0 */
#include "init/applet.h"
#include "init/arena.h"
#include "init/compat.h"
#include "init/init.h"
#include "init/launch.h"
#include "init/service.h"
#include "init/steps.h"
#include "plan/shell.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

INIT_HEAD static struct plan plan;

static noreturn void plan_unreadable(int error)
{
	init_fail_text(0, strerror(error));
}

/* Into the arena; answers the bytes: at most one more than a plan may have. */
static size_t plan_read(char **ret_text)
{
	int fd = open(INIT_PLAN_PATH, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	char *text = arena_begin();
	size_t size = 0;

	if (fd < 0)
		plan_unreadable(errno);
	while (size <= PLAN_MAX_BYTES) {
		ssize_t n = read(fd, text + size, PLAN_MAX_BYTES + 1 - size);

		if (n < 0)
			plan_unreadable(errno);
		if (n == 0)
			break;
		size += (size_t)n;
	}
	close(fd);
	*ret_text = arena_take(size);
	return size;
}

static bool is_setup(int argc, char **argv)
{
	return argc == 3 && strcmp(argv[1], "--plan") == 0 && strcmp(argv[2], "setup") == 0;
}

/* As it was given to execve(2): argv[0] is anything. A script's path, where the kernel put init in
 * the place of a script's interpreter: then argv[0] is the interpreter's. */
static const char *executed_path(char **envp)
{
	const unsigned long *auxiliary; /* pairs behind the environment: type, value */

	while (*envp)
		envp++;
	for (auxiliary = (const unsigned long *)(envp + 1); auxiliary[0] != AT_NULL;
	     auxiliary += 2) {
		if (auxiliary[0] == AT_EXECFN)
			return (const char *)auxiliary[1];
	}
	return "";
}

int main(int argc, char **argv, char **envp)
{
	bool setup = is_setup(argc, argv);
	struct plan_error error;
	char *text;
	size_t bytes;
	char **words;

	if (argc > 0 && compat_is_known(argv[0]))
		compat_run(argv, envp);
	if ((words = applet_find(argv)))
		applet_run(words);
	bytes = plan_read(&text);
	if (!plan_parse(text, bytes, &plan, &error))
		init_fail_text(error.line, error.text);
	if (argc > 0 && (shell_is_name(argv[0]) || shell_is_name(executed_path(envp))))
		init_broker(&plan, argc, argv, envp);
	init_program_prepare(&plan, setup ? argv + 2 : argv, envp);
	steps_run(&plan);
	if (setup)
		return 0;
	init_program_settle(&plan);
	init_restrict(&plan);
	if (plan_find(&plan, PLAN_STAY) || services_are_left())
		init_stay(&plan);
	launch_signals_restore();
	init_program_execute(&plan);
}
