/* SPDX-License-Identifier: Apache-2.0 */
/* How a start ends: an application that the script waits for, and the record. */
#include "entrypoint/follow.h"

#include "base/sorted.h"
#include "entrypoint/tries.h"
#include "sandbox/listeners.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

enum { QUIET_FACTOR = 5 /* of the settle time: for an application that listens nowhere */ };

/* --- where it listens --- */

static void collect_sockets(pid_t pid, GHashTable *inodes)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/fd", (int)pid);
	DIR *directory = opendir(path);
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		g_autofree char *name = g_strdup_printf("fd/%s", entry->d_name);
		g_autofree char *link = tracee_link(pid, name);

		if (link && g_str_has_prefix(link, "socket:[")) {
			guint64 inode = g_ascii_strtoull(link + 8, NULL, 10);

			g_hash_table_add(inodes, g_memdup2(&inode, sizeof(inode)));
		}
	}
	if (directory)
		closedir(directory);
}

static char *listens_on_tcp(pid_t pid, const GHashTable *inodes, const char *table)
{
	g_autofree char *text = tracee_file(pid, table);
	g_autoptr(GArray) listeners = g_array_new(FALSE, FALSE, sizeof(struct sandbox_listener));

	if (text)
		listeners_parse(text, true, listeners);
	for (guint i = 0; i < listeners->len; i++) {
		struct sandbox_listener *listener =
			&g_array_index(listeners, struct sandbox_listener, i);

		if (g_hash_table_contains((GHashTable *)(uintptr_t)inodes, &listener->inode))
			return g_strdup_printf("tcp %u", listener->port);
	}
	return NULL;
}

/* proc_net(5), unix: "Num RefCount Protocol Flags Type St Inode Path"; flag 0x10000 listens. */
static char *listens_on_socket(pid_t pid, const GHashTable *inodes)
{
	g_autofree char *text = tracee_file(pid, "net/unix");
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);

	for (guint i = 0; lines[i]; i++) {
		unsigned flags;
		guint64 inode;
		int at = 0;

		if (sscanf(lines[i], "%*s %*s %*s %x %*s %*s %" G_GUINT64_FORMAT " %n", &flags,
			   &inode, &at) == 2 &&
		    flags & 0x10000 && at > 0 && lines[i][at] == '/' &&
		    g_hash_table_contains((GHashTable *)(uintptr_t)inodes, &inode))
			return g_strdup_printf("socket %s", lines[i] + at);
	}
	return NULL;
}

static char *find_listener(const struct follow *follow, const struct program *program)
{
	g_autoptr(GHashTable) inodes =
		g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	pid_t pid = 0;
	char *found;

	for (guint i = 0; i < follow->actors->len; i++) {
		const struct actor *actor = follow->actors->pdata[i];

		if (actor->program != program || !actor->alive)
			continue;
		pid = actor->pid;
		collect_sockets(pid, inodes);
	}
	if (pid == 0 || g_hash_table_size(inodes) == 0)
		return NULL;
	found = listens_on_tcp(pid, inodes, "net/tcp");
	if (!found)
		found = listens_on_tcp(pid, inodes, "net/tcp6");
	return found ? found : listens_on_socket(pid, inodes);
}

/* Looks again where those that run listen. */
void follow_find_listeners(struct follow *follow)
{
	g_autoptr(GPtrArray) programs = timeline_programs(follow->timeline);

	for (guint i = 0; i < programs->len; i++) {
		struct program *program = programs->pdata[i];

		if (program->processes > 0 && !program->step->listens)
			program->step->listens = find_listener(follow, program);
	}
}
/* --- the application --- */

void follow_application(struct follow *follow, pid_t pid, struct start_step *step)
{
	g_autoptr(GPtrArray) programs = timeline_programs(follow->timeline);

	for (guint i = 0; i < programs->len; i++) {
		struct program *program = programs->pdata[i];

		program->background |= program->leader != 0;
	}
	follow_find_listeners(follow);
	follow_finish(follow);
	if (limits_raised(follow->began_limits, pid))
		follow_fail(
			follow, THRESH_ERROR_INPUT,
			"the start script raises the limit %s as far as it may (ulimit): a plan "
			"has numbers alone; give it a number, or write the steps yourself "
			"(thresh.yaml: entrypoint.plan)",
			limits_raised(follow->began_limits, pid));
	step->kind = START_EXEC;
	step->limits = limits_changed(follow->began_limits, pid);
	if (follow->error)
		start_step_free(step);
	else
		g_ptr_array_add(follow->record->steps, step);
	follow->done = true;
}

/* --- an application that the script waits for --- */

static bool is_wait(int64_t nr)
{
	return nr == SYS_wait4 || nr == SYS_waitid || nr == SYS_rt_sigsuspend ||
	       nr == SYS_rt_sigtimedwait || nr == SYS_read;
}

/* Whether all shells of the script's world wait for a child or a signal. */
static bool all_wait(const struct follow *follow)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, follow->tasks);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct task *task = value;

		if (task->actor && task->actor->kind == ACTOR_SHELL &&
		    !is_wait(tracee_sleeps_in(task->tid)))
			return false;
	}
	return true;
}

/* Sleeping for a time: a pause between two tries, and no application. */
static bool is_pause(const struct program *program)
{
	int64_t nr = program->kept ? -1 : tracee_sleeps_in(program->leader);

	return nr == SYS_clock_nanosleep || nr == SYS_nanosleep;
}

/* Ticks of processor time of its first process and the children that this waited for; @busy: set
 * where it runs, or waits for a processor or a disk. */
static uint64_t cpu_ticks(const struct program *program, bool *busy)
{
	g_autofree char *text = tracee_file(program->leader, "stat");
	const char *behind = text ? strrchr(text, ')') : NULL;
	unsigned long long user = 0, system = 0;
	char state = 'S';

	/* proc_pid_stat(5): state, utime and stime are the fields 3, 14 and 15. */
	if (behind)
		sscanf(behind + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &state,
		       &user, &system);
	*busy |= state == 'R' || state == 'D';
	return user + system;
}

static bool is_piped(const struct program *a, const struct program *b)
{
	return (a->output_pipe && a->output_pipe == b->input_pipe) ||
	       (b->output_pipe && b->output_pipe == a->input_pipe);
}

/* @program and those that its pipes lead to: where one of them works, the others wait for it. */
static GPtrArray *pipeline_of(const struct follow *follow, struct program *program)
{
	g_autoptr(GPtrArray) programs = timeline_programs(follow->timeline);
	GPtrArray *line = g_ptr_array_new();

	g_ptr_array_add(line, program);
	for (guint i = 0; i < line->len; i++)
		for (guint j = 0; j < programs->len; j++) {
			struct program *other = programs->pdata[j];

			if (other->leader > 0 && is_piped(line->pdata[i], other) &&
			    !g_ptr_array_find(line, other, NULL))
				g_ptr_array_add(line, other);
		}
	return line;
}

/* Whether it has done nothing for as long as an application that listens nowhere is waited for. */
static bool is_idle(const struct follow *follow, struct program *program)
{
	g_autoptr(GPtrArray) line = pipeline_of(follow, program);
	gint64 now = g_get_monotonic_time();
	uint64_t ticks = 0;
	bool busy = false;

	for (guint i = 0; i < line->len; i++)
		ticks += cpu_ticks(line->pdata[i], &busy);
	if (busy || ticks != program->cpu_ticks || program->cpu_since == 0) {
		program->cpu_ticks = ticks;
		program->cpu_since = now;
	}
	return now - program->cpu_since >= (gint64)follow->options->settle_ms * QUIET_FACTOR * 1000;
}

/* The one that was started last and that the script waits for. */
static struct program *waited_for(const struct follow *follow)
{
	g_autoptr(GPtrArray) programs = timeline_programs(follow->timeline);
	struct program *last = NULL;

	for (guint i = 0; i < programs->len; i++) {
		struct program *program = programs->pdata[i];

		if (program->leader == 0 || program->stopped)
			continue;
		if (is_pause(program))
			return NULL;
		last = program;
	}
	return last;
}

static void note_beside(struct follow *follow, const struct program *application)
{
	g_autoptr(GPtrArray) programs = timeline_programs(follow->timeline);

	for (guint i = 0; i < programs->len; i++) {
		const struct program *program = programs->pdata[i];
		struct follow_beside beside = {program->leader, program->step};

		if (program != application && program->leader > 0)
			g_array_append_val(follow->beside, beside);
	}
}

bool follow_settled(struct follow *follow)
{
	gint64 quiet_ms = (g_get_monotonic_time() - follow->last_event) / 1000;
	struct program *program;
	struct start_step *step;
	pid_t pid;

	if (quiet_ms < follow->options->settle_ms || !all_wait(follow))
		return false;
	program = waited_for(follow);
	if (!program)
		return false;
	follow_find_listeners(follow);
	if (!program->step->listens && !is_idle(follow, program))
		return false;
	for (guint i = 0; i < follow->actors->len; i++) {
		struct actor *actor = follow->actors->pdata[i];

		if (actor->program == program)
			actor->program = NULL;
	}
	g_clear_pointer(&program->step->listens, g_free);
	note_beside(follow, program);
	pid = program->leader;
	step = timeline_take(follow->timeline, program);
	step->waited = true;
	follow_application(follow, pid, step);
	return true;
}
/* --- the end --- */

static void add_exit(struct follow *follow)
{
	struct start_step *step = g_new0(struct start_step, 1);

	step->kind = START_EXIT;
	step->status = follow_exit_code(follow->status);
	step->script = g_strdup(follow->start->script);
	step->line = follow->start->line;
	g_ptr_array_add(follow->record->steps, step);
}

static void take_scripts(struct follow *follow)
{
	g_autoptr(GPtrArray) paths = keys_sorted(follow->scripts);

	for (guint i = 0; i < paths->len; i++) {
		struct start_script *script = g_new0(struct start_script, 1);

		script->path = g_strdup(paths->pdata[i]);
		script->text = g_bytes_ref(g_hash_table_lookup(follow->scripts, paths->pdata[i]));
		g_ptr_array_add(follow->record->scripts, script);
	}
}

/* Those that run on: what they do is not over, so they are kept. */
static void decide_running(struct follow *follow)
{
	g_autoptr(GPtrArray) programs = timeline_programs(follow->timeline);

	for (guint i = 0; i < programs->len; i++) {
		struct program *program = programs->pdata[i];

		if (program->processes > 0) {
			follow_program_keep(follow, program);
			follow_settle_input(follow, program);
		}
		if (program->background)
			program->step->kind = START_BEGIN;
	}
}

void follow_finish(struct follow *follow)
{
	if (!follow->timeline || follow->finished)
		return;
	follow->finished = true;
	decide_running(follow);
	if (!timeline_finish(follow->timeline, follow->record->steps, &follow->error))
		return;
	tries_merge(follow->record->steps);
	take_scripts(follow);
	follow_take_reads(follow);
	if (follow->ended)
		add_exit(follow);
}
