/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walking a path through the shadow as the kernel does (path_resolution(7)).
 */
#pragma once

#include "trace/shadow.h"

struct walk {
	struct shadow *node;      /* what was found, or NULL */
	struct shadow *directory; /* of the last component, where all but that was found */
	char *name;               /* the last component */
	char *missing;            /* where nothing was found: the clean path that was asked for */
	bool gone;                /* the application itself took it away */
	bool outside;             /* below /proc, /sys or /dev: not of the image */
	GPtrArray *links;         /* struct shadow *: symlinks crossed */
	GPtrArray *crossed;       /* struct shadow *: directories that ".." left */
};

/* @path: absolute. The answer is cleared with walk_clear. */
void walk_path(struct shadow *root, const char *path, bool follow_last, struct walk *ret_walk);
void walk_clear(struct walk *walk);
#define autowalk __attribute__((cleanup(walk_clear)))
