/* SPDX-License-Identifier: Apache-2.0 */
/* The tree as bytes: docs/index.md. */
#include "base/error.h"
#include "base/path.h"
#include "image/tree.h"

#include <string.h>

enum {
	HEADER_BYTES = 8 + 4 + 4,
	RECORD_BYTES_MIN = 4 + 1 + 2 + 4 + 4 + 8 + 4 + 4 + 2 + 1,
	XATTRS_MAX = 1024,
	NO_PARENT = -1,
};

static const char magic[8] = {'t', 'h', 'r', 'e', 's', 'h', 'i', 'x'};
static const uint32_t format_version = 1;

/* Writing */

struct writer {
	GByteArray *out;
	GHashTable *numbers; /* struct node *, directories: its number */
	uint32_t next;
};

static void put(struct writer *writer, uint64_t value, unsigned int size_bytes)
{
	uint64_t little = GUINT64_TO_LE(value);

	g_byte_array_append(writer->out, (const guint8 *)&little, size_bytes);
}

static void put_bytes(struct writer *writer, const void *data, size_t size_bytes)
{
	g_byte_array_append(writer->out, data, (guint)size_bytes);
}

static void put_xattrs(struct writer *writer, const GPtrArray *xattrs)
{
	put(writer, xattrs ? xattrs->len : 0, 2);
	for (guint i = 0; xattrs && i < xattrs->len; i++) {
		const struct xattr *xattr = xattrs->pdata[i];
		gsize size;
		const void *value = g_bytes_get_data(xattr->value, &size);

		put(writer, strlen(xattr->name), 1);
		put_bytes(writer, xattr->name, strlen(xattr->name));
		put(writer, size, 4);
		put_bytes(writer, value, size);
	}
}

static bool put_node(struct node *node, const char *path, void *user)
{
	struct writer *writer = user;
	uint32_t number = writer->next++;

	(void)path;
	if (node->children)
		g_hash_table_insert(writer->numbers, node, GUINT_TO_POINTER(number));
	if (node->parent)
		put(writer, GPOINTER_TO_UINT(g_hash_table_lookup(writer->numbers, node->parent)),
		    4);
	else
		put(writer, (uint32_t)NO_PARENT, 4);
	put(writer, node->type, 1);
	put(writer, node->mode, 2);
	put(writer, node->uid, 4);
	put(writer, node->gid, 4);
	put(writer, (uint64_t)node->mtime, 8);
	put(writer, node->layer, 4);
	put(writer, node->link_group, 4);
	put(writer, strlen(node->name), 1);
	put_bytes(writer, node->name, strlen(node->name));
	put_xattrs(writer, node->xattrs);
	if (node->type == NODE_FILE) {
		put(writer, node->size_bytes, 8);
		put_bytes(writer, node->digest.bytes, DIGEST_BYTES);
	} else if (node->type == NODE_SYMLINK) {
		const char *target = node->target ? node->target : "";

		put(writer, strlen(target), 2);
		put_bytes(writer, target, strlen(target));
	} else if (node->type == NODE_CHARACTER || node->type == NODE_BLOCK) {
		put(writer, node->device_major, 4);
		put(writer, node->device_minor, 4);
	}
	return true;
}

GBytes *tree_serialize(const struct tree *tree)
{
	struct writer writer = {
		.out = g_byte_array_sized_new((guint)MIN(tree->count * 128, 1 << 28)),
		.numbers = g_hash_table_new(NULL, NULL),
	};
	struct digest digest;

	put_bytes(&writer, magic, sizeof(magic));
	put(&writer, format_version, 4);
	put(&writer, tree->count, 4);
	node_walk(tree->root, put_node, &writer);
	g_hash_table_unref(writer.numbers);
	digest_of(writer.out->data, writer.out->len, &digest);
	put_bytes(&writer, digest.bytes, DIGEST_BYTES);
	return g_byte_array_free_to_bytes(writer.out);
}

/* Reading. A reader that has run out answers zeros and remembers it: one test at the end of each
 * record instead of one a field. */

struct reader {
	const uint8_t *at;
	size_t left;
	bool short_read;
};

static const uint8_t *take_bytes(struct reader *reader, size_t size_bytes)
{
	const uint8_t *at = reader->at;

	if (size_bytes > reader->left) {
		reader->short_read = true;
		reader->left = 0;
		return NULL;
	}
	reader->at += size_bytes;
	reader->left -= size_bytes;
	return at;
}

static uint64_t take(struct reader *reader, unsigned int size_bytes)
{
	const uint8_t *at = take_bytes(reader, size_bytes);
	uint64_t little = 0;

	if (!at)
		return 0;
	memcpy(&little, at, size_bytes);
	return GUINT64_FROM_LE(little);
}

/* @size_bytes bytes of text without a NUL; NULL where there are none such. Caller frees. */
static char *take_text(struct reader *reader, size_t size_bytes)
{
	const uint8_t *at = take_bytes(reader, size_bytes);

	return at && !memchr(at, 0, size_bytes) ? g_strndup((const char *)at, size_bytes) : NULL;
}

static bool take_xattrs(struct reader *reader, struct node *node)
{
	size_t count = take(reader, 2);

	if (count > XATTRS_MAX)
		return false;
	while (count-- > 0) {
		size_t name_bytes = take(reader, 1);
		g_autofree char *name = take_text(reader, name_bytes);
		size_t size = take(reader, 4);
		const uint8_t *value = take_bytes(reader, size);
		g_autoptr(GBytes) bytes = NULL;

		if (!name || !value || name_bytes == 0)
			return false;
		bytes = g_bytes_new(value, size);
		node_set_xattr(node, name, bytes);
	}
	return true;
}

static bool take_content(struct reader *reader, struct node *node)
{
	const uint8_t *digest;

	switch (node->type) {
	case NODE_FILE:
		node->size_bytes = take(reader, 8);
		digest = take_bytes(reader, DIGEST_BYTES);
		if (digest)
			memcpy(node->digest.bytes, digest, DIGEST_BYTES);
		return digest != NULL;
	case NODE_SYMLINK:
		node->target = take_text(reader, take(reader, 2));
		return node->target != NULL;
	case NODE_CHARACTER:
	case NODE_BLOCK:
		node->device_major = (uint32_t)take(reader, 4);
		node->device_minor = (uint32_t)take(reader, 4);
		return true;
	default:
		return true;
	}
}

struct nodes {
	struct node **table;
	uint16_t *depths;
	uint32_t count;
};

/* Where the record's node belongs: below an earlier directory, under a name that is new there. */
static struct node *place_node(struct tree *tree, struct nodes *nodes, uint32_t number,
			       uint32_t parent, enum node_type type, const char *name)
{
	struct node *directory, *node;

	if (number == 0)
		return parent == (uint32_t)NO_PARENT && type == NODE_DIRECTORY && *name == '\0'
			       ? tree->root
			       : NULL;
	if (parent >= number || nodes->depths[parent] >= PATH_MAX_BYTES / 2)
		return NULL;
	directory = nodes->table[parent];
	if (node_child(directory, name))
		return NULL;
	node = tree_add_child(tree, directory, name, type);
	if (!node)
		return NULL;
	nodes->depths[number] = nodes->depths[parent] + 1;
	return node;
}

static bool take_node(struct reader *reader, struct tree *tree, struct nodes *nodes,
		      uint32_t number)
{
	uint32_t parent = (uint32_t)take(reader, 4);
	uint64_t type = take(reader, 1);
	uint32_t mode = (uint32_t)take(reader, 2);
	uint32_t uid = (uint32_t)take(reader, 4);
	uint32_t gid = (uint32_t)take(reader, 4);
	int64_t mtime = (int64_t)take(reader, 8);
	uint32_t layer = (uint32_t)take(reader, 4);
	uint32_t link_group = (uint32_t)take(reader, 4);
	g_autofree char *name = take_text(reader, take(reader, 1));
	struct node *node;

	if (!name || type > NODE_FIFO || mode > 07777 || link_group == UINT32_MAX)
		return false;
	node = place_node(tree, nodes, number, parent, (enum node_type)type, name);
	if (!node)
		return false;
	node->mode = mode;
	node->uid = uid;
	node->gid = gid;
	node->mtime = mtime;
	node->layer = layer;
	node->link_group = link_group;
	tree->next_link_group = MAX(tree->next_link_group, link_group + 1);
	nodes->table[number] = node;
	return take_xattrs(reader, node) && take_content(reader, node) && !reader->short_read;
}

static bool take_header(struct reader *reader, uint32_t *ret_count)
{
	const uint8_t *start = reader->at;
	struct digest digest;
	uint64_t count;

	if (reader->left < HEADER_BYTES + DIGEST_BYTES || memcmp(start, magic, sizeof(magic)) != 0)
		return false;
	reader->left -= DIGEST_BYTES;
	digest_of(start, reader->left, &digest);
	if (memcmp(start + reader->left, digest.bytes, DIGEST_BYTES) != 0)
		return false;
	take_bytes(reader, sizeof(magic));
	if (take(reader, 4) != format_version)
		return false;
	count = take(reader, 4);
	if (count == 0 || count > reader->left / RECORD_BYTES_MIN)
		return false;
	*ret_count = (uint32_t)count;
	return true;
}

static bool take_nodes(struct reader *reader, struct tree *tree, uint32_t count)
{
	struct nodes nodes = {
		.table = g_new0(struct node *, count),
		.depths = g_new0(uint16_t, count),
		.count = count,
	};
	bool ok = true;

	for (uint32_t number = 0; ok && number < count; number++)
		ok = take_node(reader, tree, &nodes, number);
	g_free(nodes.table);
	g_free(nodes.depths);
	return ok && reader->left == 0;
}

struct tree *tree_deserialize(GBytes *data, GError **error)
{
	gsize size;
	struct reader reader = {.at = g_bytes_get_data(data, &size)};
	autotree struct tree *tree = tree_new();
	uint32_t count;

	reader.left = size;
	if (!take_header(&reader, &count) || !take_nodes(&reader, tree, count)) {
		error_set(error, THRESH_ERROR_INPUT, "index: damaged, or of another version");
		return NULL;
	}
	return g_steal_pointer(&tree);
}
