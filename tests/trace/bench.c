/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-trace RUNS PROGRAM [ARG]...: how much longer a program takes under the recorder, as the
 * ratio of medians, untraced, first run (every call) and later runs (paths and what is new), taken
 * in turns.
 */
#include "../unit/trace/traced.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_RUNS = 1000 };

static int compare(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static int64_t median(int64_t *times, int count)
{
	qsort(times, (size_t)count, sizeof(*times), compare);
	return times[count / 2];
}

static void exec_quietly(void *user)
{
	char *const *argv = user;
	int null = open("/dev/null", O_RDWR);

	dup2(null, 1);
	dup2(null, 2);
	execv(argv[0], argv);
}

static int64_t run_plain(char **argv)
{
	int go[2];
	gint64 begin;
	char byte;
	pid_t pid;

	if (pipe2(go, O_CLOEXEC) != 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		if (read(go[0], &byte, 1) != 1)
			_exit(127);
		exec_quietly(argv);
		_exit(127);
	}
	usleep(5000); /* until it waits, as the traced one does */
	begin = g_get_monotonic_time();
	if (write(go[1], "g", 1) != 1)
		abort();
	close(go[0]);
	close(go[1]);
	waitpid(pid, NULL, 0);
	return g_get_monotonic_time() - begin;
}

int main(int argc, char **argv)
{
	static const char *const nothing[] = {NULL};
	static int64_t plain[MAX_RUNS], first[MAX_RUNS], later[MAX_RUNS];
	autotree struct tree *tree = host_tree(nothing);
	struct recorder_options options = {.mode = RECORD_ALL, .tree = tree};
	struct traced_run known;
	int runs = argc > 2 ? atoi(argv[1]) : 0;

	if (runs < 1 || runs > MAX_RUNS) {
		fprintf(stderr, "usage: bench-trace RUNS PROGRAM [ARG]...\n");
		return 2;
	}
	traced_run(&options, exec_quietly, argv + 2, &known);
	for (int i = 0; i < runs; i++) {
		struct traced_run run;

		plain[i] = run_plain(argv + 2);
		options = (struct recorder_options){.mode = RECORD_ALL, .tree = tree};
		traced_run(&options, exec_quietly, argv + 2, &run);
		first[i] = run.elapsed_us;
		traced_run_clear(&run);
		options.mode = RECORD_PATHS;
		options.known = known.profile;
		traced_run(&options, exec_quietly, argv + 2, &run);
		later[i] = run.elapsed_us;
		if (run.lost)
			fprintf(stderr, "lost %llu events\n", (unsigned long long)run.lost);
		traced_run_clear(&run);
	}
	traced_run_clear(&known);
	printf("%s: untraced %lld us, every call %.2f, paths %.2f\n", argv[2],
	       (long long)median(plain, runs),
	       (double)median(first, runs) / (double)median(plain, runs),
	       (double)median(later, runs) / (double)median(plain, runs));
	return 0;
}
