/* SPDX-License-Identifier: Apache-2.0 */
#include "trace/resolver-private.h"

#include "base/path.h"
#include "trace/calls.h"
#include "trace/redact.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	WRITING =
		PATH_WRITE | PATH_APPEND | PATH_CREATE | PATH_DELETE | PATH_NONAPPEND | PATH_CHOWN,
};

struct resolver *resolver_new(const struct recorder_options *options)
{
	struct resolver *resolver = g_new0(struct resolver, 1);

	resolver->options = options;
	resolver->root = shadow_new(options->tree);
	resolver->profile = profile_new();
	resolver->processes = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	resolver->drops = g_ptr_array_new_with_free_func(resolver_drop_free);
	resolver->findings.missed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	resolver->findings.refused_writes =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	resolver->findings.refused_syscalls =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return resolver;
}

void replay_findings_clear(struct replay_findings *findings)
{
	g_clear_pointer(&findings->missed, g_hash_table_unref);
	g_clear_pointer(&findings->refused_writes, g_hash_table_unref);
	g_clear_pointer(&findings->refused_syscalls, g_hash_table_unref);
}

void resolver_free(struct resolver *resolver)
{
	if (!resolver)
		return;
	shadow_free(resolver->root);
	profile_free(resolver->profile);
	g_hash_table_unref(resolver->processes);
	g_ptr_array_unref(resolver->drops);
	replay_findings_clear(&resolver->findings);
	g_free(resolver);
}

static bool is_writable(const struct resolver *resolver, const char *path)
{
	const GPtrArray *writable = resolver->options->writable;

	if (!writable)
		return true;
	for (guint i = 0; i < writable->len; i++)
		if (path_is_below(path, writable->pdata[i]))
			return true;
	return false;
}

static void add_path(struct resolver *resolver, const char *path, uint32_t classes)
{
	const struct tree *image =
		resolver->options->original ? resolver->options->original : resolver->options->tree;
	g_autofree char *shown = redact_path(path, image, resolver->options->redactions);

	if (strlen(path) > PATH_MAX_BYTES)
		return; /* nothing in an image is that deep */
	if (g_hash_table_size(resolver->profile->paths) >= PROFILE_MAX_PATHS &&
	    !g_hash_table_contains(resolver->profile->paths, shown)) {
		if (classes != PATH_MISSING)
			resolver->lost++;
		return;
	}
	profile_add_path(resolver->profile, shown, classes);
	if ((classes & WRITING) && !is_writable(resolver, path))
		g_hash_table_add(resolver->findings.refused_writes, g_strdup(path));
}

void resolver_mark(struct resolver *resolver, const struct shadow *node, uint32_t classes)
{
	g_autofree char *path = shadow_path(node);

	add_path(resolver, path, classes);
}

void resolver_mark_way(struct resolver *resolver, const struct walk *walk)
{
	for (guint i = 0; i < walk->links->len; i++)
		resolver_mark(resolver, walk->links->pdata[i], PATH_READLINK);
	for (guint i = 0; i < walk->crossed->len; i++)
		resolver_mark(resolver, walk->crossed->pdata[i], PATH_STAT);
}

/* In a replay: what the source image has at the path that the candidate lacks. */
static void note_missed(struct resolver *resolver, const char *path)
{
	const struct tree *original = resolver->options->original;
	g_autoptr(GPtrArray) links = g_ptr_array_new();
	const struct node *node = tree_resolve(original, path, true, links, NULL);

	for (guint i = 0; i < links->len; i++)
		g_hash_table_add(resolver->findings.missed, node_path(links->pdata[i]));
	if (node)
		g_hash_table_add(resolver->findings.missed, node_path(node));
}

void resolver_mark_missing(struct resolver *resolver, const struct walk *walk)
{
	if (walk->outside || !walk->missing)
		return;
	add_path(resolver, walk->missing, PATH_MISSING);
	if (resolver->options->original && !walk->gone)
		note_missed(resolver, walk->missing);
}

void resolver_add_capability(struct resolver *resolver, const char *name)
{
	g_hash_table_add(resolver->profile->capabilities, g_strdup(name));
}

static const char *event_path(const struct stream_event *event, guint string)
{
	if (string >= event->record.strings || event->strings[string].data[0] != '/')
		return "/proc"; /* nothing of the image */
	return event->strings[string].data;
}

void resolver_walk(struct resolver *resolver, const struct stream_event *event, guint string,
		   bool follow_last, struct walk *ret_walk)
{
	const char *path = event_path(event, string);
	uint8_t state = string == 0 ? event->record.state : STATE_UNKNOWN;

	walk_path(resolver->root, path, follow_last, ret_walk);
	/* A removal or renaming that we believed in did not take place. */
	if (!ret_walk->node && ret_walk->gone && state == STATE_EXISTS && ret_walk->directory) {
		shadow_restore(ret_walk->directory, ret_walk->name);
		walk_clear(ret_walk);
		walk_path(resolver->root, path, follow_last, ret_walk);
	}
	resolver_mark_way(resolver, ret_walk);
	if (ret_walk->node && state == STATE_MISSING && !ret_walk->links->len &&
	    ret_walk->node->parent) {
		ret_walk->missing = shadow_path(ret_walk->node);
		ret_walk->gone = true;
		ret_walk->node = NULL;
	}
	if (!ret_walk->node && state != STATE_EXISTS)
		resolver_mark_missing(resolver, ret_walk);
}

struct shadow *resolver_make(struct resolver *resolver, const struct walk *walk,
			     enum node_type type, uint32_t classes)
{
	struct shadow *node;
	g_autofree char *path = NULL;

	if (walk->outside || !walk->directory || !walk->name)
		return NULL;
	node = shadow_make(walk->directory, walk->name, type);
	path = shadow_path(node);
	/* In the image already, and removed before: written, not made. */
	if (tree_lookup(resolver->options->tree, path))
		classes = (classes & ~(uint32_t)(PATH_CREATE | PATH_DIRECTORY)) | PATH_WRITE |
			  PATH_NONAPPEND;
	else
		classes |= PATH_CREATE;
	add_path(resolver, path, classes);
	return node;
}

/* The classes of an open(2) with these flags. */
static uint32_t open_classes(uint64_t flags)
{
	uint32_t classes = 0;

	if (flags & O_PATH)
		return PATH_STAT;
	if ((flags & O_ACCMODE) != O_WRONLY)
		classes |= PATH_OPEN;
	if ((flags & O_ACCMODE) != O_RDONLY)
		classes |= PATH_WRITE | (flags & O_APPEND ? PATH_APPEND : PATH_NONAPPEND);
	if (flags & O_TRUNC)
		classes |= PATH_WRITE | PATH_NONAPPEND;
	return classes;
}

static void handle_temporary(struct resolver *resolver, const struct walk *walk)
{
	g_autofree char *directory = shadow_path(walk->node);
	g_autofree char *path = path_join(directory, "#tmpfile");

	/* O_TMPFILE has no name: this one says that the directory must take files. */
	add_path(resolver, path, PATH_CREATE | PATH_WRITE | PATH_NONAPPEND | PATH_DELETE);
}

static uint32_t append_classes(const struct stream_event *event)
{
	uint64_t elsewhere = event->record.value[2];

	return (elsewhere & STDOUT_ELSEWHERE ? PATH_STDOUT_ELSEWHERE : 0) |
	       (elsewhere & STDERR_ELSEWHERE ? PATH_STDERR_ELSEWHERE : 0);
}

static void handle_open(struct resolver *resolver, const struct stream_event *event)
{
	uint64_t flags = event->record.value[0];
	bool exclusive = (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
	uint32_t classes = open_classes(flags) | append_classes(event);
	autowalk struct walk walk = {0};
	struct walk *found = &walk;

	if ((flags & O_CREAT) && !(flags & O_PATH)) {
		/* Made here rather than missing, unless its directory is missing. */
		walk_path(resolver->root, event_path(event, 0), !exclusive && !(flags & O_NOFOLLOW),
			  found);
		resolver_mark_way(resolver, found);
		if (!walk.node && walk.gone && event->record.state == STATE_EXISTS &&
		    walk.directory) {
			shadow_restore(walk.directory, walk.name);
			walk.node = shadow_child(walk.directory, walk.name, NULL);
		}
		if (!walk.node && walk.directory)
			resolver_make(resolver, found, NODE_FILE,
				      classes | PATH_WRITE |
					      (flags & O_APPEND ? PATH_APPEND : PATH_NONAPPEND));
		else if (!walk.node)
			resolver_mark_missing(resolver, found);
	} else {
		resolver_walk(resolver, event, 0, !(flags & O_NOFOLLOW), found);
	}
	if (!walk.node)
		return;
	if ((flags & O_TMPFILE) == O_TMPFILE && walk.node->type == NODE_DIRECTORY) {
		handle_temporary(resolver, found);
		return;
	}
	if (exclusive || walk.node->type == NODE_SYMLINK)
		classes = PATH_STAT; /* EEXIST, or ELOOP */
	if ((classes & PATH_WRITE) && walk.node->type == NODE_DIRECTORY)
		classes = PATH_STAT; /* EISDIR */
	if (classes & PATH_WRITE)
		walk.node->changed = true;
	resolver_mark(resolver, walk.node, classes);
}

static void handle_use(struct resolver *resolver, const struct stream_event *event,
		       uint32_t classes, bool follow_last)
{
	autowalk struct walk walk = {0};

	resolver_walk(resolver, event, 0, follow_last, &walk);
	if (!walk.node)
		return;
	if (classes & PATH_NONAPPEND)
		walk.node->changed = true;
	if ((classes & PATH_MAP_EXEC) && walk.node->changed)
		classes |= PATH_EXEC_WRITE;
	resolver_mark(resolver, walk.node, classes);
}

/* access(2) asks for what comes later. A directory that holds nothing, and is to be writable, is
 * there to be written into; of any other a replay says whether the application insists on it. */
static void handle_access(struct resolver *resolver, const struct stream_event *event)
{
	autowalk struct walk walk = {0};
	g_autofree char *path = NULL;

	resolver_walk(resolver, event, 0, true, &walk);
	if (!walk.node)
		return;
	resolver_mark(resolver, walk.node, PATH_STAT);
	if (!(event->record.value[0] & W_OK) || !walk.node->original)
		return;
	path = shadow_path(walk.node);
	if (resolver->options->original && !is_writable(resolver, path))
		g_hash_table_add(resolver->findings.refused_writes, g_steal_pointer(&path));
	else if (walk.node->type == NODE_DIRECTORY && !walk.node->original->children)
		resolver_mark(resolver, walk.node, PATH_WRITE);
}

/* mkdir, mknod, symlink: @type at the first path. */
static void handle_make(struct resolver *resolver, const struct stream_event *event,
			enum node_type type, uint32_t classes)
{
	autowalk struct walk walk = {0};
	struct shadow *node;

	walk_path(resolver->root, event_path(event, 0), false, &walk);
	resolver_mark_way(resolver, &walk);
	if (!walk.node && walk.gone && event->record.state == STATE_EXISTS && walk.directory) {
		shadow_restore(walk.directory, walk.name);
		walk.node = shadow_child(walk.directory, walk.name, NULL);
	}
	if (walk.node) {
		resolver_mark(resolver, walk.node, PATH_STAT); /* EEXIST */
		return;
	}
	if (!walk.directory) {
		resolver_mark_missing(resolver, &walk);
		return;
	}
	node = resolver_make(resolver, &walk, type, classes);
	if (node && type == NODE_SYMLINK)
		node->target = node->owned_target = g_strdup(event->strings[1].data);
}

static enum node_type type_of_mode(uint64_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFCHR:
		return NODE_CHARACTER;
	case S_IFBLK:
		return NODE_BLOCK;
	case S_IFIFO:
	case S_IFSOCK:
		return NODE_FIFO;
	default:
		return NODE_FILE;
	}
}

static void handle_unlink(struct resolver *resolver, const struct stream_event *event)
{
	bool directory = (event->record.value[0] & AT_REMOVEDIR) != 0;
	autowalk struct walk walk = {0};

	resolver_walk(resolver, event, 0, false, &walk);
	if (!walk.node || !walk.directory)
		return;
	if (directory != (walk.node->type == NODE_DIRECTORY) ||
	    (directory && !shadow_is_empty(walk.node))) {
		resolver_mark(resolver, walk.node, PATH_STAT); /* EISDIR, ENOTDIR, ENOTEMPTY */
		return;
	}
	resolver_mark(resolver, walk.node, PATH_DELETE);
	shadow_remove(walk.node);
}

/* Whether rename(2) can put @node in the place of what is at @target. */
static bool may_replace(const struct shadow *node, const struct walk *target)
{
	if (!target->directory || shadow_is_below(target->directory, node))
		return false;
	if (!target->node)
		return true;
	if (target->node->type == NODE_DIRECTORY)
		return node->type == NODE_DIRECTORY && shadow_is_empty(target->node);
	return node->type != NODE_DIRECTORY;
}

static void exchange(struct resolver *resolver, struct shadow *a, struct shadow *b)
{
	struct shadow *directory = a->parent;
	g_autofree char *name = g_strdup(a->name);
	g_autofree char *other = g_strdup(b->name);
	struct shadow *place = b->parent;

	if (shadow_is_below(a, b) || shadow_is_below(b, a))
		return;
	resolver_mark(resolver, a, PATH_DELETE | PATH_WRITE | PATH_NONAPPEND);
	resolver_mark(resolver, b, PATH_DELETE | PATH_WRITE | PATH_NONAPPEND);
	shadow_move(a, place, "/exchange"); /* no component has a slash */
	shadow_move(b, directory, name);
	shadow_move(a, place, other);
}

/* What is made at the new name: what was there is replaced, what is made there is the
 * application's. */
static void mark_renamed(struct resolver *resolver, const struct walk *target, bool directory)
{
	g_autofree char *base = shadow_path(target->directory);
	g_autofree char *path = path_join(base, target->name);
	bool shipped = tree_lookup(resolver->options->tree, path) != NULL;

	add_path(resolver, path,
		 shipped ? PATH_WRITE | PATH_NONAPPEND | PATH_DELETE
			 : PATH_CREATE | PATH_WRITE | PATH_NONAPPEND |
				   (directory ? PATH_DIRECTORY : 0));
}

static void handle_rename(struct resolver *resolver, const struct stream_event *event)
{
	uint64_t flags = event->record.value[0];
	autowalk struct walk from = {0};
	autowalk struct walk to = {0};

	resolver_walk(resolver, event, 0, false, &from);
	walk_path(resolver->root, event_path(event, 1), false, &to);
	resolver_mark_way(resolver, &to);
	if (!from.node || !from.directory) {
		if (to.node)
			resolver_mark(resolver, to.node, PATH_STAT);
		return;
	}
	if (to.outside || from.node == to.node)
		return;
	if (!to.node && !to.directory)
		resolver_mark_missing(resolver, &to);
	if (to.node && (flags & RENAME_EXCHANGE)) {
		exchange(resolver, from.node, to.node);
		return;
	}
	if (!may_replace(from.node, &to) || (to.node && (flags & RENAME_NOREPLACE))) {
		resolver_mark(resolver, from.node, PATH_STAT);
		if (to.node)
			resolver_mark(resolver, to.node, PATH_STAT);
		return;
	}
	resolver_mark(resolver, from.node, PATH_DELETE | (from.node->original ? PATH_OPEN : 0));
	if (to.node)
		resolver_mark(resolver, to.node, PATH_WRITE | PATH_NONAPPEND | PATH_DELETE);
	mark_renamed(resolver, &to, from.node->type == NODE_DIRECTORY);
	shadow_move(from.node, to.directory, to.name);
}

static void handle_link(struct resolver *resolver, const struct stream_event *event)
{
	autowalk struct walk from = {0};
	autowalk struct walk to = {0};

	resolver_walk(resolver, event, 0, (event->record.value[0] & AT_SYMLINK_FOLLOW) != 0, &from);
	walk_path(resolver->root, event_path(event, 1), false, &to);
	resolver_mark_way(resolver, &to);
	if (from.node)
		resolver_mark(resolver, from.node,
			      from.node->type == NODE_DIRECTORY ? PATH_STAT : PATH_LINK_SOURCE);
	if (to.node)
		resolver_mark(resolver, to.node, PATH_STAT); /* EEXIST */
	else if (!to.directory)
		resolver_mark_missing(resolver, &to);
	if (!from.node || from.node->type == NODE_DIRECTORY || to.node || !to.directory ||
	    to.outside)
		return;
	mark_renamed(resolver, &to, false);
	shadow_link(to.directory, to.name, from.node);
}

static void handle_start(struct resolver *resolver, const struct stream_event *event)
{
	resolver->started = true;
	resolver->application = event->record.process;
}

static void handle_call(struct resolver *resolver, const struct stream_event *event, bool refused)
{
	const char *arch = call_arch_name(event->record.arch);
	g_autofree char *name = call_name(event->record.arch, (int)event->record.nr);

	if (!arch || !name)
		return;
	if (refused) {
		profile_add_refused_syscall(resolver->profile, arch, name);
		g_hash_table_add(resolver->findings.refused_syscalls, g_strdup(name));
	} else {
		profile_add_syscall(resolver->profile, arch, name);
	}
}

static void handle_path(struct resolver *resolver, const struct stream_event *event)
{
	uint64_t flags = event->record.value[0];
	bool follow = !(flags & AT_SYMLINK_NOFOLLOW);

	switch (event->record.op) {
	case OP_OPEN:
		handle_open(resolver, event);
		break;
	case OP_STAT:
		handle_use(resolver, event, PATH_STAT, follow);
		break;
	case OP_ACCESS:
		handle_access(resolver, event);
		break;
	case OP_READLINK:
		handle_use(resolver, event, PATH_READLINK, false);
		break;
	case OP_LIST:
		handle_use(resolver, event, PATH_LIST, true);
		break;
	case OP_CHDIR:
	case OP_CHROOT:
		handle_use(resolver, event, PATH_STAT, true);
		break;
	case OP_MKDIR:
		handle_make(resolver, event, NODE_DIRECTORY, PATH_DIRECTORY);
		break;
	case OP_MKNOD:
		handle_make(resolver, event, type_of_mode(flags), 0);
		break;
	case OP_SYMLINK:
		if (event->record.strings == 2)
			handle_make(resolver, event, NODE_SYMLINK, 0);
		break;
	case OP_UNLINK:
		handle_unlink(resolver, event);
		break;
	case OP_RENAME:
		handle_rename(resolver, event);
		break;
	case OP_LINK:
		handle_link(resolver, event);
		break;
	case OP_ATTRIBUTE:
		handle_use(resolver, event, PATH_WRITE, follow);
		break;
	case OP_CHOWN:
		resolver_add_capability(resolver, "CAP_CHOWN");
		handle_use(resolver, event, PATH_CHOWN, follow);
		break;
	case OP_TRUNCATE:
		handle_use(resolver, event, PATH_WRITE | PATH_NONAPPEND, true);
		break;
	case OP_MAP:
		handle_use(resolver, event, PATH_MAP_EXEC, true);
		break;
	default:
		break;
	}
}

static void handle_op(struct resolver *resolver, const struct stream_event *event)
{
	switch (event->record.op) {
	case OP_EXEC:
		resolver_handle_exec(resolver, event);
		break;
	case OP_BIND:
	case OP_LISTEN:
	case OP_CONNECT:
		resolver_handle_socket(resolver, event);
		break;
	case OP_SETUID:
	case OP_SETGID:
	case OP_SETGROUPS:
	case OP_SECCOMP:
	case OP_IO_URING:
	case OP_SOCKET:
	case OP_MOUNT:
		resolver_handle_identity(resolver, event);
		break;
	default:
		handle_path(resolver, event);
	}
}

void resolver_handle(const struct stream_event *event, void *user)
{
	struct resolver *resolver = user;

	switch (event->record.kind) {
	case AGENT_START:
		handle_start(resolver, event);
		break;
	case AGENT_CALL:
		handle_call(resolver, event, false);
		break;
	case AGENT_REFUSED:
		handle_call(resolver, event, true);
		break;
	default:
		handle_op(resolver, event);
	}
}

const struct profile *resolver_profile(struct resolver *resolver)
{
	resolver_decide_drop(resolver);
	return resolver->profile;
}

const struct replay_findings *resolver_findings(const struct resolver *resolver)
{
	return &resolver->findings;
}

bool resolver_has_started(const struct resolver *resolver)
{
	return resolver->started && resolver->executed;
}

uint64_t resolver_lost(const struct resolver *resolver)
{
	return resolver->lost;
}
