/* SPDX-License-Identifier: Apache-2.0 */
/* Who is who: shells, launchers, programs, and the application. */
#include "entrypoint/follow.h"

#include "base/fd.h"
#include "base/path.h"
#include "cut/launcher.h"
#include "cut/programs.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { SCRIPT_HEAD_BYTES = 4096, TEXTS_MAX = 16 };

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

/* What ends with executing what is behind it, having changed nothing that a record does not hold:
 * of a launcher that sets limits or priorities the application is a part. */
static bool is_starter(const char *name)
{
	static const char *const more[] = {"su", "runuser", "sudo", "run-parts", NULL};
	static const char *const less[] = {"nice",    "ionice",  "chrt",    "taskset",
					   "prlimit", "timeout", "setarch", "unshare",
					   "chpst",   "nohup",   NULL};

	return (launcher_is(name) && !g_strv_contains(less, name)) || g_strv_contains(more, name);
}

/* thresh-init, which runs a plan as a shell runs a script. */
static bool is_interpreter(const struct follow *follow, const char *path)
{
	const char *const *interpreters = follow->options->interpreters;

	return interpreters && g_strv_contains(interpreters, path);
}

static enum actor_kind role_of(struct follow *follow, pid_t tid, const char *path,
			       const GPtrArray *words, guint *ret_index)
{
	const char *name = applet(words, ret_index);

	if (is_interpreter(follow, path))
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

/* The script in a shell's argument list: the first word that is neither option nor value of one; it
 * is the script itself where @ret_is_text, for `-c`. NULL for commands from standard input. */
static const char *script_word(const GPtrArray *words, guint index, bool *ret_is_text)
{
	*ret_is_text = false;
	for (guint i = index + 1; i < words->len; i++) {
		const char *word = words->pdata[i];

		if (strcmp(word, "--") == 0)
			return i + 1 < words->len ? words->pdata[i + 1] : NULL;
		if (*word != '-' && *word != '+')
			return word;
		if (*word == '-' && word[1] != '-' && strchr(word, 'c'))
			*ret_is_text = true;
		if (word[1] != '-' && (word[strlen(word) - 1] == 'o' || strcmp(word, "-O") == 0))
			i++;
		else if (strcmp(word, "--rcfile") == 0 || strcmp(word, "--init-file") == 0)
			i++;
	}
	return NULL;
}

/* The text of a `sh -c`, among the scripts by a name that no path has. */
static void add_text(struct follow *follow, struct actor *actor, const char *text)
{
	for (guint i = 1; i <= TEXTS_MAX; i++) {
		g_autofree char *name =
			i == 1 ? g_strdup("sh -c") : g_strdup_printf("sh -c (%u)", i);
		GBytes *known = g_hash_table_lookup(follow->scripts, name);
		g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));

		if (!known)
			g_hash_table_insert(follow->scripts, g_strdup(name), g_bytes_ref(bytes));
		else if (!g_bytes_equal(known, bytes))
			continue;
		if (!actor->script)
			actor->script = g_steal_pointer(&name);
		return;
	}
}

static void enter_script(struct follow *follow, struct actor *actor, const GPtrArray *words,
			 guint index)
{
	bool is_text;
	const char *word = script_word(words, index, &is_text);

	if (word && is_text) {
		add_text(follow, actor, word); /* or it stands where its parent stands */
		return;
	}
	g_autofree char *cwd = word ? tracee_link(actor->pid, "cwd") : NULL;
	g_autofree char *path = cwd ? snapshot_resolve(&follow->reader, cwd, word, true) : NULL;

	if (!path)
		return;
	follow_script_add(follow, path);
	g_free(actor->script);
	actor->script = g_steal_pointer(&path);
	actor->line = 0;
}
static void enter_trace(struct follow *follow, struct task *task, const char *path,
			const GPtrArray *words, guint index)
{
	struct actor *actor = task->actor;

	xtrace_clear(&actor->trace);
	g_clear_pointer(&actor->sources, g_ptr_array_unref);
	/* Of the shells here only dash and its kin do not quote. */
	actor->plain = kind_of(follow, task->tid, path) == PROGRAM_SHELL &&
		       strcmp(path_name(path), "bash") != 0;
	if (!is_interpreter(follow, path))
		follow_trace_begin(follow, task, path, words, index);
}

/* --- an exec --- */

static void application(struct follow *follow, struct actor *actor, const char *path,
			GPtrArray *words)
{
	struct start_step *step = g_new0(struct start_step, 1);

	if (follow_describe(follow, actor, path, words, step))
		follow_application(follow, actor->pid, step);
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
		follow_find_listeners(follow);
		follow_program_begin(follow, actor, path, words);
	} else {
		actor->kind = role;
		if (role == ACTOR_SHELL) {
			if (!is_interpreter(follow, path))
				enter_script(follow, actor, words, index);
			enter_trace(follow, task, path, words, index);
		}
	}
}
