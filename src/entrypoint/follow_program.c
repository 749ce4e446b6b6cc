/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that the script runs: what they are started with, and whether they are kept. */
#include "entrypoint/follow.h"

#include "base/fd.h"
#include "base/sorted.h"
#include "entrypoint/place.h"
#include "entrypoint/start.h"
#include "entrypoint/tries.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	KEEP_CONTENTS = 32, /* more files than this are no content of a plan */
	KEEP_BYTES = 1 << 20,
	KEEP_ATTRIBUTES = 1000,
	KEEP_REMOVED = 1000,
};

/* --- a program as a step --- */

/* What shells set by themselves, and what makes them trace. */
static bool is_shell_variable(const char *entry, bool traced)
{
	static const char *const names[] = {
		"PWD=", "OLDPWD=", "SHLVL=", "_=", "PS4=", "BASH_ENV=", NULL};

	for (guint i = 0; i < (traced ? 6 : 4); i++) {
		if (g_str_has_prefix(entry, names[i]))
			return true;
	}
	return false;
}

static GPtrArray *environment_of(pid_t pid, bool traced)
{
	GPtrArray *environment = tracee_words(pid, "environ");

	for (guint i = environment ? environment->len : 0; i-- > 0;) {
		if (is_shell_variable(environment->pdata[i], traced))
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

bool follow_describe(struct follow *follow, const struct actor *actor, const char *path,
		     GPtrArray *words, struct start_step *step)
{
	GBytes *text;

	step->path = g_strdup(path);
	step->argv = g_ptr_array_ref(words);
	step->environment = environment_of(actor->pid, follow->options->mark != NULL);
	step->cwd = tracee_link(actor->pid, "cwd");
	step->script = g_strdup(actor->script);
	step->line = actor->line;
	text = follow_script_text(follow, actor->script);
	/* The application's words are mostly not the script's. */
	if (step->line == 0 && text && !actor->main)
		step->line = place_find(text, words);
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

/* "/dev/fd/63", or "--option=/dev/fd/63": bash's <(…). */
static const char *named_descriptor(const char *word)
{
	const char *equals = strchr(word, '=');
	const char *path = g_str_has_prefix(word, "/dev/fd/") ? word : equals ? equals + 1 : "";

	return g_str_has_prefix(path, "/dev/fd/") && g_ascii_isdigit(path[8]) ? path : NULL;
}

/* What a program reads from a pipe that a word names, and nothing from standard input, it may as
 * well read from standard input by that name: so a plan can say it. */
static void look_at_named_input(struct follow *follow, pid_t pid, struct program *program)
{
	GPtrArray *words = program->step->argv;

	for (guint i = 1; i < words->len && program->input_pipe == 0; i++) {
		char *word = words->pdata[i];
		const char *path = named_descriptor(word);
		g_autofree char *name = path ? g_strdup_printf("fd/%s", path + 8) : NULL;
		g_autofree char *link = name ? tracee_link(pid, name) : NULL;
		uint64_t inode = link ? pipe_inode(link) : 0;

		if (inode == 0 || is_own_pipe(follow, inode))
			continue;
		program->input_pipe = inode;
		words->pdata[i] = g_strdup_printf("%.*s/dev/stdin", (int)(path - word), word);
		g_free(word);
	}
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

/* --- programs --- */

static bool is_kept_by_wish(const struct follow *follow, const char *path, const GPtrArray *words)
{
	const char *const *keep = follow->options->keep;

	return keep && (g_strv_contains(keep, path) ||
			(words->len > 0 && g_strv_contains(keep, words->pdata[0])));
}

/* --- habits --- */

/* The path and the first word, of an option what is before `=`: what it is told to do. */
static char *habit_key(const struct program *program)
{
	const GPtrArray *words = program->step->argv;
	const char *word = words && words->len > 1 ? words->pdata[1] : "";

	return g_strdup_printf("%s\n%.*s", program->step->path, (int)strcspn(word, "="), word);
}

static bool is_kept_by_habit(const struct follow *follow, const struct program *program)
{
	g_autofree char *key = habit_key(program);

	return follow->options->habits &&
	       g_hash_table_lookup(follow->options->habits, key) == GINT_TO_POINTER(HABIT_KEPT);
}

static void note_habit(const struct follow *follow, const struct program *program)
{
	struct start_habit_noted *noted = g_new0(struct start_habit_noted, 1);

	noted->key = habit_key(program);
	noted->habit = program->kept ? HABIT_KEPT : HABIT_FOLDED;
	g_ptr_array_add(follow->record->habits, noted);
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

void follow_program_stop(struct follow *follow, struct program *program, int signal)
{
	follow_find_listeners(follow);
	follow_program_keep(follow, program);
	program->background |= program->leader != 0;
	program->stopped = true;
	timeline_stop(follow->timeline, program, signal);
}

void follow_program_begin(struct follow *follow, struct actor *actor, const char *path,
			  GPtrArray *words)
{
	struct program *program = program_new();

	timeline_start(follow->timeline, program, g_steal_pointer(&actor->mark));
	actor->kind = ACTOR_PROGRAM;
	actor->program = program;
	program->processes = 1;
	program->leader = actor->pid;
	if (!follow_describe(follow, actor, path, words, program->step))
		return;
	if (tries_failed(follow->failed, words))
		g_ptr_array_add(follow->record->retried, g_strdup(path));
	look_at_input(follow, actor->pid, program);
	if (program->input_fd < 0 && program->input_pipe == 0)
		look_at_named_input(follow, actor->pid, program);
	look_at_output(follow, actor->pid, program);
	if (is_kept_by_wish(follow, path, words) || is_kept_by_habit(follow, program))
		follow_program_keep(follow, program);
}

/* Whether all that it leaves can be said as files. */
static bool is_foldable(struct follow *follow, struct program *program)
{
	struct changes_weight weight;

	changes_capture(program->changes, &follow->reader);
	weight = changes_weigh(program->changes);
	if (weight.contents > 0)
		tries_note(&follow->failed, program);
	return weight.contents <= KEEP_CONTENTS && weight.bytes <= KEEP_BYTES &&
	       weight.attributes <= KEEP_ATTRIBUTES && weight.removed <= KEEP_REMOVED &&
	       !weight.special && !weight.oversize;
}

static void program_decide(struct follow *follow, struct program *program)
{
	if (!program->kept && is_foldable(follow, program)) {
		note_habit(follow, program);
		timeline_fold(follow->timeline, program);
		return;
	}
	follow_program_keep(follow, program);
	note_habit(follow, program);
	follow_settle_input(follow, program);
}

int follow_exit_code(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void follow_program_exit(struct follow *follow, struct actor *actor, int status)
{
	struct program *program = actor->program;

	/* whoever was asked by it listens by now */
	follow_find_listeners(follow);
	program->processes--;
	if (actor->pid == program->leader) {
		program->leader = 0;
		program->step->status = follow_exit_code(status);
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
void follow_unmark(struct follow *follow, struct actor *actor)
{
	if (actor->mark)
		timeline_unmark(follow->timeline, g_steal_pointer(&actor->mark));
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
