/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copying trees below open directories, for fill.c: no path is ever walked twice, no symlink
 * followed.
 *
 * A failure ends the process with the path at which it happened, so nothing here answers errors.
 */
#pragma once

#include "init/init.h"

#include <limits.h>
#include <sys/stat.h>

struct fill {
	const struct plan *plan;
	const struct plan_directive *directive; /* seed or links */
	const char *path;                       /* its first word */
	const char *source;                     /* its second */
	uid_t uid; /* what new files belong to when nobody changes it */
	gid_t gid;
	size_t length;           /* of `relative` */
	char relative[PATH_MAX]; /* "" or "/a/b": the entry at hand, below path and source */
};

/* Ends the process: `PLAN:LINE: seed PATH/RELATIVE: …`. */
noreturn void fill_fail(const struct fill *fill, int error);

/* Descends into @name, and back up to @length. */
void fill_push(struct fill *fill, const char *name);
void fill_pop(struct fill *fill, size_t length);

/* Directory entries of an open directory, a few at a time; "." and ".." left out. */
struct entries {
	int fd;
	long bytes;
	long next;
	_Alignas(8) char buffer[1024];
};
void entries_begin(struct entries *entries, int fd);
/* The next name, valid until the next call, or NULL. */
const char *entries_next(struct fill *fill, struct entries *entries);

/* An open directory below @dir_fd; the process ends where there is none. */
int directory_open(const struct fill *fill, int dir_fd, const char *name);

/* Makes directory @name, mode 0700 for now, and opens it. */
int directory_make(const struct fill *fill, int dir_fd, const char *name);

/* Gives @fd the owner (where permitted), user xattrs, mode and times of @from, which @status
 * describes. */
void attributes_copy(const struct fill *fill, int from, const struct stat *status, int fd);

/* Copies @name below @from (AT_FDCWD: a path) with all that it contains to @as below @to. */
void entry_copy(struct fill *fill, int from, const char *name, int to, const char *as);

/* A symlink's text copied, or a new link. */
void symlink_make(const struct fill *fill, const char *target, int to, const char *as);

/* Removes @name and all below it. */
void entry_remove(struct fill *fill, int dir_fd, const char *name);
