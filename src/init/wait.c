/* SPDX-License-Identifier: Apache-2.0 */
#include "init/wait.h"

#include "init/init.h"
#include "init/launch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { INTERVAL_MS = 20 };

/* 127.A.B.C, as the grammar has checked it. */
static uint32_t address_of(const char *text)
{
	uint32_t address = 0;
	uint32_t number = 0;

	for (;; text++) {
		if (*text >= '0' && *text <= '9') {
			number = number * 10 + (uint32_t)(*text - '0');
			continue;
		}
		address = address << 8 | number;
		number = 0;
		if (*text == '\0')
			return htonl(address);
	}
}

bool wait_tcp_answers(const char *address, uint16_t port)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
	bool is_six = strchr(address, ':');
	bool answers;
	int fd = socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return false;
	six.sin6_addr = (struct in6_addr)IN6ADDR_LOOPBACK_INIT;
	four.sin_addr.s_addr = address_of(address);
	/* On loopback a connection is there at once, or refused. */
	answers = is_six ? connect(fd, (struct sockaddr *)&six, sizeof(six)) == 0
			 : connect(fd, (struct sockaddr *)&four, sizeof(four)) == 0;
	close(fd);
	return answers;
}

void wait_for(const struct plan *plan, const struct plan_directive *directive)
{
	const char *address = plan_word(directive, 1);
	const char *word = plan_word_next(address);
	uint32_t port = 0;
	uint32_t timeout_ms = 0;
	int64_t deadline_ms;

	plan_decimal(word, UINT16_MAX, &port);
	plan_decimal(plan_word_next(word), UINT32_MAX, &timeout_ms);
	deadline_ms = launch_now_ms() + timeout_ms;
	while (!wait_tcp_answers(address, (uint16_t)port)) {
		int signal_number;

		if (launch_now_ms() >= deadline_ms)
			init_fail_why(directive, 1, address, "nothing listens there");
		signal_number = launch_wait(plan, INTERVAL_MS);
		if (signal_number)
			_exit(128 + signal_number);
	}
}
