/* SPDX-License-Identifier: Apache-2.0 */
#include "image/tree.h"

#include "base/error.h"

#include <string.h>

static struct node *add(struct tree *tree, const char *path, enum node_type type)
{
	g_autoptr(GError) error = NULL;
	struct node *node = tree_add(tree, path, type, &error);

	g_assert_no_error(error);
	return node;
}

static void add_link(struct tree *tree, const char *path, const char *target)
{
	add(tree, path, NODE_SYMLINK)->target = g_strdup(target);
}

static void test_add(void)
{
	autotree struct tree *tree = tree_new();
	g_autoptr(GError) error = NULL;
	static const char *const refused[] = {"a", "/a/../b", "/a/./b", "/a//b", "/a/", "/..", ""};
	g_autofree char *long_path = NULL;
	struct node *node;

	node = add(tree, "/a/b/c", NODE_FILE);
	g_assert_cmpuint(tree->count, ==, 4);
	g_assert_true(tree_lookup(tree, "/a/b/c") == node);
	g_assert_cmpuint(tree_lookup(tree, "/a")->mode, ==, 0755);
	g_assert_null(tree_lookup(tree, "/a/x"));
	g_assert_null(tree_lookup(tree, "/a/b/c/d"));
	g_assert_true(tree_lookup(tree, "/") == tree->root);

	node->mode = 0600;
	g_assert_true(add(tree, "/a/b", NODE_DIRECTORY) == tree_lookup(tree, "/a/b"));
	g_assert_cmpuint(tree_lookup(tree, "/a/b")->mode, ==, 0);
	g_assert_nonnull(tree_lookup(tree, "/a/b/c"));
	add(tree, "/a/b", NODE_FILE);
	g_assert_null(tree_lookup(tree, "/a/b/c"));
	g_assert_cmpuint(tree->count, ==, 3);

	g_assert_null(tree_add(tree, "/a/b/c", NODE_FILE, &error));
	g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
	g_clear_error(&error);
	g_assert_null(tree_add(tree, "/", NODE_FILE, &error));
	g_clear_error(&error);
	for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_assert_null(tree_add(tree, refused[i], NODE_FILE, &error));
		g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
		g_clear_error(&error);
	}
	long_path = g_strnfill(300, 'x');
	long_path[0] = '/';
	g_assert_null(tree_add(tree, long_path, NODE_FILE, NULL));

	tree_remove(tree, tree_lookup(tree, "/a"));
	g_assert_cmpuint(tree->count, ==, 1);
	g_assert_null(tree->root->children);
}

static void test_resolve(void)
{
	static const struct {
		const char *path;
		bool follow;
		const char *want;    /* NULL: missing */
		const char *missing; /* NULL: a loop */
		guint links;
	} table[] = {
		{"/", true, "/", NULL, 0},
		{"/lib/x", true, "/usr/lib/x", NULL, 1},
		{"lib/x", true, "/usr/lib/x", NULL, 1},
		{"/lib", false, "/lib", NULL, 0},
		{"/lib", true, "/usr/lib", NULL, 1},
		{"/lib/", false, "/usr/lib", NULL, 1},
		{"/lib/.", false, "/usr/lib", NULL, 1},
		{"/lib/..", false, "/usr", NULL, 1},
		{"/up", true, "/usr/lib/x", NULL, 1},
		{"/chain3", true, "/usr/lib/x", NULL, 4},
		{"/usr/rel", true, "/usr/lib/x", NULL, 1},
		{"/../../usr", true, "/usr", NULL, 0},
		{"//usr///lib//x", true, "/usr/lib/x", NULL, 0},
		{"/usr/lib/x/", true, NULL, "/usr/lib/x", 0},
		{"/usr/lib/x/y", true, NULL, "/usr/lib/x/y", 0},
		{"/usr/lib/x/.", true, NULL, "/usr/lib/x/.", 0},
		{"/usr/none/deep", true, NULL, "/usr/none", 0},
		{"/dangling", true, NULL, "/nowhere", 1},
		{"/dangling", false, "/dangling", NULL, 0},
		{"/slashed", true, NULL, "/usr/lib/x", 1},
		{"/loop1", true, NULL, NULL, 40},
		{"/self/x", true, NULL, NULL, 40},
		{"/empty", true, NULL, "/empty", 1},
		{"", true, NULL, "/", 0},
	};
	autotree struct tree *tree = tree_new();

	add(tree, "/usr/lib/x", NODE_FILE);
	add_link(tree, "/lib", "usr/lib");
	add_link(tree, "/up", "../../usr/lib/x");
	add_link(tree, "/chain1", "/lib/x");
	add_link(tree, "/chain2", "chain1");
	add_link(tree, "/chain3", "/chain2");
	add_link(tree, "/usr/rel", "lib/x");
	add_link(tree, "/dangling", "/nowhere");
	add_link(tree, "/slashed", "/usr/lib/x/");
	add_link(tree, "/loop1", "loop2");
	add_link(tree, "/loop2", "loop1");
	add_link(tree, "/self", "self");
	add_link(tree, "/empty", "");
	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(GPtrArray) links = g_ptr_array_new();
		g_autofree char *missing = NULL;
		struct node *node =
			tree_resolve(tree, table[i].path, table[i].follow, links, &missing);
		g_autofree char *got = node ? node_path(node) : NULL;

		g_test_message("%s", table[i].path);
		g_assert_cmpstr(got, ==, table[i].want);
		g_assert_cmpstr(missing, ==, table[i].missing);
		g_assert_cmpuint(links->len, ==, table[i].links);
	}
}

static bool note_path(struct node *node, const char *path, void *user)
{
	g_autofree char *own = node_path(node);

	g_assert_cmpstr(own, ==, path);
	g_string_append_printf(user, "%s ", path);
	return true;
}

static void test_walk(void)
{
	autotree struct tree *tree = tree_new();
	GString *seen = g_string_new(NULL);

	add(tree, "/b/z", NODE_FILE);
	add(tree, "/b/a", NODE_FILE);
	add(tree, "/a.x", NODE_FILE);
	add(tree, "/a/q", NODE_FILE);
	g_assert_true(node_walk(tree->root, note_path, seen));
	g_assert_cmpstr(seen->str, ==, "/ /a /a/q /a.x /b /b/a /b/z ");
	g_string_truncate(seen, 0);
	g_assert_true(node_walk(tree_lookup(tree, "/b"), note_path, seen));
	g_assert_cmpstr(seen->str, ==, "/b /b/a /b/z ");
	g_string_free(seen, TRUE);
}

static struct tree *sample_tree(void)
{
	struct tree *tree = tree_new();
	g_autoptr(GBytes) value = g_bytes_new("v\0w", 3);
	struct node *node = add(tree, "/a/file", NODE_FILE);

	node->mode = 04755;
	node->uid = 70000;
	node->mtime = -5;
	node->size_bytes = 1ULL << 40;
	node->layer = 3;
	node->link_group = 9;
	memset(node->digest.bytes, 7, DIGEST_BYTES);
	node_set_xattr(node, "user.b", value);
	node_set_xattr(node, "user.a", value);
	add_link(tree, "/a/link", "file");
	node = add(tree, "/dev/null", NODE_CHARACTER);
	node->device_major = 1;
	node->device_minor = 3;
	add(tree, "/a/pipe", NODE_FIFO);
	return tree;
}

static void test_index(void)
{
	autotree struct tree *tree = sample_tree();
	g_autoptr(GBytes) bytes = tree_serialize(tree);
	g_autoptr(GError) error = NULL;
	autotree struct tree *copy = tree_deserialize(bytes, &error);
	g_autoptr(GBytes) again = NULL;
	struct node *node;

	g_assert_no_error(error);
	again = tree_serialize(copy);
	g_assert_true(g_bytes_equal(bytes, again));
	g_assert_cmpuint(copy->count, ==, tree->count);
	g_assert_cmpuint(copy->next_link_group, ==, 10);
	node = tree_lookup(copy, "/a/file");
	g_assert_cmpint(node->mtime, ==, -5);
	g_assert_cmpuint(node->xattrs->len, ==, 2);
	g_assert_cmpstr(((struct xattr *)node->xattrs->pdata[0])->name, ==, "user.a");
	g_assert_cmpstr(tree_lookup(copy, "/a/link")->target, ==, "file");
}

/* Damage at every byte, at every length: an error each time, since the index carries its digest. */
static void test_index_damaged(void)
{
	autotree struct tree *tree = sample_tree();
	g_autoptr(GBytes) bytes = tree_serialize(tree);
	gsize size;
	const uint8_t *data = g_bytes_get_data(bytes, &size);

	for (gsize i = 0; i < size; i++) {
		g_autofree uint8_t *copy = g_memdup2(data, size);
		g_autoptr(GBytes) damaged = NULL, cut = g_bytes_new(data, i);
		g_autoptr(GError) error = NULL;

		copy[i] ^= 0x41;
		damaged = g_bytes_new(copy, size);
		g_assert_null(tree_deserialize(damaged, &error));
		g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
		g_clear_error(&error);
		g_assert_null(tree_deserialize(cut, &error));
		g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
	}
}

/* The same with the digest made right again: whatever the reader takes, it can write and read. */
static void test_index_forged(void)
{
	autotree struct tree *tree = sample_tree();
	g_autoptr(GBytes) bytes = tree_serialize(tree);
	gsize size;
	const uint8_t *data = g_bytes_get_data(bytes, &size);

	for (gsize i = 0; i < (size - DIGEST_BYTES) * 4; i++) {
		g_autofree uint8_t *copy = g_memdup2(data, size);
		g_autoptr(GBytes) forged = NULL;
		autotree struct tree *read = NULL;
		struct digest digest;

		copy[i / 4] = (uint8_t[]){0, 0xff, copy[i / 4] + 1, '/'}[i % 4];
		digest_of(copy, size - DIGEST_BYTES, &digest);
		memcpy(copy + size - DIGEST_BYTES, digest.bytes, DIGEST_BYTES);
		forged = g_bytes_new(copy, size);
		read = tree_deserialize(forged, NULL);
		if (read) {
			g_autoptr(GBytes) again = tree_serialize(read);
			autotree struct tree *reread = tree_deserialize(again, NULL);

			g_assert_nonnull(reread);
		}
	}
}

static void test_million(void)
{
	autotree struct tree *tree = tree_new();
	gint64 start = g_get_monotonic_time();

	for (int i = 0; i < 1000000; i++) {
		char path[64];

		g_snprintf(path, sizeof(path), "/d%d/sub/file-%d", i % 1000, i);
		tree_add(tree, path, NODE_FILE, NULL);
	}
	g_assert_cmpuint(tree->count, ==, 1002001);
	g_test_message("a million nodes in %" G_GINT64_FORMAT " ms",
		       (g_get_monotonic_time() - start) / 1000);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tree/add", test_add);
	g_test_add_func("/tree/resolve", test_resolve);
	g_test_add_func("/tree/walk", test_walk);
	g_test_add_func("/tree/index", test_index);
	g_test_add_func("/tree/index/damaged", test_index_damaged);
	g_test_add_func("/tree/index/forged", test_index_forged);
	g_test_add_func("/tree/million", test_million);
	return g_test_run();
}
