/* SPDX-License-Identifier: Apache-2.0 */
#include "init/applet.h"
#include "init/compat.h"
#include "init/init.h"
#include "plan/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static char text[PLAN_MAX_BYTES + 1];
static struct plan plan;

static noreturn void plan_unreadable(int error)
{
	init_fail_text(0, strerror(error));
}

static size_t plan_read(void)
{
	int fd = open(INIT_PLAN_PATH, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	size_t size = 0;

	if (fd < 0)
		plan_unreadable(errno);
	while (size < sizeof(text)) {
		ssize_t n = read(fd, text + size, sizeof(text) - size);

		if (n < 0)
			plan_unreadable(errno);
		if (n == 0)
			break;
		size += (size_t)n;
	}
	close(fd);
	return size;
}

/* Directories and fills in file order, with no umask in the way: modes are exact. */
static void fill_all(void)
{
	const struct plan_directive *mask = NULL;
	bool cleared = false;
	mode_t before = 0;
	uint32_t value;

	for (uint32_t i = 0; i < plan.count; i++) {
		const struct plan_directive *directive = &plan.directives[i];

		if (directive->kind == PLAN_UMASK)
			mask = directive;
		if (directive->kind >= PLAN_IF && directive->kind <= PLAN_WAIT &&
		    directive->kind != PLAN_DIRECTORY && directive->kind != PLAN_SEED &&
		    directive->kind != PLAN_LINKS)
			init_fail_line(directive, ENOSYS);
		if (directive->kind != PLAN_DIRECTORY && directive->kind != PLAN_SEED &&
		    directive->kind != PLAN_LINKS)
			continue;
		if (!cleared)
			before = umask(0);
		cleared = true;
		if (directive->kind == PLAN_DIRECTORY)
			init_directory(&plan, directive);
		else
			init_fill(&plan, directive);
	}
	if (mask && plan_octal(mask->words, 0777, &value))
		umask(value);
	else if (cleared)
		umask(before);
}

static void restrict_all(void)
{
	const struct plan_directive *directive = plan_find(&plan, PLAN_ID);

	if (directive)
		init_identity(directive);
	directive = plan_find(&plan, PLAN_NO_NEW_PRIVILEGES);
	if (directive && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		init_fail_line(directive, errno);
	directive = plan_find(&plan, PLAN_SECCOMP);
	if (directive)
		init_seccomp_read(directive);
	init_landlock(&plan);
}

/* As it was given to execve(2): argv[0] is anything. A script's path, where the kernel put init in
 * the place of a script's interpreter: then argv[0] is the interpreter's. */
static const char *executed_path(void)
{
	const char *path = (const char *)getauxval(AT_EXECFN);

	return path ? path : "";
}

int main(int argc, char **argv, char **envp)
{
	struct plan_error error;
	char **words;

	if (argc > 0 && compat_is_known(argv[0]))
		compat_run(argv, envp);
	if ((words = applet_find(argv)))
		applet_run(words);
	if (!plan_parse(text, plan_read(), &plan, &error))
		init_fail_text(error.line, error.text);
	if (argc > 0 && (shell_is_name(argv[0]) || shell_is_name(executed_path())))
		init_broker(&plan, argc, argv, envp);
	init_program_prepare(&plan, argc, argv, envp);
	fill_all();
	restrict_all();
	if (plan_find(&plan, PLAN_STAY))
		init_stay(&plan);
	init_program_execute(&plan);
}
