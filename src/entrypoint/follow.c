/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/follow.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	TICK_MS = 50,
	WORKING_MS = 60000,
	SYSCALL_STOP = SIGTRAP | 0x80, /* PTRACE_O_TRACESYSGOOD */
};

#define TRACE_OPTIONS                                                                              \
	(PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |     \
	 PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)

/* --- the struct --- */

static void actor_free(void *data)
{
	struct actor *actor = data;

	g_free(actor->script);
	g_free(actor->script_path);
	g_clear_pointer(&actor->sources, g_ptr_array_unref);
	xtrace_clear(&actor->trace);
	g_free(actor);
}

static void task_free(void *data)
{
	struct task *task = data;

	g_free(task->path);
	g_free(task);
}

static void pipe_free(void *data)
{
	struct pipe_content *content = data;

	g_byte_array_unref(content->data);
	g_free(content);
}

void follow_init(struct follow *follow, const struct follow_options *options,
		 struct start_record *record)
{
	*follow = (struct follow){
		.options = options,
		.record = record,
		.reader = {.root_fd = -1, .ids = options->ids},
		.tasks = g_hash_table_new_full(NULL, NULL, NULL, task_free),
		.actors = g_ptr_array_new_with_free_func(actor_free),
		.beside = g_array_new(FALSE, FALSE, sizeof(struct follow_beside)),
		.kinds = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
		.scripts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
						 (GDestroyNotify)g_bytes_unref),
		.tests = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
		.read = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					      (GDestroyNotify)g_bytes_unref),
		.pipes = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, pipe_free),
	};
	clock_gettime(CLOCK_REALTIME_COARSE, &follow->began);
}

void follow_clear(struct follow *follow)
{
	g_clear_pointer(&follow->timeline, timeline_free);
	g_clear_pointer(&follow->tasks, g_hash_table_unref);
	g_clear_pointer(&follow->beside, g_array_unref);
	g_clear_pointer(&follow->actors, g_ptr_array_unref);
	g_clear_pointer(&follow->kinds, g_hash_table_unref);
	g_clear_pointer(&follow->scripts, g_hash_table_unref);
	g_clear_pointer(&follow->pipes, g_hash_table_unref);
	g_clear_pointer(&follow->read, g_hash_table_unref);
	g_clear_pointer(&follow->tests, g_hash_table_unref);
	g_clear_pointer(&follow->failed, g_ptr_array_unref);
	g_clear_pointer(&follow->last_line, g_free);
	g_clear_error(&follow->error);
	fd_cleanup(&follow->reader.root_fd);
}

void follow_fail(struct follow *follow, enum thresh_error code, const char *format, ...)
{
	va_list args;

	if (follow->error)
		return;
	va_start(args, format);
	follow->error = g_error_new_valist(THRESH_ERROR, (int)code, format, args);
	va_end(args);
}

/* --- processes and threads --- */

static struct actor *actor_add(struct follow *follow, pid_t pid, struct actor *parent)
{
	struct actor *actor = g_new0(struct actor, 1);

	actor->pid = pid;
	actor->alive = true;
	actor->script_fd = actor->trace_fd = -1;
	actor->parent = parent;
	g_ptr_array_add(follow->actors, actor);
	if (follow->actors->len > FOLLOW_ACTORS_MAX)
		follow_fail(follow, THRESH_ERROR_INPUT,
			    "the start script made more than %d processes before it executed the "
			    "application",
			    FOLLOW_ACTORS_MAX);
	if (!parent)
		return actor;
	actor->kind = parent->kind;
	actor->main = parent->main && parent->kind == ACTOR_LAUNCHER;
	actor->parent_waits = parent->waits;
	actor->script = g_strdup(parent->script);
	actor->line = parent->line;
	actor->plain = parent->plain;
	actor->program = parent->program;
	if (actor->program)
		actor->program->processes++;
	return actor;
}

static struct task *task_get(struct follow *follow, pid_t tid)
{
	struct task *task = g_hash_table_lookup(follow->tasks, GINT_TO_POINTER(tid));

	if (!task) {
		task = g_new0(struct task, 1);
		task->tid = tid;
		g_hash_table_insert(follow->tasks, GINT_TO_POINTER(tid), task);
	}
	return task;
}

/* The script's world, and a program of which it is not known yet what it is. */
static bool is_watched(const struct task *task)
{
	return !task->actor->program || !task->actor->program->kept;
}

/* At every call, where the filter does not say enough: up to the exit of this one, and while a
 * shell has opened what may be a script. */
static bool stops_at_calls(const struct task *task)
{
	return is_watched(task) &&
	       (task->in_call || (task->actor->kind == ACTOR_SHELL && task->actor->script_fd >= 0));
}

static void resume(struct follow *follow, struct task *task, int signal)
{
	task->held = follow->done || follow->error;
	if (task->held)
		return;
	/* ESRCH: it was killed meanwhile, and its end is the next thing that comes. */
	ptrace(stops_at_calls(task) ? PTRACE_SYSCALL : PTRACE_CONT, task->tid, 0,
	       (void *)(intptr_t)signal);
}

static pid_t event_message(pid_t tid)
{
	unsigned long message = 0;

	ptrace(PTRACE_GETEVENTMSG, tid, 0, &message);
	return (pid_t)message;
}

/* A new thread of @task's process, or a new process. */
static void on_fork(struct follow *follow, struct task *task, bool clone)
{
	pid_t tid = event_message(task->tid);
	struct task *child;
	struct tracee_status status = {0};
	bool known, readable;

	if (tid <= 0)
		return;
	known = g_hash_table_contains(follow->tasks, GINT_TO_POINTER(tid));
	child = task_get(follow, tid);
	readable = tracee_status_read(tid, &status);
	if (clone && readable && status.group != tid) {
		child->actor = task->actor;
	} else {
		follow_activity(follow, task->actor);
		follow_unmark(follow, task->actor);
		child->actor = actor_add(follow, tid, task->actor);
		if (!child->actor->program && follow->timeline)
			child->actor->mark = timeline_mark(follow->timeline);
		child->actor->inner = readable ? status.inner : 0;
	}
	tracee_status_clear(&status);
	if (known)
		resume(follow, child, 0);
}

static void on_end(struct follow *follow, pid_t tid, int status)
{
	struct task *task = g_hash_table_lookup(follow->tasks, GINT_TO_POINTER(tid));
	struct actor *actor = task ? task->actor : NULL;

	if (actor && actor->pid == tid) {
		actor->alive = false;
		follow_unmark(follow, actor);
		if (actor->program)
			follow_program_exit(follow, actor, status);
		if (actor == follow->start) {
			follow->ended = true;
			follow->status = status;
		}
		follow->last_event = g_get_monotonic_time();
	}
	g_hash_table_remove(follow->tasks, GINT_TO_POINTER(tid));
}

/* --- stops --- */

/* execve(2) by another thread than the first: that one's id is the process's from now on. */
static void on_exec(struct follow *follow, struct task *task)
{
	pid_t former = event_message(task->tid);

	if (former > 0 && former != task->tid)
		g_hash_table_remove(follow->tasks, GINT_TO_POINTER(former));
	task->in_call = task->by_call = false;
	follow_exec(follow, task);
}

static void on_call_entry(struct follow *follow, struct task *task, const struct tracee_call *call,
			  bool by_call)
{
	bool needs_exit;

	task->call = *call;
	needs_exit = follow_call_entry(follow, task);
	task->by_call = by_call;
	task->in_call = by_call || needs_exit;
}

static void on_call_exit(struct follow *follow, struct task *task, int64_t result)
{
	task->in_call = task->by_call = false;
	if (task->skipped)
		tracee_call_answer(task->tid, (int64_t)task->call.args[2]);
	else
		follow_call_exit(follow, task, result);
	task->skipped = false;
	g_clear_pointer(&task->path, g_free);
}

/* @filter: the filter's stop, else one of those at every call; of a call that has both, the
 * filter's is the second. */
static void on_call(struct follow *follow, struct task *task, bool filter)
{
	struct tracee_call call;

	if (!is_watched(task) || (filter && task->by_call) || !tracee_call_read(task->tid, &call))
		return;
	follow->last_event = g_get_monotonic_time();
	if (call.entry)
		on_call_entry(follow, task, &call, !filter);
	else if (task->in_call)
		on_call_exit(follow, task, call.result);
}

static void on_stop(struct follow *follow, struct task *task, int status)
{
	int signal = WSTOPSIG(status), event = status >> 16;

	switch (event) {
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		on_fork(follow, task, event == PTRACE_EVENT_CLONE);
		break;
	case PTRACE_EVENT_EXEC:
		on_exec(follow, task);
		break;
	case PTRACE_EVENT_SECCOMP:
		on_call(follow, task, true);
		break;
	case PTRACE_EVENT_STOP:
		/* A stop signal of job control stays in force; otherwise the first stop of a new
		 * one. */
		if (signal != SIGTRAP) {
			ptrace(PTRACE_LISTEN, task->tid, 0, 0);
			return;
		}
		break;
	default:
		if (signal != SYSCALL_STOP) {
			resume(follow, task, signal);
			return;
		}
		on_call(follow, task, false);
		break;
	}
	resume(follow, task, 0);
}

/* The record is complete: what stops goes on, as if nobody had stopped it. */
static void pass_on(struct follow *follow, pid_t tid, int status)
{
	int signal = WSTOPSIG(status), event = status >> 16;

	if (!WIFSTOPPED(status)) {
		const struct task *task = g_hash_table_lookup(follow->tasks, GINT_TO_POINTER(tid));

		if (task && task->actor && task->actor->pid == tid)
			task->actor->alive = false;
		follow->ended |= tid == follow->start->pid;
		follow->status = follow->ended ? status : 0;
	} else if (event == PTRACE_EVENT_STOP && signal != SIGTRAP) {
		ptrace(PTRACE_LISTEN, tid, 0, 0);
	} else {
		bool own = event != 0 || signal == SYSCALL_STOP;

		ptrace(PTRACE_CONT, tid, 0, (void *)(intptr_t)(own ? 0 : signal));
	}
}

static void on_wait(struct follow *follow, pid_t tid, int status)
{
	struct task *task;

	if (follow->released) {
		pass_on(follow, tid, status);
		return;
	}
	if (!WIFSTOPPED(status)) {
		on_end(follow, tid, status);
		return;
	}
	task = task_get(follow, tid);
	if (task->actor) /* else its parent's stop comes, and resumes it */
		on_stop(follow, task, status);
}

/* --- the loop --- */

bool follow_attach(pid_t pid, void *user, GError **error)
{
	struct follow *follow = user;
	struct task *task = task_get(follow, pid);

	follow->start = task->actor = actor_add(follow, pid, NULL);
	follow->start->main = true;
	follow->start->inner = 1;
	limits_read(pid, follow->began_limits);
	if (ptrace(PTRACE_SEIZE, pid, 0, TRACE_OPTIONS) < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno,
				       "ptrace: the start script cannot be followed (kernel.yama."
				       "ptrace_scope is to be less than 3)");
	return true;
}

static void wake(int signal)
{
	(void)signal;
}

/* A periodic signal to this thread alone, so that waitpid returns with EINTR. */
static bool ticker_start(timer_t *ret_timer, GError **error)
{
	struct sigaction action = {.sa_handler = wake};
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMAX - 1};
	struct itimerspec period = {.it_interval.tv_nsec = TICK_MS * 1000000,
				    .it_value.tv_nsec = TICK_MS * 1000000};
	sigset_t set;

	event._sigev_un._tid = gettid();
	sigemptyset(&set);
	sigaddset(&set, event.sigev_signo);
	if (sigaction(event.sigev_signo, &action, NULL) < 0 ||
	    pthread_sigmask(SIG_UNBLOCK, &set, NULL) != 0 ||
	    timer_create(CLOCK_MONOTONIC, &event, ret_timer) < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "timer");
	if (timer_settime(*ret_timer, 0, &period, NULL) == 0)
		return true;
	timer_delete(*ret_timer);
	return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "timer");
}

/* What the script was at when its time was over. */
static char *last_place(const struct follow *follow)
{
	g_autoptr(GPtrArray) programs = timeline_programs(follow->timeline);
	const struct program *program =
		programs->len > 0 ? programs->pdata[programs->len - 1] : NULL;
	g_autofree char *text = g_strdup(follow->last_line);

	if (text)
		return error_quote(text);
	if (program)
		text = g_strdup(program->step->path);
	else if (follow->start->script)
		text = g_strdup(follow->start->script);
	return text ? error_quote(text) : NULL;
}

static void on_deadline(struct follow *follow)
{
	g_autofree char *place = follow->timeline ? last_place(follow) : NULL;

	follow_fail(follow, THRESH_ERROR_NOT_READY,
		    "the start script did not execute the application within %d ms; it was last at "
		    "`%s`",
		    follow->options->timeout_ms, place ? place : "its first line");
}

/* Whether more is to come of @actor, whose end was not told: what was killed, and what is dead,
 * ends; a shell acts. On a busy machine each may wait for a processor for longer than that takes.
 */
static bool is_busy(const struct follow *follow, const struct actor *actor)
{
	char state = tracee_state(actor->pid);

	if (actor->pid == follow->killed || state == 'Z' || state == 'X' || !state)
		return true;
	return actor->kind == ACTOR_SHELL && (state == 'R' || state == 'D' || state == 't');
}

static bool is_working(const struct follow *follow)
{
	for (guint i = 0; i < follow->actors->len; i++) {
		const struct actor *actor = follow->actors->pdata[i];

		if (actor->alive && is_busy(follow, actor))
			return true;
	}
	return false;
}

static bool is_waited_for(const struct follow *follow, gint64 now)
{
	return now <= follow->deadline ||
	       (now <= follow->deadline + WORKING_MS * 1000 && is_working(follow));
}

static void on_tick(struct follow *follow)
{
	gint64 now = g_get_monotonic_time();

	if (follow->released)
		follow->done = !is_waited_for(follow, now);
	else if (now > follow->deadline)
		on_deadline(follow);
	else if (follow->timeline && follow_settled(follow))
		follow->done = true;
}

static bool loop(struct follow *follow, GError **error)
{
	gint64 tick = g_get_monotonic_time();

	while (!follow->done && !follow->ended && !follow->error) {
		int status;
		pid_t tid = waitpid(-1, &status, __WALL | __WNOTHREAD);
		gint64 now = g_get_monotonic_time();

		if (tid > 0)
			on_wait(follow, tid, status);
		else if (errno != EINTR)
			return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "waitpid");
		if (now - tick >= TICK_MS * 1000) {
			tick = now;
			on_tick(follow);
		}
	}
	return true;
}

bool follow_run(struct follow *follow, GError **error)
{
	timer_t timer;
	bool ok;

	follow->last_event = g_get_monotonic_time();
	follow->deadline = follow->last_event + (gint64)follow->options->timeout_ms * 1000;
	if (!ticker_start(&timer, error))
		return false;
	ok = loop(follow, error);
	timer_delete(timer);
	if (ok && !follow->error)
		follow_finish(follow);
	if (follow->error) {
		g_propagate_error(error, g_steal_pointer(&follow->error));
		return false;
	}
	return ok;
}

/* Those that the end of the run has left stopped. */
static void resume_held(struct follow *follow)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, follow->tasks);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct task *task = value;

		if (task->held || !task->actor)
			ptrace(PTRACE_CONT, task->tid, 0, 0);
		task->held = false;
	}
}

bool follow_without(struct follow *follow, pid_t pid, int timeout_ms)
{
	timer_t timer;

	if (follow->ended || !ticker_start(&timer, NULL))
		return follow->ended;
	kill(pid, SIGKILL);
	follow->killed = pid;
	follow->released = true;
	follow->done = false;
	follow->deadline = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
	resume_held(follow);
	loop(follow, NULL);
	timer_delete(timer);
	return follow->ended;
}

void follow_kill(struct follow *follow)
{
	pid_t tid;
	int status;

	if (!follow->start || follow->ended)
		return;
	kill(follow->start->pid, SIGKILL);
	/* The first process is init of its pid namespace: it is reported last. */
	do {
		tid = waitpid(-1, &status, __WALL | __WNOTHREAD);
		if (tid == follow->start->pid && !WIFSTOPPED(status)) {
			follow->ended = true;
			follow->status = status;
		}
	} while ((tid > 0 || errno == EINTR) && !follow->ended);
}
