/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/syscalls.h"

#include "trace/numbers.h"

#include <linux/audit.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_KEPT_MAX = 1 << 16 };

static const struct syscall_arch archs[] = {
	{"x86_64", "SCMP_ARCH_X86_64", AUDIT_ARCH_X86_64, SCMP_ARCH_X86_64},
	{"x86", "SCMP_ARCH_X86", AUDIT_ARCH_I386, SCMP_ARCH_X86},
	{"aarch64", "SCMP_ARCH_AARCH64", AUDIT_ARCH_AARCH64, SCMP_ARCH_AARCH64},
	{"arm", "SCMP_ARCH_ARM", AUDIT_ARCH_ARM, SCMP_ARCH_ARM},
};

const struct syscall_arch *syscall_arch_find(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(archs); i++) {
		if (g_str_equal(archs[i].name, name))
			return &archs[i];
	}
	return NULL;
}

const struct syscall_arch *syscall_arch_of_goarch(const char *goarch)
{
	static const char *const names[][2] = {
		{"amd64", "x86_64"}, {"386", "x86"}, {"arm64", "aarch64"}, {"arm", "arm"}};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		if (g_str_equal(names[i][0], goarch))
			return syscall_arch_find(names[i][1]);
	}
	return NULL;
}

const struct syscall_arch *syscall_arch_host(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(archs); i++) {
		if (archs[i].seccomp == seccomp_arch_native())
			return &archs[i];
	}
	return NULL;
}

const struct syscall_arch *syscall_arch_compat(void)
{
	const struct syscall_arch *host = syscall_arch_host();

	if (!host)
		return NULL;
	if (host->seccomp == SCMP_ARCH_X86_64)
		return syscall_arch_find("x86");
	return host->seccomp == SCMP_ARCH_AARCH64 ? syscall_arch_find("arm") : NULL;
}

size_t syscall_numbers(const struct syscall_arch *arch, const char *name,
		       uint32_t ret_numbers[static SYSCALL_NUMBERS_MAX])
{
	int number = seccomp_syscall_resolve_name_rewrite(arch->seccomp, name);
	size_t count = 0;

	if (number >= 0)
		ret_numbers[count++] = (uint32_t)number;
	number = arch->seccomp == SCMP_ARCH_X86 ? number_find(numbers_x86_direct, name) : -1;
	if (number >= 0)
		ret_numbers[count++] = (uint32_t)number;
	number = count == 0 ? number_find(numbers_recent, name) : -1;
	if (number >= 0)
		ret_numbers[count++] = (uint32_t)number;
	return count;
}

/* libseccomp compares with name after name, and the scan of libraries asks for the same few hundred
 * a hundred thousand times: answers are kept. */
bool syscall_exists(const struct syscall_arch *arch, const char *name)
{
	static GMutex mutex;
	static GHashTable
		*known[G_N_ELEMENTS(archs)]; /* name → TRUE or FALSE, for the program's life */
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);
	GHashTable **cache = &known[arch - archs];
	uint32_t numbers[SYSCALL_NUMBERS_MAX];
	gpointer exists;

	(void)locker;
	if (!*cache)
		*cache = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	if (g_hash_table_lookup_extended(*cache, name, NULL, &exists))
		return GPOINTER_TO_INT(exists);
	exists = GINT_TO_POINTER(syscall_numbers(arch, name, numbers) > 0);
	if (g_hash_table_size(*cache) < NAMES_KEPT_MAX)
		g_hash_table_insert(*cache, g_strdup(name), exists);
	return GPOINTER_TO_INT(exists);
}

bool syscall_is_known(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(archs); i++) {
		if (syscall_exists(&archs[i], name))
			return true;
	}
	return false;
}

char *syscall_name(const struct syscall_arch *arch, uint32_t number)
{
	char *text = seccomp_syscall_resolve_num_arch(arch->seccomp, (int)number);
	char *name = g_strdup(text);

	free(text);
	if (!name && arch->seccomp == SCMP_ARCH_X86)
		name = g_strdup(number_name(numbers_x86_direct, (int)number));
	return name ? name : g_strdup(number_name(numbers_recent, (int)number));
}

void syscalls_add(GHashTable *names, const struct syscall_arch *arch, const char *name)
{
	if (!g_hash_table_contains(names, name) && syscall_exists(arch, name))
		g_hash_table_add(names, g_strdup(name));
}
