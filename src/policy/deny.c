/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/bpf.h"
#include "policy/seccomp.h"
#include "policy/special.h"
#include "policy/syscalls.h"

#include <errno.h>

/* asm/unistd.h: __X32_SYSCALL_BIT; the same kernel entry by other numbers. */
enum { X32_FIRST = 0x40000000 };

static void list_set(struct bpf_table *table, const struct syscall_arch *arch,
		     const char *const *names, uint32_t action)
{
	for (gsize i = 0; names[i]; i++) {
		uint32_t numbers[SYSCALL_NUMBERS_MAX];
		size_t count = syscall_numbers(arch, names[i], numbers);

		for (size_t n = 0; n < count; n++)
			bpf_table_set(table, numbers[n], action);
	}
}

static void arch_deny(struct bpf_filter *filter, const struct syscall_arch *arch)
{
	static const char *const unshare[] = {"unshare", NULL};
	static const char *const special[] = {"clone", "ioctl"};
	struct bpf_table *table = bpf_filter_add_arch(filter, arch->audit, SECCOMP_RET_ALLOW);
	uint32_t numbers[SYSCALL_NUMBERS_MAX];
	struct bpf_rule rule;

	list_set(table, arch, syscalls_never, BPF_ERRNO(EPERM));
	list_set(table, arch, unshare, BPF_ERRNO(EPERM));
	list_set(table, arch, syscalls_absent, BPF_ERRNO(ENOSYS));
	for (gsize i = 0; i < G_N_ELEMENTS(special); i++) {
		if (syscall_numbers(arch, special[i], numbers) &&
		    special_rule(special[i], SECCOMP_RET_ALLOW, &rule))
			bpf_table_set_rule(table, numbers[0], &rule);
	}
	if (g_str_equal(arch->name, "x86_64"))
		bpf_table_set_from(table, X32_FIRST, BPF_ERRNO(ENOSYS));
}

GBytes *sandbox_deny_filter(void)
{
	autofilter struct bpf_filter *filter = bpf_filter_new();
	const struct syscall_arch *compat = syscall_arch_compat();
	g_autoptr(GError) error = NULL;
	GBytes *program;

	arch_deny(filter, syscall_arch_host());
	if (compat)
		arch_deny(filter, compat);
	program = bpf_filter_assemble(filter, &error);
	g_assert_no_error(error); /* a constant list: a few hundred instructions */
	return program;
}
