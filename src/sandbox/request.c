/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/request.h"

#include "base/error.h"
#include "base/fd.h"
#include "sandbox/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	REPLY_MAX_BYTES = HTTP_BODY_MAX_BYTES + (1 << 20),
};

/* --- where to --- */

static bool is_wildcard(const struct sandbox_listener *l)
{
	static const uint8_t zero[16];

	return memcmp(l->address, zero, 16) == 0;
}

static void add_target(GArray *targets, const struct target *target)
{
	for (guint i = 0; i < targets->len; i++) {
		const struct target *t = &g_array_index(targets, struct target, i);

		if (t->ipv6 == target->ipv6 && memcmp(t->address, target->address, 16) == 0)
			return;
	}
	g_array_append_val(targets, *target);
}

GArray *targets_of(const GArray *listeners, uint16_t port)
{
	const struct target v4 = {.address = {127, 0, 0, 1}};
	const struct target v6 = {.ipv6 = true, .address = {[15] = 1}};
	GArray *targets = g_array_new(FALSE, FALSE, sizeof(struct target));

	for (guint i = 0; listeners && i < listeners->len; i++) {
		const struct sandbox_listener *l =
			&g_array_index(listeners, struct sandbox_listener, i);
		struct target target = {.ipv6 = l->ipv6};

		if (!l->tcp || l->port != port || is_wildcard(l))
			continue;
		memcpy(target.address, l->address, 16);
		add_target(targets, &target);
	}
	add_target(targets, &v4);
	add_target(targets, &v6);
	return targets;
}

/* --- inside --- */

struct request {
	enum request_kind kind;
	const GArray *targets;
	uint16_t port;
	const char *path;
	gint64 end;
	int timeout_ms;
};

/* What the child answers, followed by type, failure and body. */
struct reply {
	int32_t status;
	uint32_t is_http;
	uint32_t has_type;
	uint32_t type_bytes;
	uint32_t failure_bytes;
	uint32_t body_bytes;
};

static bool wait_for(int fd, short events, gint64 end)
{
	struct pollfd p = {.fd = fd, .events = events};
	gint64 left = (end - g_get_monotonic_time() + 999) / 1000;
	int n;

	do
		n = poll(&p, 1, (int)CLAMP(left, 0, G_MAXINT));
	while (n < 0 && errno == EINTR);
	if (n == 0)
		errno = ETIMEDOUT;
	return n > 0;
}

static int connect_to(const struct target *target, uint16_t port, gint64 end)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	const void *address = target->ipv6 ? (const void *)&v6 : (const void *)&v4;
	socklen_t size = target->ipv6 ? sizeof(v6) : sizeof(v4);
	int saved = 0;
	socklen_t saved_size = sizeof(saved);
	autofd int fd = socket(target->ipv6 ? AF_INET6 : AF_INET,
			       SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	memcpy(&v6.sin6_addr, target->address, 16);
	memcpy(&v4.sin_addr, target->address, 4);
	if (fd < 0)
		return -1;
	if (connect(fd, address, size) == 0)
		return fd_steal(&fd);
	if (errno != EINPROGRESS || !wait_for(fd, POLLOUT, end))
		return -1;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &saved, &saved_size) < 0 || saved != 0) {
		errno = saved ? saved : errno;
		return -1;
	}
	return fd_steal(&fd);
}

/* The first target that answers; the error is the first one's. */
static int connect_any(const struct request *r, GError **error)
{
	int saved = 0;

	for (guint i = 0; i < r->targets->len; i++) {
		int fd = connect_to(&g_array_index(r->targets, struct target, i), r->port, r->end);

		if (fd >= 0)
			return fd;
		if (saved == 0)
			saved = errno;
	}
	error_set_errno(error, THRESH_ERROR_NOT_READY, saved, "connect to port %u", r->port);
	return -1;
}

static bool send_all(int fd, const char *data, size_t size, gint64 end)
{
	while (size > 0) {
		ssize_t n = send(fd, data, size, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN && wait_for(fd, POLLOUT, end))
			continue;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		data += n;
		size -= (size_t)n;
	}
	return true;
}

static bool read_response(const struct request *r, int fd, struct http_response *response,
			  GError **error)
{
	uint8_t chunk[65536];

	while (!response->done) {
		ssize_t n = recv(fd, chunk, sizeof(chunk), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			if (wait_for(fd, POLLIN, r->end))
				continue;
			return error_set(error, THRESH_ERROR_NOT_READY, "no whole answer in %d ms",
					 r->timeout_ms);
		}
		if (n < 0)
			return error_set_errno(error, THRESH_ERROR_NOT_READY, errno, "read");
		if (n == 0)
			return http_response_end(response, error);
		if (!http_response_feed(response, chunk, (size_t)n, error))
			return false;
	}
	return true;
}

static bool get(const struct request *r, int fd, struct http_response *response, GError **error)
{
	g_autofree char *host =
		r->port == 80 ? g_strdup("127.0.0.1") : g_strdup_printf("127.0.0.1:%u", r->port);
	g_autofree char *text = g_strdup_printf("GET %s HTTP/1.1\r\n"
						"Host: %s\r\n"
						"User-Agent: thresh/" THRESH_VERSION "\r\n"
						"Accept: */*\r\n"
						"Connection: close\r\n"
						"\r\n",
						r->path, host);

	/* A server may answer and close before it has read all. */
	send_all(fd, text, strlen(text), r->end);
	return read_response(r, fd, response, error);
}

static int write_reply(int output_fd, const struct http_response *response, const char *failure)
{
	struct reply reply = {
		.status = response->status,
		.is_http = response->status != 0,
		.has_type = response->type != NULL,
		.type_bytes = response->type ? (uint32_t)strlen(response->type) : 0,
		.failure_bytes = failure ? (uint32_t)strlen(failure) : 0,
		.body_bytes = response->body->len,
	};

	return fd_write_all(output_fd, &reply, sizeof(reply), NULL) &&
			       fd_write_all(output_fd, response->type, reply.type_bytes, NULL) &&
			       fd_write_all(output_fd, failure, reply.failure_bytes, NULL) &&
			       fd_write_all(output_fd, response->body->data, reply.body_bytes, NULL)
		       ? 0
		       : 1;
}

static int request_inside(int output_fd, void *user)
{
	struct request *r = user;
	g_autoptr(GError) error = NULL;
	autoresponse struct http_response *response = http_response_new();
	autofd int fd = -1;
	bool ok;

	r->end = g_get_monotonic_time() + (gint64)r->timeout_ms * 1000;
	fd = connect_any(r, &error);
	ok = fd >= 0;
	if (ok && r->kind != REQUEST_TCP)
		ok = get(r, fd, response, &error);
	if (!ok && fd >= 0 && r->kind == REQUEST_EITHER && response->status == 0)
		ok = true; /* it listens, and is no HTTP server */
	return write_reply(output_fd, response, ok ? NULL : error->message);
}

/* --- outside --- */

static char *take_text(const uint8_t *data, uint32_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);

	return g_utf8_make_valid(text, -1);
}

static bool parse_reply(GBytes *bytes, struct answer *answer)
{
	gsize size;
	const uint8_t *data = g_bytes_get_data(bytes, &size);
	struct reply reply;
	uint64_t sum;

	if (size < sizeof(reply))
		return false;
	memcpy(&reply, data, sizeof(reply));
	sum = (uint64_t)sizeof(reply) + reply.type_bytes + reply.failure_bytes + reply.body_bytes;
	if (sum != size)
		return false;
	data += sizeof(reply);
	answer->status = reply.status;
	if (reply.has_type)
		answer->type = take_text(data, reply.type_bytes);
	data += reply.type_bytes;
	if (reply.failure_bytes > 0)
		answer->failure = take_text(data, reply.failure_bytes);
	data += reply.failure_bytes;
	if (reply.is_http)
		answer->body = g_bytes_new(data, reply.body_bytes);
	answer->http = reply.is_http;
	return true;
}

struct answer *request_make(struct sandbox *sandbox, enum request_kind kind, const GArray *targets,
			    uint16_t port, const char *path, const char *text, int timeout_ms)
{
	struct request request = {
		.kind = kind,
		.targets = targets,
		.port = port,
		.path = path ? path : "/",
		.timeout_ms = timeout_ms,
	};
	struct answer *answer = g_new0(struct answer, 1);
	g_autoptr(GError) error = NULL;
	/* The child ends by itself in time; the second is for its start and its answer. */
	g_autoptr(GBytes) reply = sandbox_call(sandbox, false, request_inside, &request,
					       REPLY_MAX_BYTES, timeout_ms + 1000, &error);

	answer->port = port;
	if (!reply)
		answer->failure = g_strdup(error->message);
	else if (!parse_reply(reply, answer))
		answer->failure = g_strdup("a damaged answer from the helper");
	if (text)
		answer->request = g_strdup(text);
	else if (answer->http)
		answer->request = g_strdup_printf("GET http://:%u%s", port, request.path);
	else
		answer->request = g_strdup_printf("tcp://:%u", port);
	return answer;
}
