/* SPDX-License-Identifier: Apache-2.0 */
#include "trace/filter.h"

#include "trace/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>

/* Calls first … next range's first - 1. */
struct range {
	uint32_t first;
	uint8_t action;
};

/* The low half of an argument; every architecture here is little-endian. */
#define ARGUMENT_LOW(n) ((uint32_t)offsetof(struct seccomp_data, args[n]))

static void emit(GArray *program, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	struct sock_filter instruction = {code, jt, jf, k};

	g_array_append_val(program, instruction);
}

static void emit_return(GArray *program, uint32_t value)
{
	emit(program, BPF_RET | BPF_K, 0, 0, value);
}

static GArray *program_new(void)
{
	return g_array_new(FALSE, FALSE, sizeof(struct sock_filter));
}

/* AT_FDCWD is negative. */
static void emit_stat(GArray *program, int flags)
{
	emit(program, BPF_LD | BPF_W | BPF_ABS, 0, 0, ARGUMENT_LOW(flags));
	emit(program, BPF_JMP | BPF_JSET | BPF_K, 0, 3, AT_EMPTY_PATH);
	emit(program, BPF_LD | BPF_W | BPF_ABS, 0, 0, ARGUMENT_LOW(0));
	emit(program, BPF_JMP | BPF_JGE | BPF_K, 1, 0, 1U << 31);
	emit_return(program, SECCOMP_RET_ALLOW);
	emit_return(program, SECCOMP_RET_USER_NOTIF);
}

static void emit_action(GArray *program, enum filter_action action)
{
	switch (action) {
	case FILTER_ENOSYS:
		emit_return(program, SECCOMP_RET_ERRNO | ENOSYS);
		break;
	case FILTER_ALLOW:
		emit_return(program, SECCOMP_RET_ALLOW);
		break;
	case FILTER_NOTIFY:
		emit_return(program, SECCOMP_RET_USER_NOTIF);
		break;
	case FILTER_MAP:
		emit(program, BPF_LD | BPF_W | BPF_ABS, 0, 0, ARGUMENT_LOW(2));
		emit(program, BPF_JMP | BPF_JSET | BPF_K, 0, 3, PROT_EXEC);
		emit(program, BPF_LD | BPF_W | BPF_ABS, 0, 0, ARGUMENT_LOW(3));
		emit(program, BPF_JMP | BPF_JSET | BPF_K, 1, 0, MAP_ANONYMOUS);
		emit_return(program, SECCOMP_RET_USER_NOTIF);
		emit_return(program, SECCOMP_RET_ALLOW);
		break;
	case FILTER_PROTECT:
		emit(program, BPF_LD | BPF_W | BPF_ABS, 0, 0, ARGUMENT_LOW(2));
		emit(program, BPF_JMP | BPF_JSET | BPF_K, 0, 1, PROT_EXEC);
		emit_return(program, SECCOMP_RET_USER_NOTIF);
		emit_return(program, SECCOMP_RET_ALLOW);
		break;
	case FILTER_STATX:
		emit_stat(program, 2);
		break;
	case FILTER_STATAT:
		emit_stat(program, 3);
		break;
	}
}

static GArray *compile_ranges(const struct range *ranges, guint count)
{
	GArray *program = program_new();
	g_autoptr(GArray) low = NULL, high = NULL;
	guint middle = count / 2;

	if (count == 1) {
		emit_action(program, ranges[0].action);
		return program;
	}
	low = compile_ranges(ranges, middle);
	high = compile_ranges(ranges + middle, count - middle);
	if (low->len <= G_MAXUINT8) {
		emit(program, BPF_JMP | BPF_JGE | BPF_K, (uint8_t)low->len, 0,
		     ranges[middle].first);
	} else { /* conditional jumps reach 255 instructions */
		emit(program, BPF_JMP | BPF_JGE | BPF_K, 0, 1, ranges[middle].first);
		emit(program, BPF_JMP | BPF_JA, 0, 0, low->len);
	}
	g_array_append_vals(program, low->data, low->len);
	g_array_append_vals(program, high->data, high->len);
	return program;
}

static GArray *compile_arch(const uint8_t actions[AGENT_MAX_CALLS])
{
	g_autoptr(GArray) ranges = g_array_new(FALSE, FALSE, sizeof(struct range));
	struct range last = {AGENT_MAX_CALLS, FILTER_ENOSYS};
	g_autoptr(GArray) tree = NULL;
	GArray *program = program_new();

	for (uint32_t nr = 0; nr < AGENT_MAX_CALLS; nr++) {
		struct range range = {nr, actions[nr]};

		if (nr == 0 || actions[nr] != actions[nr - 1])
			g_array_append_val(ranges, range);
	}
	g_array_append_val(ranges, last);
	tree = compile_ranges((const struct range *)ranges->data, ranges->len);
	emit(program, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
	g_array_append_vals(program, tree->data, tree->len);
	return program;
}

GArray *filter_compile(const struct filter_plan *plan)
{
	GArray *program = program_new();

	emit(program, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, arch));
	for (int arch = 0; arch < AGENT_ARCHES; arch++) {
		g_autoptr(GArray) part = NULL;

		if (!call_arch_audit(arch))
			continue;
		part = compile_arch(plan->actions[arch]);
		emit(program, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, call_arch_audit(arch));
		emit(program, BPF_JMP | BPF_JA, 0, 0, part->len);
		g_array_append_vals(program, part->data, part->len);
	}
	emit_return(program, SECCOMP_RET_ERRNO | ENOSYS);
	return program;
}
