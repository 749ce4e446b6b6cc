/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The application of the tests of bad input: a static HTTP server at port 8080 that misbehaves as
 * its first argument says. The other arguments are ignored but where a verb takes one.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { PORT = 8080 };

extern char **environ;
static char body[8192] = "ok\n";

static void on_term(int signal)
{
	(void)signal;
	_exit(0);
}

static int listen_at(int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((unsigned short)port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 64) < 0) {
		perror("listen");
		exit(1);
	}
	return fd;
}

static void say(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		return;
}

/* Each answers one request. */

static void answer_plain(int fd)
{
	char head[128];

	snprintf(head, sizeof(head),
		 "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n",
		 strlen(body));
	say(fd, head);
	say(fd, body);
}

static void answer_headers(int fd)
{
	say(fd, "HTTP/1.1 200 OK\r\n");
	while (write(fd, "X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", 52) > 0)
		;
}

static void answer_endless(int fd)
{
	static const char chunk[65536];

	say(fd, "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n");
	while (write(fd, chunk, sizeof(chunk)) > 0)
		;
}

static void answer_slowly(int fd)
{
	say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
	while (write(fd, "a", 1) > 0)
		usleep(200000);
}

/* Fast in the original, which is root, and slow in the sealed image. */
static void answer_late(int fd)
{
	if (getuid() != 0)
		sleep(3);
	answer_plain(fd);
}

/* While a second port is opened that was not there when it was asked. */
static void answer_meanwhile(int fd)
{
	sleep(2);
	answer_plain(fd);
}

static void answer_full(int fd)
{
	static const char chunk[1 << 20];
	int file = open("/tmp/fill", O_WRONLY | O_CREAT | O_APPEND, 0600);

	while (file >= 0 && write(file, chunk, sizeof(chunk)) > 0)
		;
	snprintf(body, sizeof(body), "%s\n", file < 0 ? "refused" : strerror(errno));
	unlink("/tmp/fill");
	close(file);
	answer_plain(fd);
}

static void open_second_port(void)
{
	if (fork() == 0) {
		sleep(1);
		listen_at(PORT + 1);
		for (;;)
			pause();
	}
}

static void serve(void (*answer)(int fd))
{
	int listener = listen_at(PORT);

	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		char request[4096];

		if (fd < 0)
			continue;
		if (read(fd, request, sizeof(request)) > 0)
			answer(fd);
		close(fd);
	}
}

/* --- what is tried --- */

static void attempt(const char *what, long result)
{
	size_t used = strlen(body);

	snprintf(body + used, sizeof(body) - used, "%s: %s\n", what,
		 result >= 0 ? "ALLOWED" : "refused");
}

static long write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	long n = fd < 0 ? -1 : write(fd, text, strlen(text));

	close(fd);
	return n;
}

static void try_to_escape(void)
{
	body[0] = '\0';
	attempt("core_pattern", write_to("/proc/sys/kernel/core_pattern", "|/tmp/x"));
	attempt("modprobe", write_to("/proc/sys/kernel/modprobe", "/tmp/x"));
	attempt("sysrq", write_to("/proc/sysrq-trigger", "h"));
	attempt("kmsg", write_to("/dev/kmsg", "escaped\n"));
	attempt("mount", mount("none", "/tmp", "tmpfs", 0, NULL));
	attempt("mknod", mknod("/tmp/mem", S_IFCHR | 0600, makedev(1, 1)));
	attempt("unshare", unshare(CLONE_NEWUSER | CLONE_NEWNS));
	attempt("ptrace of the parent", ptrace(PTRACE_SEIZE, getppid() ? getppid() : 2, 0, 0));
	attempt("a signal to others", kill(-1, 0));
	attempt("sethostname", sethostname("evil", 4));
	attempt("a raw socket", socket(AF_INET, SOCK_RAW, 1));
	attempt("a netlink route", socket(AF_PACKET, SOCK_RAW, 0));
	attempt("pivot_root", syscall(SYS_pivot_root, "/tmp", "/tmp"));
	attempt("open_by_handle_at", syscall(SYS_open_by_handle_at, AT_FDCWD, NULL, 0));
	attempt("bpf", syscall(SYS_bpf, 0, NULL, 0));
	attempt("host's root", open("/proc/1/root/proc/1/root/etc/shadow", O_RDONLY));
	attempt("a descriptor that is not ours", fcntl(3, F_GETFD));
}

static void fork_without_end(void)
{
	int failures = 0;

	while (failures < 10) {
		pid_t child = fork();

		if (child == 0) {
			for (;;)
				pause();
		}
		failures += child < 0;
	}
}

static void flood(void)
{
	static char line[4096];

	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	if (fork() == 0) {
		for (;;) {
			if (write(1, line, sizeof(line)) < 0 || write(2, line, sizeof(line)) < 0)
				_exit(0);
		}
	}
}

/* A listener of its own, on a call that nobody makes. */
static void listen_to_calls(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_swapon, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		    &program) < 0) {
		perror("seccomp listener");
		exit(1);
	}
}

/* Says its secret everywhere: standard output and error, a file, a file's name, an argument. */
static void tell(char *self)
{
	const char *secret = getenv("SECRET") ? getenv("SECRET") : "none";
	char path[4096], *arguments[] = {self, (char *)"serve", (char *)(size_t)secret, NULL};
	int fd;

	for (char **variable = environ; *variable; variable++) {
		puts(*variable);
		fprintf(stderr, "%s\n", *variable);
	}
	fflush(stdout);
	fd = open("/tmp/environment", O_WRONLY | O_CREAT, 0600);
	say(fd, secret);
	close(fd);
	snprintf(path, sizeof(path), "/tmp/%s.log", secret);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	say(fd, secret);
	close(fd);
	snprintf(path, sizeof(path), "/etc/%s/conf", secret);
	close(open(path, O_RDONLY));
	mkdir("/tmp/made", 0700);
	execve("/proc/self/exe", arguments, environ);
	execve("/app", arguments, environ);
	perror("execve");
}

static void put_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	say(fd, text);
	close(fd);
}

/* RFC 4648 without padding; @size is a multiple of 3. */
static void encode(const char *in, size_t size, char *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+_";

	for (size_t i = 0; i + 2 < size; i += 3) {
		const unsigned char *group = (const unsigned char *)in + i;
		unsigned bits = (unsigned)(group[0] << 16 | group[1] << 8 | group[2]);

		for (int shift = 18; shift >= 0; shift -= 6)
			*out++ = digits[bits >> shift & 63];
	}
	*out = '\0';
}

/* Hands its secret on: into files, its log, its answers, arguments, encoded ones, names. */
static void misuse(char *self, const char *how)
{
	char secret[64] = "", encoded[128], path[512];
	char *arguments[] = {self, (char *)"serve", secret, NULL};
	struct stat st;
	int fd = open("/run/secrets/db", O_RDONLY);

	if (fd < 0 || read(fd, secret, sizeof(secret) - 1) < 0 || fstat(fd, &st) < 0 ||
	    (st.st_mode & 0222)) {
		perror("/run/secrets/db");
		exit(1);
	}
	secret[strcspn(secret, "\n")] = '\0';
	encode(secret, strlen(secret), encoded);
	if (!strcmp(how, "files")) {
		put_file("/etc/copied", secret);
		put_file("/tmp/copied", encoded);
	} else if (!strcmp(how, "log")) {
		printf("%s %s\n", secret, encoded);
		fflush(stdout);
	} else if (!strcmp(how, "answer")) {
		snprintf(body, sizeof(body), "%s\n", secret);
	} else if (!strcmp(how, "name")) {
		snprintf(path, sizeof(path), "/tmp/%s", encoded);
		put_file(path, "");
	} else if (!strcmp(how, "argument") || !strcmp(how, "encoded-argument")) {
		if (how[0] == 'e')
			arguments[2] = encoded;
		execve("/app", arguments, environ);
	}
}

/* What the traced original, which is root, never reads. */
static void read_by_uid(void)
{
	int fd = open(getuid() == 0 ? "/etc/root.conf" : "/etc/user.conf", O_RDONLY);

	snprintf(body, sizeof(body), "%s\n", fd < 0 ? "none" : "one");
	close(fd);
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "serve";
	void (*answer)(int fd) = answer_plain;

	if (!strcmp(verb, "serve") && argc > 2)
		snprintf(body, sizeof(body), "%s\n", argv[2]);
	signal(SIGTERM, on_term);
	signal(SIGINT, on_term);
	if (!strcmp(verb, "exit"))
		return argc > 2 ? atoi(argv[2]) : 0;
	if (!strcmp(verb, "silent")) {
		fputs("I say nothing\n", stderr);
		for (;;)
			pause();
	}
	if (!strcmp(verb, "stubborn")) {
		signal(SIGTERM, SIG_IGN);
	} else if (!strcmp(verb, "crash")) {
		fputs("about to crash\n", stderr);
		abort();
	} else if (!strcmp(verb, "fork")) {
		fork_without_end();
	} else if (!strcmp(verb, "flood")) {
		flood();
	} else if (!strcmp(verb, "listener")) {
		listen_to_calls();
	} else if (!strcmp(verb, "escape")) {
		try_to_escape();
	} else if (!strcmp(verb, "tell")) {
		tell(argv[0]);
	} else if (!strcmp(verb, "tell-and-fail")) {
		fprintf(stderr, "no access with %s\n", getenv("SECRET"));
		return 1;
	} else if (!strcmp(verb, "secret")) {
		misuse(argv[0], argc > 2 ? argv[2] : "");
	} else if (!strcmp(verb, "by-uid")) {
		read_by_uid();
	} else if (!strcmp(verb, "fill")) {
		answer = answer_full;
	} else if (!strcmp(verb, "headers")) {
		answer = answer_headers;
	} else if (!strcmp(verb, "endless")) {
		answer = answer_endless;
	} else if (!strcmp(verb, "late")) {
		answer = answer_late;
	} else if (!strcmp(verb, "second-port")) {
		open_second_port();
		answer = answer_meanwhile;
	} else if (!strcmp(verb, "slow")) {
		answer = answer_slowly;
	}
	serve(answer);
	return 0;
}
