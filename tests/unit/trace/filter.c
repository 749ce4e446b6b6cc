/* SPDX-License-Identifier: Apache-2.0 */
/* The filter against its plan, by an interpreter of classic BPF. */
#include "trace/filter.h"

#include "trace/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/mman.h>

static uint32_t run(const GArray *program, const struct seccomp_data *data)
{
	uint32_t accumulator = 0;

	for (guint pc = 0; pc < program->len; pc++) {
		const struct sock_filter *at = &g_array_index(program, struct sock_filter, pc);
		bool taken = false;

		switch (at->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			memcpy(&accumulator, (const char *)data + at->k, 4);
			continue;
		case BPF_JMP | BPF_JA:
			pc += at->k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			taken = accumulator == at->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			taken = accumulator >= at->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			taken = (accumulator & at->k) != 0;
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

static uint32_t stat_expected(const struct seccomp_data *data, uint64_t flags)
{
	return (flags & AT_EMPTY_PATH) && (int32_t)data->args[0] >= 0 ? SECCOMP_RET_ALLOW
								      : SECCOMP_RET_USER_NOTIF;
}

static uint32_t expected(enum filter_action action, const struct seccomp_data *data)
{
	bool executable = (data->args[2] & PROT_EXEC) != 0;

	switch (action) {
	case FILTER_ALLOW:
		return SECCOMP_RET_ALLOW;
	case FILTER_NOTIFY:
		return SECCOMP_RET_USER_NOTIF;
	case FILTER_MAP:
		return executable && !(data->args[3] & MAP_ANONYMOUS) ? SECCOMP_RET_USER_NOTIF
								      : SECCOMP_RET_ALLOW;
	case FILTER_PROTECT:
		return executable ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_ALLOW;
	case FILTER_STATX:
		return stat_expected(data, data->args[2]);
	case FILTER_STATAT:
		return stat_expected(data, data->args[3]);
	default:
		return SECCOMP_RET_ERRNO | ENOSYS;
	}
}

static void test_plans(void)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(3);

	for (int round = 0; round < 20; round++) {
		g_autofree struct filter_plan *plan = g_new0(struct filter_plan, 1);
		g_autoptr(GArray) program = NULL;
		int spread = g_rand_int_range(random, 1, 6);

		for (int arch = 0; arch < AGENT_ARCHES; arch++)
			for (int nr = 0; nr < AGENT_MAX_CALLS; nr++)
				plan->actions[arch][nr] =
					(uint8_t)(nr % spread ? g_rand_int_range(random, 0,
										 FILTER_STATAT + 1)
							      : 1);
		program = filter_compile(plan);
		g_assert_cmpuint(program->len, <, 65536);
		for (int arch = 0; arch < AGENT_ARCHES; arch++)
			for (int nr = 0; nr < 1100 && call_arch_audit(arch); nr++) {
				struct seccomp_data data = {.nr = nr,
							    .arch = call_arch_audit(arch)};
				enum filter_action action = nr < AGENT_MAX_CALLS
								    ? plan->actions[arch][nr]
								    : FILTER_ENOSYS;

				uint32_t empty = g_rand_boolean(random) ? AT_EMPTY_PATH : 0;

				data.args[0] = g_rand_boolean(random) ? (uint32_t)AT_FDCWD : 5;
				data.args[2] = (g_rand_int(random) & 7) | empty;
				data.args[3] =
					(g_rand_boolean(random) ? MAP_ANONYMOUS : MAP_PRIVATE) |
					empty;
				g_assert_cmphex(run(program, &data), ==, expected(action, &data));
			}
	}
}

static void test_foreign(void)
{
	g_autofree struct filter_plan *plan = g_new0(struct filter_plan, 1);
	g_autoptr(GArray) program = NULL;
	struct seccomp_data x32 = {.nr = 0x40000000, .arch = call_arch_audit(AGENT_NATIVE)};
	struct seccomp_data other = {.nr = 1, .arch = 12345};

	memset(plan, FILTER_ALLOW, sizeof(*plan));
	program = filter_compile(plan);
	g_assert_cmphex(run(program, &x32), ==, SECCOMP_RET_ERRNO | ENOSYS);
	g_assert_cmphex(run(program, &other), ==, SECCOMP_RET_ERRNO | ENOSYS);
}

static void test_names(void)
{
	static const char *const always[] = {"openat",  "execve",   "bind",      "listen",
					     "connect", "mmap",     "setresuid", "renameat2",
					     "statx",   "fchmodat2"};

	for (int arch = 0; arch < AGENT_ARCHES; arch++)
		for (guint i = 0; i < G_N_ELEMENTS(always) && call_arch_name(arch); i++) {
			int nr = call_number(arch, always[i]);
			g_autofree char *name = call_name(arch, nr);

			g_assert_cmpint(nr, >=, 0);
			g_assert_cmpstr(name, ==, always[i]);
		}
	g_assert_cmpint(call_number(AGENT_NATIVE, "no_such_call"), ==, -1);
}

/* Every row of the table is decodable, and none comes twice. */
static void test_table(void)
{
	g_autoptr(GArray) calls = g_array_new(FALSE, FALSE, sizeof(struct agent_call));
	bool seen[AGENT_MAX_CALLS] = {false};

	calls_append(calls, AGENT_NATIVE);
	g_assert_cmpuint(calls->len, >, 50);
	for (guint i = 0; i < calls->len; i++) {
		const struct agent_call *call = &g_array_index(calls, struct agent_call, i);

		g_assert_cmpuint(call->nr, <, AGENT_MAX_CALLS);
		g_assert_cmpuint(call->op, <, OP_COUNT);
		g_assert_false(seen[call->nr]);
		seen[call->nr] = true;
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/trace/filter/plans", test_plans);
	g_test_add_func("/trace/filter/foreign", test_foreign);
	g_test_add_func("/trace/filter/names", test_names);
	g_test_add_func("/trace/filter/table", test_table);
	return g_test_run();
}
