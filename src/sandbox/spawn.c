/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting a program in the sandbox. Short-lived joiners enter the holder's namespaces and clone
 * the child, as a child of thresh, into a pid and mount namespace of its own. The child prepares
 * itself and executes the program; what goes wrong until then comes back over a shared page, since
 * it may not make a system call between the trace filter and the supervisor's start.
 */
#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "sandbox/inside.h"
#include "sandbox/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	START_TIMEOUT_MS = 60000,
	CHILD_POLL_US = 50,
};

/* --- standard streams --- */

/* As runc does (fixStdioPermissions): the application may reopen /dev/stdout. A terminal or a file
 * goes back to its owner with the sandbox. */
static void lend_stdio(struct sandbox *sandbox, const struct process_spec *spec, int fd)
{
	uid_t uid =
		sandbox->mode == IDENTITY_NONE ? spec->uid : sandbox->shift.uid_base + spec->uid;
	struct borrowed_stdio borrowed;
	struct stat st;

	if (fd < 0 || sandbox->mode == IDENTITY_SINGLE || fstat(fd, &st) < 0 || st.st_uid == uid)
		return;
	if (S_ISCHR(st.st_mode) && !isatty(fd))
		return; /* /dev/null belongs to everybody */
	if (fchown(fd, uid, (gid_t)-1) < 0)
		return; /* not ours to give: then it cannot be reopened, as in any engine */
	if (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))
		return;
	borrowed = (struct borrowed_stdio){fcntl(fd, F_DUPFD_CLOEXEC, 3), st.st_uid, st.st_gid};
	if (borrowed.fd >= 0)
		g_array_append_val(sandbox->borrowed, borrowed);
}

/* --- the joiner --- */

static void G_GNUC_NORETURN clone_failed(struct inside *inside)
{
	g_snprintf(inside->shared->failure, sizeof(inside->shared->failure), "clone: %s",
		   g_strerror(errno));
	_exit(1);
}

/* In two steps, since CLONE_NEWPID wants a caller that is itself in the pid namespace of its
 * children (copy_pid_ns in the kernel's pid_namespace.c). */
static void G_GNUC_NORETURN run_joiner(struct inside *inside)
{
	const int flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET |
			  CLONE_NEWCGROUP;
	g_autoptr(GError) error = NULL;
	pid_t second, child;

	if (!sandbox_join(inside->sandbox, flags, &error)) {
		g_strlcpy(inside->shared->failure, error->message, sizeof(inside->shared->failure));
		_exit(1);
	}
	second = raw_clone(CLONE_PARENT);
	if (second < 0)
		clone_failed(inside);
	if (second > 0) {
		inside->shared->second = second;
		_exit(0);
	}
	child = raw_clone(CLONE_NEWPID | CLONE_NEWNS | CLONE_PARENT);
	if (child == 0)
		inside_main(inside);
	if (child < 0)
		clone_failed(inside);
	_exit(0);
}

static void reap(pid_t pid)
{
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
}

/* The child's pid as thresh sees it comes with its first message (unix(7), SCM_CREDENTIALS). */
static pid_t receive_pid(int socket_fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr align;
	} control;
	char byte;
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *header;
	struct ucred sender;
	ssize_t n;

	do
		n = recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	header = n == 1 ? CMSG_FIRSTHDR(&message) : NULL;
	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_CREDENTIALS)
		return 0;
	memcpy(&sender, CMSG_DATA(header), sizeof(sender));
	return sender.pid;
}

static bool start_child(struct inside *inside, pid_t *ret_pid, GError **error)
{
	autofd int here = -1, there = -1;
	const int on = 1;
	int sockets[2];
	pid_t joiner;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0 ||
	    setsockopt(sockets[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "sandbox: socketpair");
	here = sockets[0];
	there = inside->hello_fd = sockets[1];
	joiner = fork();
	if (joiner == 0)
		run_joiner(inside);
	if (joiner < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "sandbox: fork");
	fd_cleanup(&there);
	reap(joiner);
	reap(inside->shared->second);
	*ret_pid = receive_pid(here);
	if (*ret_pid > 0)
		return true;
	return error_set(error, THRESH_ERROR_INTERNAL, "sandbox: %s",
			 inside->shared->failure[0] ? inside->shared->failure : "it has ended");
}

/* --- following the child until it has executed --- */

static bool child_failed(const struct inside *inside, GError **error)
{
	const struct inside_shared *shared = inside->shared;
	g_autofree char *program = error_quote(inside->spec->argv[0]);
	int saved = shared->failed_errno;

	if (!shared->exec_failed)
		return error_set(error, THRESH_ERROR_INTERNAL, "sandbox: %s",
				 shared->failure[0]
					 ? shared->failure
					 : "the process ended before its program started");
	/* No kernel lacks execve(2): a filter's listener is gone (seccomp_unotify(2)). */
	if (saved == ENOSYS && inside->spec->trace_filter)
		return error_set(error, THRESH_ERROR_INTERNAL,
				 "sandbox: the tracing agent ended before %s started", program);
	if (saved == ENOENT && !strchr(inside->spec->argv[0], '/'))
		return error_set(error, THRESH_ERROR_INPUT, "%s: not found in PATH", program);
	if (saved == ENOENT && shared->program_exists)
		return error_set(error, THRESH_ERROR_INPUT,
				 "%s: its interpreter (#!) or dynamic loader is not in the image",
				 program);
	if (saved == ENOEXEC)
		return error_set(error, THRESH_ERROR_INPUT,
				 "%s: neither a program for this machine nor a script with #!",
				 program);
	return error_set_errno(error, THRESH_ERROR_INPUT, saved, "%s", program);
}

/* Until the child has written something other than @unset to @value; false where it has ended. */
static bool await_child(const struct inside *inside, const struct process *process,
			atomic_int *value, int unset, GError **error)
{
	gint64 end = g_get_monotonic_time() + START_TIMEOUT_MS * G_TIME_SPAN_MILLISECOND;
	struct pollfd p = {.fd = process->pid_fd, .events = POLLIN};

	while (atomic_load(value) == unset) {
		if (poll(&p, 1, 0) != 0)
			return child_failed(inside, error);
		if (g_get_monotonic_time() > end)
			return error_set(error, THRESH_ERROR_INTERNAL, "sandbox: start timed out");
		g_usleep(CHILD_POLL_US);
	}
	return true;
}

static bool attach(struct inside *inside, const struct process *process, GError **error)
{
	struct inside_shared *shared = inside->shared;

	if (!await_child(inside, process, &shared->waiting, 0, error) ||
	    !inside->spec->attach(process->pid, inside->spec->user, error))
		return false;
	atomic_store(&shared->attached, 1);
	return true;
}

/* Takes the listener out of the spinning child and starts the supervisor on it. */
static bool hand_over(struct inside *inside, const struct process *process, GError **error)
{
	struct inside_shared *shared = inside->shared;
	int listener;

	if (!await_child(inside, process, &shared->listener, -1, error))
		return false;
	listener = pidfd_getfd(process->pid_fd, atomic_load(&shared->listener), 0);
	if (listener < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "sandbox: listener");
	if (!inside->spec->supervise(listener, process->pid, inside->spec->user, error))
		return false;
	atomic_store(&shared->go, 1);
	return true;
}

/* The child holds the only write end, close-on-exec: end of file is a program that runs, or an end.
 */
static bool await_exec(struct inside *inside, int exec_fd, GError **error)
{
	struct pollfd p = {.fd = exec_fd, .events = POLLIN};
	int n;

	do
		n = poll(&p, 1, START_TIMEOUT_MS);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return error_set(error, THRESH_ERROR_INTERNAL, "sandbox: start timed out");
	if (inside->shared->exec_failed || !atomic_load(&inside->shared->executing))
		return child_failed(inside, error);
	return true;
}

static bool follow(struct inside *inside, struct process *process, int exec_fd, GError **error)
{
	if (inside->spec->attach && !attach(inside, process, error))
		return false;
	if (inside->spec->trace_filter && inside->spec->supervise &&
	    !hand_over(inside, process, error))
		return false;
	return await_exec(inside, exec_fd, error);
}

static void kill_child(struct process *process)
{
	kill(process->pid, SIGKILL);
	while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	fd_cleanup(&process->pid_fd);
}

static bool check_spec(const struct sandbox *sandbox, const struct process_spec *spec,
		       GError **error)
{
	if (!spec->argv || !spec->argv[0] || !spec->argv[0][0])
		return error_set(error, THRESH_ERROR_INPUT, "sandbox: no program to run");
	/* The child would wait for a supervisor for ever. */
	if (spec->trace_filter && !spec->supervise)
		return error_set(error, THRESH_ERROR_INTERNAL,
				 "sandbox: a trace without a supervisor");
	/* Its calls would answer ENOSYS. */
	if (spec->stop_filter && !spec->attach)
		return error_set(error, THRESH_ERROR_INTERNAL, "sandbox: stops without a tracer");
	if (sandbox->mode == IDENTITY_SINGLE && spec->uid != sandbox->single_uid)
		return error_set(error, THRESH_ERROR_INPUT,
				 "sandbox: user %u: there is one user id here, %u; add a range of "
				 "65536 to /etc/subuid and /etc/subgid, or run as root",
				 spec->uid, sandbox->single_uid);
	if (sandbox->mode == IDENTITY_RANGE &&
	    (spec->uid >= sandbox->shift.count || spec->gid >= sandbox->shift.count))
		return error_set(error, THRESH_ERROR_INPUT, "sandbox: user %u:%u: ids end at %u",
				 spec->uid, spec->gid, sandbox->shift.count - 1);
	return true;
}

static bool spawn_with(struct inside *inside, struct process *process, GError **error)
{
	int exec_pipe[2];
	bool ok;

	if (pipe2(exec_pipe, O_CLOEXEC) < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "sandbox: pipe");
	inside->exec_fd = exec_pipe[1];
	ok = start_child(inside, &process->pid, error);
	close(exec_pipe[1]);
	if (ok) {
		process->pid_fd = pidfd_open(process->pid, 0);
		ok = process->pid_fd >= 0 && follow(inside, process, exec_pipe[0], error);
		if (!ok)
			kill_child(process);
	}
	close(exec_pipe[0]);
	return ok;
}

bool sandbox_spawn(struct sandbox *sandbox, const struct process_spec *spec,
		   struct process *ret_process, GError **error)
{
	struct inside inside = {.sandbox = sandbox, .spec = spec, .parent = getpid()};
	struct process process = {.pid_fd = -1};
	bool ok;

	if (!check_spec(sandbox, spec, error))
		return false;
	inside.shared = mmap(NULL, sizeof(*inside.shared), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (inside.shared == MAP_FAILED)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "sandbox: mmap");
	atomic_store(&inside.shared->listener, -1);
	for (int i = 0; i < 3; i++)
		lend_stdio(sandbox, spec, spec->standard_fds[i]);
	ok = spawn_with(&inside, &process, error);
	munmap(inside.shared, sizeof(*inside.shared));
	if (ok) {
		int own_fd = fcntl(process.pid_fd, F_DUPFD_CLOEXEC, 0);

		if (own_fd >= 0)
			g_array_append_val(sandbox->spawned, own_fd);
		*ret_process = process;
	}
	return ok;
}
