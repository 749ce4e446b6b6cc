/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/special.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#define CLONE_NEWTIME_FLAG 0x80U /* linux/sched.h: of unshare and clone3 alone */

const struct special_chown special_chowns[] = {
	{"chown", 1},   {"lchown", 1},   {"fchown", 1},   {"fchownat", 2},
	{"chown32", 1}, {"lchown32", 1}, {"fchown32", 1}, {NULL, 0},
};

static struct bpf_rule rule_masked(uint8_t argument, uint32_t mask, uint32_t other)
{
	return (struct bpf_rule){
		.tests = {{.argument = argument, .masked = true, .value = mask}},
		.count = 1,
		.met = BPF_ERRNO(EPERM),
		.unmet = other,
	};
}

bool special_rule(const char *name, uint32_t other, struct bpf_rule *ret_rule)
{
	if (g_str_equal(name, "clone")) {
		*ret_rule = rule_masked(0, SPECIAL_CLONE_NEW, other);
		return true;
	}
	if (g_str_equal(name, "unshare")) {
		*ret_rule = rule_masked(0, SPECIAL_CLONE_NEW | CLONE_NEWTIME_FLAG, other);
		return true;
	}
	if (g_str_equal(name, "ioctl")) {
		/* Typing into the terminal that started us. */
		*ret_rule = (struct bpf_rule){
			.tests = {{.argument = 1, .value = TIOCSTI, .value2 = TIOCLINUX}},
			.count = 1,
			.met = BPF_ERRNO(EPERM),
			.unmet = other,
		};
		return true;
	}
	return false;
}

struct bpf_rule special_chown_rule(const struct special_chown *chown, uint32_t uid, uint32_t gid,
				   uint32_t other)
{
	uint8_t first = chown->uid_argument;

	return (struct bpf_rule){
		.tests = {{.argument = first, .value = uid, .value2 = UINT32_MAX},
			  {.argument = (uint8_t)(first + 1), .value = gid, .value2 = UINT32_MAX}},
		.count = 2,
		.met = BPF_ERRNO(0),
		.unmet = other,
	};
}

bool special_is_narrow_chown(const struct syscall_arch *arch, const char *name)
{
	bool narrow = g_str_equal(arch->name, "x86") || g_str_equal(arch->name, "arm");

	return narrow && (g_str_equal(name, "chown") || g_str_equal(name, "lchown") ||
			  g_str_equal(name, "fchown"));
}
