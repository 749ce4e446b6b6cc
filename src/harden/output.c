/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/output.h"

#include "base/error.h"
#include "base/fd.h"
#include "trace/redact.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum {
	HEAD_MAX_BYTES = 8 << 20,
	TAIL_BYTES = 8192,
	SHOWN_BYTES = 400,
	SHOWN_LINES = 4,
	DRAIN_MS = 1000, /* while the application may run on */
	END_MS = 60000,
};

struct output {
	int read_fds[2];
	int write_fds[2];
	int stop_fds[2]; /* closed to end the thread */
	GThread *thread;
	GMutex mutex;
	GByteArray *head; /* of standard output */
	GByteArray *tails[2];
	gboolean ended; /* both pipes are at their end */
	GCond cond;
};

struct output *output_new(GError **error)
{
	struct output *output = g_new0(struct output, 1);

	for (int i = 0; i < 2; i++)
		output->read_fds[i] = output->write_fds[i] = output->stop_fds[i] = -1;
	g_mutex_init(&output->mutex);
	g_cond_init(&output->cond);
	output->head = g_byte_array_new();
	for (int i = 0; i < 2; i++) {
		int fds[2];

		output->tails[i] = g_byte_array_new();
		if (pipe2(fds, O_CLOEXEC) < 0) {
			error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "pipe");
			output_free(output);
			return NULL;
		}
		output->read_fds[i] = fds[0];
		output->write_fds[i] = fds[1];
	}
	if (pipe2(output->stop_fds, O_CLOEXEC) < 0) {
		error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "pipe");
		output_free(output);
		return NULL;
	}
	return output;
}

int output_fd(const struct output *output, int standard)
{
	return output->write_fds[standard - 1];
}

static void output_keep(struct output *output, int which, const guint8 *data, guint size)
{
	GByteArray *tail = output->tails[which];

	g_mutex_lock(&output->mutex);
	if (which == 0 && output->head->len < HEAD_MAX_BYTES)
		g_byte_array_append(output->head, data,
				    MIN(size, HEAD_MAX_BYTES - output->head->len));
	g_byte_array_append(tail, data, size);
	if (tail->len > TAIL_BYTES)
		g_byte_array_remove_range(tail, 0, tail->len - TAIL_BYTES);
	g_mutex_unlock(&output->mutex);
}

/* false when the pipe is at its end. */
static bool output_drain(struct output *output, int which)
{
	guint8 chunk[16384];
	ssize_t n = read(output->read_fds[which], chunk, sizeof(chunk));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n <= 0)
		return false;
	output_keep(output, which, chunk, (guint)n);
	return true;
}

static void *output_loop(void *data)
{
	struct output *output = data;
	struct pollfd polls[3] = {
		{.fd = output->read_fds[0], .events = POLLIN},
		{.fd = output->read_fds[1], .events = POLLIN},
		{.fd = output->stop_fds[0], .events = POLLIN},
	};

	while (polls[0].fd >= 0 || polls[1].fd >= 0) {
		if (poll(polls, 3, -1) < 0)
			continue;
		for (int i = 0; i < 2; i++) {
			if (polls[i].fd >= 0 && polls[i].revents && !output_drain(output, i))
				polls[i].fd = -1;
		}
		if (polls[2].revents)
			break;
	}
	g_mutex_lock(&output->mutex);
	output->ended = TRUE;
	g_cond_signal(&output->cond);
	g_mutex_unlock(&output->mutex);
	return NULL;
}

void output_started(struct output *output)
{
	fd_cleanup(&output->write_fds[0]);
	fd_cleanup(&output->write_fds[1]);
	output->thread = g_thread_new("output", output_loop, output);
}

static void wait_for_end(struct output *output, int timeout_ms)
{
	gint64 deadline = g_get_monotonic_time() + (gint64)timeout_ms * 1000;

	if (!output->thread)
		return;
	g_mutex_lock(&output->mutex);
	while (!output->ended && g_cond_wait_until(&output->cond, &output->mutex, deadline))
		;
	g_mutex_unlock(&output->mutex);
}

void output_finish(struct output *output)
{
	wait_for_end(output, END_MS);
}

GBytes *output_take(struct output *output)
{
	GBytes *bytes;

	g_mutex_lock(&output->mutex);
	bytes = g_bytes_new(output->head->data, output->head->len);
	g_mutex_unlock(&output->mutex);
	return bytes;
}

/* Redacted before it is cut to a line: a value may have several. Of a line whose start is lost the
 * end alone is shown, since what is left of its start may be a part of a value. */
/* The last lines, with " | " between them: a program's complaint is seldom its last word. */
static char *last_lines(const GByteArray *tail, const GPtrArray *redactions)
{
	g_autofree char *raw =
		tail->len ? g_strndup((const char *)tail->data, tail->len) : g_strdup("");
	g_autofree char *text = redact_text(raw, redactions);
	g_auto(GStrv) lines = g_strsplit(g_strchomp(text), "\n", -1);
	guint count = g_strv_length(lines);
	g_autofree char *joined = NULL;
	size_t size;

	joined = g_strjoinv(" | ", lines + (count > SHOWN_LINES ? count - SHOWN_LINES : 0));
	size = strlen(joined);
	return error_quote(size > SHOWN_BYTES ? joined + size - SHOWN_BYTES : joined);
}

char *output_last_lines(struct output *output, const GPtrArray *redactions)
{
	char *line;

	wait_for_end(output, DRAIN_MS);
	g_mutex_lock(&output->mutex);
	line = last_lines(output->tails[1], redactions);
	if (!*line) {
		g_free(line);
		line = last_lines(output->tails[0], redactions);
	}
	g_mutex_unlock(&output->mutex);
	return line;
}

void output_free(struct output *output)
{
	if (!output)
		return;
	if (output->thread) {
		fd_cleanup(&output->stop_fds[1]);
		g_thread_join(output->thread);
	}
	for (int i = 0; i < 2; i++) {
		fd_cleanup(&output->read_fds[i]);
		fd_cleanup(&output->write_fds[i]);
		fd_cleanup(&output->stop_fds[i]);
		g_clear_pointer(&output->tails[i], g_byte_array_unref);
	}
	g_byte_array_unref(output->head);
	g_mutex_clear(&output->mutex);
	g_cond_clear(&output->cond);
	g_free(output);
}
