/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Landlock (linux/landlock.h; Documentation/userspace-api/landlock.rst): all rights on files up to
 * what the running kernel knows are denied, but for the rules of the plan and these, which init
 * adds itself: standard streams (whatever they are), and writing to what exists in /dev and /proc.
 *
 * A kernel below ABI 2 denies every rename between directories, whatever the rules say;
 * applications do that, so such a kernel is treated as one without Landlock. Then the read-only
 * root alone holds, unless the plan says landlock-required.
 */
#include "init/init.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than the headers that this is built with. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15)
#endif

#define RIGHTS_ABI_2 ((LANDLOCK_ACCESS_FS_REFER << 1) - 1) /* EXECUTE to REFER */
#define RIGHTS_READ  (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define RIGHTS_FILE                                                                                \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |                              \
	 LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_TRUNCATE |                              \
	 LANDLOCK_ACCESS_FS_IOCTL_DEV)
/* Writing to what exists, making and removing nothing. */
#define RIGHTS_DEVICES                                                                             \
	(RIGHTS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE |               \
	 LANDLOCK_ACCESS_FS_IOCTL_DEV)

struct ruleset {
	int fd;
	uint64_t handled;
};

static uint64_t rights_of_abi(long abi)
{
	uint64_t rights = RIGHTS_ABI_2;

	if (abi >= 3)
		rights |= LANDLOCK_ACCESS_FS_TRUNCATE;
	if (abi >= 5)
		rights |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
	return rights;
}

static uint64_t rights_of_kind(enum plan_kind kind)
{
	switch (kind) {
	case PLAN_LANDLOCK_READ:
		return RIGHTS_READ;
	case PLAN_LANDLOCK_WRITE:
		return ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE;
	case PLAN_LANDLOCK_EXECUTE:
		return LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE;
	case PLAN_LANDLOCK_WRITE_EXECUTE:
		return ~(uint64_t)0;
	default:
		return 0;
	}
}

/* 0 or the error. A file takes the rights of files alone (EINVAL otherwise). */
static int rule_add(const struct ruleset *ruleset, int fd, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = rights & ruleset->handled,
		.parent_fd = fd,
	};

	if (syscall(SYS_landlock_add_rule, ruleset->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0)
		return 0;
	rule.allowed_access &= RIGHTS_FILE;
	if (errno != EINVAL || rule.allowed_access == 0)
		return errno;
	return syscall(SYS_landlock_add_rule, ruleset->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0
		       ? errno
		       : 0;
}

/* What is not there needs no rule: nothing is granted, and it could not be made later either. */
static int rule_add_path(const struct ruleset *ruleset, const char *path, uint64_t rights)
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	int error;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : errno;
	error = rule_add(ruleset, fd, rights);
	close(fd);
	return error;
}

/* So that /dev/stdout can be reopened. A pipe or socket answers EBADFD: Landlock does not restrict
 * those, and they need no rule. A closed stream answers EBADF. */
static void rules_of_streams(const struct ruleset *ruleset)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		(void)rule_add(ruleset, fd, RIGHTS_FILE & ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE);
}

static void rules_of_plan(const struct ruleset *ruleset, const struct plan *plan)
{
	for (uint32_t i = 0; i < plan->count; i++) {
		const struct plan_directive *directive = &plan->directives[i];
		uint64_t rights = rights_of_kind(directive->kind);
		int error = rights ? rule_add_path(ruleset, directive->words, rights) : 0;

		if (error)
			init_fail_line(directive, error);
	}
}

static const struct plan_directive *first_rule(const struct plan *plan)
{
	for (uint32_t i = 0; i < plan->count; i++) {
		if (rights_of_kind(plan->directives[i].kind))
			return &plan->directives[i];
	}
	return NULL;
}

void init_landlock(const struct plan *plan)
{
	const struct plan_directive *required = plan_find(plan, PLAN_LANDLOCK_REQUIRED);
	const struct plan_directive *first = first_rule(plan);
	struct landlock_ruleset_attr attributes;
	struct ruleset ruleset;
	long abi;

	if (!first && !required)
		return;
	abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (abi < 2) {
		if (required)
			init_fail_text(
				required->line,
				"landlock-required: this kernel has no Landlock ABI 2 or above");
		return;
	}
	if (!first)
		return;
	ruleset.handled = rights_of_abi(abi);
	attributes.handled_access_fs = ruleset.handled;
	ruleset.fd = (int)syscall(SYS_landlock_create_ruleset, &attributes,
				  sizeof(attributes.handled_access_fs), 0);
	if (ruleset.fd < 0)
		init_fail_path(first, "ruleset", errno);
	rules_of_plan(&ruleset, plan);
	rules_of_streams(&ruleset);
	(void)rule_add_path(&ruleset, "/dev", RIGHTS_DEVICES);
	(void)rule_add_path(&ruleset, "/proc", RIGHTS_DEVICES);
	if (syscall(SYS_landlock_restrict_self, ruleset.fd, 0) < 0)
		init_fail_path(first, "restrict (needs `no-new-privileges`)", errno);
	close(ruleset.fd);
}
