/* SPDX-License-Identifier: Apache-2.0 */
/* `trap daemon PORT`: forks twice and serves; `trap serve PORT`: serves where it stands; `trap
 * fast`: what a library that the loader chooses by CPU says. Each answer is one line, without HTTP.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

const char *fast_level(void);

static int serve(int port, const char *text)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((unsigned short)port)};
	int server = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	signal(SIGPIPE, SIG_IGN);
	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(server, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(server, 16) < 0) {
		perror("listen");
		return 1;
	}
	for (;;) {
		int client = accept(server, NULL, NULL);

		if (client < 0)
			continue;
		if (write(client, text, strlen(text)) < 0)
			perror("write");
		close(client);
	}
}

static int daemonize(int port)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid < 0;
	setsid();
	pid = fork();
	if (pid != 0)
		_exit(pid < 0);
	if (chdir("/") < 0)
		return 1;
	return serve(port, "forked twice\n");
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "daemon") == 0)
		return daemonize(atoi(argv[2]));
	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		return serve(atoi(argv[2]), "by capability\n");
	if (argc == 2 && strcmp(argv[1], "fast") == 0)
		return printf("%s\n", fast_level()) < 0;
	return 2;
}
