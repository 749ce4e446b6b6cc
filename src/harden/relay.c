/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/relay.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void G_GNUC_NORETURN pass_on(int from, int to)
{
	static char chunk[65536];
	ssize_t n;

	signal(SIGPIPE, SIG_IGN);
	while ((n = read(from, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || !fd_write_all(to, chunk, (size_t)n, NULL))
			break;
	}
	_exit(0); /* where nobody listens, the application finds a broken pipe */
}

bool relay_open(struct relay *relay, int stream, GError **error)
{
	struct stat st;
	int fds[2];

	*relay = (struct relay){.fd = stream};
	if (fstat(stream, &st) < 0 || !S_ISSOCK(st.st_mode))
		return true;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "pipe");
	relay->child = fork();
	if (relay->child == 0) {
		close(fds[1]);
		pass_on(fds[0], stream);
	}
	close(fds[0]);
	if (relay->child > 0) {
		relay->fd = fds[1];
		return true;
	}
	close(fds[1]);
	relay->child = 0;
	return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "fork");
}

void relay_close(struct relay *relay)
{
	if (relay->child == 0)
		return;
	close(relay->fd);
	while (waitpid(relay->child, NULL, 0) < 0 && errno == EINTR)
		continue;
}
