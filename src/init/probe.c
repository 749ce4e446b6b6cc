/* SPDX-License-Identifier: Apache-2.0 */
#include "init/probe.h"

#include "init/clock.h"
#include "init/http.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { PORT_MAX = 65535, PORT_HTTP = 80 };

static void address_add(struct probe *probe, bool is_ipv6, uint32_t ipv4)
{
	struct probe_address *address = &probe->addresses[probe->address_count++];

	memset(address, 0, sizeof(*address));
	address->is_ipv6 = is_ipv6;
	if (is_ipv6)
		address->bytes[15] = 1;
	for (int i = 0; !is_ipv6 && i < 4; i++)
		address->bytes[i] = (uint8_t)(ipv4 >> (24 - 8 * i));
}

/* Four decimal numbers of 0 to 255, the first of them 127. */
static bool loopback_parse(const char *text, size_t bytes, uint32_t *ret_ipv4)
{
	uint32_t address = 0;
	uint32_t number = 0;
	unsigned int digits = 0;
	unsigned int dots = 0;

	for (size_t i = 0; i < bytes; i++) {
		if (text[i] == '.' && digits > 0 && dots < 3) {
			address = address << 8 | number;
			number = 0;
			digits = 0;
			dots++;
			continue;
		}
		if (text[i] < '0' || text[i] > '9' || ++digits > 3)
			return false;
		number = number * 10 + (uint32_t)(text[i] - '0');
		if (number > 255)
			return false;
	}
	*ret_ipv4 = address << 8 | number;
	return dots == 3 && digits > 0 && *ret_ipv4 >> 24 == IN_LOOPBACKNET;
}

static bool host_is(const char *text, size_t bytes, const char *name)
{
	return bytes == strlen(name) && memcmp(text, name, bytes) == 0;
}

static bool host_read(struct probe *probe, const char *text, size_t bytes)
{
	uint32_t ipv4;

	probe->address_count = 0;
	if (bytes >= PROBE_HOST_BYTES)
		return false;
	if (host_is(text, bytes, "localhost")) {
		address_add(probe, false, INADDR_LOOPBACK);
		address_add(probe, true, 0);
	} else if (host_is(text, bytes, "[::1]")) {
		address_add(probe, true, 0);
	} else if (loopback_parse(text, bytes, &ipv4)) {
		address_add(probe, false, ipv4);
	} else {
		return false;
	}
	memcpy(probe->host, text, bytes);
	probe->host[bytes] = '\0';
	return true;
}

/* Digits up to @end, 1 to 65535. */
static bool port_read(struct probe *probe, const char *text, const char *end)
{
	uint32_t port = 0;

	if (text == end)
		return false;
	for (; text < end; text++) {
		if (*text < '0' || *text > '9')
			return false;
		port = port * 10 + (uint32_t)(*text - '0');
		if (port > PORT_MAX)
			return false;
	}
	probe->port = (uint16_t)port;
	return port > 0;
}

void probe_init(struct probe *probe, enum plan_way way)
{
	memset(probe, 0, sizeof(*probe));
	probe->way = way;
	probe->path = "/";
	probe->status_low = PROBE_STATUS_LOW;
	probe->status_high = PROBE_STATUS_HIGH;
	(void)host_read(probe, "localhost", strlen("localhost"));
}

/* HOST[:PORT] up to @end. */
static bool authority_read(struct probe *probe, const char *text, const char *end)
{
	const char *colon = *text == '[' ? strchr(text, ']') : text;

	while (colon && colon < end && *colon != ':')
		colon++;
	if (!colon || colon > end || !host_read(probe, text, (size_t)(colon - text)))
		return false;
	if (colon == end)
		return probe->port != 0;
	return port_read(probe, colon + 1, end);
}

bool probe_endpoint(struct probe *probe, const char *text)
{
	const char *end = text + strlen(text);

	if (strchr(text, ':'))
		return authority_read(probe, text, end);
	return port_read(probe, text, end);
}

bool probe_address(struct probe *probe, const char *text)
{
	if (strcmp(text, "::1") == 0)
		text = "[::1]";
	return host_read(probe, text, strlen(text));
}

bool probe_target_is_valid(const char *target)
{
	if (*target != '/')
		return false;
	for (; *target; target++) {
		if (*target <= ' ' || (unsigned char)*target > 0x7e || *target == '#')
			return false;
	}
	return true;
}

bool probe_header_is_valid(const char *header)
{
	const char *colon = strchr(header, ':');

	if (!colon || colon == header)
		return false;
	for (const char *p = header; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f || (p < colon && *p == ' '))
			return false;
	}
	return true;
}

bool probe_url(struct probe *probe, const char *url)
{
	static const char scheme[] = "http://";
	const char *authority = url + strlen(scheme);
	const char *end;

	if (strncmp(url, scheme, strlen(scheme)) != 0)
		return false;
	end = authority + strcspn(authority, "/?");
	probe->port = PORT_HTTP;
	if (*end == '/')
		probe->path = end;
	return *end != '?' && authority_read(probe, authority, end) &&
	       probe_target_is_valid(probe->path);
}

bool probe_ready(int fd, short events, int64_t deadline_ms)
{
	struct pollfd poller = {.fd = fd, .events = events};
	int64_t left_ms = deadline_ms - clock_ms();

	return left_ms > 0 && poll(&poller, 1, left_ms > INT32_MAX ? INT32_MAX : (int)left_ms) == 1;
}

static int address_connect(const struct probe_address *address, uint16_t port)
{
	struct sockaddr_in ipv4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(address->is_ipv6 ? AF_INET6 : AF_INET,
			SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int status;

	if (fd < 0)
		return -1;
	memcpy(&ipv4.sin_addr, address->bytes, sizeof(ipv4.sin_addr));
	memcpy(&ipv6.sin6_addr, address->bytes, sizeof(ipv6.sin6_addr));
	status = address->is_ipv6 ? connect(fd, (struct sockaddr *)&ipv6, sizeof(ipv6))
				  : connect(fd, (struct sockaddr *)&ipv4, sizeof(ipv4));
	if (status == 0 || errno == EINPROGRESS)
		return fd;
	close(fd);
	return -1;
}

static bool address_answers(const struct probe *probe, const struct probe_address *address,
			    int64_t deadline_ms)
{
	int fd = address_connect(address, probe->port);
	socklen_t size = sizeof(int);
	int error = -1;
	bool answers;

	if (fd < 0)
		return false;
	answers = probe_ready(fd, POLLOUT, deadline_ms) &&
		  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
	if (answers && probe->way == PLAN_WAY_HTTP)
		answers = http_answers(probe, fd, deadline_ms);
	close(fd);
	return answers;
}

static bool file_is_there(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0;
}

/* A connection is taken, or would be: EAGAIN is a full backlog. */
static bool socket_answers(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	bool answers;
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return false;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	answers = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 || errno == EAGAIN;
	close(fd);
	return answers;
}

bool probe_answers(const struct probe *probe, int64_t deadline_ms)
{
	if (probe->way == PLAN_WAY_FILE)
		return file_is_there(probe->path);
	if (probe->way == PLAN_WAY_SOCKET)
		return socket_answers(probe->path);
	for (unsigned int i = 0; i < probe->address_count; i++) {
		if (address_answers(probe, &probe->addresses[i], deadline_ms))
			return true;
	}
	return false;
}
