/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filling a writable path from its read-only seed: once, whole, and never over what is there.
 *
 * A volume survives the container, and a start can be cut off at any moment, or meet another
 * container on the same volume. So, under a lock on the directory (flock(2), where the file system
 * has it):
 *
 *   1. the marker xattr `user.thresh.filled` is there: nothing to do, whatever the application
 * removed;
 *   2. `.thresh-filled` is there: a fill was cut off after its copy was whole; go on with 5;
 *   3. `.thresh-filling` is there: it was cut off before; that copy is removed;
 *   4. anything else is there but lost+found, other mounts, and directories that hold nothing but
 * these (engines make them as mount points): not an empty volume, left alone. Otherwise everything
 * is copied into `.thresh-filling`, made durable, and that is renamed to `.thresh-filled`;
 *   5. its entries are renamed into place (never over another file; directories are united), the
 * directory gets owner and mode of the seed, then the marker, and the empty `.thresh-filled` is
 * removed.
 */
#include "init/copy.h"
#include "init/expand.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

enum {
	MOUNT_DEPTH_MAX = 32,
	/* struct statx(2): its size, and where in it, as 64-bit words, attributes and their mask
	   lie */
	STATX_BYTES = 256,
	STATX_ATTRIBUTES_WORD = 1,
	STATX_MASK_WORD = 7,
	STATX_MOUNT_ROOT = 0x2000,
};

static const char filling[] = ".thresh-filling";
static const char filled[] = ".thresh-filled";
static const char marker[] = "user.thresh.filled";

INIT_LARGE static struct fill fill_state;

struct survey {
	bool filling;
	bool filled;
	bool other;
};

/* Whether another file system, or another part of one, is mounted there (Linux 5.8; before, what
 * is of another file system). statx(2) by number: musl 1.2.3 has no wrapper and no struct. */
static bool is_mount(int fd, const char *name)
{
	uint64_t status[STATX_BYTES / sizeof(uint64_t)] = {0};
	struct stat own;
	struct stat there;

	if (syscall(SYS_statx, fd, name, AT_SYMLINK_NOFOLLOW, 0, status) == 0 &&
	    (status[STATX_MASK_WORD] & STATX_MOUNT_ROOT))
		return status[STATX_ATTRIBUTES_WORD] & STATX_MOUNT_ROOT;
	return fstat(fd, &own) == 0 && fstatat(fd, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       own.st_dev != there.st_dev;
}

/* A mount, or a directory in which there is nothing else but at least one of them. */
static bool leads_to_mounts(struct fill *fill, int parent, const char *name, int depth)
{
	bool found = false;
	struct entries entries;
	struct stat status;
	const char *entry;
	int fd;

	if (is_mount(parent, name))
		return true;
	if (depth == MOUNT_DEPTH_MAX || fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISDIR(status.st_mode))
		return false;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return false;
	entries_begin(&entries, fd);
	while ((entry = entries_next(fill, &entries))) {
		found = leads_to_mounts(fill, fd, entry, depth + 1);
		if (!found)
			break;
	}
	close(fd);
	return found;
}

static struct survey directory_survey(struct fill *fill, int fd)
{
	struct survey survey = {.other = false};
	struct entries entries;
	const char *name;

	if (lseek(fd, 0, SEEK_SET) < 0)
		fill_fail(fill, errno);
	entries_begin(&entries, fd);
	while ((name = entries_next(fill, &entries))) {
		if (strcmp(name, filling) == 0)
			survey.filling = true;
		else if (strcmp(name, filled) == 0)
			survey.filled = true;
		else if (strcmp(name, "lost+found") != 0 && !leads_to_mounts(fill, fd, name, 0))
			survey.other = true;
	}
	return survey;
}

bool init_directory_is_populated(const struct plan_directive *directive, const char *path)
{
	struct fill *fill = &fill_state;
	struct survey survey;
	int fd;

	fill->directive = directive;
	fill->path = path;
	fill_pop(fill, 0);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		fill_fail(fill, errno);
	survey = directory_survey(fill, fd);
	close(fd);
	return survey.other;
}

static bool lies_below(const char *path, const char *directory)
{
	size_t bytes = strlen(directory);

	return strncmp(path, directory, bytes) == 0 && path[bytes] == '/';
}

/* What a link farm makes of an entry of its source. */
enum place {
	PLACE_LINK,  /* a symlink to it */
	PLACE_LATER, /* a copy, made at the end */
	PLACE_EMPTY, /* a directory that another directive fills */
	PLACE_REAL,  /* a directory, farmed in turn */
};

static enum place place_of(const struct fill *fill, const char *path)
{
	enum place place = PLACE_LINK;

	for (uint32_t i = 0; i < fill->plan->count; i++) {
		const struct plan_directive *directive = &fill->plan->directives[i];
		uint8_t kind = directive->kind;
		bool fills = kind == PLAN_SEED || kind == PLAN_LINKS;
		const char *other = directive->words;
		bool same;

		if (!fills && kind != PLAN_COPY && kind != PLAN_DIRECTORY)
			continue;
		if (kind == PLAN_DIRECTORY)
			other = expand(other);
		same = strcmp(other, path) == 0;
		if (same && kind == PLAN_COPY)
			return PLACE_LATER;
		if (same && fills)
			return PLACE_EMPTY;
		if (same || lies_below(other, path))
			place = PLACE_REAL;
	}
	return place;
}

static void farm_fill(struct fill *fill, int in, int out);

static void farm_directory(struct fill *fill, int in, const char *name, int out, enum place place)
{
	struct stat status;
	int from = directory_open(fill, in, name);
	int to;

	to = directory_make(fill, out, name);
	if (place == PLACE_REAL)
		farm_fill(fill, from, to);
	if (fstat(from, &status) < 0)
		fill_fail(fill, errno);
	attributes_copy(fill, from, &status, to);
	close(from);
	close(to);
}

static void farm_entry(struct fill *fill, int in, const char *name, int out)
{
	INIT_LARGE static char path[2 * PATH_MAX];
	struct stat status;
	enum place place;

	strcpy(path, fill->path);
	strcat(path, fill->relative);
	place = place_of(fill, path);
	if (place == PLACE_LATER)
		return;
	if (fstatat(in, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		fill_fail(fill, errno);
	if (S_ISDIR(status.st_mode) && place != PLACE_LINK) {
		farm_directory(fill, in, name, out, place);
		return;
	}
	if (S_ISLNK(status.st_mode)) { /* a relative one means something here, not in the source */
		entry_copy(fill, in, name, out, name);
		return;
	}
	strcpy(path, fill->source);
	strcat(path, fill->relative);
	symlink_make(fill, path, out, name);
}

static void farm_fill(struct fill *fill, int in, int out)
{
	size_t length = fill->length;
	struct entries entries;
	const char *name;

	entries_begin(&entries, in);
	while ((name = entries_next(fill, &entries))) {
		fill_push(fill, name);
		farm_entry(fill, in, name, out);
		fill_pop(fill, length);
	}
}

/* The nearest `links` or `seed` above a copy is the one that makes it. */
static bool copy_is_ours(const struct fill *fill, const struct plan_directive *links,
			 const char *path)
{
	const struct plan_directive *best = NULL;

	for (uint32_t i = 0; i < fill->plan->count; i++) {
		const struct plan_directive *directive = &fill->plan->directives[i];

		if (directive->kind != PLAN_LINKS && directive->kind != PLAN_SEED)
			continue;
		if (lies_below(path, directive->words) &&
		    (!best || strlen(directive->words) > strlen(best->words)))
			best = directive;
	}
	return best == links;
}

/* Opens the directory of the entry at hand below @stage, making what is missing. */
static int parent_open(struct fill *fill, int stage, const char **ret_name)
{
	INIT_LARGE static char path[PATH_MAX];
	char *name = path;
	int fd = dup(stage);

	if (fd < 0)
		fill_fail(fill, errno);
	strcpy(path, fill->relative + 1);
	for (char *slash; (slash = strchr(name, '/')); name = slash + 1) {
		int next;

		*slash = '\0';
		if (mkdirat(fd, name, 0755) < 0 && errno != EEXIST)
			fill_fail(fill, errno);
		next = directory_open(fill, fd, name);
		close(fd);
		fd = next;
	}
	*ret_name = name;
	return fd;
}

static void copies_make(struct fill *fill, int stage)
{
	const struct plan_directive *links = fill->directive;

	for (uint32_t i = 0; i < fill->plan->count; i++) {
		const struct plan_directive *copy = &fill->plan->directives[i];
		const char *name;
		int parent;

		if (copy->kind != PLAN_COPY || !copy_is_ours(fill, links, copy->words))
			continue;
		fill->directive = copy; /* for messages */
		fill_push(fill, copy->words + strlen(fill->path) + 1);
		parent = parent_open(fill, stage, &name);
		entry_copy(fill, AT_FDCWD, plan_word(copy, 1), parent, name);
		close(parent);
		fill_pop(fill, 0);
	}
	fill->directive = links;
}

static void seed_fill(struct fill *fill, int in, int out)
{
	struct entries entries;
	const char *name;

	entries_begin(&entries, in);
	while ((name = entries_next(fill, &entries))) {
		fill_push(fill, name);
		entry_copy(fill, in, name, out, name);
		fill_pop(fill, 0);
	}
}

static void stage_make(struct fill *fill, int top, int source)
{
	int stage = directory_make(fill, top, filling);

	if (fill->directive->kind == PLAN_LINKS) {
		farm_fill(fill, source, stage);
		copies_make(fill, stage);
	} else {
		seed_fill(fill, source, stage);
	}
	/* Once in a volume's life; in memory it costs nothing. */
	if (syncfs(stage) < 0 || renameat(top, filling, top, filled) < 0)
		fill_fail(fill, errno);
	close(stage);
}

/* 0 or the error. EINVAL: a file system without RENAME_NOREPLACE. */
static int rename_new(int from, const char *name, int to)
{
	struct stat status;

	if (syscall(SYS_renameat2, from, name, to, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return errno;
	if (fstatat(to, name, &status, AT_SYMLINK_NOFOLLOW) == 0)
		return EEXIST;
	return renameat(from, name, to, name) < 0 ? errno : 0;
}

/* A directory that refuses writing refuses to get another parent too (".." is written). */
static int rename_unwritable(int from, const char *name, int to)
{
	struct stat status;
	int error;

	if (fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(status.st_mode) ||
	    fchmodat(from, name, status.st_mode | 0700, 0) < 0)
		return EACCES;
	error = rename_new(from, name, to);
	(void)fchmodat(error ? from : to, name, status.st_mode & 07777, 0);
	return error;
}

static void stage_move(struct fill *fill, int stage, int top);

/* @name is on both sides. What is there stays as it is; but a directory that is no mount of its own
 * gets what it lacks. */
static void entry_unite(struct fill *fill, int stage, int top, const char *name)
{
	struct stat want;
	struct stat have;
	int from;
	int to;

	if (fstatat(stage, name, &want, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fstatat(top, name, &have, AT_SYMLINK_NOFOLLOW) < 0)
		fill_fail(fill, errno);
	if (!S_ISDIR(want.st_mode) || !S_ISDIR(have.st_mode) || is_mount(top, name)) {
		entry_remove(fill, stage, name);
		return;
	}
	(void)fchmodat(stage, name, want.st_mode | 0700, 0); /* it may refuse writing */
	from = directory_open(fill, stage, name);
	to = directory_open(fill, top, name);
	stage_move(fill, from, to);
	(void)fchmod(to, want.st_mode & 07777);
	close(from);
	close(to);
	if (unlinkat(stage, name, AT_REMOVEDIR) < 0)
		fill_fail(fill, errno);
}

static unsigned int stage_move_pass(struct fill *fill, int stage, int top)
{
	size_t length = fill->length;
	struct entries entries;
	unsigned int moved = 0;
	const char *name;

	if (lseek(stage, 0, SEEK_SET) < 0)
		fill_fail(fill, errno);
	entries_begin(&entries, stage);
	while ((name = entries_next(fill, &entries))) {
		int error = rename_new(stage, name, top);

		fill_push(fill, name);
		if (error == EACCES)
			error = rename_unwritable(stage, name, top);
		if (error == EEXIST)
			entry_unite(fill, stage, top, name);
		else if (error)
			fill_fail(fill, error);
		fill_pop(fill, length);
		moved++;
	}
	return moved;
}

static void stage_move(struct fill *fill, int stage, int top)
{
	while (stage_move_pass(fill, stage, top))
		;
}

/* The volume's own directory: not ours to change where somebody else owns it. */
static void top_attributes(const struct fill *fill, int top, int source)
{
	struct stat want;
	struct stat have;

	if (fstat(source, &want) < 0 || fstat(top, &have) < 0)
		fill_fail(fill, errno);
	if (have.st_uid != want.st_uid || have.st_gid != want.st_gid)
		(void)!fchown(top, want.st_uid, want.st_gid);
	if ((have.st_mode & 07777) != (want.st_mode & 07777))
		(void)fchmod(top, want.st_mode & 07777);
}

static void stage_finish(struct fill *fill, int top, int source)
{
	int stage = directory_open(fill, top, filled);

	stage_move(fill, stage, top);
	close(stage);
	(void)fsetxattr(top, marker, "1", 1,
			0); /* where there are none, an empty volume is empty */
	if (unlinkat(top, filled, AT_REMOVEDIR) < 0)
		fill_fail(fill, errno);
	top_attributes(fill, top, source);
}

static void top_fill(struct fill *fill, int top, int source)
{
	struct survey survey = directory_survey(fill, top);

	if (!survey.filled) {
		if (survey.filling)
			entry_remove(fill, top, filling);
		if (survey.other)
			return;
		stage_make(fill, top, source);
	}
	stage_finish(fill, top, source);
}

void init_fill(const struct plan *plan, const struct plan_directive *directive)
{
	struct fill *fill = &fill_state;
	char value[2];
	int source;
	int top;

	fill->plan = plan;
	fill->directive = directive;
	fill->path = directive->words;
	fill->source = plan_word(directive, 1);
	fill->uid = geteuid();
	fill->gid = getegid();
	fill_pop(fill, 0);
	top = directory_open(fill, AT_FDCWD, fill->path);
	source = open(fill->source, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (source < 0)
		init_fail_path(directive, fill->source, errno);
	(void)flock(top, LOCK_EX); /* NFS may have none: then one container a volume */
	if (fgetxattr(top, marker, value, sizeof(value)) < 0)
		top_fill(fill, top, source);
	close(source);
	close(top); /* and the lock with it */
}

static bool directory_is_there(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static void directory_add(const struct plan *plan, const struct plan_directive *directive,
			  const char *path, mode_t mode)
{
	int error = mkdir(path, mode) < 0 ? errno : 0;

	if (error == 0)
		init_owner_give(plan, AT_FDCWD, path);
	else if (!directory_is_there(path))
		init_fail_path(directive, path, error == EEXIST ? ENOTDIR : error);
}

void init_directory(const struct plan *plan, const struct plan_directive *directive,
		    const char *wanted)
{
	INIT_LARGE static char path[PATH_MAX];
	uint32_t mode = 0;

	plan_octal(plan_word(directive, 1), 07777, &mode);
	if (directory_is_there(wanted))
		return;
	strcpy(path, wanted);
	for (char *slash = path; (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		if (!directory_is_there(path))
			directory_add(plan, directive, path, 0755);
		*slash = '/';
	}
	directory_add(plan, directive, path, mode);
}
