/* SPDX-License-Identifier: Apache-2.0 */
#include "image/writer_layer.h"

#include "base/error.h"
#include "base/fd.h"
#include "image/tarwriter.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct plan_entry {
	const struct node *node;
	uint32_t parent; /* index of its directory; the root's is 0 */
	uint64_t layers; /* bit n: goes into layer n */
};

struct layer_plan {
	GArray *entries; /* struct plan_entry, parents first, siblings by name */
};

struct plan_builder {
	struct layer_plan *plan;
	GHashTable *directories; /* struct node * → index */
	uint32_t layer_count;
	GError **error;
};

static bool node_may_be_written(const struct node *node, const char *path, uint32_t layer_count,
				GError **error)
{
	g_autofree char *quoted = error_quote(path);

	if (node->type == NODE_CHARACTER || node->type == NODE_BLOCK)
		return error_set(error, THRESH_ERROR_INPUT,
				 "%s: a device node does not go into a production image", quoted);
	if (g_str_has_prefix(node->name, ".wh."))
		return error_set(error, THRESH_ERROR_INPUT,
				 "%s: an image cannot hold a file whose name begins with .wh. "
				 "(it means a removed file)",
				 quoted);
	if (node->layer >= layer_count)
		return error_set(error, THRESH_ERROR_INTERNAL, "%s: layer %u of %u", quoted,
				 node->layer, layer_count);
	return true;
}

static bool plan_node(struct node *node, const char *path, void *user)
{
	struct plan_builder *builder = user;
	GArray *entries = builder->plan->entries;
	struct plan_entry entry = {.node = node};

	if (!node_may_be_written(node, path, builder->layer_count, builder->error))
		return false;
	if (node->parent) {
		entry.parent =
			GPOINTER_TO_UINT(g_hash_table_lookup(builder->directories, node->parent));
		entry.layers = 1ULL << node->layer;
	}
	if (node->type == NODE_DIRECTORY)
		g_hash_table_insert(builder->directories, node, GUINT_TO_POINTER(entries->len));
	g_array_append_val(entries, entry);
	return true;
}

struct layer_plan *layer_plan_new(const struct tree *production, uint32_t layer_count,
				  GError **error)
{
	g_autoptr(GHashTable) directories = g_hash_table_new(NULL, NULL);
	autoplan struct layer_plan *plan = g_new0(struct layer_plan, 1);
	struct plan_builder builder = {plan, directories, layer_count, error};
	struct plan_entry *entries;

	if (layer_count == 0 || layer_count > LAYER_PLAN_MAX_LAYERS) {
		error_set(error, THRESH_ERROR_INTERNAL, "%u layers", layer_count);
		return NULL;
	}
	plan->entries = g_array_new(false, false, sizeof(struct plan_entry));
	if (!node_walk(production->root, plan_node, &builder))
		return NULL;
	/* Children come behind their parents: one pass from the end takes every bit up to the root.
	 */
	entries = (struct plan_entry *)(void *)plan->entries->data;
	for (guint i = plan->entries->len - 1; i > 0; i--)
		entries[entries[i].parent].layers |= entries[i].layers;
	if (entries[0].layers == 0)
		entries[0].layers = 1;
	return g_steal_pointer(&plan);
}

void layer_plan_free(struct layer_plan *plan)
{
	if (!plan)
		return;
	if (plan->entries)
		g_array_unref(plan->entries);
	g_free(plan);
}

void layer_plan_cleanup(struct layer_plan **plan)
{
	layer_plan_free(*plan);
}

bool layer_plan_has(const struct layer_plan *plan, uint32_t layer)
{
	return g_array_index(plan->entries, struct plan_entry, 0).layers >> layer & 1;
}

static bool put_file(struct blob *blob, int fd, uint64_t offset, uint64_t size_bytes,
		     GError **error)
{
	uint64_t left = size_bytes;

	while (left > 0) {
		size_t room;
		uint8_t *space = blob_space(blob, &room, error);
		ssize_t n;

		if (!space)
			return false;
		n = pread(fd, space, MIN(room, left), (off_t)(offset + size_bytes - left));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set_errno(error, THRESH_ERROR_INPUT, errno, "read");
		if (n == 0)
			return error_set(error, THRESH_ERROR_INPUT,
					 "shorter than the %" G_GUINT64_FORMAT " bytes it had",
					 size_bytes);
		blob_advance(blob, (size_t)n);
		left -= (uint64_t)n;
	}
	return true;
}

static bool put_content(struct blob *blob, const struct node *node, const struct tree *source,
			GError **error)
{
	autofd int fd = -1;
	uint64_t offset;

	if (node->bytes)
		return blob_write(blob, g_bytes_get_data(node->bytes, NULL),
				  g_bytes_get_size(node->bytes), error);
	fd = tree_open(source, node->origin, &offset, error);
	return fd >= 0 && put_file(blob, fd, offset, node->origin->size_bytes, error);
}

/* In place of the content, for a fingerprint. */
static bool put_digest(struct blob *blob, const struct node *node, GError **error)
{
	struct digest digest;

	if (node->bytes)
		digest_of(g_bytes_get_data(node->bytes, NULL), g_bytes_get_size(node->bytes),
			  &digest);
	else
		digest = node->origin->digest;
	return blob_write(blob, digest.bytes, sizeof(digest.bytes), error);
}

static enum tar_type tar_type_of(enum node_type type)
{
	switch (type) {
	case NODE_DIRECTORY:
		return TAR_DIRECTORY;
	case NODE_SYMLINK:
		return TAR_SYMLINK;
	case NODE_FIFO:
		return TAR_FIFO;
	default:
		return TAR_FILE;
	}
}

static uint64_t content_size(const struct node *node)
{
	if (node->type != NODE_FILE)
		return 0;
	return node->bytes ? g_bytes_get_size(node->bytes) : node->origin->size_bytes;
}

/* What one walk over a layer needs; @source NULL: a fingerprint. */
struct layer_walk {
	struct blob *blob;
	const struct tree *source;
	int64_t epoch;
	GHashTable *first_names; /* link group → name of the entry that carries the content */
};

static bool put_entry(struct layer_walk *walk, const struct node *node, const char *name,
		      GError **error)
{
	gpointer group = GUINT_TO_POINTER(node->link_group);
	struct tar_entry entry = {
		.name = name,
		.type = tar_type_of(node->type),
		.mode = node->mode,
		.uid = node->uid,
		.gid = node->gid,
		/* What comes from the source is input, whatever its time says, and interpreters
		 * compare it with their byte code; what was made now is not. */
		.mtime = node->origin ? node->mtime : MIN(node->mtime, walk->epoch),
		.target = node->target,
		.xattrs = node->xattrs,
	};

	if (node->type == NODE_FILE && !node->bytes && !node->origin)
		return error_set(error, THRESH_ERROR_INTERNAL, "a file without content");
	if (node->type == NODE_FILE && node->link_group != 0) {
		entry.target = g_hash_table_lookup(walk->first_names, group);
		if (entry.target)
			entry.type = TAR_HARDLINK;
		else
			g_hash_table_insert(walk->first_names, group, g_strdup(name));
	}
	entry.size_bytes = entry.type == TAR_FILE ? content_size(node) : 0;
	if (!tar_put_header(walk->blob, &entry, error))
		return false;
	if (entry.type != TAR_FILE)
		return true;
	if (!walk->source)
		return put_digest(walk->blob, node, error);
	return put_content(walk->blob, node, walk->source, error) &&
	       tar_put_padding(walk->blob, entry.size_bytes, error);
}

static bool put_layer(const struct layer_plan *plan, uint32_t layer, struct layer_walk *walk,
		      GError **error)
{
	g_autoptr(GHashTable) first_names = g_hash_table_new_full(NULL, NULL, NULL, g_free);

	walk->first_names = first_names;
	for (guint i = 0; i < plan->entries->len; i++) {
		const struct plan_entry *entry =
			&g_array_index(plan->entries, struct plan_entry, i);
		g_autofree char *path = NULL;

		if (!(entry->layers >> layer & 1))
			continue;
		path = node_path(entry->node);
		if (!put_entry(walk, entry->node, i == 0 ? "." : path + 1, error)) {
			g_autofree char *quoted = error_quote(path);

			g_prefix_error(error, "%s: ", quoted);
			return false;
		}
	}
	return true;
}

bool layer_plan_fingerprint(const struct layer_plan *plan, uint32_t layer, int64_t epoch,
			    struct digest *ret_fingerprint, GError **error)
{
	autoblob struct blob *blob = blob_new(-1, COMPRESSION_NONE);
	struct layer_walk walk = {.blob = blob, .epoch = epoch};
	struct blob_facts facts;

	if (!put_layer(plan, layer, &walk, error) || !blob_finish(blob, &facts, error))
		return false;
	*ret_fingerprint = facts.plain;
	return true;
}

bool layer_plan_write(const struct layer_plan *plan, uint32_t layer, const struct tree *source,
		      int64_t epoch, struct blob *blob, GError **error)
{
	struct layer_walk walk = {.blob = blob, .source = source, .epoch = epoch};

	return put_layer(plan, layer, &walk, error) && tar_put_end(blob, error);
}
