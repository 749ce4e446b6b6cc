/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thresh-agent supervise --listener FD --output FD --table FD [--threads N]
 *
 * Ends when no process is left under the listener's filter, or when nobody reads the output.
 */
#include "agent.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct agent agent;

static int usage(void)
{
	static const char text[] = "usage: thresh-agent supervise --listener FD --output FD "
				   "--table FD [--threads N]\n";

	return write(2, text, sizeof(text) - 1) < 0 ? 7 : 2;
}

static int fail(const char *what)
{
	dprintf(2, "thresh-agent: %s: %s\n", what, strerror(errno));
	return 7;
}

struct options {
	int listener, output, table, threads;
};

static bool options_parse(int argc, char **argv, struct options *options)
{
	if (argc < 2 || strcmp(argv[1], "supervise") != 0 || argc % 2 != 0)
		return false;
	for (int i = 2; i < argc; i += 2) {
		char *end;
		long value = strtol(argv[i + 1], &end, 10);

		if (*end || end == argv[i + 1] || value < 0 || value > 1 << 20)
			return false;
		if (strcmp(argv[i], "--listener") == 0)
			options->listener = (int)value;
		else if (strcmp(argv[i], "--output") == 0)
			options->output = (int)value;
		else if (strcmp(argv[i], "--table") == 0)
			options->table = (int)value;
		else if (strcmp(argv[i], "--threads") == 0 && value >= 1 && value <= 64)
			options->threads = (int)value;
		else
			return false;
	}
	return options->listener >= 0 && options->output >= 0 && options->table >= 0;
}

/* Waits until all traced processes are gone (true) or the reader is (false). */
static bool wait_for_end(int listener, int output)
{
	struct pollfd fds[2] = {{.fd = listener}, {.fd = output}};

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return false;
		if (fds[1].revents & POLLERR)
			return false;
		if (fds[0].revents & (POLLHUP | POLLERR))
			return true;
	}
}

int main(int argc, char **argv)
{
	struct options options = {.listener = -1, .output = -1, .table = -1, .threads = 2};

	if (!options_parse(argc, argv, &options))
		return usage();
	signal(SIGPIPE, SIG_IGN);
	/* A terminal's signals are for thresh, which ends the application; we end after it. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (!agent_init(&agent, options.listener, options.output, options.table))
		return fail("cannot start");
	for (int i = 0; i < options.threads; i++) {
		pthread_t thread;
		int result = pthread_create(&thread, NULL, agent_supervise, &agent);

		if (result != 0) {
			errno = result;
			return fail("cannot start a thread");
		}
	}
	if (!wait_for_end(options.listener, options.output))
		return 1;
	return record_finish(&agent) ? 0 : 1;
}
