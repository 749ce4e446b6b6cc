/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comparing two images by their trees: paths, bytes, packages. Pure.
 *
 *     struct comparison *comparison = comparison_new(a, b);
 *
 * Files are everything but directories; bytes count a hard-linked file once. A path has changed
 * when its type, mode, owner, content, link target or device differ; times do not count. A package
 * is in an image when one of its files is: B's are known by A's database too, since a sealed image
 * may have lost its own.
 */
#pragma once

#include "image/tree.h"

#include <glib.h>
#include <stdbool.h>

struct comparison_side {
	uint64_t files;
	uint64_t bytes;
	GPtrArray *packages; /* char *, sorted; NULL: not known, since the tree has no content */
};

struct comparison {
	struct comparison_side a;
	struct comparison_side b;
	GPtrArray *removed; /* char *: paths of A alone, sorted; below a removed directory all of
			       them */
	GPtrArray *added;
	GPtrArray *changed;
	GPtrArray *packages_removed; /* char *, sorted */
	GPtrArray *packages_added;
};

struct comparison *comparison_new(const struct tree *a, const struct tree *b);
void comparison_free(struct comparison *comparison);
