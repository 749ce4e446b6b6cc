/* SPDX-License-Identifier: Apache-2.0 */
/* At which calls a followed process stops: the filter, by an interpreter of classic BPF. */
#include "entrypoint/meaning.h"

#include "trace/calls.h"

#include <glib.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>

static uint32_t run(const struct sock_fprog *program, const struct seccomp_data *data)
{
	uint32_t accumulator = 0;

	for (unsigned pc = 0; pc < program->len; pc++) {
		const struct sock_filter *at = &program->filter[pc];
		bool taken = false;

		switch (at->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			memcpy(&accumulator, (const char *)data + at->k, 4);
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			taken = accumulator == at->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			taken = accumulator >= at->k;
			break;
		case BPF_RET | BPF_K:
			return at->k;
		default:
			g_assert_not_reached();
		}
		pc += taken ? at->jt : at->jf;
	}
	g_assert_not_reached();
}

static bool stops(int nr, uint64_t first)
{
	const struct seccomp_data data = {
		.nr = nr, .arch = call_arch_audit(AGENT_NATIVE), .args = {first}};
	uint32_t answer = run(meaning_filter(), &data);

	g_assert_true(answer == SECCOMP_RET_TRACE || answer == SECCOMP_RET_ALLOW);
	return answer == SECCOMP_RET_TRACE;
}

static void test_stops(void)
{
	static const char *const stopped[] = {
		"openat",    "openat2",   "mkdirat",  "unlinkat",
		"renameat2", "linkat",    "fchmod",   "fchownat",
		"ftruncate", "utimensat", "connect",  "bind",
		"listen",    "write",     "pwrite64", "writev",
		"sendfile",  "splice",    "wait4",    "kill",
		"tgkill",    "fsetxattr", "chroot",   "mount",
		"mknodat",   "symlinkat", "ptrace",   "open_by_handle_at",
		NULL};
	static const char *const ignored[] = {
		"read", "fstat", "statx",      "newfstatat", "mmap",         "mprotect",
		"brk",  "futex", "getdents64", "execve",     "clone",        "exit_group",
		"dup3", "fcntl", "lseek",      "pipe2",      "rt_sigaction", NULL};

	for (gsize i = 0; stopped[i]; i++)
		g_assert_true(stops(call_number(AGENT_NATIVE, stopped[i]), 3));
	for (gsize i = 0; ignored[i]; i++)
		g_assert_false(stops(call_number(AGENT_NATIVE, ignored[i]), 3));
}

/* Whatever is stopped at means something; what a shell alone means is the exception. */
static void test_meaning(void)
{
	for (uint64_t nr = 0; nr < AGENT_MAX_CALLS; nr++) {
		const struct tracee_call call = {.arch = call_arch_audit(AGENT_NATIVE), .nr = nr};
		const struct call_meaning *meaning = meaning_of(&call);

		g_assert_nonnull(meaning);
		if (stops((int)nr, 3))
			g_assert_cmpint(meaning->kind, !=, CALL_NONE);
		else if (meaning->kind > CALL_TABLE)
			g_assert_true(meaning->kind == CALL_READ || meaning->kind == CALL_CLOSE ||
				      meaning->kind == CALL_DUP || meaning->kind == CALL_FCNTL);
	}
}

static void test_close(void)
{
	g_assert_false(stops(SYS_close, 3));
	g_assert_false(stops(SYS_close, CLOSE_LEAST - 1));
	g_assert_true(stops(SYS_close, CLOSE_LEAST));
	g_assert_true(stops(SYS_close, 255));
}

/* A program of 32 bits cannot be followed, and must not go by unseen. */
static void test_foreign(void)
{
	const struct seccomp_data data = {.nr = SYS_read, .arch = AUDIT_ARCH_I386};
	const struct tracee_call call = {.arch = AUDIT_ARCH_I386};

	g_assert_cmpuint(run(meaning_filter(), &data), ==, SECCOMP_RET_TRACE);
	g_assert_null(meaning_of(&call));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/entrypoint/meaning/stops", test_stops);
	g_test_add_func("/entrypoint/meaning/meaning", test_meaning);
	g_test_add_func("/entrypoint/meaning/close", test_close);
	g_test_add_func("/entrypoint/meaning/foreign", test_foreign);
	return g_test_run();
}
