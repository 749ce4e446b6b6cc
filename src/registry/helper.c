/* SPDX-License-Identifier: Apache-2.0 */
/* docker-credential-NAME get: github.com/docker/docker-credential-helpers, "Development". */
#include "base/error.h"
#include "base/fd.h"
#include "registry/credentials.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HELPER_TIMEOUT_MS = 30000, LINGER_MS = 1000 };

struct helper {
	GPid pid;
	int in, out;
};

static void helper_clear(struct helper *helper)
{
	fd_cleanup(&helper->in);
	fd_cleanup(&helper->out);
}

static bool start(struct helper *helper, const char *name, GError **error)
{
	g_autofree char *program = g_strconcat("docker-credential-", name, NULL);
	char *argv[] = {program, (char *)"get", NULL};
	g_autoptr(GError) failure = NULL;

	if (g_spawn_async_with_pipes(NULL, argv, NULL,
				     G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
					     G_SPAWN_STDERR_TO_DEV_NULL | G_SPAWN_CLOEXEC_PIPES,
				     NULL, NULL, &helper->pid, &helper->in, &helper->out, NULL,
				     &failure))
		return true;
	return error_set(error, THRESH_ERROR_INPUT, "cannot be run: %s", failure->message);
}

/* Reads to the end, or to the bound, or until the time is over. */
static bool collect(int fd, GByteArray *output, GError **error)
{
	gint64 deadline = g_get_monotonic_time() + (gint64)HELPER_TIMEOUT_MS * 1000;

	for (;;) {
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		gint64 left_ms = (deadline - g_get_monotonic_time()) / 1000;
		guint8 chunk[4096];
		ssize_t n;

		if (left_ms <= 0 || poll(&ready, 1, (int)left_ms) == 0)
			return error_set(error, THRESH_ERROR_INPUT,
					 "does not answer within 30 seconds");
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return true;
		if (output->len + (guint)n > CREDENTIAL_MAX_BYTES)
			return error_set(error, THRESH_ERROR_INPUT, "prints more than 64 KiB");
		g_byte_array_append(output, chunk, (guint)n);
		explicit_bzero(chunk, sizeof(chunk));
	}
}

/* Its status; what does not end by itself, a second after its output ended, is ended. */
static int finish(struct helper *helper, bool ended)
{
	int status = -1;

	helper_clear(helper);
	for (int waited_ms = 0; ended && waited_ms < LINGER_MS; waited_ms += 10) {
		if (waitpid(helper->pid, &status, WNOHANG) == helper->pid)
			return status;
		g_usleep(10000);
	}
	kill(helper->pid, SIGKILL);
	while (waitpid(helper->pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

bool credential_ask_helper(const char *name, const char *server, struct credential *ret_credential,
			   GError **error)
{
	struct helper helper = {.in = -1, .out = -1};
	g_autoptr(GByteArray) output = g_byte_array_new();
	bool ok;
	int status;

	if (!start(&helper, name, error))
		return false;
	(void)fd_write_all(helper.in, server, strlen(server), NULL);
	fd_cleanup(&helper.in);
	ok = collect(helper.out, output, error);
	status = finish(&helper, ok);
	/* a status other than 0 says that it has none for that server */
	if (ok && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		ok = credential_parse_helper(output->data, output->len, ret_credential, error);
	if (output->len > 0)
		explicit_bzero(output->data, output->len);
	return ok;
}
