/* SPDX-License-Identifier: Apache-2.0 */
#include "init/stay.h"

#include "init/service.h"

#include "init/launch.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CLOSE_FALLBACK_MAX = 1024 };

void stay_init(struct stay *stay)
{
	memset(stay, 0, sizeof(*stay));
	stay->grace_ms = STAY_GRACE_MS;
	stay->stop_signal = SIGTERM;
	for (int i = 0; i < STAY_SIGNALS; i++)
		stay->rewrite[i] = (uint8_t)i;
	stay->adopts = true;
	stay->waits = true;
	stay->terminal = -1;
}

/* Our controlling terminal among the standard streams, with us in its foreground; or -1. */
static int terminal_find(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		pid_t foreground;

		if (ioctl(fd, TIOCGPGRP, &foreground) == 0 && foreground == getpgrp())
			return fd;
	}
	return -1;
}

/* The terminal is to be the application's, and a session has one alone. The kernel tells the group
 * of a session's leader (tty_ioctl(4) TIOCNOTTY): SIGHUP and SIGCONT that nobody has sent. */
static void terminal_leave(const struct stay *stay)
{
	static const struct timespec now;
	init_signals caused = (init_signals)1 << (SIGHUP - 1) | (init_signals)1 << (SIGCONT - 1);
	long signal_number;

	if (ioctl(STDIN_FILENO, TIOCNOTTY) < 0 || getsid(0) != getpid())
		return;
	while ((signal_number = syscall(SYS_rt_sigtimedwait, &caused, NULL, &now, sizeof(caused))) >
	       0) {
		if (stay->watch)
			stay->watch(stay, STAY_LEFT_TERMINAL, signal_number, 0);
	}
}

static void place_take(const struct stay *stay)
{
	pid_t self = getpid();

	if (stay->place == STAY_IN_SESSION) {
		setsid();
		(void)ioctl(STDIN_FILENO, TIOCSCTTY, 0);
	} else if (stay->place == STAY_IN_GROUP) {
		setpgid(0, 0);
		/* SIGTTOU is blocked, so this is allowed from the background. */
		if (stay->terminal >= 0)
			(void)ioctl(stay->terminal, TIOCSPGRP, &self);
	}
}

/* Sockets handed over by sd_listen_fds(3) are for the process that LISTEN_PID names: where that was
 * init, it is the application now. */
static void listen_pid_give(char **environment)
{
	static char variable[] = "LISTEN_PID=\0\0\0\0\0\0\0\0\0\0";
	static const size_t name_bytes = sizeof("LISTEN_PID=") - 1;

	for (; environment && *environment; environment++) {
		uint32_t pid;
		char *digits = variable + sizeof(variable) - 1;

		if (strncmp(*environment, variable, name_bytes) != 0 ||
		    !plan_decimal(*environment + name_bytes, UINT32_MAX, &pid) ||
		    pid != (uint32_t)getppid())
			continue;
		pid = (uint32_t)getpid();
		for (; pid; pid /= 10)
			*--digits = (char)('0' + pid % 10);
		memmove(variable + name_bytes, digits, strlen(digits) + 1);
		*environment = variable;
		return;
	}
}

struct child {
	const struct stay *stay;
	bool ignores_children; /* as the caller of init had it */
};

static noreturn void child_run(const struct child *child)
{
	place_take(child->stay);
	listen_pid_give(child->stay->environment);
	if (child->ignores_children)
		signal(SIGCHLD, SIG_IGN);
	child->stay->execute(child->stay->argument);
	_exit(EXIT_INIT);
}

/* Whatever the runtime left open is the application's, not ours. */
static void descriptors_close(void)
{
	if (syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0) == 0)
		return;
	for (int fd = STDERR_FILENO + 1; fd < CLOSE_FALLBACK_MAX; fd++)
		close(fd);
}

/* Nothing of ours is copied: the child runs in our memory while we wait, and when we go on the
 * application has been executed, or has failed to. */
static pid_t child_start(const struct stay *stay)
{
	struct child child = {.stay = stay};
	struct sigaction before;
	pid_t pid;

	/* Ignored, the kernel reaps for us and the application's end would never be seen. */
	if (sigaction(SIGCHLD, NULL, &before) == 0 && before.sa_handler == SIG_IGN)
		signal(SIGCHLD, SIG_DFL);
	else
		before.sa_handler = launch_child_was_ignored ? SIG_IGN : SIG_DFL;
	child.ignores_children = before.sa_handler == SIG_IGN;
	pid = vfork();
	if (pid == 0)
		child_run(&child);
	if (pid < 0)
		init_fail_start(errno);
	return pid;
}

noreturn void stay_run(struct stay *stay)
{
	stay->is_first = getpid() == 1;
	if (stay->adopts && !stay->is_first)
		(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	if (stay->place == STAY_IN_GROUP)
		stay->terminal = terminal_find();
	else if (stay->place == STAY_IN_SESSION)
		terminal_leave(stay);
	if (!stay->pauses) {
		stay->main = child_start(stay);
		if (stay->watch)
			stay->watch(stay, STAY_STARTED_MAIN, stay->main, 0);
	}
	(void)!chdir("/"); /* we hold no mount */
	descriptors_close();
	stay_loop(stay);
}

static noreturn void plan_execute(const void *argument)
{
	init_program_execute(argument);
}

/* `signal FROM TO`, any number of them. */
static void rewrites_read(struct stay *stay, const struct plan *plan)
{
	for (uint32_t i = 0; i < plan->count; i++) {
		const struct plan_directive *directive = &plan->directives[i];
		uint32_t from = 0;
		uint32_t to = 0;

		if (directive->kind != PLAN_SIGNAL)
			continue;
		plan_decimal(directive->words, STAY_SIGNALS - 1, &from);
		plan_decimal(plan_word(directive, 1), STAY_SIGNALS - 1, &to);
		stay->rewrite[from] = (uint8_t)to;
	}
}

static void duties_read(struct stay *stay, const struct plan *plan)
{
	const struct plan_directive *directive = plan_find(plan, PLAN_STAY);
	uint32_t signal_number = SIGTERM;

	if (directive) {
		plan_decimal(directive->words, PLAN_MAX_GRACE_MS, &stay->grace_ms);
		if (directive->count > 1)
			plan_decimal(plan_word(directive, 1), STAY_SIGNALS - 1, &signal_number);
	}
	stay->stop_signal = (uint8_t)signal_number;
	directive = plan_find(plan, PLAN_FORWARD);
	stay->to_group = directive && directive->sub == PLAN_FORWARD_GROUP;
	directive = plan_find(plan, PLAN_DELAY);
	if (directive)
		plan_decimal(directive->words, PLAN_MAX_GRACE_MS, &stay->delay_ms);
	stay->follows = plan_find(plan, PLAN_JOB_CONTROL) != NULL;
	rewrites_read(stay, plan);
	services_adopt(stay);
}

noreturn void init_stay(const struct plan *plan)
{
	struct stay stay;

	stay_init(&stay);
	stay.execute = plan_execute;
	stay.argument = plan;
	duties_read(&stay, plan);
	stay_run(&stay);
}
