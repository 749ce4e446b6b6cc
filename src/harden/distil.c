/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/distil.h"

#include "base/error.h"
#include "entrypoint/differ.h"
#include "entrypoint/start.h"
#include "harden/launch.h"
#include "plan/plan.h"

#include <string.h>

static const char start_hostname[] = "thresh-a";

/* What the runners need: the script's own starts, and those of the plan in its place. */
struct distiller {
	struct session *session;
	GPtrArray *keep;  /* char *: programs that the learner wants to be steps */
	const char *plan; /* of a replay; NULL: the script */
	guint runs;
};

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
		.companions = request->companions,
		.hostname = start_hostname,
		.scratch_bytes = request->scratch_bytes,
		.processes = request->processes,
		.plan = distiller->plan,
		.init_path = request->init_path,
	};

	return launch_new(&input, error);
}

static struct start_record *distiller_run(const struct start_scenario *scenario, void *user,
					  GError **error)
{
	static const char *const init[] = {SEAL_INIT_PATH, NULL};
	struct distiller *distiller = user;
	const struct session *session = distiller->session;
	autolaunch struct launch *launch = distiller_launch(distiller, error);
	g_autoptr(GPtrArray) keep = g_ptr_array_new();
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
		.entrypoint_words = distiller->plan ? 1 : session->image->config->entrypoint->len,
		.keep = (const char *const *)keep->pdata,
		.timeout_ms = session->request->timeouts.ready_ms,
		.stop_ms = session->request->timeouts.stop_ms,
	};
	session_progress(session, "%s, start %u: %s",
			 distiller->plan ? "trying the plan" : "distilling the entrypoint",
			 ++distiller->runs, scenario->name ? scenario->name : "as it is");
	/* The program that the runner looks into, as it does into a shell. */
	start.entry = distiller->plan ? init : NULL;
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

/* The user's scenarios; a --run is a start that production makes too. */
static GPtrArray *wishes_of(const struct harden_request *request)
{
	GPtrArray *wishes = g_ptr_array_new_with_free_func((GDestroyNotify)start_wish_free);

	for (guint i = 0; i < request->entrypoint.scenarios->len; i++) {
		const struct scenario_request *scenario = request->entrypoint.scenarios->pdata[i];

		add_wish(wishes, g_strdup(scenario->name), scenario->environment,
			 scenario->arguments);
	}
	for (guint i = 0; i < request->runs->len; i++)
		add_wish(wishes, g_strdup_printf("--run %u", i + 1), NULL, request->runs->pdata[i]);
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

static struct start_plan *learn(struct distiller *distiller, GError **error)
{
	const struct session *session = distiller->session;
	const struct harden_request *request = session->request;
	autolaunch struct launch *launch = distiller_launch(distiller, error);
	g_autoptr(GPtrArray) environment = g_ptr_array_new();
	g_autoptr(GPtrArray) wishes = wishes_of(request);
	g_autoptr(GPtrArray) volumes = volumes_of(session);
	struct start_request wanted;

	if (!launch)
		return NULL;
	for (guint i = 0; launch->environment->pdata[i]; i++)
		g_ptr_array_add(environment, launch->environment->pdata[i]);
	wanted = (struct start_request){
		.environment = environment,
		.arguments =
			request->arguments ? request->arguments : session->image->config->command,
		.workdir = session->image->config->working_directory,
		.volumes = volumes,
		.scenarios = wishes,
		.values = request->entrypoint.values,
		.fixed = request->entrypoint.fixed,
		.keep = distiller->keep,
		.other_program = other_program(session),
		.is_shipped = is_shipped,
		.shipped_user = distiller->session,
		.hostname = start_hostname,
		.budget_runs = request->entrypoint.runs_max,
	};
	return start_learn(&wanted, distiller_run, distiller, error);
}

/* --- the plan ------------------------------------------------------------------------------------
 */

static void append_words(GString *text, const char *directive, const GPtrArray *words)
{
	if (words->len == 0)
		return;
	g_string_append(text, directive);
	for (guint i = 0; i < words->len; i++) {
		g_autofree char *quoted = g_malloc(PLAN_QUOTED_BYTES(strlen(words->pdata[i])));

		plan_quote(words->pdata[i], quoted);
		g_string_append_printf(text, " %s", quoted);
	}
	g_string_append_c(text, '\n');
}

char *distil_plan_text(const struct session *session, const struct start_plan *plan)
{
	GString *text = g_string_new("thresh-plan 1\n");

	append_words(text, "default", session->image->config->command);
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

/* Production has one user, whatever it starts: a script that runs another program as root is
 * followed in all but that. */
static bool may_differ(const struct start_step *script, const struct start_step *plan,
		       const char *property, void *user)
{
	(void)plan;
	(void)user;
	return script->kind == START_EXEC &&
	       (!strcmp(property, "ids") || !strcmp(property, "groups"));
}

static char *records_differ(const struct start_record *script, const struct start_record *plan)
{
	static const struct start_mask mask = {may_differ, NULL};

	return start_records_differ(script, plan, &mask);
}

struct start_plan *distil(struct session *session, GError **error)
{
	g_autoptr(GPtrArray) keep = g_ptr_array_new_with_free_func(g_free);
	struct distiller distiller = {.session = session, .keep = keep};
	autostartplan struct start_plan *plan = learn(&distiller, error);
	g_autofree char *text = NULL;

	if (!plan)
		return NULL;
	text = distil_plan_text(session, plan);
	distiller.plan = text;
	distiller.runs = 0;
	if (!start_plan_verify(plan, distiller_run, &distiller, records_differ, error))
		return NULL;
	return g_steal_pointer(&plan);
}
