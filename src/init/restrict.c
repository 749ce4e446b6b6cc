/* SPDX-License-Identifier: Apache-2.0 */
/* What the application may not do any more, in the order in which that can be had. */
#include "init/content.h"
#include "init/expand.h"
#include "init/init.h"
#include "init/steps.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PASSWD_MAX = 1 << 20, UID_FIELD = 2 };

static void limit_set(const struct plan_directive *directive)
{
	uint32_t resource = 0;
	uint64_t soft = 0;
	uint64_t hard = 0;
	struct rlimit limit; /* RLIM_INFINITY is the largest number */

	plan_limit_resource(directive->words, &resource);
	plan_limit_value(plan_word(directive, 1), &soft);
	plan_limit_value(plan_word(directive, 2), &hard);
	limit = (struct rlimit){soft, hard};
	if (syscall(SYS_prlimit64, 0, resource, &limit, NULL) < 0)
		init_fail_line(directive, errno);
}

static void workdir_enter(const struct plan_directive *directive)
{
	const char *path = expand_path(directive, directive->words);

	if (chdir(path) < 0)
		init_fail_path(directive, path, errno);
}

/* Whether a line of passwd(5) has @uid in its third field. */
static bool passwd_has(const char *text, const char *uid)
{
	size_t bytes = strlen(uid);

	while (*text) {
		const char *field = text;

		for (int i = 0; i < UID_FIELD; i++) {
			field += strcspn(field, ":\n");
			field += *field == ':';
		}
		if (strncmp(field, uid, bytes) == 0 && field[bytes] == ':')
			return true;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return false;
}

/* The line in one write(2), so that two starts at once do not mix theirs. */
static void passwd_append(const struct plan_directive *directive, const char *uid, const char *gid,
			  bool begins)
{
	const char *name = plan_word_next(directive->words);
	const char *parts[] = {
		begins ? "" : "\n",
		name,
		":x:",
		uid,
		":",
		gid,
		":",
		name,
		":",
		plan_word_next(name),
		":/sbin/nologin\n",
	};
	struct iovec vector[sizeof(parts) / sizeof(parts[0])];
	int fd = open(directive->words, O_WRONLY | O_APPEND | O_CLOEXEC);

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		vector[i] = (struct iovec){(char *)(uintptr_t)parts[i], strlen(parts[i])};
	if (fd < 0 || writev(fd, vector, sizeof(parts) / sizeof(parts[0])) < 0)
		init_fail_line(directive, errno);
	close(fd);
}

static void passwd_add(const struct plan *plan, const struct plan_directive *directive)
{
	char digits[2][INIT_DIGITS];
	uid_t uid = geteuid();
	gid_t gid = getegid();
	const char *text;
	const char *uid_text;
	size_t bytes;

	init_identity_of(plan, &uid, &gid);
	uid_text = init_number_text(uid, digits[0]);
	text = content_read(directive, directive->words, PASSWD_MAX, &bytes);
	if (!passwd_has(text, uid_text))
		passwd_append(directive, uid_text, init_number_text(gid, digits[1]),
			      bytes == 0 || text[bytes - 1] == '\n');
}

/* Those of a plan that may be there several times, each where it was reached. */
static void several_set(const struct plan *plan, enum plan_kind kind)
{
	const struct plan_directive *last = NULL;

	for (uint32_t i = 0; i < plan->count; i++) {
		const struct plan_directive *directive = &plan->directives[i];

		if (directive->kind != kind || !steps_reached(plan, directive))
			continue;
		if (kind == PLAN_LIMIT)
			limit_set(directive);
		else if (kind == PLAN_PASSWD)
			passwd_add(plan, directive);
		last = directive;
	}
	if (kind == PLAN_WORKDIR && last)
		workdir_enter(last);
}

void init_restrict(const struct plan *plan)
{
	const struct plan_directive *directive;

	several_set(plan, PLAN_LIMIT);
	several_set(plan, PLAN_WORKDIR);
	several_set(plan, PLAN_PASSWD);
	directive = plan_find(plan, PLAN_ID);
	if (directive)
		init_identity(plan, directive);
	directive = plan_find(plan, PLAN_NO_NEW_PRIVILEGES);
	if (directive && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		init_fail_line(directive, errno);
	directive = plan_find(plan, PLAN_SECCOMP);
	if (directive)
		init_seccomp_read(directive);
	init_landlock(plan);
}
