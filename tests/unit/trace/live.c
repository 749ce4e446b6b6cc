/* SPDX-License-Identifier: Apache-2.0 */
/* The recorder on real processes: what it must see whatever the program does. */
#include "traced.h"

#include "base/fd.h"
#include "base/path.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char self[4096]; /* this program: run again as the traced one, "--act NAME DIRECTORY" */

/* --- what the traced program does, in a directory with "file", "dir/inner", "link" → file --- */

static int act_names(void)
{
	return rename("dir", "moved") || access("moved/inner", R_OK) ||
	       close(open("moved/inner", O_RDONLY)) || unlink("file") ||
	       access("file", F_OK) == 0 || symlink("moved", "alias") ||
	       close(open("alias/second", O_RDONLY)) || link("other", "hard") ||
	       close(open("hard", O_RDONLY)) ||
	       close(open("made", O_CREAT | O_WRONLY | O_APPEND, 0600)) ||
	       rename("made", "made.new") || mkdir("newdir", 0700) || rmdir("newdir");
}

static int act_failing(void)
{
	/* Renaming and removing that fail: the names mean what they meant. */
	return rename("dir", "absent/moved") == 0 || rmdir("dir") == 0 ||
	       renameat2(AT_FDCWD, "file", AT_FDCWD, "other", RENAME_NOREPLACE) == 0 ||
	       close(open("file", O_RDONLY)) || close(open("dir/inner", O_RDONLY));
}

static void *thread_main(void *name)
{
	struct stat state;

	return stat(name, &state) == 0 ? name : NULL;
}

static int act_threads(void)
{
	pthread_t threads[2];
	static char *const names[] = {(char *)"file", (char *)"dir/inner"};

	for (int i = 0; i < 2; i++)
		if (pthread_create(&threads[i], NULL, thread_main, names[i]) != 0)
			return 1;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

static int act_daemon(void)
{
	int ends[2];
	char byte;

	if (pipe(ends) != 0)
		return 1;
	if (fork() == 0) {
		setsid();
		if (fork() == 0) {
			close(open("dir/inner", O_RDONLY));
			_exit(write(ends[1], "x", 1) != 1);
		}
		_exit(0);
	}
	wait(NULL);
	return read(ends[0], &byte, 1) != 1;
}

static int act_undumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 0) || close(open("file", O_RDONLY)) ||
	       close(open("dir/inner", O_RDONLY));
}

static void ignore(int number)
{
	(void)number;
}

static int act_signals(void)
{
	struct itimerval timer = {{0, 200}, {0, 200}};
	struct sigaction action = {.sa_handler = ignore};
	char name[32];

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "absent%d", i);
		/* a signal that comes before the agent looks ends the call unseen and undone */
		while (access(name, F_OK) != 0 && errno == EINTR)
			;
	}
	return 0;
}

static int act_many(void)
{
	char name[32];

	for (int i = 0; i < 200000; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		(void)access(name, F_OK);
	}
	return 0;
}

static int act_listener(void)
{
	struct sock_filter allow = {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
	struct sock_fprog program = {1, &allow};

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		       &program) >= 0;
}

static int act_uring(void)
{
	return syscall(SYS_io_uring_setup, 8, NULL) != -1 || errno != ENOSYS;
}

static int act_sockets(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(18479)};
	struct sockaddr_un local = {.sun_family = AF_UNIX, .sun_path = "sock"};
	int tcp = socket(AF_INET, SOCK_STREAM, 0);
	int udp = socket(AF_INET, SOCK_DGRAM, 0);
	int named = socket(AF_UNIX, SOCK_STREAM, 0);
	int one = 1;

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(tcp, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	return bind(tcp, (struct sockaddr *)&in, sizeof(in)) || listen(tcp, 5) ||
	       bind(udp, (struct sockaddr *)&in, sizeof(in)) ||
	       bind(named, (struct sockaddr *)&local, sizeof(local)) || listen(named, 5);
}

static int act_drop(void)
{
	static const gid_t groups[] = {33, 7};

	return setgroups(G_N_ELEMENTS(groups), groups) || setresgid(33, 33, 33) ||
	       setresuid(33, 33, 33);
}

static int act_spawn(void)
{
	char *argv[] = {(char *)"true", (char *)"secret=hunter2", NULL};
	pid_t pid;
	int status;

	return posix_spawn(&pid, "/bin/true", NULL, NULL, argv, NULL) ||
	       waitpid(pid, &status, 0) != pid;
}

static int act_script(void)
{
	char *argv[] = {(char *)"./script", NULL};
	pid_t pid = vfork();

	if (pid == 0) {
		execv(argv[0], argv);
		_exit(126);
	}
	return waitpid(pid, NULL, 0) != pid;
}

static int act_list(void)
{
	char buffer[4096];
	int directory = open("dir", O_RDONLY | O_DIRECTORY);
	struct stat state;

	return syscall(SYS_getdents64, directory, buffer, sizeof(buffer)) <= 0 ||
	       fstatat(directory, "inner", &state, 0) || faccessat(directory, "nope", F_OK, 0) == 0;
}

static int act_map(void)
{
	int file = open("other", O_RDWR);
	char *data = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 0);

	if (data == MAP_FAILED || write(file, "x", 1) != 1)
		return 1;
	return mprotect(data, 4096, PROT_READ | PROT_EXEC);
}

static const struct act {
	const char *name;
	int (*function)(void);
} acts[] = {
	{"names", act_names},
	{"failing", act_failing},
	{"threads", act_threads},
	{"daemon", act_daemon},
	{"undumpable", act_undumpable},
	{"signals", act_signals},
	{"many", act_many},
	{"listener", act_listener},
	{"uring", act_uring},
	{"sockets", act_sockets},
	{"drop", act_drop},
	{"spawn", act_spawn},
	{"script", act_script},
	{"list", act_list},
	{"map", act_map},
};

static int act_run(const char *name, const char *directory)
{
	if (chdir(directory) != 0)
		return 1;
	for (guint i = 0; i < G_N_ELEMENTS(acts); i++)
		if (strcmp(acts[i].name, name) == 0)
			return acts[i].function();
	return 2;
}

/* --- the tests --- */

struct stage {
	char *directory;
	struct tree *tree;
	struct traced_run run;
	GPtrArray *redactions;
};

static void write_file(const char *directory, const char *name, const char *text, mode_t mode)
{
	g_autofree char *path = path_join(directory, name);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	g_assert_cmpint(chmod(path, mode), ==, 0);
}

static void stage_init(struct stage *stage)
{
	g_autofree char *inner = NULL;
	const char *paths[] = {NULL,
			       "/usr/bin/sh",
			       "/bin",
			       "/lib64",
			       "/usr/bin/dash",
			       "/usr/bin/true",
			       "/usr/lib64/ld-linux-x86-64.so.2",
			       NULL};

	*stage = (struct stage){.directory = g_dir_make_tmp("thresh-live-XXXXXX", NULL)};
	inner = path_join(stage->directory, "dir");
	g_assert_cmpint(mkdir(inner, 0755), ==, 0);
	write_file(stage->directory, "file", "text", 0644);
	write_file(stage->directory, "other", "text", 0644);
	write_file(stage->directory, "script", "#!/bin/sh\nexit 0\n", 0755);
	write_file(inner, "inner", "text", 0644);
	write_file(inner, "second", "text", 0644);
	paths[0] = stage->directory;
	stage->tree = host_tree(paths);
}

static bool stage_run(struct stage *stage, const char *act, enum recorder_mode mode)
{
	const char *argv[] = {self, "--act", act, stage->directory, NULL};
	struct recorder_options options = {
		.mode = mode, .tree = stage->tree, .redactions = stage->redactions};

	traced_exec(&options, argv, &stage->run);
	if (!stage->run.supervised) {
		g_test_skip("no seccomp listener here");
		return false;
	}
	g_assert_cmpint(stage->run.status, ==, 0);
	g_assert_cmpuint(stage->run.lost, ==, 0);
	g_assert_cmpuint(stage->run.profile->runs, ==, 1);
	return true;
}

static uint32_t classes(const struct stage *stage, const char *name)
{
	g_autofree char *path = path_join(stage->directory, name);

	return profile_path_classes(stage->run.profile, path);
}

static void stage_clear(struct stage *stage)
{
	g_autofree char *parent = path_parent(stage->directory);
	int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	fd_remove_tree(fd, path_name(stage->directory), NULL);
	close(fd);
	traced_run_clear(&stage->run);
	tree_free(stage->tree);
	if (stage->redactions)
		g_ptr_array_unref(stage->redactions);
	g_free(stage->directory);
}

static void assert_has(uint32_t actual, uint32_t wanted)
{
	g_assert_cmphex(actual & wanted, ==, wanted);
}

static void test_names(void)
{
	struct stage stage;

	stage_init(&stage);
	if (stage_run(&stage, "names", RECORD_ALL)) {
		assert_has(classes(&stage, "dir"), PATH_DELETE);
		assert_has(classes(&stage, "dir/inner"), PATH_OPEN | PATH_STAT);
		assert_has(classes(&stage, "dir/second"), PATH_OPEN);
		assert_has(classes(&stage, "moved"), PATH_CREATE | PATH_DIRECTORY);
		assert_has(classes(&stage, "file"), PATH_DELETE | PATH_MISSING);
		assert_has(classes(&stage, "alias"), PATH_CREATE | PATH_READLINK);
		assert_has(classes(&stage, "other"), PATH_LINK_SOURCE | PATH_OPEN);
		assert_has(classes(&stage, "made"), PATH_CREATE | PATH_APPEND | PATH_DELETE);
		g_assert_cmphex(classes(&stage, "made") & PATH_NONAPPEND, ==, 0);
		assert_has(classes(&stage, "made.new"), PATH_CREATE);
		assert_has(classes(&stage, "newdir"), PATH_CREATE | PATH_DIRECTORY | PATH_DELETE);
		g_assert_cmphex(classes(&stage, "moved/inner"), ==, 0);
	}
	stage_clear(&stage);
}

static void test_failing(void)
{
	struct stage stage;

	stage_init(&stage);
	if (stage_run(&stage, "failing", RECORD_PATHS)) {
		assert_has(classes(&stage, "file"), PATH_OPEN);
		assert_has(classes(&stage, "dir/inner"), PATH_OPEN);
		g_assert_cmphex(classes(&stage, "file") & PATH_DELETE, ==, 0);
	}
	stage_clear(&stage);
}

/* Acts after which both files must have been seen. */
static void test_both(gconstpointer act)
{
	for (int mode = RECORD_ALL; mode <= RECORD_PATHS; mode++) {
		struct stage stage;

		stage_init(&stage);
		if (stage_run(&stage, act, mode)) {
			assert_has(classes(&stage, "dir/inner"),
				   strcmp(act, "threads") == 0 ? PATH_STAT : PATH_OPEN);
			if (strcmp(act, "daemon") != 0)
				g_assert_cmphex(classes(&stage, "file"), !=, 0);
		}
		stage_clear(&stage);
	}
}

static void test_count(gconstpointer act)
{
	bool many = strcmp(act, "many") == 0;
	struct stage stage;

	stage_init(&stage);
	if (stage_run(&stage, act, RECORD_PATHS)) {
		guint expected = many ? 200000 : 3000;

		for (guint i = 0; i < expected; i++) {
			g_autofree char *name = g_strdup_printf(many ? "m%u" : "absent%u", i);

			g_assert_cmphex(classes(&stage, name), ==, PATH_MISSING);
		}
	}
	stage_clear(&stage);
}

static void test_flags(void)
{
	struct stage stage;

	stage_init(&stage);
	if (stage_run(&stage, "listener", RECORD_PATHS))
		g_assert_true(stage.run.profile->own_listener);
	stage_clear(&stage);
	stage_init(&stage);
	if (stage_run(&stage, "uring", RECORD_PATHS))
		g_assert_true(stage.run.profile->io_uring);
	stage_clear(&stage);
}

static void test_sockets(void)
{
	struct stage stage;

	stage_init(&stage);
	if (stage_run(&stage, "sockets", RECORD_PATHS)) {
		const GPtrArray *listeners = stage.run.profile->listeners;
		const struct listener *tcp, *udp, *local;

		g_assert_cmpuint(listeners->len, ==, 3);
		tcp = listeners->pdata[0];
		udp = listeners->pdata[1];
		local = listeners->pdata[2];
		g_assert_cmpstr(tcp->family, ==, "tcp");
		g_assert_cmpstr(tcp->address, ==, "127.0.0.1");
		g_assert_cmpuint(tcp->port, ==, 18479);
		g_assert_cmpstr(udp->family, ==, "udp");
		g_assert_cmpstr(local->family, ==, "unix");
		g_assert_true(g_str_has_suffix(local->address, "/sock"));
		assert_has(classes(&stage, "sock"), PATH_CREATE | PATH_SOCKET);
	}
	stage_clear(&stage);
}

static void test_drop(void)
{
	struct stage stage;

	if (getuid() != 0) {
		g_test_skip("needs root to drop it");
		return;
	}
	stage_init(&stage);
	if (stage_run(&stage, "drop", RECORD_PATHS)) {
		g_assert_true(stage.run.profile->has_dropped);
		g_assert_cmpuint(stage.run.profile->dropped_uid, ==, 33);
		g_assert_cmpuint(stage.run.profile->dropped_gid, ==, 33);
		g_assert_cmpuint(stage.run.profile->dropped_groups->len, ==, 2);
		g_assert_cmpuint(g_array_index(stage.run.profile->dropped_groups, uint32_t, 0), ==,
				 7);
		g_assert_true(stage.run.profile->setgroups_called);
	}
	stage_clear(&stage);
}

static void test_spawn(void)
{
	struct redaction secret = {(char *)"PASSWORD", (char *)"hunter2"};
	struct stage stage;

	stage_init(&stage);
	stage.redactions = g_ptr_array_new();
	g_ptr_array_add(stage.redactions, &secret);
	if (stage_run(&stage, "spawn", RECORD_ALL)) {
		const GPtrArray *commands = stage.run.profile->commands;
		const struct command *own, *child;

		g_assert_cmpuint(commands->len, ==, 2);
		own = commands->pdata[0];
		child = commands->pdata[1];
		g_assert_false(own->child);
		g_assert_true(child->child);
		g_assert_cmpstr(child->path, ==, "/usr/bin/true");
		g_assert_cmpstr(child->argv->pdata[1], ==, "secret=${PASSWORD}");
		assert_has(profile_path_classes(stage.run.profile, "/usr/bin/true"), PATH_EXEC);
	}
	stage_clear(&stage);
}

static void test_script(void)
{
	struct stage stage;

	stage_init(&stage);
	if (stage_run(&stage, "script", RECORD_PATHS)) {
		assert_has(classes(&stage, "script"), PATH_EXEC);
		assert_has(profile_path_classes(stage.run.profile, "/usr/bin/dash"), PATH_EXEC);
		assert_has(profile_path_classes(stage.run.profile, "/usr/bin/sh"), PATH_READLINK);
	}
	stage_clear(&stage);
}

static void test_list(void)
{
	struct stage stage;

	stage_init(&stage);
	if (stage_run(&stage, "list", RECORD_PATHS)) {
		assert_has(classes(&stage, "dir"), PATH_OPEN | PATH_LIST);
		assert_has(classes(&stage, "dir/inner"), PATH_STAT);
		assert_has(classes(&stage, "dir/nope"), PATH_MISSING);
	}
	stage_clear(&stage);
}

static void test_map(void)
{
	struct stage stage;

	stage_init(&stage);
	if (stage_run(&stage, "map", RECORD_PATHS))
		assert_has(classes(&stage, "other"),
			   PATH_OPEN | PATH_WRITE | PATH_MAP_EXEC | PATH_EXEC_WRITE);
	stage_clear(&stage);
}

/* A program that may be executed and not read. */
static void test_unreadable(void)
{
	struct stage stage;
	g_autofree char *copy = NULL, *data = NULL;
	gsize size;

	stage_init(&stage);
	copy = path_join(stage.directory, "unreadable");
	g_assert_true(g_file_get_contents("/bin/true", &data, &size, NULL));
	g_assert_true(g_file_set_contents(copy, data, (gssize)size, NULL));
	g_assert_cmpint(chmod(copy, 0111), ==, 0);
	{
		const char *argv[] = {copy, NULL};
		const char *paths[] = {stage.directory, "/lib64", NULL};
		autotree struct tree *tree = host_tree(paths);
		struct recorder_options options = {.mode = RECORD_ALL, .tree = tree};

		traced_exec(&options, argv, &stage.run);
		if (stage.run.supervised) {
			g_assert_cmpint(stage.run.status, ==, 0);
			g_assert_cmpuint(stage.run.lost, ==, 0);
			assert_has(classes(&stage, "unreadable"), PATH_EXEC);
			assert_has(profile_path_classes(stage.run.profile, "/etc/ld.so.cache"),
				   PATH_MISSING);
		}
	}
	stage_clear(&stage);
}

/* A 32-bit process: its own call numbers, socketcall, 4-byte pointers. */
static void test_compat(void)
{
	const char *program = g_getenv("THRESH_TEST_COMPAT");
	g_autofree char *previous = g_get_current_dir();
	struct stage stage;

	if (!program) {
		g_test_skip("no 32-bit processes on this machine");
		return;
	}
	stage_init(&stage);
	{
		const char *argv[] = {program, NULL};
		struct recorder_options options = {.mode = RECORD_ALL, .tree = stage.tree};

		g_assert_cmpint(chdir(stage.directory), ==, 0);
		traced_exec(&options, argv, &stage.run);
		g_assert_cmpint(chdir(previous), ==, 0);
		if (stage.run.supervised) {
			g_assert_cmpint(stage.run.status, ==, 0);
			g_assert_cmpuint(stage.run.lost, ==, 0);
			assert_has(classes(&stage, "file"), PATH_OPEN);
			g_assert_true(profile_has_syscall(stage.run.profile, "x86", "open"));
			g_assert_cmpuint(stage.run.profile->listeners->len, ==, 1);
		}
	}
	stage_clear(&stage);
}

enum { UNTIL_ALONE = 3 };

/* An agent that dies takes nothing along and passes nothing: the calls that it was to answer fail
 * with ENOSYS. */
static void until_alone(void *user)
{
	const int *seen = user;

	while (access("/nowhere", F_OK) == 0 || errno != ENOSYS) {
		(void)!write(seen[1], "s", 1); /* the agent has answered, so it is there */
		usleep(1000);
	}
	syscall(SYS_exit_group, UNTIL_ALONE); /* nothing of a sanitizer: it makes calls, too */
}

static void kill_children(void)
{
	g_autofree char *name = g_strdup_printf("/proc/self/task/%d/children", getpid());
	g_autofree char *text = NULL;
	g_auto(GStrv) ids = NULL;

	g_assert_true(g_file_get_contents(name, &text, NULL, NULL));
	ids = g_strsplit(g_strstrip(text), " ", -1);
	for (char **id = ids; *id; id++) {
		g_autofree char *path = g_strdup_printf("/proc/%s/comm", *id);
		g_autofree char *comm = NULL;

		if (g_file_get_contents(path, &comm, NULL, NULL) &&
		    strcmp(g_strstrip(comm), "thresh-agent") == 0)
			kill(atoi(*id), SIGKILL);
	}
}

static void test_killed(void)
{
	static const char *const nothing[] = {NULL};
	autotree struct tree *tree = host_tree(nothing);
	struct recorder_options options = {.mode = RECORD_PATHS, .tree = tree};
	g_autoptr(GError) error = NULL;
	struct recorder *recorder = recorder_new(&options, g_getenv("THRESH_AGENT"), &error);
	autoprofile struct profile *profile = profile_new();
	uint64_t lost = 0;
	int listener, go, status, seen[2];
	char byte;
	pid_t pid;

	g_assert_cmpint(pipe2(seen, O_CLOEXEC | O_NONBLOCK), ==, 0);
	pid = traced_fork(recorder_filter(recorder), until_alone, seen, &listener, &go);
	if (listener < 0) {
		g_test_skip("no seccomp listener here");
		return;
	}
	g_assert_true(recorder_supervise(listener, pid, recorder, &error));
	g_assert_cmpint(write(go, "g", 1), ==, 1);
	close(go);
	while (read(seen[0], &byte, 1) != 1)
		usleep(1000);
	kill_children();
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid); /* does not hang */
	g_assert_cmpint(WEXITSTATUS(status), ==, UNTIL_ALONE);
	g_assert_true(recorder_finish(recorder, profile, NULL, &lost, &error));
	g_assert_cmpuint(lost, >, 0);
	recorder_free(recorder);
	close(seen[0]);
	close(seen[1]);
}

/* All that the program needs, but rename. */
static void test_refuse(void)
{
	struct stage stage;
	struct traced_run whole;
	const char *architecture = strcmp(THRESH_TEST_CPU, "aarch64") == 0 ? "aarch64" : "x86_64";
	GHashTable *names;

	stage_init(&stage);
	if (!stage_run(&stage, "names", RECORD_ALL)) {
		stage_clear(&stage);
		return;
	}
	whole = stage.run;
	names = g_hash_table_lookup(whole.profile->syscalls, architecture);
	g_assert_true(g_hash_table_remove(names, "rename") |
		      g_hash_table_remove(names, "renameat"));
	{
		const char *argv[] = {self, "--act", "names", stage.directory, NULL};
		struct recorder_options options = {.mode = RECORD_PATHS,
						   .tree = stage.tree,
						   .allowed_syscalls = whole.profile->syscalls};

		traced_exec(&options, argv, &stage.run);
		g_assert_cmpint(stage.run.status, !=, 0);
		g_assert_cmpuint(g_hash_table_size(stage.run.findings.refused_syscalls), ==, 1);
		g_assert_true(
			g_hash_table_contains(stage.run.findings.refused_syscalls, "rename") ||
			g_hash_table_contains(stage.run.findings.refused_syscalls, "renameat"));
	}
	traced_run_clear(&whole);
	stage_clear(&stage);
}

/* Loopback alone, where the ports of the acts are nobody else's; without rights, the machine's. */
static void own_network(void)
{
	struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	autofd int fd = -1;

	if (unshare(CLONE_NEWNET) < 0)
		return;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	g_assert_cmpint(ioctl(fd, SIOCSIFFLAGS, &loopback), ==, 0);
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "--act") == 0)
		return act_run(argv[2], argv[3]);
	g_assert_cmpint(readlink("/proc/self/exe", self, sizeof(self) - 1), >, 0);
	g_test_init(&argc, &argv, NULL);
	own_network();
	g_test_add_func("/trace/live/names", test_names);
	g_test_add_func("/trace/live/failing", test_failing);
	g_test_add_data_func("/trace/live/threads", "threads", test_both);
	g_test_add_data_func("/trace/live/daemon", "daemon", test_both);
	g_test_add_data_func("/trace/live/undumpable", "undumpable", test_both);
	g_test_add_data_func("/trace/live/signals", "signals", test_count);
	g_test_add_data_func("/trace/live/many", "many", test_count);
	g_test_add_func("/trace/live/flags", test_flags);
	g_test_add_func("/trace/live/sockets", test_sockets);
	g_test_add_func("/trace/live/drop", test_drop);
	g_test_add_func("/trace/live/spawn", test_spawn);
	g_test_add_func("/trace/live/script", test_script);
	g_test_add_func("/trace/live/list", test_list);
	g_test_add_func("/trace/live/map", test_map);
	g_test_add_func("/trace/live/unreadable", test_unreadable);
	g_test_add_func("/trace/live/compat", test_compat);
	g_test_add_func("/trace/live/killed", test_killed);
	g_test_add_func("/trace/live/refuse", test_refuse);
	return g_test_run();
}
