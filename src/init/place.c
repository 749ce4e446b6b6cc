/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last component of a path is never followed here (but by `mode`, as chmod(1) does), and
 * nothing below it: trees are walked by descriptors, as copy.c does.
 */
#include "init/place.h"

#include "init/content.h"
#include "init/copy.h"
#include "init/expand.h"
#include "init/init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

INIT_LARGE static struct fill walk; /* for messages: the path, and where below it */

static void walk_begin(const struct plan_directive *directive, const char *path)
{
	walk.directive = directive;
	walk.path = path;
	walk.uid = geteuid();
	walk.gid = getegid();
	fill_pop(&walk, 0);
}

static int parent_open(const char *path, int flags, const char **ret_name)
{
	int parent = content_parent_open(path, flags, ret_name);

	if (parent < 0)
		fill_fail(&walk, errno);
	return parent;
}

static bool is_there(int parent, const char *name)
{
	struct stat status;

	return fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Whole or not at all: into a hidden name that a start which was cut off leaves to the next, under
 * a lock on the directory (where the file system has it), then renamed. */
static void provide(const char *path, const char *source)
{
	INIT_LARGE static char stage[PLAN_MAX_PATH_BYTES + sizeof(".thresh-provide-")];
	const char *name;
	int parent = parent_open(path, O_RDONLY, &name);

	(void)flock(parent, LOCK_EX);
	if (!is_there(parent, name)) {
		strcpy(stage, ".thresh-provide-");
		strcat(stage, name);
		if (is_there(parent, stage))
			entry_remove(&walk, parent, stage);
		entry_copy(&walk, AT_FDCWD, source, parent, stage);
		if (renameat(parent, stage, parent, name) < 0)
			fill_fail(&walk, errno);
	}
	close(parent);
}

static bool links_to(int parent, const char *name, const char *target)
{
	INIT_LARGE static char text[PLAN_MAX_PATH_BYTES + 1];
	ssize_t bytes = readlinkat(parent, name, text, sizeof(text));

	return bytes >= 0 && (size_t)bytes == strlen(target) &&
	       memcmp(text, target, (size_t)bytes) == 0;
}

static void link_place(const struct plan *plan, const char *path, const char *target)
{
	char stage[CONTENT_NAME_BYTES];
	const char *name;
	int parent = parent_open(path, O_PATH, &name);

	if (!links_to(parent, name, target)) {
		content_new_name(stage);
		symlink_make(&walk, target, parent, stage);
		init_owner_give(plan, parent, stage);
		if (renameat(parent, stage, parent, name) < 0) {
			int error = errno;

			(void)unlinkat(parent, stage, 0);
			fill_fail(&walk, error);
		}
	}
	close(parent);
}

static void place_remove(const char *path)
{
	const char *name;
	int parent = content_parent_open(path, O_PATH, &name);

	if (parent < 0 && (errno == ENOENT || errno == ENOTDIR))
		return;
	if (parent < 0)
		fill_fail(&walk, errno);
	if (*name == '\0')
		fill_fail(&walk, EBUSY); /* "/" */
	if (is_there(parent, name))
		entry_remove(&walk, parent, name);
	close(parent);
}

static void owner_set(int parent, const char *name, uid_t uid, gid_t gid, bool tree)
{
	struct stat status;
	struct entries entries;
	size_t length = walk.length;
	const char *entry;
	int fd;

	if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		fill_fail(&walk, errno);
	if ((status.st_uid != uid || status.st_gid != gid) &&
	    fchownat(parent, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
		fill_fail(&walk, errno);
	if (!tree || !S_ISDIR(status.st_mode))
		return;
	fd = directory_open(&walk, parent, name);
	entries_begin(&entries, fd);
	while ((entry = entries_next(&walk, &entries))) {
		fill_push(&walk, entry);
		owner_set(fd, entry, uid, gid, true);
		fill_pop(&walk, length);
	}
	close(fd);
}

static void owner_change(const struct plan_directive *directive, const char *path)
{
	const char *word = plan_word_next(directive->words);
	const char *name;
	uint32_t uid = 0;
	uint32_t gid = 0;
	int parent;

	if (geteuid() != 0)
		return;
	plan_decimal(word, UINT32_MAX, &uid);
	plan_decimal(plan_word_next(word), UINT32_MAX, &gid);
	parent = parent_open(path, O_PATH, &name);
	owner_set(parent, *name ? name : ".", uid, gid, directive->count == 4);
	close(parent);
}

void place_change(const struct plan *plan, const struct plan_directive *directive)
{
	const char *path = expand_path(directive, directive->words);
	const char *second = directive->count > 1 ? plan_word_next(directive->words) : "";
	uint32_t mode = 0;

	walk_begin(directive, path);
	switch (directive->kind) {
	case PLAN_PROVIDE:
		provide(path, second);
		return;
	case PLAN_SYMLINK:
		link_place(plan, path, expand(second));
		return;
	case PLAN_REMOVE:
		place_remove(path);
		return;
	case PLAN_MODE:
		if (plan_octal(second, 07777, &mode) && chmod(path, mode) < 0)
			fill_fail(&walk, errno);
		return;
	default:
		owner_change(directive, path);
	}
}
