/* SPDX-License-Identifier: Apache-2.0 */
#include "init/http.h"

#include "init/init.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

enum { WINDOW_BYTES = 16 << 10, STATUS_LINE_BYTES = 12 }; /* "HTTP/1.1 200" */

INIT_LARGE static char request[PROBE_REQUEST_BYTES];
INIT_LARGE static char window[WINDOW_BYTES]; /* what has come, less what was already searched */

struct buffer {
	size_t length;
	bool is_full;
};

static void request_add(struct buffer *buffer, const char *text)
{
	size_t bytes = strlen(text);

	if (bytes > sizeof(request) - buffer->length) {
		buffer->is_full = true;
		return;
	}
	memcpy(request + buffer->length, text, bytes);
	buffer->length += bytes;
}

/* The length of the request, or 0 where it is too long. */
static size_t request_make(const struct probe *probe)
{
	struct buffer buffer = {0, false};

	request_add(&buffer, "GET ");
	request_add(&buffer, probe->path);
	request_add(&buffer, " HTTP/1.1\r\nHost: ");
	request_add(&buffer, probe->host);
	request_add(&buffer, "\r\nUser-Agent: thresh-init\r\nAccept: */*\r\nConnection: close\r\n");
	for (unsigned int i = 0; i < probe->header_count; i++) {
		request_add(&buffer, probe->headers[i]);
		request_add(&buffer, "\r\n");
	}
	request_add(&buffer, "\r\n");
	return buffer.is_full ? 0 : buffer.length;
}

static bool request_send(int fd, size_t length, int64_t deadline_ms)
{
	size_t sent = 0;

	while (sent < length) {
		ssize_t n = send(fd, request + sent, length - sent, MSG_NOSIGNAL);

		if (n < 0 && (errno != EAGAIN || !probe_ready(fd, POLLOUT, deadline_ms)))
			return false;
		sent += n > 0 ? (size_t)n : 0;
	}
	return true;
}

/* More of the answer, at most @room bytes: 0 at its end, -1 where none comes in time. */
static ssize_t answer_read(int fd, char *to, size_t room, int64_t deadline_ms)
{
	ssize_t n;

	do {
		if (!probe_ready(fd, POLLIN, deadline_ms))
			return -1;
		n = recv(fd, to, room, 0);
	} while (n < 0 && errno == EAGAIN);
	return n;
}

/* "HTTP/1.x NNN", of STATUS_LINE_BYTES; else 0. */
static uint32_t status_parse(const char *line)
{
	uint32_t status = 0;

	if (memcmp(line, "HTTP/1.", 7) != 0 || line[8] != ' ')
		return 0;
	for (int i = 9; i < STATUS_LINE_BYTES; i++) {
		if (line[i] < '0' || line[i] > '9')
			return 0;
		status = status * 10 + (uint32_t)(line[i] - '0');
	}
	return status;
}

/* Reads until @length bytes of the answer, or more, are in the window; answers how many, or 0. */
static size_t window_fill(int fd, size_t length, int64_t deadline_ms)
{
	size_t have = 0;

	while (have < length) {
		ssize_t n = answer_read(fd, window + have, sizeof(window) - have, deadline_ms);

		if (n <= 0)
			return 0;
		have += (size_t)n;
	}
	return have;
}

/* Where @wanted begins in the window, or NULL. */
static char *window_find(size_t have, const char *wanted, size_t bytes)
{
	for (char *p = window; have >= bytes && p <= window + (have - bytes); p++) {
		if (*p == *wanted && memcmp(p, wanted, bytes) == 0)
			return p;
	}
	return NULL;
}

static bool body_contains(const struct probe *probe, int fd, size_t have, int64_t deadline_ms)
{
	size_t wanted = strlen(probe->contains);
	size_t total = have;
	bool in_body = false;

	for (;;) {
		char *body = in_body ? window : window_find(have, "\r\n\r\n", 4);
		ssize_t n;

		if (body && !in_body) {
			body += 4;
			have -= (size_t)(body - window);
			memmove(window, body, have);
			in_body = true;
		}
		if (in_body && window_find(have, probe->contains, wanted))
			return true;
		if (in_body && have >= wanted) { /* the beginning of a match may be at its end */
			memmove(window, window + have - (wanted - 1), wanted - 1);
			have = wanted - 1;
		}
		if (have == sizeof(window) || total > PROBE_ANSWER_BYTES)
			return false;
		n = answer_read(fd, window + have, sizeof(window) - have, deadline_ms);
		if (n <= 0)
			return false;
		have += (size_t)n;
		total += (size_t)n;
	}
}

bool http_answers(const struct probe *probe, int fd, int64_t deadline_ms)
{
	size_t length = request_make(probe);
	size_t have;
	uint32_t status;

	if (length == 0 || !request_send(fd, length, deadline_ms))
		return false;
	have = window_fill(fd, STATUS_LINE_BYTES, deadline_ms);
	status = have ? status_parse(window) : 0;
	if (status == 0 || status < probe->status_low || status > probe->status_high)
		return false;
	return !probe->contains || body_contains(probe, fd, have, deadline_ms);
}
