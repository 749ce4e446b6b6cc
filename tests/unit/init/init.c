/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thresh-init as PID 1 of a namespace, under a root of its own: what the application is given, how
 * it ends, how it is filled. As root in a user namespace of many ids, else of one (then the tests
 * that need more are skipped).
 */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_arguments(void)
{
	const char *const given[] = {"x", "-y", NULL};
	struct root root;
	g_autofree char *output = NULL;
	g_autofree char *second = NULL;

	root_make(&root);
	g_assert_cmpint(init_run(&root, "entry probe \"a b\"\ndefault d\nhome /h\numask 027\n",
				 NULL, NULL, &output),
			==, 0);
	HAS(output, "arg probe\narg a b\narg d\npid 1\n");
	HAS(output, "home /h\numask 27\n");
	HAS(output, "fds 0 1 2\n");
	HAS(output, "mask 0\n");
	g_assert_cmpint(init_run(&root, "entry /bin/probe\ndefault d\n", NULL, given, &second), ==,
			0);
	HAS(second, "arg /bin/probe\narg x\narg -y\npid 1\n");
	HAS(second, "home -\n");
	root_remove(&root);
}

static void before_signals(void)
{
	sigset_t set;

	/* a shell starts what it puts into the background with these ignored */
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	signal(SIGHUP, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_SETMASK, &set, NULL);
}

/* The caller's mask and ignored signals reach the application, with and without a remaining init;
 * a SIGCHLD that was ignored hangs nobody. */
static void test_signals_kept(void)
{
	static const char *const plans[] = {"entry probe\n", "entry probe\nstay 1000\n"};

	for (gsize i = 0; i < G_N_ELEMENTS(plans); i++) {
		struct root root;
		g_autofree char *output = NULL;

		root_make(&root);
		g_assert_cmpint(init_run(&root, plans[i], before_signals, NULL, &output), ==, 0);
		HAS(output, "mask 200000200\n");
		HAS(output, "ignored 1 17\n");
		HAS(output, "fds 0 1 2\n");
		root_remove(&root);
	}
}

static void before_closed(void)
{
	close(0);
}

static void test_stdin_closed(void)
{
	struct root root;
	g_autofree char *output = NULL;

	root_make(&root);
	g_assert_cmpint(init_run(&root, "entry probe\nstay 100\n", before_closed, NULL, &output),
			==, 0);
	HAS(output, "fds 1 2\n");
	root_remove(&root);
}

static void test_exit_status(void)
{
	static const struct {
		const char *plan;
		int want;
		const char *text;
	} table[] = {
		{"entry probe exit 0\n", 0, NULL},
		{"entry probe exit 255\n", 255, NULL},
		{"entry probe exit 255\nstay 100\n", 255, NULL},
		{"entry probe die 9\nstay 100\n", 137, NULL},
		{"entry probe die 15\nstay 100\n", 143, NULL},
		{"entry nothing\n", 127, "thresh-init: nothing: No such file"},
		{"entry /bin/nothing\nstay 100\n", 127, "thresh-init: /bin/nothing: No such file"},
		{"entry /bin\n", 126, "thresh-init: /bin: Permission denied"},
		{"entry data\n", 126, "Permission denied"},
		{"entry noshebang\n", 126, "thresh-init: /bin/noshebang: Exec format error"},
		{"entry noshebang\nstay 100\n", 126, "Exec format error"},
		{"entry /bin/lostinterpreter\n", 127, "its interpreter is not"},
		{"", 125, "nothing to run"},
		{"entry probe\nbogus\n", 125, "thresh-init: /.thresh/plan:3: an unknown directive"},
		{"entry probe\nseed /none /bin\n", 125, "plan:3: seed /none: No such file"},
		{"entry probe\nseccomp /none\n", 125, "plan:3: seccomp /none: No such file"},
		{"entry probe\nno-new-privileges\nseccomp /bin/data\n", 125, "is no BPF program"},
		{"entry probe\nno-new-privileges\nseccomp /bin/eight\n", 125, "Invalid argument"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		struct root root;
		g_autofree char *output = NULL;

		root_make(&root);
		make_file(&root, "bin/data", "x", 0644);
		make_file(&root, "bin/eight", "12345678", 0644);
		make_file(&root, "bin/noshebang", "exit 3\n", 0755);
		make_file(&root, "bin/lostinterpreter", "#!/none\n", 0755);
		g_test_message("%s", table[i].plan);
		g_assert_cmpint(init_run(&root, table[i].plan, NULL, NULL, &output), ==,
				table[i].want);
		if (table[i].text)
			HAS(output, table[i].text);
		root_remove(&root);
	}
}

static void test_no_plan(void)
{
	struct root root;
	struct started started;
	g_autofree char *output = NULL;

	root_make(&root);
	started = init_start(&root, NULL, NULL);
	g_assert_cmpint(init_finish(&started, &output), ==, 125);
	HAS(output, "thresh-init: /.thresh/plan: No such file or directory\n");
	root_remove(&root);
}

static void test_identity(void)
{
	struct root root;
	g_autofree char *output = NULL;

	if (!several_ids())
		return;
	root_make(&root);
	g_assert_cmpint(init_run(&root, "entry probe\nid 65532 65531 7 8\nno-new-privileges\n",
				 NULL, NULL, &output),
			==, 0);
	HAS(output, "uid 65532\ngid 65531\ngroups 7 8\n");
	HAS(output, "bound 0\nnnp 1\nseccomp 0\n");
	root_remove(&root);
}

static void before_other_user(void)
{
	g_assert_cmpint(setgid(5), ==, 0);
	g_assert_cmpint(setuid(1234), ==, 0);
}

static void test_identity_kept(void)
{
	struct root root;
	g_autofree char *output = NULL;

	if (!several_ids())
		return;
	root_make(&root);
	g_assert_cmpint(
		init_run(&root, "entry probe\nid 65532 65532\n", before_other_user, NULL, &output),
		==, 0);
	HAS(output, "uid 1234\ngid 5\n");
	root_remove(&root);
}

static char *file_text(const struct root *root, const char *path)
{
	g_autofree char *full = at(root, path);
	char *text = NULL;

	return g_file_get_contents(full, &text, NULL, NULL) ? text : NULL;
}

static void expect_text(const struct root *root, const char *path, const char *want)
{
	g_autofree char *text = file_text(root, path);

	g_assert_cmpstr(text, ==, want);
}

static void expect_mode(const struct root *root, const char *path, mode_t want)
{
	g_autofree char *full = at(root, path);
	struct stat status;

	g_assert_cmpint(lstat(full, &status), ==, 0);
	g_assert_cmphex(status.st_mode & 07777, ==, want);
}

static void expect_link(const struct root *root, const char *path, const char *want)
{
	g_autofree char *full = at(root, path);
	g_autofree char *target = g_file_read_link(full, NULL);

	g_assert_cmpstr(target, ==, want);
}

static void seed_make(const struct root *root)
{
	g_autofree char *link = at(root, "seed/link");

	make_file(root, "seed/a", "hello", 0640);
	make_file(root, "seed/sub/deep/b", "", 0400);
	make_directory(root, "seed/sub/deep", 0500);
	make_directory(root, "seed/closed", 0555);
	g_assert_cmpint(symlink("../x", link), ==, 0);
	make_directory(root, "seed", 0750);
}

static void test_seed(void)
{
	static const char plan[] = "entry probe exit 0\ndirectory /vol 0700\nseed /vol /seed\n";
	struct root root;
	g_autofree char *a = NULL;

	root_make(&root);
	seed_make(&root);
	make_directory(&root, "vol/lost+found", 0700);
	g_assert_cmpint(init_run(&root, plan, NULL, NULL, NULL), ==, 0);
	expect_text(&root, "vol/a", "hello");
	expect_mode(&root, "vol/a", 0640);
	expect_mode(&root, "vol/sub/deep", 0500);
	expect_mode(&root, "vol/sub/deep/b", 0400);
	expect_mode(&root, "vol/closed", 0555);
	expect_mode(&root, "vol", 0750);
	expect_link(&root, "vol/link", "../x");
	/* Once and never again: neither what was changed nor what was removed comes back. */
	make_file(&root, "vol/a", "changed", 0600);
	g_assert_cmpint(init_run(&root, plan, NULL, NULL, NULL), ==, 0);
	expect_text(&root, "vol/a", "changed");
	a = at(&root, "vol/a");
	g_assert_cmpint(remove(a), ==, 0);
	g_assert_cmpint(init_run(&root, plan, NULL, NULL, NULL), ==, 0);
	expect_text(&root, "vol/a", NULL);
	root_remove(&root);
}

/* A start that was cut off: before the copy was whole it is made anew, afterwards it is finished.
 */
static void test_seed_interrupted(void)
{
	static const char plan[] = "entry probe exit 0\nseed /vol /seed\n";
	struct root root;

	root_make(&root);
	seed_make(&root);
	make_file(&root, "vol/.thresh-filling/a", "half", 0600);
	make_file(&root, "vol/.thresh-filling/junk/x", "half", 0600);
	g_assert_cmpint(init_run(&root, plan, NULL, NULL, NULL), ==, 0);
	expect_text(&root, "vol/a", "hello");
	expect_text(&root, "vol/junk/x", NULL);
	expect_text(&root, "vol/.thresh-filling/a", NULL);
	root_remove(&root);
	root_make(&root);
	seed_make(&root);
	make_file(&root, "vol/moved", "1", 0600);
	make_file(&root, "vol/both", "the volume's", 0600);
	make_file(&root, "vol/.thresh-filled/both", "the seed's", 0600);
	make_file(&root, "vol/.thresh-filled/rest/y", "2", 0600);
	g_assert_cmpint(init_run(&root, plan, NULL, NULL, NULL), ==, 0);
	expect_text(&root, "vol/moved", "1");
	expect_text(&root, "vol/rest/y", "2");
	expect_text(&root, "vol/both", "the volume's");
	expect_text(&root, "vol/a", NULL);
	expect_text(&root, "vol/.thresh-filled/both", NULL);
	root_remove(&root);
}

static void test_seed_not_empty(void)
{
	struct root root;

	root_make(&root);
	seed_make(&root);
	make_file(&root, "vol/mine", "mine", 0600);
	g_assert_cmpint(init_run(&root, "entry probe exit 0\nseed /vol /seed\n", NULL, NULL, NULL),
			==, 0);
	expect_text(&root, "vol/a", NULL);
	expect_text(&root, "vol/mine", "mine");
	root_remove(&root);
}

static void mounts_make(void)
{
	mkdir("/vol/cache", 0755);
	mkdir("/vol/sub", 0755);
	mkdir("/vol/sub/data", 0755);
	if (mount("none", "/vol/cache", "tmpfs", 0, NULL) < 0 ||
	    mount("/other", "/vol/sub/data", NULL, MS_BIND, NULL) < 0)
		_exit(239);
}

/* What an engine mounts below a path that is filled, with the directories that it makes for it, is
 * no content: the rest is filled around it. A bind mount of the same file system too. */
static void test_seed_mounts(void)
{
	static const char plan[] = "entry probe exit 0\nseed /vol /seed\n";
	struct root root;

	root_make(&root);
	seed_make(&root);
	make_file(&root, "seed/cache/hidden", "h", 0600);
	make_file(&root, "seed/sub/data/hidden", "h", 0600);
	make_directory(&root, "vol", 0755);
	make_file(&root, "other/mine", "mine", 0600);
	g_assert_cmpint(init_run(&root, plan, mounts_make, NULL, NULL), ==, 0);
	expect_text(&root, "vol/a", "hello");
	expect_mode(&root, "vol/sub/deep/b", 0400);
	expect_text(&root, "vol/cache/hidden", NULL);
	expect_text(&root, "vol/sub/data/hidden", NULL);
	expect_text(&root, "other/hidden", NULL);
	expect_text(&root, "vol/.thresh-filled/a", NULL);
	root_remove(&root);
	/* A directory that is empty, or holds something else beside a mount, is content. */
	root_make(&root);
	seed_make(&root);
	make_directory(&root, "other", 0755);
	make_file(&root, "vol/sub/mine", "mine", 0600);
	g_assert_cmpint(init_run(&root, plan, mounts_make, NULL, NULL), ==, 0);
	expect_text(&root, "vol/a", NULL);
	root_remove(&root);
	root_make(&root);
	seed_make(&root);
	make_directory(&root, "vol/empty", 0755);
	g_assert_cmpint(init_run(&root, plan, NULL, NULL, NULL), ==, 0);
	expect_text(&root, "vol/a", NULL);
	root_remove(&root);
}

static void test_seed_two_at_once(void)
{
	static const char plan[] = "thresh-plan 1\nentry probe exit 0\nseed /vol /seed\n";
	struct started started[4];
	struct root root;

	root_make(&root);
	seed_make(&root);
	for (int i = 0; i < 300; i++) {
		g_autofree char *name = g_strdup_printf("seed/many/%d", i);

		make_file(&root, name, "x", 0600);
	}
	make_directory(&root, "vol", 0755);
	make_file(&root, ".thresh/plan", plan, 0644);
	for (gsize i = 0; i < G_N_ELEMENTS(started); i++)
		started[i] = init_start(&root, NULL, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(started); i++)
		g_assert_cmpint(init_finish(&started[i], NULL), ==, 0);
	expect_text(&root, "vol/many/299", "x");
	expect_text(&root, "vol/a", "hello");
	root_remove(&root);
}

static void test_links(void)
{
	static const char plan[] =
		"entry probe exit 0\nlinks /app /src\ncopy /app/lib/data/db /src/lib/data/db\n"
		"copy /app/var /src/var\ncopy /app/lib/new /src/code\n"
		"directory /app/lib/cache 0700\n";
	struct root root;
	g_autofree char *link = NULL;

	root_make(&root);
	make_directory(&root, "app", 0755);
	make_file(&root, "src/code", "c", 0644);
	make_file(&root, "src/static/x", "s", 0644);
	make_file(&root, "src/lib/m", "m", 0644);
	make_file(&root, "src/lib/data/db", "d", 0600);
	make_file(&root, "src/lib/data/ro", "r", 0644);
	make_file(&root, "src/var/a/b", "v", 0600);
	link = at(&root, "src/lib/rel");
	g_assert_cmpint(symlink("m", link), ==, 0);
	g_assert_cmpint(init_run(&root, plan, NULL, NULL, NULL), ==, 0);
	expect_link(&root, "app/code", "/src/code");
	expect_link(&root, "app/static", "/src/static");
	expect_link(&root, "app/lib/m", "/src/lib/m");
	expect_link(&root, "app/lib/rel", "m");
	expect_link(&root, "app/lib/data/ro", "/src/lib/data/ro");
	expect_link(&root, "app/lib/data/db", NULL);
	expect_text(&root, "app/lib/data/db", "d");
	expect_mode(&root, "app/lib/data/db", 0600);
	expect_text(&root, "app/var/a/b", "v");
	expect_text(&root, "app/lib/new", "c");
	expect_mode(&root, "app/lib/cache", 0700);
	root_remove(&root);
}

static bool landlock_is_there(void)
{
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) >= 2)
		return true;
	g_test_skip("this kernel has no Landlock");
	return false;
}

static void test_landlock(void)
{
	static const char plan[] = "entry probe write /x /vol/y /run/z /dev/null /dev/stdout "
				   "/dev/fresh\nno-new-privileges\n"
				   "landlock-read /\nlandlock-write /vol\nlandlock-write /absent\n"
				   "landlock-execute /bin/probe\n";
	struct root root;
	g_autofree char *output = NULL;
	g_autofree char *refused = NULL;
	g_autofree char *link = NULL;

	if (!landlock_is_there())
		return;
	root_make(&root);
	make_directory(&root, "vol", 0777);
	make_directory(&root, "run", 0777);
	make_file(&root, "dev/null", "", 0666);
	link = at(&root, "dev/stdout");
	g_assert_cmpint(symlink("/proc/self/fd/1", link), ==, 0);
	g_assert_cmpint(init_run(&root, plan, NULL, NULL, &output), ==, 0);
	HAS(output, "/x Permission denied\n/vol/y ok\n/run/z Permission denied\n/dev/null ok\n"
		    "/dev/stdout ok\n/dev/fresh Permission denied\n");
	g_assert_cmpint(init_run(&root,
				 "entry probe\nno-new-privileges\nlandlock-read /\n"
				 "landlock-execute /bin/other\n",
				 NULL, NULL, &refused),
			==, 126);
	HAS(refused, "thresh-init: probe: Permission denied");
	root_remove(&root);
}

static int stream_type;

/* Descriptor 1 as the runtime may give it; what the probe says comes on 2. */
static void before_stream(void)
{
	int pair[2];
	int fd = -1;

	switch (stream_type) {
	case 0:
		fd = open("/vol/log", O_WRONLY | O_CREAT | O_APPEND, 0600);
		break;
	case 1:
		fd = open("/dev/null", O_WRONLY);
		break;
	case 2:
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0)
			fd = pair[0];
		break;
	case 3:
		if (pipe(pair) == 0)
			fd = pair[1];
		break;
	default:
		break;
	}
	dup2(fd, 1);
}

/* /dev/stdout reopened by an application that is not root, whatever the stream is: what a socket
 * answers (ENXIO) is the kernel's, not ours. */
static void test_streams(void)
{
	static const char plan[] = "entry probe write /dev/stdout\nid 65532 "
				   "65532\nno-new-privileges\nlandlock-read /\n"
				   "landlock-execute /bin/probe\n";
	struct root root;
	g_autofree char *output = NULL;
	g_autofree char *link = NULL;

	if (!several_ids() || !landlock_is_there())
		return;
	root_make(&root);
	make_directory(&root, "vol", 0755);
	make_file(&root, "dev/null", "", 0666);
	link = at(&root, "dev/stdout");
	g_assert_cmpint(symlink("/proc/self/fd/1", link), ==, 0);
	/* A pipe of root's: given to the application. */
	g_assert_cmpint(init_run(&root, plan, NULL, NULL, &output), ==, 0);
	HAS(output, "/dev/stdout ok\n");
	stream_type = 0;
	g_assert_cmpint(init_run(&root, plan, before_stream, NULL, NULL), ==, 0);
	expect_text(&root, "vol/log", "/dev/stdout ok\n");
	/* The null device, a socket, a pipe without reader: no reason to refuse the start. */
	for (stream_type = 1; stream_type <= 3; stream_type++)
		g_assert_cmpint(init_run(&root, plan, before_stream, NULL, NULL), ==, 0);
	root_remove(&root);
}

static void test_seccomp(void)
{
	static const struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getgroups, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct root root;
	g_autofree char *output = NULL;
	g_autofree char *path = NULL;

	root_make(&root);
	path = at(&root, ".thresh/seccomp");
	g_assert_true(g_file_set_contents(path, (const char *)program, sizeof(program), NULL));
	g_assert_cmpint(
		init_run(&root,
			 "entry probe\nno-new-privileges\nseccomp /.thresh/seccomp\nstay 100\n",
			 NULL, NULL, &output),
		==, 0);
	HAS(output, "seccomp 2\n");
	root_remove(&root);
}

/* Reads as much as @line has, which it is. */
static void expect_line(const struct started *started, const char *line)
{
	gsize size = strlen(line);
	g_autofree char *text = g_new0(char, size + 1);

	for (gsize n = 0; n < size;) {
		ssize_t got = read(started->output, text + n, size - n);

		g_assert_cmpint(got, >, 0);
		n += (gsize)got;
	}
	g_assert_cmpstr(text, ==, line);
}

static void wait_ready(const struct started *started)
{
	expect_line(started, "ready\n");
}

/* Ordinary and real-time signals reach the application; each is waited for, since of several that
 * wait the kernel gives out the lowest first. */
static void test_forward(void)
{
	static const int signals[] = {SIGHUP, SIGUSR1, SIGWINCH, 64, SIGTERM};
	struct started started;
	struct root root;

	root_make(&root);
	make_file(&root, ".thresh/plan",
		  "thresh-plan 1\nentry probe signals 1 10 28 35 64 15\nstay 60000\n", 0644);
	started = init_start(&root, NULL, NULL);
	wait_ready(&started);
	for (gsize i = 0; i < G_N_ELEMENTS(signals); i++) {
		g_autofree char *line = g_strdup_printf("%d\n", signals[i]);

		g_assert_cmpint(kill(first_process(&started), signals[i]), ==, 0);
		expect_line(&started, line);
	}
	g_assert_cmpint(init_finish(&started, NULL), ==, 0);
	root_remove(&root);
}

/* A grandchild of another session is asked to stop, and waited for; the status is the main
 * program's. */
static void test_descendants(void)
{
	struct root root;

	root_make(&root);
	make_directory(&root, "vol", 0777);
	g_assert_cmpint(
		init_run(&root, "entry probe orphan /vol/stopped\nstay 60000\n", NULL, NULL, NULL),
		==, 9);
	expect_text(&root, "vol/stopped", "");
	root_remove(&root);
}

static void test_grace(void)
{
	struct root root;
	struct started started;
	gint64 start = g_get_monotonic_time();

	root_make(&root);
	g_assert_cmpint(init_run(&root, "entry probe stubborn\nstay 200\n", NULL, NULL, NULL), ==,
			9);
	g_assert_cmpint(g_get_monotonic_time() - start, >=, 200 * 1000);
	make_file(&root, ".thresh/plan", "thresh-plan 1\nentry probe deaf\nstay 200\n", 0644);
	started = init_start(&root, NULL, NULL);
	wait_ready(&started);
	g_assert_cmpint(kill(first_process(&started), SIGTERM), ==, 0);
	g_assert_cmpint(init_finish(&started, NULL), ==, 137);
	root_remove(&root);
}

static void before_pending(void)
{
	sigset_t set;

	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	kill(getpid(), SIGTERM);
	sigemptyset(&set);
}

/* A stop request that waits while init works, with a caller that blocks nothing, ends it; one that
 * the caller itself blocks is the application's. */
static void test_pending(void)
{
	struct root root;

	root_make(&root);
	g_assert_cmpint(init_run(&root, "entry probe exit 4\n", before_pending, NULL, NULL), ==, 4);
	root_remove(&root);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	harness_init(argc, argv);
	g_test_add_func("/init/arguments", test_arguments);
	g_test_add_func("/init/signals-kept", test_signals_kept);
	g_test_add_func("/init/stdin-closed", test_stdin_closed);
	g_test_add_func("/init/exit-status", test_exit_status);
	g_test_add_func("/init/no-plan", test_no_plan);
	g_test_add_func("/init/identity", test_identity);
	g_test_add_func("/init/identity-kept", test_identity_kept);
	g_test_add_func("/init/seed", test_seed);
	g_test_add_func("/init/seed-interrupted", test_seed_interrupted);
	g_test_add_func("/init/seed-not-empty", test_seed_not_empty);
	g_test_add_func("/init/seed-mounts", test_seed_mounts);
	g_test_add_func("/init/seed-two-at-once", test_seed_two_at_once);
	g_test_add_func("/init/links", test_links);
	g_test_add_func("/init/landlock", test_landlock);
	g_test_add_func("/init/streams", test_streams);
	g_test_add_func("/init/seccomp", test_seccomp);
	g_test_add_func("/init/forward", test_forward);
	g_test_add_func("/init/descendants", test_descendants);
	g_test_add_func("/init/grace", test_grace);
	g_test_add_func("/init/pending", test_pending);
	return g_test_run();
}
