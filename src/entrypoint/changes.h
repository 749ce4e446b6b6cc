/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of changes to files: for each path that somebody set out to change, what it was before and
 * what it is at the end.
 *
 *     changes_touch(changes, &reader, "/etc/app.conf", TOUCH_CONTENT);   // before the system call
 *     …
 *     changes_capture(changes, &reader);                                 // what is there now
 *     changes_append_steps(changes, steps, error);
 */
#pragma once

#include "entrypoint/record.h"
#include "entrypoint/snapshot.h"

enum {
	CHANGES_MAX_PATHS = 200000,
	CHANGES_MAX_BYTES = 16 << 20, /* of contents, in all sets that share a budget */
};

enum touch {
	TOUCH_ATTRIBUTES, /* mode, owner: its content does not matter */
	TOUCH_REMOVE,     /* likewise */
	TOUCH_CONTENT,
};

struct changes {
	GHashTable *by_path; /* char * → struct change * */
	uint64_t bytes;      /* of contents that it holds */
};

struct changes *changes_new(void);
void changes_free(struct changes *changes);

/* Whether @path is no file of the image's: the kernel's, and the engine's devices. */
bool changes_are_foreign(const char *path);

/* Notes that @path, which snapshot_resolve has answered, is about to be changed. The first touch
 * remembers what it is. /proc, /sys and /dev (but /dev/shm) are passed over. False beyond
 * CHANGES_MAX_PATHS. */
bool changes_touch(struct changes *changes, const struct snapshot_reader *reader, const char *path,
		   enum touch touch);

/* Reads the state of each path that was touched since the last capture. */
void changes_capture(struct changes *changes, const struct snapshot_reader *reader);

/* All that has changed so far was changed by @program. */
void changes_name_writer(struct changes *changes, const char *program);

/* Adds the captured @later, which it empties. @fresh: what was touched there is to be captured
 * again. */
void changes_absorb(struct changes *changes, struct changes *later, bool fresh);

/* What the captured changes come to. */
struct changes_weight {
	guint contents;       /* files, directories and symlinks made or of another content */
	uint64_t bytes;       /* of these files */
	guint attributes;     /* mode or owner alone */
	guint removed;        /* the topmost paths alone */
	const char *special;  /* a socket, pipe or device that is there now; or NULL; borrowed */
	const char *oversize; /* a file of more than SNAPSHOT_MAX_BYTES that differs; or NULL */
};
struct changes_weight changes_weigh(const struct changes *changes);

/* The captured changes as steps, sorted by path; what is as it was before makes none. Fails with
 * THRESH_ERROR_INPUT for what no step can say. */
bool changes_append_steps(const struct changes *changes, GPtrArray *steps, GError **error);
