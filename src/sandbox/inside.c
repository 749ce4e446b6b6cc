/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/inside.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATH_DEFAULT "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* linux/seccomp.h, from 5.19 on: a call that the agent has seen is not interrupted by a signal, so
 * it is neither seen twice nor undone. */
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

enum { FD_EXEC = 3, FD_HIGH = 10, ATTACH_POLL_US = 50 };

static void G_GNUC_NORETURN fail(const struct inside *inside, const GError *error)
{
	g_strlcpy(inside->shared->failure, error->message, sizeof(inside->shared->failure));
	_exit(1);
}

static void reset_signals(void)
{
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* 0, 1 and 2 as wanted, 3 the pipe that closes on exec, nothing else. */
static bool set_descriptors(struct inside *inside, GError **error)
{
	int high[4];

	for (int i = 0; i < 3; i++) {
		int fd = inside->spec->standard_fds[i];
		autofd int null = fd < 0 ? fd_open(AT_FDCWD, "/dev/null", O_RDWR, 0, error) : -1;

		if (fd < 0 && null < 0)
			return false;
		high[i] = fcntl(fd < 0 ? null : fd, F_DUPFD_CLOEXEC, FD_HIGH);
	}
	high[3] = fcntl(inside->exec_fd, F_DUPFD_CLOEXEC, FD_HIGH);
	for (int i = 0; i < 4; i++) {
		if (high[i] < 0 || dup3(high[i], i, i == FD_EXEC ? O_CLOEXEC : 0) < 0)
			return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "descriptor %d",
					       i);
	}
	inside->exec_fd = FD_EXEC;
	close_range(FD_EXEC + 1, ~0u, 0);
	return true;
}

static bool set_limits(const struct inside *inside, GError **error)
{
	const struct rlimit core = {0, 0};
	struct rlimit processes = {inside->sandbox->processes, inside->sandbox->processes};
	struct rlimit now;

	if (getrlimit(RLIMIT_NPROC, &now) == 0 && now.rlim_max != RLIM_INFINITY &&
	    now.rlim_max < processes.rlim_max)
		processes = (struct rlimit){now.rlim_max, now.rlim_max};
	if (setrlimit(RLIMIT_CORE, &core) < 0 || setrlimit(RLIMIT_NPROC, &processes) < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "limits");
	return true;
}

/* Made where it is absent, as engines do; entered now, with root's rights, or later as the user. */
static void enter_directory(const struct inside *inside)
{
	const char *path = inside->spec->working_directory;

	if (path && chdir(path) < 0 && errno == ENOENT &&
	    fd_make_directories(AT_FDCWD, path, 0755, NULL) && chdir(path) < 0)
		return;
}

static bool check_directory(const struct inside *inside, GError **error)
{
	const char *path = inside->spec->working_directory;
	struct stat wanted, now;

	if (!path || (stat(path, &wanted) == 0 && stat(".", &now) == 0 &&
		      wanted.st_dev == now.st_dev && wanted.st_ino == now.st_ino))
		return true;
	/* EACCES: root's rights opened it, and the user inherits it, as in runc. */
	if (errno == EACCES || chdir(path) == 0)
		return true;
	g_autofree char *quoted = error_quote(path);
	return error_set_errno(error, THRESH_ERROR_INPUT, errno, "working directory %s", quoted);
}

static const char *search_path(const char *const *environment)
{
	for (; environment && *environment; environment++) {
		if (strncmp(*environment, "PATH=", 5) == 0)
			return *environment + 5;
	}
	return PATH_DEFAULT;
}

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

/* The file to execute, looked up before the trace begins so that the search leaves no events; NULL
 * where PATH has none. An empty element is the working directory (execvp(3)). */
static char *find_program(const struct process_spec *spec)
{
	g_auto(GStrv) directories = NULL;

	if (strchr(spec->argv[0], '/'))
		return g_strdup(spec->argv[0]);
	directories = g_strsplit(search_path(spec->environment), ":", -1);
	for (char **d = directories; *d; d++) {
		g_autofree char *path = path_join(**d ? *d : ".", spec->argv[0]);

		if (is_program(path))
			return g_steal_pointer(&path);
	}
	return NULL;
}

static void G_GNUC_NORETURN exec_failed(const struct inside *inside, int saved, bool exists)
{
	inside->shared->failed_errno = saved;
	inside->shared->program_exists = exists;
	inside->shared->exec_failed = true;
	_exit(127);
}

static inline void relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* After this every call may wait for the supervisor, so the wait for it makes none. */
static bool install_trace(const struct inside *inside, GError **error)
{
	long listener;

	if (!inside->spec->trace_filter)
		return true;
	listener =
		syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
			inside->spec->trace_filter);
	if (listener < 0 && errno == EINVAL)
		listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
				   SECCOMP_FILTER_FLAG_NEW_LISTENER, inside->spec->trace_filter);
	if (listener < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "trace filter");
	atomic_store(&inside->shared->listener, (int)listener);
	while (atomic_load(&inside->shared->go) == 0)
		relax();
	/* The supervisor's is to be the only one: when that ends, calls answer ENOSYS, and do not
	 * wait for ever. */
	close((int)listener);
	return true;
}

static void await_tracer(const struct inside *inside)
{
	if (!inside->spec->attach)
		return;
	atomic_store(&inside->shared->waiting, 1);
	while (atomic_load(&inside->shared->attached) == 0)
		usleep(ATTACH_POLL_US);
}

static bool install_stops(const struct inside *inside, GError **error)
{
	return !inside->spec->stop_filter ||
	       syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, inside->spec->stop_filter) == 0 ||
	       error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "stop filter");
}

static bool prepare(struct inside *inside, GError **error)
{
	const char *path = inside->spec->working_directory;

	reset_signals();
	setsid();
	umask(022);
	if (!inside_mount_proc(inside->spec->pid_offset, inside->spec->covers, error) ||
	    !set_descriptors(inside, error) || !set_limits(inside, error))
		return false;
	if (chdir("/") < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "/");
	if (path)
		enter_directory(inside);
	return true;
}

void inside_main(struct inside *inside)
{
	static char *const no_environment[] = {NULL};
	char *const *environment = inside->spec->environment
					   ? (char *const *)(uintptr_t)inside->spec->environment
					   : no_environment;
	g_autoptr(GError) error = NULL;
	g_autofree char *program = NULL;
	bool exists;

	if (send(inside->hello_fd, "", 1, MSG_NOSIGNAL) != 1)
		_exit(1);
	if (!prepare(inside, &error) || !inside_drop(inside, &error) ||
	    !check_directory(inside, &error))
		fail(inside, error);
	program = find_program(inside->spec);
	if (!program)
		exec_failed(inside, ENOENT, false);
	exists = access(program, F_OK) == 0;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	await_tracer(inside);
	if (!install_stops(inside, &error) || !install_trace(inside, &error))
		fail(inside, error);
	if (!inside_drop_last(inside))
		exec_failed(inside, errno, exists);
	atomic_store(&inside->shared->executing, 1);
	execve(program, (char *const *)(uintptr_t)inside->spec->argv, environment);
	exec_failed(inside, errno, exists);
}
