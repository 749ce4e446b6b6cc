/* SPDX-License-Identifier: Apache-2.0 */
#include "agent.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>

enum { PAGE_BYTES = 4096, FIRST_BYTES = 256 };

ssize_t memory_read(pid_t tid, uint64_t address, void *buffer, size_t size)
{
	struct iovec local = {buffer, size};
	struct iovec remote[2];
	size_t first = PAGE_BYTES - (size_t)(address % PAGE_BYTES);

	/* An element that ends in an unmapped page is read as far as it goes only up to the
	 * element before it: so one ends where the page does. */
	if (first > size)
		first = size;
	remote[0] = (struct iovec){(void *)(uintptr_t)address, first};
	remote[1] = (struct iovec){(void *)(uintptr_t)(address + first), size - first};
	return process_vm_readv(tid, &local, 1, remote, first < size ? 2 : 1, 0);
}

ssize_t memory_read_string(pid_t tid, uint64_t address, char *buffer, size_t size)
{
	size_t have = 0;

	while (have < size) {
		size_t left = PAGE_BYTES - (size_t)((address + have) % PAGE_BYTES);
		size_t want = have == 0 && left > FIRST_BYTES ? FIRST_BYTES : left;
		ssize_t got;
		const char *end;

		if (want > size - have)
			want = size - have;
		got = memory_read(tid, address + have, buffer + have, want);
		if (got <= 0)
			return -1;
		end = memchr(buffer + have, '\0', (size_t)got);
		if (end)
			return end - buffer;
		have += (size_t)got;
	}
	errno = ENAMETOOLONG;
	return -1;
}
