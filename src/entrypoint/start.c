/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/start.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "entrypoint/follow.h"
#include "entrypoint/given.h"
#include "entrypoint/machine.h"
#include "entrypoint/meaning.h"
#include "entrypoint/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	TIMEOUT_MS = 60000,
	SETTLE_MS = 1000,
};

/* One call, in its thread. */
struct job {
	const struct start_setup *setup;
	const struct start_scenario *scenario;
	struct sandbox *sandbox;
	GPtrArray *argv;       /* borrowed words, NULL-terminated */
	GPtrArray *first_argv; /* the same, of the first of two starts */
	GPtrArray *first_environment;
	GPtrArray *environment; /* char *, NULL-terminated */
	struct ids ids;
	char *mark; /* of the shells' trace; NULL: without */
	struct sandbox_spec sandbox_spec;
	GPtrArray *mounts; /* the setup's and ours, borrowed */
	GPtrArray *own;    /* struct sandbox_mount *: ours: the machine, the file that sets PS4 */
	struct start_record *record; /* of the last start */
	GError *error;
};

/* --- what is run --- */

static void add_words(GPtrArray *words, const char *const *from)
{
	for (; from && *from; from++)
		g_ptr_array_add(words, (gpointer)(uintptr_t)*from);
}

static GPtrArray *build_argv(const struct start_setup *setup, const struct start_scenario *scenario,
			     const GPtrArray *arguments)
{
	GPtrArray *argv = g_ptr_array_new();
	const char *const *words = setup->process->argv;

	if (scenario->entry)
		add_words(argv, scenario->entry);
	for (size_t i = 0; !scenario->entry && i < setup->entrypoint_words && words[i]; i++)
		g_ptr_array_add(argv, (gpointer)(uintptr_t)words[i]);
	if (arguments) {
		for (guint i = 0; i < arguments->len; i++)
			g_ptr_array_add(argv, arguments->pdata[i]);
	} else {
		size_t skip =
			MIN(setup->entrypoint_words, g_strv_length((char **)(uintptr_t)words));

		add_words(argv, words + skip);
	}
	g_ptr_array_add(argv, NULL);
	return argv;
}

/* Where NAME is in an environment that ends with NULL or with the array, or -1. */
static int environment_find(const GPtrArray *environment, const char *name, size_t length)
{
	for (guint i = 0; i < environment->len && environment->pdata[i]; i++) {
		const char *entry = environment->pdata[i];

		if (strncmp(entry, name, length) == 0 && entry[length] == '=')
			return (int)i;
	}
	return -1;
}

static GPtrArray *build_environment(const struct start_setup *setup, const GPtrArray *changes)
{
	GPtrArray *environment = g_ptr_array_new_with_free_func(g_free);

	for (const char *const *e = setup->process->environment; e && *e; e++)
		g_ptr_array_add(environment, g_strdup(*e));
	for (guint i = 0; changes && i < changes->len; i++) {
		const char *entry = changes->pdata[i];
		size_t length = strcspn(entry, "=");
		int at = environment_find(environment, entry, length);

		if (at >= 0)
			g_ptr_array_remove_index(environment, (guint)at);
		if (entry[length] == '=')
			g_ptr_array_add(environment, g_strdup(entry));
	}
	g_ptr_array_add(environment, NULL);
	return environment;
}

/* --- the shells' own trace --- */

static void environment_set(GPtrArray *environment, const char *name, const char *value)
{
	int at = environment_find(environment, name, strlen(name));

	if (at >= 0)
		g_ptr_array_remove_index(environment, (guint)at);
	g_ptr_array_insert(environment, 0, g_strconcat(name, "=", value, NULL));
}

/* A PS4 that nobody else writes, by the environment, and for bash in the file that it reads first.
 */
static void prepare_trace(struct job *job)
{
	g_autofree char *prompt = NULL, *text = NULL, *path = NULL;
	struct sandbox_mount *file;

	job->mark = g_uuid_string_random();
	prompt = g_strdup_printf(XTRACE_PS4, job->mark);
	text = g_strdup_printf("PS4='%s'\nset -x\n", prompt);
	path = g_strconcat("/.thresh-", job->mark, NULL);
	file = sandbox_mount_new(MOUNT_BYTES, path);
	file->bytes = g_bytes_new(text, strlen(text));
	g_ptr_array_add(job->own, file);
	environment_set(job->environment, "PS4", prompt);
	environment_set(job->environment, "BASH_ENV", path);
}

static bool is_own(const struct job *job, const struct sandbox_mount *mount)
{
	for (guint i = 0; i < job->own->len; i++)
		if (strcmp(((struct sandbox_mount *)job->own->pdata[i])->path, mount->path) == 0)
			return true;
	return false;
}

/* The engine's file of host names, as it is on the start's machine. */
static void add_hosts(struct job *job)
{
	const GPtrArray *mounts = job->setup->sandbox->mounts;

	for (guint i = 0; mounts && i < mounts->len; i++) {
		const struct sandbox_mount *mount = mounts->pdata[i];

		if (mount->kind != MOUNT_BYTES || strcmp(mount->path, MACHINE_HOSTS) != 0)
			continue;
		struct sandbox_mount *own = sandbox_mount_new(MOUNT_BYTES, MACHINE_HOSTS);

		own->bytes = machine_hosts(machine_of(job->scenario->machine), mount->bytes);
		g_ptr_array_add(job->own, own);
		return;
	}
}

/* The setup's mounts, and ours in the place of those that lie there. */
static void place_own(struct job *job)
{
	const GPtrArray *mounts = job->setup->sandbox->mounts;

	job->mounts = g_ptr_array_new();
	for (guint i = 0; mounts && i < mounts->len; i++)
		if (!is_own(job, mounts->pdata[i]))
			g_ptr_array_add(job->mounts, mounts->pdata[i]);
	for (guint i = 0; i < job->own->len; i++)
		g_ptr_array_add(job->mounts, job->own->pdata[i]);
	job->sandbox_spec.mounts = job->mounts;
}

static void fill_ids(struct job *job)
{
	const struct start_setup *setup = job->setup;

	job->ids = (struct ids){
		.mode = setup->identity->mode,
		.shift = setup->identity->shift,
		.outer_uid = geteuid(),
		.outer_gid = getegid(),
		.single_uid = setup->sandbox->single_uid,
		.single_gid = setup->sandbox->single_gid,
	};
}

/* --- one start --- */

static struct process_spec spec_of(const struct job *job, struct follow *follow, bool last,
				   int output_fd)
{
	struct process_spec spec = *job->setup->process;

	spec.argv = (const char *const *)(last ? job->argv : job->first_argv)->pdata;
	spec.environment =
		(const char *const *)(last ? job->environment : job->first_environment)->pdata;
	spec.standard_fds[0] = -1;
	spec.standard_fds[1] = spec.standard_fds[2] = output_fd;
	spec.trace_filter = NULL;
	spec.supervise = NULL;
	spec.attach = follow_attach;
	spec.stop_filter = meaning_filter();
	spec.user = follow;
	spec.covers = machine_covers;
	return spec;
}

/* Does the script end with the programs beside the application? Each is killed, until one takes the
 * script along; the script may as well start it anew, or wait for the application alone. */
static void find_essential(const struct job *job, struct follow *follow)
{
	int settle_ms = job->setup->settle_ms > 0 ? job->setup->settle_ms : SETTLE_MS;

	for (guint i = 0; i < follow->beside->len && !follow->ended; i++) {
		const struct follow_beside *beside =
			&g_array_index(follow->beside, struct follow_beside, i);

		beside->step->essential = follow_without(follow, beside->pid, settle_ms);
		/* the rest was waited for in the same way */
		for (guint j = i + 1; beside->step->essential && j < follow->beside->len; j++)
			g_array_index(follow->beside, struct follow_beside, j).step->essential =
				true;
	}
}

/* Follows the process that was started, and ends it. */
static bool follow_through(struct job *job, struct follow *follow, struct process *process,
			   bool last, GError **error)
{
	bool ok = follow_run(follow, error);

	if (ok && last)
		find_essential(job, follow);
	follow_kill(follow);
	process->exited = true;
	process->status = follow->status;
	process_clear(process);
	return ok;
}

static bool start_once(struct job *job, bool last, GError **error)
{
	const char *const interpreters[] = {job->scenario->entry ? job->scenario->entry[0] : NULL,
					    NULL};
	struct follow_options options = {
		.ids = &job->ids,
		.keep = job->setup->keep,
		.habits = job->scenario->habits,
		.interpreters = interpreters,
		.machine = machine_of(job->scenario->machine),
		.mark = job->mark,
		.timeout_ms = job->setup->timeout_ms > 0 ? job->setup->timeout_ms : TIMEOUT_MS,
		.settle_ms = job->setup->settle_ms > 0 ? job->setup->settle_ms : SETTLE_MS,
	};
	struct start_record *record = start_record_new();
	struct process process = {.pid_fd = -1};
	struct follow follow;
	struct process_spec spec;
	struct tail *tail = tail_new(error);
	bool ok = tail != NULL;

	follow_init(&follow, &options, record);
	if (ok) {
		options.own_pipes[0] = tail_inode(tail);
		spec = spec_of(job, &follow, last, tail_fd(tail));
		ok = sandbox_spawn(job->sandbox, &spec, &process, error);
		tail_started(tail);
	}
	if (ok)
		ok = follow_through(job, &follow, &process, last, error);
	follow_clear(&follow);
	if (tail)
		record->output = tail_finish(tail);
	start_record_free(job->record);
	job->record = record;
	return ok;
}

static bool run(struct job *job, GError **error)
{
	const struct start_setup *setup = job->setup;
	guint starts = MAX(job->scenario->starts, 1);

	job->sandbox = sandbox_open(&job->sandbox_spec, setup->identity, error);
	if (!job->sandbox)
		return false;
	for (guint i = 0; i < starts; i++) {
		bool last = i + 1 == starts, missed;

		if (!given_apply(job->sandbox, job->scenario, i == 0, last, &missed, error) ||
		    !start_once(job, last, error))
			return false;
		job->record->missed_absent = missed;
		job->record->machine = job->scenario->machine;
	}
	return true;
}

static gpointer run_job(gpointer data)
{
	struct job *job = data;
	bool ok = run(job, &job->error);

	sandbox_free(job->sandbox);
	return GINT_TO_POINTER(ok);
}

struct start_record *start_run(const struct start_setup *setup,
			       const struct start_scenario *scenario, GError **error)
{
	struct job job = {.setup = setup, .scenario = scenario, .sandbox_spec = *setup->sandbox};
	GThread *thread;
	bool ok;

	fill_ids(&job);
	job.argv = build_argv(setup, scenario, scenario->arguments);
	job.first_argv = build_argv(setup, scenario,
				    scenario->first_arguments ? scenario->first_arguments
							      : scenario->arguments);
	job.environment = build_environment(setup, scenario->environment);
	job.first_environment =
		build_environment(setup, scenario->first_environment ? scenario->first_environment
								     : scenario->environment);
	job.own = g_ptr_array_new_with_free_func((GDestroyNotify)sandbox_mount_free);
	machine_add_mounts(job.own, machine_of(scenario->machine));
	add_hosts(&job);
	if (scenario->explain)
		prepare_trace(&job);
	place_own(&job);
	thread = g_thread_try_new("start", run_job, &job, error);
	ok = thread && GPOINTER_TO_INT(g_thread_join(thread));
	g_ptr_array_unref(job.argv);
	g_ptr_array_unref(job.first_argv);
	g_ptr_array_unref(job.environment);
	g_ptr_array_unref(job.first_environment);
	g_ptr_array_unref(job.mounts);
	g_ptr_array_unref(job.own);
	g_free(job.mark);
	if (ok)
		return job.record;
	start_record_free(job.record);
	if (thread)
		g_propagate_prefixed_error(error, job.error,
					   "start%s%s: ", scenario->name ? " with " : "",
					   scenario->name ? scenario->name : "");
	return NULL;
}
