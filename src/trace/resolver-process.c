/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets and identities.
 *
 * Which change of user was "the application drops its privileges"? A server may have helpers that
 * run as others. Taken is, of all changes from root to another user for good: one by a process that
 * listens, else one by a child of a process that listens (a worker), else the first.
 */
#include "trace/resolver-private.h"

#include <string.h>
#include <sys/socket.h>

struct traced {
	uint32_t parent;
	bool listens;
};

struct drop {
	uint32_t process;
	uint32_t uid;
	uint32_t gid;
	char *groups; /* supplementary, each with a space behind it */
};

enum { UNCHANGED = -1, PRIVILEGED_PORTS = 1024, MAX_PROCESSES = 1 << 16, MAX_DROPS = 4096 };

static struct traced *traced_at(struct resolver *resolver, const struct agent_record *record)
{
	gpointer key = GUINT_TO_POINTER(record->process);
	struct traced *traced = g_hash_table_lookup(resolver->processes, key);

	if (!traced && g_hash_table_size(resolver->processes) < MAX_PROCESSES) {
		traced = g_new0(struct traced, 1);
		g_hash_table_insert(resolver->processes, key, traced);
	}
	if (traced)
		traced->parent = record->parent;
	return traced;
}

static const char *family_name(const struct agent_record *record)
{
	bool datagram = record->value[2] == SOCK_DGRAM;

	if (record->value[0] == AF_INET6)
		return datagram ? "udp6" : "tcp6";
	if (record->value[0] == AF_INET)
		return datagram ? "udp" : "tcp";
	return "unix";
}

static void add_listener(struct resolver *resolver, const struct stream_event *event,
			 const char *address)
{
	struct traced *traced = traced_at(resolver, &event->record);

	if (traced)
		traced->listens = true;
	if (resolver->profile->listeners->len < PROFILE_MAX_NAMES)
		profile_add_listener(resolver->profile, family_name(&event->record), address,
				     (uint16_t)event->record.value[1]);
}

/* A Unix socket's path: made by bind, listened on, connected to. */
static void handle_unix(struct resolver *resolver, const struct stream_event *event)
{
	autowalk struct walk walk = {0};

	if (event->record.op == OP_BIND) {
		walk_path(resolver->root, event->strings[0].data, false, &walk);
		resolver_mark_way(resolver, &walk);
		if (walk.node)
			resolver_mark(resolver, walk.node, PATH_SOCKET | PATH_STAT);
		else if (walk.directory)
			resolver_make(resolver, &walk, NODE_FIFO, PATH_SOCKET);
		else
			resolver_mark_missing(resolver, &walk);
		return;
	}
	if (event->record.op == OP_LISTEN) {
		g_autofree char *path = NULL;

		walk_path(resolver->root, event->strings[0].data, true, &walk);
		path = walk.node ? shadow_path(walk.node) : g_strdup(event->strings[0].data);
		add_listener(resolver, event, path);
		return;
	}
	resolver_walk(resolver, event, 0, true, &walk);
	if (walk.node)
		resolver_mark(resolver, walk.node, PATH_SOCKET);
}

void resolver_handle_socket(struct resolver *resolver, const struct stream_event *event)
{
	const struct agent_record *record = &event->record;
	uint64_t port = record->value[1];

	if (record->strings < 1)
		return;
	if (record->value[0] == AF_UNIX) {
		if (event->strings[0].data[0] == '/')
			handle_unix(resolver, event);
		return;
	}
	if (port == 0 || port > G_MAXUINT16)
		return; /* any port: nothing that others could rely on */
	if (record->op == OP_BIND && port < PRIVILEGED_PORTS)
		resolver_add_capability(resolver, "CAP_NET_BIND_SERVICE");
	if (record->op == OP_LISTEN || record->value[2] == SOCK_DGRAM)
		add_listener(resolver, event, event->strings[0].data);
}

/* What i386's 16-bit calls and the others mean by "leave it". */
static bool is_unchanged(uint64_t id)
{
	return (uint32_t)id == (uint32_t)UNCHANGED;
}

static void handle_setuid(struct resolver *resolver, const struct stream_event *event)
{
	const struct agent_record *record = &event->record;
	uint32_t uid = (uint32_t)record->value[1];
	struct drop *drop;

	traced_at(resolver, record);
	if (record->uid == 0)
		resolver_add_capability(resolver, "CAP_SETUID");
	/* For good: real, effective and saved, none of them root again. */
	for (int i = 0; i < 3; i++)
		if (record->value[i] == 0 || is_unchanged(record->value[i]))
			return;
	if (record->uid != 0 || resolver->drops->len >= MAX_DROPS)
		return;
	drop = g_new0(struct drop, 1);
	*drop = (struct drop){record->process, uid, record->gid,
			      g_strdup(record->strings > 0 ? event->strings[0].data : "")};
	g_ptr_array_add(resolver->drops, drop);
}

void resolver_handle_identity(struct resolver *resolver, const struct stream_event *event)
{
	const struct agent_record *record = &event->record;
	struct profile *profile = resolver->profile;

	switch (record->op) {
	case OP_SETUID:
		handle_setuid(resolver, event);
		break;
	case OP_SETGROUPS:
		profile->setgroups_called = true;
		if (record->uid == 0)
			resolver_add_capability(resolver, "CAP_SETGID");
		break;
	case OP_SETGID:
		if (record->uid == 0)
			resolver_add_capability(resolver, "CAP_SETGID");
		break;
	case OP_SECCOMP: /* SECCOMP_SET_MODE_FILTER with SECCOMP_FILTER_FLAG_NEW_LISTENER */
		if (record->value[0] == 1 && (record->value[1] & (1 << 3)))
			profile->own_listener = true;
		break;
	case OP_IO_URING:
		profile->io_uring = true;
		break;
	case OP_SOCKET:
		if (record->uid == 0 &&
		    (record->value[0] == AF_PACKET || (record->value[1] & 0xf) == SOCK_RAW))
			if (record->value[0] != AF_NETLINK)
				resolver_add_capability(resolver, "CAP_NET_RAW");
		break;
	case OP_MOUNT:
		if (record->uid == 0)
			resolver_add_capability(resolver, "CAP_SYS_ADMIN");
		break;
	default:
		break;
	}
}

static int drop_rank(const struct resolver *resolver, const struct drop *drop)
{
	const struct traced *own =
		g_hash_table_lookup(resolver->processes, GUINT_TO_POINTER(drop->process));
	const struct traced *parent =
		own ? g_hash_table_lookup(resolver->processes, GUINT_TO_POINTER(own->parent))
		    : NULL;

	if (own && own->listens)
		return 2;
	return parent && parent->listens ? 1 : 0;
}

void resolver_drop_free(void *data)
{
	struct drop *drop = data;

	g_free(drop->groups);
	g_free(drop);
}

static void add_dropped_groups(struct profile *profile, const char *text)
{
	char *end;

	for (guint64 group = g_ascii_strtoull(text, &end, 10); end != text;
	     group = g_ascii_strtoull(text, &end, 10)) {
		if (group < G_MAXUINT32)
			profile_add_dropped_group(profile, (uint32_t)group);
		text = end;
	}
}

void resolver_decide_drop(struct resolver *resolver)
{
	const struct drop *best = NULL;

	for (guint i = 0; i < resolver->drops->len; i++) {
		const struct drop *drop = resolver->drops->pdata[i];

		if (!best || drop_rank(resolver, drop) > drop_rank(resolver, best))
			best = drop;
	}
	if (!best)
		return;
	profile_set_dropped(resolver->profile, best->uid, best->gid);
	add_dropped_groups(resolver->profile, best->groups);
}
