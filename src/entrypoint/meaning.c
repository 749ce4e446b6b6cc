/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/meaning.h"

#include <linux/seccomp.h>
#include <stddef.h>

static const struct {
	const char *name;
	enum call_kind kind;
} extra[] = {
	{"write", CALL_WRITE},
	{"pwrite64", CALL_WRITE},
	{"writev", CALL_WRITEV},
	{"pwritev", CALL_WRITEV},
	{"pwritev2", CALL_WRITEV},
	{"sendfile", CALL_SENDFILE},
	{"copy_file_range", CALL_INTO},
	{"splice", CALL_INTO},
	{"read", CALL_READ},
	{"close", CALL_CLOSE},
	{"dup2", CALL_DUP},
	{"dup3", CALL_DUP},
	{"fcntl", CALL_FCNTL},
	{"wait4", CALL_WAIT},
	{"waitid", CALL_WAIT},
	{"kill", CALL_KILL},
	{"tkill", CALL_KILL},
	{"rt_sigqueueinfo", CALL_KILL},
	{"tgkill", CALL_KILL_THREAD},
	{"setxattr", CALL_SET_ATTRIBUTE},
	{"lsetxattr", CALL_SET_ATTRIBUTE},
	{"fsetxattr", CALL_SET_ATTRIBUTE},
	{"setxattrat", CALL_SPECIAL},
	{"removexattr", CALL_REMOVE_ATTRIBUTE},
	{"lremovexattr", CALL_REMOVE_ATTRIBUTE},
	{"fremovexattr", CALL_REMOVE_ATTRIBUTE},
	{"chroot", CALL_CHROOT},
	{"sched_getaffinity", CALL_AFFINITY},
	{"pivot_root", CALL_SPECIAL},
	{"mount", CALL_SPECIAL},
	{"umount2", CALL_SPECIAL},
	{"move_mount", CALL_SPECIAL},
	{"setns", CALL_SPECIAL},
	{"unshare", CALL_SPECIAL},
	{"ptrace", CALL_SPECIAL},
	{"process_vm_writev", CALL_SPECIAL},
	{"pidfd_send_signal", CALL_SPECIAL},
	{"io_uring_setup", CALL_SPECIAL},
	{"open_by_handle_at", CALL_SPECIAL},
	{"vmsplice", CALL_SPECIAL},
	{"tee", CALL_SPECIAL},
};

static struct call_meaning *build_meanings(void)
{
	struct call_meaning *meanings = g_new0(struct call_meaning, AGENT_MAX_CALLS);
	g_autoptr(GArray) calls = g_array_new(FALSE, FALSE, sizeof(struct agent_call));

	calls_append(calls, AGENT_NATIVE);
	for (guint i = 0; i < calls->len; i++) {
		const struct agent_call *call = &g_array_index(calls, struct agent_call, i);

		meanings[call->nr] = (struct call_meaning){.kind = CALL_TABLE, .table = *call};
	}
	for (guint i = 0; i < G_N_ELEMENTS(extra); i++) {
		int nr = call_number(AGENT_NATIVE, extra[i].name);

		if (nr >= 0 && nr < AGENT_MAX_CALLS)
			meanings[nr].kind = extra[i].kind;
	}
	return meanings;
}

static const struct call_meaning *all_meanings(void)
{
	static gsize once;
	static struct call_meaning *meanings;

	if (g_once_init_enter(&once)) {
		meanings = build_meanings();
		g_once_init_leave(&once, 1);
	}
	return meanings;
}

const struct call_meaning *meaning_of(const struct tracee_call *call)
{
	static const struct call_meaning none;

	if (call->arch != call_arch_audit(AGENT_NATIVE))
		return NULL;
	return call->nr < AGENT_MAX_CALLS ? &all_meanings()[call->nr] : &none;
}

/* --- the filter --- */

static void emit(GArray *program, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	struct sock_filter instruction = {code, jt, jf, k};

	g_array_append_val(program, instruction);
}

static void emit_load(GArray *program, size_t offset)
{
	emit(program, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

static void emit_return(GArray *program, uint32_t value)
{
	emit(program, BPF_RET | BPF_K, 0, 0, value);
}

static bool table_stops(const struct agent_call *call)
{
	switch (call->op) {
	case OP_OPEN:
	case OP_OPENAT2:
	case OP_MKDIR:
	case OP_SYMLINK:
	case OP_MKNOD:
	case OP_UNLINK:
	case OP_RENAME:
	case OP_LINK:
	case OP_ATTRIBUTE:
	case OP_CHOWN:
	case OP_TRUNCATE:
	case OP_CONNECT:
	case OP_BIND:
	case OP_LISTEN:
		return true;
	default:
		return false;
	}
}

static bool meaning_stops(const struct call_meaning *meaning)
{
	switch (meaning->kind) {
	case CALL_TABLE:
		return table_stops(&meaning->table);
	case CALL_NONE:
	case CALL_READ:
	case CALL_CLOSE:
	case CALL_DUP:
	case CALL_FCNTL:
		return false;
	default:
		return true;
	}
}

/* Every architecture here is little-endian: the low half of an argument is its first. */
static void emit_close(GArray *program, uint32_t nr)
{
	emit(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 4, nr);
	emit_load(program, offsetof(struct seccomp_data, args[0]));
	emit(program, BPF_JMP | BPF_JGE | BPF_K, 0, 1, CLOSE_LEAST);
	emit_return(program, SECCOMP_RET_TRACE);
	emit_return(program, SECCOMP_RET_ALLOW);
}

static struct sock_fprog *build_filter(void)
{
	GArray *program = g_array_new(FALSE, FALSE, sizeof(struct sock_filter));
	const struct call_meaning *meanings = all_meanings();
	struct sock_fprog *filter = g_new(struct sock_fprog, 1);

	emit_load(program, offsetof(struct seccomp_data, arch));
	emit(program, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, call_arch_audit(AGENT_NATIVE));
	emit_return(program, SECCOMP_RET_TRACE);
	emit_load(program, offsetof(struct seccomp_data, nr));
	for (uint32_t nr = 0; nr < AGENT_MAX_CALLS; nr++) {
		if (meanings[nr].kind == CALL_CLOSE)
			emit_close(program, nr);
		if (!meaning_stops(&meanings[nr]))
			continue;
		emit(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, nr);
		emit_return(program, SECCOMP_RET_TRACE);
	}
	emit_return(program, SECCOMP_RET_ALLOW);
	filter->len = (unsigned short)program->len;
	filter->filter = (struct sock_filter *)(void *)g_array_free(program, FALSE);
	return filter;
}

const struct sock_fprog *meaning_filter(void)
{
	static gsize once;
	static struct sock_fprog *filter;

	if (g_once_init_enter(&once)) {
		filter = build_filter();
		g_once_init_leave(&once, 1);
	}
	return filter;
}
