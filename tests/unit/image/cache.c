/* SPDX-License-Identifier: Apache-2.0 */
#include "image/cache.h"

#include "base/error.h"
#include "base/fd.h"
#include "fixture.h"
#include "image/rootfs.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { IMAGES = 3, CONTENT_BYTES = 64 << 10 };

static const struct platform amd64 = {.os = (char *)"linux", .architecture = (char *)"amd64"};
static const struct owner_shift single = {.single = true};

struct world {
	char *directory;
	char *cache;
	char *references[IMAGES]; /* images of one file each, about CONTENT_BYTES large */
};

static void set_up(struct world *world, gconstpointer unused)
{
	(void)unused;
	world->directory = fixture_directory();
	world->cache = g_build_filename(world->directory, "cache", NULL);
	for (int i = 0; i < IMAGES; i++) {
		g_autofree char *name = g_strdup_printf("%d", i);
		g_autofree char *path = g_build_filename(world->directory, name, NULL);
		g_autofree char *data = g_strnfill(CONTENT_BYTES, (char)('a' + i));
		g_autoptr(GByteArray) tar = g_byte_array_new();
		struct fixture_layer layer = {0};

		fixture_entry(tar, "file", '0', NULL, data, CONTENT_BYTES);
		fixture_end(tar);
		layer.tar = tar->data;
		layer.tar_size = tar->len;
		g_assert_cmpint(mkdir(path, 0700), ==, 0);
		world->references[i] = fixture_layout(path, &layer, 1, NULL);
	}
}

static void tear_down(struct world *world, gconstpointer unused)
{
	(void)unused;
	g_unsetenv("THRESH_CACHE_LIMIT");
	for (int i = 0; i < IMAGES; i++)
		g_free(world->references[i]);
	g_free(world->cache);
	fixture_remove(world->directory);
}

static struct rootfs *unpack(const struct world *world, int number)
{
	g_autoptr(GError) error = NULL;
	autoimage struct image *image = image_open(world->references[number], &amd64, NULL, &error);
	struct rootfs *rootfs;

	g_assert_no_error(error);
	rootfs = rootfs_unpack(image, world->cache, &single, &error);
	g_assert_no_error(error);
	return rootfs;
}

/* Unpacks, and says that it was used at @used_s. Caller frees the path of what was unpacked. */
static char *unpack_at(const struct world *world, int number, time_t used_s)
{
	autorootfs struct rootfs *rootfs = unpack(world, number);
	struct timespec times[2] = {{.tv_sec = used_s}, {.tv_sec = used_s}};

	g_assert_cmpint(futimens(rootfs->lock_fd, times), ==, 0);
	return g_strdup(rootfs->path);
}

static GPtrArray *list(const struct world *world)
{
	g_autoptr(GError) error = NULL;
	GPtrArray *entries = cache_list(world->cache, &error);

	g_assert_no_error(error);
	return entries;
}

static bool is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

static void test_list(struct world *world, gconstpointer unused)
{
	g_autoptr(GPtrArray) none = list(world);
	g_autofree char *later = unpack_at(world, 0, 2000), *sooner = unpack_at(world, 1, 1000);

	(void)unused;
	g_assert_cmpuint(none->len, ==, 0);
	fixture_file(world->cache, "registry/blobs/sha256/.short.part", "half", 4);
	fixture_file(world->cache, "elsewhere/file", "not ours", 8);
	for (int round = 0; round < 3; round++) { /* what it takes is measured, and read */
		g_autoptr(GPtrArray) entries = list(world);
		const struct cache_entry *first = entries->pdata[0], *part = entries->pdata[2];

		g_assert_cmpuint(entries->len, ==, 3);
		g_assert_nonnull(strstr(sooner, first->name));
		g_assert_cmpint(first->used_s, ==, 1000);
		g_assert_cmpuint(first->bytes, >=, CONTENT_BYTES);
		g_assert_cmpuint(first->bytes, <, 2 * CONTENT_BYTES);
		g_assert_cmpstr(part->name, ==, "registry/blobs/sha256/.short.part");
		if (round == 1) {
			g_autofree char *above = g_path_get_dirname(sooner);

			fixture_file(above, "size", "12", 2); /* cut short: not believed */
		}
	}
	g_assert_true(is_there(later));
}

/* A cache that is no directory is named. */
static void test_no_directory(struct world *world, gconstpointer unused)
{
	g_autoptr(GError) error = NULL;

	(void)unused;
	fixture_file(world->directory, "cache", "", 0);
	g_assert_null(cache_list(world->cache, &error));
	g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
	g_assert_nonnull(strstr(error->message, world->cache));
}

static void test_prune(struct world *world, gconstpointer unused)
{
	g_autofree char *oldest = unpack_at(world, 2, 1000), *old = unpack_at(world, 0, 2000);
	g_autofree char *newest = unpack_at(world, 1, 3000);
	g_autofree char *part =
		g_build_filename(world->cache, "registry/blobs/sha256/.short.part", NULL);

	(void)unused;
	fixture_file(world->cache, "registry/blobs/sha256/.short.part", "half", 4);
	g_assert_cmpuint(cache_prune(world->cache, 1 << 30), ==, 0);
	g_assert_cmpuint(cache_prune(world->cache, 3 * CONTENT_BYTES), >=, CONTENT_BYTES);
	g_assert_false(is_there(oldest));
	g_assert_true(is_there(old) && is_there(newest));

	autorootfs struct rootfs *used = unpack(world, 0);
	autofd int fetching = open(part, O_RDWR | O_CLOEXEC);

	g_assert_cmpint(flock(fetching, LOCK_EX), ==, 0);
	cache_prune(world->cache, 0);
	g_assert_true(is_there(old) && is_there(part)); /* somebody is at them */
	g_assert_false(is_there(newest));
	rootfs_free(g_steal_pointer(&used));
	fd_cleanup(&fetching);
	cache_prune(world->cache, 0);
	g_assert_false(is_there(old) || is_there(part));

	g_autoptr(GPtrArray) left = list(world);

	g_assert_cmpuint(left->len, ==, 0);
}

/* Room is made when something is added: not for what is there, nor from blobs of the last hour. */
static void test_limit(struct world *world, gconstpointer unused)
{
	g_autofree char *first = unpack_at(world, 0, 1000);
	g_autofree char *blob = g_strdup_printf("registry/blobs/sha256/%064d", 7);
	g_autofree char *path = g_build_filename(world->cache, blob, NULL);
	struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};

	(void)unused;
	fixture_file(world->cache, blob, "blob", 4);
	g_setenv("THRESH_CACHE_LIMIT", "100k", TRUE);
	rootfs_free(unpack(world, 0));
	g_assert_true(is_there(first));

	g_autofree char *second = unpack_at(world, 1, 2000);

	g_assert_false(is_there(first));
	g_assert_true(is_there(second) && is_there(path));
	g_assert_cmpint(utimensat(AT_FDCWD, path, times, 0), ==, 0);
	g_setenv("THRESH_CACHE_LIMIT", "0", TRUE);
	rootfs_free(unpack(world, 2));
	g_assert_false(is_there(second) || is_there(path));
}

static void test_limit_value(void)
{
	g_autoptr(GError) error = NULL;
	uint64_t bytes;

	g_assert_true(cache_limit(&bytes, NULL));
	g_assert_cmpuint(bytes, ==, CACHE_LIMIT_BYTES);
	g_setenv("THRESH_CACHE_LIMIT", "3G", TRUE);
	g_assert_true(cache_limit(&bytes, NULL));
	g_assert_cmpuint(bytes, ==, UINT64_C(3) << 30);
	g_setenv("THRESH_CACHE_LIMIT", "many", TRUE);
	g_assert_false(cache_limit(&bytes, &error));
	g_assert_error(error, THRESH_ERROR, THRESH_ERROR_USAGE);
	g_assert_nonnull(strstr(error->message, "THRESH_CACHE_LIMIT: 'many'"));
	g_unsetenv("THRESH_CACHE_LIMIT");
}

static gpointer prune_in_thread(gpointer data)
{
	const struct world *world = data;

	for (int i = 0; i < 200; i++)
		cache_prune(world->cache, 0);
	return NULL;
}

/* Whoever unpacks while others remove has what it unpacked, whole, for as long as it holds it. */
static void test_race(struct world *world, gconstpointer unused)
{
	GThread *thread = g_thread_new("prune", prune_in_thread, world);

	(void)unused;
	for (int i = 0; i < 60; i++) {
		autorootfs struct rootfs *rootfs = unpack(world, i % IMAGES);
		g_autofree char *path = g_build_filename(rootfs->path, "file", NULL);
		g_autofree char *content = NULL;
		gsize bytes;

		g_assert_true(g_file_get_contents(path, &content, &bytes, NULL));
		g_assert_cmpuint(bytes, ==, CONTENT_BYTES);
	}
	g_thread_join(thread);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/image/cache/list", struct world, NULL, set_up, test_list, tear_down);
	g_test_add("/image/cache/no-directory", struct world, NULL, set_up, test_no_directory,
		   tear_down);
	g_test_add("/image/cache/prune", struct world, NULL, set_up, test_prune, tear_down);
	g_test_add("/image/cache/limit", struct world, NULL, set_up, test_limit, tear_down);
	g_test_add_func("/image/cache/limit-value", test_limit_value);
	g_test_add("/image/cache/race", struct world, NULL, set_up, test_race, tear_down);
	return g_test_run();
}
