/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/syscalls.h"

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

/* Newer than the libseccomp that this may be built with; the numbers are the same everywhere
 * (linux: scripts/syscall.tbl). */
static const struct {
	const char *name;
	uint32_t number;
} recent[] = {
	{"process_madvise", 440},
	{"epoll_pwait2", 441},
	{"mount_setattr", 442},
	{"quotactl_fd", 443},
	{"landlock_create_ruleset", 444},
	{"landlock_add_rule", 445},
	{"landlock_restrict_self", 446},
	{"memfd_secret", 447},
	{"process_mrelease", 448},
	{"futex_waitv", 449},
	{"set_mempolicy_home_node", 450},
	{"cachestat", 451},
	{"fchmodat2", 452},
	{"map_shadow_stack", 453},
	{"futex_wake", 454},
	{"futex_wait", 455},
	{"futex_requeue", 456},
	{"statmount", 457},
	{"listmount", 458},
	{"lsm_get_self_attr", 459},
	{"lsm_set_self_attr", 460},
	{"lsm_list_modules", 461},
	{"mseal", 462},
	{"setxattrat", 463},
	{"getxattrat", 464},
	{"listxattrat", 465},
	{"removexattrat", 466},
	{"open_tree_attr", 467},
	{"file_getattr", 468},
	{"file_setattr", 469},
};

/* Since Linux 4.3 and 5.1 x86 has these by themselves too (arch/x86/entry/syscalls/syscall_32.tbl);
 * libseccomp gives the multiplexer alone. */
static const struct {
	const char *name;
	uint32_t number;
} x86_direct[] = {
	{"socket", 359},      {"socketpair", 360},  {"bind", 361},       {"connect", 362},
	{"listen", 363},      {"accept4", 364},     {"getsockopt", 365}, {"setsockopt", 366},
	{"getsockname", 367}, {"getpeername", 368}, {"sendto", 369},     {"sendmsg", 370},
	{"recvfrom", 371},    {"recvmsg", 372},     {"shutdown", 373},   {"semget", 393},
	{"semctl", 394},      {"shmget", 395},      {"shmctl", 396},     {"shmat", 397},
	{"shmdt", 398},       {"msgget", 399},      {"msgsnd", 400},     {"msgrcv", 401},
	{"msgctl", 402},
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
	if (arch->seccomp == SCMP_ARCH_X86) {
		for (gsize i = 0; i < G_N_ELEMENTS(x86_direct); i++) {
			if (g_str_equal(x86_direct[i].name, name))
				ret_numbers[count++] = x86_direct[i].number;
		}
	}
	for (gsize i = 0; count == 0 && i < G_N_ELEMENTS(recent); i++) {
		if (g_str_equal(recent[i].name, name))
			ret_numbers[count++] = recent[i].number;
	}
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
	char *name = seccomp_syscall_resolve_num_arch(arch->seccomp, (int)number);
	char *copy;

	for (gsize i = 0; !name && i < G_N_ELEMENTS(recent); i++) {
		if (recent[i].number == number)
			return g_strdup(recent[i].name);
	}
	copy = g_strdup(name);
	free(name); /* libseccomp's */
	return copy;
}

void syscalls_add(GHashTable *names, const struct syscall_arch *arch, const char *name)
{
	if (!g_hash_table_contains(names, name) && syscall_exists(arch, name))
		g_hash_table_add(names, g_strdup(name));
}
