/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The holder's mounts, in two halves: what needs the host's file system (a visible /proc, the
 * device nodes, detached mounts made by thresh) is prepared first; then the root changes, the
 * host's file system goes, and everything is put in its place by paths that can only mean the
 * image's own.
 */
#include "sandbox/internal.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "sandbox/copy.h"
#include "sandbox/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { INODE_BYTES = 4096 }; /* one inode for each page of scratch: bounds empty files too */

static const char *const devices[] = {"null", "zero", "full", "random", "urandom", "tty"};

struct stage {
	const char *base; /* where our first tmpfs lies until the root changes */
	int devices[G_N_ELEMENTS(devices)];
	int proc, sys, dev, pts, shm, mqueue;
	int *mounts; /* one a plan->mounts */
};

static const char *const base_candidates[] = {"/tmp", "/var/tmp", "/run", "/mnt", "/dev", "/proc"};

static const char *pick_base(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(base_candidates); i++) {
		struct stat st;

		if (lstat(base_candidates[i], &st) == 0 && S_ISDIR(st.st_mode))
			return base_candidates[i];
	}
	return NULL;
}

static bool place_new(int fd, const char *path, GError **error)
{
	autofd int mount_fd = fd;

	if (mount_fd < 0)
		return false;
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "%s", path);
	return mount_place(mount_fd, path, error);
}

static int new_tmpfs(uint64_t size_bytes, uint32_t mode, uint32_t uid, uint32_t gid,
		     unsigned attributes, GError **error)
{
	char size[32], inodes[32], mode_text[16], uid_text[16], gid_text[16];
	struct mount_option options[6] = {
		{"mode", mode_text}, {"uid", uid_text}, {"gid", gid_text}};

	snprintf(mode_text, sizeof(mode_text), "%o", mode);
	snprintf(uid_text, sizeof(uid_text), "%u", uid);
	snprintf(gid_text, sizeof(gid_text), "%u", gid);
	if (size_bytes > 0) {
		snprintf(size, sizeof(size), "%" G_GUINT64_FORMAT, size_bytes);
		snprintf(inodes, sizeof(inodes), "%" G_GUINT64_FORMAT,
			 MAX(size_bytes / INODE_BYTES, (uint64_t)1024));
		options[3] = (struct mount_option){"size", size};
		options[4] = (struct mount_option){"nr_inodes", inodes};
	}
	return mount_new("tmpfs", options, attributes, error);
}

/* An overlay of @lower with @name's own upper and work directories in the scratch. */
static int new_overlay(const char *base, const char *lower, const char *name, GError **error)
{
	g_autofree char *upper = g_strdup_printf("%s/scratch/%s-upper", base, name);
	g_autofree char *work = g_strdup_printf("%s/scratch/%s-work", base, name);
	const struct mount_option options[] = {
		{"source", "overlay"}, {"lowerdir", lower}, {"upperdir", upper},
		{"workdir", work},     {"userxattr", NULL}, {NULL},
	};
	struct stat st;

	/* The merged root shows the upper directory's attributes. */
	if (stat(lower, &st) < 0 || mkdir(upper, 0700) < 0 || mkdir(work, 0700) < 0) {
		error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "%s", name);
		return -1;
	}
	if (chown(upper, st.st_uid, st.st_gid) < 0 && errno != EINVAL && errno != EPERM) {
		error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "%s", upper);
		return -1;
	}
	if (chmod(upper, st.st_mode & 07777) < 0) {
		error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "%s", upper);
		return -1;
	}
	return mount_new("overlay", options, MOUNT_ATTR_NODEV, error);
}

static bool stage_root(struct holder_plan *plan, struct stage *stage, int *ret_upper_fd,
		       GError **error)
{
	g_autofree char *lower = path_join(stage->base, "lower");
	g_autofree char *scratch = path_join(stage->base, "scratch");
	g_autofree char *root = path_join(stage->base, "root");
	g_autofree char *upper = path_join(scratch, "root-upper");

	if (!place_new(new_tmpfs(0, 0755, plan->sandbox->single_uid, plan->sandbox->single_gid,
				 MOUNT_ATTR_NODEV, error),
		       stage->base, error) ||
	    !place_new(new_tmpfs(plan->scratch_bytes, 0755, plan->sandbox->single_uid,
				 plan->sandbox->single_gid, MOUNT_ATTR_NODEV, error),
		       scratch, error) ||
	    !place_new(fd_steal(&plan->root_tree_fd), lower, error) ||
	    !place_new(new_overlay(stage->base, lower, "root", error), root, error))
		return false;
	*ret_upper_fd = fd_open(AT_FDCWD, upper, O_PATH | O_DIRECTORY, 0, error);
	return *ret_upper_fd >= 0;
}

/* /proc of the outer pid namespace. It stays mounted in the holder's view, since the kernel lets a
 * user namespace mount a fresh one only where a whole one can be seen (mnt_already_visible). */
static int new_proc(GError **error)
{
	const struct mount_option none[] = {{NULL}};
	g_autoptr(GError) why = NULL;
	int fd = mount_new("proc", none, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
			   &why);

	if (fd < 0)
		error_set(error, THRESH_ERROR_INTERNAL,
			  "/proc cannot be mounted (%s): thresh runs in a container whose "
			  "/proc is masked; start that with --security-opt systempaths=unconfined, "
			  "or "
			  "procMount: Unmasked",
			  why->message);
	return fd;
}

/* A real sysfs where the network namespace is ours, else an empty directory. */
static int new_sys(const struct holder_plan *plan, GError **error)
{
	const unsigned attributes =
		MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	const struct mount_option none[] = {{NULL}};
	int fd = -1;

	if (plan->spec->network == NETWORK_LOOPBACK)
		fd = mount_new("sysfs", none, attributes, NULL);
	if (fd < 0)
		fd = new_tmpfs(4096, 0755, plan->sandbox->single_uid, plan->sandbox->single_gid,
			       attributes, error);
	return fd;
}

static int new_pts(const struct holder_plan *plan, GError **error)
{
	const struct mount_option with_tty[] = {
		{"ptmxmode", "0666"}, {"mode", "0620"}, {"gid", "5"}, {NULL}};
	const struct mount_option without[] = {{"ptmxmode", "0666"}, {"mode", "0620"}, {NULL}};
	bool tty = plan->sandbox->mode != IDENTITY_SINGLE && plan->sandbox->shift.count > 5;

	return mount_new("devpts", tty ? with_tty : without, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
			 error);
}

static bool stage_system(struct holder_plan *plan, struct stage *stage, GError **error)
{
	const unsigned plain = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	const struct mount_option none[] = {{NULL}};
	uint32_t uid = plan->sandbox->single_uid, gid = plan->sandbox->single_gid;

	stage->proc = new_proc(error);
	if (stage->proc < 0)
		return false;
	stage->sys = new_sys(plan, error);
	stage->dev = stage->sys < 0 ? -1
				    : new_tmpfs(1 << 20, 0755, uid, gid,
						MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, error);
	stage->pts = stage->dev < 0 ? -1 : new_pts(plan, error);
	stage->shm = stage->pts < 0 ? -1 : new_tmpfs(64 << 20, 01777, uid, gid, plain, error);
	stage->mqueue = mount_new("mqueue", none, plain, NULL); /* a kernel may lack it */
	for (size_t i = 0; stage->shm >= 0 && i < G_N_ELEMENTS(devices); i++) {
		g_autofree char *path = path_join("/dev", devices[i]);

		stage->devices[i] = mount_copy(AT_FDCWD, path, false, NULL);
		if (stage->devices[i] < 0 && i < 5)
			return error_set(error, THRESH_ERROR_INTERNAL, "%s: not on this host",
					 path);
	}
	return stage->shm >= 0;
}

/* With one mapped id every file is its own already. */
static bool give_bytes(const struct holder_plan *plan, int fd, const struct sandbox_mount *mount,
		       GError **error)
{
	if (plan->sandbox->mode != IDENTITY_SINGLE && fchown(fd, mount->uid, mount->gid) < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "owner %u:%u",
				       mount->uid, mount->gid);
	if (fchmod(fd, mount->mode ? mount->mode : 0644) < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "mode");
	return true;
}

static int stage_bytes(const struct holder_plan *plan, const struct stage *stage, size_t i,
		       GError **error)
{
	const struct sandbox_mount *mount = plan->mounts[i].mount;
	g_autofree char *path = g_strdup_printf("%s/bytes-%zu", stage->base, i);
	autofd int fd = fd_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, 0600, error);
	autofd int tree = -1;
	gsize size;
	const void *data = g_bytes_get_data(mount->bytes, &size);

	if (fd < 0 || !fd_write_all(fd, data, size, error) || !give_bytes(plan, fd, mount, error))
		return -1;
	tree = mount_copy(AT_FDCWD, path, false, error);
	if (tree < 0 ||
	    !mount_set(tree,
		       MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
		       false, error))
		return -1;
	return fd_steal(&tree);
}

/* A host directory behind an overlay: what is written lands in the scratch. */
static int stage_throw_away(const struct stage *stage, size_t i, int *tree_fd, GError **error)
{
	g_autofree char *name = g_strdup_printf("bind-%zu", i);
	g_autofree char *lower = path_join(stage->base, name);

	if (!place_new(fd_steal(tree_fd), lower, error))
		return -1;
	return new_overlay(stage->base, lower, name, error);
}

static int stage_mount(struct holder_plan *plan, const struct stage *stage, size_t i,
		       GError **error)
{
	const struct sandbox_mount *mount = plan->mounts[i].mount;
	unsigned attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
			      (mount->exec ? 0 : MOUNT_ATTR_NOEXEC) |
			      (mount->read_only ? MOUNT_ATTR_RDONLY : 0);
	bool single = plan->sandbox->mode == IDENTITY_SINGLE;
	autofd int fd = -1;

	switch (mount->kind) {
	case MOUNT_TMPFS:
		return new_tmpfs(mount->size_bytes, mount->mode,
				 single ? plan->sandbox->single_uid : mount->uid,
				 single ? plan->sandbox->single_gid : mount->gid,
				 attributes & ~(unsigned)MOUNT_ATTR_RDONLY, error);
	case MOUNT_BYTES:
		return stage_bytes(plan, stage, i, error);
	case MOUNT_BIND:
		break;
	}
	if (mount->throw_away && plan->mounts[i].directory)
		fd = stage_throw_away(stage, i, &plan->mounts[i].tree_fd, error);
	else
		fd = fd_steal(&plan->mounts[i].tree_fd);
	if (fd < 0 || !mount_set(fd, attributes, true, error))
		return -1;
	return fd_steal(&fd);
}

static bool stage_mounts(struct holder_plan *plan, struct stage *stage, GError **error)
{
	stage->mounts = g_new(int, plan->mount_count + 1);
	for (size_t i = 0; i < plan->mount_count; i++) {
		stage->mounts[i] = stage_mount(plan, stage, i, error);
		if (stage->mounts[i] < 0) {
			g_prefix_error(error, "%s: ", plan->mounts[i].mount->path);
			return false;
		}
	}
	return true;
}

/* From here on nothing of the host's file system can be named. */
static bool change_root(const struct stage *stage, GError **error)
{
	g_autofree char *root = path_join(stage->base, "root");

	if (chdir(root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "pivot_root");
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno,
				       "leave the host's root");
	return true;
}

/* Makes the mount point where it is missing, of the kind that is wanted. */
static bool make_point(const char *path, bool directory, GError **error)
{
	g_autofree char *parent = path_parent(path);
	struct stat st;

	if (stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode) == directory)
			return true;
		return error_set(error, THRESH_ERROR_INPUT, "%s: %s in the image", path,
				 directory ? "not a directory" : "a directory");
	}
	if (directory)
		return fd_make_directories(AT_FDCWD, path, 0755, error);
	if (!fd_make_directories(AT_FDCWD, parent, 0755, error))
		return false;
	autofd int fd = fd_open(AT_FDCWD, path, O_WRONLY | O_CREAT, 0644, error);
	return fd >= 0;
}

static bool place(int fd, const char *path, bool directory, GError **error)
{
	autofd int mount_fd = fd;

	return make_point(path, directory, error) && mount_place(mount_fd, path, error);
}

static bool place_devices(const struct stage *stage, GError **error)
{
	static const char *const links[][2] = {
		{"/proc/self/fd", "/dev/fd"},       {"/proc/self/fd/0", "/dev/stdin"},
		{"/proc/self/fd/1", "/dev/stdout"}, {"/proc/self/fd/2", "/dev/stderr"},
		{"pts/ptmx", "/dev/ptmx"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(devices); i++) {
		g_autofree char *path = path_join("/dev", devices[i]);

		if (stage->devices[i] >= 0 && !place(stage->devices[i], path, false, error))
			return false;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(links); i++) {
		if (symlink(links[i][0], links[i][1]) < 0)
			return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "%s",
					       links[i][1]);
	}
	return true;
}

/* A symlink in the place of /proc or /dev would put ours elsewhere. */
static bool clear_point(const char *path, GError **error)
{
	struct stat st;

	if (lstat(path, &st) < 0 || S_ISDIR(st.st_mode) || unlink(path) == 0)
		return true;
	return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "%s", path);
}

static bool place_system(const struct stage *stage, GError **error)
{
	if (!clear_point("/proc", error) || !clear_point("/sys", error) ||
	    !clear_point("/dev", error))
		return false;
	if (!place(stage->proc, "/proc", true, error) || !place(stage->sys, "/sys", true, error) ||
	    !place(stage->dev, "/dev", true, error) || !place_devices(stage, error) ||
	    !place(stage->pts, "/dev/pts", true, error) ||
	    !place(stage->shm, "/dev/shm", true, error))
		return false;
	return stage->mqueue < 0 || place(stage->mqueue, "/dev/mqueue", true, error);
}

static bool place_mount(const struct mount_plan *mount_plan, int fd, GError **error)
{
	const struct sandbox_mount *mount = mount_plan->mount;
	autofd int mount_fd = fd;
	autofd int below = -1;

	if (!make_point(mount->path, mount_plan->directory, error))
		return false;
	if (mount->kind == MOUNT_TMPFS && mount->copy_up) {
		below = fd_open(AT_FDCWD, mount->path, O_RDONLY | O_DIRECTORY, 0, error);
		if (below < 0 || !copy_tree(below, mount_fd, &copy_as_is, error))
			return false;
	}
	return mount_place(mount_fd, mount->path, error);
}

static bool seal_root(const struct holder_plan *plan, GError **error)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_NODEV};

	if (plan->spec->read_only)
		attr.attr_set |= MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID;
	if (mount_setattr(AT_FDCWD, "/", 0, &attr, sizeof(attr)) < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "root attributes");
	return true;
}

bool holder_mount(struct holder_plan *plan, int *ret_upper_fd, GError **error)
{
	struct stage stage = {.base = pick_base()};
	bool ok = true;

	if (!stage.base)
		return error_set(error, THRESH_ERROR_INTERNAL, "no directory to mount on");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "make mounts private");
	if (!stage_root(plan, &stage, ret_upper_fd, error) || !stage_system(plan, &stage, error) ||
	    !stage_mounts(plan, &stage, error) || !change_root(&stage, error) ||
	    !place_system(&stage, error))
		return false;
	for (size_t i = 0; ok && i < plan->mount_count; i++) {
		ok = place_mount(&plan->mounts[i], stage.mounts[i], error);
		if (!ok)
			g_prefix_error(error, "%s: ", plan->mounts[i].mount->path);
	}
	g_free(stage.mounts);
	return ok && seal_root(plan, error);
}
