/* SPDX-License-Identifier: Apache-2.0 */
#include "init/init.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { GROUPS_MAX = PLAN_MAX_LINE_BYTES / 2, CAPABILITIES_MAX = 64 };

static gid_t groups[GROUPS_MAX];

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

/* Without CAP_SETPCAP the set stays: then no_new_privs alone keeps file capabilities out. */
static void bounding_set_empty(void)
{
	for (unsigned long capability = 0; capability < CAPABILITIES_MAX; capability++) {
		int held =
			prctl(PR_CAPBSET_READ, capability, 0, 0, 0); /* far cheaper than a drop */

		if (held < 0 || (held && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0))
			return; /* EINVAL: behind the last; EPERM */
	}
}

/* setresuid(2) from 0 clears permitted and effective, unless the caller set securebits; inheritable
 * never. */
static void capabilities_clear(const struct plan_directive *directive)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2];

	memset(none, 0, sizeof(none));
	if (syscall(SYS_capset, &header, none) < 0)
		init_fail_path(directive, "capabilities", errno);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
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
void init_identity(const struct plan_directive *directive)
{
	uint32_t uid = 0;
	uint32_t gid = 0;
	size_t count;

	if (geteuid() != 0)
		return; /* the uid itself, or an arbitrary one that the platform chose */
	plan_decimal(plan_word(directive, 0), UINT32_MAX, &uid);
	plan_decimal(plan_word(directive, 1), UINT32_MAX, &gid);
	count = groups_read(directive);
	standard_streams_give(uid);
	bounding_set_empty();
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
		capabilities_clear(directive);
}
