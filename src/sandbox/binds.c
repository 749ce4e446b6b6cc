/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/binds.h"

#include "base/error.h"
#include "base/fd.h"
#include "sandbox/copy.h"
#include "sandbox/idmap.h"
#include "sandbox/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

int tree_copy(const char *path, GError **error)
{
	return mount_copy(AT_FDCWD, path, false, error);
}

/* The namespace whose map turns owners on disk into owners inside: shifted into the sandbox's
 * range, and where the source belongs to the caller and @mount->owned, the caller's id becomes the
 * mount's. */
static int open_id_map(const struct sandbox *sandbox, const struct sandbox_mount *mount,
		       const struct stat *st)
{
	const struct owner_shift *shift = &sandbox->shift;
	struct id_extent uids[IDMAP_SWAP_MAX], gids[IDMAP_SWAP_MAX];
	uid_t owner = mount->owned && st->st_uid == geteuid() ? st->st_uid : mount->uid;
	gid_t group = mount->owned && st->st_uid == geteuid() ? st->st_gid : mount->gid;
	size_t uid_count = idmap_swap(shift->uid_base, shift->count, owner, mount->uid, uids);
	size_t gid_count = idmap_swap(shift->gid_base, shift->count, group, mount->gid, gids);

	return idmap_open_namespace(uids, uid_count, gids, gid_count, NULL);
}

static bool map_ids(const struct sandbox *sandbox, const struct sandbox_mount *mount,
		    const struct stat *st, int tree_fd)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP};
	autofd int map_fd = sandbox->mode == IDENTITY_RANGE ? open_id_map(sandbox, mount, st) : -1;

	attr.userns_fd = (uint64_t)map_fd;
	return map_fd >= 0 && mount_setattr(tree_fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) == 0;
}

/* Where owners cannot be mapped and the host's data may not change anyway: a copy in memory. */
static int copy_to_memory(const struct sandbox *sandbox, const struct sandbox_mount *mount,
			  int tree_fd, GError **error)
{
	const struct mount_option options[] = {{"mode", "0755"}, {NULL}};
	const struct copy_owner owner = {
		.set = sandbox->mode == IDENTITY_RANGE,
		.uid = sandbox->shift.uid_base + mount->uid,
		.gid = sandbox->shift.gid_base + mount->gid,
	};
	autofd int from = fd_open(tree_fd, ".", O_RDONLY | O_DIRECTORY, 0, error);
	autofd int memory = from < 0 ? -1 : mount_new("tmpfs", options, MOUNT_ATTR_NODEV, error);

	if (memory < 0 || !copy_tree(from, memory, &owner, error))
		return -1;
	return fd_steal(&memory);
}

static bool set_owner(const struct sandbox *sandbox, struct mount_plan *plan, const struct stat *st,
		      GError **error)
{
	const struct sandbox_mount *mount = plan->mount;
	int copy;

	/* One mapped id, or real ids: owners are what they are. */
	if (sandbox->mode != IDENTITY_RANGE || map_ids(sandbox, mount, st, plan->tree_fd))
		return true;
	if (!mount->owned || st->st_uid == sandbox->shift.uid_base + mount->uid)
		return true;
	if (!mount->throw_away || !plan->directory)
		return error_set(
			error, THRESH_ERROR_INPUT,
			"its files cannot be shown as user %u: id-mapped mounts need root and "
			"a file system that supports them; run as root, or give the directory "
			"to id %u (podman unshare chown %u)",
			mount->uid, sandbox->shift.uid_base + mount->uid, mount->uid);
	copy = copy_to_memory(sandbox, mount, plan->tree_fd, error);
	if (copy < 0)
		return false;
	fd_cleanup(&plan->tree_fd);
	plan->tree_fd = copy;
	return true;
}

bool bind_prepare(const struct sandbox *sandbox, struct mount_plan *plan, GError **error)
{
	const char *source = plan->mount->source;
	struct stat st;

	plan->tree_fd = mount_copy(AT_FDCWD, source, true, error);
	if (plan->tree_fd < 0)
		return false;
	if (fstat(plan->tree_fd, &st) < 0)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "%s", source);
	plan->directory = S_ISDIR(st.st_mode);
	if (!plan->directory && !S_ISREG(st.st_mode) && !S_ISSOCK(st.st_mode))
		return error_set(error, THRESH_ERROR_INPUT,
				 "%s: neither a directory, a file nor a socket", source);
	if (!set_owner(sandbox, plan, &st, error)) {
		g_prefix_error(error, "%s: ", source);
		return false;
	}
	return true;
}
