/* SPDX-License-Identifier: Apache-2.0 */
/* Running our own code inside: a forked child that joins, and a pipe for its answer. */
#include "base/error.h"
#include "base/fd.h"
#include "sandbox/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct call {
	struct sandbox *sandbox;
	bool mounts;
	sandbox_function function;
	void *user;
	size_t max_bytes;
	gint64 end;
	int timeout_ms;
};

static void G_GNUC_NORETURN run_inside(const struct call *call, pid_t parent, int output_fd)
{
	g_autoptr(GError) error = NULL;
	int flags = CLONE_NEWNET | (call->mounts ? CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS : 0);

	signal(SIGPIPE, SIG_IGN);
	if (!sandbox_join(call->sandbox, flags, &error)) {
		dprintf(output_fd, "%s\n", error->message);
		_exit(1);
	}
	if (!die_with_parent(parent))
		_exit(1);
	_exit(call->function(output_fd, call->user) & 0xff);
}

/* Everything until end of file; false with @error above the bound or after the time. */
static bool collect(const struct call *call, int fd, GByteArray *output, GError **error)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	uint8_t chunk[65536];

	for (;;) {
		gint64 left = (call->end - g_get_monotonic_time()) / 1000;
		ssize_t n;

		if (left <= 0 || poll(&p, 1, (int)MIN(left, G_MAXINT)) == 0)
			return error_set(error, THRESH_ERROR_INTERNAL,
					 "sandbox: no answer from inside after %d ms",
					 call->timeout_ms);
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return n == 0 ||
			       error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "read");
		if ((size_t)n > call->max_bytes - output->len)
			return error_set(error, THRESH_ERROR_INTERNAL,
					 "sandbox: an answer of more than %zu bytes",
					 call->max_bytes);
		g_byte_array_append(output, chunk, (guint)n);
	}
}

/* The last line that was written, without control characters. */
static char *last_line(const GByteArray *output)
{
	g_autofree char *text = g_strndup((const char *)output->data, output->len);
	char *newline;

	g_strchomp(text);
	newline = strrchr(text, '\n');
	return error_quote(newline ? newline + 1 : text);
}

static GBytes *finish(const struct call *call, pid_t child, int fd, GError **error)
{
	g_autoptr(GByteArray) output = g_byte_array_new();
	bool whole = collect(call, fd, output, error);
	int status = 0;

	if (!whole)
		kill(child, SIGKILL);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	if (!whole)
		return NULL;
	if (status != 0) {
		g_autofree char *line = last_line(output);

		error_set(error, THRESH_ERROR_INTERNAL, "sandbox: %s",
			  *line ? line : "a helper died");
		return NULL;
	}
	return g_byte_array_free_to_bytes(g_steal_pointer(&output));
}

GBytes *sandbox_call(struct sandbox *sandbox, bool mounts, sandbox_function function, void *user,
		     size_t max_bytes, int timeout_ms, GError **error)
{
	const struct call call = {
		.sandbox = sandbox,
		.mounts = mounts,
		.function = function,
		.user = user,
		.max_bytes = max_bytes,
		.timeout_ms = timeout_ms,
		.end = g_get_monotonic_time() + (gint64)timeout_ms * 1000,
	};
	pid_t parent = getpid(), child;
	int fds[2];
	GBytes *answer;

	if (pipe2(fds, O_CLOEXEC) < 0) {
		error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "sandbox: pipe");
		return NULL;
	}
	child = fork();
	if (child == 0) {
		close(fds[0]);
		run_inside(&call, parent, fds[1]);
	}
	close(fds[1]);
	if (child < 0) {
		error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "sandbox: fork");
		close(fds[0]);
		return NULL;
	}
	answer = finish(&call, child, fds[0], error);
	close(fds[0]);
	return answer;
}
