/* SPDX-License-Identifier: Apache-2.0 */
#include "init/init.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 1 << 16 };

static char *arguments[ARGUMENTS_MAX + 1];
static char home[5 + PLAN_MAX_PATH_BYTES + 1];
static char **program_arguments;
static char **program_environment;

static size_t words_append(const struct plan_directive *directive, size_t count)
{
	const char *word = directive->words;

	for (size_t i = 0; i < directive->count; i++, word = plan_word_next(word)) {
		if (count == ARGUMENTS_MAX)
			init_fail_line(directive, E2BIG);
		arguments[count++] = (char *)(uintptr_t)word; /* execve(2) does not write there */
	}
	return count;
}

/* `entry` and what init was given, or `default` where it was given nothing. */
static void arguments_make(const struct plan *plan, int argc, char **argv)
{
	const struct plan_directive *entry = plan_find(plan, PLAN_ENTRY);
	const struct plan_directive *fallback = plan_find(plan, PLAN_DEFAULT);
	size_t count = entry ? words_append(entry, 0) : 0;

	if (argc <= 1 && fallback)
		count = words_append(fallback, count);
	if (argc > ARGUMENTS_MAX - (int)count)
		init_fail_text(0, "too many arguments");
	for (int i = 1; i < argc; i++)
		arguments[count++] = argv[i];
	if (count == 0)
		init_fail_text(0, "nothing to run: no `entry`, no `default` and no arguments");
	program_arguments = arguments;
}

static const char *environment_get(char **envp, const char *name)
{
	size_t bytes = strlen(name);

	for (; *envp; envp++) {
		if (strncmp(*envp, name, bytes) == 0 && (*envp)[bytes] == '=')
			return *envp + bytes + 1;
	}
	return NULL;
}

void init_program_prepare(const struct plan *plan, int argc, char **argv, char **envp)
{
	const struct plan_directive *directive = plan_find(plan, PLAN_HOME);

	arguments_make(plan, argc, argv);
	program_environment = envp;
	if (!directive || environment_get(envp, "HOME"))
		return;
	/* The kernel puts argv's NULL right before envp (System V ABI, process initialization), and
	 * argv has been copied: one more variable fits without a copy of them all. */
	strcpy(home, "HOME=");
	strcat(home, directive->words);
	program_environment = envp - 1;
	program_environment[0] = home;
}

void init_program_take(char **argv, char **envp)
{
	program_arguments = argv;
	program_environment = envp;
}

static void program_try(const char *path)
{
	(void)execve(path, program_arguments, program_environment);
}

/* As execvp(3) searches, but what the kernel cannot execute is never given to a shell. */
static noreturn void program_search(const char *name, const char *search)
{
	static char path[2 * PLAN_MAX_PATH_BYTES];
	int refused = 0;

	for (;;) {
		size_t bytes = strcspn(search, ":");
		size_t name_bytes = strlen(name);

		if (bytes + name_bytes + 2 <= sizeof(path)) {
			memcpy(path, search, bytes); /* an empty one is the working directory */
			if (bytes)
				path[bytes++] = '/';
			memcpy(path + bytes, name, name_bytes + 1);
			program_try(path);
			if (errno == EACCES)
				refused = errno;
			else if (errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG &&
				 errno != ELOOP)
				init_fail_program(path, errno);
		}
		search += strcspn(search, ":");
		if (*search++ == '\0')
			init_fail_program(name, refused ? refused : ENOENT);
	}
}

static const char *search_path(const struct plan *plan)
{
	const struct plan_directive *directive = plan ? plan_find(plan, PLAN_SEARCH) : NULL;
	const char *path = environment_get(program_environment, "PATH");

	if (path)
		return path;
	return directive ? directive->words : "/usr/local/bin:/usr/bin:/bin";
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

noreturn void init_program_execute(const struct plan *plan)
{
	const struct plan_directive *seccomp = plan ? plan_find(plan, PLAN_SECCOMP) : NULL;
	const char *search = search_path(plan);
	init_signals pending = 0;

	if (seccomp)
		init_seccomp_install(seccomp);
	syscall(SYS_rt_sigpending, &pending, sizeof(pending));
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &init_caller_mask, NULL, sizeof(init_caller_mask));
	if (pending)
		stop_if_asked(pending);
	if (!strchr(program_arguments[0], '/') && program_arguments[0][0] != '\0')
		program_search(program_arguments[0], search);
	program_try(program_arguments[0]);
	init_fail_program(program_arguments[0], errno);
}
