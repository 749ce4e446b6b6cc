/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What runs below an init in the benchmark: static, so that its own start costs little.
 *
 *     application              ends at once
 *     application begin        says on descriptor 3 that it runs, and ends
 *     application wait         says on descriptor 3 that it runs; SIGUSR1 is answered there;
 * SIGTERM ends it application pause        says so, and has no handler application orphans N makes
 * N orphans, and ends with 0 when none of them is left in /proc
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWERS = 3, OTHERS = 2, TRIES = 3000, PAUSE_US = 10000 };

static void answer(int signal_number)
{
	(void)signal_number;
	(void)!write(ANSWERS, "u", 1);
}

static void say_ready(void)
{
	(void)!write(ANSWERS, "r", 1);
}

/* Processes in /proc: us and init. */
static int processes_count(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	int count = 0;

	while (dir && (entry = readdir(dir)))
		count += entry->d_name[0] >= '1' && entry->d_name[0] <= '9';
	if (dir)
		closedir(dir);
	return count;
}

static int orphans(int wanted)
{
	for (int i = 0; i < wanted; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			if (fork() == 0)
				_exit(0);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
	for (int i = 0; i < TRIES; i++) {
		int count = processes_count();

		if (count == OTHERS)
			return 0;
		usleep(PAUSE_US);
	}
	return 1;
}

int main(int argc, char **argv)
{
	if (argc == 1)
		return 0;
	if (strcmp(argv[1], "orphans") == 0)
		return orphans(atoi(argv[2]));
	if (strcmp(argv[1], "wait") == 0)
		signal(SIGUSR1, answer);
	say_ready();
	if (strcmp(argv[1], "begin") == 0)
		return 0;
	for (;;)
		pause();
}
