/* SPDX-License-Identifier: Apache-2.0 */
/* What is in the cache, and removing it. */
#include "image/cache.h"

#include "base/error.h"
#include "base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOBS "registry/blobs/sha256"

enum {
	HEX_BYTES = 64,
	SIZE_MAX_BYTES = 32,
	BLOCK_BYTES = 512,       /* of st_blocks (stat(3type)) */
	BLOB_AGE_MIN_S = 60 * 60 /* a run may be reading one; images that are used are locked */
};

static void entry_free(gpointer data)
{
	struct cache_entry *entry = data;

	g_free(entry->name);
	g_free(entry);
}

static gint entry_compare(gconstpointer a, gconstpointer b)
{
	const struct cache_entry *one = *(struct cache_entry *const *)a;
	const struct cache_entry *other = *(struct cache_entry *const *)b;

	if (one->used_s != other->used_s)
		return one->used_s < other->used_s ? -1 : 1;
	return strcmp(one->name, other->name);
}

static bool is_hex(const char *name)
{
	return strlen(name) == HEX_BYTES && strspn(name, "0123456789abcdef") == HEX_BYTES;
}

/* HEX, and .HEX.part of what is half fetched */
static bool is_blob(const char *name)
{
	return is_hex(name) || (name[0] == '.' && g_str_has_suffix(name, ".part"));
}

static bool is_image(const char *name)
{
	return g_str_has_prefix(name, "rootfs-");
}

/* Names of the directory that @wanted takes; empty where there is no such directory. */
static GPtrArray *names_in(int dir_fd, const char *path, bool (*wanted)(const char *))
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	int fd = fd_open(dir_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, NULL);
	DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (!directory) {
		fd_cleanup(&fd);
		return names;
	}
	while ((entry = readdir(directory)))
		if (wanted(entry->d_name))
			g_ptr_array_add(names, g_strdup(entry->d_name));
	closedir(directory);
	return names;
}

static bool is_child(const char *name)
{
	return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* What @name and all below it take on disk; a file of several names in equal parts. */
static uint64_t measure(int dir_fd, const char *name)
{
	struct stat status;
	uint64_t bytes;

	if (fstatat(dir_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	bytes = (uint64_t)status.st_blocks * BLOCK_BYTES;
	if (!S_ISDIR(status.st_mode))
		return bytes / MAX((uint64_t)status.st_nlink, 1);
	autofd int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	g_autoptr(GPtrArray) names = names_in(fd >= 0 ? fd : dir_fd, fd >= 0 ? "." : "", is_child);

	for (guint i = 0; i < names->len; i++)
		bytes += measure(fd, names->pdata[i]);
	return bytes;
}

/* What is written down of an unpacked image, or is written down now. */
static uint64_t image_bytes(int entry_fd)
{
	autofd int fd = fd_open(entry_fd, "size", O_RDONLY | O_NOFOLLOW, 0, NULL);
	g_autoptr(GBytes) text = fd >= 0 ? fd_read_all(fd, SIZE_MAX_BYTES, "size", NULL) : NULL;
	g_autofree char *line =
		text ? g_strndup(g_bytes_get_data(text, NULL), g_bytes_get_size(text)) : NULL;
	uint64_t bytes;

	if (line && g_str_has_suffix(line, "\n")) {
		line[strlen(line) - 1] = '\0';
		if (g_ascii_string_to_unsigned(line, 10, 0, G_MAXINT64, &bytes, NULL))
			return bytes;
	}
	bytes = measure(entry_fd, ".");
	if (faccessat(entry_fd, "index", F_OK, 0) == 0) {
		g_autofree char *written = g_strdup_printf("%" G_GUINT64_FORMAT "\n", bytes);
		autofd int size_fd = fd_open(entry_fd, "size",
					     O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600, NULL);

		if (size_fd >= 0)
			fd_write_all(size_fd, written, strlen(written), NULL);
	}
	return bytes;
}

static void list_image(int cache_fd, char *name, GPtrArray *entries)
{
	autofd int entry_fd = fd_open(cache_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, NULL);
	struct cache_entry *entry = g_new0(struct cache_entry, 1);
	struct stat status;

	entry->name = name;
	g_ptr_array_add(entries, entry);
	if (entry_fd < 0)
		return;
	if (fstatat(entry_fd, "lock", &status, AT_SYMLINK_NOFOLLOW) == 0)
		entry->used_s = status.st_mtim.tv_sec;
	entry->bytes = image_bytes(entry_fd);
}

static void list_blob(int cache_fd, char *name, GPtrArray *entries)
{
	struct cache_entry *entry = g_new0(struct cache_entry, 1);
	struct stat status;

	entry->name = name;
	g_ptr_array_add(entries, entry);
	if (fstatat(cache_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	entry->used_s = status.st_mtim.tv_sec;
	entry->bytes = (uint64_t)status.st_blocks * BLOCK_BYTES;
}

GPtrArray *cache_list(const char *path, GError **error)
{
	autofd int cache_fd = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(entry_free);

	if (cache_fd < 0 && errno != ENOENT) {
		g_autofree char *quoted = error_quote(path);

		error_set_errno(error, THRESH_ERROR_INPUT, errno, "cache %s", quoted);
		return NULL;
	}
	if (cache_fd < 0)
		return g_steal_pointer(&entries);
	g_autoptr(GPtrArray) bases = names_in(cache_fd, ".", is_image);
	g_autoptr(GPtrArray) blobs = names_in(cache_fd, BLOBS, is_blob);

	for (guint i = 0; i < bases->len; i++) {
		g_autoptr(GPtrArray) keys = names_in(cache_fd, bases->pdata[i], is_hex);

		for (guint j = 0; j < keys->len; j++)
			list_image(cache_fd,
				   g_build_filename(bases->pdata[i], keys->pdata[j], NULL),
				   entries);
	}
	for (guint i = 0; i < blobs->len; i++)
		list_blob(cache_fd, g_build_filename(BLOBS, blobs->pdata[i], NULL), entries);
	g_ptr_array_sort(entries, entry_compare);
	return g_steal_pointer(&entries);
}

/* The lock goes last: whoever waits for it sees that it has no name any more, and begins anew
 * (rootfs.c). The index goes first: an entry without one does not exist. */
static bool remove_image(int cache_fd, const char *name, GError **error)
{
	static const char *const parts[] = {"index", "index.new", "size", "root.new", "root"};
	autofd int entry_fd =
		fd_open(cache_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, error);
	autofd int lock_fd = -1;

	if (entry_fd < 0)
		return false;
	lock_fd = fd_open(entry_fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW, 0600, error);
	if (lock_fd < 0 || flock(lock_fd, LOCK_EX | LOCK_NB) < 0)
		return false;
	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
		if (!fd_remove_tree(entry_fd, parts[i], error))
			return false;
	if (!fd_remove_tree(entry_fd, "lock", error))
		return false;
	unlinkat(cache_fd, name, AT_REMOVEDIR); /* fails where it has been taken again */
	return true;
}

static bool remove_blob(int cache_fd, const char *name, GError **error)
{
	autofd int fd = fd_open(cache_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, error);

	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
	       fd_remove_tree(cache_fd, name, error);
}

bool cache_remove(const char *path, const struct cache_entry *entry, GError **error)
{
	autofd int cache_fd = fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, error);
	bool removed;

	if (cache_fd < 0)
		return false;
	removed = is_image(entry->name) ? remove_image(cache_fd, entry->name, error)
					: remove_blob(cache_fd, entry->name, error);
	if (error && *error)
		g_prefix_error(error, "cache entry %s: ", entry->name);
	return removed;
}

/* @blobs_before_s: blobs used later stay. */
static uint64_t prune(const char *path, uint64_t keep_bytes, int64_t blobs_before_s)
{
	g_autoptr(GPtrArray) entries = cache_list(path, NULL);
	uint64_t bytes = 0, removed = 0;

	for (guint i = 0; entries && i < entries->len; i++)
		bytes += ((struct cache_entry *)entries->pdata[i])->bytes;
	for (guint i = 0; entries && i < entries->len && bytes - removed > keep_bytes; i++) {
		const struct cache_entry *entry = entries->pdata[i];

		if (!is_image(entry->name) && entry->used_s >= blobs_before_s)
			continue;
		if (cache_remove(path, entry, NULL))
			removed += entry->bytes;
	}
	return removed;
}

uint64_t cache_prune(const char *path, uint64_t keep_bytes)
{
	return prune(path, keep_bytes, G_MAXINT64);
}

void cache_added(const char *path)
{
	uint64_t limit;

	if (cache_limit(&limit, NULL))
		prune(path, limit, g_get_real_time() / G_USEC_PER_SEC - BLOB_AGE_MIN_S);
}

void cache_touch(int fd)
{
	(void)!futimens(fd, NULL);
}
