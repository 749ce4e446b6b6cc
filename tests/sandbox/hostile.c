/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hostile application: a static program that sandbox.c runs as root inside. `escape` tries to
 * get out or to touch the host, and says for each way whether it was refused; the other verbs
 * misbehave.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int allowed;

/* @result as of a system call: below 0 is a refusal. */
static void attempt(const char *what, long result)
{
	int saved = errno;

	if (result >= 0)
		allowed++;
	printf("%s: %s\n", what, result >= 0 ? "ALLOWED" : strerror(saved));
}

static long write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	long n = fd < 0 ? -1 : write(fd, text, strlen(text));
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
	return n;
}

static void try_mounts(void)
{
	mkdir("/m", 0755);
	attempt("mount tmpfs", mount("none", "/m", "tmpfs", 0, NULL));
	attempt("mount proc", mount("none", "/m", "proc", 0, NULL));
	attempt("mount bind", mount("/", "/m", NULL, MS_BIND, NULL));
	attempt("remount /proc/sys", mount(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND, NULL));
	attempt("umount /proc/sys", umount2("/proc/sys", MNT_DETACH));
	attempt("umount /proc", umount2("/proc", MNT_DETACH));
	attempt("fsopen", syscall(SYS_fsopen, "tmpfs", 0));
	attempt("pivot_root", syscall(SYS_pivot_root, "/", "/m"));
	attempt("unshare mount", unshare(CLONE_NEWNS));
	attempt("unshare user", unshare(CLONE_NEWUSER));
	attempt("unshare net", unshare(CLONE_NEWNET));
}

static void try_devices(void)
{
	attempt("mknod mem", mknod("/mem", S_IFCHR | 0666, makedev(1, 1)));
	attempt("mknod block", mknod("/disk", S_IFBLK | 0666, makedev(254, 0)));
	attempt("open /dev/mem", open("/dev/mem", O_RDONLY));
	attempt("open /dev/kmsg", open("/dev/kmsg", O_WRONLY));
}

static void try_kernel(void)
{
	attempt("core_pattern", write_to("/proc/sys/kernel/core_pattern", "|/x"));
	attempt("sysrq", write_to("/proc/sysrq-trigger", "h"));
	attempt("modprobe", write_to("/proc/sys/kernel/modprobe", "/x"));
	attempt("binfmt", write_to("/proc/sys/fs/binfmt_misc/register", ":x:M::x::/x:"));
	attempt("uevent_helper", write_to("/sys/kernel/uevent_helper", "/x"));
	attempt("uid_map", write_to("/proc/self/uid_map", "0 0 1"));
	attempt("init_module", syscall(SYS_init_module, "", 0, ""));
	attempt("kexec_load", syscall(SYS_kexec_load, 0, 0, NULL, 0));
	attempt("reboot", syscall(SYS_reboot, 0, 0, 0, NULL));
	attempt("swapon", syscall(SYS_swapon, "/x", 0));
	attempt("sethostname", sethostname("x", 1));
	attempt("nice", syscall(SYS_setpriority, 0, 0, -20));
}

static void try_processes(pid_t supervisor)
{
	attempt("kill supervisor", kill(supervisor, 0));
	attempt("ptrace supervisor", ptrace(PTRACE_ATTACH, supervisor, NULL, NULL));
	attempt("kill all", kill(-1, 0));
	attempt("kill parent", getppid() == 0 ? (errno = ESRCH, -1) : kill(getppid(), 0));
}

static int count_processes(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	int n = 0;

	while (dir && (entry = readdir(dir)))
		n += entry->d_name[0] >= '1' && entry->d_name[0] <= '9';
	return n;
}

static void try_files(const char *host_file)
{
	char path[4096];
	struct file_handle *handle = calloc(1, sizeof(*handle) + 128);
	int mount_id, fd;

	attempt("host file", open(host_file, O_RDONLY));
	snprintf(path, sizeof(path), "/proc/1/root%s", host_file);
	attempt("host file by /proc/1/root", open(path, O_RDONLY));
	snprintf(path, sizeof(path), "/../../..%s", host_file);
	attempt("host file by ..", open(path, O_RDONLY));
	handle->handle_bytes = 128;
	fd = open("/", O_RDONLY);
	if (name_to_handle_at(AT_FDCWD, "/", handle, &mount_id, 0) == 0)
		attempt("open_by_handle_at", open_by_handle_at(fd, handle, O_RDONLY));
	/* The classic way out of a chroot; the root was changed by pivot_root. */
	mkdir("/jail", 0755);
	if (chroot("/jail") == 0) {
		for (int i = 0; i < 64; i++) {
			if (chdir("..") < 0)
				break;
		}
		if (chroot(".") < 0)
			return;
		attempt("host file out of a chroot", open(host_file, O_RDONLY));
	}
}

static void try_network(const char *abstract, int port)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_port = htons((unsigned short)port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strncpy(un.sun_path + 1, abstract, sizeof(un.sun_path) - 2);
	attempt("abstract socket of the host",
		connect(fd, (struct sockaddr *)&un,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				    strlen(abstract))));
	fd = socket(AF_INET, SOCK_STREAM, 0);
	attempt("port of the host", connect(fd, (struct sockaddr *)&in, sizeof(in)));
	attempt("raw socket", socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
}

/* escape SUPERVISOR-PID HOST-FILE ABSTRACT-NAME PORT */
static int escape(char **argv)
{
	int processes = count_processes();

	if (processes != 1) {
		printf("processes in /proc: ALLOWED, %d\n", processes);
		allowed++;
	}
	try_mounts();
	try_devices();
	try_kernel();
	try_processes(atoi(argv[2]));
	try_network(argv[4], atoi(argv[5]));
	try_files(argv[3]);
	printf("%d allowed\n", allowed);
	fflush(stdout);
	return allowed ? 1 : 0;
}

/* Forks until it is refused; the children wait. */
static int fork_bomb(void)
{
	int n = 0;

	for (; n < 20000; n++) {
		pid_t child = fork();

		if (child == 0) {
			pause();
			_exit(0);
		}
		if (child < 0)
			break;
	}
	printf("%d\n", n);
	fflush(stdout);
	return 0;
}

static int fill(const char *path)
{
	static char block[1 << 16];
	int fd = open(path, O_WRONLY | O_CREAT, 0644);
	long long sum = 0;
	ssize_t n;

	memset(block, 'x', sizeof(block));
	while ((n = write(fd, block, sizeof(block))) > 0)
		sum += n;
	printf("%lld %d\n", sum, errno == ENOSPC);
	fflush(stdout);
	return 0;
}

static bool write_megabytes(int fd, int count)
{
	static char block[1 << 20];

	memset(block, 'x', sizeof(block));
	for (int i = 0; i < count; i++) {
		if (write(fd, block, sizeof(block)) != (ssize_t)sizeof(block))
			return false;
	}
	return true;
}

enum {
	SEEN_US = 1000000
}; /* sizes are looked at every 10 ms, or as soon as there is a processor */

/* A file that lives for a moment, and one that never has a name. */
static int spill(const char *path, const char *directory)
{
	int named = open(path, O_WRONLY | O_CREAT, 0600);
	int nameless = open(directory, O_WRONLY | O_TMPFILE, 0600);

	if (!write_megabytes(named, 8) || usleep(SEEN_US) < 0 || unlink(path) < 0 ||
	    close(named) < 0 || !write_megabytes(nameless, 16))
		return 1;
	return usleep(SEEN_US) < 0;
}

static int ignore_term(void)
{
	signal(SIGTERM, SIG_IGN);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
	return 0;
}

static void on_term(int signal)
{
	(void)signal;
	_exit(7);
}

/* Listens on ::1 alone and answers in two pieces with chunks. */
static int serve6(int port)
{
	static const char answer[] = "HTTP/1.1 103 Early Hints\r\n\r\n"
				     "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
				     "Transfer-Encoding: chunked\r\n\r\n"
				     "5\r\nhello\r\n1;x=y\r\n!\r\n0\r\n\r\n";
	struct sockaddr_in6 address = {.sin6_family = AF_INET6,
				       .sin6_port = htons((unsigned short)port),
				       .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	char buffer[4096];

	signal(SIGTERM, on_term);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 8) < 0)
		return 1;
	for (;;) {
		int c = accept(fd, NULL, NULL);

		if (c >= 0 && read(c, buffer, sizeof(buffer)) > 0) {
			if (write(c, answer, 40) < 0)
				return 1;
			usleep(20000);
			if (write(c, answer + 40, sizeof(answer) - 1 - 40) < 0)
				return 1;
			usleep(1000000); /* keeps the connection: the client must see the end itself
					  */
		}
		close(c);
	}
}

/* Accepts, and never says anything. */
static int silent(int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((unsigned short)port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 8) < 0)
		return 1;
	for (;;)
		pause();
}

/* What an application sees of itself. */
static int show(void)
{
	char line[256];
	FILE *status = fopen("/proc/self/status", "r");

	printf("ids %u %u pid %d umask %03o\n", geteuid(), getegid(), getpid(), umask(0));
	while (status && fgets(line, sizeof(line), status)) {
		if (strncmp(line, "CapEff:", 7) == 0 || strncmp(line, "CapBnd:", 7) == 0 ||
		    strncmp(line, "NoNewPrivs:", 11) == 0)
			fputs(line, stdout);
	}
	pid_t child = fork();
	if (child == 0)
		_exit(0);
	printf("child %d\n", child);
	printf("reopen %d\n", open("/dev/stdout", O_WRONLY | O_APPEND) >= 0);
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (strcmp(verb, "escape") == 0 && argc == 6)
		return escape(argv);
	if (strcmp(verb, "forkbomb") == 0)
		return fork_bomb();
	if (strcmp(verb, "fill") == 0 && argc == 3)
		return fill(argv[2]);
	if (strcmp(verb, "spill") == 0 && argc == 4)
		return spill(argv[2], argv[3]);
	if (strcmp(verb, "ignore") == 0)
		return ignore_term();
	if (strcmp(verb, "serve6") == 0 && argc == 3)
		return serve6(atoi(argv[2]));
	if (strcmp(verb, "silent") == 0 && argc == 3)
		return silent(atoi(argv[2]));
	if (strcmp(verb, "show") == 0)
		return show();
	if (strcmp(verb, "touch") == 0 && argc == 3)
		return open(argv[2], O_WRONLY | O_CREAT, 0644) < 0;
	if (strcmp(verb, "read") == 0 && argc == 3) {
		char text[256];
		int fd = open(argv[2], O_RDONLY);
		ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

		return n < 0 || write(1, text, (size_t)n) != n;
	}
	return argc > 2 ? atoi(argv[2]) : 0;
}
