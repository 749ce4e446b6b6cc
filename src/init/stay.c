/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Staying as PID 1. The application is a child in a process group of its own (in the foreground,
 * where there is a terminal). Every signal is blocked here and waited for, so that none is lost and
 * nothing wakes up without a reason. The application's end is followed by that of all it left
 * behind: SIGTERM, the grace, SIGKILL; a stop signal that it does not follow within the grace ends
 * the same way.
 */
#include "init/init.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SIGNALLED_MAX = 256, CLOSE_FALLBACK_MAX = 1024 };
enum { MS_PER_S = 1000, NS_PER_MS = 1000000, KILL_MS = 1000 };

struct stay {
	pid_t main;
	int status; /* exit status of the application, once main_ended */
	uint32_t grace_ms;
	uint32_t stop_signal;
	int64_t deadline_ms; /* monotonic; 0: none */
	bool is_first;       /* PID 1 */
	bool has_terminal;
	bool main_ended;
	bool killing; /* the grace is over */
};

static struct stay stay;
static pid_t signalled[SIGNALLED_MAX]; /* not as PID 1: who was asked to stop, once each */
static size_t signalled_count;

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * MS_PER_S + now.tv_nsec / NS_PER_MS;
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

static noreturn void child_run(const struct plan *plan, int terminal, bool child_ignored)
{
	pid_t self = getpid();

	setpgid(0, 0);
	if (terminal >= 0) /* SIGTTOU is blocked, so this is allowed from the background */
		(void)ioctl(terminal, TIOCSPGRP, &self);
	if (child_ignored)
		signal(SIGCHLD, SIG_IGN);
	init_program_execute(plan);
}

/* Whatever the runtime left open is the application's, not ours. */
static void descriptors_close(void)
{
	if (syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0) == 0)
		return;
	for (int fd = STDERR_FILENO + 1; fd < CLOSE_FALLBACK_MAX; fd++)
		close(fd);
}

static bool already_signalled(pid_t pid)
{
	for (size_t i = 0; i < signalled_count; i++) {
		if (signalled[i] == pid)
			return true;
	}
	if (signalled_count < SIGNALLED_MAX)
		signalled[signalled_count++] = pid;
	return false;
}

static void child_signal(pid_t pid, int signal_number)
{
	if (pid > 1 && (signal_number == SIGKILL || !already_signalled(pid)))
		(void)kill(pid, signal_number);
}

/* As a subreaper alone: our children now. Their own become ours when they end, and are met by the
 * next pass. Without /proc, the application's process group is what is known. */
static void children_signal(int signal_number)
{
	int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
	char text[512];
	pid_t pid = 0;
	ssize_t n;

	if (fd < 0) {
		(void)kill(-stay.main, signal_number);
		return;
	}
	while ((n = read(fd, text, sizeof(text))) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			if (text[i] >= '0' && text[i] <= '9') {
				pid = pid * 10 + (text[i] - '0');
				continue;
			}
			child_signal(pid, signal_number);
			pid = 0;
		}
	}
	child_signal(pid, signal_number);
	close(fd);
}

static void everyone_signal(int signal_number)
{
	if (stay.is_first)
		(void)kill(-1, signal_number); /* all of the PID namespace but us */
	else
		children_signal(signal_number);
}

static void grace_begin(void)
{
	if (stay.deadline_ms == 0)
		stay.deadline_ms = now_ms() + stay.grace_ms;
}

static void main_end(int status)
{
	stay.main_ended = true;
	stay.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	grace_begin();
	if (stay.is_first)
		everyone_signal(SIGTERM);
}

/* Nobody could continue what the terminal stopped: there is no shell. */
static void stopped_continue(pid_t pid, int signal_number)
{
	if (signal_number == SIGTSTP || signal_number == SIGTTIN || signal_number == SIGTTOU)
		(void)kill(pid, SIGCONT);
}

/* Answers whether a child is left. */
static bool children_reap(void)
{
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG | (stay.has_terminal ? WUNTRACED : 0));

		if (pid == 0)
			return true;
		if (pid < 0)
			return errno != ECHILD;
		if (WIFSTOPPED(status))
			stopped_continue(pid, WSTOPSIG(status));
		else if (pid == stay.main)
			main_end(status);
	}
}

static void signal_forward(int signal_number)
{
	if (stay.main_ended)
		return;
	/* A main program of another uid answers EPERM: not our failure. */
	(void)kill(stay.main, signal_number);
	if ((uint32_t)signal_number == stay.stop_signal && stay.grace_ms > 0)
		grace_begin();
}

/* The next signal, or 0 when the grace is over. */
static int signal_wait(void)
{
	init_signals all = ~(init_signals)0;
	struct timespec timeout;
	int64_t left_ms = 0;
	long n;

	if (stay.deadline_ms) {
		left_ms = stay.deadline_ms - now_ms();
		if (left_ms <= 0)
			return 0;
	}
	timeout.tv_sec = left_ms / MS_PER_S;
	timeout.tv_nsec = left_ms % MS_PER_S * NS_PER_MS;
	n = syscall(SYS_rt_sigtimedwait, &all, NULL, left_ms ? &timeout : NULL, sizeof(all));
	if (n > 0)
		return (int)n;
	return errno == EAGAIN ? 0 : -1;
}

/* SIGKILL to all; what has not gone a second later (another uid, a hung device) is left to the
 * kernel, which ends a PID namespace with its first process. */
static void grace_end(void)
{
	if (stay.killing)
		_exit(stay.main_ended ? stay.status : 128 + SIGKILL);
	stay.killing = true;
	stay.deadline_ms = now_ms() + KILL_MS;
	everyone_signal(SIGKILL);
}

static noreturn void stay_loop(void)
{
	while (children_reap()) {
		int signal_number;

		/* Each reap may have made orphans ours. */
		if (stay.killing)
			everyone_signal(SIGKILL);
		else if (stay.main_ended && !stay.is_first)
			children_signal(SIGTERM);
		signal_number = signal_wait();
		if (signal_number == 0)
			grace_end();
		else if (signal_number > 0 && signal_number != SIGCHLD)
			signal_forward(signal_number);
	}
	_exit(stay.status);
}

static void stay_read(const struct plan *plan)
{
	const struct plan_directive *directive = plan_find(plan, PLAN_STAY);

	stay.stop_signal = SIGTERM;
	plan_decimal(directive->words, PLAN_MAX_GRACE_MS, &stay.grace_ms);
	if (directive->count > 1)
		plan_decimal(plan_word(directive, 1), UINT32_MAX, &stay.stop_signal);
}

noreturn void init_stay(const struct plan *plan)
{
	int terminal = terminal_find();
	struct sigaction before;
	bool child_ignored;
	long pid;

	stay_read(plan);
	stay.has_terminal = terminal >= 0;
	stay.is_first = getpid() == 1;
	if (!stay.is_first)
		(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	/* Ignored, the kernel reaps for us and the application's end would never be seen. */
	child_ignored = sigaction(SIGCHLD, NULL, &before) == 0 && before.sa_handler == SIG_IGN;
	if (child_ignored)
		signal(SIGCHLD, SIG_DFL);
	pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid < 0)
		init_fail_line(plan_find(plan, PLAN_STAY), errno);
	if (pid == 0)
		child_run(plan, terminal, child_ignored);
	stay.main = (pid_t)pid;
	descriptors_close();
	stay_loop();
}
