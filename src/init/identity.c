/* SPDX-License-Identifier: Apache-2.0 */
#include "init/init.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { GROUPS_MAX = PLAN_MAX_LINE_BYTES / 2, CAPABILITIES_MAX = 64 };

INIT_LARGE static gid_t groups[GROUPS_MAX];

static bool is_null_device(const struct stat *status)
{
	return S_ISCHR(status->st_mode) && status->st_rdev == makedev(1, 3);
}

/* /dev/stdout and its like can be reopened by their owner alone (a pipe has mode 0600): they become
 * the application's, as runc does it. What cannot be given away (a read-only file system, an
 * unmapped owner) is no reason to refuse the start. */
static void standard_streams_give(uid_t uid)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		struct stat status;

		if (fstat(fd, &status) < 0 || status.st_uid == uid || is_null_device(&status))
			continue;
		(void)!fchown(fd, uid, (gid_t)-1);
	}
}

/* A set of capabilities: bit N is capability N. */
static bool is_kept(uint64_t kept, unsigned long capability)
{
	return kept >> capability & 1;
}

/* Without CAP_SETPCAP the set stays: then no_new_privs alone keeps file capabilities out. */
static void bounding_set_empty(uint64_t kept)
{
	for (unsigned long capability = 0; capability < CAPABILITIES_MAX; capability++) {
		int held; /* asking is far cheaper than dropping */

		if (is_kept(kept, capability))
			continue;
		held = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
		if (held < 0 || (held && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0))
			return; /* EINVAL: behind the last; EPERM */
	}
}

static void capabilities_put(const struct plan_directive *directive, uint64_t set)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	for (size_t i = 0; i < 2; i++) {
		uint32_t half = (uint32_t)(set >> 32 * i);

		data[i] = (struct __user_cap_data_struct){half, half, half};
	}
	if (syscall(SYS_capset, &header, data) < 0)
		init_fail_path(directive, "capabilities", errno);
}

/* setresuid(2) from 0 clears permitted and effective, unless the caller set securebits or we asked
 * for them; inheritable never. The ambient set is what an ordinary program's execve(2) keeps. */
static void capabilities_set(const struct plan_directive *directive, uint64_t kept)
{
	capabilities_put(directive, kept);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (unsigned long capability = 0; capability < CAPABILITIES_MAX; capability++) {
		if (is_kept(kept, capability) &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0)
			init_fail_path(directive, "ambient", errno);
	}
}

/* Those that the plan names and that are held: an engine may have taken some away. */
static uint64_t capabilities_kept(const struct plan *plan)
{
	const struct plan_directive *directive = plan_find(plan, PLAN_CAPABILITIES);
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	const char *word;
	uint64_t named = 0;

	if (!directive)
		return 0;
	word = directive->words;
	for (size_t i = 0; i < directive->count; i++, word = plan_word_next(word)) {
		uint32_t capability = 0;

		if (plan_capability(word, &capability))
			named |= (uint64_t)1 << capability;
	}
	if (syscall(SYS_capget, &header, data) < 0)
		init_fail_line(directive, errno);
	return named & (data[0].permitted | (uint64_t)data[1].permitted << 32);
}

static size_t groups_read(const struct plan_directive *directive)
{
	const char *word = plan_word_next(directive->words);
	size_t count = 0;

	for (size_t i = 2; i < directive->count && count < GROUPS_MAX; i++) {
		word = plan_word_next(word);
		plan_decimal(word, UINT32_MAX, &groups[count++]);
	}
	return count;
}

/* The calls of the kernel, not of the libc: musl's own synchronise threads that we do not have. */
static void ids_set(const struct plan_directive *directive, uint64_t kept)
{
	size_t count = groups_read(directive);
	uint32_t uid = 0;
	uint32_t gid = 0;

	plan_decimal(plan_word(directive, 0), UINT32_MAX, &uid);
	plan_decimal(plan_word(directive, 1), UINT32_MAX, &gid);
	if (kept)
		(void)prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0); /* until execve(2) */
	if (syscall(SYS_setgroups, count, groups) < 0)
		init_fail_path(directive, "setgroups (start it as this user, or with CAP_SETGID)",
			       errno);
	if (syscall(SYS_setresgid, gid, gid, gid) < 0)
		init_fail_path(directive, "setresgid (start it as this user, or with CAP_SETGID)",
			       errno);
	if (syscall(SYS_setresuid, uid, uid, uid) < 0)
		init_fail_path(directive, "setresuid (start it as this user, or with CAP_SETUID)",
			       errno);
	if (uid != 0)
		capabilities_set(directive, kept);
}

void init_identity(const struct plan *plan, const struct plan_directive *directive)
{
	uint64_t kept;
	uint32_t uid = 0;

	if (geteuid() != 0)
		return; /* the uid itself, or an arbitrary one that the platform chose */
	plan_decimal(directive->words, UINT32_MAX, &uid);
	kept = capabilities_kept(plan);
	standard_streams_give(uid);
	bounding_set_empty(kept);
	ids_set(directive, kept);
}

void init_identity_take(const struct plan_directive *directive)
{
	if (geteuid() == 0)
		ids_set(directive, 0);
}

bool init_identity_of(const struct plan *plan, uid_t *ret_uid, gid_t *ret_gid)
{
	const struct plan_directive *id = plan_find(plan, PLAN_ID);
	uint32_t uid = 0;
	uint32_t gid = 0;

	if (!id || geteuid() != 0)
		return false;
	plan_decimal(plan_word(id, 0), UINT32_MAX, &uid);
	plan_decimal(plan_word(id, 1), UINT32_MAX, &gid);
	*ret_uid = uid;
	*ret_gid = gid;
	return true;
}

void init_owner_give(const struct plan *plan, int fd, const char *name)
{
	uid_t uid;
	gid_t gid;

	if (init_identity_of(plan, &uid, &gid))
		(void)!fchownat(fd, name, uid, gid, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
}
