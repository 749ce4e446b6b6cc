/* SPDX-License-Identifier: Apache-2.0 */
/* Filters are judged by an interpreter of our own for every number, and by the kernel in children.
 */
#include "base/error.h"
#include "policy/bpf.h"
#include "policy/scan.h"
#include "policy/seccomp.h"
#include "policy/syscalls.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NUMBERS = 1024, KILL = -1 };

#define ENOSYS_ACTION BPF_ERRNO(ENOSYS)
#define EPERM_ACTION  BPF_ERRNO(EPERM)

/* The subset of classic BPF that a filter may use; a wrong program fails the test. */
static uint32_t run(GBytes *program, const struct seccomp_data *data)
{
	gsize size;
	const struct sock_filter *code = g_bytes_get_data(program, &size);
	gsize count = size / sizeof(*code);
	uint32_t accumulator = 0;

	for (gsize pc = 0; pc < count; pc++) {
		const struct sock_filter *i = &code[pc];

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			g_assert_cmpuint(i->k % 4, ==, 0);
			g_assert_cmpuint(i->k, <, sizeof(*data));
			memcpy(&accumulator, (const char *)data + i->k, 4);
			break;
		case BPF_JMP | BPF_JA:
			pc += i->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += accumulator == i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			pc += accumulator >= i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			pc += accumulator & i->k ? i->jt : i->jf;
			break;
		case BPF_RET | BPF_K:
			return i->k;
		default:
			g_assert_not_reached();
		}
	}
	g_assert_not_reached();
}

static uint32_t run_call(GBytes *program, uint32_t arch, uint32_t number, uint64_t a0, uint64_t a1,
			 uint64_t a2, uint64_t a3)
{
	struct seccomp_data data = {.nr = (int)number, .arch = arch, .args = {a0, a1, a2, a3}};

	return run(program, &data);
}

static struct syscall_policy *policy_of(const char *arch, const char *names)
{
	struct syscall_policy *policy = syscall_policy_new();
	GHashTable *set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_auto(GStrv) words = g_strsplit(names, " ", -1);

	for (gsize i = 0; words[i]; i++)
		g_hash_table_add(set, g_strdup(words[i]));
	g_hash_table_insert(policy->allowed, g_strdup(arch), set);
	return policy;
}

static void check_every_number(const struct syscall_policy *policy, const char *arch_name)
{
	const struct syscall_arch *arch = syscall_arch_find(arch_name);
	GHashTable *names = g_hash_table_lookup(policy->allowed, arch_name);
	g_autoptr(GError) error = NULL;
	g_autoptr(GBytes) program = syscall_policy_compile(policy, &error);
	bool allowed[NUMBERS] = {false};
	GHashTableIter iter;
	gpointer name;

	g_assert_no_error(error);
	g_hash_table_iter_init(&iter, names);
	while (g_hash_table_iter_next(&iter, &name, NULL)) {
		uint32_t numbers[SYSCALL_NUMBERS_MAX];
		size_t count = syscall_numbers(arch, name, numbers);

		for (size_t i = 0; i < count; i++)
			allowed[numbers[i]] = !syscall_is_never(name) && !syscall_is_absent(name);
	}
	for (uint32_t number = 0; number < NUMBERS; number++) {
		g_autofree char *text = syscall_name(arch, number);
		uint32_t want = allowed[number] ? SECCOMP_RET_ALLOW : ENOSYS_ACTION;

		if (text && syscall_is_never(text) && g_hash_table_contains(names, text))
			want = EPERM_ACTION;
		g_assert_cmphex(run_call(program, arch->audit, number, 0, 0, 0, 0), ==, want);
		g_assert_cmphex(run_call(program, arch->audit, number | 0x40000000U, 0, 0, 0, 0),
				==, ENOSYS_ACTION);
	}
	g_assert_cmphex(run_call(program, arch->audit, UINT32_MAX, 0, 0, 0, 0), ==, ENOSYS_ACTION);
	g_assert_cmphex(run_call(program, AUDIT_ARCH_S390X, 0, 0, 0, 0, 0), ==,
			SECCOMP_RET_KILL_PROCESS);
}

static void policy_free_cleanup(struct syscall_policy **policy)
{
	syscall_policy_free(*policy);
}
#define autopolicy __attribute__((cleanup(policy_free_cleanup))) struct syscall_policy

static void test_numbers(void)
{
	static const char *const lists[] = {
		"read",
		"read write",
		"exit_group",
		"read write close clone ioctl unshare execve futex",
		"mount bpf clone3 io_uring_setup read",
		"fchmodat2 getxattrat landlock_restrict_self",
	};
	static const char *const archs[] = {"x86_64", "x86", "aarch64", "arm"};

	for (gsize a = 0; a < G_N_ELEMENTS(archs); a++) {
		for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
			autopolicy *policy = policy_of(archs[a], lists[i]);

			check_every_number(policy, archs[a]);
		}
	}
}

/* Alternating numbers make the longest tree: jumps beyond 255 instructions. */
static void test_long_tree(void)
{
	autofilter struct bpf_filter *filter = bpf_filter_new();
	struct bpf_table *table = bpf_filter_add_arch(filter, 1, ENOSYS_ACTION);
	g_autoptr(GBytes) program = NULL;
	g_autoptr(GError) error = NULL;

	for (uint32_t number = 0; number < 1500; number += 3) {
		struct bpf_rule rule = {.tests = {{.argument = 1, .value = number, .value2 = 7}},
					.count = 1,
					.met = BPF_ERRNO(number % 100),
					.unmet = SECCOMP_RET_ALLOW};

		bpf_table_set(table, number, BPF_ERRNO(number % 20));
		if (number % 2)
			bpf_table_set_rule(table, number, &rule);
	}
	bpf_table_set_from(table, 2000, SECCOMP_RET_KILL_THREAD);
	program = bpf_filter_assemble(filter, &error);
	g_assert_no_error(error);
	for (uint32_t number = 0; number < 2000; number++) {
		uint32_t got = run_call(program, 1, number, 0, number, 0, 0);

		if (number >= 1500 || number % 3)
			g_assert_cmphex(got, ==, ENOSYS_ACTION);
		else
			g_assert_cmphex(got, ==, BPF_ERRNO(number % (number % 2 ? 100 : 20)));
	}
	g_assert_cmphex(run_call(program, 1, 3, 0, 7, 0, 0), ==, BPF_ERRNO(3));
	g_assert_cmphex(run_call(program, 1, 3, 0, 8, 0, 0), ==, SECCOMP_RET_ALLOW);
	g_assert_cmphex(run_call(program, 1, 2000, 0, 0, 0, 0), ==, SECCOMP_RET_KILL_THREAD);
	g_assert_cmphex(run_call(program, 1, UINT32_MAX, 0, 0, 0, 0), ==, SECCOMP_RET_KILL_THREAD);
	g_assert_cmphex(run_call(program, 2, 0, 0, 0, 0, 0), ==, SECCOMP_RET_KILL_PROCESS);
}

static void test_too_long(void)
{
	autofilter struct bpf_filter *filter = bpf_filter_new();
	struct bpf_table *table = bpf_filter_add_arch(filter, 1, ENOSYS_ACTION);
	g_autoptr(GError) error = NULL;

	for (uint32_t number = 0; number < 20000; number += 2)
		bpf_table_set(table, number, SECCOMP_RET_ALLOW);
	g_assert_null(bpf_filter_assemble(filter, &error));
	g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INTERNAL);
}

static uint32_t call_named(GBytes *program, const char *arch_name, const char *name, uint64_t a0,
			   uint64_t a1, uint64_t a2, uint64_t a3)
{
	const struct syscall_arch *arch = syscall_arch_find(arch_name);
	uint32_t numbers[SYSCALL_NUMBERS_MAX];

	g_assert_cmpuint(syscall_numbers(arch, name, numbers), >, 0);
	return run_call(program, arch->audit, numbers[0], a0, a1, a2, a3);
}

static void test_special(void)
{
	static const char *const archs[] = {"x86_64", "aarch64", "x86"};

	for (gsize i = 0; i < G_N_ELEMENTS(archs); i++) {
		const char *arch = archs[i];
		autopolicy *policy = policy_of(arch, "clone unshare ioctl fchownat");
		bool narrow = g_str_equal(arch, "x86");
		const char *fchown = narrow ? "fchown32" : "fchown";
		g_autoptr(GBytes) program = NULL;

		policy->setgroups_is_noop = true;
		policy->chown_is_noop = true;
		policy->uid = 999;
		policy->gid = 998;
		program = syscall_policy_compile(policy, NULL);
#define CALL(name, ...) call_named(program, arch, name, __VA_ARGS__)
		g_assert_cmphex(CALL("clone", SIGCHLD, 0, 0, 0), ==, SECCOMP_RET_ALLOW);
		g_assert_cmphex(CALL("clone", CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0), ==,
				SECCOMP_RET_ALLOW);
		g_assert_cmphex(CALL("clone", CLONE_NEWUSER | SIGCHLD, 0, 0, 0), ==, EPERM_ACTION);
		g_assert_cmphex(CALL("clone", CLONE_NEWNET, 0, 0, 0), ==, EPERM_ACTION);
		g_assert_cmphex(CALL("unshare", CLONE_NEWUSER, 0, 0, 0), ==, EPERM_ACTION);
		g_assert_cmphex(CALL("unshare", CLONE_FILES, 0, 0, 0), ==, SECCOMP_RET_ALLOW);
		g_assert_cmphex(CALL("ioctl", 0, TIOCSTI, 0, 0), ==, EPERM_ACTION);
		g_assert_cmphex(CALL("ioctl", 0, TIOCSTI | (1ULL << 32), 0, 0), ==, EPERM_ACTION);
		g_assert_cmphex(CALL("ioctl", 0, TIOCLINUX, 0, 0), ==, EPERM_ACTION);
		g_assert_cmphex(CALL("ioctl", 0, TIOCGWINSZ, 0, 0), ==, SECCOMP_RET_ALLOW);
		g_assert_cmphex(CALL("setgroups", 0, 0, 0, 0), ==, BPF_ERRNO(0));
		g_assert_cmphex(CALL("fchownat", 0, 0, 999, 998), ==, BPF_ERRNO(0));
		g_assert_cmphex(CALL("fchownat", 0, 0, UINT32_MAX, 998), ==, BPF_ERRNO(0));
		g_assert_cmphex(CALL("fchownat", 0, 0, 999, UINT64_MAX), ==, BPF_ERRNO(0));
		g_assert_cmphex(CALL("fchownat", 0, 0, UINT32_MAX, UINT32_MAX), ==, BPF_ERRNO(0));
		g_assert_cmphex(CALL("fchownat", 0, 0, 0, 998), ==, SECCOMP_RET_ALLOW);
		g_assert_cmphex(CALL("fchownat", 0, 0, 999, 0), ==, SECCOMP_RET_ALLOW);
		g_assert_cmphex(CALL(fchown, 0, 999, 998, 0), ==, BPF_ERRNO(0));
		g_assert_cmphex(CALL(fchown, 0, 1, 998, 0), ==, EPERM_ACTION);
#undef CALL
	}
}

static void test_deterministic(void)
{
	autopolicy *a = policy_of("x86_64", "read write close open clone ioctl mount");
	autopolicy *b = policy_of("x86_64", "mount ioctl clone open close write read");
	g_autoptr(GBytes) first = syscall_policy_compile(a, NULL);
	g_autoptr(GBytes) second = syscall_policy_compile(b, NULL);

	g_assert_true(g_bytes_equal(first, second));
}

static struct profile *profile_with(const char *arch, const char *names)
{
	struct profile *profile = profile_new();
	g_auto(GStrv) words = g_strsplit(names, " ", -1);

	for (gsize i = 0; words[i]; i++)
		profile_add_syscall(profile, arch, words[i]);
	return profile;
}

static bool policy_has(const struct syscall_policy *policy, const char *arch, const char *name)
{
	GHashTable *set = g_hash_table_lookup(policy->allowed, arch);

	return set && g_hash_table_contains(set, name);
}

static void test_decide(void)
{
	static const struct {
		enum preset preset;
		const char *name;
		bool want;
	} table[] = {
		{PRESET_STRICT, "openat2", true},      /* twin of what was traced */
		{PRESET_STRICT, "accept", true},       /* older twin */
		{PRESET_STRICT, "getrandom", true},    /* always */
		{PRESET_STRICT, "rt_sigreturn", true}, /* always */
		{PRESET_STRICT, "socketpair", false},  /* family */
		{PRESET_STRICT, "rename", false},      {PRESET_BALANCED, "rename", true},
		{PRESET_BALANCED, "socketpair", true}, {PRESET_BALANCED, "mkdir", true},
		{PRESET_BALANCED, "ptrace", false},    {PRESET_BALANCED, "mq_open", false},
		{PRESET_BALANCED, "clone3", false},    {PRESET_BALANCED, "clone", true},
		{PRESET_SAFE, "rename", true},         {PRESET_BALANCED, "io_uring_setup", false},
		{PRESET_BALANCED, "mount", false},     {PRESET_BALANCED, "msgget", true},
	};
	struct profile *profile =
		profile_with("x86_64", "openat accept4 clone3 io_uring_setup read madeup_call");
	g_autoptr(GPtrArray) extra = g_ptr_array_new();

	g_ptr_array_add(extra, (gpointer) "msgget");
	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(GError) error = NULL;
		autopolicy *policy =
			syscall_policy_decide(profile, table[i].preset, NULL, NULL, extra, &error);

		g_assert_no_error(error);
		g_test_message("%s", table[i].name);
		g_assert_cmpint(policy_has(policy, "x86_64", table[i].name), ==, table[i].want);
		g_assert_false(policy_has(policy, "x86_64", "madeup_call"));
	}
	profile_free(profile);
}

static void test_decide_bad(void)
{
	struct profile *none = profile_new();
	struct profile *foreign = profile_with("pdp11", "read");
	g_autoptr(GError) error = NULL;

	g_assert_null(syscall_policy_decide(none, PRESET_BALANCED, NULL, NULL, NULL, &error));
	g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
	g_clear_error(&error);
	g_assert_null(syscall_policy_decide(foreign, PRESET_BALANCED, NULL, NULL, NULL, &error));
	g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
	profile_free(none);
	profile_free(foreign);
}

static void test_architecture_of_profile(void)
{
	struct profile *profile = profile_with("x86", "socket open");
	autopolicy *policy = NULL;
	g_autoptr(GBytes) program = NULL;

	g_free(profile->architecture);
	profile->architecture = g_strdup("amd64");
	policy = syscall_policy_decide(profile, PRESET_STRICT, NULL, NULL, NULL, NULL);
	g_assert_true(policy_has(policy, "x86_64", "execve"));
	g_assert_false(policy_has(policy, "x86_64", "socket"));
	g_assert_true(policy_has(policy, "x86", "socket"));
	program = syscall_policy_compile(policy, NULL);
	/* By itself and through socketcall; not on the other architecture. */
	g_assert_cmphex(run_call(program, AUDIT_ARCH_I386, 359, 0, 0, 0, 0), ==, SECCOMP_RET_ALLOW);
	g_assert_cmphex(run_call(program, AUDIT_ARCH_I386, 102, 0, 0, 0, 0), ==, SECCOMP_RET_ALLOW);
	g_assert_cmphex(run_call(program, AUDIT_ARCH_X86_64, 41, 0, 0, 0, 0), ==, ENOSYS_ACTION);
	profile_free(profile);
}

static void test_json(void)
{
	autopolicy *policy = policy_of("x86_64", "read write clone");
	autojson json_t *json = NULL;
	autojson json_t *again = NULL;
	autopolicy *parsed = NULL;
	g_autoptr(GError) error = NULL;

	policy->chown_is_noop = true;
	policy->uid = 65532;
	policy->gid = 4294967294U;
	json = syscall_policy_to_json(policy);
	parsed = syscall_policy_from_json(json, &error);
	g_assert_no_error(error);
	again = syscall_policy_to_json(parsed);
	g_assert_true(json_equal(json, again));
}

static void test_json_bad(void)
{
	static const char rest[] =
		"\"setgroups_is_noop\":false,\"chown_is_noop\":false,\"uid\":1,\"gid\":1}";
	static const char *const table[] = {
		"[]",
		"{}",
		"{\"allowed\":{},",
		"{\"allowed\":{\"vax\":[]},",
		"{\"allowed\":{\"x86_64\":{}},",
		"{\"allowed\":{\"x86_64\":[1]},",
		"{\"allowed\":{\"x86_64\":[\"no_such_call\"]},",
		"{\"extra\":1,\"allowed\":{\"x86_64\":[\"read\"]},",
		"{\"uid\":-1}",
		"{\"allowed\":{\"x86_64\":[\"read\"]},\"setgroups_is_noop\":0,\"chown_is_noop\":"
		"false,"
		"\"uid\":1,\"gid\":1}",
		"{\"allowed\":{\"x86_64\":[\"read\"]},\"setgroups_is_noop\":true,"
		"\"chown_is_noop\":false,\"uid\":4294967295,\"gid\":1}",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		bool partial = g_str_has_suffix(table[i], ",");
		g_autofree char *text = g_strconcat(table[i], partial ? rest : "", NULL);
		g_autoptr(GError) error = NULL;
		autojson json_t *json = json_parse(text, strlen(text), "t", &error);

		g_test_message("%s", text);
		g_assert_no_error(error);
		g_assert_null(syscall_policy_from_json(json, &error));
		g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
	}
}

static void test_oci(void)
{
	autopolicy *policy = policy_of("x86_64", "read write clone mount clone3");
	autojson json_t *oci = syscall_policy_to_oci(policy);
	g_autofree char *text = json_format_canonical(oci);

	g_assert_cmpstr(json_string_at(oci, "defaultAction"), ==, "SCMP_ACT_ERRNO");
	g_assert_cmpint(json_integer_at(oci, "defaultErrnoRet", 0), ==, ENOSYS);
	g_assert_nonnull(strstr(text, "\"SCMP_ARCH_X86_64\""));
	g_assert_nonnull(strstr(text, "\"landlock_restrict_self\"")); /* thresh-init's own */
	g_assert_null(strstr(text, "clone3"));
	g_assert_nonnull(strstr(
		text, "{\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1,\"names\":[\"mount\"]}"));
}

/* In a child under the filter; answers what @call does, or KILL. */
static int under_filter(GBytes *program, int (*call)(void))
{
	struct sock_fprog filter = {.len = (unsigned short)(g_bytes_get_size(program) / 8),
				    .filter = (void *)(uintptr_t)g_bytes_get_data(program, NULL)};
	pid_t pid = fork();
	int status;

	g_assert_cmpint(pid, >=, 0);
	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
			_exit(250);
		syscall(SYS_exit_group,
			call()); /* past the sanitizers: their _exit needs more calls */
	}
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : KILL;
}

static int call_getpgid(void)
{
	return syscall(SYS_getpgid, 0) < 0 ? errno : 0;
}

static int call_getppid(void)
{
	return syscall(SYS_getppid) < 0 ? errno : 0;
}

static int call_userns(void)
{
	return syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0) < 0 ? errno : 0;
}

static int call_setgroups(void)
{
	gid_t groups[] = {1, 2, 3};

	return syscall(SYS_setgroups, 3, groups) < 0 ? errno : 0;
}

static int call_keyctl(void)
{
	return syscall(SYS_keyctl, 0, -3, 0, 0, 0) < 0 ? errno : 0;
}

static int call_clone3(void)
{
	return syscall(SYS_clone3, NULL, 0) < 0 ? errno : 0;
}

static void test_kernel(void)
{
	const struct syscall_arch *host = syscall_arch_host();
	autopolicy *policy = policy_of(host->name, "getpgid clone exit_group exit");
	g_autoptr(GBytes) program = NULL;
	g_autoptr(GBytes) deny = sandbox_deny_filter();

	policy->setgroups_is_noop = true;
	program = syscall_policy_compile(policy, NULL);
	g_assert_cmpint(under_filter(program, call_getpgid), ==, 0);
	g_assert_cmpint(under_filter(program, call_getppid), ==, ENOSYS);
	g_assert_cmpint(under_filter(program, call_userns), ==, EPERM);
	g_assert_cmpint(under_filter(program, call_setgroups), ==, 0);
	g_assert_cmpint(under_filter(deny, call_getppid), ==, 0);
	g_assert_cmpint(under_filter(deny, call_userns), ==, EPERM);
	g_assert_cmpint(under_filter(deny, call_keyctl), ==, EPERM);
	g_assert_cmpint(under_filter(deny, call_clone3), ==, ENOSYS);
}

static GHashTable *scan_names(const char *arch)
{
	GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
						  (GDestroyNotify)g_hash_table_unref);

	g_hash_table_insert(names, g_strdup(arch),
			    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL));
	return names;
}

/* This test program imports waitpid, fork and prctl from the C library. */
static void test_scan_self(void)
{
	const char *arch = syscall_arch_host()->name;
	g_autoptr(GHashTable) names = scan_names(arch);
	GHashTable *set = g_hash_table_lookup(names, arch);
	g_autofree char *data = NULL;
	gsize size;

	g_assert_true(g_file_get_contents("/proc/self/exe", &data, &size, NULL));
	scan_elf(data, size, names);
	g_assert_true(g_hash_table_contains(set, "wait4"));
	g_assert_true(g_hash_table_contains(set, "clone"));
	g_assert_true(g_hash_table_contains(set, "prctl"));
#ifndef __SANITIZE_ADDRESS__ /* which imports nearly everything */
	g_assert_false(g_hash_table_contains(set, "socketpair"));
	g_assert_false(g_hash_table_contains(set, "timerfd_create"));
#endif
}

/* Cut and spoilt copies of a real file: nothing may be read outside (ASan watches). */
static void test_scan_damaged(void)
{
	const char *arch = syscall_arch_host()->name;
	g_autofree char *data = NULL;
	g_autoptr(GRand) random = g_rand_new_with_seed(1);
	gsize size;

	g_assert_true(g_file_get_contents("/proc/self/exe", &data, &size, NULL));
	size = MIN(size, 20000);
	for (int i = 0; i < 300; i++) {
		g_autoptr(GHashTable) names = scan_names(arch);
		gsize cut = (gsize)g_rand_int_range(random, 0, (gint32)size);
		g_autofree char *copy = g_memdup2(data, MAX(cut, 1));

		for (int n = 0; n < 20 && cut > 64; n++)
			copy[g_rand_int_range(random, 16, (gint32)MIN(cut, 2000))] =
				(char)g_rand_int(random);
		scan_elf(copy, cut, names);
	}
}

static void test_scan_code(void)
{
	/* An ELF header, one executable segment: mov $46,%eax; syscall; mov $2000,%eax; syscall. */
	static const uint8_t code[] = {0xb8, 46,   0, 0, 0, 0x0f, 0x05,
				       0xb8, 0xd0, 7, 0, 0, 0x0f, 0x05};
	uint8_t file[64 + 56 + sizeof(code)] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
	g_autoptr(GHashTable) names = scan_names("x86_64");
	GHashTable *set = g_hash_table_lookup(names, "x86_64");

	file[16] = 2;            /* ET_EXEC */
	file[18] = 62;           /* EM_X86_64 */
	file[32] = 64;           /* e_phoff */
	file[56] = 1;            /* e_phnum */
	file[64] = 1;            /* PT_LOAD */
	file[68] = 5;            /* R+X */
	file[96] = sizeof(file); /* p_filesz */
	memcpy(file + 120, code, sizeof(code));
	scan_elf(file, sizeof(file), names);
	g_assert_true(g_hash_table_contains(set, "sendmsg"));
	g_assert_true(g_hash_table_contains(set, "accept4")); /* static: cancellation points */
	g_assert_false(g_hash_table_contains(set, "mkdir"));
}

static void test_libc_functions(void)
{
	static const struct {
		const char *function, *call;
	} table[] = {
		{"mkdtemp", "mkdir"},     {"posix_spawn", "vfork"},    {"__isoc99_fscanf", NULL},
		{"fopen64", "openat"},    {"__xstat64", "newfstatat"}, {"popen", "pipe2"},
		{"mkostemp64", "openat"}, {"opendir", "getdents64"},   {"sem_wait", "futex"},
		{"__read_chk", NULL},     {"getaddrinfo", "sendmmsg"}, {"xpg_basename", ""},
		{"accept", "accept4"},    {"xstat", "statx"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		const char *calls = libc_function_calls(table[i].function);

		g_test_message("%s", table[i].function);
		if (!table[i].call)
			g_assert_null(calls);
		else
			g_assert_nonnull(strstr(calls, table[i].call));
	}
}

/* Every name in the lists is one that some architecture has: a slip of the pen allows nothing. */
static void test_lists(void)
{
	for (gsize i = 0; syscalls_never[i]; i++) {
		g_test_message("%s", syscalls_never[i]);
		g_assert_true(syscall_is_known(syscalls_never[i]));
	}
	for (gsize i = 0; syscalls_absent[i]; i++)
		g_assert_true(syscall_is_known(syscalls_absent[i]));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/policy/numbers", test_numbers);
	g_test_add_func("/policy/long-tree", test_long_tree);
	g_test_add_func("/policy/too-long", test_too_long);
	g_test_add_func("/policy/special", test_special);
	g_test_add_func("/policy/deterministic", test_deterministic);
	g_test_add_func("/policy/decide", test_decide);
	g_test_add_func("/policy/decide-bad", test_decide_bad);
	g_test_add_func("/policy/architecture", test_architecture_of_profile);
	g_test_add_func("/policy/json", test_json);
	g_test_add_func("/policy/json-bad", test_json_bad);
	g_test_add_func("/policy/oci", test_oci);
	g_test_add_func("/policy/kernel", test_kernel);
	g_test_add_func("/policy/scan-self", test_scan_self);
	g_test_add_func("/policy/scan-damaged", test_scan_damaged);
	g_test_add_func("/policy/scan-code", test_scan_code);
	g_test_add_func("/policy/libc-functions", test_libc_functions);
	g_test_add_func("/policy/lists", test_lists);
	return g_test_run();
}
