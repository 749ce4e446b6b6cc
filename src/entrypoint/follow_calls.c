/* SPDX-License-Identifier: Apache-2.0 */
/* What the processes do: to files, through pipes, with sockets, to each other. */
#include "entrypoint/follow.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "entrypoint/machine.h"
#include "entrypoint/meaning.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { RENAMED_MAX = 10000 }; /* files below a directory that is renamed */

/* --- files --- */

static uint64_t argument(const struct task *task, int8_t index)
{
	return index >= 0 ? task->call.args[index] : 0;
}

/* The directory that a path argument is relative to. */
static char *base_of(const struct task *task, int8_t index)
{
	int fd = index >= 0 ? (int)task->call.args[index] : AT_FDCWD;
	g_autofree char *name = g_strdup_printf("fd/%d", fd);

	return tracee_link(task->tid, fd == AT_FDCWD ? "cwd" : name);
}

/* The path of an open file of a file system; NULL for pipes, sockets and what was removed. */
static char *path_of_fd(const struct task *task, int fd)
{
	g_autofree char *name = g_strdup_printf("fd/%d", fd);
	g_autofree char *link = tracee_link(task->tid, name);

	return link && link[0] == '/' && !g_str_has_suffix(link, " (deleted)")
		       ? g_steal_pointer(&link)
		       : NULL;
}

static char *path_argument(struct follow *follow, const struct task *task, int8_t directory,
			   int8_t path, bool follow_last)
{
	g_autofree char *text = path >= 0 ? tracee_string(task->tid, argument(task, path)) : NULL;
	g_autofree char *base = NULL;

	if (path < 0 || (text && !*text && directory >= 0)) /* AT_EMPTY_PATH */
		return directory >= 0 ? path_of_fd(task, (int)argument(task, directory)) : NULL;
	base = text ? base_of(task, directory) : NULL;
	return base && *text ? snapshot_resolve(&follow->reader, base, text, follow_last) : NULL;
}

/* Where the changes of @actor go; NULL for a program that is kept. */
static struct changes *changes_of(struct follow *follow, const struct actor *actor)
{
	if (actor->program)
		return actor->program->changes;
	return actor->mark ? timeline_changes_before(follow->timeline, actor->mark)
			   : timeline_changes(follow->timeline);
}

static void touch(struct follow *follow, const struct task *task, const char *path, enum touch kind)
{
	struct changes *changes = path ? changes_of(follow, task->actor) : NULL;

	if (!changes)
		return;
	follow_activity(follow, task->actor);
	if (changes_touch(changes, &follow->reader, path, kind))
		return;
	if (task->actor->program)
		follow_program_keep(follow, task->actor->program);
	else
		follow_fail(follow, THRESH_ERROR_INPUT,
			    "the start script changed more than %d files: let one program of the "
			    "image do it, or do it when the image is built",
			    CHANGES_MAX_PATHS);
}

static char *place_of(const struct actor *actor)
{
	if (!actor->script)
		return g_strdup("the start script");
	return actor->line > 0 ? g_strdup_printf("%s:%u", actor->script, actor->line)
			       : g_strdup(actor->script);
}

/* An effect that is no file's. A launcher's is not the script's, and thresh-init, which has no
 * script, asks for itself whether a server is there. */
static void special(struct follow *follow, const struct task *task)
{
	const struct actor *actor = task->actor;
	g_autofree char *place = place_of(actor);

	if (actor->program)
		follow_program_keep(follow, actor->program);
	else if (actor->kind == ACTOR_SHELL && (actor->script || !*follow->options->interpreters))
		follow_fail(follow, THRESH_ERROR_INPUT,
			    "%s: the shell itself does what no plan can say (a socket such as "
			    "/dev/tcp, an extended attribute, a mount): let a program of the image "
			    "do it",
			    place);
}

/* Another root: paths mean something else from now on. */
static void on_chroot(struct follow *follow, const struct task *task)
{
	g_autofree char *text = tracee_string(task->tid, task->call.args[0]);

	if (task->actor->program)
		follow_program_keep(follow, task->actor->program);
	else if (!text || strcmp(text, "/") != 0)
		follow_fail(follow, THRESH_ERROR_INPUT,
			    "the start script changes its root directory, which no plan can say: "
			    "start the application from the image's own");
}

static void count_opened(struct follow *follow, const struct task *task)
{
	struct program *program = task->actor->program;

	if (program && ++program->opened > FOLLOW_OPENED_MAX)
		follow_program_keep(follow, program);
}

/* openat2(2): the flags are the first member of struct open_how. */
static uint64_t open_flags(const struct task *task, const struct agent_call *call)
{
	g_autoptr(GByteArray) how = NULL;
	uint64_t flags = argument(task, call->flags) | call->constant;

	if (call->op != OP_OPENAT2)
		return flags;
	how = tracee_memory(task->tid, argument(task, call->flags), sizeof(flags));
	if (how)
		memcpy(&flags, how->data, sizeof(flags));
	return flags;
}

static void on_open(struct follow *follow, struct task *task, const struct agent_call *call)
{
	uint64_t flags = open_flags(task, call);
	bool writes = (flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC);
	g_autofree char *path = NULL;

	if ((flags & O_TMPFILE) == O_TMPFILE)
		return;
	if (!writes && flags & (O_DIRECTORY | O_PATH))
		return;
	path = path_argument(follow, task, call->directory, call->path, !(flags & O_NOFOLLOW));
	if (!writes) {
		follow_note_read(follow, path);
		if (task->actor->kind != ACTOR_SHELL)
			return;
		task->path = g_steal_pointer(&path);
		task->closes = flags & O_CLOEXEC;
		return;
	}
	touch(follow, task, path, TOUCH_CONTENT);
	count_opened(follow, task);
}

/* All below a directory that gets another name. */
static void touch_tree(struct follow *follow, const struct task *task, const char *from,
		       const char *to, guint *left)
{
	g_autoptr(GPtrArray) names = snapshot_list(&follow->reader, from, *left + 1);

	touch(follow, task, from, TOUCH_CONTENT);
	touch(follow, task, to, TOUCH_CONTENT);
	for (guint i = 0; names && i < names->len && !follow->error; i++) {
		g_autofree char *old_path = path_join(from, names->pdata[i]);
		g_autofree char *new_path = path_join(to, names->pdata[i]);

		if (*left == 0) {
			if (task->actor->program)
				follow_program_keep(follow, task->actor->program);
			else
				follow_fail(follow, THRESH_ERROR_INPUT,
					    "the start script renamed a directory of more than %d "
					    "files",
					    RENAMED_MAX);
			return;
		}
		--*left;
		touch_tree(follow, task, old_path, new_path, left);
	}
}

static void on_rename(struct follow *follow, const struct task *task, const struct agent_call *call)
{
	g_autofree char *from = path_argument(follow, task, call->directory, call->path, false);
	g_autofree char *to = path_argument(follow, task, call->directory2, call->path2, false);
	guint left = RENAMED_MAX;

	if (from && to && !path_is_below(to, from))
		touch_tree(follow, task, from, to, &left);
}

static void touch_argument(struct follow *follow, const struct task *task,
			   const struct agent_call *call, bool follow_last, enum touch kind)
{
	g_autofree char *path =
		path_argument(follow, task, call->directory, call->path, follow_last);

	touch(follow, task, path, kind);
}

static void on_table_entry(struct follow *follow, struct task *task, const struct agent_call *call)
{
	bool follow_last = !((argument(task, call->flags) | call->constant) & AT_SYMLINK_NOFOLLOW);

	switch (call->op) {
	case OP_OPEN:
	case OP_OPENAT2:
		on_open(follow, task, call);
		break;
	case OP_MKDIR:
		touch_argument(follow, task, call, false, TOUCH_CONTENT);
		break;
	case OP_SYMLINK:
	case OP_MKNOD:
		touch_argument(follow, task, call, false, TOUCH_CONTENT);
		count_opened(follow, task);
		break;
	case OP_UNLINK:
		touch_argument(follow, task, call, false, TOUCH_REMOVE);
		break;
	case OP_RENAME:
		on_rename(follow, task, call);
		break;
	case OP_LINK: {
		g_autofree char *path =
			path_argument(follow, task, call->directory2, call->path2, false);

		touch(follow, task, path, TOUCH_CONTENT);
		break;
	}
	case OP_ATTRIBUTE:
	case OP_CHOWN:
		touch_argument(follow, task, call, follow_last, TOUCH_ATTRIBUTES);
		break;
	case OP_TRUNCATE:
		touch_argument(follow, task, call, true, TOUCH_CONTENT);
		break;
	default:
		break;
	}
}

/* --- pipes --- */

static void pipe_append(struct follow *follow, uint64_t inode, const GByteArray *data)
{
	struct pipe_content *content = follow_pipe(follow, inode);

	if (!data || content->incomplete ||
	    content->data->len + (uint64_t)data->len > FOLLOW_PIPE_MAX_BYTES ||
	    follow->pipe_bytes + data->len > FOLLOW_PIPES_MAX_BYTES) {
		content->incomplete = true;
		return;
	}
	g_byte_array_append(content->data, data->data, data->len);
	follow->pipe_bytes += data->len;
}

static uint64_t pipe_of_fd(const struct follow *follow, const struct task *task, int fd)
{
	g_autofree char *name = g_strdup_printf("fd/%d", fd);
	g_autofree char *link = tracee_link(task->tid, name);
	uint64_t inode = link ? pipe_inode(link) : 0;

	return inode == follow->options->own_pipes[0] || inode == follow->options->own_pipes[1]
		       ? 0
		       : inode;
}

/* A file that was opened before: perhaps by somebody else, or before another program ran. True for
 * a pipe: what goes into it is known at the exit. */
static bool on_write_entry(struct follow *follow, struct task *task, int fd)
{
	g_autofree char *path = NULL;

	task->pipe = pipe_of_fd(follow, task, fd);
	if (task->pipe)
		return true;
	path = path_of_fd(task, fd);
	touch(follow, task, path, TOUCH_CONTENT);
	return false;
}

/* What sendfile(2) has just taken from the file behind descriptor @fd. */
static GByteArray *sent_from(const struct task *task, int fd, uint64_t size_bytes)
{
	g_autofree char *info_name = g_strdup_printf("fdinfo/%d", fd);
	g_autofree char *name = g_strdup_printf("/proc/%d/fd/%d", (int)task->tid, fd);
	g_autofree char *info = tracee_file(task->tid, info_name);
	g_autoptr(GByteArray) data = g_byte_array_new();
	autofd int in = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	uint64_t end = info ? g_ascii_strtoull(info + strlen("pos:"), NULL, 10) : 0;

	if (in < 0 || task->call.args[2] != 0 || end < size_bytes ||
	    size_bytes > FOLLOW_PIPE_MAX_BYTES)
		return NULL;
	g_byte_array_set_size(data, (guint)size_bytes);
	if (pread(in, data->data, size_bytes, (off_t)(end - size_bytes)) != (ssize_t)size_bytes)
		return NULL;
	return g_steal_pointer(&data);
}

static void on_write_exit(struct follow *follow, const struct task *task, enum call_kind kind,
			  int64_t result)
{
	const uint64_t *args = task->call.args;
	g_autoptr(GByteArray) data = NULL;

	if (task->pipe == 0 || result <= 0)
		return;
	if (kind == CALL_WRITE)
		data = tracee_memory(task->tid, args[1], (uint64_t)result);
	else if (kind == CALL_WRITEV)
		data = tracee_vector(task->tid, args[1], args[2], (uint64_t)result);
	else if (kind == CALL_SENDFILE)
		data = sent_from(task, (int)args[1], (uint64_t)result);
	pipe_append(follow, task->pipe, data);
}

/* --- scripts that a shell opens --- */

static void script_drop(struct actor *actor)
{
	actor->script_fd = -1;
	g_clear_pointer(&actor->script_path, g_free);
}

/* Of what a shell opens without O_CLOEXEC all is a script that does not become standard input. */
static void script_take(struct follow *follow, struct actor *actor, int fd)
{
	if (fd < 0 || actor->script_fd != fd)
		return;
	if (!actor->script_closes)
		follow_script_add(follow, actor->script_path);
	script_drop(actor);
}

static void source_free(void *data)
{
	struct source *source = data;

	g_free(source->path);
	g_free(source);
}

static void set_script(struct actor *actor, const char *path)
{
	g_free(actor->script);
	actor->script = g_strdup(path);
	actor->line = 0;
}

/* dash and busybox's ash read a script from a descriptor of 10 or more until its end. */
static void source_push(struct follow *follow, struct actor *actor, int fd)
{
	g_autofree char *path = g_strdup(actor->script_path);
	struct source *source;

	follow_script_add(follow, path);
	script_drop(actor);
	if (!g_hash_table_contains(follow->scripts, path))
		return;
	source = g_new0(struct source, 1);
	source->fd = fd;
	source->path = g_strdup(path);
	if (!actor->sources)
		actor->sources = g_ptr_array_new_with_free_func(source_free);
	g_ptr_array_add(actor->sources, source);
	set_script(actor, path);
}

static void source_pop(struct actor *actor, int fd)
{
	const struct source *last = actor->sources && actor->sources->len > 0
					    ? actor->sources->pdata[actor->sources->len - 1]
					    : NULL;

	if (!last || last->fd != fd)
		return;
	g_ptr_array_set_size(actor->sources, (gint)actor->sources->len - 1);
	if (actor->sources->len > 0) {
		last = actor->sources->pdata[actor->sources->len - 1];
		set_script(actor, last->path);
	}
}

/* A file that becomes standard input or output is data, one that goes out of the way is a script.
 */
static void on_dup(struct follow *follow, struct actor *actor, int fd, int to)
{
	if (fd < 0 || actor->script_fd != fd)
		return;
	if (to >= 10)
		source_push(follow, actor, to);
	else
		script_drop(actor);
}

static void on_open_exit(struct task *task, int64_t result)
{
	struct actor *actor = task->actor;

	if (!task->path || result < 0)
		return;
	script_drop(actor);
	actor->script_fd = (int)result;
	actor->script_closes = task->closes;
	actor->script_path = g_steal_pointer(&task->path);
}

/* --- sockets --- */

static int socket_type(const struct task *task, int fd)
{
	autofd int pid_fd = pidfd_open(task->actor->pid, 0);
	autofd int own = pid_fd < 0 ? -1 : pidfd_getfd(pid_fd, fd, 0);
	int type = -1;
	socklen_t size = sizeof(type);

	if (own >= 0)
		getsockopt(own, SOL_SOCKET, SO_TYPE, &type, &size);
	return type;
}

/* A name that others can reach: netlink sockets and free ports have none. */
static bool binds_name(const struct task *task, int fd)
{
	g_autoptr(GByteArray) data =
		tracee_memory(task->tid, task->call.args[1], MIN(task->call.args[2], 128));
	struct sockaddr_in address; /* the port of IPv6 is at the same place */

	if (!data || data->len < sizeof(sa_family_t))
		return false;
	memset(&address, 0, sizeof(address));
	memcpy(&address, data->data, MIN(data->len, sizeof(address)));
	if (address.sin_family == AF_UNIX)
		return true;
	return (address.sin_family == AF_INET || address.sin_family == AF_INET6) &&
	       address.sin_port != 0 && socket_type(task, fd) == SOCK_DGRAM;
}

static bool any_runs(const struct follow *follow)
{
	g_autoptr(GPtrArray) programs = timeline_programs(follow->timeline);

	for (guint i = 0; i < programs->len; i++) {
		const struct program *program = programs->pdata[i];

		if (program->processes > 0)
			return true;
	}
	return false;
}

static void on_connect(struct follow *follow, const struct task *task)
{
	/* A shell that asks whether a server is there that the script has started: that it listens
	 * is told with that one's step. */
	if (!task->actor->program && any_runs(follow))
		return;
	/* A datagram socket is connected to find an address for oneself, too. */
	if (socket_type(task, (int)task->call.args[0]) != SOCK_DGRAM)
		special(follow, task);
}

static void on_table_exit(struct follow *follow, struct task *task, const struct agent_call *call,
			  int64_t result)
{
	switch (call->op) {
	case OP_OPEN:
	case OP_OPENAT2:
		on_open_exit(task, result);
		break;
	case OP_CONNECT:
		if (result == 0 || result == -EINPROGRESS)
			on_connect(follow, task);
		break;
	case OP_BIND:
		if (result == 0 && binds_name(task, (int)task->call.args[0]))
			special(follow, task);
		break;
	case OP_LISTEN:
		if (result == 0)
			special(follow, task);
		break;
	default:
		break;
	}
}

/* --- each other --- */

struct actor *follow_find_inner(const struct follow *follow, pid_t inner)
{
	for (guint i = follow->actors->len; i-- > 0;) {
		struct actor *actor = follow->actors->pdata[i];

		if (actor->inner == inner && actor->alive)
			return actor;
	}
	return NULL;
}

static bool is_kill_program(const struct program *program)
{
	static const char *const names[] = {"kill", "pkill", "killall", "killall5", NULL};
	const GPtrArray *words = program->step->argv;

	for (guint i = 0; words && i < MIN(words->len, 2); i++) {
		if (g_strv_contains(names, path_name(words->pdata[i])))
			return true;
	}
	return false;
}

/* A signal from the script's world, or its `kill`, to a program is the end of that program's run;
 * from another program it is that program's effect. */
static void on_kill(struct follow *follow, const struct task *task, pid_t inner, int signal)
{
	struct actor *sender = task->actor;
	struct actor *target = follow_find_inner(follow, inner < -1 ? -inner : inner);
	struct program *program = target ? target->program : NULL;

	/* One that is not known is a thread, or has ended. */
	if (signal == 0 || !target || (program && program == sender->program))
		return;
	if (sender->program && !is_kill_program(sender->program)) {
		special(follow, task);
		return;
	}
	if (!program)
		return;
	follow_unmark(follow, sender);
	follow_program_stop(follow, program, signal);
}

static void on_wait(struct task *task, int64_t result)
{
	bool waited = task->call.nr == SYS_waitid ? result == 0 : result > 0;

	task->actor->waits += waited;
}

/* --- extended attributes --- */

enum { PLAIN_ACL_BYTES = 4 + 3 * 8 }; /* linux/posix_acl_xattr.h: owner, group and others alone */

/* Tools that copy a file's mode do so by its access list, which then says no more than the mode. */
static void on_attribute(struct follow *follow, const struct task *task, bool set)
{
	g_autofree char *name = tracee_string(task->tid, task->call.args[1]);

	if (!name || strcmp(name, "security.selinux") == 0)
		return;
	if (g_str_has_prefix(name, "system.posix_acl_") &&
	    (!set || task->call.args[3] <= PLAIN_ACL_BYTES))
		return;
	special(follow, task);
}

/* --- entry and exit --- */

static void on_foreign_call(struct follow *follow, const struct task *task)
{
	if (task->actor->program)
		special(follow, task);
	else
		follow_fail(follow, THRESH_ERROR_INPUT,
			    "the start script is run by a program for another processor mode (32 "
			    "bits), which cannot be followed");
}

static bool needs_table_exit(const struct task *task, enum agent_op op)
{
	switch (op) {
	case OP_OPEN:
	case OP_OPENAT2:
		return task->path != NULL;
	case OP_CONNECT:
	case OP_BIND:
	case OP_LISTEN:
		return true;
	default:
		return false;
	}
}

bool follow_call_entry(struct follow *follow, struct task *task)
{
	const struct call_meaning *meaning = meaning_of(&task->call);
	const uint64_t *args = task->call.args;

	if (!follow->timeline)
		return false;
	if (!meaning) {
		on_foreign_call(follow, task);
		return false;
	}
	switch (meaning->kind) {
	case CALL_TABLE:
		on_table_entry(follow, task, &meaning->table);
		return needs_table_exit(task, meaning->table.op);
	case CALL_WRITE:
		task->skipped = follow_trace_write(follow, task);
		return task->skipped || on_write_entry(follow, task, (int)args[0]);
	case CALL_WRITEV:
	case CALL_SENDFILE:
		return on_write_entry(follow, task, (int)args[0]);
	case CALL_INTO:
		return on_write_entry(follow, task, (int)args[2]);
	case CALL_CLOSE:
		source_pop(task->actor, (int)args[0]);
		script_take(follow, task->actor, (int)args[0]);
		return false;
	case CALL_READ:
		script_take(follow, task->actor, (int)args[0]);
		return false;
	case CALL_WAIT: /* whom a program waits for is its own affair */
		return !task->actor->program;
	default:
		return true;
	}
}

void follow_call_exit(struct follow *follow, struct task *task, int64_t result)
{
	const struct call_meaning *meaning = meaning_of(&task->call);
	const uint64_t *args = task->call.args;

	if (!follow->timeline || !meaning)
		return;
	switch (meaning->kind) {
	case CALL_TABLE:
		on_table_exit(follow, task, &meaning->table, result);
		break;
	case CALL_WRITE:
	case CALL_WRITEV:
	case CALL_SENDFILE:
	case CALL_INTO:
		on_write_exit(follow, task, meaning->kind, result);
		break;
	case CALL_DUP:
		if (result >= 0)
			on_dup(follow, task->actor, (int)args[0], (int)args[1]);
		break;
	case CALL_FCNTL:
		if (result >= 0 && (args[1] == F_DUPFD || args[1] == F_DUPFD_CLOEXEC))
			on_dup(follow, task->actor, (int)args[0], (int)result);
		break;
	case CALL_WAIT:
		on_wait(task, result);
		break;
	case CALL_KILL:
		if (result == 0)
			on_kill(follow, task, (pid_t)args[0], (int)args[1]);
		break;
	case CALL_KILL_THREAD:
		if (result == 0)
			on_kill(follow, task, (pid_t)args[0], (int)args[2]);
		break;
	case CALL_SET_ATTRIBUTE:
	case CALL_REMOVE_ATTRIBUTE:
		if (result == 0)
			on_attribute(follow, task, meaning->kind == CALL_SET_ATTRIBUTE);
		break;
	case CALL_AFFINITY:
		follow->record->asks_machine = true;
		if (follow->options->machine)
			machine_answer_affinity(follow->options->machine, task->tid, &task->call,
						result);
		break;
	case CALL_CHROOT:
		if (result == 0)
			on_chroot(follow, task);
		break;
	case CALL_SPECIAL:
		if (result >= 0)
			special(follow, task);
		break;
	default:
		break;
	}
}
