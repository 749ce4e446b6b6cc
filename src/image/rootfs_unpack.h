/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Applying layers, one after the other, to a tree and, where there is one, to a directory.
 *
 * Names in a layer are data: a parent is looked up in the tree (symlinks of earlier layers are
 * followed inside the root, as engines do), so the path that is opened on disk has real directories
 * alone and no symlink is ever followed there.
 */
#pragma once

#include "image/image.h"
#include "image/rootfs.h"

/* Applies all layers of @image. @root_fd: an empty directory, or -1 for the tree alone. @shift may
 * be NULL without a directory. The tree's own root_fd stays -1. */
struct tree *rootfs_apply(const struct image *image, int root_fd, const struct owner_shift *shift,
			  GError **error);

/* The clean path of a layer's entry; ".." and absolute names are errors. Caller frees. */
char *rootfs_entry_path(const char *name, const struct image_limits *limits, GError **error);
