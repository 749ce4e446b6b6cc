/* SPDX-License-Identifier: Apache-2.0 */
#include "init/expand.h"
#include "init/init.h"
#include "init/steps.h"
#include "init/variable.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char **application;

/* What init was given, or `default` where that is nothing. */
void init_program_prepare(const struct plan *plan, char **argv, char **envp)
{
	const struct plan_directive *fallback = plan_find(plan, PLAN_DEFAULT);
	const struct plan_directive *home = plan_find(plan, PLAN_HOME);

	variables_init(envp);
	if (home && !variable_get("HOME"))
		variable_set("HOME", home->words, true);
	arguments_set(*argv ? argv + 1 : argv);
	if (!*arguments_get() && fallback)
		arguments_set(arguments_behind(fallback));
}

void init_program_settle(const struct plan *plan)
{
	application = steps_application();
	if (!application)
		application = arguments_behind(plan_find(plan, PLAN_ENTRY));
	if (!application[0])
		init_fail_text(0, "nothing to run: no `entry`, no `default` and no arguments");
}

void init_program_take(char **argv, char **envp)
{
	variables_init(envp);
	application = argv;
}

/* @name in the first directory of *@search, which moves on (NULL: that was the last). "" where it
 * is too long. Valid until the next call. */
static const char *search_next(const char **search, const char *name)
{
	INIT_LARGE static char path[2 * PLAN_MAX_PATH_BYTES];
	const char *directory = *search;
	size_t bytes = strcspn(directory, ":");
	size_t name_bytes = strlen(name);

	*search = directory[bytes] ? directory + bytes + 1 : NULL;
	if (bytes + name_bytes + 2 > sizeof(path))
		return "";
	memcpy(path, directory, bytes); /* an empty one is the working directory */
	if (bytes)
		path[bytes++] = '/';
	memcpy(path + bytes, name, name_bytes + 1);
	return path;
}

/* As execvp(3) searches, but what the kernel cannot execute is never given to a shell. */
static noreturn void program_search(const char *search, char **argv, char **envp)
{
	int refused = 0;

	while (search) {
		const char *path = search_next(&search, argv[0]);

		(void)execve(path, argv, envp);
		if (errno == EACCES)
			refused = errno;
		else if (errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG &&
			 errno != ELOOP)
			init_fail_program(path, errno);
	}
	init_fail_program(argv[0], refused ? refused : ENOENT);
}

static const char *search_fallback(const struct plan *plan)
{
	const struct plan_directive *directive = plan ? plan_find(plan, PLAN_SEARCH) : NULL;

	return directive ? directive->words : "/usr/local/bin:/usr/bin:/bin";
}

static const char *search_path(const struct plan *plan, char **envp)
{
	for (; *envp; envp++) {
		if (strncmp(*envp, "PATH=", 5) == 0)
			return *envp + 5;
	}
	return search_fallback(plan);
}

static bool is_program(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

bool init_program_exists(const struct plan *plan, const char *name)
{
	const char *search = variable_get("PATH");

	if (strchr(name, '/') || !*name)
		return is_program(name);
	if (!search)
		search = search_fallback(plan);
	while (search)
		if (is_program(search_next(&search, name)))
			return true;
	return false;
}

/* PID 1 without a handler loses what becomes unblocked: a stop request that came while init worked
 * ends it here, as it would have ended any other process. */
static void stop_if_asked(init_signals pending)
{
	static const int stops[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP};

	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++) {
		init_signals bit = (init_signals)1 << (stops[i] - 1);
		struct sigaction action;

		if (!(pending & bit & ~init_caller_mask))
			continue;
		if (sigaction(stops[i], NULL, &action) == 0 && action.sa_handler == SIG_DFL)
			_exit(128 + stops[i]);
	}
}

noreturn void init_execute(const struct plan *plan, char **argv, char **envp)
{
	const char *search = search_path(plan, envp);
	init_signals pending = 0;

	syscall(SYS_rt_sigpending, &pending, sizeof(pending));
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &init_caller_mask, NULL, sizeof(init_caller_mask));
	if (pending)
		stop_if_asked(pending);
	if (!strchr(argv[0], '/') && argv[0][0] != '\0')
		program_search(search, argv, envp);
	(void)execve(argv[0], argv, envp);
	init_fail_program(argv[0], errno);
}

noreturn void init_program_execute(const struct plan *plan)
{
	const struct plan_directive *seccomp = plan ? plan_find(plan, PLAN_SECCOMP) : NULL;
	char **environment = variables_environment();

	if (seccomp)
		init_seccomp_install(seccomp);
	init_execute(plan, application, environment);
}
