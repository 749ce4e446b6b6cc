/* SPDX-License-Identifier: Apache-2.0 */
#include "image/rootfs_unpack.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "image/layer.h"
#include "image/rootfs_disk.h"
#include "image/spool.h"
#include "image/tarreader.h"

#include <string.h>

struct unpacker {
	const struct image *image;
	const struct image_limits *limits;
	struct tree *tree;
	struct rootfs_disk *disk; /* NULL: no directory */
	struct spool *spool;      /* NULL: no spool; without either, the tree alone */
	struct digester *digester;
	struct tar_reader *tar;
	uint32_t layer;
	uint64_t entries;
	uint64_t file_bytes; /* of all files so far */
	uint64_t tar_bytes;  /* of the layers before this one */
	GPtrArray *links;    /* scratch of resolve */
	GHashTable *own; /* directories with nothing of a lower layer below: not looked at again */
};

/* Names */

static bool name_failed(const char *what, GError **error)
{
	return error_set(error, THRESH_ERROR_INPUT, "%s", what);
}

static bool check_component(const char *name, size_t length, GError **error)
{
	if (length == 2 && name[0] == '.' && name[1] == '.')
		return name_failed("'..' in a name: it could escape the root", error);
	return length <= NAME_MAX_BYTES || name_failed("a name above 255 bytes", error);
}

char *rootfs_entry_path(const char *name, const struct image_limits *limits, GError **error)
{
	GString *path;
	uint32_t depth = 0;

	if (name[0] == '/' || name[0] == '\0') {
		name_failed(name[0] ? "an absolute name: it could escape the root"
				    : "an empty name",
			    error);
		return NULL;
	}
	path = g_string_new(NULL);
	while (*name) {
		size_t length = strcspn(name, "/");
		bool dot = length == 1 && name[0] == '.';

		if (!check_component(name, length, error))
			goto refused;
		if (length > 0 && !dot) {
			g_string_append_c(path, '/');
			g_string_append_len(path, name, (gssize)length);
			depth++;
		}
		if (path->len >= limits->path_bytes || depth > limits->depth) {
			name_failed(depth > limits->depth
					    ? "a path deeper than the limit (limits.depth)"
					    : "a path longer than the limit (limits.path)",
				    error);
			goto refused;
		}
		name += length;
		name += *name == '/';
	}
	if (path->len == 0)
		g_string_append_c(path, '/');
	return g_string_free(path, FALSE);

refused:
	g_string_free(path, TRUE);
	return NULL;
}

/* Parents */

/* Whether a relative target climbs above the root from where the link lies. */
static bool link_escapes(const struct node *link)
{
	int depth = 0;

	if (!link->target || link->target[0] == '/')
		return false;
	for (const struct node *n = link->parent; n->parent; n = n->parent)
		depth++;
	for (const char *p = link->target; *p;) {
		size_t length = strcspn(p, "/");

		if (length == 2 && p[0] == '.' && p[1] == '.')
			depth--;
		else if (length > 0 && !(length == 1 && p[0] == '.'))
			depth++;
		if (depth < 0)
			return true;
		p += length;
		p += *p == '/';
	}
	return false;
}

/* A link of an earlier layer on the way is what a merged /usr looks like; one of this same layer is
 * in no archive of a real file system, and one that climbs out is an attempt. */
static bool check_links(const struct unpacker *unpacker, GError **error)
{
	for (guint i = 0; i < unpacker->links->len; i++) {
		const struct node *link = unpacker->links->pdata[i];
		g_autofree char *path = node_path(link);
		g_autofree char *quoted = error_quote(path);

		if (link->layer == unpacker->layer)
			return error_set(error, THRESH_ERROR_INPUT,
					 "its name goes through the symlink %s of the same layer",
					 quoted);
		if (link_escapes(link))
			return error_set(
				error, THRESH_ERROR_INPUT,
				"its name goes through the symlink %s, which leaves the root",
				quoted);
	}
	return true;
}

static struct node *add_implied(struct unpacker *unpacker, const char *path, GError **error)
{
	g_autofree char *above = path_parent(path);
	struct node *parent = tree_lookup(unpacker->tree, above);
	struct node *node;

	if (!parent || parent->type != NODE_DIRECTORY || node_child(parent, path_name(path))) {
		name_failed("its parent is not a directory", error);
		return NULL;
	}
	node = tree_add_child(unpacker->tree, parent, path_name(path), NODE_DIRECTORY);
	if (!node) {
		name_failed("its parent has a malformed name", error);
		return NULL;
	}
	node->mode = 0755;
	node->layer = unpacker->layer;
	if (unpacker->disk && !rootfs_disk_make(unpacker->disk, node, error))
		return NULL;
	return node;
}

/* The directory @path, through symlinks; missing ones are made where @make says so, else NULL
 * without an error. */
static struct node *resolve_directory(struct unpacker *unpacker, const char *path, bool make,
				      GError **error)
{
	for (uint32_t tries = 0; tries <= PATH_MAX_BYTES; tries++) {
		g_autofree char *missing = NULL;
		struct node *node;

		g_ptr_array_set_size(unpacker->links, 0);
		node = tree_resolve(unpacker->tree, path, true, unpacker->links, &missing);
		if (unpacker->links->len > 0 && !check_links(unpacker, error))
			return NULL;
		if (node && node->type == NODE_DIRECTORY)
			return node;
		if (!node && !missing)
			name_failed("its name goes through a loop of symlinks", error);
		else if (node)
			name_failed("its parent is not a directory", error);
		else if (!make)
			return NULL;
		else if (add_implied(unpacker, missing, error))
			continue;
		return NULL;
	}
	name_failed("its name goes through too many symlinks", error);
	return NULL;
}

/* Whiteouts: OCI image-spec layer.md, "Whiteouts" and "Opaque Whiteout" */

static bool hide_file(struct node *node, const char *path, void *user)
{
	struct unpacker *unpacker = user;

	if (node->type == NODE_FILE && node->size_bytes > 0)
		tree_hide(unpacker->tree, node, path);
	return true;
}

static bool remove_node(struct unpacker *unpacker, struct node *node, GError **error)
{
	if (unpacker->spool)
		node_walk(node, hide_file, unpacker);
	if (unpacker->disk && !rootfs_disk_remove(unpacker->disk, node, error))
		return false;
	tree_remove(unpacker->tree, node);
	return true;
}

static bool hide_lower(struct unpacker *unpacker, struct node *node, GError **error);

static bool hide_children(struct unpacker *unpacker, struct node *directory, GError **error)
{
	g_autoptr(GPtrArray) children = NULL;

	/* Once a layer: or a layer of whiteouts of one large directory would take for ever. A node
	 * that takes this one's address later is this layer's, and so is all below it. */
	if (!directory->children || !g_hash_table_add(unpacker->own, directory))
		return true;
	children = node_children(directory);
	for (guint i = 0; i < children->len; i++) {
		if (!hide_lower(unpacker, children->pdata[i], error))
			return false;
	}
	return true;
}

/* Removes what came from lower layers: a whiteout hides nothing of its own layer. */
static bool hide_lower(struct unpacker *unpacker, struct node *node, GError **error)
{
	if (!hide_children(unpacker, node, error))
		return false;
	if (node->layer >= unpacker->layer || node->children)
		return true;
	return remove_node(unpacker, node, error);
}

static bool apply_whiteout(struct unpacker *unpacker, const char *path, GError **error)
{
	const char *name = path_name(path) + strlen(".wh.");
	g_autofree char *above = path_parent(path);
	bool opaque = strcmp(name, ".wh..opq") == 0;
	g_autoptr(GError) failure = NULL;
	struct node *directory, *child;

	if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return name_failed("a whiteout of nothing", error);
	directory = resolve_directory(unpacker, above, opaque, &failure);
	if (failure) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return false;
	}
	if (!directory)
		return true;
	if (opaque)
		return hide_children(unpacker, directory, error);
	child = node_child(directory, name);
	return !child || hide_lower(unpacker, child, error);
}

/* aufs kept its own files in layers: .wh..wh.aufs, .wh..wh.orph/, .wh..wh.plnk/ */
static bool is_aufs_metadata(const char *path)
{
	const char *found = strstr(path, "/.wh..wh.");

	return found && strcmp(found, "/.wh..wh..opq") != 0;
}

/* Content */

static bool take_bytes(struct unpacker *unpacker, struct rootfs_file *file, uint64_t size_bytes,
		       GError **error)
{
	while (size_bytes > 0) {
		const uint8_t *data;
		size_t size;

		if (!tar_reader_data(unpacker->tar, &data, &size, error))
			return false;
		if (size == 0)
			return name_failed("tar: content shorter than its size", error);
		size = MIN(size, size_bytes);
		digester_update(unpacker->digester, data, size);
		if (file && !rootfs_file_write(file, data, size, error))
			return false;
		size_bytes -= size;
	}
	return true;
}

static bool take_hole(struct unpacker *unpacker, struct rootfs_file *file, uint64_t size_bytes,
		      GError **error)
{
	static const uint8_t zeros[65536];

	for (uint64_t left = size_bytes; left > 0; left -= MIN(left, sizeof(zeros)))
		digester_update(unpacker->digester, zeros, MIN(left, sizeof(zeros)));
	return !file || size_bytes == 0 || rootfs_file_skip(file, size_bytes, error);
}

/* tar_reader_data may answer bytes of two extents at once: the packed stream is cut up here. */
static bool take_sparse(struct unpacker *unpacker, const struct tar_entry *entry,
			struct rootfs_file *file, GError **error)
{
	const struct tar_extent *extents = (const struct tar_extent *)(void *)entry->extents->data;
	const uint8_t *data = NULL;
	uint64_t at = 0;
	size_t size = 0;

	for (guint i = 0; i < entry->extents->len; i++) {
		uint64_t left = extents[i].size_bytes;

		if (!take_hole(unpacker, file, extents[i].offset_bytes - at, error))
			return false;
		at = extents[i].offset_bytes + left;
		while (left > 0) {
			size_t n;

			if (size == 0 && !tar_reader_data(unpacker->tar, &data, &size, error))
				return false;
			if (size == 0)
				return name_failed("tar: content shorter than its map", error);
			n = MIN(left, (uint64_t)size);
			digester_update(unpacker->digester, data, n);
			if (file && !rootfs_file_write(file, data, n, error))
				return false;
			data += n;
			size -= n;
			left -= n;
		}
	}
	return take_hole(unpacker, file, entry->size_bytes - at, error);
}

static bool check_size(struct unpacker *unpacker, const struct tar_entry *entry, GError **error)
{
	if (entry->size_bytes > unpacker->limits->file_bytes)
		return error_set(error, THRESH_ERROR_INPUT,
				 "%" G_GUINT64_FORMAT
				 " bytes, above the limit of a file (limits.file)",
				 entry->size_bytes);
	unpacker->file_bytes += entry->size_bytes;
	return unpacker->file_bytes <= unpacker->limits->unpacked_bytes ||
	       name_failed("the image unpacks to more bytes than the limit (limits.unpacked)",
			   error);
}

static bool content_begin(struct unpacker *unpacker, struct node *node, struct rootfs_file *file,
			  GError **error)
{
	return unpacker->disk ? rootfs_file_open(unpacker->disk, node, file, error)
			      : spool_begin(unpacker->spool, node, file, error);
}

static bool take_content(struct unpacker *unpacker, const struct tar_entry *entry,
			 struct node *node, GError **error)
{
	struct rootfs_file file = {.fd = -1};
	struct rootfs_file *to = NULL;
	bool ok = true;

	if (!check_size(unpacker, entry, error))
		return false;
	node->size_bytes = entry->size_bytes;
	if (unpacker->disk || unpacker->spool) {
		if (!content_begin(unpacker, node, &file, error))
			return false;
		to = &file;
	}
	ok = entry->extents ? take_sparse(unpacker, entry, to, error)
			    : take_bytes(unpacker, to, entry->size_bytes, error);
	digester_finish(unpacker->digester, &node->digest);
	if (to && unpacker->disk)
		ok = rootfs_file_close(unpacker->disk, node, &file, ok, error) && ok;
	return ok;
}

/* Entries */

static void set_attributes(const struct unpacker *unpacker, const struct tar_entry *entry,
			   struct node *node)
{
	node->mode = entry->mode;
	node->uid = entry->uid;
	node->gid = entry->gid;
	node->mtime = entry->mtime;
	node->layer = unpacker->layer;
	for (guint i = 0; entry->xattrs && i < entry->xattrs->len; i++) {
		const struct tar_xattr *xattr = entry->xattrs->pdata[i];

		node_set_xattr(node, xattr->name, xattr->value);
	}
}

/* The node that a hard link names: a name inside the root, with nothing followed at its end. */
static struct node *link_target(struct unpacker *unpacker, const char *link, GError **error)
{
	g_autofree char *quoted = error_quote(link);
	g_autofree char *path = rootfs_entry_path(link, unpacker->limits, error);
	g_autofree char *above = path ? path_parent(path) : NULL;
	g_autoptr(GError) failure = NULL;
	struct node *directory = NULL, *node = NULL;

	if (path)
		directory = resolve_directory(unpacker, above, false, &failure);
	if (failure)
		g_propagate_error(error, g_steal_pointer(&failure));
	else if (path && !(directory && (node = node_child(directory, path_name(path)))))
		name_failed("no such file", error);
	else if (node && node->type == NODE_DIRECTORY)
		name_failed("a directory", error);
	else if (node)
		return node;
	g_prefix_error(error, "hard link to %s: ", quoted);
	return NULL;
}

static bool clear_place(struct unpacker *unpacker, struct node *directory, const char *name,
			GError **error)
{
	struct node *old = node_child(directory, name);

	return !old || remove_node(unpacker, old, error);
}

static bool apply_link(struct unpacker *unpacker, const struct tar_entry *entry,
		       struct node *directory, const char *name, GError **error)
{
	struct node *target = link_target(unpacker, entry->link, error);
	struct node *old, *node;

	if (!target)
		return false;
	old = node_child(directory, name);
	if (old == target || (old && old->link_group && old->link_group == target->link_group))
		return true; /* it is that file already */
	if (old && old->type == NODE_DIRECTORY) {
		for (const struct node *n = target; n; n = n->parent) {
			if (n == old)
				return name_failed("hard link to a file below itself", error);
		}
	}
	if (!clear_place(unpacker, directory, name, error))
		return false;
	node = tree_add_child(unpacker->tree, directory, name, target->type);
	if (!target->link_group)
		target->link_group = unpacker->tree->next_link_group++;
	node_copy_attributes(node, target);
	node->layer = unpacker->layer;
	return !unpacker->disk || rootfs_disk_link(unpacker->disk, target, node, error);
}

static bool apply_directory(struct unpacker *unpacker, const struct tar_entry *entry,
			    struct node *directory, const char *name, GError **error)
{
	struct node *old = node_child(directory, name);
	bool there = old && old->type == NODE_DIRECTORY;
	struct node *node;

	if (!there && !clear_place(unpacker, directory, name, error))
		return false;
	node = tree_add_child(unpacker->tree, directory, name, NODE_DIRECTORY);
	set_attributes(unpacker, entry, node);
	if (!unpacker->disk)
		return true;
	return rootfs_disk_check_owner(unpacker->disk, node, error) &&
	       (there || rootfs_disk_make(unpacker->disk, node, error));
}

static bool apply_other(struct unpacker *unpacker, const struct tar_entry *entry,
			struct node *directory, const char *name, enum node_type type,
			GError **error)
{
	struct node *node;

	if (type == NODE_SYMLINK &&
	    (entry->link[0] == '\0' || strlen(entry->link) >= PATH_MAX_BYTES))
		return name_failed("a symlink with an empty or too long target", error);
	if (!clear_place(unpacker, directory, name, error))
		return false;
	node = tree_add_child(unpacker->tree, directory, name, type);
	set_attributes(unpacker, entry, node);
	if (type == NODE_SYMLINK) {
		node->mode = 0777;
		node->target = g_strdup(entry->link);
	} else if (type == NODE_CHARACTER || type == NODE_BLOCK) {
		node->device_major = entry->device_major;
		node->device_minor = entry->device_minor;
	} else if (type == NODE_FILE) {
		return take_content(unpacker, entry, node, error);
	}
	return !unpacker->disk || rootfs_disk_make(unpacker->disk, node, error);
}

static bool apply_root(struct unpacker *unpacker, const struct tar_entry *entry, GError **error)
{
	struct node *root;

	if (entry->type != '5')
		return name_failed("the root is not a directory", error);
	root = tree_add(unpacker->tree, "/", NODE_DIRECTORY, error);
	if (!root)
		return false;
	set_attributes(unpacker, entry, root);
	return !unpacker->disk || rootfs_disk_check_owner(unpacker->disk, root, error);
}

static bool apply_path(struct unpacker *unpacker, const struct tar_entry *entry, const char *path,
		       GError **error)
{
	static const enum node_type types[] = {
		['0'] = NODE_FILE,  ['2'] = NODE_SYMLINK,   ['3'] = NODE_CHARACTER,
		['4'] = NODE_BLOCK, ['5'] = NODE_DIRECTORY, ['6'] = NODE_FIFO,
	};
	const char *name = path_name(path);
	g_autofree char *above = NULL;
	struct node *directory;

	if (is_aufs_metadata(path))
		return true;
	if (g_str_has_prefix(name, ".wh."))
		return apply_whiteout(unpacker, path, error);
	if (path[1] == '\0')
		return apply_root(unpacker, entry, error);
	above = path_parent(path);
	directory = resolve_directory(unpacker, above, true, error);
	if (!directory)
		return false;
	if (entry->type == '1')
		return apply_link(unpacker, entry, directory, name, error);
	if (entry->type == '5')
		return apply_directory(unpacker, entry, directory, name, error);
	return apply_other(unpacker, entry, directory, name, types[(int)entry->type], error);
}

static bool apply_entry(struct unpacker *unpacker, const struct tar_entry *entry, GError **error)
{
	g_autofree char *path = NULL;
	bool ok;

	if (++unpacker->entries > unpacker->limits->entries)
		return error_set(error, THRESH_ERROR_INPUT,
				 "more than %" G_GUINT64_FORMAT
				 " entries, the limit (limits.entries)",
				 unpacker->limits->entries);
	path = rootfs_entry_path(entry->path, unpacker->limits, error);
	ok = path && apply_path(unpacker, entry, path, error);
	if (!ok) {
		g_autofree char *quoted = error_quote(entry->path);

		g_prefix_error(error, "entry '%s': ", quoted);
	}
	return ok;
}

/* Layers */

struct counted_stream {
	struct layer_stream *stream;
	const struct unpacker *unpacker;
};

static bool next_block(void *user, const uint8_t **ret_data, size_t *ret_size_bytes, GError **error)
{
	struct counted_stream *counted = user;
	const struct unpacker *unpacker = counted->unpacker;

	if (!layer_stream_next(counted->stream, ret_data, ret_size_bytes, error))
		return false;
	return layer_stream_count(counted->stream) <=
		       unpacker->limits->unpacked_bytes - unpacker->tar_bytes ||
	       name_failed("the image unpacks to more bytes than the limit (limits.unpacked)",
			   error);
}

static bool apply_stream(struct unpacker *unpacker, struct layer_stream *stream, GError **error)
{
	struct counted_stream counted = {.stream = stream, .unpacker = unpacker};
	struct tar_source source = {.next = next_block, .user = &counted};
	autotar struct tar_reader *tar = tar_reader_new(&source);
	const struct tar_entry *entry;
	const uint8_t *data;
	size_t size = 0;
	int got;

	unpacker->tar = tar;
	while ((got = tar_reader_next(tar, &entry, error)) > 0) {
		if (!apply_entry(unpacker, entry, error))
			return false;
	}
	if (got < 0)
		return false;
	do { /* behind the archive's end: padding, and the digests' verdict */
		if (!next_block(&counted, &data, &size, error))
			return false;
	} while (size > 0);
	unpacker->tar_bytes += layer_stream_count(stream);
	return true;
}

static bool apply_layer(struct unpacker *unpacker, uint32_t index, GError **error)
{
	autolayer struct layer_stream *stream = layer_stream_open(unpacker->image, index, error);
	char digest[DIGEST_TEXT_BYTES];
	bool ok;

	unpacker->layer = index;
	g_hash_table_remove_all(unpacker->own);
	ok = stream && apply_stream(unpacker, stream, error);
	if (ok)
		return true;
	if (stream)
		layer_stream_explain(stream, error);
	digest_format(&unpacker->image->layers[index].digest, digest);
	g_prefix_error(error, "layer %u (%s): ", index + 1, digest);
	return false;
}

/* Hard links whose other names were removed by a later layer are ordinary files again. */
static bool count_link(struct node *node, const char *path, void *user)
{
	gpointer key = GUINT_TO_POINTER(node->link_group);
	guint count = GPOINTER_TO_UINT(g_hash_table_lookup(user, key));

	(void)path;
	if (node->link_group)
		g_hash_table_insert(user, key, GUINT_TO_POINTER(count + 1));
	return true;
}

static bool clear_single_link(struct node *node, const char *path, void *user)
{
	(void)path;
	if (node->link_group &&
	    GPOINTER_TO_UINT(g_hash_table_lookup(user, GUINT_TO_POINTER(node->link_group))) == 1)
		node->link_group = 0;
	return true;
}

static void settle_links(struct tree *tree)
{
	GHashTable *counts;

	if (tree->next_link_group == 1)
		return;
	counts = g_hash_table_new(NULL, NULL);
	node_walk(tree->root, count_link, counts);
	node_walk(tree->root, clear_single_link, counts);
	g_hash_table_unref(counts);
}

static bool apply_layers(const struct image *image, struct tree *tree, struct rootfs_disk *disk,
			 struct spool *spool, GError **error)
{
	autodigester struct digester *digester = digester_new();
	struct unpacker unpacker = {
		.image = image,
		.limits = &image->limits,
		.tree = tree,
		.disk = disk,
		.spool = spool,
		.digester = digester,
		.links = g_ptr_array_new(),
		.own = g_hash_table_new(NULL, NULL),
	};
	bool ok = true;

	for (uint32_t i = 0; ok && i < image->layer_count; i++)
		ok = apply_layer(&unpacker, i, error);
	g_ptr_array_unref(unpacker.links);
	g_hash_table_unref(unpacker.own);
	if (ok)
		settle_links(tree);
	return ok;
}

struct tree *rootfs_apply(const struct image *image, int root_fd, const struct owner_shift *shift,
			  GError **error)
{
	autotree struct tree *tree = tree_new();
	struct rootfs_disk disk = {.tree = tree, .root_fd = root_fd, .directory_fd = -1};
	bool ok;

	if (shift)
		disk.shift = *shift;
	ok = apply_layers(image, tree, root_fd >= 0 ? &disk : NULL, NULL, error) &&
	     (root_fd < 0 || rootfs_disk_finish(&disk, error));
	rootfs_disk_clear(&disk);
	return ok ? g_steal_pointer(&tree) : NULL;
}

struct tree *image_spool_tree(const struct image *image, const char *directory, GError **error)
{
	autotree struct tree *tree = tree_new();
	struct spool spool = {.fd = -1};
	bool ok = spool_open(&spool, directory, error) &&
		  apply_layers(image, tree, NULL, &spool, error) && spool_finish(&spool, error);

	tree->spool_fd = spool.fd;
	if (!ok) {
		g_autofree char *quoted = error_quote(image->reference);

		g_prefix_error(error, "%s: ", quoted);
		return NULL;
	}
	return g_steal_pointer(&tree);
}

struct tree *image_read_tree(const struct image *image, GError **error)
{
	struct tree *tree = rootfs_apply(image, -1, NULL, error);

	if (!tree) {
		g_autofree char *quoted = error_quote(image->reference);

		g_prefix_error(error, "%s: ", quoted);
	}
	return tree;
}
