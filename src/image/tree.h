/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree: the merged view of an image's layers, one node a path. The core data structure.
 *
 * Invariants: every node but the root has a directory for a parent; a name is one component, never
 * "", "." or ".."; a path is in the tree once. Hard links are separate nodes with the same non-zero
 * `link_group` (and the same content and metadata). A tree owns its nodes; nodes are borrowed.
 *
 * A tree describes a source image (content lies below `root_fd`, or in the one file `spool_fd`, as
 * unpacked by rootfs.h) or a production image that seal/ makes (content comes from `origin`, a node
 * of the source tree, or from `bytes`).
 *
 *     struct node *node = tree_lookup(tree, "/etc/passwd");
 *     if (node && node->type == NODE_FILE)
 *             fd = tree_open(tree, node, &offset, error);
 */
#pragma once

#include "base/digest.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum node_type {
	NODE_DIRECTORY,
	NODE_FILE,
	NODE_SYMLINK,
	NODE_CHARACTER,
	NODE_BLOCK,
	NODE_FIFO,
};

struct xattr {
	char *name;
	GBytes *value;
};

struct node {
	struct node *parent; /* NULL for the root alone */
	char *name;          /* "" for the root */
	enum node_type type;
	uint32_t mode; /* permission bits, 07777 */
	uint32_t uid;
	uint32_t gid;
	int64_t mtime;       /* seconds since the epoch */
	uint64_t size_bytes; /* files; 0 otherwise */
	uint32_t device_major;
	uint32_t device_minor;
	uint32_t layer;       /* index of the layer that it came from, or goes to */
	uint32_t link_group;  /* 0: no other name */
	struct digest digest; /* files: of the content */
	char *target;         /* symlinks: as written, else NULL */
	GPtrArray *xattrs;    /* struct xattr *, sorted by name; NULL where there is none */
	GHashTable
		*children; /* directories: name → struct node *; NULL where empty. Its order differs
			      from run to run (hash of a secret): use node_children for output */

	/* Production trees alone: where the content is. Both NULL in a source tree. */
	const struct node *origin; /* a file of the source tree */
	GBytes *bytes;             /* or these bytes */

	uint64_t spool_offset; /* in a spooled tree: where the content of a file begins */
};

struct tree {
	struct node *root;
	int root_fd;  /* the directory that holds the content, or -1; owned */
	int spool_fd; /* or one file that holds all of it, or -1; owned */
	size_t count; /* nodes, the root included */
	uint32_t next_link_group;

	/* Of image_spool_tree alone: the files of layers that later entries removed or replaced.
	 * Whoever has the image can read them, though no container sees them. In the order in
	 * which they went. NULL where there is none. */
	GPtrArray *hidden; /* struct hidden_file * */
};

struct hidden_file {
	char *path;
	struct node *node; /* a copy, in no directory: for tree_open and its like */
};

struct tree *tree_new(void);
void tree_free(struct tree *tree);

/* The node at clean absolute @path, no symlink followed; NULL where there is none. */
struct node *tree_lookup(const struct tree *tree, const char *path);

/* Follows symlinks as the kernel does inside a root directory (at most 40, path_resolution(7)):
 * the node at @path, taken from "/" where it is relative, or NULL where it does not exist, loops,
 * or goes through something that is no directory. @follow_last: whether a symlink as the last
 * component is followed too. @links: where not NULL, every symlink node that was crossed is
 * appended (struct node *, borrowed). @ret_missing: where not NULL and the answer is NULL, the
 * clean path at which the walk ended: caller frees (NULL for a loop). */
struct node *tree_resolve(const struct tree *tree, const char *path, bool follow_last,
			  GPtrArray *links, char **ret_missing);

/* Adds or replaces the node at clean @path and answers it, with zeroed attributes but name, parent
 * and @type; missing parents become directories, mode 0755, uid and gid 0. A directory that
 * replaces a directory keeps its children. NULL with @error where a parent is no directory. */
struct node *tree_add(struct tree *tree, const char *path, enum node_type type, GError **error);

/* The same for the child @name of @directory; NULL where that is no directory or @name no
 * component. */
struct node *tree_add_child(struct tree *tree, struct node *directory, const char *name,
			    enum node_type type);

/* Notes that the content of @node, a file in a spool, is about to go from the tree. */
void tree_hide(struct tree *tree, const struct node *node, const char *path);

/* Removes @node and all below it. The root cannot be removed. */
void tree_remove(struct tree *tree, struct node *node);

/* Copies the attributes (not name, parent, children, origin, bytes) of @from to @to. */
void node_copy_attributes(struct node *to, const struct node *from);

/* The clean absolute path. Caller frees. */
char *node_path(const struct node *node);

/* The child of that name, or NULL. */
struct node *node_child(const struct node *directory, const char *name);

/* The children sorted by name (bytewise), as a new array of borrowed nodes. */
GPtrArray *node_children(const struct node *directory);

/* Calls @visit for @node and all below it: parents first, children sorted by name. Stops and
 * answers false when @visit does. */
typedef bool (*node_visit)(struct node *node, const char *path, void *user);
bool node_walk(struct node *node, node_visit visit, void *user);

/* Sets the value of an extended attribute (takes a reference to @value). */
void node_set_xattr(struct node *node, const char *name, GBytes *value);

/* Opens the content of a file, O_RDONLY | O_CLOEXEC, below `root_fd` following no symlink; -1 with
 * @error. It is the `size_bytes` from *@ret_offset on, a multiple of the page size: other files may
 * lie before and behind, and the position is nobody's, so read by pread(2) or map it. NULL for a
 * caller that needs a file of its own: in a spooled tree there is none. A production node is opened
 * by its origin, with the source tree as @tree. */
int tree_open(const struct tree *tree, const struct node *node, uint64_t *ret_offset,
	      GError **error);

/* The whole content of a file of at most @max_bytes, a production node's `bytes` too. Caller
 * unrefs. */
GBytes *tree_read(const struct tree *tree, const struct node *node, size_t max_bytes,
		  GError **error);

/* The tree in the index file of the cache (docs/index.md), and back. The reader checks everything:
 * a damaged index is an error, never a crash. */
GBytes *tree_serialize(const struct tree *tree);
struct tree *tree_deserialize(GBytes *data, GError **error);

#define autotree __attribute__((cleanup(tree_cleanup)))
void tree_cleanup(struct tree **tree);
