/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/internal.h"

#include "base/error.h"
#include "base/fd.h"
#include "sandbox/scm.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FD_FIRST = 3, PID_MAX_LEAST = 512 };

pid_t raw_clone(unsigned long flags)
{
	/* The order of the last arguments differs between machines; all of them are 0. */
	return (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
}

bool die_with_parent(pid_t parent)
{
	/* getppid() is 0 where the parent lies outside the pid namespace: then the life pipe tells.
	 */
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && (getppid() == parent || getppid() == 0);
}

static int compare_fds(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

void close_all_but(int *keep, size_t count)
{
	unsigned next = FD_FIRST;

	qsort(keep, count, sizeof(*keep), compare_fds);
	for (size_t i = 0; i < count; i++) {
		if (keep[i] < (int)next)
			continue;
		if ((unsigned)keep[i] > next)
			close_range(next, (unsigned)keep[i] - 1, 0);
		next = (unsigned)keep[i] + 1;
	}
	close_range(next, ~0u, 0);
}

bool sandbox_become_root(const struct sandbox *sandbox, GError **error)
{
	if (sandbox->mode == IDENTITY_RANGE &&
	    (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0))
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "become root inside");
	/* The change of ids made this process undumpable, also for thresh where that is no root. */
	prctl(PR_SET_DUMPABLE, 1);
	return true;
}

static void write_file(int dir_fd, const char *path, const char *text)
{
	autofd int fd = openat(dir_fd, path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, text, strlen(text)) < 0)
		return;
}

static bool bring_up_loopback(GError **error)
{
	autofd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "loopback");
	return true;
}

/* Settings of the namespaces, through the holder's own /proc (it is the root's by now). */
static void apply_settings(const struct holder_plan *plan)
{
	g_autofree char *most = g_strdup_printf("%u", MAX(plan->sandbox->processes, PID_MAX_LEAST));

	if (plan->spec->network == NETWORK_LOOPBACK && !plan->spec->join)
		write_file(AT_FDCWD, "/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
	/* Per pid namespace since Linux 6.14: bounds all users of the sandbox together. Where it is
	 * global it belongs to the host's root, and the write is refused. */
	if (plan->sandbox->mode != IDENTITY_NONE)
		write_file(AT_FDCWD, "/proc/sys/kernel/pid_max", most);
	/* In a user namespace of its own an application would have every capability again. */
	if (plan->sandbox->mode != IDENTITY_NONE)
		write_file(AT_FDCWD, "/proc/sys/user/max_user_namespaces", "0");
}

static bool set_up(struct holder_plan *plan, int *ret_upper_fd, GError **error)
{
	const struct sandbox_spec *spec = plan->spec;
	const char *hostname = spec->hostname ? spec->hostname : "sandbox";

	if (!sandbox_become_root(plan->sandbox, error))
		return false;
	if (spec->network == NETWORK_LOOPBACK && !spec->join && !bring_up_loopback(error))
		return false;
	/* Engines' seccomp profiles refuse it with EPERM to those who have no capability outside;
	 * then the sandbox goes by the container's name. */
	if (sethostname(hostname, strlen(hostname)) < 0 && errno != EPERM)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "host name \"%s\"",
				       hostname);
	if (!holder_mount(plan, ret_upper_fd, error))
		return false;
	apply_settings(plan);
	return true;
}

static void keep_plan_fds(const struct holder_plan *plan)
{
	g_autofree int *keep = g_new(int, plan->mount_count + 3);
	size_t n = 0;

	keep[n++] = plan->control_fd;
	keep[n++] = plan->life_fd;
	keep[n++] = plan->root_tree_fd;
	for (size_t i = 0; i < plan->mount_count; i++)
		keep[n++] = plan->mounts[i].tree_fd;
	close_all_but(keep, n);
}

static bool is_alone(int life_fd)
{
	struct pollfd p = {.fd = life_fd};

	return poll(&p, 1, 0) > 0;
}

/* Nothing is left to do but to be init: SIGCHLD ignored lets the kernel reap. */
static void G_GNUC_NORETURN hold(int life_fd)
{
	char byte;

	close_all_but((int[]){life_fd}, 1);
	while (read(life_fd, &byte, 1) < 0 && errno == EINTR)
		continue;
	_exit(0);
}

static void reset_process(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	signal(SIGCHLD, SIG_IGN);
	setsid();
	umask(022);
}

void holder_main(struct holder_plan *plan)
{
	struct holder_report report = {.ok = false};
	g_autoptr(GError) error = NULL;
	int fds[2] = {-1, -1};
	char byte;

	reset_process();
	keep_plan_fds(plan);
	/* thresh writes the id maps, then this byte. */
	if (read(plan->control_fd, &byte, 1) != 1)
		_exit(1);
	report.ok = set_up(plan, &fds[1], &error);
	/* Last, since a change of ids clears it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (is_alone(plan->life_fd))
		_exit(1);
	if (report.ok) {
		fds[0] = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	} else {
		report.code = error->code;
		g_strlcpy(report.text, error->message, sizeof(report.text));
	}
	if (!scm_send(plan->control_fd, &report, sizeof(report), fds, report.ok ? 2 : 0))
		_exit(1);
	hold(plan->life_fd);
}
