/* SPDX-License-Identifier: Apache-2.0 */
#include "image/writer.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "image/image.h"
#include "image/rootfs.h"
#include "image/tree.h"
#include "image/writer_layer.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EPOCH = 1700000000 };

static const char *const layer_names[] = {"runtime", "application", "thresh", NULL};
static const struct image_writer_options plain_options = {
	.epoch = EPOCH,
	.layer_names = layer_names,
};

struct fixture {
	char *directory; /* removed with all in it */
	struct tree *source;
	struct tree *production;
	json_t *config;
};

static struct node *add(struct tree *tree, const char *path, enum node_type type, uint32_t mode)
{
	struct node *node = tree_add(tree, path, type, NULL);

	g_assert_nonnull(node);
	node->mode = mode;
	node->mtime = EPOCH - 5;
	return node;
}

/* A file in the source directory, and its node in the production tree. */
static struct node *add_file(struct fixture *fixture, const char *path, const char *content,
			     uint32_t layer)
{
	g_autofree char *place = g_build_filename(fixture->directory, "source", path, NULL);
	g_autofree char *parent = g_path_get_dirname(place);
	struct node *origin = add(fixture->source, path, NODE_FILE, 0644);
	struct node *node = add(fixture->production, path, NODE_FILE, 0644);

	g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
	g_assert_true(g_file_set_contents(place, content, -1, NULL));
	origin->size_bytes = node->size_bytes = strlen(content);
	digest_of(content, strlen(content), &origin->digest);
	node->digest = origin->digest;
	node->origin = origin;
	node->layer = layer;
	return node;
}

static void setup(struct fixture *fixture, gconstpointer data)
{
	g_autofree char *place = NULL;
	struct platform host;

	(void)data;
	platform_of_host(&host);
	fixture->directory = g_dir_make_tmp("thresh-writer-XXXXXX", NULL);
	g_assert_nonnull(fixture->directory);
	place = g_build_filename(fixture->directory, "source", NULL);
	g_assert_cmpint(g_mkdir(place, 0755), ==, 0);
	fixture->source = tree_new();
	fixture->source->root_fd = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fixture->production = tree_new();
	fixture->production->root->mode = 0755;
	fixture->config = json_pack("{s:s, s:s, s:{s:[s]}}", "architecture", host.architecture,
				    "os", "linux", "config", "Cmd", "/bin/app");
	platform_clear(&host);
	add(fixture->production, "/bin", NODE_DIRECTORY, 0755);
	add(fixture->production, "/app", NODE_DIRECTORY, 0750)->layer = 1;
	add_file(fixture, "/bin/tool", "a program\n", 0);
	add_file(fixture, "/app/main", "an application\n", 1);
}

static void teardown(struct fixture *fixture, gconstpointer data)
{
	(void)data;
	json_decref(fixture->config);
	tree_free(fixture->production);
	tree_free(fixture->source);
	g_assert_true(fd_remove_tree(AT_FDCWD, fixture->directory, NULL));
	g_free(fixture->directory);
}

static char *place_of(const struct fixture *fixture, const char *name)
{
	return g_build_filename(fixture->directory, name, NULL);
}

static bool write_to(struct fixture *fixture, const char *reference,
		     const struct image_writer_options *options, struct digest *ret_digest,
		     GError **error)
{
	autowriter struct image_writer *writer = image_writer_new(reference, options, error);

	if (!writer || !image_writer_stage(writer, fixture->production, fixture->source,
					   fixture->config, NULL, error))
		return false;
	if (ret_digest)
		image_writer_digest(writer, ret_digest);
	return image_writer_commit(writer, error);
}

static json_t *load(const char *directory, const char *name)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);
	json_t *json = json_load_file(path, 0, NULL);

	g_assert_nonnull(json);
	return json;
}

static json_t *load_digest(const char *directory, const char *digest)
{
	g_autofree char *name = g_strdup_printf("blobs/sha256/%s", digest + 7);

	return load(directory, name);
}

/* The manifest of the layout's entry with that tag. */
static json_t *load_manifest(const char *layout, const char *tag)
{
	autojson json_t *index = load(layout, "index.json");
	size_t i;
	json_t *entry;

	json_array_foreach (json_array_at(index, "manifests"), i, entry) {
		const char *name = json_string_at(json_object_at(entry, "annotations"),
						  "org.opencontainers.image.ref.name");

		if (g_strcmp0(name, tag) == 0)
			return load_digest(layout, json_string_at(entry, "digest"));
	}
	return NULL;
}

static guint count_files(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	guint count = 0;

	while (dir && g_dir_read_name(dir))
		count++;
	return count;
}

/* What libarchive, which we did not write, reads: "TYPE MODE UID:GID NAME [-> TARGET]" a line. */
static char *list_tar(const char *path)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;
	GString *text = g_string_new(NULL);

	archive_read_support_format_tar(archive);
	archive_read_support_filter_all(archive);
	g_assert_cmpint(archive_read_open_filename(archive, path, 65536), ==, ARCHIVE_OK);
	while (archive_read_next_header(archive, &entry) == ARCHIVE_OK) {
		const char *link = archive_entry_hardlink(entry);
		const char *target = link ? link : archive_entry_symlink(entry);
		unsigned type = link ? 'h' : 0;

		if (!type)
			type = archive_entry_filetype(entry) == AE_IFDIR   ? 'd'
			       : archive_entry_filetype(entry) == AE_IFLNK ? 'l'
			       : archive_entry_filetype(entry) == AE_IFIFO ? 'p'
									   : 'f';
		g_string_append_printf(
			text, "%c %o %d:%d %ld %s%s%s\n", (int)type,
			(unsigned)archive_entry_perm(entry), (int)archive_entry_uid(entry),
			(int)archive_entry_gid(entry), (long)archive_entry_mtime(entry),
			archive_entry_pathname(entry), target ? " -> " : "", target ? target : "");
	}
	archive_read_free(archive);
	return g_string_free(text, false);
}

static char *list_layer(const char *layout, const char *tag, size_t index)
{
	autojson json_t *manifest = load_manifest(layout, tag);
	const char *digest =
		json_string_at(json_array_get(json_array_at(manifest, "layers"), index), "digest");
	g_autofree char *path = NULL;

	g_assert_nonnull(digest);
	path = g_strdup_printf("%s/blobs/sha256/%s", layout, digest + 7);
	return list_tar(path);
}

static void test_layout(struct fixture *fixture, gconstpointer data)
{
	g_autofree char *layout = place_of(fixture, "out");
	g_autofree char *reference = g_strdup_printf("oci:%s:v1", layout);
	g_autofree char *first = NULL, *second = NULL;
	g_autoptr(GError) error = NULL;
	autojson json_t *manifest = NULL;
	autojson json_t *config = NULL;

	(void)data;
	write_to(fixture, reference, &plain_options, NULL, &error);
	g_assert_no_error(error);
	first = list_layer(layout, "v1", 0);
	g_assert_cmpstr(first, ==,
			"d 755 0:0 0 ./\n"
			"d 755 0:0 1699999995 bin/\n"
			"f 644 0:0 1699999995 bin/tool\n");
	second = list_layer(layout, "v1", 1);
	g_assert_cmpstr(second, ==,
			"d 755 0:0 0 ./\n"
			"d 750 0:0 1699999995 app/\n"
			"f 644 0:0 1699999995 app/main\n");
	manifest = load_manifest(layout, "v1");
	g_assert_cmpint(json_array_size(json_array_at(manifest, "layers")), ==, 2);
	config = load_digest(layout, json_string_at(json_object_at(manifest, "config"), "digest"));
	g_assert_cmpstr(json_string_at(config, "created"), ==, "2023-11-14T22:13:20Z");
	g_assert_cmpint(
		json_array_size(json_array_at(json_object_at(config, "rootfs"), "diff_ids")), ==,
		2);
	g_assert_cmpint(json_array_size(json_array_at(config, "history")), ==, 2);
	/* nothing but source and out is left */
	g_assert_cmpint(count_files(fixture->directory), ==, 2);
}

/* Names, numbers and kinds that ustar cannot tell, and those that it just can. */
static void test_entries(struct fixture *fixture, gconstpointer data)
{
	g_autofree char *name99 = g_strnfill(95, 'a');
	g_autofree char *name200 = g_strnfill(200, 'b');
	g_autofree char *path99 = g_strdup_printf("/app/%s", name99);
	g_autofree char *path200 = g_strdup_printf("/app/%s", name200);
	g_autofree char *split = g_strdup_printf("/app/%s/%s", name99, name99);
	g_autofree char *layout = place_of(fixture, "out");
	g_autofree char *reference = g_strdup_printf("oci:%s:v1", layout);
	g_autofree char *text = NULL, *want = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) value = g_bytes_new("a\0b\n=", 5);
	struct node *node;

	(void)data;
	tree_remove(fixture->production, tree_lookup(fixture->production, "/app"));
	add(fixture->production, "/app", NODE_DIRECTORY, 0750)->layer = 1;
	add(fixture->production, path99, NODE_DIRECTORY, 01777)->layer = 1;
	add_file(fixture, path200, "long", 1)->mtime = -7;
	node = add_file(fixture, split, "split", 1);
	node->mtime = EPOCH + 99;
	node->uid = 3000000;
	node->gid = 4294967294;
	node_set_xattr(node, "user.binary", value);
	node = add(fixture->production, "/app/link", NODE_SYMLINK, 0777);
	node->layer = 1;
	node->mtime = EPOCH + 99; /* ours, not the source's: clamped */
	node->target = g_strdup(path200);
	add(fixture->production, "/app/fifo", NODE_FIFO, 0600)->layer = 1;
	add_file(fixture, "/app/h1", "same", 1)->link_group = 9;
	add_file(fixture, "/app/h2", "same", 1)->link_group = 9;
	add_file(fixture, "/bin/h3", "same", 0)->link_group = 9;

	write_to(fixture, reference, &plain_options, NULL, &error);
	g_assert_no_error(error);
	text = list_layer(layout, "v1", 1);
	want = g_strdup_printf("d 755 0:0 0 ./\n"
			       "d 750 0:0 1699999995 app/\n"
			       "d 1777 0:0 1699999995 app/%s/\n"
			       "f 644 3000000:-2 1700000099 app/%s/%s\n"
			       "f 644 0:0 -7 app/%s\n"
			       "p 600 0:0 1699999995 app/fifo\n"
			       "f 644 0:0 1699999995 app/h1\n"
			       "h 644 0:0 1699999995 app/h2 -> app/h1\n"
			       "l 777 0:0 1700000000 app/link -> %s\n",
			       name99, name99, name99, name200, path200);
	g_assert_cmpstr(text, ==, want);
	g_clear_pointer(&text, g_free);
	text = list_layer(layout, "v1", 0);
	g_assert_nonnull(strstr(text, "f 644 0:0 1699999995 bin/h3\n"));
}

/* Same input, same bytes, whatever the order in which it was put together. */
static void test_deterministic(struct fixture *fixture, gconstpointer data)
{
	static const enum compression kinds[] = {COMPRESSION_NONE, COMPRESSION_GZIP,
						 COMPRESSION_ZSTD};
	mode_t mask;

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		struct image_writer_options options = plain_options;
		g_autofree char *one = g_strdup_printf("oci:%s/one%zu", fixture->directory, i);
		g_autofree char *two = g_strdup_printf("oci:%s/two%zu", fixture->directory, i);
		struct digest first, second;
		g_autoptr(GError) error = NULL;

		options.compression = kinds[i];
		g_assert_true(write_to(fixture, one, &options, &first, &error));
		mask = umask(077);
		add_file(fixture, "/app/zz", "late\n", 1);
		tree_remove(fixture->production, tree_lookup(fixture->production, "/app/zz"));
		g_assert_true(write_to(fixture, two, &options, &second, &error));
		umask(mask);
		g_assert_true(digest_equal(&first, &second));
	}
}

static void test_compressed_is_readable(struct fixture *fixture, gconstpointer data)
{
	static const struct {
		enum compression compression;
		const char *media_type;
	} table[] = {
		{COMPRESSION_GZIP, "application/vnd.oci.image.layer.v1.tar+gzip"},
		{COMPRESSION_ZSTD, "application/vnd.oci.image.layer.v1.tar+zstd"},
	};
	g_autofree char *big = g_strnfill(3000000, 'x');

	(void)data;
	add_file(fixture, "/app/big", big, 1);
	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		struct image_writer_options options = plain_options;
		g_autofree char *layout = g_strdup_printf("%s/out%zu", fixture->directory, i);
		g_autofree char *reference = g_strdup_printf("oci:%s:v1", layout);
		g_autofree char *text = NULL;
		autojson json_t *manifest = NULL;
		json_t *layer;

		options.compression = table[i].compression;
		g_assert_true(write_to(fixture, reference, &options, NULL, NULL));
		manifest = load_manifest(layout, "v1");
		layer = json_array_get(json_array_at(manifest, "layers"), 1);
		g_assert_cmpstr(json_string_at(layer, "mediaType"), ==, table[i].media_type);
		g_assert_cmpint(json_integer_at(layer, "size", 0), <, 100000);
		text = list_layer(layout, "v1", 1);
		g_assert_nonnull(strstr(text, " app/main\n"));
	}
}

static void check_node(const struct tree *tree, const char *path, enum node_type type,
		       const char *content)
{
	const struct node *node = tree_lookup(tree, path);
	struct digest digest;

	g_assert_nonnull(node);
	g_assert_cmpint(node->type, ==, type);
	if (!content)
		return;
	digest_of(content, strlen(content), &digest);
	g_assert_true(digest_equal(&node->digest, &digest));
}

static void check_image(struct image *image)
{
	g_autoptr(GError) error = NULL;
	autotree struct tree *tree = image ? image_read_tree(image, &error) : NULL;

	g_assert_no_error(error);
	g_assert_nonnull(tree);
	check_node(tree, "/app/main", NODE_FILE, "an application\n");
	check_node(tree, "/bin/tool", NODE_FILE, "a program\n");
	g_assert_cmpint(tree_lookup(tree, "/app")->mode, ==, 0750);
}

/* Our own reader reads every form, and what is only staged. */
static void test_round_trip(struct fixture *fixture, gconstpointer data)
{
	static const char *const forms[] = {
		"oci:%s/out:v1",
		"oci:%s/out",
		"oci-archive:%s/out.tar:v2",
		"docker-archive:%s/docker.tar:app:3",
		"docker-archive:%s/nameless.tar",
	};

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
		g_autofree char *reference = g_strdup_printf(forms[i], fixture->directory);
		g_autoptr(GError) error = NULL;
		autowriter struct image_writer *writer =
			image_writer_new(reference, &plain_options, &error);
		struct image *staged, *written;
		struct digest digest;

		g_assert_no_error(error);
		g_assert_true(image_writer_stage(writer, fixture->production, fixture->source,
						 fixture->config, NULL, &error));
		staged = image_writer_open(writer, &error);
		g_assert_no_error(error);
		image_writer_digest(writer, &digest);
		g_assert_true(digest_equal(&staged->manifest_digest, &digest));
		check_image(staged);
		image_free(staged);
		image_writer_commit(writer, &error);
		g_assert_no_error(error);
		written = image_open(reference, NULL, &image_limits_default, &error);
		g_assert_no_error(error);
		check_image(written);
		image_free(written);
	}
}

static void write_for_ever(struct fixture *fixture, const char *reference)
{
	for (;;) {
		add_file(fixture, "/app/changing", "one\n", 1);
		write_to(fixture, reference, &plain_options, NULL, NULL);
		tree_remove(fixture->production, tree_lookup(fixture->production, "/app/changing"));
		write_to(fixture, reference, &plain_options, NULL, NULL);
	}
}

/* SIGKILL at any moment: what is at the destination is whole, and the next run cleans up. */
static void test_killed(struct fixture *fixture, gconstpointer data)
{
	static const char *const forms[] = {"oci:%s/out:v1", "oci-archive:%s/out.tar:v1"};

	(void)data;
	for (int i = 0; i < 40; i++) {
		g_autofree char *reference = g_strdup_printf(forms[i % 2], fixture->directory);
		g_autoptr(GError) error = NULL;
		struct image *image;
		pid_t pid;

		g_assert_true(write_to(fixture, reference, &plain_options, NULL, NULL));
		pid = fork();
		if (pid == 0)
			write_for_ever(fixture, reference);
		g_usleep((gulong)(i * 331 % 5000));
		kill(pid, SIGKILL);
		g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
		image = image_open(reference, NULL, &image_limits_default, &error);
		g_assert_no_error(error);
		check_image(image);
		image_free(image);
		g_assert_true(write_to(fixture, reference, &plain_options, NULL, NULL));
		g_assert_cmpint(count_files(fixture->directory), ==, i == 0 ? 2 : 3);
	}
}

/* A second stage writes again only what changed, and leaves nothing of the first. */
static void test_rounds(struct fixture *fixture, gconstpointer data)
{
	g_autofree char *layout = place_of(fixture, "out");
	g_autofree char *reference = g_strdup_printf("oci:%s", layout);
	g_autofree char *blobs = g_build_filename(layout, "blobs/sha256", NULL);
	g_autofree char *tool = g_build_filename(fixture->directory, "source/bin/tool", NULL);
	autowriter struct image_writer *writer = image_writer_new(reference, &plain_options, NULL);
	struct digest first, second, third;
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_true(image_writer_stage(writer, fixture->production, fixture->source,
					 fixture->config, NULL, NULL));
	image_writer_digest(writer, &first);
	/* were layer 0 written again, its content would be missed */
	g_assert_cmpint(unlink(tool), ==, 0);
	add_file(fixture, "/app/more", "more\n", 1);
	image_writer_stage(writer, fixture->production, fixture->source, fixture->config, NULL,
			   &error);
	g_assert_no_error(error);
	image_writer_digest(writer, &second);
	g_assert_false(digest_equal(&first, &second));
	tree_remove(fixture->production, tree_lookup(fixture->production, "/app/more"));
	g_assert_true(image_writer_stage(writer, fixture->production, fixture->source,
					 fixture->config, NULL, NULL));
	image_writer_digest(writer, &third);
	g_assert_true(digest_equal(&first, &third));
	g_assert_true(image_writer_commit(writer, NULL));
	g_assert_cmpint(count_files(blobs), ==, 4);
}

static void test_second_tag(struct fixture *fixture, gconstpointer data)
{
	g_autofree char *layout = place_of(fixture, "out");
	g_autofree char *one = g_strdup_printf("oci:%s:one", layout);
	g_autofree char *two = g_strdup_printf("oci:%s:two", layout);
	g_autofree char *index_path = g_build_filename(layout, "index.json", NULL);
	autojson json_t *index = NULL;
	autojson json_t *after = NULL;
	autojson json_t *gone = NULL;

	(void)data;
	g_assert_true(write_to(fixture, one, &plain_options, NULL, NULL));
	index = load(layout, "index.json");
	json_object_set_new(index, "x-unknown", json_string("kept"));
	json_array_append_new(json_array_at(index, "manifests"),
			      json_pack("{s:s, s:s, s:i}", "mediaType", "application/x", "digest",
					"sha256:00", "size", 1));
	g_assert_cmpint(json_dump_file(index, index_path, 0), ==, 0);
	g_assert_true(write_to(fixture, two, &plain_options, NULL, NULL));
	add_file(fixture, "/app/new", "new\n", 1);
	g_assert_true(write_to(fixture, two, &plain_options, NULL, NULL));
	after = load(layout, "index.json");
	g_assert_cmpstr(json_string_at(after, "x-unknown"), ==, "kept");
	g_assert_cmpint(json_array_size(json_array_at(after, "manifests")), ==, 3);
	gone = load_manifest(layout, "one");
	g_assert_nonnull(gone);
}

/* Many processes, a tag each, into a layout that does not exist yet: every tag is there. */
static void test_concurrent(struct fixture *fixture, gconstpointer data)
{
	enum { WRITERS = 8 };
	g_autofree char *layout = place_of(fixture, "out");
	pid_t pids[WRITERS];
	autojson json_t *index = NULL;

	(void)data;
	for (int i = 0; i < WRITERS; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			g_autofree char *reference = g_strdup_printf("oci:%s:t%d", layout, i);

			_exit(write_to(fixture, reference, &plain_options, NULL, NULL) ? 0 : 1);
		}
	}
	for (int i = 0; i < WRITERS; i++) {
		int status;

		g_assert_cmpint(waitpid(pids[i], &status, 0), ==, pids[i]);
		g_assert_cmpint(status, ==, 0);
	}
	index = load(layout, "index.json");
	g_assert_cmpint(json_array_size(json_array_at(index, "manifests")), ==, WRITERS);
	g_assert_cmpint(count_files(fixture->directory), ==, 2);
}

static void test_archives(struct fixture *fixture, gconstpointer data)
{
	g_autofree char *oci = place_of(fixture, "oci.tar");
	g_autofree char *docker = place_of(fixture, "docker.tar");
	g_autofree char *oci_reference = g_strdup_printf("oci-archive:%s:v1", oci);
	g_autofree char *docker_reference = g_strdup_printf("docker-archive:%s:app/web:1", docker);
	g_autofree char *text = NULL, *docker_text = NULL;
	g_autofree char *old = NULL, *again = NULL;
	gsize old_bytes, again_bytes;

	(void)data;
	g_assert_true(write_to(fixture, oci_reference, &plain_options, NULL, NULL));
	text = list_tar(oci);
	g_assert_true(g_str_has_prefix(text, "d 755 0:0 1700000000 blobs/\n"
					     "d 755 0:0 1700000000 blobs/sha256/\n"
					     "f 644 0:0 1700000000 blobs/sha256/"));
	g_assert_true(g_str_has_suffix(text, "f 644 0:0 1700000000 index.json\n"
					     "f 644 0:0 1700000000 oci-layout\n"));
	g_assert_true(g_file_get_contents(oci, &old, &old_bytes, NULL));
	g_assert_true(write_to(fixture, oci_reference, &plain_options, NULL, NULL));
	g_assert_true(g_file_get_contents(oci, &again, &again_bytes, NULL));
	g_assert_cmpmem(old, old_bytes, again, again_bytes);
	g_assert_true(write_to(fixture, docker_reference, &plain_options, NULL, NULL));
	docker_text = list_tar(docker);
	g_assert_nonnull(strstr(docker_text, " manifest.json\n"));
	g_assert_nonnull(strstr(docker_text, ".tar\n"));
}

/* What cannot be written to: an error that says why, and nothing is different afterwards. */
static void test_bad_destinations(struct fixture *fixture, gconstpointer data)
{
	static const struct {
		const char *form; /* %s: the fixture's directory */
		const char *message;
	} table[] = {
		{"oci:%s/full:v1", "exists and is not an OCI image layout"},
		{"oci:%s/notes.txt", "exists and is not a directory"},
		{"oci-archive:%s/notes.txt", "exists and is not an image archive"},
		{"docker-archive:%s/full:a", "exists and is not a regular file"},
		{"oci:%s/absent/out:v1", "No such file or directory"},
		{"oci:%s/out:-bad-", "not a tag"},
		{"oci:%s/out:a b", "no spaces"},
		{"oci:%s/out:@sha256:00", "not a tag"},
		{"docker-archive:%s/out.tar:Upper", "not an image name"},
		{"oci:%s/damaged:v1", "index.json"},
	};
	g_autofree char *full = place_of(fixture, "full/keep");
	g_autofree char *directory = place_of(fixture, "full");
	g_autofree char *notes = place_of(fixture, "notes.txt");
	g_autofree char *damaged = place_of(fixture, "damaged");
	g_autofree char *marker = g_build_filename(damaged, "oci-layout", NULL);
	g_autofree char *index = g_build_filename(damaged, "index.json", NULL);
	guint before;

	(void)data;
	g_assert_cmpint(g_mkdir(directory, 0755), ==, 0);
	g_assert_cmpint(g_mkdir(damaged, 0755), ==, 0);
	g_assert_true(g_file_set_contents(full, "kept", -1, NULL));
	g_assert_true(g_file_set_contents(notes, "kept", -1, NULL));
	g_assert_true(g_file_set_contents(marker, "{}", -1, NULL));
	g_assert_true(g_file_set_contents(index, "{\"manifests\": 1}", -1, NULL));
	before = count_files(fixture->directory);
	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *reference = g_strdup_printf(table[i].form, fixture->directory);
		g_autoptr(GError) error = NULL;

		g_assert_false(write_to(fixture, reference, &plain_options, NULL, &error));
		g_assert_nonnull(error);
		if (!strstr(error->message, table[i].message))
			g_error("%s: got: %s", reference, error->message);
		g_assert_null(strchr(error->message, '\n'));
		g_assert_cmpint(count_files(fixture->directory), ==, before);
	}
}

static void test_bad_trees(struct fixture *fixture, gconstpointer data)
{
	static const struct {
		const char *path;
		enum node_type type;
		uint32_t layer;
		const char *message;
	} table[] = {
		{"/app/null", NODE_CHARACTER, 0, "device node"},
		{"/app/disk", NODE_BLOCK, 0, "device node"},
		{"/app/.wh.x", NODE_DIRECTORY, 0, ".wh."},
		{"/app/d", NODE_DIRECTORY, 3, "layer 3 of 3"},
	};
	g_autofree char *reference = g_strdup_printf("oci:%s/out", fixture->directory);

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(GError) error = NULL;
		struct node *node = add(fixture->production, table[i].path, table[i].type, 0600);

		node->layer = table[i].layer;
		g_assert_false(write_to(fixture, reference, &plain_options, NULL, &error));
		g_assert_nonnull(strstr(error->message, table[i].message));
		g_assert_cmpint(count_files(fixture->directory), ==, 1);
		tree_remove(fixture->production, node);
	}
}

/* A file of the source that is not what the tree says: never a silently wrong layer. */
static void test_changed_source(struct fixture *fixture, gconstpointer data)
{
	static const char *const contents[] = {"shorter", "longer than it was before\n"};
	g_autofree char *reference = g_strdup_printf("oci:%s/out", fixture->directory);
	g_autofree char *place = g_build_filename(fixture->directory, "source/app/main", NULL);

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(contents); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_true(g_file_set_contents(place, contents[i], -1, NULL));
		g_assert_false(write_to(fixture, reference, &plain_options, NULL, &error));
		g_assert_nonnull(strstr(error->message, "/app/main: "));
	}
}

/* No room: the file size limit stands in for a full disk. The old image is as it was. */
static void test_no_room(struct fixture *fixture, gconstpointer data)
{
	g_autofree char *layout = place_of(fixture, "out");
	g_autofree char *reference = g_strdup_printf("oci:%s:v1", layout);
	g_autofree char *index_path = g_build_filename(layout, "index.json", NULL);
	g_autofree char *big = g_strnfill(1 << 20, 'x');
	g_autofree char *before = NULL, *after = NULL;
	int status;
	pid_t pid;

	(void)data;
	g_assert_true(write_to(fixture, reference, &plain_options, NULL, NULL));
	g_assert_true(g_file_get_contents(index_path, &before, NULL, NULL));
	add_file(fixture, "/app/big", big, 1);
	pid = fork();
	if (pid == 0) {
		struct rlimit limit = {1 << 16, 1 << 16};

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);
		_exit(write_to(fixture, reference, &plain_options, NULL, NULL) ? 0 : 1);
	}
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_cmpint(WEXITSTATUS(status), ==, 1);
	g_assert_true(g_file_get_contents(index_path, &after, NULL, NULL));
	g_assert_cmpstr(before, ==, after);
	g_assert_cmpint(count_files(fixture->directory), ==, 2);
}

/* What a killed writer left is removed by the next one; what a living one has is not. */
static void test_stale(struct fixture *fixture, gconstpointer data)
{
	g_autofree char *reference = g_strdup_printf("oci:%s/out", fixture->directory);
	autowriter struct image_writer *alive = image_writer_new(reference, &plain_options, NULL);
	pid_t pid = fork();

	(void)data;
	if (pid == 0) {
		image_writer_new(reference, &plain_options, NULL);
		_exit(0);
	}
	g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
	g_assert_cmpint(count_files(fixture->directory), ==, 3); /* source, two stagings */
	g_assert_true(write_to(fixture, reference, &plain_options, NULL, NULL));
	g_assert_cmpint(count_files(fixture->directory), ==, 3); /* source, ours, out */
	g_assert_true(image_writer_stage(alive, fixture->production, fixture->source,
					 fixture->config, NULL, NULL));
	g_assert_true(image_writer_commit(alive, NULL));
}

#define ADD(path, function) g_test_add(path, struct fixture, NULL, setup, function, teardown)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("/writer/layout", test_layout);
	ADD("/writer/entries", test_entries);
	ADD("/writer/deterministic", test_deterministic);
	ADD("/writer/compressed", test_compressed_is_readable);
	ADD("/writer/round-trip", test_round_trip);
	ADD("/writer/killed", test_killed);
	ADD("/writer/rounds", test_rounds);
	ADD("/writer/second-tag", test_second_tag);
	ADD("/writer/concurrent", test_concurrent);
	ADD("/writer/archives", test_archives);
	ADD("/writer/bad-destinations", test_bad_destinations);
	ADD("/writer/bad-trees", test_bad_trees);
	ADD("/writer/changed-source", test_changed_source);
	ADD("/writer/no-room", test_no_room);
	ADD("/writer/stale", test_stale);
	return g_test_run();
}
