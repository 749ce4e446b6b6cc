/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/distil.h"

#include "base/error.h"
#include "base/path.h"
#include "base/signals.h"
#include "cut/launcher.h"
#include "entrypoint/differ.h"
#include "entrypoint/start.h"
#include "harden/launch.h"
#include "plan/text.h"

#include <signal.h>
#include <string.h>

enum { JOBS_MAX = 4 };

static const char start_hostname[] = "thresh-a";

/* What the runners need: the script's own starts, and those of the plan in its place. */
struct distiller {
	struct session *session;
	GPtrArray *keep;  /* char *: programs that the learner wants to be steps */
	guint words;      /* of the command line, the script's own: what is behind are arguments */
	const char *plan; /* of a replay; NULL: the script */
	guint jobs;       /* starts at once */
	GMutex lock;      /* of what follows */
	guint runs;
};

static const GPtrArray *command_of(const struct session *session)
{
	return session->request->arguments ? session->request->arguments
					   : session->image->config->command;
}

static bool is_shell_word(const char *word)
{
	static const char *const names[] = {"sh", "ash", "bash", "dash", NULL};

	return g_strv_contains(names, path_name(word));
}

/* How many of @words start the script: launchers with their options, the script itself; of a shell
 * its options and what it is to run. */
static guint script_words(const GPtrArray *words)
{
	guint at = 0;

	while (at + 1 < words->len &&
	       (launcher_is(words->pdata[at]) || *(const char *)words->pdata[at] == '-'))
		at++;
	if (at < words->len && is_shell_word(words->pdata[at])) {
		at++;
		while (at + 1 < words->len && *(const char *)words->pdata[at] == '-')
			at++;
	}
	return MIN(at + 1, words->len);
}

/* Without an Entrypoint the script is in Cmd, and what a user gives takes its place. */
static bool is_command(const struct session *session)
{
	return session->image->config->entrypoint->len == 0;
}

static struct launch *distiller_launch(const struct distiller *distiller, GError **error)
{
	const struct session *session = distiller->session;
	const struct harden_request *request = session->request;
	const struct launch_input input = {
		.image = session->image,
		.rootfs = session->rootfs,
		.identity = session->identity,
		.arguments = request->arguments,
		.environment = request->environment,
		.volumes = request->volumes,
		.secrets = request->secrets,
		.companions = request->companions,
		.hostname = start_hostname,
		.scratch_bytes = request->scratch_bytes ? request->scratch_bytes
							: sandbox_scratch_bytes() / distiller->jobs,
		.processes = request->processes,
		.plan = distiller->plan,
		.init_path = request->init_path,
	};

	return launch_new(&input, error);
}

/* With which a start of the plan begins, NULL-terminated. */
static GPtrArray *init_words(const struct distiller *distiller)
{
	const GPtrArray *command = command_of(distiller->session);
	GPtrArray *words = g_ptr_array_new();

	g_ptr_array_add(words, (gpointer)SEAL_INIT_PATH);
	for (guint i = 0; is_command(distiller->session) && i < distiller->words; i++)
		g_ptr_array_add(words, command->pdata[i]);
	g_ptr_array_add(words, NULL);
	return words;
}

static void tell(struct distiller *distiller, const struct start_scenario *scenario)
{
	g_mutex_lock(&distiller->lock);
	session_progress(distiller->session, "%s, start %u: %s",
			 distiller->plan ? "trying the plan" : "distilling the entrypoint",
			 ++distiller->runs, scenario->name ? scenario->name : "as it is");
	g_mutex_unlock(&distiller->lock);
}

/* By several threads at once. */
static struct start_record *distiller_run(const struct start_scenario *scenario, void *user,
					  GError **error)
{
	struct distiller *distiller = user;
	const struct session *session = distiller->session;
	autolaunch struct launch *launch = distiller_launch(distiller, error);
	g_autoptr(GPtrArray) keep = g_ptr_array_new();
	g_autoptr(GPtrArray) init = init_words(distiller);
	struct start_scenario start = *scenario;
	struct start_setup setup;

	if (!launch)
		return NULL;
	for (guint i = 0; i < distiller->keep->len; i++)
		g_ptr_array_add(keep, distiller->keep->pdata[i]);
	g_ptr_array_add(keep, NULL);
	setup = (struct start_setup){
		.sandbox = &launch->sandbox,
		.process = &launch->process,
		.identity = session->identity,
		.entrypoint_words = distiller->plan ? init->len - 1 : distiller->words,
		.keep = (const char *const *)keep->pdata,
		.timeout_ms = session->request->timeouts.ready_ms,
	};
	tell(distiller, scenario);
	/* The program that the runner looks into, as it does into a shell. */
	start.entry = distiller->plan ? (const char *const *)init->pdata : NULL;
	return start_run(&setup, &start, error);
}

/* --- what the learner is told --------------------------------------------------------------------
 */

static void add_wish(GPtrArray *wishes, char *name, GPtrArray *environment, GPtrArray *arguments)
{
	struct start_wish *wish = g_new0(struct start_wish, 1);

	wish->name = name;
	wish->environment = environment ? g_ptr_array_ref(environment) : NULL;
	wish->arguments = arguments ? g_ptr_array_ref(arguments) : NULL;
	g_ptr_array_add(wishes, wish);
}

/* What is behind the script's own words, or NULL where @words do not start it. */
static GPtrArray *arguments_behind(const struct distiller *distiller, const GPtrArray *words)
{
	const GPtrArray *command = command_of(distiller->session);
	guint skip = is_command(distiller->session) ? distiller->words : 0;
	g_autoptr(GPtrArray) behind = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < skip; i++) {
		if (i >= words->len || strcmp(words->pdata[i], command->pdata[i]) != 0)
			return NULL;
	}
	for (guint i = skip; i < words->len; i++)
		g_ptr_array_add(behind, g_strdup(words->pdata[i]));
	return g_steal_pointer(&behind);
}

/* The user's scenarios; a --run is a start that production makes too. */
static GPtrArray *wishes_of(const struct distiller *distiller)
{
	const struct harden_request *request = distiller->session->request;
	GPtrArray *wishes = g_ptr_array_new_with_free_func((GDestroyNotify)start_wish_free);

	for (guint i = 0; i < request->entrypoint.scenarios->len; i++) {
		const struct scenario_request *scenario = request->entrypoint.scenarios->pdata[i];

		add_wish(wishes, g_strdup(scenario->name), scenario->environment,
			 scenario->arguments);
	}
	for (guint i = 0; i < request->runs->len; i++) {
		g_autoptr(GPtrArray) behind = arguments_behind(distiller, request->runs->pdata[i]);

		if (behind)
			add_wish(wishes, g_strdup_printf("--run %u", i + 1), NULL, behind);
	}
	return wishes;
}

static GPtrArray *volumes_of(const struct session *session)
{
	const GPtrArray *declared = session->image->config->volumes;
	const GPtrArray *given = session->request->volumes;
	GPtrArray *volumes = g_ptr_array_new();

	for (guint i = 0; i < declared->len; i++)
		g_ptr_array_add(volumes, declared->pdata[i]);
	for (guint i = 0; i < given->len; i++)
		g_ptr_array_add(volumes, ((const struct volume_request *)given->pdata[i])->path);
	return volumes;
}

/* A program that no entry point has rules for. */
static const char *other_program(const struct session *session)
{
	static const char *const programs[] = {"/usr/bin/true", "/bin/true", "/usr/bin/env",
					       "/usr/bin/id"};

	for (gsize i = 0; i < G_N_ELEMENTS(programs); i++) {
		if (tree_resolve(session->rootfs->tree, programs[i], true, NULL, NULL))
			return programs[i];
	}
	return NULL;
}

static bool is_shipped(const char *path, void *user)
{
	const struct session *session = user;

	return tree_resolve(session->rootfs->tree, path, true, NULL, NULL) != NULL;
}

static bool is_vacant(const char *path, void *user)
{
	const struct session *session = user;
	const struct node *node = tree_resolve(session->rootfs->tree, path, true, NULL, NULL);

	return !node || (node->type == NODE_DIRECTORY && !node->children);
}

/* Variables of --env: none of the image's. Borrowed. */
static GPtrArray *own_names(const struct session *session)
{
	const GPtrArray *given = session->request->environment;
	GPtrArray *names = g_ptr_array_new();

	for (guint i = 0; i < given->len; i++)
		g_ptr_array_add(names, ((const struct redaction *)given->pdata[i])->name);
	return names;
}

static struct start_plan *learn(struct distiller *distiller, GError **error)
{
	g_autoptr(GPtrArray) arguments = NULL;
	const struct session *session = distiller->session;
	const struct harden_request *request = session->request;
	autolaunch struct launch *launch = distiller_launch(distiller, error);
	g_autoptr(GPtrArray) environment = g_ptr_array_new();
	g_autoptr(GPtrArray) wishes = wishes_of(distiller);
	g_autoptr(GPtrArray) volumes = volumes_of(session);
	g_autoptr(GPtrArray) own = own_names(session);
	struct start_request wanted;

	if (!launch)
		return NULL;
	arguments = arguments_behind(distiller, command_of(session));
	for (guint i = 0; launch->environment->pdata[i]; i++)
		g_ptr_array_add(environment, launch->environment->pdata[i]);
	wanted = (struct start_request){
		.environment = environment,
		.arguments = arguments,
		.workdir = session->image->config->working_directory,
		.volumes = volumes,
		.scenarios = wishes,
		.values = request->entrypoint.values,
		.fixed = request->entrypoint.fixed,
		.own = own,
		.keep = distiller->keep,
		.other_program = other_program(session),
		.is_shipped = is_shipped,
		.is_vacant = is_vacant,
		.shipped_user = distiller->session,
		.hostname = start_hostname,
		.budget_runs = request->entrypoint.runs_max,
		.jobs = distiller->jobs,
	};
	return start_learn(&wanted, distiller_run, distiller, error);
}

/* --- the plan ------------------------------------------------------------------------------------
 */

char *distil_plan_text(const struct session *session, const struct start_plan *plan)
{
	GString *text = g_string_new("thresh-plan 1\n");

	plan_add_words(text, "default", session->image->config->command);
	g_string_append(text, plan->steps);
	if (plan->uid != 0) {
		g_string_append_printf(text, "id %u %u", plan->uid, plan->gid);
		for (guint i = 0; i < plan->groups->len; i++)
			g_string_append_printf(text, " %u",
					       g_array_index(plan->groups, uint32_t, i));
		g_string_append_c(text, '\n');
	}
	return g_string_free(text, FALSE);
}

/* Where the script is the image's Cmd, its steps are for just these words: any other command line
 * is executed as it is. */
static void plan_guard(const struct distiller *distiller, struct start_plan *plan)
{
	const GPtrArray *command = command_of(distiller->session);
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < distiller->words; i++) {
		g_string_append_printf(text, "if equals ${%u}", i + 1);
		plan_add_literal(text, command->pdata[i]);
		g_string_append_c(text, '\n');
	}
	g_string_append_printf(text, "shift %u\n%s", distiller->words, plan->steps);
	for (guint i = 0; i < distiller->words; i++)
		g_string_append(text, "end\n");
	g_string_append(text, "exec ${@}\n");
	g_free(plan->steps);
	plan->steps = g_string_free(text, FALSE);
}

/* A script that waits is the container's first process, and so is init in its place: a stop signal
 * that the application leaves to the kernel ends it, as it ended below the script. */
static void plan_stay(const struct session *session, struct start_plan *plan)
{
	int number = signal_parse(session->image->config->stop_signal);
	char *steps = g_strdup_printf("stay %d %d\n%s", SEAL_STAY_GRACE_MS,
				      number > 0 ? number : SIGTERM, plan->steps);

	g_free(plan->steps);
	plan->steps = steps;
}

/* The last steps: what the script and what the plan executes; NULL: nothing. */
struct ends {
	const struct start_step *script, *plan;
};

static const struct start_step *record_end(const struct start_record *record)
{
	const GPtrArray *steps = record->steps;
	const struct start_step *end = steps->len ? steps->pdata[steps->len - 1] : NULL;

	return end && end->kind == START_EXEC ? end : NULL;
}

/* Production has one user, whatever it starts: a script that runs another program as root is
 * followed in all but that. So is what each makes for the user that it ends as. */
static bool may_differ(const struct start_step *script, const struct start_step *plan,
		       const char *property, void *user)
{
	const struct ends *ends = user;

	if (script->kind == START_EXEC)
		return !strcmp(property, "ids") || !strcmp(property, "groups");
	return !strcmp(property, "owner") && script->kind != START_OWNER && ends->script &&
	       ends->plan && script->uid == ends->script->uid && plan->uid == ends->plan->uid;
}

static char *records_differ(const struct start_record *script, const struct start_record *plan)
{
	struct ends ends = {record_end(script), record_end(plan)};
	const struct start_mask mask = {may_differ, &ends};

	return start_records_differ(script, plan, &mask);
}

/* Each has a scratch of its own: together they may fill no more memory than one application, but
 * where there is so little of it that one start alone could. */
static guint count_jobs(const struct session *session)
{
	uint64_t all = sandbox_scratch_bytes(), each = session->request->scratch_bytes;
	uint64_t most = each ? all / each : JOBS_MAX;

	return (guint)CLAMP(most, 1, MIN(g_get_num_processors(), JOBS_MAX));
}

struct start_plan *distil(struct session *session, GError **error)
{
	g_autoptr(GPtrArray) keep = g_ptr_array_new_with_free_func(g_free);
	struct distiller distiller = {
		.session = session, .keep = keep, .jobs = count_jobs(session)};
	autostartplan struct start_plan *plan = NULL;
	g_autofree char *text = NULL;

	distiller.words = is_command(session) ? script_words(command_of(session))
					      : session->image->config->entrypoint->len;
	plan = learn(&distiller, error);
	if (!plan)
		return NULL;
	if (is_command(session))
		plan_guard(&distiller, plan);
	if (plan->waited)
		plan_stay(session, plan);
	text = distil_plan_text(session, plan);
	distiller.plan = text;
	distiller.runs = 0;
	if (!start_plan_verify(plan, distiller_run, &distiller, distiller.jobs, records_differ,
			       error))
		return NULL;
	return g_steal_pointer(&plan);
}
