/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/given.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TIMEOUT_MS = 60000 };

/* The rest runs in a process that has entered the sandbox: its root is the image's. */

static bool make_parents(const char *path, GError **error)
{
	g_autofree char *parent = path_parent(path);

	return access(parent, F_OK) == 0 || fd_make_directories(AT_FDCWD, parent, 0755, error);
}

static bool make_file(const struct start_given *given, GError **error)
{
	gsize size;
	const void *data = g_bytes_get_data(given->content, &size);
	autofd int fd = fd_open(AT_FDCWD, given->path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW,
				0600, error);

	return fd >= 0 && fd_write_all(fd, data, size, error);
}

static bool make(const struct start_given *given, GError **error)
{
	if (!make_parents(given->path, error))
		return false;
	if (given->content ? !make_file(given, error)
			   : mkdir(given->path, 0700) < 0 && errno != EEXIST)
		return error && *error ? false
				       : error_set_errno(error, THRESH_ERROR_INPUT, errno, "%s",
							 given->path);
	/* With one id inside there is nobody else to own it. */
	if (chown(given->path, given->uid, given->gid) < 0 && errno != EPERM && errno != EINVAL)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "%s", given->path);
	return chmod(given->path, given->mode) == 0 ||
	       error_set_errno(error, THRESH_ERROR_INPUT, errno, "%s", given->path);
}

static bool take_away(const char *path, bool *ret_was_there, GError **error)
{
	g_autofree char *parent = path_parent(path);
	autofd int fd = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat status;

	*ret_was_there = fd >= 0 && fstatat(fd, path_name(path), &status, AT_SYMLINK_NOFOLLOW) == 0;
	return !*ret_was_there || fd_remove_tree(fd, path_name(path), error);
}

/* What is put in, and what is taken away. */
struct given {
	const GPtrArray *files;
	const GPtrArray *absent;
};

static bool apply(const struct given *given, bool *ret_all_there, GError **error)
{
	*ret_all_there = true;
	for (guint i = 0; given->absent && i < given->absent->len; i++) {
		bool there;

		if (!take_away(given->absent->pdata[i], &there, error))
			return false;
		*ret_all_there = *ret_all_there && there;
	}
	for (guint i = 0; given->files && i < given->files->len; i++) {
		if (!make(given->files->pdata[i], error))
			return false;
	}
	return true;
}

/* Says on standard output where something to take away was not there. */
static int apply_inside(int output_fd, void *user)
{
	g_autoptr(GError) error = NULL;
	bool all_there;

	if (!apply(user, &all_there, &error)) {
		dprintf(output_fd, "%s\n", error->message);
		return 1;
	}
	if (!all_there)
		dprintf(output_fd, "missing\n");
	return 0;
}

bool given_apply(struct sandbox *sandbox, const struct start_scenario *scenario, bool first,
		 bool last, bool *ret_missed, GError **error)
{
	g_autoptr(GBytes) answer = NULL;
	struct given given = {.files = first ? scenario->files : NULL,
			      .absent = last ? scenario->absent : NULL};

	*ret_missed = false;
	if (!given.files && !given.absent)
		return true;
	answer = sandbox_call(sandbox, true, apply_inside, &given, 4096, TIMEOUT_MS, error);
	if (!answer)
		g_prefix_error(error, "the scenario's files: ");
	*ret_missed = answer && g_bytes_get_size(answer) > 0;
	return answer != NULL;
}
