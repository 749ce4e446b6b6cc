/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tell serve [--port N] [--config FILE]... [--mode PATH]... [WORD]...: an application that answers
 * over HTTP with what it was given: its arguments, the variables APP_*, the configuration files,
 * the modes of paths, its umask. One process, one answer at a time. tell index DIRECTORY FILE: a
 * helper: the names in DIRECTORY, sorted, into FILE. tell attempt FILE N: a helper that fails until
 * its Nth call: FILE counts.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static char answer[1 << 16];
static size_t used;

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(answer + used, sizeof answer - used, format, arguments);
	va_end(arguments);
	if (length > 0 && used + (size_t)length < sizeof answer) {
		used += (size_t)length;
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void say_environment(void)
{
	char *names[256];
	size_t count = 0;
	extern char **environ;
	for (char **entry = environ; *entry != NULL && count < 256; entry++) {
		if (strncmp(*entry, "APP_", 4) == 0) {
			names[count++] = *entry;
		}
	}
	qsort(names, count, sizeof *names, by_name);
	for (size_t i = 0; i < count; i++) {
		if (strncmp(names[i], "APP_SECRET=", 11) ==
		    0) { /* another one in each volume: /secret tells it */
			say("APP_SECRET of %zu characters\n", strlen(names[i]) - 11);
		} else {
			say("%s\n", names[i]);
		}
	}
}

static void say_file(const char *path)
{
	FILE *file = fopen(path, "re");
	char line[4096];
	if (file == NULL) {
		say("%s: absent\n", path);
		return;
	}
	while (fgets(line, sizeof line, file) != NULL) {
		say("%s: %s", path, line);
	}
	fclose(file);
}

static void say_mode(const char *path)
{
	struct stat status;
	if (lstat(path, &status) != 0) {
		say("%s: absent\n", path);
	} else {
		say("%s: mode %o\n", path, (unsigned)(status.st_mode & 07777));
	}
}

static void say_all(int argc, char **argv)
{
	mode_t mask = umask(0);
	umask(mask);
	for (int i = 2; i < argc; i++) {
		say("argument %s\n", argv[i]);
	}
	say("umask %03o\n", (unsigned)mask);
	say_environment();
	for (int i = 2; i + 1 < argc; i++) {
		if (strcmp(argv[i], "--config") == 0) {
			say_file(argv[++i]);
		} else if (strcmp(argv[i], "--mode") == 0) {
			say_mode(argv[++i]);
		}
	}
}

static void serve_one(int client, int argc, char **argv)
{
	char request[2048];
	ssize_t got = read(client, request, sizeof request - 1);
	request[got > 0 ? got : 0] = '\0';
	used = 0;
	if (strncmp(request, "GET /secret ", 12) == 0) {
		say("%s\n", getenv("APP_SECRET") ?: "");
	} else {
		say_all(argc, argv);
	}
	dprintf(client, "HTTP/1.0 200 OK\r\nContent-Length: %zu\r\n\r\n%s", used, answer);
	close(client);
}

static void stop(int signal)
{
	(void)signal;
	static const char text[] = "tell: stopped\n";
	_exit(write(1, text, sizeof text - 1) > 0 ? 0 : 1);
}

static int port_of(int argc, char **argv)
{
	for (int i = 2; i + 1 < argc; i++) {
		if (strcmp(argv[i], "--port") == 0) {
			return atoi(argv[i + 1]);
		}
	}
	return 8080;
}

static int serve(int argc, char **argv)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((uint16_t)port_of(argc, argv))};
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
	signal(SIGTERM, stop);
	signal(SIGINT, stop);
	signal(SIGPIPE, SIG_IGN);
	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (bind(server, (struct sockaddr *)&address, sizeof address) != 0 ||
	    listen(server, 64) != 0) {
		perror("tell");
		return 1;
	}
	for (;;) {
		int client = accept4(server, NULL, NULL, SOCK_CLOEXEC);
		if (client >= 0) {
			serve_one(client, argc, argv);
		}
	}
}

static int write_index(const char *directory, const char *path)
{
	struct dirent **names;
	int count = scandir(directory, &names, NULL, alphasort);
	FILE *file = fopen(path, "we");
	if (count < 0 || file == NULL) {
		perror(count < 0 ? directory : path);
		return 1;
	}
	for (int i = 0; i < count; i++) {
		if (names[i]->d_name[0] != '.') {
			fprintf(file, "indexed %s\n", names[i]->d_name);
		}
	}
	return fclose(file) == 0 ? 0 : 1;
}

static int attempt(const char *path, int wanted)
{
	FILE *file = fopen(path, "a+e");
	if (file == NULL || fputc('x', file) == EOF || fflush(file) != 0) {
		perror(path);
		return 1;
	}
	fseek(file, 0, SEEK_END);
	if (ftell(file) < wanted) {
		fprintf(stderr, "tell: not yet\n");
		return 1;
	}
	return 0;
}

static int ready(int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return connect(client, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc >= 2 && strcmp(argv[1], "serve") == 0) {
		return serve(argc, argv);
	}
	if (argc == 4 && strcmp(argv[1], "index") == 0) {
		return write_index(argv[2], argv[3]);
	}
	if (argc == 4 && strcmp(argv[1], "attempt") == 0) {
		return attempt(argv[2], atoi(argv[3]));
	}
	if (argc == 3 && strcmp(argv[1], "ready") == 0) {
		return ready(atoi(argv[2]));
	}
	fprintf(stderr, "usage: tell serve|index|attempt|ready ...\n");
	return 2;
}
