/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/tail.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct tail {
	int read_fd, write_fd;
	uint64_t inode;
	GThread *thread;
	GByteArray *data;
};

static gpointer read_all(gpointer user)
{
	struct tail *tail = user;
	uint8_t chunk[16384];

	for (;;) {
		ssize_t n = read(tail->read_fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return NULL;
		g_byte_array_append(tail->data, chunk, (guint)n);
		if (tail->data->len > 2 * TAIL_MAX_BYTES)
			g_byte_array_remove_range(tail->data, 0, tail->data->len - TAIL_MAX_BYTES);
	}
}

struct tail *tail_new(GError **error)
{
	struct tail *tail;
	struct stat st;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0 || fstat(fds[0], &st) < 0) {
		error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "pipe");
		return NULL;
	}
	tail = g_new0(struct tail, 1);
	tail->read_fd = fds[0];
	tail->write_fd = fds[1];
	tail->inode = st.st_ino;
	tail->data = g_byte_array_new();
	tail->thread = g_thread_new("tail", read_all, tail);
	return tail;
}

int tail_fd(const struct tail *tail)
{
	return tail->write_fd;
}

uint64_t tail_inode(const struct tail *tail)
{
	return tail->inode;
}

void tail_started(struct tail *tail)
{
	fd_cleanup(&tail->write_fd);
}

GBytes *tail_finish(struct tail *tail)
{
	GBytes *text;

	fd_cleanup(&tail->write_fd);
	g_thread_join(tail->thread);
	if (tail->data->len > TAIL_MAX_BYTES)
		g_byte_array_remove_range(tail->data, 0, tail->data->len - TAIL_MAX_BYTES);
	fd_cleanup(&tail->read_fd);
	text = g_byte_array_free_to_bytes(tail->data);
	g_free(tail);
	return text;
}
