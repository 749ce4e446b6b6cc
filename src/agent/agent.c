/* SPDX-License-Identifier: Apache-2.0 */
#include "agent.h"

#include <errno.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/seccomp.h, from 6.6 on: the supervisor runs where the caller ran, without a wake-up of
 * another processor. */
#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS      SECCOMP_IOW(4, __u64)
#endif

static struct agent_call table[AGENT_ARCHES * AGENT_MAX_CALLS];

static bool read_table(struct agent *agent, int table_fd)
{
	size_t have = 0, count;
	ssize_t got;

	while (have < sizeof(table) &&
	       (got = read(table_fd, (char *)table + have, sizeof(table) - have)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return false;
		have += (size_t)got;
	}
	count = have / sizeof(*table);
	for (size_t i = 0; i < count; i++) {
		if (table[i].arch >= AGENT_ARCHES || table[i].nr >= AGENT_MAX_CALLS ||
		    table[i].op >= OP_COUNT) {
			errno = EINVAL;
			return false;
		}
		agent->calls[table[i].arch][table[i].nr] = &table[i];
	}
	return true;
}

bool agent_init(struct agent *agent, int listener, int output, int table_fd)
{
	struct agent_header header = {AGENT_MAGIC, AGENT_VERSION, sizeof(struct agent_record)};

	agent->listener = listener;
	agent->output = output;
	agent->root = -1;
	pthread_mutex_init(&agent->lock, NULL);
	memcpy(agent->buffer, &header, sizeof(header));
	agent->output_bytes = sizeof(header);
	if (syscall(SYS_getrandom, agent->key, sizeof(agent->key), 0) != sizeof(agent->key))
		return false;
	(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	return read_table(agent, table_fd);
}

static bool event_arch(const struct event *event, enum agent_arch *ret_arch)
{
	switch (event->request->data.arch) {
#if defined(__x86_64__)
	case AUDIT_ARCH_X86_64:
		*ret_arch = AGENT_NATIVE;
		return true;
	case AUDIT_ARCH_I386:
		*ret_arch = AGENT_X86;
		return true;
#elif defined(__aarch64__)
	case AUDIT_ARCH_AARCH64:
		*ret_arch = AGENT_NATIVE;
		return true;
#endif
	default:
		return false;
	}
}

static void answer(struct event *event)
{
	struct seccomp_notif_resp response = {.id = event->request->id};

	if (!event_arch(event, &event->arch) || event_decode(event))
		response.error = -ENOSYS;
	else
		response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	/* ENOENT: the caller was killed or interrupted, and then asks again */
	(void)ioctl(event->agent->listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

/* The application waits while we decide, and each of our turns is microseconds long: a short slice
 * lets a wake-up go before what else the machine does (sched(7); Linux 6.12 and later), and so does
 * a better nice value where we may have one. Without them it is slower alone. */
static void ask_for_short_turns(void)
{
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime_ns, deadline_ns, period_ns;
	} attributes = {.size = sizeof(attributes), .nice = -10, .runtime_ns = 100000};

	if (syscall(SYS_sched_setattr, 0, &attributes, 0) == 0)
		return;
	attributes.nice = 0;
	(void)syscall(SYS_sched_setattr, 0, &attributes, 0);
}

void *agent_supervise(void *user)
{
	struct agent *agent = user;
	struct event *event = calloc(1, sizeof(*event));
	struct seccomp_notif_sizes sizes;
	struct seccomp_notif *request;
	size_t size = sizeof(*request);

	/* A newer kernel may hand over more than we know: it must fit. */
	if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) == 0 &&
	    sizes.seccomp_notif > size)
		size = sizes.seccomp_notif;
	request = calloc(1, size);
	if (!event || !request)
		_exit(1); /* the recorder sees that the trailer is missing */
	event->agent = agent;
	event->request = request;
	ask_for_short_turns();
	for (;;) {
		memset(request, 0, size);
		if (ioctl(agent->listener, SECCOMP_IOCTL_NOTIF_RECV, request) == 0)
			answer(event);
		else if (errno != EINTR && errno != ENOENT)
			break;
		else if (errno == ENOENT)
			usleep(100); /* gone before we looked, or all are: the main thread knows */
	}
	free(request);
	free(event);
	return NULL;
}
