/* SPDX-License-Identifier: Apache-2.0 */
#include "image/tree.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SYMLINKS_MAX = 40 }; /* path_resolution(7): MAXSYMLINKS */

/* Names come from outside, and a million of them may be made to collide under a hash function that
 * is known: two secret words a process. */
static uint64_t hash_secret[2];

static uint64_t fold_product(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static guint name_hash(gconstpointer key)
{
	const char *name = key;
	size_t left = strlen(name);
	uint64_t hash = hash_secret[0] ^ left;

	while (left > 0) {
		size_t length = MIN(left, sizeof(uint64_t));
		uint64_t word = 0;

		memcpy(&word, name, length);
		hash = fold_product(hash ^ word, hash_secret[1]);
		name += length;
		left -= length;
	}
	return (guint)(hash ^ hash >> 32);
}

static void hash_secret_init(void)
{
	static gsize once;

	if (!g_once_init_enter(&once))
		return;
	if (getrandom(hash_secret, sizeof(hash_secret), GRND_NONBLOCK) != sizeof(hash_secret))
		hash_secret[0] = (uint64_t)g_get_monotonic_time() ^ (uint64_t)getpid() << 40;
	hash_secret[1] |= 1ULL << 63 | 1;
	g_once_init_leave(&once, 1);
}

/* The name lives behind the node in the same allocation: a million nodes, a million fewer blocks.
 */
static struct node *node_new(struct node *parent, const char *name, size_t name_bytes,
			     enum node_type type)
{
	struct node *node = g_malloc(sizeof(*node) + name_bytes + 1);

	memset(node, 0, sizeof(*node));
	node->name = (char *)(node + 1);
	memcpy(node->name, name, name_bytes);
	node->name[name_bytes] = '\0';
	node->parent = parent;
	node->type = type;
	return node;
}

static void xattr_free(gpointer data)
{
	struct xattr *xattr = data;

	g_free(xattr->name);
	g_bytes_unref(xattr->value);
	g_free(xattr);
}

static void node_clear_attributes(struct node *node)
{
	g_free(node->target);
	g_clear_pointer(&node->xattrs, g_ptr_array_unref);
	g_clear_pointer(&node->bytes, g_bytes_unref);
}

/* Recursion is as deep as paths are: at most PATH_MAX_BYTES / 2. */
static void node_free(struct node *node, size_t *count)
{
	GHashTableIter iter;
	gpointer child;

	if (node->children) {
		g_hash_table_iter_init(&iter, node->children);
		while (g_hash_table_iter_next(&iter, NULL, &child))
			node_free(child, count);
		g_hash_table_unref(node->children);
	}
	node_clear_attributes(node);
	g_free(node);
	--*count;
}

static void node_drop_children(struct node *node, size_t *count)
{
	GHashTableIter iter;
	gpointer child;

	if (!node->children)
		return;
	g_hash_table_iter_init(&iter, node->children);
	while (g_hash_table_iter_next(&iter, NULL, &child))
		node_free(child, count);
	g_clear_pointer(&node->children, g_hash_table_unref);
}

struct tree *tree_new(void)
{
	struct tree *tree = g_new0(struct tree, 1);

	hash_secret_init();
	tree->root = node_new(NULL, "", 0, NODE_DIRECTORY);
	tree->root->mode = 0755;
	tree->root_fd = -1;
	tree->spool_fd = -1;
	tree->count = 1;
	tree->next_link_group = 1;
	return tree;
}

void tree_free(struct tree *tree)
{
	if (!tree)
		return;
	node_free(tree->root, &tree->count);
	g_clear_pointer(&tree->hidden, g_ptr_array_unref);
	fd_cleanup(&tree->root_fd);
	fd_cleanup(&tree->spool_fd);
	g_free(tree);
}

void tree_cleanup(struct tree **tree)
{
	tree_free(*tree);
}

struct node *node_child(const struct node *directory, const char *name)
{
	return directory->children ? g_hash_table_lookup(directory->children, name) : NULL;
}

/* The child by a name that ends at @length; none is longer than NAME_MAX_BYTES. */
static struct node *child_of_length(const struct node *directory, const char *name, size_t length)
{
	char copy[NAME_MAX_BYTES + 1];

	if (length > NAME_MAX_BYTES || !directory->children)
		return NULL;
	memcpy(copy, name, length);
	copy[length] = '\0';
	return g_hash_table_lookup(directory->children, copy);
}

struct node *tree_lookup(const struct tree *tree, const char *path)
{
	struct node *node = tree->root;

	if (path[0] != '/')
		return NULL;
	for (path++; *path && node;) {
		size_t length = strcspn(path, "/");

		node = child_of_length(node, path, length);
		path += length;
		path += *path == '/';
	}
	return node;
}

/* A walk under way: where it stands, and what is still to be walked. */
struct walk {
	const struct tree *tree;
	struct node *at;
	const char *rest;     /* borrowed, or the text of `buffer` */
	char *buffer;         /* the rest after a symlink, or NULL */
	unsigned int crossed; /* symlinks so far */
};

static void walk_follow(struct walk *walk, const struct node *link, const char *rest)
{
	/* @rest is empty or begins with a slash; one slash alone keeps its demand for a directory.
	 */
	char *joined = g_strconcat(link->target, rest, NULL);

	if (joined[0] == '/')
		walk->at = walk->tree->root;
	g_free(walk->buffer);
	walk->buffer = joined;
	walk->rest = joined;
}

static struct node *walk_ended(const struct walk *walk, const char *name, size_t length,
			       char **ret_missing)
{
	if (ret_missing) {
		g_autofree char *directory = node_path(walk->at);
		g_autofree char *last = g_strndup(name, length);

		*ret_missing = length > 0 ? path_join(directory, last) : g_strdup(directory);
	}
	return NULL;
}

static bool is_dot(const char *name, size_t length)
{
	return length == 1 && name[0] == '.';
}

static bool is_dot_dot(const char *name, size_t length)
{
	return length == 2 && name[0] == '.' && name[1] == '.';
}

static struct node *walk_run(struct walk *walk, bool follow_last, GPtrArray *links,
			     char **ret_missing)
{
	for (;;) {
		const char *name = walk->rest + strspn(walk->rest, "/");
		size_t length = strcspn(name, "/");
		const char *rest = name + length;
		struct node *child;

		if (length == 0 && (walk->at->type == NODE_DIRECTORY || *walk->rest == '\0'))
			return walk->at;
		if (walk->at->type != NODE_DIRECTORY) /* ENOTDIR, also for a slash behind a file */
			return walk_ended(walk, name, length, ret_missing);
		walk->rest = rest;
		if (is_dot(name, length))
			continue;
		if (is_dot_dot(name, length)) {
			walk->at = walk->at->parent ? walk->at->parent : walk->at;
			continue;
		}
		child = child_of_length(walk->at, name, length);
		if (!child)
			return walk_ended(walk, name, length, ret_missing);
		/* A trailing slash follows the last link too: path_resolution(7), "Trailing
		 * slashes". */
		if (child->type == NODE_SYMLINK && (follow_last || *rest == '/')) {
			if (++walk->crossed > SYMLINKS_MAX) {
				if (ret_missing)
					*ret_missing = NULL;
				return NULL;
			}
			if (links)
				g_ptr_array_add(links, child);
			if (!child->target ||
			    child->target[0] == '\0') /* cannot exist on Linux: ENOENT */
				return walk_ended(walk, name, length, ret_missing);
			walk_follow(walk, child, rest);
			continue;
		}
		walk->at = child;
	}
}

struct node *tree_resolve(const struct tree *tree, const char *path, bool follow_last,
			  GPtrArray *links, char **ret_missing)
{
	struct walk walk = {.tree = tree, .at = tree->root, .rest = path};
	struct node *node;

	if (*path == '\0') /* path_resolution(7), "Empty pathname": ENOENT */
		return walk_ended(&walk, "", 0, ret_missing);
	node = walk_run(&walk, follow_last, links, ret_missing);
	g_free(walk.buffer);
	return node;
}

static bool name_is_valid(const char *name, size_t length)
{
	return length > 0 && length <= NAME_MAX_BYTES && !is_dot(name, length) &&
	       !is_dot_dot(name, length);
}

static struct node *node_add_child(struct tree *tree, struct node *parent, const char *name,
				   size_t length, enum node_type type)
{
	struct node *node = node_new(parent, name, length, type);

	if (!parent->children)
		parent->children = g_hash_table_new(name_hash, g_str_equal);
	g_hash_table_insert(parent->children, node->name, node);
	tree->count++;
	return node;
}

static struct node *node_replace(struct tree *tree, struct node *node, enum node_type type)
{
	struct node cleared = {.parent = node->parent, .name = node->name, .type = type};

	if (type != NODE_DIRECTORY || node->type != NODE_DIRECTORY)
		node_drop_children(node, &tree->count);
	cleared.children = node->children;
	node_clear_attributes(node);
	*node = cleared;
	return node;
}

static struct node *add_failed(const char *path, const char *why, GError **error)
{
	g_autofree char *quoted = error_quote(path);

	error_set(error, THRESH_ERROR_INPUT, "%s: %s", quoted, why);
	return NULL;
}

struct node *tree_add_child(struct tree *tree, struct node *directory, const char *name,
			    enum node_type type)
{
	size_t length = strlen(name);
	struct node *child;

	if (directory->type != NODE_DIRECTORY || !name_is_valid(name, length) || strchr(name, '/'))
		return NULL;
	child = node_child(directory, name);
	return child ? node_replace(tree, child, type)
		     : node_add_child(tree, directory, name, length, type);
}

struct node *tree_add(struct tree *tree, const char *path, enum node_type type, GError **error)
{
	struct node *at = tree->root;
	const char *rest = path + 1;

	if (path[0] != '/')
		return add_failed(path, "not an absolute path", error);
	if (*rest == '\0')
		return type == NODE_DIRECTORY ? node_replace(tree, at, type)
					      : add_failed(path, "the root is a directory", error);
	for (;;) {
		size_t length = strcspn(rest, "/");
		bool last = rest[length] == '\0';
		struct node *child;

		if (!name_is_valid(rest, length))
			return add_failed(path,
					  length > NAME_MAX_BYTES ? "a name above 255 bytes"
								  : "not a clean path",
					  error);
		if (at->type != NODE_DIRECTORY)
			return add_failed(path, "a parent is not a directory", error);
		child = child_of_length(at, rest, length);
		if (last)
			return child ? node_replace(tree, child, type)
				     : node_add_child(tree, at, rest, length, type);
		if (!child) {
			child = node_add_child(tree, at, rest, length, NODE_DIRECTORY);
			child->mode = 0755;
		}
		at = child;
		rest += length + 1;
	}
}

static void hidden_free(void *data)
{
	struct hidden_file *hidden = data;

	node_clear_attributes(hidden->node);
	g_free(hidden->node);
	g_free(hidden->path);
	g_free(hidden);
}

void tree_hide(struct tree *tree, const struct node *node, const char *path)
{
	struct hidden_file *hidden = g_new0(struct hidden_file, 1);

	hidden->path = g_strdup(path);
	hidden->node = g_new0(struct node, 1);
	hidden->node->type = NODE_FILE;
	node_copy_attributes(hidden->node, node);
	if (!tree->hidden)
		tree->hidden = g_ptr_array_new_with_free_func(hidden_free);
	g_ptr_array_add(tree->hidden, hidden);
}

void tree_remove(struct tree *tree, struct node *node)
{
	struct node *parent = node->parent;

	g_return_if_fail(parent != NULL);
	g_hash_table_remove(parent->children, node->name);
	if (g_hash_table_size(parent->children) == 0)
		g_clear_pointer(&parent->children, g_hash_table_unref);
	node_free(node, &tree->count);
}

void node_copy_attributes(struct node *to, const struct node *from)
{
	g_autoptr(GPtrArray) xattrs = NULL;
	char *target = g_strdup(from->target);

	g_return_if_fail(from->type == NODE_DIRECTORY || !to->children);
	if (from->xattrs) {
		xattrs = g_ptr_array_new_full(from->xattrs->len, xattr_free);
		for (guint i = 0; i < from->xattrs->len; i++) {
			const struct xattr *old = from->xattrs->pdata[i];
			struct xattr *xattr = g_new(struct xattr, 1);

			xattr->name = g_strdup(old->name);
			xattr->value = g_bytes_ref(old->value);
			g_ptr_array_add(xattrs, xattr);
		}
	}
	g_free(to->target);
	g_clear_pointer(&to->xattrs, g_ptr_array_unref);
	to->type = from->type;
	to->mode = from->mode;
	to->uid = from->uid;
	to->gid = from->gid;
	to->mtime = from->mtime;
	to->size_bytes = from->size_bytes;
	to->device_major = from->device_major;
	to->device_minor = from->device_minor;
	to->layer = from->layer;
	to->link_group = from->link_group;
	to->digest = from->digest;
	to->spool_offset = from->spool_offset;
	to->target = target;
	to->xattrs = g_steal_pointer(&xattrs);
}

char *node_path(const struct node *node)
{
	size_t length = 0;
	char *path, *end;

	if (!node->parent)
		return g_strdup("/");
	for (const struct node *n = node; n->parent; n = n->parent)
		length += strlen(n->name) + 1;
	path = g_malloc(length + 1);
	end = path + length;
	*end = '\0';
	for (const struct node *n = node; n->parent; n = n->parent) {
		size_t name_bytes = strlen(n->name);

		end -= name_bytes;
		memcpy(end, n->name, name_bytes);
		*--end = '/';
	}
	return path;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	const struct node *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

GPtrArray *node_children(const struct node *directory)
{
	GPtrArray *sorted;
	GHashTableIter iter;
	gpointer child;

	if (!directory->children)
		return g_ptr_array_new();
	sorted = g_ptr_array_sized_new(g_hash_table_size(directory->children));
	g_hash_table_iter_init(&iter, directory->children);
	while (g_hash_table_iter_next(&iter, NULL, &child))
		g_ptr_array_add(sorted, child);
	g_ptr_array_sort(sorted, compare_names);
	return sorted;
}

static bool walk_below(struct node *node, GString *path, node_visit visit, void *user)
{
	g_autoptr(GPtrArray) children = NULL;
	gsize length = path->len;

	if (!visit(node, path->str, user))
		return false;
	if (!node->children)
		return true;
	children = node_children(node);
	for (guint i = 0; i < children->len; i++) {
		struct node *child = children->pdata[i];
		bool go_on;

		if (length > 1)
			g_string_append_c(path, '/');
		g_string_append(path, child->name);
		go_on = walk_below(child, path, visit, user);
		g_string_truncate(path, length);
		if (!go_on)
			return false;
	}
	return true;
}

bool node_walk(struct node *node, node_visit visit, void *user)
{
	g_autofree char *start = node_path(node);
	GString *path = g_string_new(start);
	bool finished = walk_below(node, path, visit, user);

	g_string_free(path, TRUE);
	return finished;
}

void node_set_xattr(struct node *node, const char *name, GBytes *value)
{
	struct xattr *xattr;
	guint at = 0;

	if (!node->xattrs)
		node->xattrs = g_ptr_array_new_with_free_func(xattr_free);
	for (; at < node->xattrs->len; at++) {
		struct xattr *old = node->xattrs->pdata[at];
		int order = strcmp(old->name, name);

		if (order == 0) {
			GBytes *replaced = old->value;

			old->value = g_bytes_ref(value);
			g_bytes_unref(replaced);
			return;
		}
		if (order > 0)
			break;
	}
	xattr = g_new(struct xattr, 1);
	xattr->name = g_strdup(name);
	xattr->value = g_bytes_ref(value);
	g_ptr_array_insert(node->xattrs, (gint)at, xattr);
}

static int open_spool(const struct tree *tree, GError **error)
{
	int fd = fcntl(tree->spool_fd, F_DUPFD_CLOEXEC, 3);

	if (fd < 0)
		error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "spool");
	return fd;
}

int tree_open(const struct tree *tree, const struct node *node, uint64_t *ret_offset,
	      GError **error)
{
	const struct node *content = node->origin ? node->origin : node;
	bool spooled = tree->spool_fd >= 0 && ret_offset;
	g_autofree char *path = NULL;
	autofd int fd = -1;
	struct stat status;

	if (spooled && content->type == NODE_FILE && !node->bytes) {
		*ret_offset = content->spool_offset;
		return open_spool(tree, error);
	}
	path = node_path(content);
	if (tree->root_fd < 0 || content->type != NODE_FILE || node->bytes) {
		add_failed(path, "its content is not on disk", error);
		return -1;
	}
	fd = fd_open_beneath(tree->root_fd, path + 1, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, error);
	if (fd < 0)
		return -1;
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
	    (uint64_t)status.st_size != content->size_bytes) {
		add_failed(path, "the cache is damaged: not the file that was unpacked", error);
		return -1;
	}
	if (ret_offset)
		*ret_offset = 0;
	return fd_steal(&fd);
}

/* @size_bytes from @offset on, all of them. */
static GBytes *read_at(int fd, uint64_t offset, size_t size_bytes, const char *quoted,
		       GError **error)
{
	g_autofree char *data = g_malloc(size_bytes + 1);
	size_t at = 0;

	while (at < size_bytes) {
		ssize_t got = pread(fd, data + at, size_bytes - at, (off_t)(offset + at));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			error_set_errno(error, THRESH_ERROR_INPUT, got < 0 ? errno : EIO, "%s",
					quoted);
			return NULL;
		}
		at += (size_t)got;
	}
	return g_bytes_new_take(g_steal_pointer(&data), size_bytes);
}

GBytes *tree_read(const struct tree *tree, const struct node *node, size_t max_bytes,
		  GError **error)
{
	g_autofree char *path = node_path(node);
	g_autofree char *quoted = error_quote(path);
	autofd int fd = -1;
	uint64_t offset;

	if (node->bytes && g_bytes_get_size(node->bytes) <= max_bytes)
		return g_bytes_ref(node->bytes);
	if (node->bytes ? true : node->size_bytes > max_bytes) {
		error_set(error, THRESH_ERROR_INPUT, "%s: larger than %zu bytes", quoted,
			  max_bytes);
		return NULL;
	}
	fd = tree_open(tree, node, &offset, error);
	return fd >= 0 ? read_at(fd, offset, (size_t)node->size_bytes, quoted, error) : NULL;
}
