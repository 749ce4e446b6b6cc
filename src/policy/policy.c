/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/fd.h"
#include "policy/bpf.h"
#include "policy/scan.h"
#include "policy/seccomp.h"
#include "policy/special.h"
#include "policy/syscalls.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct syscall_policy *syscall_policy_new(void)
{
	struct syscall_policy *policy = g_new0(struct syscall_policy, 1);

	policy->allowed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
						(GDestroyNotify)g_hash_table_unref);
	return policy;
}

void syscall_policy_free(struct syscall_policy *policy)
{
	if (!policy)
		return;
	g_hash_table_unref(policy->allowed);
	g_free(policy);
}

static GHashTable *names_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

struct scan_walk {
	const struct tree *tree;
	const struct keepset *keepset;
	GHashTable *names;
};

static void file_scan(const struct scan_walk *walk, int fd, uint64_t offset, uint64_t size)
{
	char magic[SELFMAG];
	void *data;

	if (pread(fd, magic, sizeof(magic), (off_t)offset) != sizeof(magic) ||
	    memcmp(magic, ELFMAG, SELFMAG) != 0)
		return;
	data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, (off_t)offset);
	if (data == MAP_FAILED)
		return;
	scan_elf(data, size, walk->names);
	munmap(data, size);
}

/* A file that cannot be read was not traced either; the cut is what complains. */
static bool node_scan(struct node *node, const char *path, void *user)
{
	const struct scan_walk *walk = user;
	uint64_t offset;
	autofd int fd = -1;

	if (node->type != NODE_FILE || node->size_bytes < sizeof(Elf32_Ehdr) ||
	    !keepset_keeps(walk->keepset, path))
		return true;
	fd = tree_open(walk->tree, node, &offset, NULL);
	if (fd >= 0)
		file_scan(walk, fd, offset, node->size_bytes);
	return true;
}

/* All architectures of the profile, with what was traced of each; at least the image's own. */
static bool traced_add(struct syscall_policy *policy, const struct profile *profile, GError **error)
{
	const struct syscall_arch *own =
		profile->architecture ? syscall_arch_of_goarch(profile->architecture) : NULL;
	GHashTableIter iter;
	gpointer key, value;

	if (own)
		g_hash_table_insert(policy->allowed, g_strdup(own->name), names_new());
	g_hash_table_iter_init(&iter, profile->syscalls);
	while (g_hash_table_iter_next(&iter, &key, &value)) {
		const struct syscall_arch *arch = syscall_arch_find(key);
		GHashTableIter inner;
		gpointer name;

		if (!arch)
			return error_set(
				error, THRESH_ERROR_INPUT,
				"profile: %s: system calls of an architecture that is not known",
				(const char *)key);
		if (!g_hash_table_contains(policy->allowed, key))
			g_hash_table_insert(policy->allowed, g_strdup(key), names_new());
		g_hash_table_iter_init(&inner, value);
		while (g_hash_table_iter_next(&inner, &name, NULL))
			syscalls_add(g_hash_table_lookup(policy->allowed, key), arch, name);
	}
	if (g_hash_table_size(policy->allowed) == 0)
		return error_set(error, THRESH_ERROR_INPUT,
				 "profile: neither system calls nor a known architecture");
	return true;
}

static void absent_remove(GHashTable *names)
{
	for (gsize i = 0; syscalls_absent[i]; i++)
		g_hash_table_remove(names, syscalls_absent[i]);
}

static void names_widen(GHashTable *names, const struct syscall_arch *arch, enum preset preset,
			const GPtrArray *extra)
{
	/* clone3 was answered ENOSYS in the trace or will be: what it falls back to. */
	if (g_hash_table_contains(names, "clone3"))
		syscalls_add(names, arch, "clone");
	for (guint i = 0; extra && i < extra->len; i++)
		syscalls_add(names, arch, g_ptr_array_index(extra, i));
	if (preset != PRESET_STRICT)
		syscalls_add_families(names, arch);
	syscalls_add_always(names, arch);
}

struct syscall_policy *syscall_policy_decide(const struct profile *profile, enum preset preset,
					     const struct tree *tree, const struct keepset *keepset,
					     const GPtrArray *extra, GError **error)
{
	struct syscall_policy *policy = syscall_policy_new();
	GHashTableIter iter;
	gpointer key, value;

	if (!traced_add(policy, profile, error)) {
		syscall_policy_free(policy);
		return NULL;
	}
	g_hash_table_iter_init(&iter, policy->allowed);
	while (g_hash_table_iter_next(&iter, &key, &value))
		names_widen(value, syscall_arch_find(key), preset, extra);
	if (tree && keepset) {
		struct scan_walk walk = {tree, keepset, policy->allowed};

		node_walk(tree->root, node_scan, &walk);
	}
	g_hash_table_iter_init(&iter, policy->allowed);
	while (g_hash_table_iter_next(&iter, &key, &value)) {
		syscalls_add_twins(value, syscall_arch_find(key));
		absent_remove(value);
	}
	policy->setgroups_is_noop = profile->setgroups_called;
	return policy;
}

static uint32_t name_action(const char *name)
{
	if (syscall_is_absent(name))
		return BPF_ERRNO(ENOSYS);
	return syscall_is_never(name) ? BPF_ERRNO(EPERM) : SECCOMP_RET_ALLOW;
}

static void names_compile(struct bpf_table *table, const struct syscall_arch *arch,
			  GHashTable *names)
{
	GHashTableIter iter;
	gpointer name;

	g_hash_table_iter_init(&iter, names);
	while (g_hash_table_iter_next(&iter, &name, NULL)) {
		uint32_t numbers[SYSCALL_NUMBERS_MAX];
		size_t count = syscall_numbers(arch, name, numbers);
		struct bpf_rule rule;

		for (size_t i = 0; i < count; i++) {
			if (special_rule(name, SECCOMP_RET_ALLOW, &rule))
				bpf_table_set_rule(table, numbers[i], &rule);
			else
				bpf_table_set(table, numbers[i], name_action(name));
		}
	}
}

static void noops_compile(struct bpf_table *table, const struct syscall_arch *arch,
			  const struct syscall_policy *policy, GHashTable *names)
{
	static const char *const setgroups[] = {"setgroups", "setgroups32"};
	uint32_t numbers[SYSCALL_NUMBERS_MAX];
	struct bpf_rule rule;

	for (gsize i = 0; policy->setgroups_is_noop && i < G_N_ELEMENTS(setgroups); i++) {
		if (syscall_numbers(arch, setgroups[i], numbers))
			bpf_table_set(table, numbers[0], BPF_ERRNO(0));
	}
	for (gsize i = 0; policy->chown_is_noop && special_chowns[i].name; i++) {
		const char *name = special_chowns[i].name;
		/* To another owner it fails as it would without a filter. */
		uint32_t other =
			g_hash_table_contains(names, name) ? SECCOMP_RET_ALLOW : BPF_ERRNO(EPERM);

		if (special_is_narrow_chown(arch, name) || !syscall_numbers(arch, name, numbers))
			continue;
		rule = special_chown_rule(&special_chowns[i], policy->uid, policy->gid, other);
		bpf_table_set_rule(table, numbers[0], &rule);
	}
}

GBytes *syscall_policy_compile(const struct syscall_policy *policy, GError **error)
{
	static const char *const order[] = {"x86_64", "aarch64", "x86", "arm"};
	autofilter struct bpf_filter *filter = bpf_filter_new();
	guint tables = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(order); i++) {
		GHashTable *names = g_hash_table_lookup(policy->allowed, order[i]);
		const struct syscall_arch *arch = syscall_arch_find(order[i]);
		struct bpf_table *table;

		if (!names)
			continue;
		table = bpf_filter_add_arch(filter, arch->audit, BPF_ERRNO(ENOSYS));
		names_compile(table, arch, names);
		noops_compile(table, arch, policy, names);
		tables++;
	}
	if (tables == 0 || tables != g_hash_table_size(policy->allowed)) {
		error_set(error, THRESH_ERROR_INPUT,
			  "seccomp policy: no architecture, or one that is not known");
		return NULL;
	}
	return bpf_filter_assemble(filter, error);
}
