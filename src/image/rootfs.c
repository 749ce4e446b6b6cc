/* SPDX-License-Identifier: Apache-2.0 */
#include "image/rootfs.h"

#include "base/error.h"
#include "base/fd.h"
#include "image/cache.h"
#include "image/rootfs_disk.h"
#include "image/rootfs_unpack.h"
#include "image/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INDEX_BYTES_MAX = 1 << 30, TRIES_MAX = 16 };

void rootfs_free(struct rootfs *rootfs)
{
	if (!rootfs)
		return;
	rootfs_confirm(rootfs, NULL);
	g_free(rootfs->path);
	tree_free(rootfs->tree);
	fd_cleanup(&rootfs->lock_fd);
	g_free(rootfs);
}

void rootfs_cleanup(struct rootfs **rootfs)
{
	rootfs_free(*rootfs);
}

static int open_directory(int dir_fd, const char *path, GError **error)
{
	return fd_open(dir_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, error);
}

/* 0700, whatever the umask: files in it may have set-id bits, and nobody else shall reach them. */
static bool make_private(int dir_fd, const char *name, GError **error)
{
	if (mkdirat(dir_fd, name, 0700) == 0 || errno == EEXIST)
		return true;
	return error_set_errno(error, THRESH_ERROR_INPUT, errno, "%s", name);
}

/* CACHE/rootfs-BASE */
static char *base_name(const struct owner_shift *shift)
{
	if (shift->single)
		return g_strdup("rootfs-single");
	if (shift->uid_base == shift->gid_base)
		return g_strdup_printf("rootfs-%u", shift->uid_base);
	return g_strdup_printf("rootfs-%u-%u", shift->uid_base, shift->gid_base);
}

/* Of the chain ID, which says what the layers unpack to, and of the blobs, which were seen to do
 * so: a manifest that names others under the same diff IDs is not believed. */
static void entry_key(const struct image *image, struct digest *ret_key)
{
	autodigester struct digester *digester = digester_new();
	struct digest chain_id;

	image_chain_id(image, &chain_id);
	digester_update(digester, chain_id.bytes, sizeof(chain_id.bytes));
	for (uint32_t i = 0; i < image->layer_count; i++)
		digester_update(digester, image->layers[i].digest.bytes,
				sizeof(image->layers[i].digest.bytes));
	digester_finish(digester, ret_key);
}

/* Makes and opens the directory of the cache entry. @ret_path: caller frees. */
static int open_entry(const struct image *image, const char *cache_path,
		      const struct owner_shift *shift, char **ret_path, GError **error)
{
	g_autofree char *cache = g_canonicalize_filename(cache_path, NULL);
	g_autofree char *base = base_name(shift);
	autofd int cache_fd = -1, base_fd = -1, entry_fd = -1;
	char hex[DIGEST_HEX_BYTES];
	struct digest key;

	entry_key(image, &key);
	digest_format_hex(&key, hex);
	if (!fd_make_directories(AT_FDCWD, cache, 0700, error))
		return -1;
	cache_fd = fd_open(AT_FDCWD, cache, O_RDONLY | O_DIRECTORY, 0, error);
	if (cache_fd < 0 || !make_private(cache_fd, base, error))
		return -1;
	base_fd = open_directory(cache_fd, base, error);
	if (base_fd < 0)
		return -1;
	/* It may be removed between the two. */
	for (int tries = 1; entry_fd < 0; tries++) {
		if (!make_private(base_fd, hex, error))
			return -1;
		entry_fd = open_directory(base_fd, hex, tries < TRIES_MAX ? NULL : error);
		if (entry_fd < 0 && tries == TRIES_MAX)
			return -1;
	}
	if (entry_fd >= 0)
		*ret_path = g_build_filename(cache, base, hex, NULL);
	return fd_steal(&entry_fd);
}

/* Takes the lock; false with @ret_gone where the entry was removed in between. */
static bool take_lock(int entry_fd, int lock_fd, int operation, bool *ret_gone, GError **error)
{
	struct stat held, named;

	while (flock(lock_fd, operation) < 0) {
		if (errno != EINTR)
			return error_set_errno(error, THRESH_ERROR_INPUT, errno, "cache: lock");
	}
	*ret_gone = fstat(lock_fd, &held) < 0 || fstatat(entry_fd, "lock", &named, 0) < 0 ||
		    held.st_ino != named.st_ino || held.st_dev != named.st_dev;
	return true;
}

/* The tree of a complete entry; NULL where there is none, or a damaged one: then it is made anew.
 */
static struct tree *load_entry(int entry_fd)
{
	autofd int index_fd = fd_open(entry_fd, "index", O_RDONLY | O_NOFOLLOW, 0, NULL);
	autofd int root_fd = open_directory(entry_fd, "root", NULL);
	g_autoptr(GBytes) data = NULL;
	struct tree *tree;

	if (index_fd < 0 || root_fd < 0)
		return NULL;
	data = fd_read_all(index_fd, INDEX_BYTES_MAX, "index", NULL);
	tree = data ? tree_deserialize(data, NULL) : NULL;
	if (tree && !rootfs_disk_is_whole(tree, root_fd))
		g_clear_pointer(&tree, tree_free);
	if (tree)
		tree->root_fd = fd_steal(&root_fd);
	return tree;
}

static bool write_index(int entry_fd, const struct tree *tree, GError **error)
{
	g_autoptr(GBytes) data = tree_serialize(tree);
	autofd int fd = fd_open(entry_fd, "index.new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW,
				0600, error);

	if (fd < 0 ||
	    !fd_write_all(fd, g_bytes_get_data(data, NULL), g_bytes_get_size(data), error))
		return false;
	return renameat(entry_fd, "index.new", entry_fd, "index") == 0 ||
	       error_set_errno(error, THRESH_ERROR_INPUT, errno, "index");
}

/* Unpacks below the exclusive lock. What a predecessor left when it was killed goes first; the
 * index comes last, and an entry without one does not exist. */
static struct tree *make_entry(const struct image *image, int entry_fd,
			       const struct owner_shift *shift, GError **error)
{
	autotree struct tree *tree = NULL;
	autofd int root_fd = -1;

	if (!fd_remove_tree(entry_fd, "index", error) || !fd_remove_tree(entry_fd, "size", error) ||
	    !fd_remove_tree(entry_fd, "index.new", error) ||
	    !fd_remove_tree(entry_fd, "root.new", error) ||
	    !fd_remove_tree(entry_fd, "root", error) || !make_private(entry_fd, "root.new", error))
		return NULL;
	root_fd = open_directory(entry_fd, "root.new", error);
	tree = root_fd >= 0 ? rootfs_apply(image, root_fd, shift, error) : NULL;
	if (tree && renameat(entry_fd, "root.new", entry_fd, "root") < 0)
		error_set_errno(error, THRESH_ERROR_INPUT, errno, "root");
	else if (tree && write_index(entry_fd, tree, error)) {
		tree->root_fd = fd_steal(&root_fd);
		return g_steal_pointer(&tree);
	}
	fd_remove_tree(entry_fd, "root.new", NULL);
	fd_remove_tree(entry_fd, "root", NULL);
	return NULL;
}

static gpointer check_in_thread(gpointer data)
{
	struct rootfs *rootfs = data;

	image_check_layers(rootfs->image, &rootfs->failure);
	return NULL;
}

/* What is not read for unpacking is read to be checked: a damaged image is damaged. A registry's
 * blobs are far away, and there is one connection at a time. */
static bool check_blobs(struct rootfs *rootfs, const struct image *image, GError **error)
{
	if (!rootfs->image || source_is_remote(image->source))
		return image_check_layers(image, error);
	rootfs->check = g_thread_new("check", check_in_thread, rootfs);
	return true;
}

bool rootfs_confirm(struct rootfs *rootfs, GError **error)
{
	g_autofree char *quoted = NULL;

	if (rootfs->check)
		g_thread_join(g_steal_pointer(&rootfs->check));
	if (!rootfs->failure)
		return true;
	quoted = error_quote(rootfs->image->reference);
	g_propagate_prefixed_error(error, g_steal_pointer(&rootfs->failure), "%s: ", quoted);
	return false;
}

/* One attempt at the entry; true without a tree: it was taken away in between, try again. */
static bool try_entry(const struct image *image, int entry_fd, const struct owner_shift *shift,
		      struct rootfs *rootfs, bool *ret_added, GError **error)
{
	autofd int lock_fd =
		openat(entry_fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct tree *made;
	bool gone;

	if (lock_fd < 0)
		return errno == ENOENT || /* the directory has no name any more */
		       error_set_errno(error, THRESH_ERROR_INPUT, errno, "cache: lock");
	if (!take_lock(entry_fd, lock_fd, LOCK_SH, &gone, error))
		return false;
	if (gone)
		return true;
	cache_touch(lock_fd);
	rootfs->tree = load_entry(entry_fd);
	if (rootfs->tree && !check_blobs(rootfs, image, error))
		return false;
	if (rootfs->tree) {
		rootfs->lock_fd = fd_steal(&lock_fd);
		return true;
	}
	if (!take_lock(entry_fd, lock_fd, LOCK_EX, &gone, error))
		return false;
	if (gone)
		return true;
	made = load_entry(entry_fd); /* by another process, while we waited */
	if (!made)
		made = make_entry(image, entry_fd, shift, error);
	if (!made)
		return false;
	/* Turning the lock into a shared one may let a cleaner in between: look again then. */
	if (!take_lock(entry_fd, lock_fd, LOCK_SH, &gone, error)) {
		tree_free(made);
		return false;
	}
	if (gone || faccessat(entry_fd, "index", F_OK, 0) < 0) {
		tree_free(made);
		return true;
	}
	rootfs->tree = made;
	rootfs->lock_fd = fd_steal(&lock_fd);
	*ret_added = true;
	return true;
}

static struct rootfs *unpack_cached(const struct image *image, const char *cache_path,
				    const struct owner_shift *shift, bool early, GError **error)
{
	autorootfs struct rootfs *rootfs = g_new0(struct rootfs, 1);
	bool added = false;
	g_autofree char *quoted = error_quote(image->reference);

	rootfs->lock_fd = -1;
	rootfs->image = early ? image : NULL;
	for (int tries = 0; tries < TRIES_MAX && !rootfs->tree; tries++) {
		g_autofree char *path = NULL;
		autofd int entry_fd = open_entry(image, cache_path, shift, &path, error);

		if (entry_fd < 0 || !try_entry(image, entry_fd, shift, rootfs, &added, error)) {
			g_prefix_error(error, "%s: ", quoted);
			return NULL;
		}
		g_free(rootfs->path);
		rootfs->path = g_build_filename(path, "root", NULL);
	}
	if (!rootfs->tree) {
		error_set(error, THRESH_ERROR_INPUT,
			  "%s: the cache entry is removed again and again", quoted);
		return NULL;
	}
	if (added)
		cache_added(cache_path);
	return g_steal_pointer(&rootfs);
}

struct rootfs *rootfs_unpack(const struct image *image, const char *cache_path,
			     const struct owner_shift *shift, GError **error)
{
	return unpack_cached(image, cache_path, shift, false, error);
}

struct rootfs *rootfs_unpack_early(const struct image *image, const char *cache_path,
				   const struct owner_shift *shift, GError **error)
{
	return unpack_cached(image, cache_path, shift, true, error);
}

struct rootfs *rootfs_unpack_to(const struct image *image, const char *path,
				const struct owner_shift *shift, GError **error)
{
	autorootfs struct rootfs *rootfs = g_new0(struct rootfs, 1);
	autofd int root_fd = -1;

	rootfs->lock_fd = -1;
	rootfs->path = g_canonicalize_filename(path, NULL);
	if (mkdir(path, 0700) < 0) {
		error_set_errno(error, THRESH_ERROR_INPUT, errno, "%s", path);
		return NULL;
	}
	root_fd = open_directory(AT_FDCWD, path, error);
	rootfs->tree = root_fd >= 0 ? rootfs_apply(image, root_fd, shift, error) : NULL;
	if (!rootfs->tree) {
		g_autofree char *quoted = error_quote(image->reference);

		g_prefix_error(error, "%s: ", quoted);
		fd_remove_tree(AT_FDCWD, path, NULL);
		return NULL;
	}
	rootfs->tree->root_fd = fd_steal(&root_fd);
	return g_steal_pointer(&rootfs);
}
