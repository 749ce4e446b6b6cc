/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/stop.h"

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

enum { POLL_MS = 50, IDLE_POLLS = 10 };

/* In rt_sigtimedwait(2), as thresh-init that stays: the signals that it waits for are in neither of
 * the masks meanwhile. /proc/PID/syscall begins with the call's number. */
static bool waits_for_signals(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/syscall", (int)pid);
	g_autofree char *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) && g_ascii_isdigit(*text) &&
	       g_ascii_strtoull(text, NULL, 10) == SYS_rt_sigtimedwait;
}

/* PID 1 is sent only what it handles: the kernel drops a signal with the default action
 * (pid_namespaces(7)), and an engine then waits for its grace period and kills. Whether to wait is
 * read off /proc/PID/status. */
static bool is_handled(pid_t pid, int number)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/status", (int)pid);
	g_autofree char *text = NULL;
	static const char *const fields[] = {"\nSigCgt:\t", "\nSigBlk:\t"};

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return false;
	for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
		const char *field = strstr(text, fields[i]);
		guint64 mask = field ? g_ascii_strtoull(field + strlen(fields[i]), NULL, 16) : 0;

		if (mask & (1ULL << (number - 1)))
			return true;
	}
	return waits_for_signals(pid);
}

bool application_handles(const struct process *process, int number)
{
	return is_handled(process->pid, number);
}

/* 'S' etc. of one thread, 0 where it is gone; adds what it has run to @cpu_ns. */
static char thread_state(const char *tasks, const char *tid, guint64 *cpu_ns)
{
	g_autofree char *stat = g_build_filename(tasks, tid, "stat", NULL);
	g_autofree char *schedstat = g_build_filename(tasks, tid, "schedstat", NULL);
	g_autofree char *text = NULL;
	g_autofree char *times = NULL;
	const char *state;

	if (g_file_get_contents(schedstat, &times, NULL, NULL))
		*cpu_ns += g_ascii_strtoull(times, NULL, 10);
	if (!g_file_get_contents(stat, &text, NULL, NULL))
		return 0;
	state = strrchr(text, ')'); /* behind the name, which may hold anything */
	return state && state[1] ? state[2] : 0;
}

/* Whether all of its threads sleep; @ret_cpu_ns: what they have run so far. */
static bool is_sleeping(pid_t pid, guint64 *ret_cpu_ns)
{
	g_autofree char *tasks = g_strdup_printf("/proc/%d/task", (int)pid);
	g_autoptr(GDir) directory = g_dir_open(tasks, 0, NULL);
	const char *tid;
	bool sleeping = true;

	*ret_cpu_ns = 0;
	while (directory && (tid = g_dir_read_name(directory)))
		sleeping &= thread_state(tasks, tid, ret_cpu_ns) == 'S';
	return directory && sleeping;
}

/* Waits for as long as the signal is handled, or the application still does something: runtimes put
 * the default action back on their way out (Python), and one that then raises the signal again
 * (node) ends nothing when it is PID 1, and sleeps. */
static bool wait_for_end(struct process *process, int number, int timeout_ms)
{
	gint64 deadline = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
	guint64 cpu_ns = 0, before_ns = 0;

	for (int idle = 0; idle < IDLE_POLLS && g_get_monotonic_time() < deadline;) {
		bool sleeping;

		if (process_wait(process, POLL_MS))
			return true;
		sleeping = is_sleeping(process->pid, &cpu_ns) && cpu_ns == before_ns;
		idle = sleeping && !is_handled(process->pid, number) ? idle + 1 : 0;
		before_ns = cpu_ns;
	}
	return process_wait(process, 0);
}

bool application_stop(struct process *process, int number, int timeout_ms, bool *ret_killed,
		      bool *ret_unhandled, GError **error)
{
	*ret_killed = false;
	*ret_unhandled = false;
	if (is_handled(process->pid, number)) {
		if (!process_signal(process, number, error))
			return false;
		if (wait_for_end(process, number, timeout_ms))
			return true;
	}
	*ret_unhandled = !is_handled(process->pid, number);
	return process_stop(process, SIGKILL, 0, ret_killed, error);
}
