/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures inits beside one another, in one run and by turns, since absolute times drift.
 *
 *     init-measure WHAT COUNT ( ROOT COMMAND... ; )...
 *
 * Each command runs in its ROOT (chroot). WHAT:
 *
 *     start     spawn to the application's first instructions   median in µs
 *     whole     spawn to the end of an application that does nothing
 *     forward   SIGUSR1 to init until the application answers   median in µs
 *     stop      SIGTERM to init until init has ended            median in µs
 *     memory    resident set while it waits                     kB
 *     idle      times that init woke up in COUNT seconds        wake-ups
 *     early     SIGTERM to PID 1, COUNT trials at each of 0 to 3 ms after exec: lost, and lost
 *               although init had blocked or caught it before it was sent
 *     orphans   COUNT orphans as PID 1: ms; exit status 0: none is left
 *
 * Prints one line a command.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COMMANDS_MAX = 32, WORDS_MAX = 16, STACK_BYTES = 64 << 10, ANSWERS = 3 };
enum { EARLY_STEPS = 7, EARLY_STEP_US = 500, EARLY_WAIT_MS = 400, EARLY_UNHELD_MS = 100 };

struct command {
	const char *root;
	char *words[WORDS_MAX];
	double *samples;
};

struct running {
	pid_t pid;
	int answers; /* what the application writes to descriptor 3 */
};

static struct command commands[COMMANDS_MAX];
static int command_count;
static char child_stack[STACK_BYTES];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void commands_read(char **argv)
{
	while (*argv) {
		struct command *command = &commands[command_count++];
		int words = 0;

		if (command_count == COMMANDS_MAX)
			exit(2);
		command->root = *argv++;
		while (*argv && strcmp(*argv, ";") != 0 && words < WORDS_MAX - 1)
			command->words[words++] = *argv++;
		if (*argv)
			argv++;
	}
}

struct start {
	const struct command *command;
	int answers;  /* becomes descriptor 3 of the child; -1: none */
	int executed; /* closed when the child executes; -1: none */
	bool has_proc;
};

static int child_run(void *argument)
{
	static char *environment[] = {(char *)"PATH=/bin", (char *)"TINI_VERBOSITY=0", NULL};
	const struct start *start = argument;

	if (start->answers >= 0 && dup2(start->answers, ANSWERS) < 0)
		_exit(98);
	if (chroot(start->command->root) < 0 || chdir("/") < 0)
		_exit(98);
	if (start->has_proc && mount("proc", "/proc", "proc", 0, NULL) < 0)
		_exit(97);
	execve(start->command->words[0], start->command->words, environment);
	_exit(99);
}

/* As vfork(2): neither the size of this program nor its page tables are in the figures. */
static pid_t child_start(struct start *start, int flags)
{
	pid_t pid = clone(child_run, child_stack + STACK_BYTES, flags | SIGCHLD, start);

	if (pid < 0)
		die("clone (needs root)");
	return pid;
}

static struct running run(const struct command *command)
{
	struct start start = {.command = command};
	struct running running;
	int pair[2];
	char c;

	if (pipe2(pair, O_CLOEXEC) < 0)
		die("pipe");
	start.answers = pair[1];
	start.executed = -1;
	running.pid = child_start(&start, CLONE_VM | CLONE_VFORK);
	close(pair[1]);
	running.answers = pair[0];
	if (read(pair[0], &c, 1) != 1 || c != 'r') {
		fprintf(stderr, "%s: the application does not run\n", command->words[0]);
		exit(1);
	}
	return running;
}

static int running_end(struct running *running)
{
	int status;

	waitpid(running->pid, &status, 0);
	close(running->answers);
	return status;
}

static double start_measure(const struct command *command)
{
	double begin = now_us();
	struct running running = run(command);
	double started = now_us() - begin;
	int status = running_end(&running);

	if (status != 0) {
		fprintf(stderr, "%s: status %x\n", command->words[0], (unsigned int)status);
		exit(1);
	}
	return started;
}

static double whole_measure(const struct command *command)
{
	struct start start = {.command = command, .answers = -1, .executed = -1};
	double begin = now_us();
	pid_t pid = child_start(&start, CLONE_VM | CLONE_VFORK);

	waitpid(pid, NULL, 0);
	return now_us() - begin;
}

static double stop_measure(const struct command *command)
{
	struct running running = run(command);
	double begin = now_us();

	kill(running.pid, SIGTERM);
	running_end(&running);
	return now_us() - begin;
}

static double forward_measure(const struct command *command)
{
	struct running running = run(command);
	double best = 1e9;
	char c;

	for (int i = 0; i < 5; i++) {
		double begin = now_us();

		kill(running.pid, SIGUSR1);
		if (read(running.answers, &c, 1) != 1)
			die("answer");
		begin = now_us() - begin;
		best = begin < best ? begin : best;
	}
	kill(running.pid, SIGTERM);
	running_end(&running);
	return best;
}

static long status_field(pid_t pid, const char *file, const char *name)
{
	char path[64], line[256];
	long value = -1;
	FILE *stream;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	stream = fopen(path, "r");
	while (stream && fgets(line, sizeof(line), stream)) {
		if (strncmp(line, name, strlen(name)) == 0)
			value = strtol(line + strlen(name), NULL, 10);
	}
	if (stream)
		fclose(stream);
	return value;
}

static double memory_measure(const struct command *command)
{
	struct running running = run(command);
	long kilobytes;

	usleep(300000); /* init gives memory back when the application has started */
	kilobytes = status_field(running.pid, "smaps_rollup", "Rss:");
	kill(running.pid, SIGTERM);
	running_end(&running);
	return (double)kilobytes;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static void turns(double (*measure)(const struct command *), int count)
{
	for (int i = 0; i < command_count; i++)
		commands[i].samples = calloc((size_t)count, sizeof(double));
	for (int i = 0; i < count; i++) {
		for (int j = 0; j < command_count; j++)
			commands[j].samples[i] = measure(&commands[j]);
	}
	for (int i = 0; i < command_count; i++) {
		qsort(commands[i].samples, (size_t)count, sizeof(double), compare);
		printf("%.2f\n", commands[i].samples[count / 2]);
	}
}

static void idle(int seconds)
{
	struct running running[COMMANDS_MAX];
	long before[COMMANDS_MAX];

	for (int i = 0; i < command_count; i++)
		running[i] = run(&commands[i]);
	sleep(1);
	for (int i = 0; i < command_count; i++)
		before[i] = status_field(running[i].pid, "status", "voluntary_ctxt_switches:");
	sleep((unsigned int)seconds);
	for (int i = 0; i < command_count; i++) {
		printf("%ld\n", status_field(running[i].pid, "status", "voluntary_ctxt_switches:") -
					before[i]);
		kill(running[i].pid, SIGTERM);
		running_end(&running[i]);
	}
}

static bool signal_is_held(pid_t pid)
{
	char path[64], text[4096];
	const char *names[] = {"SigBlk:", "SigCgt:"};
	unsigned long long held = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	for (int i = 0; i < 2; i++) {
		const char *found = strstr(text, names[i]);

		if (found)
			held |= strtoull(found + strlen(names[i]), NULL, 16);
	}
	return held >> (SIGTERM - 1) & 1;
}

static bool ends_within(pid_t pid, int ms)
{
	for (int i = 0; i < ms * 5; i++) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return true;
		usleep(200);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return false;
}

/* Asleep, so that we take no processor from the one who is to be signalled. */
static void delay_sleep(double delay_us)
{
	struct timespec delay = {.tv_nsec = (long)(delay_us * 1e3)};

	if (delay_us > 0)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &delay, NULL);
}

/* One SIGTERM to a PID 1, @delay_us after its exec. */
static bool early_is_lost(const struct command *command, double delay_us, bool *ret_held)
{
	struct start start = {.command = command};
	int executed[2], answers[2];
	pid_t pid;
	bool ended;
	char c;

	if (pipe2(executed, O_CLOEXEC) < 0 || pipe2(answers, O_CLOEXEC) < 0)
		die("pipe");
	start.answers = answers[1];
	start.executed = executed[1];
	pid = child_start(&start, CLONE_NEWPID);
	close(executed[1]);
	close(answers[1]);
	(void)!read(executed[0], &c, 1);
	delay_sleep(delay_us);
	*ret_held = signal_is_held(pid);
	kill(pid, SIGTERM);
	/* Sent before init's first call it may well be lost; else it must not be, so that a busy
	 * machine gets more time. */
	ended = ends_within(pid, *ret_held ? EARLY_WAIT_MS : EARLY_UNHELD_MS);
	close(executed[0]);
	close(answers[0]);
	return !ended;
}

static void early(int count)
{
	for (int i = 0; i < command_count; i++) {
		int lost = 0;
		int lost_held = 0;

		for (int j = 0; j < count * EARLY_STEPS; j++) {
			bool held;

			if (!early_is_lost(&commands[i], (double)(j % EARLY_STEPS) * EARLY_STEP_US,
					   &held))
				continue;
			lost++;
			lost_held += held;
		}
		printf("%d %d\n", lost, lost_held);
	}
}

static void orphans(void)
{
	for (int i = 0; i < command_count; i++) {
		struct start start = {
			.command = &commands[i], .answers = -1, .executed = -1, .has_proc = true};
		double begin = now_us();
		pid_t pid = child_start(&start, CLONE_NEWPID | CLONE_NEWNS);
		int status;

		waitpid(pid, &status, 0);
		printf("%.0f %d\n", (now_us() - begin) / 1e3,
		       WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 3 ? argv[1] : "";
	int count = argc > 3 ? atoi(argv[2]) : 0;

	if (count <= 0)
		return 2;
	commands_read(argv + 3);
	prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0); /* else each sleep is 50 us longer */
	if (strcmp(what, "start") == 0)
		turns(start_measure, count);
	else if (strcmp(what, "whole") == 0)
		turns(whole_measure, count);
	else if (strcmp(what, "forward") == 0)
		turns(forward_measure, count);
	else if (strcmp(what, "stop") == 0)
		turns(stop_measure, count);
	else if (strcmp(what, "memory") == 0)
		turns(memory_measure, count);
	else if (strcmp(what, "idle") == 0)
		idle(count);
	else if (strcmp(what, "early") == 0)
		early(count);
	else if (strcmp(what, "orphans") == 0)
		orphans();
	else
		return 2;
	return 0;
}
