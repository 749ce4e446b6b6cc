/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sandbox on a minimal root that holds tests/sandbox/hostile.c and nothing else, under whatever
 * identity this test was started with: as.sh starts it as root, and as users with and without a
 * range.
 *
 *     sandbox HOSTILE-PROGRAM
 */
#include "base/fd.h"
#include "sandbox/drive.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 100000 }; /* no judge of speed: machines are slow */

static struct identity identity;
static struct rootfs rootfs = {.lock_fd = -1};
static char *directory;

/* --- the minimal root --- */

static void own(const char *path)
{
	if (identity.mode == IDENTITY_RANGE)
		g_assert_cmpint(lchown(path, identity.shift.uid_base, identity.shift.gid_base), ==,
				0);
}

static void make_root(const char *program)
{
	static const char *const names[] = {"", "/proc", "/sys", "/dev", "/tmp", "/data"};
	g_autofree char *app = NULL, *content = NULL;
	gsize size;

	directory = g_dir_make_tmp("thresh-sandbox-XXXXXX", NULL);
	g_assert_nonnull(directory);
	rootfs.path = g_build_filename(directory, "root", NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_strconcat(rootfs.path, names[i], NULL);

		g_assert_cmpint(mkdir(path, 0755), ==, 0);
		own(path);
	}
	app = g_build_filename(rootfs.path, "app", NULL);
	g_assert_true(g_file_get_contents(program, &content, &size, NULL));
	g_assert_true(g_file_set_contents(app, content, (gssize)size, NULL));
	g_assert_cmpint(chmod(app, 0755), ==, 0);
	own(app);
	chmod(app, 0755);
}

/* --- running one thing --- */

static struct sandbox *open_plain(bool read_only, uint64_t scratch_bytes, uint32_t processes)
{
	const struct sandbox_spec spec = {.rootfs = &rootfs,
					  .read_only = read_only,
					  .scratch_bytes = scratch_bytes,
					  .processes = processes};
	g_autoptr(GError) error = NULL;
	struct sandbox *sandbox = sandbox_open(&spec, &identity, &error);

	g_assert_no_error(error);
	return sandbox;
}

static struct process_spec plain_process(const char *const *argv, int output_fd)
{
	static const char *const environment[] = {"PATH=/", NULL};

	return (struct process_spec){
		.argv = argv,
		.environment = environment,
		.working_directory = "/",
		.capabilities = sandbox_default_capabilities,
		.standard_fds = {-1, output_fd, output_fd},
	};
}

/* Runs @argv to its end and answers what it wrote; the wait status too. */
static char *run(struct sandbox *sandbox, const char *const *argv, int *ret_status)
{
	int fds[2];
	struct process process;
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) output = NULL;

	g_assert_cmpint(pipe2(fds, O_CLOEXEC), ==, 0);
	struct process_spec spec = plain_process(argv, fds[1]);
	g_assert_true(sandbox_spawn(sandbox, &spec, &process, &error));
	g_assert_no_error(error);
	close(fds[1]);
	output = fd_read_all(fds[0], 1 << 20, "output", &error);
	g_assert_no_error(error);
	close(fds[0]);
	g_assert_true(process_wait(&process, PATIENCE_MS));
	*ret_status = process.status;
	process_clear(&process);
	return g_strndup(g_bytes_get_data(output, NULL), g_bytes_get_size(output));
}

/* --- tests --- */

static int listen_abstract(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_strlcpy(address.sun_path + 1, name, sizeof(address.sun_path) - 1);
	g_assert_cmpint(
		bind(fd, (struct sockaddr *)&address,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name))),
		==, 0);
	listen(fd, 8);
	return fd;
}

static int listen_inet(uint16_t *ret_port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
	listen(fd, 8);
	getsockname(fd, (struct sockaddr *)&address, &size);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

static void test_escape(void)
{
	autosandbox struct sandbox *sandbox = open_plain(false, 64 << 20, 0);
	g_autofree char *secret = g_build_filename(directory, "secret", NULL);
	g_autofree char *pid = g_strdup_printf("%d", getpid());
	g_autofree char *name = g_strdup_printf("thresh-test-%d", getpid());
	g_autofree char *port_text = NULL, *output = NULL;
	uint16_t port;
	autofd int un = listen_abstract(name);
	autofd int in = listen_inet(&port);
	int status;

	port_text = g_strdup_printf("%u", port);
	g_assert_true(g_file_set_contents(secret, "secret", -1, NULL));
	chmod(secret, 0644);
	chmod(directory, 0755);
	const char *const argv[] = {"/app", "escape", pid, secret, name, port_text, NULL};
	output = run(sandbox, argv, &status);
	if (status != 0)
		g_test_message("%s", output);
	g_assert_cmpint(status, ==, 0);
	g_assert_nonnull(strstr(output, "host file by ..:"));
	unlink(secret);
}

static void test_show(void)
{
	autosandbox struct sandbox *sandbox = open_plain(false, 0, 0);
	const char *const argv[] = {"app", "show", NULL};
	g_autofree char *output = NULL;
	g_autofree char *caps = g_strdup_printf("CapEff:\t%016" G_GINT64_MODIFIER "x",
						sandbox_default_capabilities);
	int status;

	output = run(sandbox, argv, &status);
	g_assert_cmpint(status, ==, 0);
	g_assert_nonnull(strstr(output, "ids 0 0 pid 1 umask 022"));
	g_assert_nonnull(strstr(output, caps));
	g_assert_nonnull(strstr(output, "NoNewPrivs:\t0"));
	g_assert_nonnull(strstr(output, "child 2\n"));
	g_assert_nonnull(strstr(output, "reopen 1"));
}

static void test_user(void)
{
	const char *const argv[] = {"app", "show", NULL};
	struct process_spec spec = plain_process(argv, -1);
	autosandbox struct sandbox *sandbox = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) output = NULL;
	struct process process;
	int fds[2];
	const char *text;

	sandbox = open_plain(true, 0, 0);
	g_assert_cmpint(pipe2(fds, O_CLOEXEC), ==, 0);
	spec.standard_fds[1] = fds[1];
	spec.uid = spec.gid = 999;
	spec.no_new_privileges = true;
	spec.capabilities = 0;
	spec.pid_offset = 1000;
	g_assert_true(sandbox_spawn(sandbox, &spec, &process, &error));
	close(fds[1]);
	output = fd_read_all(fds[0], 1 << 20, "output", &error);
	close(fds[0]);
	text = g_bytes_get_data(output, NULL);
	g_assert_true(g_strstr_len(text, (gssize)g_bytes_get_size(output), "ids 999 999 pid 1"));
	g_assert_nonnull(g_strstr_len(text, -1, "CapBnd:\t0000000000000000"));
	g_assert_nonnull(g_strstr_len(text, -1, "NoNewPrivs:\t1"));
	g_assert_nonnull(g_strstr_len(text, -1, "child 1002"));
	process_clear(&process);
}

static void test_fork_bomb(void)
{
	autosandbox struct sandbox *sandbox = open_plain(false, 0, 600);
	const char *const argv[] = {"/app", "forkbomb", NULL};
	g_autofree char *output = NULL;
	int status;

	/* The pipe ends with PID 1, which takes its children along. */
	output = run(sandbox, argv, &status);
	g_assert_cmpint(atoi(output), >, 100);
	g_assert_cmpint(atoi(output), <=, 600);
}

static void test_disk_full(void)
{
	autosandbox struct sandbox *sandbox = open_plain(false, 8 << 20, 0);
	const char *const argv[] = {"/app", "fill", "/data/big", NULL};
	g_autoptr(GHashTable) written = NULL;
	g_autofree char *output = NULL;
	long long bytes;
	uint64_t used;
	int full, status;

	output = run(sandbox, argv, &status);
	g_assert_cmpint(sscanf(output, "%lld %d", &bytes, &full), ==, 2);
	g_assert_cmpint(full, ==, 1);
	g_assert_cmpint(bytes, <=, 8 << 20);
	g_assert_cmpint(bytes, >, 6 << 20);
	g_assert_true(sandbox_usage(sandbox, "/data", &used, NULL));
	g_assert_cmpuint(used, >=, (uint64_t)bytes);
	written = sandbox_written(sandbox, NULL);
	g_assert_true(g_hash_table_contains(written, "/data"));
	g_assert_true(sandbox_usage(sandbox, "/dat", &used, NULL));
	g_assert_cmpuint(used, ==, 0);
}

static uint64_t peak_of(GHashTable *peaks, const char *path)
{
	const uint64_t *bytes = g_hash_table_lookup(peaks, path);

	return bytes ? *bytes : 0;
}

static void test_peaks(void)
{
	autosandbox struct sandbox *sandbox = open_plain(false, 64 << 20, 0);
	const char *const argv[] = {"/app", "spill", "/data/short", "/tmp", NULL};
	g_autoptr(GError) error = NULL;
	struct peaks *peaks = peaks_start(sandbox, &error);
	g_autoptr(GHashTable) found = NULL, left = NULL;
	int status;

	g_assert_no_error(error);
	g_free(run(sandbox, argv, &status));
	g_assert_cmpint(status, ==, 0);
	found = peaks_finish(peaks, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(peak_of(found, "/data"), ==, 8 << 20);
	g_assert_cmpuint(peak_of(found, "/tmp"), >=, 16 << 20);
	left = sandbox_written(sandbox, NULL);
	g_assert_cmpuint(peak_of(left, "/data"), ==, 0);
}

static void test_second_start(void)
{
	autosandbox struct sandbox *sandbox = open_plain(false, 0, 0);
	const char *const touch[] = {"/app", "touch", "/data/here", NULL};
	const char *const read_it[] = {"/app", "read", "/data/here", NULL};
	int status;

	g_free(run(sandbox, touch, &status));
	g_assert_cmpint(status, ==, 0);
	g_free(run(sandbox, read_it, &status));
	g_assert_cmpint(status, ==, 0);
}

static void test_read_only(void)
{
	autosandbox struct sandbox *sandbox = open_plain(true, 0, 0);
	const char *const argv[] = {"/app", "touch", "/data/here", NULL};
	int status;

	g_free(run(sandbox, argv, &status));
	g_assert_cmpint(WEXITSTATUS(status), ==, 1);
}

static void test_ignores_term(void)
{
	autosandbox struct sandbox *sandbox = open_plain(false, 0, 0);
	const char *const argv[] = {"/app", "ignore", NULL};
	struct process_spec spec = plain_process(argv, -1);
	struct process process;
	bool killed = false;

	g_assert_true(sandbox_spawn(sandbox, &spec, &process, NULL));
	g_assert_false(process_wait(&process, 50));
	g_assert_true(process_stop(&process, SIGTERM, 100, &killed, NULL));
	g_assert_true(killed);
	g_assert_true(WIFSIGNALED(process.status) && WTERMSIG(process.status) == SIGKILL);
	process_clear(&process);
}

static void expect_no_program(const char *program, const char *message)
{
	autosandbox struct sandbox *sandbox = open_plain(false, 0, 0);
	const char *const argv[] = {program, NULL};
	struct process_spec spec = plain_process(argv, -1);
	g_autoptr(GError) error = NULL;
	struct process process;

	g_assert_false(sandbox_spawn(sandbox, &spec, &process, &error));
	g_assert_nonnull(strstr(error->message, message));
}

static void test_no_program(void)
{
	expect_no_program("nothing", "nothing: not found in PATH");
	expect_no_program("/nothing", "/nothing: No such file");
	expect_no_program("/data", "/data: Permission denied");
}

static GPtrArray *drive_port(const char *verb, const char *port, const char *probe, int timeout_ms,
			     GError **error)
{
	autosandbox struct sandbox *sandbox = open_plain(false, 0, 0);
	const char *const argv[] = {"/app", verb, port, NULL};
	struct process_spec spec = plain_process(argv, -1);
	g_autoptr(GPtrArray) probes = g_ptr_array_new_with_free_func((GDestroyNotify)probe_free);
	const struct drive_spec drive = {
		.probes = probes,
		.ready_timeout_ms = PATIENCE_MS,
		.request_timeout_ms = timeout_ms,
		.output_fd = -1,
	};
	struct process process;
	GPtrArray *answers;

	if (probe)
		g_ptr_array_add(probes, probe_parse(probe, NULL));
	g_assert_true(sandbox_spawn(sandbox, &spec, &process, NULL));
	answers = drive_run(sandbox, &process, &drive, error);
	process_clear(&process);
	return answers;
}

static void test_drive_ipv6(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) answers = drive_port("serve6", "80", NULL, PATIENCE_MS, &error);
	const struct answer *answer;

	g_assert_no_error(error);
	g_assert_cmpuint(answers->len, ==, 1);
	answer = g_ptr_array_index(answers, 0);
	g_assert_cmpstr(answer->failure, ==, NULL);
	g_assert_cmpstr(answer->request, ==, "GET http://:80/");
	g_assert_cmpint(answer->status, ==, 200);
	g_assert_cmpstr(answer->type, ==, "text/plain");
	g_assert_cmpmem(g_bytes_get_data(answer->body, NULL), g_bytes_get_size(answer->body),
			"hello!", 6);
}

static void test_drive_silent(void)
{
	g_autoptr(GPtrArray) answers = drive_port("silent", "6000", NULL, 300, NULL);
	g_autoptr(GPtrArray) failed = drive_port("silent", "6000", "http://:6000/", 300, NULL);
	const struct answer *answer = g_ptr_array_index(answers, 0);

	g_assert_cmpstr(answer->request, ==, "tcp://:6000");
	g_assert_cmpstr(answer->failure, ==, NULL);
	answer = g_ptr_array_index(failed, 0);
	g_assert_nonnull(answer->failure);
}

static void test_drive_exits(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) answers = drive_port("exit", "3", NULL, PATIENCE_MS, &error);

	g_assert_null(answers);
	g_assert_nonnull(strstr(error->message, "exited with status 3"));
}

/* --- a trace filter: every call is notified, as the recorder's first run does --- */

struct supervisor {
	GThread *thread;
	int listener;
	bool no_memory; /* a call's memory could not be read */
	int calls;
	char program[32]; /* of the first execve */
};

/* Continues every call; reads the program's name out of the target at its execve. */
static gpointer supervise_calls(gpointer user)
{
	struct supervisor *s = user;
	struct seccomp_notif call;
	struct seccomp_notif_resp answer;
	struct pollfd p = {.fd = s->listener, .events = POLLIN};

	for (;;) {
		memset(&call, 0, sizeof(call));
		memset(&answer, 0, sizeof(answer));
		if (poll(&p, 1, -1) < 0 || !(p.revents & POLLIN) ||
		    ioctl(s->listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
			return NULL;
		s->calls++;
		if (call.data.nr == SYS_execve && !s->program[0]) {
			struct iovec here = {s->program, sizeof(s->program) - 1};
			struct iovec there = {(void *)(uintptr_t)call.data.args[0], here.iov_len};

			s->no_memory =
				process_vm_readv((pid_t)call.pid, &here, 1, &there, 1, 0) <= 0;
		}
		answer.id = call.id;
		answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		ioctl(s->listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	}
}

static bool start_supervisor(int listener_fd, pid_t pid, void *user, GError **error)
{
	struct supervisor *s = user;

	(void)error;
	g_assert_cmpint(pid, >, 1);
	s->listener = listener_fd;
	s->thread = g_thread_new("supervisor", supervise_calls, s);
	return true;
}

static bool refuse_supervisor(int listener_fd, pid_t pid, void *user, GError **error)
{
	(void)pid;
	(void)user;
	close(listener_fd);
	g_set_error_literal(error, g_quark_from_static_string("test"), 0, "no supervisor today");
	return false;
}

static const struct sock_filter notify_all[] = {
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
};
static const struct sock_fprog notify_program = {1, (struct sock_filter *)(uintptr_t)notify_all};

static void check_traced(uint32_t uid, bool no_new_privileges, const char *program, bool runs)
{
	autosandbox struct sandbox *sandbox = open_plain(false, 0, 0);
	const char *const argv[] = {program, "exit", "5", NULL};
	struct process_spec spec = plain_process(argv, -1);
	struct supervisor supervisor = {.listener = -1};
	g_autoptr(GError) error = NULL;
	struct process process;
	bool ok;

	spec.uid = spec.gid = uid;
	spec.no_new_privileges = no_new_privileges;
	spec.trace_filter = &notify_program;
	spec.supervise = start_supervisor;
	spec.user = &supervisor;
	ok = sandbox_spawn(sandbox, &spec, &process, &error);
	g_assert_cmpint(ok, ==, runs);
	if (ok) {
		g_assert_true(process_wait(&process, PATIENCE_MS));
		g_assert_cmpint(WEXITSTATUS(process.status), ==, 5);
		process_clear(&process);
	}
	g_thread_join(supervisor.thread);
	close(supervisor.listener);
	g_assert_cmpint(supervisor.calls, >, 1);
	g_assert_false(supervisor.no_memory);
	g_assert_cmpstr(supervisor.program, ==, program);
}

static void test_traced(void)
{
	check_traced(0, false, "/app", true);
	check_traced(0, true, "/app", true);
	check_traced(0, false, "/data/none", false);
	if (identity.mode == IDENTITY_SINGLE)
		return;
	check_traced(999, false, "/app", true);
	check_traced(999, true, "/app", true);
}

static void test_no_supervisor(void)
{
	autosandbox struct sandbox *sandbox = open_plain(false, 0, 0);
	const char *const argv[] = {"/app", "exit", "5", NULL};
	struct process_spec spec = plain_process(argv, -1);
	g_autoptr(GError) error = NULL;
	struct process process;

	spec.trace_filter = &notify_program;
	spec.supervise = refuse_supervisor;
	g_assert_false(sandbox_spawn(sandbox, &spec, &process, &error));
	g_assert_cmpstr(error->message, ==, "no supervisor today");
}

/* A mount of each kind; the host's directory stays as it was. */
static void test_mounts(void)
{
	g_autoptr(GPtrArray) mounts =
		g_ptr_array_new_with_free_func((GDestroyNotify)sandbox_mount_free);
	struct sandbox_mount *mount = sandbox_mount_new(MOUNT_BYTES, "/etc/hosts");
	const struct sandbox_spec spec = {.rootfs = &rootfs, .read_only = true, .mounts = mounts};
	const char *const read_bytes[] = {"/app", "read", "/etc/hosts", NULL};
	const char *const read_bind[] = {"/app", "read", "/vol/file", NULL};
	const char *const touch_bind[] = {"/app", "touch", "/vol/new", NULL};
	const char *const touch_memory[] = {"/app", "touch", "/run/x/new", NULL};
	g_autofree char *host = g_build_filename(directory, "host", NULL);
	g_autofree char *file = g_build_filename(host, "file", NULL);
	g_autofree char *new = g_build_filename(host, "new", NULL);
	g_autofree char *bytes = NULL, *bind = NULL;
	autosandbox struct sandbox *sandbox = NULL;
	g_autoptr(GError) error = NULL;
	int status;

	mount->bytes = g_bytes_new("127.0.0.1 a\n", 12);
	g_ptr_array_add(mounts, mount);
	mount = sandbox_mount_new(MOUNT_TMPFS, "/run/x");
	mount->size_bytes = 1 << 20;
	g_ptr_array_add(mounts, mount);
	mount = sandbox_mount_new(MOUNT_BIND, "/vol");
	mount->source = g_strdup(host);
	mount->throw_away = mount->owned = true;
	g_ptr_array_add(mounts, mount);
	g_assert_cmpint(mkdir(host, 0700), ==, 0);
	g_assert_true(g_file_set_contents(file, "data", -1, NULL));
	g_assert_cmpint(chmod(file, 0600), ==, 0);
	sandbox = sandbox_open(&spec, &identity, &error);
	g_assert_no_error(error);
	bytes = run(sandbox, read_bytes, &status);
	g_assert_cmpstr(bytes, ==, "127.0.0.1 a\n");
	bind = run(sandbox, read_bind, &status);
	g_assert_cmpstr(bind, ==, "data");
	g_free(run(sandbox, touch_bind, &status));
	g_assert_cmpint(status, ==, 0);
	g_free(run(sandbox, touch_memory, &status));
	g_assert_cmpint(status, ==, 0);
	g_assert_cmpint(access(new, F_OK), <, 0);
	unlink(file);
	rmdir(host);
}

/* `run -v`: the caller's files appear as the application's, and what it writes becomes the
 * caller's. */
static void test_owned_bind(void)
{
	g_autoptr(GPtrArray) mounts =
		g_ptr_array_new_with_free_func((GDestroyNotify)sandbox_mount_free);
	struct sandbox_mount *mount = sandbox_mount_new(MOUNT_BIND, "/vol");
	const struct sandbox_spec spec = {.rootfs = &rootfs, .read_only = true, .mounts = mounts};
	const char *const argv[] = {"/app", "touch", "/vol/new", NULL};
	struct process_spec process_spec = plain_process(argv, -1);
	g_autofree char *host = g_build_filename(directory, "owned", NULL);
	g_autofree char *new = g_build_filename(host, "new", NULL);
	uint32_t uid = identity.mode == IDENTITY_RANGE ? 999 : 0;
	autosandbox struct sandbox *sandbox = NULL;
	g_autoptr(GError) error = NULL;
	struct process process;
	struct stat st;

	mount->source = g_strdup(host);
	mount->owned = true;
	mount->uid = mount->gid = process_spec.uid = process_spec.gid = uid;
	g_ptr_array_add(mounts, mount);
	g_assert_cmpint(mkdir(host, 0700), ==, 0);
	sandbox = sandbox_open(&spec, &identity, &error);
	if (!sandbox) {
		g_assert_nonnull(strstr(error->message, "id-mapped mounts need root"));
		g_assert_cmpint(geteuid(), !=, 0);
	} else {
		g_assert_true(sandbox_spawn(sandbox, &process_spec, &process, &error));
		g_assert_true(process_wait(&process, PATIENCE_MS));
		g_assert_cmpint(process.status, ==, 0);
		process_clear(&process);
		g_assert_cmpint(stat(new, &st), ==, 0);
		g_assert_cmpuint(st.st_uid, ==, geteuid());
		unlink(new);
	}
	rmdir(host);
}

static void test_host_network(void)
{
	const struct sandbox_spec spec = {.rootfs = &rootfs, .network = NETWORK_HOST};
	const char *const argv[] = {"/app", "exit", "3", NULL};
	g_autoptr(GError) error = NULL;
	autosandbox struct sandbox *sandbox = sandbox_open(&spec, &identity, &error);
	g_autoptr(GArray) listeners = NULL;
	int status;

	g_assert_no_error(error);
	g_free(run(sandbox, argv, &status));
	g_assert_cmpint(WEXITSTATUS(status), ==, 3);
	listeners = sandbox_listeners(sandbox, &error); /* the host's are not ours */
	g_assert_cmpuint(listeners->len, ==, 0);
}

/* A companion shares the network and nothing else; sockets are told apart. */
static void test_companion(void)
{
	autosandbox struct sandbox *sandbox = open_plain(false, 0, 0);
	const struct sandbox_spec spec = {.rootfs = &rootfs, .join = sandbox, .hostname = "other"};
	g_autoptr(GError) error = NULL;
	autosandbox struct sandbox *other = sandbox_open(&spec, &identity, &error);
	const char *const first[] = {"/app", "silent", "6001", NULL};
	const char *const second[] = {"/app", "silent", "6002", NULL};
	struct process_spec process_spec = plain_process(first, -1);
	struct process a, b;
	g_autoptr(GArray) seen = NULL;

	g_assert_no_error(error);
	g_assert_true(sandbox_spawn(sandbox, &process_spec, &a, &error));
	process_spec.argv = second;
	g_assert_true(sandbox_spawn(other, &process_spec, &b, &error));
	for (int i = 0; i < PATIENCE_MS / 10 && (!seen || seen->len == 0); i++) {
		g_clear_pointer(&seen, g_array_unref);
		g_usleep(10000);
		seen = sandbox_listeners(other, &error);
	}
	g_assert_cmpuint(seen->len, ==, 1);
	g_assert_cmpuint(g_array_index(seen, struct sandbox_listener, 0).port, ==, 6002);
	process_clear(&a);
	process_clear(&b);
}

/* thresh killed at any moment takes everything along: the child opens a sandbox, starts a program
 * and a workload in it, and is killed after @delay_us. */
static void kill_after(gulong delay_us)
{
	int alive[2];
	char byte;
	pid_t child;

	g_assert_cmpint(pipe2(alive, 0), ==, 0); /* every process below inherits the write end … */
	child = fork();
	if (child == 0) {
		const char *const argv[] = {"/app", "ignore", NULL};
		struct process_spec spec = plain_process(argv, alive[1]); /* … as its output */
		struct sandbox *sandbox;
		struct process process;
		int status;

		close(alive[0]);
		sandbox = open_plain(false, 0, 0);
		sandbox_spawn(sandbox, &spec, &process, NULL);
		sandbox_workload(sandbox, "setsid sleep 3600 & sleep 3600", NULL, alive[1], 3600000,
				 &status, NULL);
		_exit(0);
	}
	close(alive[1]);
	g_usleep(delay_us);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	alarm(PATIENCE_MS / 1000); /* … so that its end of file is the end of the last of them */
	while (read(alive[0], &byte, 1) > 0)
		continue;
	alarm(0);
	close(alive[0]);
}

static void test_killed(void)
{
	for (gulong i = 0; i < 30; i++)
		kill_after(i * 700);
	kill_after(150000);
}

int main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	int result;

	/* Before any thread exists. */
	if (!identity_enter(&identity, &error)) {
		g_print("1..0 # SKIP %s\n", error->message);
		return 0;
	}
	g_test_init(&argc, &argv, NULL);
	g_assert_cmpint(argc, ==, 2);
	make_root(argv[1]);
	g_test_add_func("/sandbox/escape", test_escape);
	g_test_add_func("/sandbox/show", test_show);
	if (identity.mode != IDENTITY_SINGLE) /* there is no other user then */
		g_test_add_func("/sandbox/user", test_user);
	g_test_add_func("/sandbox/fork-bomb", test_fork_bomb);
	g_test_add_func("/sandbox/disk-full", test_disk_full);
	g_test_add_func("/sandbox/peaks", test_peaks);
	g_test_add_func("/sandbox/second-start", test_second_start);
	g_test_add_func("/sandbox/read-only", test_read_only);
	g_test_add_func("/sandbox/ignores-term", test_ignores_term);
	g_test_add_func("/sandbox/no-program", test_no_program);
	g_test_add_func("/sandbox/traced", test_traced);
	g_test_add_func("/sandbox/no-supervisor", test_no_supervisor);
	g_test_add_func("/sandbox/mounts", test_mounts);
	g_test_add_func("/sandbox/owned-bind", test_owned_bind);
	g_test_add_func("/sandbox/host-network", test_host_network);
	g_test_add_func("/sandbox/companion", test_companion);
	g_test_add_func("/sandbox/killed", test_killed);
	g_test_add_func("/drive/ipv6", test_drive_ipv6);
	g_test_add_func("/drive/silent", test_drive_silent);
	g_test_add_func("/drive/exits", test_drive_exits);
	result = g_test_run();
	fd_remove_tree(AT_FDCWD, directory, NULL);
	g_free(directory);
	g_free(rootfs.path);
	identity_clear(&identity);
	return result;
}
