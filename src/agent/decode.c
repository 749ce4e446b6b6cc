/* SPDX-License-Identifier: Apache-2.0 */
#include "agent.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

static uint64_t argument(const struct event *event, int index)
{
	return index == AGENT_NONE ? 0 : event->request->data.args[index];
}

static pid_t caller(const struct event *event)
{
	return (pid_t)event->request->pid;
}

/* Whether the last failure was the program's own: a bad pointer, a descriptor that is not open. */
static void note_failure(struct event *event)
{
	if (errno == EPERM || errno == EACCES || errno == ENOSYS)
		event->unreadable = true;
}

/* A name that ends in " (deleted)" is one of a file that has no name, unless it is its name. */
static bool link_is_deleted(pid_t tid, const char *name, const char *path, ssize_t bytes)
{
	static const char mark[] = " (deleted)";
	ssize_t mark_bytes = (ssize_t)sizeof(mark) - 1;
	char link[64];
	struct stat state;

	if (bytes < mark_bytes || strcmp(path + bytes - mark_bytes, mark) != 0)
		return false;
	snprintf(link, sizeof(link), "/proc/%d/%s", tid, name);
	return stat(link, &state) != 0 || state.st_nlink == 0;
}

/* The path behind /proc/TID/@name as the application's root sees it; -1 where it is no path. */
static ssize_t link_read(struct event *event, const char *name, char *buffer, size_t size)
{
	const struct agent *agent = event->agent;
	ssize_t bytes = process_link(caller(event), name, buffer, size);
	size_t root = agent->root_path_bytes;

	if (bytes < 0) {
		note_failure(event);
		return -1;
	}
	if (buffer[0] != '/' || link_is_deleted(caller(event), name, buffer, bytes))
		return -1;
	if (root && (size_t)bytes >= root && memcmp(buffer, agent->root_path, root) == 0 &&
	    (buffer[root] == '/' || buffer[root] == '\0')) {
		memmove(buffer, buffer + root, (size_t)bytes - root + 1);
		bytes -= (ssize_t)root;
		if (bytes == 0) {
			memcpy(buffer, "/", 2);
			bytes = 1;
		}
	}
	return bytes;
}

static ssize_t descriptor_read(struct event *event, int32_t fd, char *buffer, size_t size)
{
	char name[32];

	if (fd == AT_FDCWD)
		return link_read(event, "cwd", buffer, size);
	if (fd < 0)
		return -1;
	snprintf(name, sizeof(name), "fd/%d", fd);
	return link_read(event, name, buffer, size);
}

/* How much of absolute @path names something of the caller by way of /proc: its link below
 * /proc/TID in @name, "" where it does not. */
static size_t proc_prefix(const struct event *event, const char *path, char *name, size_t size)
{
	static const char *const links[] = {"cwd", "root", "exe"};
	const char *at = NULL;
	char own[32];
	size_t digits;

	snprintf(own, sizeof(own), "/proc/%u/", event->request->pid);
	if (strncmp(path, "/proc/self/", 11) == 0)
		at = path + 11;
	else if (strncmp(path, "/proc/thread-self/", 18) == 0)
		at = path + 18;
	else if (strncmp(path, own, strlen(own)) == 0)
		at = path + strlen(own);
	else if (strncmp(path, "/dev/fd/", 8) == 0)
		at = path + 5;
	for (size_t i = 0; at && i < 3; i++) {
		size_t bytes = strlen(links[i]);

		if (strncmp(at, links[i], bytes) == 0 && (at[bytes] == '/' || !at[bytes])) {
			snprintf(name, size, "%s", links[i]);
			return (size_t)(at - path) + bytes;
		}
	}
	if (!at || strncmp(at, "fd/", 3) != 0)
		return 0;
	digits = strspn(at + 3, "0123456789");
	if (!digits || digits > 9 || (at[3 + digits] != '/' && at[3 + digits]))
		return 0;
	snprintf(name, size, "fd/%.*s", (int)digits, at + 3);
	return (size_t)(at - path) + 3 + digits;
}

/* Puts @base and a slash in front of @path, whose first @skip bytes go. */
static ssize_t prefix_path(char *path, size_t path_bytes, size_t skip, const char *base,
			   size_t base_bytes, size_t size)
{
	size_t rest = path_bytes - skip;
	bool slash = path[skip] != '/' && rest > 0;

	if (base_bytes + slash + rest >= size)
		return -1;
	memmove(path + base_bytes + slash, path + skip, rest + 1);
	memcpy(path, base, base_bytes);
	if (slash)
		path[base_bytes] = '/';
	return (ssize_t)(base_bytes + slash + rest);
}

/* The absolute path that the caller means by @address below @directory, into @path. -1: none. */
static ssize_t path_read(struct event *event, int32_t directory, uint64_t address,
			 bool may_be_empty, char *path)
{
	char base[AGENT_MAX_PATH], name[32];
	ssize_t bytes = 0, base_bytes;
	size_t skip;

	if (address)
		bytes = memory_read_string(caller(event), address, path, AGENT_MAX_PATH);
	if (bytes < 0) {
		note_failure(event);
		return -1;
	}
	if (bytes == 0)
		return may_be_empty ? descriptor_read(event, directory, path, AGENT_MAX_PATH) : -1;
	if (path[0] != '/') {
		base_bytes = descriptor_read(event, directory, base, sizeof(base));
		return base_bytes < 0 ? -1
				      : prefix_path(path, (size_t)bytes, 0, base,
						    base_bytes == 1 ? 0 : (size_t)base_bytes,
						    2 * AGENT_MAX_PATH);
	}
	skip = path[1] == 'p' || path[1] == 'd' ? proc_prefix(event, path, name, sizeof(name)) : 0;
	if (skip || atomic_load_explicit(&event->agent->chrooted, memory_order_relaxed)) {
		base_bytes = link_read(event, skip ? name : "root", base, sizeof(base));
		if (base_bytes < 0)
			return skip ? -1 : bytes;
		return prefix_path(path, (size_t)bytes, skip, base,
				   base_bytes == 1 && path[skip] ? 0 : (size_t)base_bytes,
				   2 * AGENT_MAX_PATH);
	}
	return bytes;
}

/* Opens @path below the application's root without touching it; -1 with errno. */
static int path_open(const struct agent *agent, const char *path, uint64_t flags)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC | flags,
			       .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};

	return (int)syscall(SYS_openat2, agent->root, path, &how, sizeof(how));
}

/* Whether the path is there before the call; asked only once names have been changed, since until
 * then the image tells. */
static uint8_t path_state(struct event *event)
{
	int fd;

	if (!atomic_load_explicit(&event->agent->mutated, memory_order_relaxed) ||
	    event->agent->root < 0 || event->path_bytes == 0)
		return STATE_UNKNOWN;
	fd = path_open(event->agent, event->path, O_NOFOLLOW);
	if (fd >= 0)
		close(fd);
	if (fd >= 0)
		return STATE_EXISTS;
	return errno == ENOENT || errno == ENOTDIR ? STATE_MISSING : STATE_UNKNOWN;
}

/* The caller waits for our answer; if it was killed, somebody else may have its number. */
static bool event_is_valid(const struct event *event)
{
	return ioctl(event->agent->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &event->request->id) ==
	       0;
}

static void write_paths(struct event *event, size_t count, bool once)
{
	struct text strings[2] = {{event->path, event->path_bytes},
				  {event->path2, event->path2_bytes}};

	event->record.state = path_state(event);
	record_write(event->agent, &event->record, strings, count, event->request->id, once);
}

/* Reads the first path of the call (or the path of its descriptor). */
static bool first_path(struct event *event)
{
	const struct agent_call *call = event->call;
	int32_t directory = call->directory == AGENT_NONE
				    ? AT_FDCWD
				    : (int32_t)argument(event, call->directory);
	bool has_path = call->path != AGENT_NONE;
	bool may_be_empty = !has_path || (event->record.value[0] & AT_EMPTY_PATH) != 0;
	ssize_t bytes;

	/* A null path means the descriptor itself in utimensat, futimesat and fanotify_mark. */
	if (has_path && argument(event, call->path) == 0)
		may_be_empty = call->directory != AGENT_NONE;
	bytes = path_read(event, directory, has_path ? argument(event, call->path) : 0,
			  may_be_empty, event->path);
	event->path_bytes = bytes > 0 ? (size_t)bytes : 0;
	return bytes > 0;
}

static bool second_path(struct event *event)
{
	const struct agent_call *call = event->call;
	int32_t directory = call->directory2 == AGENT_NONE
				    ? AT_FDCWD
				    : (int32_t)argument(event, call->directory2);
	ssize_t bytes =
		path_read(event, directory, argument(event, call->path2), false, event->path2);

	event->path2_bytes = bytes > 0 ? (size_t)bytes : 0;
	return bytes > 0;
}

static void names_changed(struct event *event)
{
	atomic_store(&event->agent->mutated, true);
	record_forget(event->agent);
}

static void decode_plain(struct event *event)
{
	if (first_path(event))
		write_paths(event, 1, true);
}

static const char *const standard_links[] = {"fd/1", "fd/2"};

/* A log can become a link to /dev/stdout only where that is, in the process that opens it, what the
 * application was started with: not in a helper that talks to its parent by it, nor in a daemon. */
static uint64_t streams_elsewhere(const struct event *event)
{
	uint64_t elsewhere = 0;

	for (int i = 0; i < 2; i++) {
		char link[sizeof(event->agent->standard[i])];

		if (process_link(caller(event), standard_links[i], link, sizeof(link)) < 0 ||
		    strcmp(link, event->agent->standard[i]) != 0)
			elsewhere |= i == 0 ? STDOUT_ELSEWHERE : STDERR_ELSEWHERE;
	}
	return elsewhere;
}

static void decode_open(struct event *event)
{
	struct open_how how = {0};

	if (event->call->op == OP_OPENAT2) {
		if (memory_read(caller(event), argument(event, event->call->flags), &how,
				sizeof(how)) != (ssize_t)sizeof(how)) {
			note_failure(event);
			return;
		}
		event->record.op = OP_OPEN;
		event->record.value[0] = how.flags;
		event->record.value[1] = how.resolve;
	}
	event->record.value[0] &= 0xffffffffull;
	event->record.value[2] = 0;
	if (event->record.value[0] & O_APPEND)
		event->record.value[2] = streams_elsewhere(event);
	decode_plain(event);
}

static void decode_removal(struct event *event)
{
	if (!first_path(event))
		return;
	atomic_store(&event->agent->mutated, true);
	write_paths(event, 1, false);
	names_changed(event);
}

static void decode_two(struct event *event)
{
	ssize_t bytes;

	if (!first_path(event))
		return;
	if (event->record.op == OP_SYMLINK) {
		bytes = memory_read_string(caller(event), argument(event, event->call->path2),
					   event->path2, AGENT_MAX_PATH);
		event->path2_bytes = bytes > 0 ? (size_t)bytes : 0;
		if (bytes < 0)
			note_failure(event);
		if (bytes <= 0)
			return;
	} else if (!second_path(event)) {
		return;
	}
	atomic_store(&event->agent->mutated, true);
	write_paths(event, 2, false);
	names_changed(event);
}

static void decode_chown(struct event *event)
{
	int first = event->call->path != AGENT_NONE ? event->call->path : event->call->directory;

	event->record.value[1] = (uint32_t)argument(event, first + 1);
	event->record.value[2] = (uint32_t)argument(event, first + 2);
	decode_plain(event);
}

static void decode_map(struct event *event)
{
	uint32_t fields[6];
	int32_t fd;

	if (event->call->path != AGENT_NONE) {
		decode_plain(event);
		return;
	}
	if (event->call->constant) { /* i386: a pointer to six words */
		if (memory_read(caller(event), argument(event, 0), fields, sizeof(fields)) !=
		    (ssize_t)sizeof(fields))
			return;
		if (!(fields[2] & PROT_EXEC) || (fields[3] & MAP_ANONYMOUS))
			return;
		fd = (int32_t)fields[4];
	} else {
		fd = (int32_t)argument(event, 4);
	}
	event->record.value[0] = 0;
	if (fd >= 0) {
		ssize_t bytes = descriptor_read(event, fd, event->path, AGENT_MAX_PATH);

		event->path_bytes = bytes > 0 ? (size_t)bytes : 0;
		if (bytes > 0)
			write_paths(event, 1, true);
	}
}

static void decode_protect(struct event *event)
{
	ssize_t bytes =
		process_mapping(caller(event), argument(event, 0), event->path, AGENT_MAX_PATH);

	event->record.op = OP_MAP;
	event->path_bytes = bytes > 0 ? (size_t)bytes : 0;
	if (bytes > 0)
		write_paths(event, 1, true);
}

/* The first bytes of the file that is executed, for its interpreter. */
static size_t read_head(const struct event *event, char *head, size_t size)
{
	char link[64];
	struct stat state;
	ssize_t got = 0;
	int fd = path_open(event->agent, event->path, 0);

	if (fd < 0)
		return 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (fstat(fd, &state) == 0 && S_ISREG(state.st_mode)) {
		int file = open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

		got = file >= 0 ? read(file, head, size) : 0;
		if (file >= 0)
			close(file);
	}
	close(fd);
	return got > 0 ? (size_t)got : 0;
}

/* Reads the argument list into @words; answers how many, and marks one that was cut. */
static size_t read_words(struct event *event, uint64_t address, struct text *words, size_t maximum,
			 char *space, size_t space_bytes)
{
	size_t width = event->arch == AGENT_X86 ? 4 : sizeof(uint64_t);
	size_t count = 0, used = 0;

	for (;; count++) {
		uint64_t word = 0;
		ssize_t bytes;

		if (memory_read(caller(event), address + count * width, &word, width) !=
		    (ssize_t)width)
			break;
		if (!word)
			return count;
		if (count == maximum)
			break;
		bytes = memory_read_string(caller(event), word, space + used, space_bytes - used);
		if (bytes < 0)
			break;
		words[count] = (struct text){space + used, (size_t)bytes};
		used += (size_t)bytes + 1;
	}
	event->record.value[1] = 1;
	return count;
}

static void application_starts(struct event *event)
{
	struct agent *agent = event->agent;
	struct agent_record record = {.kind = AGENT_START, .arch = event->arch};
	char link[64], root[AGENT_MAX_PATH];
	struct text string = {root, 0};
	ssize_t bytes = process_link(caller(event), "root", root, sizeof(root));

	if (bytes < 0)
		record_lost(agent);
	snprintf(link, sizeof(link), "/proc/%d/root", caller(event));
	agent->root = open(link, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (bytes > 1) {
		memcpy(agent->root_path, root, (size_t)bytes);
		agent->root_path_bytes = (size_t)bytes;
	}
	string.bytes = bytes > 0 ? (size_t)bytes : 0;
	process_describe(caller(event), &record);
	record_write(agent, &record, &string, 1, 0, false);
	for (int i = 0; i < 2; i++)
		(void)process_link(caller(event), standard_links[i], agent->standard[i],
				   sizeof(agent->standard[i]));
	atomic_store(&agent->started, true);
}

static void decode_exec(struct event *event)
{
	char head[AGENT_HEAD_BYTES], space[AGENT_MAX_ARGV];
	struct text strings[2 + AGENT_MAX_WORDS];
	size_t words;

	if (!first_path(event))
		return;
	strings[0] = (struct text){event->path, event->path_bytes};
	strings[1] = (struct text){head, read_head(event, head, sizeof(head))};
	words = read_words(event, argument(event, event->call->path2), strings + 2, AGENT_MAX_WORDS,
			   space, sizeof(space));
	process_describe(caller(event), &event->record);
	event->record.state = path_state(event);
	record_write(event->agent, &event->record, strings, 2 + words, event->request->id, false);
}

/* Records one socket call about @address, as it came from @fd. */
static void write_address(struct event *event, int fd, const struct sockaddr_storage *address,
			  socklen_t bytes)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
	const struct sockaddr_un *local = (const struct sockaddr_un *)address;
	struct agent_record *record = &event->record;
	struct text string;
	int type = 0;
	socklen_t size = sizeof(type);

	record->value[0] = address->ss_family;
	record->value[1] = 0;
	if (address->ss_family == AF_INET && bytes >= sizeof(*in)) {
		inet_ntop(AF_INET, &in->sin_addr, event->path, AGENT_MAX_PATH);
		record->value[1] = ntohs(in->sin_port);
	} else if (address->ss_family == AF_INET6 &&
		   bytes >= offsetof(struct sockaddr_in6, sin6_scope_id)) {
		inet_ntop(AF_INET6, &in6->sin6_addr, event->path, AGENT_MAX_PATH);
		record->value[1] = ntohs(in6->sin6_port);
	} else if (address->ss_family == AF_UNIX &&
		   bytes > offsetof(struct sockaddr_un, sun_path) && local->sun_path[0]) {
		char base[AGENT_MAX_PATH];
		size_t room = bytes - offsetof(struct sockaddr_un, sun_path);
		size_t length =
			strnlen(local->sun_path,
				room < sizeof(local->sun_path) ? room : sizeof(local->sun_path));
		ssize_t base_bytes;

		memcpy(event->path, local->sun_path, length);
		event->path[length] = '\0';
		if (event->path[0] != '/') {
			base_bytes = descriptor_read(event, AT_FDCWD, base, sizeof(base));
			if (base_bytes < 0 || prefix_path(event->path, length, 0, base,
							  base_bytes == 1 ? 0 : (size_t)base_bytes,
							  sizeof(event->path)) < 0)
				return;
		}
	} else {
		return; /* netlink, packet, abstract names: nothing of the image */
	}
	event->path_bytes = strlen(event->path);
	if (fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0)
		record->value[2] = (uint64_t)type;
	if (record->op != OP_CONNECT)
		process_describe(caller(event), record);
	string = (struct text){event->path, event->path_bytes};
	record_write(event->agent, record, &string, 1, event->request->id,
		     record->op == OP_CONNECT);
}

static void decode_address(struct event *event, int32_t socket, uint64_t pointer, uint64_t bytes)
{
	struct sockaddr_storage address = {0};
	int fd;

	if (event->record.op == OP_LISTEN) {
		socklen_t size = sizeof(address);

		fd = process_descriptor(caller(event), socket);
		if (fd < 0) {
			note_failure(event);
			return;
		}
		if (getsockname(fd, (struct sockaddr *)&address, &size) == 0)
			write_address(event, fd, &address, size);
		close(fd);
		return;
	}
	if (bytes > sizeof(address))
		bytes = sizeof(address);
	if (memory_read(caller(event), pointer, &address, (size_t)bytes) != (ssize_t)bytes) {
		note_failure(event);
		return;
	}
	if (event->record.op == OP_CONNECT && address.ss_family != AF_UNIX)
		return;
	fd = event->record.op == OP_BIND ? process_descriptor(caller(event), socket) : -1;
	write_address(event, fd, &address, (socklen_t)bytes);
	if (fd >= 0)
		close(fd);
}

/* i386: socketcall(number, pointer to words), numbers from linux/net.h. */
static void decode_socketcall(struct event *event)
{
	static const uint16_t ops[] = {[2] = OP_BIND, [3] = OP_CONNECT, [4] = OP_LISTEN};
	uint64_t number = argument(event, 0);
	uint32_t words[3] = {0};
	size_t size = number == 4 ? 8 : sizeof(words);

	if (number < 2 || number > 4)
		return;
	if (memory_read(caller(event), argument(event, 1), words, size) != (ssize_t)size) {
		note_failure(event);
		return;
	}
	event->record.op = ops[number];
	decode_address(event, (int32_t)words[0], words[1], words[2]);
}

static void decode_ids(struct event *event)
{
	uint32_t words = event->call->constant;
	char groups[1024];
	ssize_t bytes = process_groups(caller(event), groups, sizeof(groups));
	struct text text = {groups, bytes > 0 ? (size_t)bytes : 0};

	for (uint32_t i = 0; i < 3; i++)
		event->record.value[i] =
			(uint32_t)argument(event, (int)(i < words ? i : words - 1));
	if (words == 2)
		event->record.value[2] = event->record.value[1];
	process_describe(caller(event), &event->record);
	record_write(event->agent, &event->record, &text, 1, event->request->id, false);
}

static void decode_numbers(struct event *event)
{
	process_describe(caller(event), &event->record);
	event->record.value[0] = argument(event, 0);
	event->record.value[1] = argument(event, 1);
	record_write(event->agent, &event->record, NULL, 0, event->request->id, true);
}

static void decode(struct event *event)
{
	const struct agent_call *call = event->call;

	event->record.value[0] =
		(uint32_t)((uint32_t)argument(event, call->flags) | call->constant);
	switch (call->op) {
	case OP_OPEN:
	case OP_OPENAT2:
		decode_open(event);
		break;
	case OP_EXEC:
		decode_exec(event);
		break;
	case OP_UNLINK:
		decode_removal(event);
		break;
	case OP_RENAME:
	case OP_LINK:
	case OP_SYMLINK:
		decode_two(event);
		break;
	case OP_CHOWN:
		decode_chown(event);
		break;
	case OP_MAP:
		decode_map(event);
		break;
	case OP_PROTECT:
		decode_protect(event);
		break;
	case OP_BIND:
	case OP_LISTEN:
	case OP_CONNECT:
		decode_address(event, (int32_t)argument(event, 0), argument(event, 1),
			       argument(event, 2));
		break;
	case OP_SOCKETCALL:
		decode_socketcall(event);
		break;
	case OP_SETUID:
	case OP_SETGID:
		decode_ids(event);
		break;
	case OP_SETGROUPS:
	case OP_SOCKET:
	case OP_SECCOMP:
	case OP_IO_URING:
		decode_numbers(event);
		break;
	case OP_CHROOT:
		decode_plain(event);
		atomic_store(&event->agent->chrooted, true);
		names_changed(event);
		break;
	case OP_MOUNT:
		decode_numbers(event);
		names_changed(event);
		break;
	default:
		decode_plain(event);
	}
}

/* Records that the call was made at all, the first time. */
static void note_call(struct event *event, unsigned int nr)
{
	struct agent *agent = event->agent;
	struct agent_record record = {.kind = AGENT_CALL, .arch = event->arch, .nr = nr};
	uint64_t bit = 1ull << (nr % 64);

	if (atomic_load_explicit(&agent->call_seen[event->arch][nr / 64], memory_order_relaxed) &
	    bit)
		return;
	if (!(atomic_fetch_or(&agent->call_seen[event->arch][nr / 64], bit) & bit))
		record_write(agent, &record, NULL, 0, 0, false);
}

/* thresh-init makes calls that the application may not: it is part of the trusted base. */
static bool is_refused(struct event *event)
{
	struct agent_record record = event->record;

	if (!event->call || !event->call->refuse)
		return false;
	if (link_read(event, "exe", event->path, AGENT_MAX_PATH) > 0 &&
	    strncmp(event->path, "/.thresh/", 9) == 0)
		return false;
	record.kind = AGENT_REFUSED;
	record_write(event->agent, &record, NULL, 0, 0, true);
	return true;
}

bool event_decode(struct event *event)
{
	unsigned int nr = (unsigned int)event->request->data.nr;

	if (nr >= AGENT_MAX_CALLS)
		return true;
	event->call = event->agent->calls[event->arch][nr];
	event->unreadable = false;
	event->path_bytes = event->path2_bytes = 0;
	event->record = (struct agent_record){.kind = AGENT_OP, .arch = event->arch, .nr = nr};
	if (!atomic_load_explicit(&event->agent->started, memory_order_acquire)) {
		if (!event->call || event->call->op != OP_EXEC)
			return false;
		application_starts(event);
	}
	note_call(event, nr);
	if (is_refused(event))
		return true;
	if (!event->call || event->call->op == OP_NONE)
		return false;
	event->record.op = event->call->op;
	decode(event);
	if (event->unreadable && event_is_valid(event))
		record_lost(event->agent);
	return event->call->op == OP_IO_URING;
}
