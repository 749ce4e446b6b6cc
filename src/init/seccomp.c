/* SPDX-License-Identifier: Apache-2.0 */
#include "init/arena.h"
#include "init/init.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <unistd.h>

/* One more than a program may have, to see that a file is longer. */
enum { PROGRAM_BYTES = (BPF_MAXINSNS + 1) * sizeof(struct sock_filter) };

static struct sock_fprog filter;

void init_seccomp_read(const struct plan_directive *directive)
{
	int fd = open(directive->words, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	char *program = arena_table(PROGRAM_BYTES, 1);
	size_t size = 0;

	if (fd < 0)
		init_fail_line(directive, errno);
	while (size < PROGRAM_BYTES) {
		ssize_t n = read(fd, program + size, PROGRAM_BYTES - size);

		if (n < 0)
			init_fail_line(directive, errno);
		if (n == 0)
			break;
		size += (size_t)n;
	}
	close(fd);
	if (size == 0 || size % sizeof(struct sock_filter) || size == PROGRAM_BYTES)
		init_fail_text(directive->line, "seccomp: the file is no BPF program of 1 to 4096 "
						"instructions of 8 bytes");
	arena_release(arena_mark() - (PROGRAM_BYTES - size)); /* what comes next lies near */
	filter.filter = (struct sock_filter *)program;
	filter.len = (unsigned short)(size / sizeof(struct sock_filter));
}

void init_seccomp_install(const struct plan_directive *directive)
{
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0)
		return;
	if (errno == EACCES)
		init_fail_text(directive->line,
			       "seccomp: needs `no-new-privileges`, or CAP_SYS_ADMIN");
	init_fail_line(directive, errno);
}
