/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/tracee.h"

#include <errno.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/user.h>

static bool set(pid_t tid, size_t offset, uint64_t value)
{
	return ptrace(PTRACE_POKEUSER, tid, offset, value) == 0;
}

bool tracee_call_skip(pid_t tid)
{
	return set(tid, offsetof(struct user_regs_struct, orig_rax), (uint64_t)-1);
}

bool tracee_call_answer(pid_t tid, int64_t result)
{
	return set(tid, offsetof(struct user_regs_struct, rax), (uint64_t)result);
}

uint64_t tracee_stack(pid_t tid)
{
	long value;

	errno = 0;
	value = ptrace(PTRACE_PEEKUSER, tid, offsetof(struct user_regs_struct, rsp), 0);
	return errno == 0 ? (uint64_t)value : 0;
}

bool tracee_stack_move(pid_t tid, uint64_t address)
{
	return set(tid, offsetof(struct user_regs_struct, rsp), address);
}
