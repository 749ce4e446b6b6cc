/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/sandbox.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STATUS_MAX_BYTES = 1 << 16 };

static int remaining_ms(gint64 end)
{
	gint64 left = (end - g_get_monotonic_time() + 999) / 1000;

	return (int)CLAMP(left, 0, G_MAXINT);
}

bool process_wait(struct process *process, int timeout_ms)
{
	struct pollfd p = {.fd = process->pid_fd, .events = POLLIN};
	gint64 end = g_get_monotonic_time() + (gint64)MAX(timeout_ms, 0) * 1000;
	int n;

	if (process->exited)
		return true;
	do
		n = poll(&p, 1, timeout_ms < 0 ? -1 : remaining_ms(end));
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return false;
	while (waitpid(process->pid, &process->status, 0) < 0) {
		if (errno == EINTR)
			continue;
		process->status = 127 << 8; /* somebody else took the status */
		break;
	}
	process->exited = true;
	return true;
}

bool process_signal(const struct process *process, int signal, GError **error)
{
	if (process->exited || pidfd_send_signal(process->pid_fd, signal, NULL, 0) == 0 ||
	    errno == ESRCH)
		return true;
	return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "signal %d", signal);
}

static uint64_t status_mask(const char *status, const char *name)
{
	const char *line = strstr(status, name);

	return line ? g_ascii_strtoull(line + strlen(name), NULL, 16) : UINT64_MAX;
}

/* The kernel delivers to PID 1 of a namespace only what it catches, or blocks and fetches: waiting
 * for the rest to work is waiting for nothing. */
static bool can_receive(const struct process *process, int signal)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/status", (int)process->pid);
	autofd int fd = open(path, O_RDONLY | O_CLOEXEC);
	g_autoptr(GBytes) bytes = fd < 0 ? NULL : fd_read_all(fd, STATUS_MAX_BYTES, path, NULL);
	g_autofree char *status = NULL;
	uint64_t bit = UINT64_C(1) << (signal - 1);

	if (!bytes || signal < 1 || signal > 64)
		return true;
	status = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
	return (status_mask(status, "\nSigCgt:") | status_mask(status, "\nSigBlk:")) & bit;
}

bool process_stop(struct process *process, int signal, int grace_ms, bool *ret_killed,
		  GError **error)
{
	bool killed = false;

	if (!process_wait(process, 0)) {
		bool useful = can_receive(process, signal);

		if (!process_signal(process, signal, error))
			return false;
		/* SIGKILL has killed it, however soon it is gone. */
		killed = signal == SIGKILL || !process_wait(process, useful ? grace_ms : 0);
		if (killed && signal != SIGKILL && !process_signal(process, SIGKILL, error))
			return false;
		if (killed)
			process_wait(process, -1);
	}
	if (ret_killed)
		*ret_killed = killed;
	return true;
}

void process_clear(struct process *process)
{
	if (process->pid > 0 && !process->exited) {
		process_signal(process, SIGKILL, NULL);
		process_wait(process, -1);
	}
	fd_cleanup(&process->pid_fd);
	process->pid = 0;
}
