/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/scm.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
	char bytes[CMSG_SPACE(SCM_MAX_FDS * sizeof(int))];
	struct cmsghdr align;
};

bool scm_send(int socket_fd, const void *data, size_t size_bytes, const int *fds, size_t fd_count)
{
	union control control = {0};
	struct iovec part = {.iov_base = (void *)data, .iov_len = size_bytes};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t n;

	if (fd_count > 0) {
		struct cmsghdr *header;

		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
		memcpy(CMSG_DATA(header), fds, fd_count * sizeof(int));
	}
	do
		n = sendmsg(socket_fd, &message, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)size_bytes;
}

static void take_fds(struct msghdr *message, int *ret_fds, size_t fd_count)
{
	for (struct cmsghdr *h = CMSG_FIRSTHDR(message); h; h = CMSG_NXTHDR(message, h)) {
		size_t count = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		int came[SCM_MAX_FDS];

		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		memcpy(came, CMSG_DATA(h), count * sizeof(int));
		for (size_t i = 0; i < count; i++) {
			if (i < fd_count && ret_fds[i] < 0)
				ret_fds[i] = came[i];
			else
				close(came[i]);
		}
	}
}

bool scm_receive(int socket_fd, void *data, size_t size_bytes, int *ret_fds, size_t fd_count)
{
	union control control = {0};
	struct iovec part = {.iov_base = data, .iov_len = size_bytes};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t n;

	for (size_t i = 0; i < fd_count; i++)
		ret_fds[i] = -1;
	do
		n = recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		take_fds(&message, ret_fds, fd_count);
	return n == (ssize_t)size_bytes;
}
