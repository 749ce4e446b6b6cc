/* SPDX-License-Identifier: Apache-2.0 */
/* The application under thresh-init in tests: says what it was given, or behaves badly on request.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void report_signals(void)
{
	unsigned long mask = 0;

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, sizeof(mask));
	printf("mask %lx\nignored", mask);
	for (int i = 1; i < 65; i++) {
		struct {
			void *handler;
			unsigned long rest[3];
		} action;

		/* 32 to 34 are libc's own: what starts the tests may have ignored them for ever. */
		if (i >= 32 && i <= 34)
			continue;
		if (syscall(SYS_rt_sigaction, i, NULL, &action, 8) == 0 &&
		    action.handler == SIG_IGN)
			printf(" %d", i);
	}
	printf("\n");
}

static int report(int argc, char **argv)
{
	gid_t groups[64];
	int count = getgroups(64, groups);
	mode_t mask = umask(0);

	for (int i = 0; i < argc; i++)
		printf("arg %s\n", argv[i]);
	printf("pid %d\nuid %d\ngid %d\ngroups", getpid(), getuid(), getgid());
	for (int i = 0; i < count; i++)
		printf(" %d", groups[i]);
	printf("\nhome %s\numask %o\n", getenv("HOME") ? getenv("HOME") : "-", mask);
	printf("bound %d\nnnp %d\nseccomp %d\n", prctl(PR_CAPBSET_READ, 0, 0, 0, 0),
	       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
	report_signals();
	printf("fds");
	for (int fd = 0; fd < 64; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			printf(" %d", fd);
	}
	printf("\n");
	return 0;
}

/* write PATH...: for each whether it could be opened for writing. */
static int try_write(int argc, char **argv)
{
	for (int i = 2; i < argc; i++) {
		int fd = open(argv[i], O_WRONLY | O_CREAT | O_APPEND, 0600);

		printf("%s %s\n", argv[i], fd < 0 ? strerror(errno) : "ok");
		if (fd >= 0)
			close(fd);
	}
	return 0;
}

/* A grandchild of its own session, which says in FILE that it was asked to stop; or ignores it. */
static int orphan(const char *file, int stubborn)
{
	int ready[2];
	char c;

	if (pipe(ready) < 0)
		return 1;
	if (fork() == 0) {
		setsid();
		if (fork() == 0) {
			sigset_t set;
			int number;

			sigemptyset(&set);
			sigaddset(&set, SIGTERM);
			sigprocmask(SIG_BLOCK, &set, NULL);
			close(ready[0]);
			close(ready[1]);
			while (stubborn)
				pause();
			sigwait(&set, &number);
			close(open(file, O_CREAT | O_WRONLY, 0600));
			_exit(0);
		}
		_exit(0);
	}
	close(ready[1]);
	(void)!read(ready[0], &c, 1); /* both have closed it: the grandchild is ready */
	wait(NULL);
	return 9;
}

enum { MAX_SIGNALS = 1024 };
static volatile sig_atomic_t got[MAX_SIGNALS], come;

static void on_signal(int number)
{
	if (come < MAX_SIGNALS)
		got[come++] = number;
}

/* signals N...: prints each as it comes, ends with the last. */
static int echo_signals(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_signal};
	int last = atoi(argv[argc - 1]);

	sigfillset(&action.sa_mask); /* one after the other, or two take one place */
	for (int i = 2; i < argc; i++)
		sigaction(atoi(argv[i]), &action, NULL); /* musl's own, 32 to 34, are refused */
	printf("ready\n");
	fflush(stdout);
	for (sig_atomic_t next = 0;;) {
		if (next == come) {
			usleep(1000);
			continue;
		}
		printf("%d\n", (int)got[next]);
		fflush(stdout);
		if (got[next++] == last)
			return 0;
	}
}

/* env NAME...: each with its value, or without. */
static int environment(int argc, char **argv)
{
	for (int i = 2; i < argc; i++) {
		const char *value = getenv(argv[i]);

		printf("%s%s%s\n", argv[i], value ? "=" : " unset", value ? value : "");
	}
	return 0;
}

/* in: where it runs, as whom, and what its standard input holds. */
static int surroundings(void)
{
	char text[4096];
	gid_t groups[64];
	int count = getgroups(64, groups);
	mode_t mask = umask(0);
	ssize_t n;

	printf("in %s uid %d gid %d groups", getcwd(text, sizeof(text)), getuid(), getgid());
	for (int i = 0; i < count; i++)
		printf(" %d", groups[i]);
	printf(" umask %o\n", mask);
	fflush(stdout);
	while ((n = read(0, text, sizeof(text))) > 0)
		(void)!write(1, text, (size_t)n);
	return 0;
}

/* limits: of open files and of core files. */
static int limits(void)
{
	struct rlimit files;
	struct rlimit core;

	getrlimit(RLIMIT_NOFILE, &files);
	getrlimit(RLIMIT_CORE, &core);
	printf("nofile %lu %lu core %lu\n", (unsigned long)files.rlim_cur,
	       (unsigned long)files.rlim_max, (unsigned long)core.rlim_cur);
	return 0;
}

/* nth FILE N: fails until it was called N times, which FILE counts. */
static int nth(const char *file, int wanted)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_APPEND, 0600);
	struct stat status;

	if (fd < 0 || write(fd, "x", 1) != 1 || fstat(fd, &status) < 0)
		return 99;
	return status.st_size >= wanted ? 0 : 7;
}

/* capabilities: effective and bounding sets, in hexadecimal. */
static int capabilities(void)
{
	char line[256];
	FILE *file = fopen("/proc/self/status", "r");

	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "CapEff", 6) == 0 || strncmp(line, "CapBnd", 6) == 0)
			fputs(line, stdout);
	}
	return 0;
}

/* What tests of steps look at. */
static int look(int argc, char **argv)
{
	if (strcmp(argv[1], "env") == 0)
		return environment(argc, argv);
	if (strcmp(argv[1], "in") == 0)
		return surroundings();
	if (strcmp(argv[1], "limits") == 0)
		return limits();
	if (strcmp(argv[1], "capabilities") == 0)
		return capabilities();
	if (strcmp(argv[1], "nth") == 0 && argc > 3)
		return nth(argv[2], atoi(argv[3]));
	return -1;
}

/* serve PORT: takes one connection after the other on 127.0.0.1; ends with 3 at SIGTERM. */
static void serve_end(int number)
{
	(void)number;
	_exit(3);
}

static int serve(const char *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((uint16_t)atoi(port))};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int yes = 1;

	signal(SIGTERM, serve_end);
	usleep(100000); /* so that it is waited for */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 8) < 0)
		return 1;
	for (;;)
		close(accept(fd, NULL, NULL));
}

/* family: a child in our process group that says when it gets SIGUSR1; we end with 5 afterwards. */
static int family(void)
{
	pid_t pid;

	signal(SIGUSR1, SIG_IGN); /* before anybody says that we are ready */
	pid = fork();
	if (pid == 0) {
		signal(SIGUSR1, on_signal);
		printf("ready\n");
		fflush(stdout);
		while (!come)
			usleep(1000);
		printf("child %d\n", (int)got[0]);
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	return 5;
}

/* value: the number that came with a real-time signal (sigqueue(3)). */
static int value(void)
{
	sigset_t set;
	siginfo_t info;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMAX);
	sigprocmask(SIG_BLOCK, &set, NULL);
	printf("ready\n");
	fflush(stdout);
	sigwaitinfo(&set, &info);
	printf("value %d\n", info.si_value.sival_int);
	return 0;
}

int main(int argc, char **argv)
{
	int looked = argc > 1 ? look(argc, argv) : -1;

	if (looked >= 0)
		return looked;
	if (argc > 1 && strcmp(argv[1], "exit") == 0)
		return atoi(argv[2]);
	if (argc > 1 && strcmp(argv[1], "die") == 0) {
		signal(atoi(argv[2]), SIG_DFL);
		kill(getpid(), atoi(argv[2]));
		return 0;
	}
	if (argc > 1 && strcmp(argv[1], "write") == 0)
		return try_write(argc, argv);
	if (argc > 2 && strcmp(argv[1], "orphan") == 0)
		return orphan(argv[2], 0);
	if (argc > 1 && strcmp(argv[1], "stubborn") == 0)
		return orphan("/", 1);
	if (argc > 2 && strcmp(argv[1], "signals") == 0)
		return echo_signals(argc, argv);
	if (argc > 1 && strcmp(argv[1], "deaf") == 0) {
		signal(SIGTERM, SIG_IGN);
		printf("ready\n");
		fflush(stdout);
		for (;;)
			pause();
	}
	if (argc > 2 && strcmp(argv[1], "serve") == 0)
		return serve(argv[2]);
	if (argc > 1 && strcmp(argv[1], "family") == 0)
		return family();
	if (argc > 1 && strcmp(argv[1], "value") == 0)
		return value();
	return report(argc, argv);
}
