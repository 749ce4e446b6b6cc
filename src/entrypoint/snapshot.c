/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/snapshot.h"

#include "base/fd.h"
#include "base/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINKS_MAX = 40 }; /* path_resolution(7) */

static int open_path(const struct snapshot_reader *reader, const char *path, int flags)
{
	const char *relative = path + strspn(path, "/");

	return fd_open_in_root(reader->root_fd, *relative ? relative : ".", O_PATH | flags, 0,
			       NULL);
}

/* Opens a file again that is held by an O_PATH descriptor. */
static int reopen(int fd, int flags)
{
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);

	return open(path, flags | O_CLOEXEC | O_NONBLOCK);
}

static GBytes *read_link(int fd, const char *name)
{
	char target[PATH_MAX_BYTES];
	ssize_t n = readlinkat(fd, name, target, sizeof(target));

	return n < 0 ? NULL : g_bytes_new(target, (gsize)n);
}

static GBytes *read_content(int fd)
{
	autofd int in = reopen(fd, O_RDONLY);

	return in < 0 ? NULL : fd_read_all(in, SNAPSHOT_MAX_BYTES, "", NULL);
}

static enum snapshot_type type_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return SNAPSHOT_DIRECTORY;
	case S_IFREG:
		return SNAPSHOT_FILE;
	case S_IFLNK:
		return SNAPSHOT_SYMLINK;
	default:
		return SNAPSHOT_OTHER;
	}
}

void snapshot_take(const struct snapshot_reader *reader, const char *path, bool content,
		   struct snapshot *ret_snapshot)
{
	autofd int fd = open_path(reader, path, O_NOFOLLOW);
	struct snapshot snapshot = {.type = SNAPSHOT_ABSENT};
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0) {
		snapshot.type = type_of(st.st_mode);
		snapshot.mode = st.st_mode & 07777;
		snapshot.uid = ids_uid(reader->ids, st.st_uid);
		snapshot.gid = ids_gid(reader->ids, st.st_gid);
	}
	if (snapshot.type == SNAPSHOT_SYMLINK) {
		snapshot.mode = 0777;
		snapshot.content = read_link(fd, "");
		if (!snapshot.content)
			snapshot.type = SNAPSHOT_ABSENT;
	}
	if (snapshot.type == SNAPSHOT_FILE) {
		snapshot.size_bytes = (uint64_t)st.st_size;
		if (content && snapshot.size_bytes <= SNAPSHOT_MAX_BYTES)
			snapshot.content = read_content(fd);
	}
	*ret_snapshot = snapshot;
}

void snapshot_clear(struct snapshot *snapshot)
{
	g_clear_pointer(&snapshot->content, g_bytes_unref);
}

bool snapshot_same_content(const struct snapshot *a, const struct snapshot *b)
{
	return a->content && b->content && g_bytes_equal(a->content, b->content);
}

bool snapshot_equal(const struct snapshot *a, const struct snapshot *b)
{
	if (a->type != b->type)
		return false;
	if (a->type == SNAPSHOT_ABSENT)
		return true;
	if (a->mode != b->mode || a->uid != b->uid || a->gid != b->gid)
		return false;
	return (a->type != SNAPSHOT_FILE && a->type != SNAPSHOT_SYMLINK) ||
	       snapshot_same_content(a, b);
}

/* The path that an O_PATH descriptor has inside. */
static char *path_of(const struct snapshot_reader *reader, int fd)
{
	g_autofree char *name = g_strdup_printf("/proc/self/fd/%d", fd);
	g_autofree char *root_name = g_strdup_printf("/proc/self/fd/%d", reader->root_fd);
	char path[PATH_MAX_BYTES + 1], root[PATH_MAX_BYTES + 1];
	ssize_t n = readlink(name, path, sizeof(path) - 1);
	ssize_t root_bytes = readlink(root_name, root, sizeof(root) - 1);

	if (n <= 0 || root_bytes <= 0 || path[0] != '/')
		return NULL;
	path[n] = root[root_bytes] = '\0';
	if (!path_is_below(path, root))
		return NULL;
	return path_clean(NULL, strcmp(root, "/") == 0 ? path : path + root_bytes);
}

/* The path of the directory that @path names, and the name behind it: NULL for a path that ends in
 * ".", ".." or "/". */
static char *directory_of(const struct snapshot_reader *reader, const char *path,
			  const char **ret_name, int *ret_fd)
{
	const char *slash = strrchr(path, '/');
	g_autofree char *directory = g_strndup(path, (gsize)(slash - path + 1));

	*ret_name = slash + 1;
	if (!**ret_name || strcmp(*ret_name, ".") == 0 || strcmp(*ret_name, "..") == 0)
		return NULL;
	*ret_fd = open_path(reader, directory, O_DIRECTORY);
	return *ret_fd < 0 ? NULL : path_of(reader, *ret_fd);
}

static char *trim_slashes(const char *base, const char *path)
{
	char *full = path[0] == '/' ? g_strdup(path) : g_strconcat(base, "/", path, NULL);

	for (size_t n = strlen(full); n > 1 && full[n - 1] == '/'; n--)
		full[n - 1] = '\0';
	return full;
}

char *snapshot_resolve(const struct snapshot_reader *reader, const char *base, const char *path,
		       bool follow)
{
	g_autofree char *full = trim_slashes(base, path);

	for (int i = 0; i < LINKS_MAX; i++) {
		g_autofree char *directory = NULL, *target = NULL;
		g_autoptr(GBytes) link = NULL;
		const char *name;
		autofd int fd = open_path(reader, full, follow ? 0 : O_NOFOLLOW), parent = -1;

		if (fd >= 0)
			return path_of(reader, fd);
		directory = directory_of(reader, full, &name, &parent);
		if (!directory)
			return NULL;
		link = follow ? read_link(parent, name) : NULL;
		if (!link)
			return path_join(directory, name);
		target = g_strndup(g_bytes_get_data(link, NULL), g_bytes_get_size(link));
		g_free(full);
		full = trim_slashes(directory, target);
	}
	return NULL;
}

GPtrArray *snapshot_list(const struct snapshot_reader *reader, const char *path, guint max)
{
	autofd int held = open_path(reader, path, O_NOFOLLOW | O_DIRECTORY);
	int fd = held < 0 ? -1 : reopen(held, O_RDONLY | O_DIRECTORY);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	GPtrArray *names;
	struct dirent *entry;

	if (!directory)
		return NULL;
	names = g_ptr_array_new_with_free_func(g_free);
	while (names->len < max && (entry = readdir(directory))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			g_ptr_array_add(names, g_strdup(entry->d_name));
	}
	closedir(directory);
	return names;
}
