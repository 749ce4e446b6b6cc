/* SPDX-License-Identifier: Apache-2.0 */
/* A daemon of the old kind: insists on its directories' owner, on setgroups, setgid and setuid,
 * writes a pid file, keeps a log open, and chroots nowhere. Started as root. "/" and "/log";
 * "/again" does the insisting once more. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static FILE *log_file;

static void insist(int result, const char *what)
{
	if (result >= 0)
		return;
	fprintf(stderr, "insist: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void make_owned(const char *path, const struct passwd *user)
{
	if (mkdir(path, 0750) < 0 && errno != EEXIST)
		insist(-1, path);
	insist(chown(path, user->pw_uid, user->pw_gid), "chown");
	insist(chmod(path, 0750), "chmod");
}

static void drop(const struct passwd *user)
{
	insist(setgroups(1, &user->pw_gid), "setgroups");
	insist(setgid(user->pw_gid), "setgid");
	insist(setuid(user->pw_uid), "setuid");
	if (getuid() != user->pw_uid || geteuid() != user->pw_uid) {
		fprintf(stderr, "insist: still uid %d\n", (int)getuid());
		exit(1);
	}
}

static void write_pid(void)
{
	FILE *file = fopen("/run/insist/insist.pid", "w");

	insist(file ? 0 : -1, "/run/insist/insist.pid");
	fprintf(file, "%d\n", (int)getpid());
	fclose(file);
}

static void on_signal(int number)
{
	(void)number;
	unlink("/run/insist/insist.pid");
	_exit(0);
}

static void answer(int client, const char *status, const char *body)
{
	dprintf(client,
		"HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\nConnection: "
		"close\r\n\r\n%s",
		status, strlen(body), body);
}

static const char *spool(void)
{
	char text[32] = "";
	int fd = open("/var/spool/insist/job", O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, "spooled\n", 8) != 8 || pread(fd, text, 8, 0) != 8)
		return NULL;
	close(fd);
	return strcmp(text, "spooled\n") == 0 ? "spooled\n" : NULL;
}

static void handle(int client, const struct passwd *user)
{
	char request[2048] = "";
	const char *text = "hello from one that insists\n";

	if (read(client, request, sizeof(request) - 1) <= 0)
		return;
	fprintf(log_file, "%.*s\n", (int)strcspn(request, "\r\n"), request);
	fflush(log_file);
	if (strncmp(request, "GET /again ", 11) == 0) {
		make_owned("/var/spool/insist", user);
		insist(setgid(user->pw_gid), "setgid");
		insist(setuid(user->pw_uid), "setuid");
		text = "still the same\n";
	} else if (strncmp(request, "GET /spool ", 11) == 0) {
		text = spool();
	} else if (strncmp(request, "GET / ", 6) != 0) {
		answer(client, "404 Not Found", "nothing here\n");
		return;
	}
	answer(client, text ? "200 OK" : "500 Internal Server Error", text ? text : "failed\n");
}

int main(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(8080)};
	int server = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	const struct passwd *user = getpwnam("daemon");

	umask(027);
	insist(user ? 0 : -1, "no user daemon");
	make_owned("/run/insist", user);
	make_owned("/var/spool/insist", user);
	make_owned("/var/log/insist", user);
	log_file = fopen("/var/log/insist/insist.log", "a");
	insist(log_file ? 0 : -1, "/var/log/insist/insist.log");
	insist(fchown(fileno(log_file), user->pw_uid, user->pw_gid), "fchown");
	drop(user);
	write_pid();
	signal(SIGTERM, on_signal);
	signal(SIGPIPE, SIG_IGN);
	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	insist(bind(server, (struct sockaddr *)&address, sizeof(address)), "bind");
	insist(listen(server, 64), "listen");
	for (;;) {
		int client = accept(server, NULL, NULL);

		if (client < 0)
			continue;
		handle(client, user);
		close(client);
	}
}
