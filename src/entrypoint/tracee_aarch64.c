/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/tracee.h"

#include <asm/ptrace.h>
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

static bool get(pid_t tid, struct user_pt_regs *ret_regs)
{
	struct iovec part = {ret_regs, sizeof(*ret_regs)};

	return ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &part) == 0;
}

static bool set(pid_t tid, struct user_pt_regs *regs)
{
	struct iovec part = {regs, sizeof(*regs)};

	return ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &part) == 0;
}

bool tracee_call_skip(pid_t tid)
{
	int none = -1;
	struct iovec part = {&none, sizeof(none)};

	return ptrace(PTRACE_SETREGSET, tid, NT_ARM_SYSTEM_CALL, &part) == 0;
}

bool tracee_call_answer(pid_t tid, int64_t result)
{
	struct user_pt_regs regs;

	if (!get(tid, &regs))
		return false;
	regs.regs[0] = (uint64_t)result;
	return set(tid, &regs);
}

uint64_t tracee_stack(pid_t tid)
{
	struct user_pt_regs regs;

	return get(tid, &regs) ? regs.sp : 0;
}

bool tracee_stack_move(pid_t tid, uint64_t address)
{
	struct user_pt_regs regs;

	if (!get(tid, &regs))
		return false;
	regs.sp = address;
	return set(tid, &regs);
}
