/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host commands in the sandbox's network. A guard process stands between: it is the subreaper of
 * all that the command starts, and kills all of it when the command has ended, when its time is
 * over, or when thresh dies.
 */
#include "base/error.h"
#include "base/fd.h"
#include "sandbox/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct workload {
	struct sandbox *sandbox;
	const char *command;
	const char *const *environment;
	int output_fd;
	int life_fd; /* end of file: thresh is gone, or wants the end */
};

static void G_GNUC_NORETURN run_command(const struct workload *w)
{
	sigset_t none;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	for (const char *const *e = w->environment; e && *e; e++)
		putenv((char *)(uintptr_t)*e);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	setpgid(0, 0);
	if (dup2(null, 0) < 0 ||
	    (w->output_fd >= 0 && (dup2(w->output_fd, 1) < 0 || dup2(1, 2) < 0)))
		_exit(126);
	close_range(3, ~0u, 0);
	execl("/bin/sh", "sh", "-c", w->command, NULL);
	_exit(127);
}

/* The parent's id of process @pid, 0 where it has gone (proc(5), /proc/PID/stat). */
static pid_t parent_of(const char *pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%s/stat", pid);
	char text[512];
	autofd int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	const char *end;
	int parent = 0;

	if (n <= 0)
		return 0;
	text[n] = '\0';
	end = strrchr(text, ')'); /* the name may hold anything */
	return end && sscanf(end + 1, " %*c %d", &parent) == 1 ? parent : 0;
}

/* Kills the children; what they leave becomes ours, until nothing is left. */
static void kill_descendants(void)
{
	pid_t self = getpid();

	for (;;) {
		DIR *dir = opendir("/proc");
		struct dirent *entry;

		while (dir && (entry = readdir(dir))) {
			if (g_ascii_isdigit(entry->d_name[0]) && parent_of(entry->d_name) == self)
				kill((pid_t)atoi(entry->d_name), SIGKILL);
		}
		if (dir)
			closedir(dir);
		if (waitpid(-1, NULL, 0) < 0 && errno == ECHILD)
			return;
	}
}

/* Until the command has ended (its wait status) or the life pipe closed (-1). */
static int guard_command(pid_t child, int life_fd)
{
	autofd int child_fd = pidfd_open(child, 0);
	struct pollfd p[2] = {{.fd = child_fd, .events = POLLIN}, {.fd = life_fd}};
	int status;

	while (poll(p, 2, -1) < 0 && errno == EINTR)
		continue;
	if (!(p[0].revents & POLLIN) || waitpid(child, &status, 0) != child)
		return -1;
	return status;
}

static void G_GNUC_NORETURN guard_main(const struct workload *w, int status_fd)
{
	g_autoptr(GError) error = NULL;
	int keep[] = {w->life_fd, status_fd, w->output_fd, w->sandbox->holder_fd};
	int status = -1;
	pid_t child;

	setsid();
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	close_all_but(keep, G_N_ELEMENTS(keep));
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 || !sandbox_join_network(w->sandbox, &error))
		_exit(1);
	child = fork();
	if (child == 0)
		run_command(w);
	if (child > 0)
		status = guard_command(child, w->life_fd);
	kill_descendants();
	_exit(write(status_fd, &status, sizeof(status)) == sizeof(status) ? 0 : 1);
}

static bool await_guard(int status_fd, int *life_fd, int timeout_ms, int *ret_status,
			GError **error)
{
	struct pollfd p = {.fd = status_fd, .events = POLLIN};
	bool late;
	int n;

	do
		n = poll(&p, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	late = n == 0;
	fd_cleanup(life_fd);
	if (read(status_fd, ret_status, sizeof(*ret_status)) != sizeof(*ret_status))
		return error_set(error, THRESH_ERROR_INTERNAL, "workload: could not be started");
	if (late || *ret_status == -1)
		return error_set(error, THRESH_ERROR_NOT_READY, "workload: not done after %d ms",
				 timeout_ms);
	return true;
}

bool sandbox_workload(struct sandbox *sandbox, const char *command, const char *const *environment,
		      int output_fd, int timeout_ms, int *ret_status, GError **error)
{
	struct workload w = {sandbox, command, environment, output_fd, -1};
	int life[2], result[2], status = -1;
	bool ok;
	pid_t guard;

	if (pipe2(life, O_CLOEXEC) < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "workload: pipe");
	if (pipe2(result, O_CLOEXEC) < 0) {
		close(life[0]);
		close(life[1]);
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "workload: pipe");
	}
	w.life_fd = life[0];
	guard = fork();
	if (guard == 0)
		guard_main(&w, result[1]);
	close(life[0]);
	close(result[1]);
	ok = guard > 0 && await_guard(result[0], &life[1], timeout_ms, &status, error);
	fd_cleanup(&life[1]);
	close(result[0]);
	while (guard > 0 && waitpid(guard, NULL, 0) < 0 && errno == EINTR)
		continue;
	if (guard < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "workload: fork");
	if (ok)
		*ret_status = status;
	return ok;
}
