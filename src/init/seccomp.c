/* SPDX-License-Identifier: Apache-2.0 */
#include "init/init.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <unistd.h>

/* BPF_MAXINSNS, and one more to see that a file is longer. */
static struct sock_filter program[BPF_MAXINSNS + 1];
static struct sock_fprog filter = {.filter = program};

void init_seccomp_read(const struct plan_directive *directive)
{
	int fd = open(directive->words, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	size_t size = 0;

	if (fd < 0)
		init_fail_line(directive, errno);
	while (size < sizeof(program)) {
		ssize_t n = read(fd, (char *)program + size, sizeof(program) - size);

		if (n < 0)
			init_fail_line(directive, errno);
		if (n == 0)
			break;
		size += (size_t)n;
	}
	close(fd);
	if (size == 0 || size % sizeof(program[0]) || size > BPF_MAXINSNS * sizeof(program[0]))
		init_fail_text(directive->line, "seccomp: the file is no BPF program of 1 to 4096 "
						"instructions of 8 bytes");
	filter.len = (unsigned short)(size / sizeof(program[0]));
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
