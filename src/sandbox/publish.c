/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Published ports: a forked helper accepts on a socket of the host and connects inside, until it is
 * killed or thresh dies. The listening socket keeps the host's network when the helper leaves it.
 */
#include "base/error.h"
#include "base/fd.h"
#include "sandbox/internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	CONNECTIONS_MAX = 512,
	BUFFER_BYTES = 65536,
	BACKLOG = 128,
};

/* One direction: what was read from one end and not yet written to the other. */
struct flow {
	uint8_t *buffer;
	size_t start, end;
	bool ended; /* the reader saw end of file */
	bool shut;  /* and the writer was told */
};

struct connection {
	int fds[2];           /* outside, inside */
	struct flow flows[2]; /* from fds[i] to fds[1 - i] */
};

static int connect_inside(uint16_t port)
{
	const struct sockaddr_in v4 = {.sin_family = AF_INET,
				       .sin_port = htons(port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
					.sin6_port = htons(port),
					.sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&v4, sizeof(v4)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&v6, sizeof(v6)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static void connection_free(gpointer data)
{
	struct connection *c = data;

	for (int i = 0; i < 2; i++) {
		close(c->fds[i]);
		g_free(c->flows[i].buffer);
	}
	g_free(c);
}

static void accept_one(int listen_fd, uint16_t port, GPtrArray *connections)
{
	autofd int outside = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
	autofd int inside = outside < 0 ? -1 : connect_inside(port);
	struct connection *c;

	if (inside < 0)
		return;
	c = g_new0(struct connection, 1);
	c->fds[0] = fd_steal(&outside);
	c->fds[1] = fd_steal(&inside);
	c->flows[0].buffer = g_malloc(BUFFER_BYTES);
	c->flows[1].buffer = g_malloc(BUFFER_BYTES);
	g_ptr_array_add(connections, c);
}

/* Moves what can be moved without waiting; false when the connection is broken. */
static bool pump(struct connection *c, int i)
{
	struct flow *f = &c->flows[i];
	ssize_t n;

	if (f->start == f->end && !f->ended) {
		n = recv(c->fds[i], f->buffer, BUFFER_BYTES, MSG_DONTWAIT);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		f->start = 0;
		f->end = (size_t)n;
		f->ended = n == 0;
	}
	if (f->start < f->end) {
		n = send(c->fds[1 - i], f->buffer + f->start, f->end - f->start,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		f->start += (size_t)n;
	}
	if (f->ended && !f->shut) {
		shutdown(c->fds[1 - i], SHUT_WR);
		f->shut = true;
	}
	return true;
}

static short wanted_events(const struct connection *c, int i)
{
	const struct flow *from = &c->flows[i], *to = &c->flows[1 - i];
	short events = 0;

	if (from->start == from->end && !from->ended)
		events |= POLLIN;
	if (to->start < to->end)
		events |= POLLOUT;
	return events;
}

static bool is_over(const struct connection *c)
{
	return c->flows[0].shut && c->flows[1].shut;
}

static void serve(int listen_fd, uint16_t port, GPtrArray *connections)
{
	g_autofree struct pollfd *polls = g_new0(struct pollfd, 1 + 2 * connections->len);
	guint count = connections->len;

	polls[0] =
		(struct pollfd){.fd = count < CONNECTIONS_MAX ? listen_fd : -1, .events = POLLIN};
	for (guint i = 0; i < count; i++) {
		const struct connection *c = g_ptr_array_index(connections, i);

		for (int end = 0; end < 2; end++) {
			short events = wanted_events(c, end);

			/* An end from which nothing is wanted would report its hang-up for ever. */
			polls[1 + 2 * i + (guint)end] =
				(struct pollfd){.fd = events ? c->fds[end] : -1, .events = events};
		}
	}
	if (poll(polls, 1 + 2 * count, -1) < 0)
		return;
	for (guint i = count; i-- > 0;) {
		struct connection *c = g_ptr_array_index(connections, i);

		if (!polls[1 + 2 * i].revents && !polls[2 + 2 * i].revents)
			continue;
		if (!pump(c, 0) || !pump(c, 1) || is_over(c))
			g_ptr_array_remove_index_fast(connections, i);
	}
	if (polls[0].revents & POLLIN)
		accept_one(listen_fd, port, connections);
}

static void G_GNUC_NORETURN publish_main(const struct sandbox *sandbox, int listen_fd,
					 uint16_t port, pid_t parent)
{
	int keep[] = {listen_fd, sandbox->holder_fd};
	GPtrArray *connections = g_ptr_array_new_with_free_func(connection_free);

	setsid();
	close_all_but(keep, G_N_ELEMENTS(keep));
	if (!sandbox_join(sandbox, CLONE_NEWNET, NULL) || !die_with_parent(parent))
		_exit(1);
	for (;;)
		serve(listen_fd, port, connections);
}

static int listen_on(const char *address, uint16_t port, GError **error)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				       .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
	g_autofree char *service = g_strdup_printf("%u", port);
	struct addrinfo *found = NULL;
	const int on = 1;
	int fd, result = getaddrinfo(address, service, &hints, &found);

	if (result != 0) {
		error_set(error, THRESH_ERROR_USAGE, "publish %s:%u: %s", address, port,
			  gai_strerror(result));
		return -1;
	}
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, found->ai_addr, found->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0) {
		error_set_errno(error, THRESH_ERROR_INPUT, errno, "publish %s:%u", address, port);
		fd_cleanup(&fd);
	}
	freeaddrinfo(found);
	return fd;
}

bool sandbox_publish(struct sandbox *sandbox, const char *host_address, uint16_t host_port,
		     uint16_t port, GError **error)
{
	const char *address = host_address ? host_address : "127.0.0.1";
	autofd int fd = listen_on(address, host_port, error);
	pid_t parent = getpid(), child;

	if (fd < 0)
		return false;
	child = fork();
	if (child == 0)
		publish_main(sandbox, fd, port, parent);
	if (child < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "publish: fork");
	g_array_append_val(sandbox->helpers, child);
	return true;
}
