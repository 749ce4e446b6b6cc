/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/idmap.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAP_MAX_BYTES = 1 << 16 };

GArray *idmap_read(const char *path, GError **error)
{
	autofd int fd = fd_open(AT_FDCWD, path, O_RDONLY, 0, error);
	g_autoptr(GBytes) bytes = fd < 0 ? NULL : fd_read_all(fd, MAP_MAX_BYTES, path, error);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	GArray *map;

	if (!bytes)
		return NULL;
	if (g_bytes_get_size(bytes) == 0) /* no map has been written: no id is mapped */
		return g_array_new(FALSE, FALSE, sizeof(struct id_extent));
	text = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
	lines = g_strsplit(text, "\n", -1);
	map = g_array_new(FALSE, FALSE, sizeof(struct id_extent));
	for (char **line = lines; *line; line++) {
		struct id_extent extent;

		if (sscanf(*line, "%u %u %u", &extent.inside, &extent.outside, &extent.count) == 3)
			g_array_append_val(map, extent);
	}
	return map;
}

static bool write_control(pid_t pid, const char *name, const char *text, GError **error)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/%s", (int)pid, name);
	autofd int fd = open(path, O_WRONLY | O_CLOEXEC);

	/* A map is taken in one write or not at all. */
	if (fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text))
		return true;
	return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "sandbox: write %s", name);
}

bool idmap_write(pid_t pid, const char *name, const struct id_extent *extents, size_t count,
		 GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (size_t i = 0; i < count; i++)
		g_string_append_printf(text, "%u %u %u\n", extents[i].inside, extents[i].outside,
				       extents[i].count);
	return write_control(pid, name, text->str, error);
}

bool idmap_write_identity(pid_t pid, const char *name)
{
	g_autofree char *path = g_strdup_printf("/proc/self/%s", name);
	g_autoptr(GArray) map = idmap_read(path, NULL);

	if (!map)
		return false;
	for (guint i = 0; i < map->len; i++) {
		struct id_extent *extent = &g_array_index(map, struct id_extent, i);

		extent->outside = extent->inside;
	}
	return idmap_write(pid, name, (const struct id_extent *)map->data, map->len, NULL);
}

bool idmap_deny_setgroups(pid_t pid, GError **error)
{
	return write_control(pid, "setgroups", "deny", error);
}

static size_t add_extent(struct id_extent *extents, size_t n, uint32_t disk, uint32_t shown,
			 uint32_t count)
{
	if (count == 0)
		return n;
	extents[n] = (struct id_extent){disk, shown, count};
	return n + 1;
}

size_t idmap_swap(uint32_t base, uint32_t count, uint32_t owner, uint32_t shown,
		  struct id_extent extents[static IDMAP_SWAP_MAX])
{
	uint32_t low = MIN(owner, shown), high = MAX(owner, shown);
	size_t n = 0;

	if (owner == shown || shown >= count)
		return add_extent(extents, 0, 0, base, count);
	if (owner >= count) { /* the owner alone comes from outside the range */
		n = add_extent(extents, n, 0, base, shown);
		n = add_extent(extents, n, shown + 1, base + shown + 1, count - shown - 1);
		return add_extent(extents, n, owner, base + shown, 1);
	}
	n = add_extent(extents, n, 0, base, low);
	n = add_extent(extents, n, low, base + high, 1);
	n = add_extent(extents, n, low + 1, base + low + 1, high - low - 1);
	n = add_extent(extents, n, high, base + low, 1);
	return add_extent(extents, n, high + 1, base + high + 1, count - high - 1);
}

/* A child in a new user namespace that waits to be killed; answers when it is in there. */
static pid_t start_namespace_child(void)
{
	int ready[2];
	char byte = 1;
	pid_t child;

	if (pipe2(ready, O_CLOEXEC) < 0)
		return -1;
	child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		byte = unshare(CLONE_NEWUSER) == 0 ? 0 : 1;
		if (write(ready[1], &byte, 1) != 1)
			_exit(1);
		close(ready[0]);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (child > 0 && (read(ready[0], &byte, 1) != 1 || byte != 0)) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		child = -1;
		errno = EPERM;
	}
	close(ready[0]);
	return child;
}

int idmap_open_namespace(const struct id_extent *uids, size_t uid_count,
			 const struct id_extent *gids, size_t gid_count, GError **error)
{
	pid_t child = start_namespace_child();
	g_autofree char *path = g_strdup_printf("/proc/%d/ns/user", (int)child);
	int fd = -1;

	if (child < 0) {
		error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "sandbox: id map");
		return -1;
	}
	if (idmap_write(child, "uid_map", uids, uid_count, error) &&
	    idmap_write(child, "gid_map", gids, gid_count, error))
		fd = fd_open(AT_FDCWD, path, O_RDONLY, 0, error);
	kill(child, SIGKILL);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		continue;
	return fd;
}
