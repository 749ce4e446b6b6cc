/* SPDX-License-Identifier: Apache-2.0 */
#include "init/resident.h"

#include "init/family.h"
#include "init/stay.h"

#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

enum { MS_PER_S = 1000, NS_PER_MS = 1000000, KILL_MS = 1000, NEVER = -1 };
enum { PAGE_BYTES = 4096, STACK_BYTES = 256 << 10, SETTLE_MS = 100 };

/* By the linker: the program from its headers on, our section, what is zero at first (behind the
 * few bytes of the writable segment that are not). */
extern const char __executable_start[], __start_resident[], __stop_resident[];
extern const char __bss_start[], _end[];

static RESIDENT void signal_send(pid_t pid, int signal_number)
{
	resident_call(SYS_kill, pid, signal_number, 0, 0);
}

static RESIDENT void tell(const struct stay *stay, enum stay_event event, long number, long value)
{
	if (stay->watch)
		stay->watch(stay, event, number, value);
}

static RESIDENT int64_t now_ms(void)
{
	struct timespec now;

	resident_call(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now, 0, 0);
	return (int64_t)now.tv_sec * MS_PER_S + now.tv_nsec / NS_PER_MS;
}

static RESIDENT void grace_begin(struct stay *stay)
{
	if (stay->deadline_ms == 0)
		stay->deadline_ms = now_ms() + stay->grace_ms;
}

static RESIDENT noreturn void stay_end(const struct stay *stay, int status)
{
	if (stay->forgiven[(status & 0xff) / 64] & (uint64_t)1 << (status & 63))
		status = 0;
	tell(stay, STAY_ENDING, 0, status);
	for (;;)
		resident_call(SYS_exit_group, status, 0, 0, 0);
}

static RESIDENT void everyone_signal(struct stay *stay, int signal_number)
{
	if (stay->is_first)
		signal_send(-1, signal_number); /* all of the PID namespace but us */
	else
		family_signal(stay->main, signal_number);
}

static RESIDENT pid_t target(const struct stay *stay)
{
	return stay->to_group ? -stay->main : stay->main;
}

static RESIDENT void decide(struct stay *stay, int status)
{
	if (stay->decided)
		return;
	stay->decided = true;
	stay->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static RESIDENT void main_end(struct stay *stay, int status)
{
	stay->main_ended = true;
	stay->delayed_ms = 0;
	decide(stay, status);
	if (!stay->waits) {
		signal_send(target(stay), SIGTERM);
		tell(stay, STAY_FORWARDED, SIGTERM, 0);
		stay_end(stay, stay->status);
	}
	grace_begin(stay);
	everyone_signal(stay, SIGTERM);
}

static RESIDENT bool is_essential(const struct stay *stay, pid_t pid)
{
	for (uint32_t i = 0; i < stay->essential_count; i++) {
		if (stay->essential[i] == pid)
			return true;
	}
	return false;
}

static RESIDENT bool is_terminal_stop(int signal_number)
{
	return signal_number == SIGTSTP || signal_number == SIGTTIN || signal_number == SIGTTOU;
}

/* PID 1 cannot be stopped from inside: the call does nothing there. */
static RESIDENT void suspend(const struct stay *stay)
{
	tell(stay, STAY_SUSPENDING, 0, 0);
	signal_send((pid_t)resident_call(SYS_getpid, 0, 0, 0, 0), SIGSTOP);
}

/* What the terminal stopped is continued, since there is no shell who could; with job control, and
 * a shell outside, we stop too. */
static RESIDENT void child_stopped(struct stay *stay, pid_t pid, int signal_number)
{
	if (stay->follows && !stay->is_first) {
		if (pid == stay->main)
			suspend(stay);
		return;
	}
	if (is_terminal_stop(signal_number))
		signal_send(pid, SIGCONT);
}

static RESIDENT void child_ended(struct stay *stay, pid_t pid, int status)
{
	family_forget(pid);
	tell(stay, STAY_REAPED, pid, status);
	if (pid == stay->main) {
		main_end(stay, status);
	} else if (is_essential(stay, pid) && !stay->main_ended) {
		decide(stay, status);
		signal_send(target(stay), stay->stop_signal);
		grace_begin(stay);
	}
}

/* Answers whether a child is left. */
static RESIDENT bool children_reap(struct stay *stay)
{
	int options = WNOHANG | (stay->terminal >= 0 || stay->follows ? WUNTRACED : 0);

	for (;;) {
		int status = 0;
		long pid = resident_call(SYS_wait4, -1, (long)&status, options, 0);

		if (pid == 0)
			return true;
		if (pid < 0)
			return pid != -ECHILD;
		if (WIFSTOPPED(status))
			child_stopped(stay, (pid_t)pid, WSTOPSIG(status));
		else
			child_ended(stay, (pid_t)pid, status);
	}
}

/* A value that came with the signal (sigqueue(3)) goes on with it. That the application belongs to
 * another uid (EPERM), or has just ended, is not our failure. */
static RESIDENT void signal_forward(struct stay *stay, int signal_number, siginfo_t *info)
{
	int rewritten = stay->rewrite[signal_number];

	if (rewritten != signal_number)
		tell(stay, STAY_REWRITTEN, signal_number, rewritten);
	if (rewritten == 0) {
		tell(stay, STAY_DROPPED, rewritten, 0);
	} else {
		if (!info || info->si_code != SI_QUEUE || stay->to_group)
			signal_send(target(stay), rewritten);
		else
			resident_call(SYS_rt_sigqueueinfo, stay->main, rewritten, (long)info, 0);
		tell(stay, STAY_FORWARDED, rewritten, 0);
	}
	if (signal_number == stay->stop_signal && stay->grace_ms > 0)
		grace_begin(stay);
	if (stay->suspends && is_terminal_stop(signal_number))
		suspend(stay);
}

/* Continued by a shell that has put us into the foreground: what it gave to us is the
 * application's. SIGTTOU is blocked, so this is allowed from the background. */
static RESIDENT void foreground_give(const struct stay *stay)
{
	pid_t foreground = 0;
	pid_t main = stay->main;

	if (resident_call(SYS_ioctl, stay->terminal, TIOCGPGRP, (long)&foreground, 0) == 0 &&
	    foreground == (pid_t)resident_call(SYS_getpgid, 0, 0, 0, 0))
		resident_call(SYS_ioctl, stay->terminal, TIOCSPGRP, (long)&main, 0);
}

static RESIDENT void signal_take(struct stay *stay, int signal_number, siginfo_t *info)
{
	tell(stay, STAY_RECEIVED, signal_number, 0);
	if (signal_number == SIGCHLD || stay->main_ended)
		return;
	if (stay->pauses) {
		if (signal_number == SIGTERM || signal_number == SIGINT)
			stay_end(stay, 0);
		return;
	}
	if (signal_number == SIGCONT && stay->follows && stay->terminal >= 0)
		foreground_give(stay);
	if (signal_number == stay->stop_signal && stay->delay_ms && !stay->delayed_ms) {
		stay->delayed_ms = now_ms() + stay->delay_ms;
		stay->delay_ms = 0; /* once: another stop signal does not wait again */
		return;
	}
	if (signal_number == stay->stop_signal)
		stay->delayed_ms = 0;
	signal_forward(stay, signal_number, info);
}

/* Of two times, 0 being none. */
static RESIDENT int64_t sooner(int64_t a, int64_t b)
{
	return a && (!b || a < b) ? a : b;
}

/* Milliseconds until something is due, 0: now, or NEVER. */
static RESIDENT int64_t time_left(const struct stay *stay)
{
	int64_t due = sooner(stay->settled_ms, sooner(stay->delayed_ms, stay->deadline_ms));
	int64_t left;

	if (!due)
		return NEVER;
	left = due - now_ms();
	return left > 0 ? left : 0;
}

/* The next signal, 0 when the time is over, or a negative error number. */
static RESIDENT long signal_wait(const struct stay *stay, siginfo_t *ret_info)
{
	init_signals all = ~(init_signals)0;
	int64_t left_ms = time_left(stay);
	struct timespec timeout;
	long n;

	if (left_ms == 0)
		return 0;
	timeout.tv_sec = left_ms / MS_PER_S;
	timeout.tv_nsec = left_ms % MS_PER_S * NS_PER_MS;
	n = resident_call(SYS_rt_sigtimedwait, (long)&all, (long)ret_info,
			  left_ms == NEVER ? 0 : (long)&timeout, sizeof(all));
	return n == -EAGAIN ? 0 : n;
}

/* SIGKILL to all; what has not gone a second later (another uid, a hung device) is left to the
 * kernel, which ends a PID namespace with its first process. */
static RESIDENT void grace_end(struct stay *stay)
{
	if (stay->killing)
		stay_end(stay, stay->decided ? stay->status : 128 + SIGKILL);
	stay->killing = true;
	stay->deadline_ms = now_ms() + KILL_MS;
	everyone_signal(stay, SIGKILL);
}

static RESIDENT uintptr_t page_down(const void *address)
{
	return (uintptr_t)address & ~(uintptr_t)(PAGE_BYTES - 1);
}

static RESIDENT uintptr_t page_up(const void *address)
{
	return page_down((const char *)address + PAGE_BYTES - 1);
}

/* Code and constants are unmapped (mapped, the next fault would bring their neighbours back);
 * static data and the stack below us become what they were at first. Where pages are larger, or a
 * call is refused, memory stays in use, and that is all. */
static RESIDENT void shrink(void)
{
	uintptr_t first = page_down(__executable_start);
	uintptr_t ours = page_down(__start_resident);
	uintptr_t rest = page_up(__stop_resident);
	uintptr_t data = page_down(__bss_start);
	uintptr_t stack = page_down(&first);

	resident_call(SYS_munmap, (long)first, (long)(ours - first), 0, 0);
	if (rest < data)
		resident_call(SYS_munmap, (long)rest, (long)(data - rest), 0, 0);
	resident_call(SYS_madvise, (long)data, (long)(page_up(_end) - data), MADV_DONTNEED, 0);
	resident_call(SYS_madvise, (long)(stack - STACK_BYTES), STACK_BYTES, MADV_DONTNEED, 0);
}

static RESIDENT bool is_due(int64_t time_ms)
{
	return time_ms && time_ms <= now_ms();
}

static RESIDENT void time_is_over(struct stay *stay)
{
	if (is_due(stay->settled_ms)) {
		stay->settled_ms = 0;
		shrink();
	}
	if (is_due(stay->delayed_ms)) {
		stay->delayed_ms = 0;
		signal_forward(stay, stay->stop_signal, NULL);
	}
	if (is_due(stay->deadline_ms))
		grace_end(stay);
}

noreturn RESIDENT void stay_loop(struct stay *stay)
{
	bool left = true;

	/* Not now, when every microsecond is the application's. */
	if (!stay->watch)
		stay->settled_ms = now_ms() + SETTLE_MS;
	/* Their ends may have been seen, and their signals taken, while the steps were carried out.
	 */
	if (stay->essential_count > 0)
		left = children_reap(stay);
	while (left || stay->pauses) {
		siginfo_t info;
		long signal_number = signal_wait(stay, &info);

		if (signal_number == 0)
			time_is_over(stay);
		else if (signal_number > 0)
			signal_take(stay, (int)signal_number, &info);
		left = children_reap(stay);
		/* Each reap may have made orphans ours. */
		if (stay->killing)
			everyone_signal(stay, SIGKILL);
		else if (stay->main_ended && !stay->is_first)
			family_signal(stay->main, SIGTERM);
	}
	stay_end(stay, stay->status);
}
