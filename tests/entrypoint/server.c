/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The programs of the scripts in tests/unit/entrypoint/start.c, in one static file.
 *
 *     server listen PORT | socket PATH | connect PORT|PATH | try PORT | many DIRECTORY COUNT | big
 * PATH | undumpable PATH | traceme PATH | daemon PORT | signal PID
 *
 * connect waits for somebody to listen: a script of the tests that goes on behind it has its
 * server.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_in local(const char *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((uint16_t)atoi(port))};

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

/* @ready: is closed when it listens, or -1. */
static int serve(int fd, int ready)
{
	if (listen(fd, 8) != 0)
		return 1;
	close(ready);
	for (;;)
		close(accept(fd, NULL, NULL));
}

static int serve_port(const char *port, int ready)
{
	struct sockaddr_in address = local(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return bind(fd, (struct sockaddr *)&address, sizeof(address)) ? 1 : serve(fd, ready);
}

static int serve_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	return bind(fd, (struct sockaddr *)&address, sizeof(address)) ? 1 : serve(fd, -1);
}

static int try_port(const char *port)
{
	struct sockaddr_in address = local(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int failed = connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0;

	close(fd);
	return failed;
}

static int try_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	int failed;

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	failed = connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0;
	close(fd);
	return failed;
}

static int call(const char *where, const char *from)
{
	char input[65536];

	if (from)
		dup2(open(from + strlen("--from="), O_RDONLY), 0);
	while (read(0, input, sizeof(input)) > 0)
		;
	while (*where == '/' ? try_socket(where) : try_port(where))
		usleep(10000);
	return 0;
}

static int write_file(const char *path, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	char *data = calloc(1, size);
	int failed = fd < 0 || write(fd, data, size) != (ssize_t)size;

	free(data);
	close(fd);
	return failed;
}

static int write_many(const char *directory, const char *count)
{
	char path[4096];

	for (int i = 0; i < atoi(count); i++) {
		snprintf(path, sizeof(path), "%s/%d", directory, i);
		if (write_file(path, 1))
			return 1;
	}
	return 0;
}

static int daemonize(const char *port)
{
	int ends[2];
	char byte;

	if (pipe(ends) != 0)
		return 1;
	if (fork() == 0) {
		close(ends[0]);
		setsid();
		exit(serve_port(port, ends[1]));
	}
	close(ends[1]);
	return read(ends[0], &byte, 1) != 0;
}

static int dispatch(const char *verb, char **arguments)
{
	if (strcmp(verb, "listen") == 0)
		return serve_port(arguments[0], -1);
	if (strcmp(verb, "socket") == 0)
		return serve_socket(arguments[0]);
	if (strcmp(verb, "connect") == 0)
		return call(arguments[0], arguments[1]);
	if (strcmp(verb, "try") == 0)
		return try_port(arguments[0]);
	if (strcmp(verb, "daemon") == 0)
		return daemonize(arguments[0]);
	if (strcmp(verb, "many") == 0)
		return write_many(arguments[0], arguments[1]);
	if (strcmp(verb, "big") == 0)
		return write_file(arguments[0], 3 << 20);
	if (strcmp(verb, "undumpable") == 0)
		return prctl(PR_SET_DUMPABLE, 0) || write_file(arguments[0], 3);
	if (strcmp(verb, "traceme") == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		return write_file(arguments[0], 3);
	}
	if (strcmp(verb, "signal") == 0)
		return kill(atoi(arguments[0]), SIGTERM) != 0;
	return 2;
}

int main(int argc, char **argv)
{
	return argc < 3 ? 2 : dispatch(argv[1], argv + 2);
}
