/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/mounts.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

/* The kernel writes why it refuses to the context's log: "e overlay: …". */
static void append_log(int context, GError **error)
{
	char line[512];
	ssize_t n = read(context, line, sizeof(line) - 1);

	if (n <= 2 || !error || !*error)
		return;
	line[n] = '\0';
	g_strchomp(line);
	g_autofree char *quoted = error_quote(line + 2);
	char *message = g_strdup_printf("%s (%s)", (*error)->message, quoted);

	g_free((*error)->message);
	(*error)->message = message;
}

static bool configure(int context, const struct mount_option *options)
{
	for (; options->name; options++) {
		int command = options->value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;

		if (fsconfig(context, command, options->name, options->value, 0) < 0)
			return false;
	}
	return fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0;
}

int mount_new(const char *type, const struct mount_option *options, unsigned attributes,
	      GError **error)
{
	autofd int context = fsopen(type, FSOPEN_CLOEXEC);
	int fd = -1;

	if (context >= 0 && configure(context, options))
		fd = fsmount(context, FSMOUNT_CLOEXEC, attributes);
	if (fd < 0) {
		error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "mount %s", type);
		if (context >= 0)
			append_log(context, error);
	}
	return fd;
}

int mount_copy(int dir_fd, const char *path, bool recursive, GError **error)
{
	unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH;
	int fd = open_tree(dir_fd, path, flags | (recursive ? AT_RECURSIVE : 0));

	if (fd < 0) {
		g_autofree char *quoted = error_quote(path);

		error_set_errno(error, THRESH_ERROR_INPUT, errno, "%s: mount", quoted);
	}
	return fd;
}

bool mount_place(int mount_fd, const char *path, GError **error)
{
	g_autofree char *quoted = NULL;

	if (move_mount(mount_fd, "", AT_FDCWD, path,
		       MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS) == 0)
		return true;
	quoted = error_quote(path);
	return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "%s: mount", quoted);
}

bool mount_set(int mount_fd, uint64_t attributes, bool recursive, GError **error)
{
	struct mount_attr attr = {.attr_set = attributes};

	if (mount_setattr(mount_fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr,
			  sizeof(attr)) == 0)
		return true;
	return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "mount attributes");
}
