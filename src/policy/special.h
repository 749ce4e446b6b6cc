/* SPDX-License-Identifier: Apache-2.0 */
/* Calls whose arguments decide: new namespaces, terminal input, chown to what already holds. */
#pragma once

#include "policy/bpf.h"
#include "policy/syscalls.h"

/* Every CLONE_NEW* flag of clone(2) and unshare(2) but CLONE_NEWTIME, which clone(2) lacks. */
#define SPECIAL_CLONE_NEW 0x7e020000U

struct special_chown {
	const char *name;
	uint8_t uid_argument; /* the gid is the one behind it */
};
extern const struct special_chown special_chowns[]; /* ends with name NULL */

/* Whether @name is clone, unshare or ioctl: the rule that answers EPERM to what is refused and
 * @other to the rest. */
bool special_rule(const char *name, uint32_t other, struct bpf_rule *ret_rule);

/* Answers 0 to a chown to @uid (or -1) and @gid (or -1), @other to the rest. */
struct bpf_rule special_chown_rule(const struct special_chown *chown, uint32_t uid, uint32_t gid,
				   uint32_t other);
/* On x86 and arm the plain names take ids of 16 bits, and no libc of this century calls them. */
bool special_is_narrow_chown(const struct syscall_arch *arch, const char *name);
