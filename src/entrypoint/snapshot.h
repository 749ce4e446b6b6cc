/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a path is at one moment, read below a descriptor of the sandbox's root.
 *
 *     struct snapshot_reader reader = {.root_fd = fd, .ids = &ids};
 *     autosnapshot struct snapshot now = {0};
 *     snapshot_take(&reader, "/etc/app.conf", true, &now);
 */
#pragma once

#include "entrypoint/ids.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum { SNAPSHOT_MAX_BYTES = 1 << 20 };

enum snapshot_type {
	SNAPSHOT_ABSENT,
	SNAPSHOT_DIRECTORY,
	SNAPSHOT_FILE,
	SNAPSHOT_SYMLINK,
	SNAPSHOT_OTHER, /* a socket, pipe or device */
};

struct snapshot {
	enum snapshot_type type;
	uint32_t mode; /* permission bits */
	uint32_t uid, gid;
	uint64_t size_bytes;
	GBytes *content; /* files of at most SNAPSHOT_MAX_BYTES, where it was asked for; symlinks:
			    the target */
};

struct snapshot_reader {
	int root_fd;
	const struct ids *ids;
};

/* @path is clean and has no symlink among its directories. What cannot be looked at is absent. */
void snapshot_take(const struct snapshot_reader *reader, const char *path, bool content,
		   struct snapshot *ret_snapshot);
void snapshot_clear(struct snapshot *snapshot);
#define autosnapshot __attribute__((cleanup(snapshot_clear)))

/* Whether they are the same: content that was not read counts as other content. */
bool snapshot_equal(const struct snapshot *a, const struct snapshot *b);
bool snapshot_same_content(const struct snapshot *a, const struct snapshot *b);

/* The clean path that the kernel would reach from directory @base with @path, symlinks resolved;
 * @follow: of the last component too. Where that is not there, its directory's path and its name.
 * NULL where it leads nowhere. Caller frees. */
char *snapshot_resolve(const struct snapshot_reader *reader, const char *base, const char *path,
		       bool follow);

/* The names in directory @path, at most @max; NULL where it is none. */
GPtrArray *snapshot_list(const struct snapshot_reader *reader, const char *path, guint max);
