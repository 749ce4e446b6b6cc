/* SPDX-License-Identifier: Apache-2.0 */
/* Who is who: shells, launchers, programs, and the application. */
#include "entrypoint/follow.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/sorted.h"
#include "cut/launcher.h"
#include "cut/programs.h"
#include "sandbox/listeners.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	KEEP_CONTENTS = 32, /* more files than this are no content of a plan */
	KEEP_BYTES = 1 << 20,
	KEEP_ATTRIBUTES = 1000,
	KEEP_REMOVED = 1000,
	QUIET_FACTOR = 5, /* of the settle time: for an application that listens nowhere */
	SCRIPT_HEAD_BYTES = 4096,
};

/* --- what a program is --- */

static enum program_kind identify(pid_t tid)
{
	g_autofree char *name = g_strdup_printf("/proc/%d/exe", (int)tid);
	autofd int fd = open(name, O_RDONLY | O_CLOEXEC);
	enum program_kind kind;
	struct stat st;
	void *data;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size <= 0)
		return PROGRAM_OTHER;
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return PROGRAM_OTHER;
	kind = program_identify(data, (size_t)st.st_size);
	munmap(data, (size_t)st.st_size);
	return kind;
}

static enum program_kind kind_of(struct follow *follow, pid_t tid, const char *path)
{
	gpointer kind;

	if (!g_hash_table_lookup_extended(follow->kinds, path, NULL, &kind)) {
		kind = GUINT_TO_POINTER(identify(tid));
		g_hash_table_insert(follow->kinds, g_strdup(path), kind);
	}
	return GPOINTER_TO_UINT(kind);
}

/* The name under which a program with many was called, and where in @words that name is. */
static const char *applet(const GPtrArray *words, guint *ret_index)
{
	const char *name = words->len > 0 ? path_name(words->pdata[0]) : "";

	*ret_index = 0;
	name += *name == '-';
	if ((strcmp(name, "busybox") == 0 || strcmp(name, "toybox") == 0) && words->len > 1) {
		*ret_index = 1;
		return path_name(words->pdata[1]);
	}
	return name;
}

static bool is_shell_applet(const char *name)
{
	static const char *const names[] = {"sh", "ash", "hush", "bash", NULL};

	return g_strv_contains(names, name);
}

/* These only start what is behind them, too, but are no launcher for a production image. */
static bool is_starter(const char *name)
{
	static const char *const names[] = {"su", "runuser", "sudo", "run-parts", NULL};

	return launcher_is(name) || g_strv_contains(names, name);
}

static enum actor_kind role_of(struct follow *follow, pid_t tid, const char *path,
			       const GPtrArray *words, guint *ret_index)
{
	const char *const *interpreters = follow->options->interpreters;
	const char *name = applet(words, ret_index);

	if (interpreters && g_strv_contains(interpreters, path))
		return ACTOR_SHELL;
	switch (kind_of(follow, tid, path)) {
	case PROGRAM_SHELL:
		*ret_index = 0;
		return ACTOR_SHELL;
	case PROGRAM_MULTICALL:
		if (is_shell_applet(name))
			return ACTOR_SHELL;
		return is_starter(name) ? ACTOR_LAUNCHER : ACTOR_PROGRAM;
	default:
		*ret_index = 0;
		return is_starter(path_name(path)) ? ACTOR_LAUNCHER : ACTOR_PROGRAM;
	}
}

/* --- scripts --- */

void follow_script_add(struct follow *follow, const char *path)
{
	struct snapshot now;
	const char *data;
	gsize size;

	if (g_hash_table_contains(follow->scripts, path))
		return;
	snapshot_take(&follow->reader, path, true, &now);
	if (now.type == SNAPSHOT_FILE && now.content) {
		data = g_bytes_get_data(now.content, &size);
		if (size > 0 && !memchr(data, '\0', MIN(size, SCRIPT_HEAD_BYTES)))
			g_hash_table_insert(follow->scripts, g_strdup(path),
					    g_bytes_ref(now.content));
	}
	snapshot_clear(&now);
}

/* The script in a shell's argument list: the first word that is neither option nor value of one;
 * NULL for `-c` and for commands from standard input. */
static const char *script_word(const GPtrArray *words, guint index)
{
	for (guint i = index + 1; i < words->len; i++) {
		const char *word = words->pdata[i];

		if (strcmp(word, "--") == 0)
			return i + 1 < words->len ? words->pdata[i + 1] : NULL;
		if (*word != '-' && *word != '+')
			return word;
		if (word[1] != '-' && strchr(word, 'c'))
			return NULL;
		if (word[1] != '-' && (word[strlen(word) - 1] == 'o' || strcmp(word, "-O") == 0))
			i++;
		else if (strcmp(word, "--rcfile") == 0 || strcmp(word, "--init-file") == 0)
			i++;
	}
	return NULL;
}

static void enter_script(struct follow *follow, struct actor *actor, const GPtrArray *words,
			 guint index)
{
	const char *word = script_word(words, index);
	g_autofree char *cwd = word ? tracee_link(actor->pid, "cwd") : NULL;
	g_autofree char *path = cwd ? snapshot_resolve(&follow->reader, cwd, word, true) : NULL;

	if (!path)
		return; /* `sh -c`: it stands where its parent stands */
	g_free(actor->script);
	actor->script = path_clean(cwd, word);
	actor->line = 0;
	follow_script_add(follow, path);
}

/* --- a program as a step --- */

static bool is_shell_variable(const char *entry)
{
	static const char *const names[] = {"PWD=", "OLDPWD=", "SHLVL=", "_=", NULL};

	for (guint i = 0; names[i]; i++) {
		if (g_str_has_prefix(entry, names[i]))
			return true;
	}
	return false;
}

static GPtrArray *environment_of(pid_t pid)
{
	GPtrArray *environment = tracee_words(pid, "environ");

	for (guint i = environment ? environment->len : 0; i-- > 0;) {
		if (is_shell_variable(environment->pdata[i]))
			g_ptr_array_remove_index(environment, i);
	}
	if (environment)
		g_ptr_array_sort(environment, text_compare);
	return environment;
}

static void set_ids(struct follow *follow, pid_t pid, struct start_step *step)
{
	const struct ids *ids = follow->options->ids;
	struct tracee_status status;

	step->groups = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	if (!tracee_status_read(pid, &status))
		return;
	step->uid = ids_uid(ids, status.uid);
	step->gid = ids_gid(ids, status.gid);
	step->umask = status.umask;
	/* With one id inside, the groups are those of whoever runs thresh. */
	for (guint i = 0; ids->mode != IDENTITY_SINGLE && i < status.groups->len; i++) {
		uint32_t group = ids_gid(ids, g_array_index(status.groups, uint32_t, i));

		g_array_append_val(step->groups, group);
	}
	tracee_status_clear(&status);
}

static bool describe(struct follow *follow, const struct actor *actor, const char *path,
		     GPtrArray *words, struct start_step *step)
{
	step->path = g_strdup(path);
	step->argv = g_ptr_array_ref(words);
	step->environment = environment_of(actor->pid);
	step->cwd = tracee_link(actor->pid, "cwd");
	step->script = g_strdup(actor->script);
	step->line = actor->line;
	set_ids(follow, actor->pid, step);
	if (step->environment && step->cwd)
		return true;
	follow_fail(follow, THRESH_ERROR_INPUT,
		    "the start script executed %s, whose environment cannot be read (more than "
		    "%d bytes, or it ended at once)",
		    path, TRACEE_WORDS_MAX_BYTES);
	return false;
}

/* --- its standard streams --- */

static bool is_own_pipe(const struct follow *follow, uint64_t inode)
{
	return inode == follow->options->own_pipes[0] || inode == follow->options->own_pipes[1];
}

static uint64_t file_position(pid_t pid, int fd)
{
	g_autofree char *name = g_strdup_printf("fdinfo/%d", fd);
	g_autofree char *text = tracee_file(pid, name);

	return text && g_str_has_prefix(text, "pos:") ? g_ascii_strtoull(text + 4, NULL, 10) : 0;
}

static void look_at_input(struct follow *follow, pid_t pid, struct program *program)
{
	g_autofree char *link = tracee_link(pid, "fd/0");
	g_autofree char *name = g_strdup_printf("/proc/%d/fd/0", (int)pid);
	uint64_t inode = link ? pipe_inode(link) : 0;
	struct stat st;

	if (inode != 0) {
		if (!is_own_pipe(follow, inode))
			program->input_pipe = inode;
		return;
	}
	if (stat(name, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	program->input_fd = open(name, O_RDONLY | O_CLOEXEC);
	program->input_at = file_position(pid, 0);
}

static void look_at_output(struct follow *follow, pid_t pid, struct program *program)
{
	g_autofree char *link = tracee_link(pid, "fd/1");
	g_autofree char *name = g_strdup_printf("/proc/%d/fd/1", (int)pid);
	uint64_t inode = link ? pipe_inode(link) : 0;
	struct stat st;

	if (inode != 0) {
		program->output_pipe = is_own_pipe(follow, inode) ? 0 : inode;
		program->step->output_read = program->output_pipe != 0;
	} else if (stat(name, &st) == 0 && S_ISREG(st.st_mode) && link[0] == '/') {
		program->step->output = g_steal_pointer(&link);
	}
}

/* What it read, now that it has ended or the start is over. */
static GBytes *input_of(struct follow *follow, struct program *program)
{
	struct pipe_content *content;

	if (program->input_fd >= 0) {
		if (lseek(program->input_fd, (off_t)program->input_at, SEEK_SET) < 0)
			return NULL;
		return fd_read_all(program->input_fd, FOLLOW_PIPE_MAX_BYTES, "", NULL);
	}
	if (program->input_pipe == 0)
		return NULL;
	content = follow_pipe(follow, program->input_pipe);
	return content->incomplete ? NULL : g_bytes_new(content->data->data, content->data->len);
}

static void settle_input(struct follow *follow, struct program *program)
{
	bool has_input = program->input_fd >= 0 || program->input_pipe != 0;

	program->step->input = has_input ? input_of(follow, program) : NULL;
	program->step->input_unknown = has_input && !program->step->input;
}

/* --- programs --- */

static bool is_kept_by_wish(const struct follow *follow, const char *path, const GPtrArray *words)
{
	const char *const *keep = follow->options->keep;

	return keep && (g_strv_contains(keep, path) ||
			(words->len > 0 && g_strv_contains(keep, words->pdata[0])));
}

void follow_program_keep(struct follow *follow, struct program *program)
{
	if (program->kept)
		return;
	program_keep(program);
	/* What it writes from now on is not seen. */
	if (program->output_pipe)
		follow_pipe(follow, program->output_pipe)->incomplete = true;
}

static void program_begin(struct follow *follow, struct actor *actor, const char *path,
			  GPtrArray *words)
{
	struct program *program = program_new();

	timeline_start(follow->timeline, program);
	actor->kind = ACTOR_PROGRAM;
	actor->program = program;
	program->processes = 1;
	program->leader = actor->pid;
	if (!describe(follow, actor, path, words, program->step))
		return;
	look_at_input(follow, actor->pid, program);
	look_at_output(follow, actor->pid, program);
	if (is_kept_by_wish(follow, path, words))
		follow_program_keep(follow, program);
}

/* Whether all that it leaves can be said as files. */
static bool is_foldable(struct follow *follow, struct program *program)
{
	struct changes_weight weight;

	changes_capture(program->changes, &follow->reader);
	weight = changes_weigh(program->changes);
	return weight.contents <= KEEP_CONTENTS && weight.bytes <= KEEP_BYTES &&
	       weight.attributes <= KEEP_ATTRIBUTES && weight.removed <= KEEP_REMOVED &&
	       !weight.special && !weight.oversize;
}

static void program_decide(struct follow *follow, struct program *program)
{
	if (!program->kept && is_foldable(follow, program)) {
		timeline_fold(follow->timeline, program);
		return;
	}
	follow_program_keep(follow, program);
	settle_input(follow, program);
}

static int exit_code(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void follow_program_exit(struct follow *follow, struct actor *actor, int status)
{
	struct program *program = actor->program;

	program->processes--;
	if (actor->pid == program->leader) {
		program->leader = 0;
		program->step->status = exit_code(status);
	}
	if (program->processes > 0)
		return;
	for (guint i = 0; i < follow->actors->len; i++) {
		struct actor *other = follow->actors->pdata[i];

		if (other->program == program)
			other->program = NULL;
	}
	program_decide(follow, program);
}

/* --- background --- */

/* Walks up from the program's first process to @actor: has that been told of an end since? */
static bool went_on(const struct actor *leader, const struct actor *actor)
{
	for (const struct actor *child = leader; child->parent; child = child->parent) {
		if (!child->parent->alive && child->parent->kind != ACTOR_PROGRAM)
			return true; /* nobody is left who could wait for it */
		if (child->parent == actor)
			return actor->waits > child->parent_waits;
	}
	return false;
}

void follow_activity(struct follow *follow, const struct actor *actor)
{
	if (actor->kind != ACTOR_SHELL)
		return;
	for (guint i = 0; i < follow->actors->len; i++) {
		const struct actor *leader = follow->actors->pdata[i];
		struct program *program = leader->program;

		if (program && leader->alive && program->leader == leader->pid &&
		    !program->background)
			program->background = went_on(leader, actor);
	}
}

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
static void find_listeners(struct follow *follow)
{
	g_autoptr(GPtrArray) programs = timeline_programs(follow->timeline);

	for (guint i = 0; i < programs->len; i++) {
		struct program *program = programs->pdata[i];

		if (program->processes > 0 && !program->step->listens)
			program->step->listens = find_listener(follow, program);
	}
}

/* --- the application --- */

static void add_exec(struct follow *follow, struct start_step *step)
{
	g_autoptr(GPtrArray) programs = timeline_programs(follow->timeline);

	for (guint i = 0; i < programs->len; i++) {
		struct program *program = programs->pdata[i];

		program->background |= program->leader != 0;
	}
	find_listeners(follow);
	follow_finish(follow);
	step->kind = START_EXEC;
	if (follow->error)
		start_step_free(step);
	else
		g_ptr_array_add(follow->record->steps, step);
	follow->done = true;
}

static void application(struct follow *follow, struct actor *actor, const char *path,
			GPtrArray *words)
{
	struct start_step *step = g_new0(struct start_step, 1);

	if (describe(follow, actor, path, words, step))
		add_exec(follow, step);
	else
		start_step_free(step);
}

void follow_exec(struct follow *follow, struct task *task)
{
	struct actor *actor = task->actor;
	g_autofree char *path = tracee_link(task->tid, "exe");
	g_autoptr(GPtrArray) words = tracee_words(task->tid, "cmdline");
	enum actor_kind role;
	guint index;

	follow->last_event = g_get_monotonic_time();
	if (!path || !words || follow->error) {
		if (!actor->program)
			follow_fail(follow, THRESH_ERROR_INPUT,
				    "a program that the start script executed ended at once");
		return;
	}
	if (follow->reader.root_fd < 0) {
		g_autofree char *root = g_strdup_printf("/proc/%d/root", (int)task->tid);

		follow->reader.root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
		follow->timeline = timeline_new(&follow->reader);
	}
	if (actor->program)
		return;
	role = role_of(follow, task->tid, path, words, &index);
	if (role == ACTOR_PROGRAM && actor->main) {
		application(follow, actor, path, words);
	} else if (role == ACTOR_PROGRAM) {
		find_listeners(follow);
		program_begin(follow, actor, path, words);
	} else {
		actor->kind = role;
		if (role == ACTOR_SHELL)
			enter_script(follow, actor, words, index);
	}
}

/* --- an application that the script waits for --- */

/* Whether all shells of the script's world wait for a child or a signal. */
static bool all_wait(const struct follow *follow)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, follow->tasks);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct task *task = value;

		if (!task->actor || task->actor->kind != ACTOR_SHELL)
			continue;
		if (!task->in_call ||
		    (task->call.nr != SYS_wait4 && task->call.nr != SYS_waitid &&
		     task->call.nr != SYS_rt_sigsuspend && task->call.nr != SYS_read))
			return false;
	}
	return true;
}

/* Sleeping for a time: a pause between two tries, and no application. */
static bool is_pause(const struct follow *follow, const struct program *program)
{
	const struct task *task =
		g_hash_table_lookup(follow->tasks, GINT_TO_POINTER(program->leader));

	return task && task->in_call &&
	       (task->call.nr == SYS_clock_nanosleep || task->call.nr == SYS_nanosleep);
}

/* Ticks of processor time of its first process and the children that this waited for. */
static uint64_t cpu_ticks(const struct program *program)
{
	g_autofree char *text = tracee_file(program->leader, "stat");
	const char *behind = text ? strrchr(text, ')') : NULL;
	unsigned long long user = 0, system = 0;

	/* proc_pid_stat(5): utime and stime are the fields 14 and 15. */
	if (behind)
		sscanf(behind + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user,
		       &system);
	return user + system;
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
		if (is_pause(follow, program))
			return NULL;
		last = program;
	}
	return last;
}

bool follow_settled(struct follow *follow)
{
	gint64 quiet_ms = (g_get_monotonic_time() - follow->last_event) / 1000;
	struct program *program;
	struct start_step *step;
	uint64_t ticks;

	if (quiet_ms < follow->options->settle_ms || !all_wait(follow))
		return false;
	program = waited_for(follow);
	if (!program)
		return false;
	find_listeners(follow);
	ticks = cpu_ticks(program);
	if (ticks != program->cpu_ticks || program->cpu_since == 0) {
		program->cpu_ticks = ticks;
		program->cpu_since = g_get_monotonic_time();
	}
	if (!program->step->listens &&
	    g_get_monotonic_time() - program->cpu_since <
		    (gint64)follow->options->settle_ms * QUIET_FACTOR * 1000)
		return false;
	for (guint i = 0; i < follow->actors->len; i++) {
		struct actor *actor = follow->actors->pdata[i];

		if (actor->program == program)
			actor->program = NULL;
	}
	g_clear_pointer(&program->step->listens, g_free);
	step = timeline_take(follow->timeline, program);
	add_exec(follow, step);
	return true;
}

/* --- the end --- */

static void add_exit(struct follow *follow)
{
	struct start_step *step = g_new0(struct start_step, 1);

	step->kind = START_EXIT;
	step->status = exit_code(follow->status);
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
			settle_input(follow, program);
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
	take_scripts(follow);
	if (follow->ended)
		add_exit(follow);
}
