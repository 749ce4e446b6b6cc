/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory that mirrors a tree while it is unpacked: every change to a node, on disk.
 *
 * Everything is opened below a directory descriptor without following a symlink, made with no
 * permissions for others, and given owner, mode and time when it is complete; directories at the
 * end (rootfs_disk_finish), since adding to one changes its time and may need its permission.
 */
#pragma once

#include "image/rootfs.h"

struct rootfs_disk {
	const struct tree *tree;
	int root_fd; /* borrowed */
	struct owner_shift shift;
	const struct node *directory; /* the one that `directory_fd` is open for */
	int directory_fd;
};

struct rootfs_file {
	int fd;
	uint64_t hole_bytes; /* at the end so far */
};

void rootfs_disk_clear(struct rootfs_disk *disk);

/* An owner outside the range is an error. */
bool rootfs_disk_check_owner(const struct rootfs_disk *disk, const struct node *node,
			     GError **error);

/* Makes a node that has no content: directory, symlink, fifo; devices are left out. */
bool rootfs_disk_make(struct rootfs_disk *disk, const struct node *node, GError **error);

bool rootfs_disk_link(struct rootfs_disk *disk, const struct node *target, const struct node *node,
		      GError **error);

/* Removes the node and what is below it; call it before the tree forgets the node. */
bool rootfs_disk_remove(struct rootfs_disk *disk, const struct node *node, GError **error);

bool rootfs_file_open(struct rootfs_disk *disk, const struct node *node,
		      struct rootfs_file *ret_file, GError **error);
bool rootfs_file_write(struct rootfs_file *file, const void *data, size_t size_bytes,
		       GError **error);
bool rootfs_file_skip(struct rootfs_file *file, uint64_t size_bytes, GError **error);
/* Closes; where @complete, sets size, owner, mode, attributes and time before. */
bool rootfs_file_close(struct rootfs_disk *disk, const struct node *node, struct rootfs_file *file,
		       bool complete, GError **error);

/* Gives all directories their owners, modes, attributes and times. */
bool rootfs_disk_finish(struct rootfs_disk *disk, GError **error);

/* Whether all of @tree is there with its types, sizes and times: what somebody removed or changed
 * in the cache is noticed. Contents are not read. */
bool rootfs_disk_is_whole(const struct tree *tree, int root_fd);
