/* SPDX-License-Identifier: Apache-2.0 */
/* A static program with nothing beside it: `hello serve PORT`, `hello greet NAME`. It serves "/",
 * and
 * "/motd" from a file that is opened when it is asked for. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void on_signal(int number)
{
	(void)number;
	_exit(0);
}

static void answer(int client, const char *status, const char *body)
{
	char text[4096];
	int n = snprintf(text, sizeof(text),
			 "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n"
			 "Connection: close\r\n\r\n%s",
			 status, strlen(body), body);

	if (write(client, text, (size_t)n) < 0)
		perror("write");
}

static void handle(int client)
{
	char request[2048] = "", text[1024] = "";
	ssize_t n = read(client, request, sizeof(request) - 1);

	if (n <= 0)
		return;
	if (strncmp(request, "GET /motd ", 10) == 0) {
		FILE *file = fopen("/usr/share/hello/motd.txt", "r");

		if (!file || !fgets(text, sizeof(text), file))
			answer(client, "500 Internal Server Error", "no message\n");
		else
			answer(client, "200 OK", text);
		if (file)
			fclose(file);
	} else if (strncmp(request, "GET / ", 6) == 0) {
		answer(client, "200 OK", "hello from a static program\n");
	} else {
		answer(client, "404 Not Found", "nothing here\n");
	}
}

static int serve(int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((unsigned short)port)};
	int server = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	signal(SIGPIPE, SIG_IGN);
	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(server, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(server, 64) < 0) {
		perror("listen");
		return 1;
	}
	printf("listening on %d\n", port);
	fflush(stdout);
	for (;;) {
		int client = accept(server, NULL, NULL);

		if (client < 0)
			continue;
		handle(client);
		close(client);
	}
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		return serve(atoi(argv[2]));
	if (argc == 3 && strcmp(argv[1], "greet") == 0)
		return printf("hello, %s\n", argv[2]) < 0;
	fprintf(stderr, "usage: hello serve PORT | greet NAME\n");
	return 2;
}
