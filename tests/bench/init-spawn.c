/* SPDX-License-Identifier: Apache-2.0 */
/* Medians of spawn to exit below a root directory: direct, plain, hardened, hardened and staying.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FILTER_RANGES = 60 };

static const char hardened[] =
	"thresh-plan 1\nentry /bin/true\nid 65532 65532\nno-new-privileges\nlandlock-read /\n"
	"landlock-write /tmp\nlandlock-execute /bin/true\nseccomp /.thresh/seccomp\n";

static void file_write(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size) {
		perror(path);
		exit(1);
	}
	close(fd);
}

/* A balanced tree over 60 ranges, all of which allow: what installing one costs. */
static unsigned int tree(struct sock_filter *code, unsigned int at, unsigned int low,
			 unsigned int high)
{
	unsigned int middle = (low + high) / 2;
	unsigned int left;

	if (high - low == 1) {
		code[at] = (struct sock_filter)BPF_STMT(
			BPF_RET | BPF_K,
			low == FILTER_RANGES ? SECCOMP_RET_ERRNO | ENOSYS : SECCOMP_RET_ALLOW);
		return at + 1;
	}
	left = tree(code, at + 1, low, middle);
	code[at] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, middle * 10,
						(unsigned char)(left - at - 1), 0);
	return tree(code, left, middle, high);
}

static double spawn_us(const char *program)
{
	struct timespec start, end;
	pid_t pid;
	int status;

	clock_gettime(CLOCK_MONOTONIC, &start);
	pid = vfork();
	if (pid == 0) {
		execl(program, program, (char *)NULL);
		_exit(99);
	}
	if (waitpid(pid, &status, 0) != pid || status != 0) {
		fprintf(stderr, "%s: status %x\n", program, status);
		exit(1);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	return (double)(end.tv_sec - start.tv_sec) * 1e6 +
	       (double)(end.tv_nsec - start.tv_nsec) / 1e3;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median_us(const char *program, int count)
{
	double *times = calloc((size_t)count, sizeof(*times));
	double median;

	for (int i = 0; i < count; i++)
		times[i] = spawn_us(program);
	qsort(times, (size_t)count, sizeof(*times), compare);
	median = times[count / 2];
	free(times);
	return median;
}

static void resident_print(void)
{
	char path[64], line[256];
	pid_t pid = fork();
	FILE *file;

	if (pid == 0) {
		execl("/.thresh/init", "/.thresh/init", "wait", (char *)NULL);
		_exit(99);
	}
	usleep(100000);
	snprintf(path, sizeof(path), "/host-proc/%d/status", pid);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "VmRSS", 5) == 0 || strncmp(line, "VmHWM", 5) == 0)
			fputs(line, stdout);
	}
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
}

static void measure(const char *name, const char *plan, int count, double direct)
{
	double us;

	file_write("/.thresh/plan", plan, strlen(plan));
	us = median_us("/.thresh/init", count);
	printf("%-22s %7.1f us  +%.1f\n", name, us, us - direct);
}

int main(int argc, char **argv)
{
	struct sock_filter code[2 * FILTER_RANGES + 8] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
	char staying[512];
	unsigned int length;
	int count;
	double direct;

	if (argc != 3 || chdir(argv[1]) < 0)
		return 2;
	count = atoi(argv[2]);
	if (symlink("proc", "host-proc") < 0 || unshare(CLONE_NEWNS) < 0)
		return 2;
	snprintf(staying, sizeof(staying), "mount -t proc proc %s/proc 2>/dev/null", argv[1]);
	(void)!system(staying);
	if (chroot(".") < 0) {
		perror("chroot (needs root)");
		return 2;
	}
	length = tree(code, 1, 0, FILTER_RANGES + 1);
	file_write("/.thresh/seccomp", code, length * sizeof(code[0]));
	direct = median_us("/bin/true", count);
	printf("%-22s %7.1f us\n", "direct", direct);
	measure("plain", "thresh-plan 1\nentry /bin/true\n", count, direct);
	measure("plain, stays", "thresh-plan 1\nentry /bin/true\nstay 1000\n", count, direct);
	measure("id", "thresh-plan 1\nentry /bin/true\nid 65532 65532\n", count, direct);
	measure("seccomp",
		"thresh-plan 1\nentry /bin/true\nno-new-privileges\nseccomp /.thresh/seccomp\n",
		count, direct);
	measure("landlock",
		"thresh-plan 1\nentry /bin/true\nno-new-privileges\nlandlock-read /\n"
		"landlock-write /tmp\nlandlock-execute /bin/true\n",
		count, direct);
	measure("hardened", hardened, count, direct);
	snprintf(staying, sizeof(staying), "%sstay 1000\n", hardened);
	measure("hardened, stays", staying, count, direct);
	resident_print();
	return 0;
}
