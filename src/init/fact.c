/* SPDX-License-Identifier: Apache-2.0 */
#include "init/fact.h"

#include "init/arena.h"
#include "init/content.h"
#include "init/expand.h"
#include "init/init.h"
#include "init/variable.h"
#include "plan/template.h"
#include "plan/value.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

enum {
	SECRET_MAX = 64 << 10,
	SMALL_BYTES = 4096,
	RANDOM_MAX = 512,
	RANDOM_POOL = 256,
	CPUS_MAX = 1 << 16,
};

#define CGROUP "/sys/fs/cgroup"

/* NAME and the ending of its file variable. */
static const char *file_variable(const char *name)
{
	char *text = arena_begin();

	arena_add(name, strlen(name));
	arena_add("_FILE", 5);
	arena_end(text);
	return text;
}

/* The file's text becomes @name's, less the bytes of @trailing at its end. */
static void text_read(const struct plan_directive *directive, const char *name, const char *path,
		      const char *trailing)
{
	size_t bytes;
	char *text = content_read(directive, path, SECRET_MAX, &bytes);

	if (memchr(text, '\0', bytes))
		init_fail_why(directive, 1, path, "the file holds a NUL byte");
	while (bytes > 0 && strchr(trailing, text[bytes - 1]))
		text[--bytes] = '\0';
	variable_set(name, text, false);
}

/* As $(cat FILE) does. */
void fact_read(const struct plan_directive *directive)
{
	text_read(directive, directive->words, expand_path(directive, plan_word(directive, 1)),
		  "\n");
}

void fact_secret(const struct plan_directive *directive)
{
	const char *name = directive->words;
	const char *file = file_variable(name);
	const char *path = variable_get(file);
	const char *value = variable_get(name);

	if (path && *path && value && *value)
		init_fail_why(directive, 1, name, "given both directly and as a file (_FILE)");
	if (path && *path) {
		text_read(directive, name, path, "\r\n");
	} else if (value) {
		variable_set(name, value, false);
		variable_wipe(name);
	}
	if (path)
		variable_unset(file);
}

/* What fits of a file, with a NUL; 0 where there is none. */
static size_t small_read(const char *path, char text[static SMALL_BYTES])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t bytes = fd < 0 ? -1 : read(fd, text, SMALL_BYTES - 1);

	if (fd >= 0)
		close(fd);
	text[bytes > 0 ? bytes : 0] = '\0';
	return bytes > 0 ? (size_t)bytes : 0;
}

/* The number at @text, or 0 (for "max" and "-1" too). */
static uint64_t number_read(const char *text)
{
	uint64_t value = 0;

	for (; *text >= '0' && *text <= '9'; text++) {
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
			return 0;
	}
	return value;
}

/* A file of our own cgroup, version 2: of the group as /proc names it, or of the root, which a
 * cgroup namespace makes the same. */
static bool cgroup_read(const char *file, char text[static SMALL_BYTES])
{
	INIT_LARGE static char path[2 * SMALL_BYTES];
	INIT_LARGE static char own[SMALL_BYTES]; /* zero behind the name */
	const char *group = "";

	small_read("/proc/self/cgroup", text);
	for (char *line = text; *line; line += *line == '\n') {
		size_t bytes = strcspn(line, "\n");

		if (strncmp(line, "0::/", 4) == 0)
			group = memcpy(own, line + 3, bytes - 3);
		line += bytes;
	}
	strcpy(path, CGROUP);
	strcat(path, group);
	strcat(path, file);
	if (small_read(path, text) > 0)
		return true;
	strcpy(path, CGROUP);
	strcat(path, file);
	return small_read(path, text) > 0;
}

/* CPUs by the quota, rounded up; 0: no limit. */
static uint64_t quota_cpus(void)
{
	char text[SMALL_BYTES];
	uint64_t quota = 0;
	uint64_t period = 0;

	if (cgroup_read("/cpu.max", text)) {
		quota = number_read(text);
		period = number_read(text + strcspn(text, " ") + (strchr(text, ' ') != NULL));
	} else if (small_read(CGROUP "/cpu/cpu.cfs_quota_us", text) > 0) {
		quota = number_read(text);
		small_read(CGROUP "/cpu/cpu.cfs_period_us", text);
		period = number_read(text);
	}
	return quota && period ? quota / period + (quota % period != 0) : 0;
}

static uint64_t cpus(void)
{
	INIT_LARGE static unsigned long mask[CPUS_MAX / (8 * sizeof(unsigned long))];
	long bytes = syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask);
	uint64_t quota = quota_cpus();
	uint64_t count = 0;

	for (long i = 0; i < bytes / (long)sizeof(mask[0]); i++)
		count += (uint64_t)__builtin_popcountl(mask[i]);
	if (count == 0)
		count = 1;
	return quota && quota < count ? quota : count;
}

static uint64_t memory(void)
{
	char text[SMALL_BYTES];
	struct sysinfo info;
	uint64_t total;
	uint64_t limit = 0;

	if (sysinfo(&info) < 0)
		return 0;
	total = (uint64_t)info.totalram * info.mem_unit;
	if (cgroup_read("/memory.max", text) ||
	    small_read(CGROUP "/memory/memory.limit_in_bytes", text) > 0)
		limit = number_read(text);
	return limit && limit < total ? limit : total;
}

/* CPUS * TIMES / BY + PLUS, at least MIN, at most MAX. */
static uint64_t workers(const struct plan_directive *directive)
{
	uint32_t factors[2] = {0};
	uint32_t bounds[2] = {0, UINT32_MAX};
	int64_t number;
	int64_t plus = 0;

	for (unsigned int i = 0; i < 2; i++) {
		plan_decimal(plan_word(directive, 2 + i), RANDOM_MAX, &factors[i]);
		if (directive->count > 5 + i)
			plan_decimal(plan_word(directive, 5 + i), UINT16_MAX, &bounds[i]);
	}
	plan_integer(plan_word(directive, 4), &plus);
	if (__builtin_add_overflow((int64_t)(cpus() * factors[0] / factors[1]), plus, &number))
		init_fail_line(directive, EOVERFLOW);
	if (number < (int64_t)bounds[0])
		return bounds[0];
	return number > (int64_t)bounds[1] ? bounds[1] : (uint64_t)number;
}

/* Of one line: appends its address. */
static void nameserver_add(const char *line, size_t bytes, bool is_first, bool brackets)
{
	static const char keyword[] = "nameserver";
	const char *end = line + bytes;
	const char *address = line + sizeof(keyword) - 1;
	size_t length = 0;

	while (address < end && (*address == ' ' || *address == '\t'))
		address++;
	while (address + length < end &&
	       strchr("0123456789abcdefABCDEF:.", address[length]) != NULL)
		length++;
	brackets = brackets && memchr(address, ':', length);
	if (!is_first)
		arena_add(" ", 1);
	if (brackets)
		arena_add("[", 1);
	arena_add(address, length);
	if (brackets)
		arena_add("]", 1);
}

static const char *nameservers(bool brackets)
{
	char file[SMALL_BYTES];
	const char *line = file;
	char *text;

	small_read("/etc/resolv.conf", file);
	text = arena_begin();
	while (*line) {
		size_t bytes = strcspn(line, "\n");

		if (strncmp(line, "nameserver ", 11) == 0 || strncmp(line, "nameserver\t", 11) == 0)
			nameserver_add(line, bytes, arena_begin() == text, brackets);
		line += bytes + (line[bytes] == '\n');
	}
	arena_end(text);
	return text;
}

static uint64_t random_port(const struct plan_directive *directive)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) < 0)
		init_fail_line(directive, errno);
	close(fd);
	return ntohs(address.sin_port);
}

/* getrandom(2) answers up to 256 bytes whole. */
static unsigned char random_byte(const struct plan_directive *directive)
{
	static unsigned char pool[RANDOM_POOL];
	static size_t left;

	if (left == 0) {
		if (getrandom(pool, sizeof(pool), 0) != (ssize_t)sizeof(pool))
			init_fail_line(directive, errno);
		left = sizeof(pool);
	}
	return pool[--left];
}

static void byte_add(unsigned char byte)
{
	arena_add(&"0123456789abcdef"[byte >> 4], 1);
	arena_add(&"0123456789abcdef"[byte & 15], 1);
}

/* RFC 9562, 5.4: version 4. */
static const char *uuid(const struct plan_directive *directive)
{
	char *text = arena_begin();

	for (unsigned int i = 0; i < 16; i++) {
		unsigned char byte = random_byte(directive);

		if (i == 6)
			byte = (byte & 0x0f) | 0x40;
		if (i == 8)
			byte = (byte & 0x3f) | 0x80;
		if (i >= 4 && i <= 10 && i % 2 == 0)
			arena_add("-", 1);
		byte_add(byte);
	}
	arena_end(text);
	return text;
}

void fact_learn(const struct plan_directive *directive)
{
	struct utsname names;
	char digits[INIT_DIGITS];
	const char *text;

	switch (directive->sub) {
	case PLAN_FACT_HOSTNAME:
		uname(&names);
		text = names.nodename;
		break;
	case PLAN_FACT_CPUS:
		text = init_number_text(cpus(), digits);
		break;
	case PLAN_FACT_WORKERS:
		text = init_number_text(workers(directive), digits);
		break;
	case PLAN_FACT_MEMORY:
		text = init_number_text(memory(), digits);
		break;
	case PLAN_FACT_UID:
		text = init_number_text(geteuid(), digits);
		break;
	case PLAN_FACT_GID:
		text = init_number_text(getegid(), digits);
		break;
	case PLAN_FACT_NAMESERVERS:
		text = nameservers(true);
		break;
	case PLAN_FACT_RESOLVERS:
		text = nameservers(false);
		break;
	case PLAN_FACT_UUID:
		text = uuid(directive);
		break;
	default:
		text = init_number_text(random_port(directive), digits);
	}
	variable_set(directive->words, text, false);
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* 62 signs; a byte that would make some more likely is thrown again. */
static void alphanumeric_add(const struct plan_directive *directive, size_t count)
{
	enum { SIGNS = 62, FAIR = 256 / SIGNS * SIGNS };

	while (count > 0) {
		unsigned char byte = random_byte(directive);

		if (byte >= FAIR)
			continue;
		arena_add(&alphabet[byte % SIGNS], 1);
		count--;
	}
}

static void hex_add(const struct plan_directive *directive, size_t count)
{
	for (; count > 0; count--)
		byte_add(random_byte(directive));
}

static void base64_add(const struct plan_directive *directive, size_t count)
{
	while (count > 0) {
		unsigned char bytes[3] = {0};
		size_t taken = count < sizeof(bytes) ? count : sizeof(bytes);
		uint32_t group;

		for (size_t i = 0; i < taken; i++)
			bytes[i] = random_byte(directive);
		group = (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2];
		for (size_t i = 0; i < 4; i++)
			arena_add(i <= taken ? &alphabet[group >> (18 - 6 * i) & 63] : "=", 1);
		count -= taken;
	}
}

void fact_random(const struct plan_directive *directive)
{
	uint32_t count = 0;
	char *text;

	plan_decimal(plan_word(directive, 1), RANDOM_MAX, &count);
	text = arena_begin();
	if (directive->sub == PLAN_RANDOM_HEX)
		hex_add(directive, count);
	else if (directive->sub == PLAN_RANDOM_BASE64)
		base64_add(directive, count);
	else
		alphanumeric_add(directive, count);
	arena_end(text);
	variable_set(directive->words, text, false);
}
