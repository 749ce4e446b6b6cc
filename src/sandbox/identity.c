/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/identity.h"

#include "base/error.h"
#include "base/fd.h"
#include "sandbox/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	RANGE_BASE = 0x70000000, /* maps no host user: below 2^31, above every range of useradd */
	RANGE_COUNT = 65536,
	CONTROL_MAX_BYTES = 1 << 20,
};

void identity_clear(struct identity *identity)
{
	g_clear_pointer(&identity->limitation, g_free);
}

static char *read_small(const char *path)
{
	autofd int fd = open(path, O_RDONLY | O_CLOEXEC);
	g_autoptr(GBytes) bytes = fd < 0 ? NULL : fd_read_all(fd, CONTROL_MAX_BYTES, path, NULL);
	gsize size = 0;
	const char *data = bytes ? g_bytes_get_data(bytes, &size) : NULL;

	return data ? g_strndup(data, size) : NULL;
}

static bool switch_is(const char *path, const char *value)
{
	g_autofree char *text = read_small(path);

	return text && strcmp(g_strstrip(text), value) == 0;
}

/* Whether @map of this process's user namespace has @count ids from @id on. */
static bool is_mapped(const char *map, uint32_t id, uint32_t count)
{
	g_autofree char *path = g_strdup_printf("/proc/self/%s", map);
	g_autoptr(GArray) extents = idmap_read(path, NULL);

	for (guint i = 0; extents && i < extents->len; i++) {
		const struct id_extent *e = &g_array_index(extents, struct id_extent, i);

		if (e->inside <= id && (uint64_t)e->inside + e->count >= (uint64_t)id + count)
			return true;
	}
	return false;
}

/* Why user namespaces are refused, and the way out. */
static char *refusal_reason(int saved_errno)
{
	if (!is_mapped("uid_map", geteuid(), 1) || !is_mapped("gid_map", getegid(), 1))
		return g_strdup(
			"this user namespace does not map the user that runs thresh: make it "
			"with a map (unshare --map-root-user), or start thresh outside");
	if (switch_is("/proc/sys/user/max_user_namespaces", "0"))
		return g_strdup("sysctl user.max_user_namespaces is 0: set it to 10000");
	if (switch_is("/proc/sys/kernel/unprivileged_userns_clone", "0"))
		return g_strdup("sysctl kernel.unprivileged_userns_clone is 0: set it to 1");
	if (switch_is("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"))
		return g_strdup(
			"sysctl kernel.apparmor_restrict_unprivileged_userns is 1: set it to 0, "
			"or give thresh an AppArmor profile with `userns`");
	if (saved_errno == ENOSPC || saved_errno == EUSERS)
		return g_strdup("too many user namespaces, or nested too deep: raise sysctl "
				"user.max_user_namespaces");
	return g_strdup_printf("%s (a seccomp filter or a security module refuses unshare: in a "
			       "container, run with --security-opt seccomp=unconfined)",
			       g_strerror(saved_errno));
}

/* 0 where a user namespace can be made, else the errno. */
static int probe_user_namespace(void)
{
	int status;
	pid_t child = fork();

	if (child == 0)
		_exit(unshare(CLONE_NEWUSER) == 0 ? 0 : errno & 0x7f);
	if (child < 0)
		return errno;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
}

static bool has_sys_admin(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	return syscall(SYS_capget, &header, data) == 0 && data[0].effective & 1u << CAP_SYS_ADMIN;
}

/* A range of @map for an image's ids: the reserved one where it is mapped, else (in a container
 * that has a few ids) the top of what starts at 0, without 0 itself, which is thresh. */
static uint32_t pick_range(const GArray *map, uint32_t *ret_count)
{
	for (guint i = 0; i < map->len; i++) {
		const struct id_extent *e = &g_array_index(map, struct id_extent, i);

		if (e->inside <= RANGE_BASE &&
		    (uint64_t)e->inside + e->count >= (uint64_t)RANGE_BASE + RANGE_COUNT) {
			*ret_count = RANGE_COUNT;
			return RANGE_BASE;
		}
	}
	for (guint i = 0; i < map->len; i++) {
		const struct id_extent *e = &g_array_index(map, struct id_extent, i);

		if (e->inside != 0 || e->count < 2)
			continue;
		*ret_count = MIN(e->count - 1, (uint32_t)RANGE_COUNT);
		return e->count - *ret_count;
	}
	*ret_count = 0;
	return 0;
}

static bool range_for_root(struct owner_shift *shift, GError **error)
{
	g_autoptr(GArray) uids = idmap_read("/proc/self/uid_map", error);
	g_autoptr(GArray) gids = uids ? idmap_read("/proc/self/gid_map", error) : NULL;
	uint32_t uid_count, gid_count;

	if (!gids)
		return false;
	shift->uid_base = pick_range(uids, &uid_count);
	shift->gid_base = pick_range(gids, &gid_count);
	shift->count = MIN(uid_count, gid_count);
	shift->single = shift->count == 0;
	return true;
}

/* The helper that stays outside: does @map for the process @pid once a byte arrives, and exits 0.
 */
typedef int (*map_writer)(pid_t pid, const struct owner_shift *shift);

static pid_t start_helper(map_writer writer, const struct owner_shift *shift, int *ret_go_fd)
{
	pid_t parent = getpid();
	int go[2];
	pid_t child;
	char byte;

	if (pipe2(go, O_CLOEXEC) < 0)
		return -1;
	child = fork();
	if (child == 0) {
		close(go[1]);
		_exit(read(go[0], &byte, 1) == 1 ? writer(parent, shift) : 1);
	}
	close(go[0]);
	if (child < 0)
		close(go[1]);
	else
		*ret_go_fd = go[1];
	return child;
}

static int finish_helper(pid_t helper, int go_fd, bool go)
{
	int status = 0;

	if (go && write(go_fd, "", 1) != 1)
		go = false;
	close(go_fd);
	while (waitpid(helper, &status, 0) < 0 && errno == EINTR)
		continue;
	return go && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int run_map_tool(const char *tool, char *const argv[])
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		dup2(null, 2);
		execvp(tool, argv);
		_exit(127);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* As the user, with the set-uid tools of shadow: the user to itself, the range to itself. */
static int map_by_tools(pid_t pid, const struct owner_shift *shift)
{
	char pid_text[16], own[16], base[16], count[16];
	char *argv[] = {"newuidmap", pid_text, own, own, "1", base, base, count, NULL};

	snprintf(pid_text, sizeof(pid_text), "%d", (int)pid);
	snprintf(count, sizeof(count), "%u", shift->count);
	snprintf(own, sizeof(own), "%u", getuid());
	snprintf(base, sizeof(base), "%u", shift->uid_base);
	if (run_map_tool("newuidmap", argv) != 0)
		return 2;
	argv[0] = "newgidmap";
	snprintf(own, sizeof(own), "%u", getgid());
	snprintf(base, sizeof(base), "%u", shift->gid_base);
	return run_map_tool("newgidmap", argv) == 0 ? 0 : 3;
}

/* Root of a container, without CAP_SYS_ADMIN: all that it has, to itself. */
static int map_everything(pid_t pid, const struct owner_shift *shift)
{
	(void)shift;
	return idmap_write_identity(pid, "uid_map") && idmap_write_identity(pid, "gid_map") ? 0 : 2;
}

static bool map_self_alone(uid_t uid, gid_t gid, GError **error)
{
	const struct id_extent uids = {uid, uid, 1};
	const struct id_extent gids = {gid, gid, 1};

	return idmap_deny_setgroups(getpid(), error) &&
	       idmap_write(getpid(), "uid_map", &uids, 1, error) &&
	       idmap_write(getpid(), "gid_map", &gids, 1, error);
}

/* A user namespace that exists and still grants nothing is AppArmor's way to refuse it. The mount
 * namespace gets the host's mounts, now and later, and gives none back. */
static bool check_capable(GError **error)
{
	g_autofree char *reason = NULL;

	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == 0)
		return true;
	reason = refusal_reason(errno);
	return error_set(error, THRESH_ERROR_INTERNAL,
			 "sandbox: user namespaces grant no privileges here: %s", reason);
}

static bool enter_single(uid_t uid, gid_t gid, const char *why, struct identity *ret_identity,
			 GError **error)
{
	if (!map_self_alone(uid, gid, error) || !check_capable(error))
		return false;
	*ret_identity = (struct identity){
		.mode = IDENTITY_SINGLE,
		.shift = {.single = true, .uid_base = uid, .gid_base = gid, .count = 1},
		.limitation = g_strdup_printf(
			"%s: the sandbox has one user id, so the application starts as the "
			"production user",
			why),
	};
	return true;
}

static bool unshare_namespaces(GError **error)
{
	g_autofree char *reason = NULL;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0)
		return true;
	reason = refusal_reason(errno);
	return error_set(error, THRESH_ERROR_INTERNAL, "sandbox: user namespaces are refused: %s",
			 reason);
}

/* Both namespaces at once, @writer's map from outside; falls back to the one id where nothing has
 * been mapped. */
static bool enter_range(map_writer writer, const struct owner_shift *shift,
			struct identity *ret_identity, GError **error)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int go_fd = -1, result;
	pid_t helper = start_helper(writer, shift, &go_fd);

	if (helper < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "sandbox: fork");
	if (!unshare_namespaces(error)) {
		finish_helper(helper, go_fd, false);
		return false;
	}
	result = finish_helper(helper, go_fd, true);
	if (result == 2)
		return enter_single(uid, gid, "newuidmap failed (package uidmap, /etc/subuid)",
				    ret_identity, error);
	if (result != 0)
		return error_set(error, THRESH_ERROR_INTERNAL,
				 "sandbox: newgidmap failed: check /etc/subgid");
	if (!check_capable(error))
		return false;
	*ret_identity = (struct identity){.mode = IDENTITY_RANGE, .shift = *shift};
	return true;
}

/* Real root (or root of a container) with CAP_SYS_ADMIN enters nothing. */
static bool enter_root(struct identity *ret_identity, GError **error)
{
	struct owner_shift shift = {0};
	uid_t uid = geteuid(); /* behind unshare(2) it is nobody's until the map is written */
	gid_t gid = getegid();
	int refused = probe_user_namespace();

	if (refused == 0 && !range_for_root(&shift, error))
		return false;
	if (refused == 0 && !shift.single && has_sys_admin()) {
		*ret_identity = (struct identity){.mode = IDENTITY_RANGE, .shift = shift};
		return true;
	}
	if (refused == 0 && !shift.single)
		return enter_range(map_everything, &shift, ret_identity, error);
	if (refused == 0) {
		return unshare_namespaces(error) &&
		       enter_single(uid, gid, "this container maps one user id alone", ret_identity,
				    error);
	}
	/* Without a user namespace of our own, the image's owners are ids of this one. */
	if (!has_sys_admin() || !is_mapped("uid_map", 0, RANGE_COUNT) ||
	    !is_mapped("gid_map", 0, RANGE_COUNT)) {
		g_autofree char *reason = refusal_reason(refused);

		return error_set(error, THRESH_ERROR_INTERNAL,
				 "sandbox: user namespaces are refused: %s", reason);
	}
	*ret_identity = (struct identity){
		.mode = IDENTITY_NONE,
		.shift = {.count = UINT32_MAX},
	};
	g_autofree char *reason = refusal_reason(refused);
	ret_identity->limitation = g_strdup_printf(
		"user namespaces are refused (%s): root inside the sandbox is root of this host, "
		"held by bounded capabilities and a system-call list alone",
		reason);
	return true;
}

bool identity_find_range(const char *text, const char *name, uint32_t id, uint32_t min_count,
			 uint32_t *ret_start)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autofree char *number = g_strdup_printf("%u", id);

	for (char **line = lines; *line; line++) {
		g_auto(GStrv) fields = g_strsplit(*line, ":", -1);
		guint64 start, count;

		if (g_strv_length(fields) != 3)
			continue;
		if (strcmp(fields[0], number) != 0 && (!name || strcmp(fields[0], name) != 0))
			continue;
		if (!g_ascii_string_to_unsigned(fields[1], 10, 1, UINT32_MAX - 1, &start, NULL) ||
		    !g_ascii_string_to_unsigned(fields[2], 10, 1, UINT32_MAX, &count, NULL))
			continue;
		if (count < min_count || start + min_count > UINT32_MAX)
			continue;
		*ret_start = (uint32_t)start;
		return true;
	}
	return false;
}

static bool range_for_user(struct owner_shift *shift)
{
	const struct passwd *entry = getpwuid(getuid());
	const char *name = entry ? entry->pw_name : NULL;
	g_autofree char *subuid = read_small("/etc/subuid");
	g_autofree char *subgid = read_small("/etc/subgid");
	g_autofree char *uid_tool = g_find_program_in_path("newuidmap");
	g_autofree char *gid_tool = g_find_program_in_path("newgidmap");

	shift->count = RANGE_COUNT;
	return subuid && subgid && uid_tool && gid_tool &&
	       identity_find_range(subuid, name, getuid(), RANGE_COUNT, &shift->uid_base) &&
	       identity_find_range(subgid, name, getuid(), RANGE_COUNT, &shift->gid_base);
}

bool identity_enter(struct identity *ret_identity, GError **error)
{
	struct owner_shift shift = {0};
	uid_t uid = geteuid();
	gid_t gid = getegid();

	/* Inherited as ignored, it would let nobody wait for a child. */
	signal(SIGCHLD, SIG_DFL);
	if (uid == 0)
		return enter_root(ret_identity, error);
	if (range_for_user(&shift))
		return enter_range(map_by_tools, &shift, ret_identity, error);
	return unshare_namespaces(error) &&
	       enter_single(
		       uid, gid,
		       "no range of 65536 ids for this user in /etc/subuid and /etc/subgid, or no "
		       "newuidmap",
		       ret_identity, error);
}
