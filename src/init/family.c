/* SPDX-License-Identifier: Apache-2.0 */
#include "init/family.h"

#include "init/init.h"
#include "init/resident.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

enum { PIDS_MAX = 1 << 22, SPARE_BYTES = 4096, DEPTH_MAX = 32, PATH_BYTES = 64, DIGITS = 12 };

/* One bit a process (linux/threads.h PID_MAX_LIMIT): who was asked to stop. Only touched pages
 * cost. Behind a page that is not used: what shrink gives back of the first page of static data
 * becomes what the file has there, not zero. */
INIT_LARGE static uint8_t asked[SPARE_BYTES + PIDS_MAX / 8];

struct text {
	char bytes[PATH_BYTES];
	unsigned int length;
};

/* String constants are not resident: the characters are in the code. */
static RESIDENT void text_add(struct text *text, uint64_t eight)
{
	for (; eight; eight >>= 8)
		text->bytes[text->length++] = (char)eight;
}

static RESIDENT void text_number(struct text *text, uint32_t number)
{
	char digits[DIGITS];
	int count = 0;

	do
		digits[count++] = (char)('0' + number % 10);
	while (number /= 10);
	while (count > 0)
		text->bytes[text->length++] = digits[--count];
}

/* Little-endian, as both architectures are. */
#define EIGHT(a, b, c, d, e, f, g, h)                                                              \
	((uint64_t)(a) | (uint64_t)(b) << 8 | (uint64_t)(c) << 16 | (uint64_t)(d) << 24 |          \
	 (uint64_t)(e) << 32 | (uint64_t)(f) << 40 | (uint64_t)(g) << 48 | (uint64_t)(h) << 56)

/* /proc/PID/task/PID/children (proc_pid_children(5)); PID 0 is ourselves:
 * /proc/thread-self/children. */
static RESIDENT long children_open(pid_t pid)
{
	struct text path;

	path.length = 0;
	text_add(&path, EIGHT('/', 'p', 'r', 'o', 'c', '/', 0, 0));
	if (pid == 0) {
		text_add(&path, EIGHT('t', 'h', 'r', 'e', 'a', 'd', '-', 's'));
		text_add(&path, EIGHT('e', 'l', 'f', 0, 0, 0, 0, 0));
	} else {
		text_number(&path, (uint32_t)pid);
		text_add(&path, EIGHT('/', 't', 'a', 's', 'k', '/', 0, 0));
		text_number(&path, (uint32_t)pid);
	}
	text_add(&path, EIGHT('/', 'c', 'h', 'i', 'l', 'd', 'r', 'e'));
	text_add(&path, 'n');
	path.bytes[path.length] = '\0';
	return resident_call(SYS_openat, AT_FDCWD, (long)path.bytes, O_RDONLY | O_CLOEXEC, 0);
}

static RESIDENT bool is_to_signal(pid_t pid, int signal_number)
{
	uint8_t bit = (uint8_t)(1 << (pid & 7));
	bool before;

	if (pid <= 1 || pid >= PIDS_MAX)
		return false;
	before = asked[SPARE_BYTES + pid / 8] & bit;
	asked[SPARE_BYTES + pid / 8] |= bit;
	return !before || signal_number == SIGKILL;
}

static RESIDENT bool below_signal(pid_t parent, int signal_number, int depth);

/* Those below first: a parent that ends makes them somebody else's. */
static RESIDENT void member_signal(pid_t pid, int signal_number, int depth)
{
	if (!is_to_signal(pid, signal_number))
		return;
	if (depth < DEPTH_MAX)
		(void)below_signal(pid, signal_number, depth + 1);
	resident_call(SYS_kill, pid, signal_number, 0, 0);
}

static RESIDENT bool below_signal(pid_t parent, int signal_number, int depth)
{
	long fd = children_open(parent);
	char text[128];
	pid_t pid = 0;
	long n;

	if (fd < 0)
		return false;
	while ((n = resident_call(SYS_read, fd, (long)text, sizeof(text), 0)) > 0) {
		for (long i = 0; i < n; i++) {
			if (text[i] >= '0' && text[i] <= '9') {
				pid = pid * 10 + (text[i] - '0');
				continue;
			}
			member_signal(pid, signal_number, depth);
			pid = 0;
		}
	}
	member_signal(pid, signal_number, depth);
	resident_call(SYS_close, fd, 0, 0, 0);
	return true;
}

RESIDENT void family_signal(pid_t main, int signal_number)
{
	if (!below_signal(0, signal_number, 0))
		resident_call(SYS_kill, -main, signal_number, 0, 0);
}

RESIDENT void family_forget(pid_t pid)
{
	if (pid > 0 && pid < PIDS_MAX)
		asked[SPARE_BYTES + pid / 8] &= (uint8_t) ~(1 << (pid & 7));
}
