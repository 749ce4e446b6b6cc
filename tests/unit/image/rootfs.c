/* SPDX-License-Identifier: Apache-2.0 */
#include "image/rootfs.h"

#include "base/error.h"
#include "base/fd.h"
#include "fixture.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One entry a line: TYPE NAME [> LINK] [= CONTENT]; "--" begins the next layer, "@N" a name of N
 * bytes in components of 200. What matters of the result is listed the same way. */

static char *long_name(guint length)
{
	GString *name = g_string_new(NULL);

	for (guint i = 0; i < length; i++)
		g_string_append_c(name, i % 200 == 199 && i + 1 < length ? '/' : 'n');
	return g_string_free(name, FALSE);
}

static void add_line(GByteArray *tar, const char *line)
{
	g_auto(GStrv) content = g_strsplit(line + 2, " = ", 2);
	g_auto(GStrv) words = g_strsplit(content[0], " > ", 2);
	g_autofree char *name = words[0] && words[0][0] == '@'
					? long_name((guint)g_ascii_strtoull(words[0] + 1, NULL, 10))
					: g_strdup(words[0] ? words[0] : "");
	const char *data = content[1] ? content[1] : "";

	if (strlen(name) > 100) {
		g_autofree char *record = g_strconcat("path=", name, NULL);

		fixture_pax(tar, (const char *const[]){record, NULL});
	}
	fixture_entry(tar, name, line[0], words[0] ? words[1] : NULL, data, strlen(data));
}

static char *make_image(const char *directory, const char *const *lines)
{
	GPtrArray *tars = g_ptr_array_new_with_free_func((GDestroyNotify)g_byte_array_unref);
	struct fixture_layer layers[8] = {0};
	GByteArray *tar = g_byte_array_new();
	char *reference;

	g_ptr_array_add(tars, tar);
	for (; *lines; lines++) {
		if (strcmp(*lines, "--") == 0)
			g_ptr_array_add(tars, tar = g_byte_array_new());
		else
			add_line(tar, *lines);
	}
	for (guint i = 0; i < tars->len; i++) {
		fixture_end(tars->pdata[i]);
		layers[i].tar = ((GByteArray *)tars->pdata[i])->data;
		layers[i].tar_size = ((GByteArray *)tars->pdata[i])->len;
	}
	reference = fixture_layout(directory, layers, tars->len, NULL);
	g_ptr_array_unref(tars);
	return reference;
}

static const struct platform amd64 = {.os = (char *)"linux", .architecture = (char *)"amd64"};
static const struct owner_shift single = {.single = true};

static struct image *open_image(const char *reference, const struct image_limits *limits)
{
	g_autoptr(GError) error = NULL;
	struct image *image = image_open(reference, &amd64, limits, &error);

	g_assert_no_error(error);
	return image;
}

static bool list_node(struct node *node, const char *path, void *user)
{
	static const char letters[] = {'d', 'f', 'l', 'c', 'b', 'p'};

	if (node->parent)
		g_string_append_printf(user, "%c%s%s%s ", letters[node->type], path,
				       node->target ? ">" : "", node->target ? node->target : "");
	return true;
}

/* The content on disk is what the tree says: size, digest, and nothing beside it. */
struct comparison {
	const struct tree *tree;
	guint files;
};

static bool compare_node(struct node *node, const char *path, void *user)
{
	struct comparison *comparison = user;
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) data = NULL;
	struct digest digest;

	if (node->type != NODE_FILE)
		return true;
	data = tree_read(comparison->tree, node, 1 << 30, &error);
	g_assert_no_error(error);
	digest_of(g_bytes_get_data(data, NULL), g_bytes_get_size(data), &digest);
	g_test_message("%s", path);
	g_assert_true(digest_equal(&digest, &node->digest));
	comparison->files++;
	return true;
}

/* The same tree in a spool: other files' contents lie around each, and nothing is left behind. */
static void check_spooled(const struct image *image, const struct tree *want, const char *directory)
{
	g_autofree char *place = g_build_filename(directory, "spool", NULL);
	g_autoptr(GBytes) expected = NULL, got = NULL;
	g_autoptr(GError) error = NULL;
	autotree struct tree *tree = NULL;
	struct comparison comparison = {0}, original = {.tree = want};

	g_assert_cmpint(mkdir(place, 0700), ==, 0);
	tree = image_spool_tree(image, place, &error);
	g_assert_no_error(error);
	comparison.tree = tree;
	node_walk(tree->root, compare_node, &comparison);
	node_walk(want->root, compare_node, &original);
	g_assert_cmpuint(comparison.files, ==, original.files);
	expected = tree_serialize(want);
	got = tree_serialize(tree);
	g_assert_true(g_bytes_equal(expected, got));
	g_assert_cmpint(rmdir(place), ==, 0);
}

struct good {
	const char *name;
	const char *const *lines;
	const char *want;
};

#define LINES(...) ((const char *const[]){__VA_ARGS__, NULL})

static const struct good goods[] = {
	{"plain", LINES("5 ./", "5 ./a/", "0 ./a/b = x", "2 l > a/b", "6 p"),
	 "d/a f/a/b l/l>a/b p/p "},
	{"implied parents", LINES("0 a/b/c = x"), "d/a d/a/b f/a/b/c "},
	{"device", LINES("3 null", "4 disk"), "b/disk c/null "},
	{"hard link", LINES("0 a = x", "1 b > a", "1 c > ./b"), "f/a f/b f/c "},
	{"hard link to itself", LINES("0 a = x", "1 a > a"), "f/a "},
	{"hard link to a lower layer", LINES("0 a = x", "--", "1 b > a"), "f/a f/b "},
	{"whiteout", LINES("0 a/b = x", "0 a/c = x", "--", "0 a/.wh.b"), "d/a f/a/c "},
	{"whiteout of a directory", LINES("0 a/b/c = x", "--", "0 a/.wh.b"), "d/a "},
	{"whiteout of nothing there", LINES("0 a = x", "--", "0 q/.wh.b"), "f/a "},
	{"whiteout leaves its own layer", LINES("0 a/b = x", "--", "0 a/c = y", "0 .wh.a"),
	 "d/a f/a/c "},
	{"opaque", LINES("0 a/b = x", "0 a/d/e = x", "--", "5 a/", "0 a/n = y", "0 a/.wh..wh..opq"),
	 "d/a f/a/n "},
	{"opaque twice",
	 LINES("0 a/b/c = x", "--", "0 a/.wh..wh..opq", "0 a/b/d = y", "0 a/.wh..wh..opq",
	       "0 .wh.a"),
	 "d/a d/a/b f/a/b/d "},
	{"opaque first", LINES("0 a/b = x", "--", "0 a/.wh..wh..opq", "0 a/b/c = y"),
	 "d/a d/a/b f/a/b/c "},
	{"aufs metadata",
	 LINES("0 .wh..wh.aufs", "5 .wh..wh.plnk/", "0 .wh..wh.plnk/1.2 = x", "0 a = x"), "f/a "},
	{"last wins", LINES("0 a = old", "0 a = new"), "f/a "},
	{"file over directory", LINES("0 a/b = x", "--", "0 a = y"), "f/a "},
	{"directory over file", LINES("0 a = x", "--", "0 a/b = y", "--"), NULL},
	{"directory entry over file", LINES("0 a = x", "--", "5 a/", "0 a/b = y"), "d/a f/a/b "},
	{"directory over symlink", LINES("5 b/", "2 a > b", "--", "5 a/", "0 a/x = y"),
	 "d/a f/a/x d/b "},
	{"merged usr", LINES("5 usr/lib/", "2 lib > usr/lib", "--", "0 lib/x = y"),
	 "l/lib>usr/lib d/usr d/usr/lib f/usr/lib/x "},
	{"absolute link of a lower layer",
	 LINES("5 run/", "2 var/run > /run", "--", "0 var/run/x = y"),
	 "d/run f/run/x d/var l/var/run>/run "},
	{"dangling link of a lower layer", LINES("2 a > b/c", "--", "0 a/x = y"),
	 "l/a>b/c d/b d/b/c f/b/c/x "},
	{"link that points out is only content", LINES("2 a > ../../../etc/passwd"),
	 "l/a>../../../etc/passwd "},
	{"symlink over file over symlink", LINES("2 a > x", "--", "0 a = f", "--", "2 a > y"),
	 "l/a>y "},
	{"4,095 bytes of path", LINES("0 @4094 = x"), NULL},
};

static void test_good(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(goods); i++) {
		char *directory = fixture_directory();
		g_autofree char *reference = make_image(directory, goods[i].lines);
		g_autofree char *cache = g_build_filename(directory, "cache", NULL);
		g_autoptr(GError) error = NULL;
		autoimage struct image *image = open_image(reference, NULL);
		autorootfs struct rootfs *rootfs = NULL, *again = NULL;
		autotree struct tree *tree = NULL;
		GString *list = g_string_new(NULL);

		g_test_message("%s", goods[i].name);
		rootfs = rootfs_unpack(image, cache, &single, &error);
		if (goods[i].want) {
			g_autoptr(GBytes) one = NULL, two = NULL, three = NULL;
			struct comparison comparison = {0};

			g_assert_no_error(error);
			node_walk(rootfs->tree->root, list_node, list);
			g_assert_cmpstr(list->str, ==, goods[i].want);
			comparison.tree = rootfs->tree;
			node_walk(rootfs->tree->root, compare_node, &comparison);
			again = rootfs_unpack(image, cache, &single, &error);
			g_assert_no_error(error);
			tree = image_read_tree(image, &error);
			g_assert_no_error(error);
			one = tree_serialize(rootfs->tree);
			two = tree_serialize(again->tree);
			three = tree_serialize(tree);
			g_assert_true(g_bytes_equal(one, two));
			g_assert_true(g_bytes_equal(one, three));
			check_spooled(image, rootfs->tree, directory);
		}
		g_string_free(list, TRUE);
		fixture_remove(directory);
	}
}

struct bad {
	const char *name;
	const char *const *lines;
	const char *want; /* in the message */
};

static const struct bad bads[] = {
	{"dot dot", LINES("0 ../evil = x"), "entry '../evil': '..' in a name"},
	{"dot dot inside", LINES("0 a/../../evil = x"), "'..' in a name"},
	{"dot dot at the end", LINES("5 a/.."), "'..' in a name"},
	{"absolute", LINES("0 /evil = x"), "entry '/evil': an absolute name"},
	{"symlink, then a file through it", LINES("2 a > /etc", "0 a/evil = x"),
	 "entry 'a/evil': its name goes through the symlink /a of the same layer"},
	{"symlink out, then through it", LINES("2 a > ../../..", "--", "0 a/evil = x"),
	 "which leaves the root"},
	{"loop", LINES("2 a > b", "2 b > a", "--", "0 a/x = x"), "loop of symlinks"},
	{"through a file", LINES("0 a = x", "0 a/b = x"), "its parent is not a directory"},
	{"hard link to outside", LINES("1 a > ../../etc/passwd"),
	 "hard link to ../../etc/passwd: '..'"},
	{"hard link to absolute", LINES("1 a > /etc/passwd"),
	 "hard link to /etc/passwd: an absolute"},
	{"hard link to nothing", LINES("1 a > b"), "hard link to b: no such file"},
	{"hard link to a directory", LINES("5 b/", "1 a > b"), "hard link to b: a directory"},
	{"hard link over its own parent", LINES("0 a/b = x", "1 a > a/b"), "below itself"},
	{"name of 300 bytes",
	 LINES("0 "
	       "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	       "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	       "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	       "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	       " = x"),
	 "a name above 255 bytes"},
	{"4,096 bytes of path", LINES("0 @4096 = x"), "a path longer than the limit"},
	{"whiteout of the parent", LINES("0 a = x", "--", "0 .wh..."), "a whiteout of nothing"},
	{"whiteout of nothing", LINES("0 a = x", "--", "0 .wh."), "a whiteout of nothing"},
	{"empty name", LINES("0  = x"), "an empty name"},
	{"the root as a file", LINES("0 . = x"), "the root is not a directory"},
	{"empty symlink", LINES("2 a"), "empty or too long target"},
	{"unknown type", LINES("Z a"), "tar entry of unknown type 0x5a"},
};

static void expect_error(const char *reference, const struct image_limits *limits,
			 const char *cache, const char *want)
{
	autoimage struct image *image = open_image(reference, limits);
	g_autoptr(GError) error = NULL;
	autorootfs struct rootfs *rootfs = rootfs_unpack(image, cache, &single, &error);

	g_assert_null(rootfs);
	g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
	if (!strstr(error->message, want) || !strstr(error->message, ": layer "))
		g_test_message("want '%s', got '%s'", want, error->message);
	g_assert_nonnull(strstr(error->message, want));
	g_assert_nonnull(strstr(error->message, ": layer "));
	g_assert_null(strchr(error->message, '\n'));
	g_clear_error(&error);
	g_assert_null(image_read_tree(image, &error));
	g_assert_nonnull(strstr(error->message, want));
}

/* Nothing beside the cache entry's lock is left, and nothing was written elsewhere. */
static void assert_nothing_left(const char *directory, const char *cache)
{
	g_autofree char *evil = g_build_filename(directory, "evil", NULL);
	g_autofree char *base = g_build_filename(cache, "rootfs-single", NULL);
	g_autoptr(GDir) entries = g_dir_open(base, 0, NULL);
	const char *hex = g_dir_read_name(entries);
	g_autofree char *entry = g_build_filename(base, hex, NULL);
	g_autoptr(GDir) files = g_dir_open(entry, 0, NULL);

	g_assert_cmpstr(g_dir_read_name(files), ==, "lock");
	g_assert_null(g_dir_read_name(files));
	g_assert_false(g_file_test(evil, G_FILE_TEST_EXISTS));
	g_assert_false(g_file_test("/etc/evil", G_FILE_TEST_EXISTS));
}

static void test_bad(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(bads); i++) {
		char *directory = fixture_directory();
		g_autofree char *reference = make_image(directory, bads[i].lines);
		g_autofree char *cache = g_build_filename(directory, "cache", NULL);

		g_test_message("%s", bads[i].name);
		expect_error(reference, NULL, cache, bads[i].want);
		assert_nothing_left(directory, cache);
		fixture_remove(directory);
	}
}

/* Blobs that are not what they say */

static const char gzip_type[] = "application/vnd.oci.image.layer.v1.tar+gzip";

static void check_blob(const guint8 *tar, gsize tar_size, const guint8 *blob, gsize blob_size,
		       const char *media_type, const char *want)
{
	struct fixture_layer layer = {tar, tar_size, blob, blob_size, media_type};
	char *directory = fixture_directory();
	g_autofree char *reference = fixture_layout(directory, &layer, 1, NULL);
	g_autofree char *cache = g_build_filename(directory, "cache", NULL);

	expect_error(reference, NULL, cache, want);
	fixture_remove(directory);
}

static void test_blobs(void)
{
	g_autoptr(GByteArray) tar = g_byte_array_new();
	g_autoptr(GByteArray) other = g_byte_array_new();
	g_autoptr(GBytes) packed = NULL;
	g_autofree guint8 *junk = NULL;
	const guint8 *data;
	gsize size;

	fixture_entry(tar, "a", '0', NULL, "content", 7);
	fixture_end(tar);
	packed = fixture_gzip(tar->data, tar->len);
	data = g_bytes_get_data(packed, &size);
	check_blob(tar->data, tar->len, data, size - 5, gzip_type, "truncated");
	check_blob(tar->data, tar->len, data, 0, gzip_type, "diff id mismatch");
	junk = g_malloc(size + 16);
	memcpy(junk, data, size);
	memset(junk + size, 'j', 16);
	check_blob(tar->data, tar->len, junk, size + 16, gzip_type, "bytes behind the end");
	junk[size / 2] ^= 0xff;
	check_blob(tar->data, tar->len, junk, size, gzip_type, "gzip: ");
	g_byte_array_append(other, tar->data, tar->len);
	other->data[600] ^= 1;
	check_blob(other->data, other->len, data, size, gzip_type, "diff id mismatch");
	check_blob(tar->data, 517, tar->data, 517, gzip_type, "tar: truncated");
	check_blob(tar->data, tar->len, tar->data, 1024, gzip_type, "diff id mismatch");
	check_blob(tar->data, tar->len, (const guint8 *)"BZh91AY", 7, gzip_type, "bzip2");
	check_blob(tar->data, tar->len,
		   (const guint8 *)"\xfd"
				   "7zXZ\0",
		   6, gzip_type, "xz");
	check_blob(tar->data, tar->len,
		   (const guint8 *)"\x28\xb5\x2f\xfd\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
				   "\xff\xff\xff\xff",
		   19, gzip_type, "zstd: ");
}

/* The blob on disk is replaced: its digest decides, whatever else is wrong with it. */
/* An archive that was never closed: no zero blocks, and maybe no padding behind the last content.
 */
static void test_unclosed(void)
{
	static const gsize ends[] = {519, 520, 700, 1024, 1536};
	g_autoptr(GByteArray) tar = g_byte_array_new();

	fixture_entry(tar, "a", '0', NULL, "content", 7);
	fixture_end(tar);
	for (gsize i = 0; i < 2 * G_N_ELEMENTS(ends); i++) {
		gsize size = ends[i / 2];
		g_autoptr(GBytes) packed =
			i % 2 ? fixture_gzip(tar->data, size) : g_bytes_new_static(tar->data, size);
		gsize packed_size;
		const guint8 *blob = g_bytes_get_data(packed, &packed_size);
		struct fixture_layer layer = {tar->data, size, blob, packed_size,
					      i % 2 ? gzip_type : NULL};
		char *directory = fixture_directory();
		g_autofree char *reference = fixture_layout(directory, &layer, 1, NULL);
		g_autofree char *cache = g_build_filename(directory, "cache", NULL);
		g_autoptr(GError) error = NULL;
		autoimage struct image *image = open_image(reference, NULL);
		autorootfs struct rootfs *rootfs = rootfs_unpack(image, cache, &single, &error);
		struct comparison comparison = {0};

		g_assert_no_error(error);
		comparison.tree = rootfs->tree;
		node_walk(rootfs->tree->root, compare_node, &comparison);
		g_assert_cmpuint(comparison.files, ==, 1);
		fixture_remove(directory);
	}
}

static void test_digest_mismatch(void)
{
	static const char *const lines[] = {"0 a = content", NULL};
	char *directory = fixture_directory();
	g_autofree char *reference = make_image(directory, lines);
	autoimage struct image *image = open_image(reference, NULL);
	g_autofree char *cache = g_build_filename(directory, "cache", NULL);
	char hex[DIGEST_HEX_BYTES];
	g_autofree char *name = NULL, *path = NULL, *data = NULL;
	gsize size;

	digest_format_hex(&image->layers[0].digest, hex);
	name = g_strconcat("blobs/sha256/", hex, NULL);
	path = g_build_filename(directory, name, NULL);
	g_assert_true(g_file_get_contents(path, &data, &size, NULL));
	data[513] ^= 1;
	fixture_file(directory, name, data, size);
	expect_error(reference, NULL, cache, "digest mismatch (want sha256:");
	data[3] ^= 1; /* the header too: the parser stumbles first */
	fixture_file(directory, name, data, size);
	expect_error(reference, NULL, cache, "digest mismatch (want sha256:");
	assert_nothing_left(directory, cache);
	fixture_remove(directory);
}

static void test_bomb(void)
{
	gsize size = 65 << 20;
	g_autofree guint8 *zeros = g_malloc0(size + 2048);
	g_autoptr(GBytes) packed = NULL;
	struct image_limits limits = image_limits_default;
	char *directory = fixture_directory();
	g_autofree char *cache = g_build_filename(directory, "cache", NULL);
	g_autofree char *reference = NULL;
	struct fixture_layer layer = {.tar = zeros, .media_type = gzip_type};

	fixture_header(zeros, "big", '0', NULL, size);
	packed = fixture_gzip(zeros, size + 2048);
	layer.tar_size = size + 2048;
	layer.blob = g_bytes_get_data(packed, &layer.blob_size);
	reference = fixture_layout(directory, &layer, 1, NULL);
	expect_error(reference, NULL, cache, "decompression bomb");
	limits.ratio = 2000;
	limits.unpacked_bytes = size;
	expect_error(reference, &limits, cache, "more bytes than the limit");
	limits = image_limits_default;
	limits.file_bytes = 1 << 20;
	expect_error(reference, &limits, cache, "above the limit of a file");
	fixture_remove(directory);
}

static void test_limits(void)
{
	static const char *const lines[] = {"0 a/b/c = x", "0 d = x", "0 e = x", NULL};
	char *directory = fixture_directory();
	g_autofree char *reference = make_image(directory, lines);
	g_autofree char *cache = g_build_filename(directory, "cache", NULL);
	struct image_limits limits = image_limits_default;

	limits.entries = 2;
	expect_error(reference, &limits, cache, "more than 2 entries");
	limits = image_limits_default;
	limits.depth = 2;
	expect_error(reference, &limits, cache, "deeper than the limit");
	limits = image_limits_default;
	limits.path_bytes = 5;
	expect_error(reference, &limits, cache, "longer than the limit");
	fixture_remove(directory);
}

/* Where the image's entry is: learned by making one, which is removed again. */
static char *entry_path(const struct image *image, const char *cache)
{
	g_autoptr(GError) error = NULL;
	autorootfs struct rootfs *rootfs = rootfs_unpack(image, cache, &single, &error);
	char *entry;

	g_assert_no_error(error);
	entry = g_path_get_dirname(rootfs->path);
	g_assert_true(fd_remove_tree(AT_FDCWD, entry, NULL));
	return entry;
}

/* A stale temporary and a half entry of a predecessor that was killed. */
static void test_leftovers(void)
{
	static const char *const lines[] = {"0 a = content", NULL};
	char *directory = fixture_directory();
	g_autofree char *reference = make_image(directory, lines);
	g_autofree char *cache = g_build_filename(directory, "cache", NULL);
	autoimage struct image *image = open_image(reference, NULL);
	g_autofree char *entry = entry_path(image, cache);

	fixture_file(entry, "root.new/x", "half", 4);
	fixture_file(entry, "root/y", "no index", 8);
	fixture_file(entry, "index.new", "half", 4);
	for (int round = 0; round < 2; round++) {
		g_autoptr(GError) error = NULL;
		autorootfs struct rootfs *rootfs = rootfs_unpack(image, cache, &single, &error);
		g_autofree char *stale = g_build_filename(entry, "root/y", NULL);
		g_autofree char *temporary = g_build_filename(entry, "root.new", NULL);

		g_assert_no_error(error);
		g_assert_cmpuint(rootfs->tree->count, ==, 2);
		g_assert_false(g_file_test(stale, G_FILE_TEST_EXISTS));
		g_assert_false(g_file_test(temporary, G_FILE_TEST_EXISTS));
		fixture_file(entry, "index", "damaged", 7); /* made anew in the second round */
	}
	fixture_remove(directory);
}

static gpointer unpack_in_thread(gpointer data)
{
	const char *const *arguments = data;
	autoimage struct image *image = open_image(arguments[0], NULL);
	g_autoptr(GError) error = NULL;
	autorootfs struct rootfs *rootfs = rootfs_unpack(image, arguments[1], &single, &error);

	g_assert_no_error(error);
	return GUINT_TO_POINTER((guint)rootfs->tree->count);
}

static void test_together(void)
{
	static const char *const lines[] = {"0 a = content", "0 b/c = x", NULL};
	char *directory = fixture_directory();
	g_autofree char *reference = make_image(directory, lines);
	g_autofree char *cache = g_build_filename(directory, "cache", NULL);
	const char *arguments[] = {reference, cache};
	GThread *threads[8];

	for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("unpack", unpack_in_thread, arguments);
	for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
		g_assert_cmpuint(GPOINTER_TO_UINT(g_thread_join(threads[i])), ==, 4);
	fixture_remove(directory);
}

/* PAX names and attributes, GNU names, big ids, sparse files; modes, times and links on disk. */
static void test_tar_forms(void)
{
	g_autoptr(GByteArray) tar = g_byte_array_new();
	g_autofree char *name = g_strnfill(150, 'g');
	guint8 header[512];
	char *directory = fixture_directory();
	g_autofree char *cache = g_build_filename(directory, "cache", NULL);
	g_autofree char *reference = NULL;
	autoimage struct image *image = NULL;
	g_autoptr(GError) error = NULL;
	autorootfs struct rootfs *rootfs = NULL;
	struct node *node;
	g_autoptr(GBytes) data = NULL, sparse = NULL;
	struct stat status;
	struct comparison comparison = {0};

	fixture_entry(tar, "././@LongLink", 'L', NULL, name, 151);
	fixture_entry(tar, "short", '0', NULL, "gnu", 3);
	fixture_pax(tar, LINES("path=p\xc3\xa4x\xff", "uid=3000000000", "mtime=1234567890.75",
			       "SCHILY.xattr.user.k=v=w\n", "LIBARCHIVE.xattr.user.b=YmFzZTY0"));
	fixture_entry(tar, "short", '0', NULL, "pax", 3);
	fixture_pax(tar, LINES("GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.name=s10",
			       "GNU.sparse.realsize=10000"));
	{
		guint8 content[512 + 5] = "2\n4096\n4\n9999\n1\n";

		memcpy(content + 512, "HOLE!", 5);
		fixture_entry(tar, "GNUSparseFile.1/s10", '0', NULL, content, sizeof(content));
	}
	fixture_pax(tar,
		    LINES("GNU.sparse.size=100", "GNU.sparse.map=0,1,50,2", "GNU.sparse.name=s01"));
	fixture_entry(tar, "x", '0', NULL, "abc", 3);
	fixture_header(header, "old", 'S', NULL, 3);
	memcpy(header + 257, "ustar  ", 8);
	memcpy(header + 386,
	       "00000000012\0"
	       "00000000003",
	       23);
	memcpy(header + 483, "00000000144", 11);
	fixture_seal(header);
	g_byte_array_append(tar, header, 512);
	fixture_content(tar, "old", 3);
	fixture_header(header, "suid", '0', NULL, 0);
	memcpy(header + 100, "0006755", 7);
	fixture_seal(header);
	g_byte_array_append(tar, header, 512);
	fixture_entry(tar, "hard", '1', "suid", NULL, 0);
	fixture_entry(tar, "v7dir/", '0', NULL, NULL, 0);
	fixture_entry(tar, "dump", 'D', NULL, "Ylisting", 9);
	fixture_entry(tar, "after", '0', NULL, "x", 1);

	reference = fixture_layout(directory,
				   &(struct fixture_layer){.tar = tar->data, .tar_size = tar->len},
				   1, NULL);
	image = open_image(reference, NULL);
	rootfs = rootfs_unpack(image, cache, &single, &error);
	g_assert_no_error(error);
	comparison.tree = rootfs->tree;
	node_walk(rootfs->tree->root, compare_node, &comparison);
	g_assert_cmpuint(comparison.files, ==, 8);
	check_spooled(image, rootfs->tree, directory);

	node = rootfs->tree->root;
	g_assert_nonnull(node_child(node, name));
	node = node_child(rootfs->tree->root, "p\xc3\xa4x\xff");
	g_assert_cmpuint(node->uid, ==, 3000000000u);
	g_assert_cmpint(node->mtime, ==, 1234567890);
	g_assert_cmpuint(node->xattrs->len, ==, 2);
	data = tree_read(rootfs->tree, node, 100, &error);
	g_assert_cmpmem(g_bytes_get_data(data, NULL), g_bytes_get_size(data), "pax", 3);
	g_assert_cmpmem(g_bytes_get_data(((struct xattr *)node->xattrs->pdata[0])->value, NULL), 6,
			"base64", 6);
	node = tree_lookup(rootfs->tree, "/s10");
	g_assert_cmpuint(node->size_bytes, ==, 10000);
	sparse = tree_read(rootfs->tree, node, 20000, &error);
	g_assert_cmpmem((const char *)g_bytes_get_data(sparse, NULL) + 4095, 6, "\0HOLE", 6);
	g_assert_cmpint(((const char *)g_bytes_get_data(sparse, NULL))[9999], ==, '!');
	g_assert_cmpuint(tree_lookup(rootfs->tree, "/s01")->size_bytes, ==, 100);
	g_assert_cmpuint(tree_lookup(rootfs->tree, "/old")->size_bytes, ==, 100);
	node = tree_lookup(rootfs->tree, "/suid");
	g_assert_cmpuint(node->mode, ==, 06755);
	g_assert_cmpuint(node->link_group, !=, 0);
	g_assert_cmpuint(node->link_group, ==, tree_lookup(rootfs->tree, "/hard")->link_group);
	g_assert_cmpint(fstatat(rootfs->tree->root_fd, "suid", &status, 0), ==, 0);
	g_assert_cmpuint(status.st_mode & 07777, ==, 0755); /* no set-id program of our own */
	g_assert_cmpuint(status.st_nlink, ==, 2);
	g_assert_cmpint(status.st_mtime, ==, 0144);
	g_assert_cmpint(tree_lookup(rootfs->tree, "/v7dir")->type, ==, NODE_DIRECTORY);
	fixture_remove(directory);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/rootfs/good", test_good);
	g_test_add_func("/rootfs/bad", test_bad);
	g_test_add_func("/rootfs/blobs", test_blobs);
	g_test_add_func("/rootfs/unclosed", test_unclosed);
	g_test_add_func("/rootfs/digest", test_digest_mismatch);
	g_test_add_func("/rootfs/bomb", test_bomb);
	g_test_add_func("/rootfs/limits", test_limits);
	g_test_add_func("/rootfs/leftovers", test_leftovers);
	g_test_add_func("/rootfs/together", test_together);
	g_test_add_func("/rootfs/tar", test_tar_forms);
	return g_test_run();
}
