/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/sandbox.h"

#include "base/error.h"
#include "base/fd.h"
#include "sandbox/binds.h"
#include "sandbox/idmap.h"
#include "sandbox/internal.h"
#include "sandbox/scm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	OPEN_TIMEOUT_MS = 60000,
	PROCESSES_DEFAULT = 4096,
};
#define SCRATCH_DEFAULT_BYTES (UINT64_C(4) << 30)

#define CAPABILITY(name) (UINT64_C(1) << CAP_##name)
const uint64_t sandbox_default_capabilities =
	CAPABILITY(CHOWN) | CAPABILITY(DAC_OVERRIDE) | CAPABILITY(FSETID) | CAPABILITY(FOWNER) |
	CAPABILITY(SETGID) | CAPABILITY(SETUID) | CAPABILITY(SETFCAP) | CAPABILITY(SETPCAP) |
	CAPABILITY(NET_BIND_SERVICE) | CAPABILITY(SYS_CHROOT) | CAPABILITY(KILL) |
	CAPABILITY(AUDIT_WRITE);

struct sandbox_mount *sandbox_mount_new(enum sandbox_mount_kind kind, const char *path)
{
	struct sandbox_mount *mount = g_new0(struct sandbox_mount, 1);

	mount->kind = kind;
	mount->path = g_strdup(path);
	mount->mode = 0755;
	return mount;
}

void sandbox_mount_free(struct sandbox_mount *mount)
{
	if (!mount)
		return;
	g_free(mount->path);
	g_free(mount->source);
	g_clear_pointer(&mount->bytes, g_bytes_unref);
	g_free(mount);
}

/* --- the holder's plan --- */

uint64_t sandbox_scratch_bytes(void)
{
	struct sysinfo info;
	uint64_t half;

	if (sysinfo(&info) < 0)
		return SCRATCH_DEFAULT_BYTES;
	half = (uint64_t)info.totalram * info.mem_unit / 2;
	return MIN(half, SCRATCH_DEFAULT_BYTES);
}

static void plan_clear(struct holder_plan *plan)
{
	for (size_t i = 0; i < plan->mount_count; i++)
		fd_cleanup(&plan->mounts[i].tree_fd);
	g_free(plan->mounts);
	fd_cleanup(&plan->root_tree_fd);
	fd_cleanup(&plan->control_fd);
	fd_cleanup(&plan->life_fd);
}

static bool plan_mounts(struct holder_plan *plan, GError **error)
{
	const GPtrArray *mounts = plan->spec->mounts;

	plan->mounts = g_new0(struct mount_plan, mounts ? mounts->len + 1 : 1);
	for (guint i = 0; mounts && i < mounts->len; i++) {
		struct mount_plan *mount = &plan->mounts[i];

		mount->mount = g_ptr_array_index(mounts, i);
		mount->tree_fd = -1;
		mount->directory = mount->mount->kind == MOUNT_TMPFS;
		plan->mount_count = i + 1;
		if (mount->mount->path[0] != '/' || mount->mount->path[1] == '\0')
			return error_set(error, THRESH_ERROR_INPUT,
					 "sandbox: mount point \"%s\" is not below /",
					 mount->mount->path);
		if (mount->mount->kind == MOUNT_BIND &&
		    !bind_prepare(plan->sandbox, mount, error)) {
			g_prefix_error(error, "sandbox: ");
			return false;
		}
	}
	return true;
}

static bool plan_fill(struct holder_plan *plan, int *ret_control_fd, GError **error)
{
	int control[2], life[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "sandbox: socketpair");
	plan->control_fd = control[1];
	*ret_control_fd = control[0];
	if (pipe2(life, O_CLOEXEC) < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "sandbox: pipe");
	plan->life_fd = life[0];
	plan->sandbox->life_fd = life[1];
	plan->root_tree_fd = tree_copy(plan->spec->rootfs->path, error);
	if (plan->root_tree_fd < 0) {
		g_prefix_error(error, "sandbox: ");
		return false;
	}
	return plan_mounts(plan, error);
}

/* --- starting the holder --- */

static unsigned long holder_flags(const struct holder_plan *plan)
{
	unsigned long flags =
		CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

	if (plan->spec->join)
		return flags;
	if (plan->sandbox->mode != IDENTITY_NONE)
		flags |= CLONE_NEWUSER;
	if (plan->spec->network == NETWORK_LOOPBACK)
		flags |= CLONE_NEWNET;
	return flags;
}

static bool join_other(const struct sandbox *other)
{
	int flags = other->mode == IDENTITY_NONE ? 0 : CLONE_NEWUSER;

	if (other->network == NETWORK_LOOPBACK)
		flags |= CLONE_NEWNET;
	return flags == 0 || setns(other->holder_fd, flags) == 0;
}

/* In the middle child: makes the holder a child of thresh, and tells its pid. */
static void G_GNUC_NORETURN start_holder(struct holder_plan *plan, int pid_fd)
{
	pid_t holder;

	if (plan->spec->join && !join_other(plan->spec->join))
		_exit(errno & 0x7f);
	holder = raw_clone(holder_flags(plan) | CLONE_PARENT);
	if (holder == 0)
		holder_main(plan);
	if (holder < 0)
		_exit(errno & 0x7f);
	_exit(write(pid_fd, &holder, sizeof(holder)) == sizeof(holder) ? 0 : EIO);
}

static bool run_middle(struct holder_plan *plan, GError **error)
{
	int pipe_fds[2], status = 0;
	pid_t middle;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "sandbox: pipe");
	middle = fork();
	if (middle == 0)
		start_holder(plan, pipe_fds[1]);
	close(pipe_fds[1]);
	while (middle > 0 && waitpid(middle, &status, 0) < 0 && errno == EINTR)
		continue;
	if (read(pipe_fds[0], &plan->sandbox->holder, sizeof(pid_t)) != sizeof(pid_t))
		plan->sandbox->holder = 0;
	close(pipe_fds[0]);
	if (plan->sandbox->holder > 0)
		return true;
	return error_set_errno(error, THRESH_ERROR_INTERNAL,
			       WIFEXITED(status) ? WEXITSTATUS(status) : EIO,
			       "sandbox: cannot make namespaces");
}

static bool write_maps(const struct sandbox *sandbox, GError **error)
{
	struct id_extent uids = {0, sandbox->shift.uid_base, sandbox->shift.count};
	struct id_extent gids = {0, sandbox->shift.gid_base, sandbox->shift.count};

	if (sandbox->mode == IDENTITY_SINGLE) {
		uids = (struct id_extent){sandbox->single_uid, geteuid(), 1};
		gids = (struct id_extent){sandbox->single_gid, getegid(), 1};
		if (!idmap_deny_setgroups(sandbox->holder, error))
			return false;
	}
	return idmap_write(sandbox->holder, "uid_map", &uids, 1, error) &&
	       idmap_write(sandbox->holder, "gid_map", &gids, 1, error);
}

static bool receive_report(struct sandbox *sandbox, int control_fd, GError **error)
{
	struct pollfd p = {.fd = control_fd, .events = POLLIN};
	struct holder_report report = {0};
	int fds[2] = {-1, -1};
	int n;

	do
		n = poll(&p, 1, OPEN_TIMEOUT_MS);
	while (n < 0 && errno == EINTR);
	if (n <= 0 || !scm_receive(control_fd, &report, sizeof(report), fds, 2))
		return error_set(error, THRESH_ERROR_INTERNAL, "sandbox: %s",
				 n == 0 ? "not ready after 60 s" : "its holder process ended");
	sandbox->root_fd = fds[0];
	sandbox->upper_fd = fds[1];
	report.text[sizeof(report.text) - 1] = '\0';
	return report.ok ||
	       error_set(error, (enum thresh_error)report.code, "sandbox: %s", report.text);
}

static bool start(struct holder_plan *plan, int control_fd, GError **error)
{
	struct sandbox *sandbox = plan->sandbox;

	if (!run_middle(plan, error))
		return false;
	sandbox->holder_fd = pidfd_open(sandbox->holder, 0);
	if (sandbox->holder_fd < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "sandbox: pidfd_open");
	if (sandbox->mode != IDENTITY_NONE && !plan->spec->join && !write_maps(sandbox, error))
		return false;
	if (write(control_fd, "", 1) != 1)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "sandbox: holder");
	fd_cleanup(&plan->control_fd); /* so that the holder's end is the only one */
	return receive_report(sandbox, control_fd, error);
}

static struct sandbox *sandbox_new(const struct sandbox_spec *spec, const struct identity *identity)
{
	struct sandbox *sandbox = g_new0(struct sandbox, 1);
	bool single = identity->mode == IDENTITY_SINGLE;

	sandbox->mode = identity->mode;
	sandbox->shift = identity->shift;
	sandbox->network = spec->network;
	sandbox->read_only = spec->read_only;
	sandbox->processes = spec->processes ? spec->processes : PROCESSES_DEFAULT;
	sandbox->single_uid = single ? spec->single_uid : 0;
	sandbox->single_gid = single ? spec->single_gid : 0;
	sandbox->holder_fd = sandbox->life_fd = sandbox->root_fd = sandbox->upper_fd = -1;
	sandbox->memory = g_ptr_array_new_with_free_func(g_free);
	sandbox->helpers = g_array_new(FALSE, FALSE, sizeof(pid_t));
	sandbox->spawned = g_array_new(FALSE, FALSE, sizeof(int));
	sandbox->borrowed = g_array_new(FALSE, FALSE, sizeof(struct borrowed_stdio));
	for (guint i = 0; spec->mounts && i < spec->mounts->len; i++) {
		const struct sandbox_mount *mount = g_ptr_array_index(spec->mounts, i);

		if (mount->kind == MOUNT_TMPFS)
			g_ptr_array_add(sandbox->memory, g_strdup(mount->path));
	}
	if (spec->join) {
		sandbox->single_uid = spec->join->single_uid;
		sandbox->single_gid = spec->join->single_gid;
		sandbox->network = spec->join->network;
		sandbox->shares_network = true;
		/* The other one's sockets must be told apart from now on, too: it is ours to mark.
		 */
		((struct sandbox *)(uintptr_t)spec->join)->shares_network = true;
	}
	return sandbox;
}

struct sandbox *sandbox_open(const struct sandbox_spec *spec, const struct identity *identity,
			     GError **error)
{
	autosandbox struct sandbox *sandbox = sandbox_new(spec, identity);
	struct holder_plan plan = {
		.spec = spec,
		.sandbox = sandbox,
		.scratch_bytes =
			spec->scratch_bytes ? spec->scratch_bytes : sandbox_scratch_bytes(),
		.root_tree_fd = -1,
		.control_fd = -1,
		.life_fd = -1,
	};
	autofd int control_fd = -1;
	bool ok = plan_fill(&plan, &control_fd, error) && start(&plan, control_fd, error);

	plan_clear(&plan);
	return ok ? g_steal_pointer(&sandbox) : NULL;
}

/* --- the end --- */

static void kill_and_reap(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
}

static void give_back_stdio(struct sandbox *sandbox)
{
	for (guint i = sandbox->borrowed->len; i-- > 0;) {
		struct borrowed_stdio *b =
			&g_array_index(sandbox->borrowed, struct borrowed_stdio, i);

		if (fchown(b->fd, b->uid, b->gid) < 0) {
			/* It was ours to give away and is gone now: nothing to mend. */
		}
		close(b->fd);
	}
}

/* The holder does not end before every process of its namespace is reaped (zap_pid_ns_processes),
 * and those are our children. One whose status the caller has taken is gone already. */
static void reap_spawned(struct sandbox *sandbox)
{
	for (guint i = 0; i < sandbox->spawned->len; i++) {
		int fd = g_array_index(sandbox->spawned, int, i);
		siginfo_t info;

		while (waitid(P_PIDFD, (id_t)fd, &info, WEXITED) < 0 && errno == EINTR)
			continue;
		close(fd);
	}
}

void sandbox_free(struct sandbox *sandbox)
{
	if (!sandbox)
		return;
	for (guint i = 0; i < sandbox->helpers->len; i++)
		kill_and_reap(g_array_index(sandbox->helpers, pid_t, i));
	if (sandbox->holder > 0)
		kill(sandbox->holder, SIGKILL);
	reap_spawned(sandbox);
	if (sandbox->holder > 0)
		kill_and_reap(sandbox->holder);
	give_back_stdio(sandbox);
	fd_cleanup(&sandbox->holder_fd);
	fd_cleanup(&sandbox->life_fd);
	fd_cleanup(&sandbox->root_fd);
	fd_cleanup(&sandbox->upper_fd);
	g_ptr_array_unref(sandbox->memory);
	g_array_unref(sandbox->helpers);
	g_array_unref(sandbox->spawned);
	g_array_unref(sandbox->borrowed);
	g_free(sandbox);
}

void sandbox_cleanup(struct sandbox **sandbox)
{
	sandbox_free(*sandbox);
	*sandbox = NULL;
}

/* --- joining --- */

bool sandbox_join(const struct sandbox *sandbox, int flags, GError **error)
{
	if (sandbox->mode != IDENTITY_NONE)
		flags |= CLONE_NEWUSER;
	if (sandbox->network == NETWORK_HOST)
		flags &= ~CLONE_NEWNET;
	if (flags != 0 && setns(sandbox->holder_fd, flags) < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "sandbox: enter");
	return sandbox_become_root(sandbox, error);
}

bool sandbox_join_network(const struct sandbox *sandbox, GError **error)
{
	if (sandbox->network == NETWORK_HOST || setns(sandbox->holder_fd, CLONE_NEWNET) == 0)
		return true;
	return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "sandbox: enter its network");
}
