/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/learn.h"

#include "base/error.h"
#include "base/json.h"
#include "base/path.h"
#include "entrypoint/chance.h"
#include "entrypoint/complaint.h"
#include "entrypoint/emit.h"
#include "entrypoint/explore.h"
#include "entrypoint/failure.h"

#include <string.h>

enum {
	MAX_KEPT = 8,        /* programs that must be run: with each, all begins anew */
	VERIFIED_AHEAD = 16, /* starts of a plan that are run before the first is compared */
};

static void taught_free(struct start_taught *taught)
{
	start_scenario_free(taught->scenario);
	start_record_free(taught->record);
	g_free(taught);
}

void start_wish_free(struct start_wish *wish)
{
	if (!wish)
		return;
	g_free(wish->name);
	g_clear_pointer(&wish->environment, g_ptr_array_unref);
	g_clear_pointer(&wish->arguments, g_ptr_array_unref);
	g_free(wish);
}

void start_plan_free(struct start_plan *plan)
{
	if (!plan)
		return;
	g_free(plan->steps);
	g_clear_pointer(&plan->groups, g_array_unref);
	g_clear_pointer(&plan->notes, g_ptr_array_unref);
	g_clear_pointer(&plan->volumes, g_ptr_array_unref);
	g_clear_pointer(&plan->scenarios, g_ptr_array_unref);
	g_clear_pointer(&plan->chances, g_ptr_array_unref);
	g_clear_pointer(&plan->habits, g_hash_table_unref);
	json_decref(plan->variables);
	json_decref(plan->guards);
	g_free(plan);
}

void start_plan_cleanup(struct start_plan **plan)
{
	start_plan_free(*plan);
}

/* How @state ends: the execution that the image is made for. */
static void plan_take_identity(struct start_plan *plan, const struct state *base)
{
	const GPtrArray *steps = base->record->steps;
	const struct start_step *end = steps->pdata[steps->len - 1];

	plan->uid = end->uid;
	plan->gid = end->gid;
	plan->umask = end->umask;
	plan->groups = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	if (end->groups)
		g_array_append_vals(plan->groups, end->groups->data, end->groups->len);
}

static const char *factor_rule(const struct factor *factor)
{
	if (factor->secret)
		return "secret";
	if (factor->type)
		return factor->type;
	if (factor->listed)
		return "listed";
	if (factor->refused)
		return "plain text";
	return factor->effective ? "text" : "none";
}

static json_t *variables_to_json(const struct space *space)
{
	json_t *variables = json_array();

	for (guint i = SPACE_FIRST_VARIABLE; i < space->factors->len; i++) {
		const struct factor *factor = space_factor(space, i);
		json_t *variable = json_object(), *tried = json_array();

		for (guint j = 1; j < factor->levels->len; j++)
			json_array_append_new(
				tried,
				json_from_text(((struct level *)factor->levels->pdata[j])->label));
		json_object_set_new(variable, "name", json_from_text(factor->name));
		json_object_set_new(variable, "rule", json_string(factor_rule(factor)));
		json_object_set_new(variable, "tried", tried);
		json_array_append_new(variables, variable);
	}
	return variables;
}

static void use_decision(const struct decision *decision, GHashTable *used)
{
	if (decision_is_leaf(decision))
		return;
	g_hash_table_add(used, GINT_TO_POINTER(decision->condition));
	use_decision(decision->yes, used);
	use_decision(decision->no, used);
}

static void use_column(const struct column *column, GHashTable *used)
{
	use_decision(column->present, used);
	for (guint i = 0; i < column->slots->len; i++)
		use_decision(((struct slot *)column->slots->pdata[i])->value, used);
	for (guint i = 0; i < column->parts->len; i++) {
		use_decision(((struct part *)column->parts->pdata[i])->present, used);
		use_decision(((struct part *)column->parts->pdata[i])->value, used);
	}
}

/* Of each condition in the plan: the first start in which it holds, and the first in which not. */
static json_t *guard_to_json(const struct model *model, guint index)
{
	const struct condition *condition = model->conditions->pdata[index];
	g_autofree char *text = condition_describe(condition);
	const char *names[2] = {NULL, NULL};
	json_t *guard = json_object();

	for (guint i = 0; i < model->states->len; i++) {
		const struct state *state = model->states->pdata[i];
		bool holds = condition_holds(condition, model->space, state);

		if (!names[holds])
			names[holds] = state->name;
	}
	json_object_set_new(guard, "condition", json_from_text(text));
	json_object_set_new(guard, "holds", names[1] ? json_from_text(names[1]) : json_null());
	json_object_set_new(guard, "fails", names[0] ? json_from_text(names[0]) : json_null());
	return guard;
}

static json_t *guards_to_json(const struct model *model)
{
	g_autoptr(GHashTable) used = g_hash_table_new(g_direct_hash, g_direct_equal);
	json_t *guards = json_array();

	use_decision(model->failure, used);
	for (guint i = 0; i < model->pieces->len; i++)
		use_decision(((struct piece *)model->pieces->pdata[i])->value, used);
	for (guint i = 0; i < model->columns->len; i++)
		use_column(model->columns->pdata[i], used);
	for (guint i = 0; i < model->conditions->len; i++)
		if (g_hash_table_contains(used, GINT_TO_POINTER((gint)i)))
			json_array_append_new(guards, guard_to_json(model, i));
	return guards;
}

/* The records go over to the plan, but for those that say nothing. */
static void plan_take_scenarios(struct start_plan *plan, struct explorer *explorer)
{
	plan->scenarios = g_ptr_array_new_with_free_func((GDestroyNotify)taught_free);
	for (guint i = 0; i < explorer->states->len; i++) {
		struct state *state = explorer->states->pdata[i];

		if (!failure_counts(explorer->space, state))
			continue;
		struct start_taught *taught = g_new0(struct start_taught, 1);

		taught->scenario = state_scenario(explorer->space, state);
		taught->record = g_steal_pointer(&state->record);
		g_ptr_array_add(plan->scenarios, taught);
	}
}

static bool state_waits(const struct state *state)
{
	const GPtrArray *steps = state->record->steps;
	const struct start_step *last = steps->pdata[steps->len - 1];

	return last->kind == START_EXEC && last->waited;
}

static struct start_plan *plan_of_model(struct explorer *explorer, const struct model *model,
					GError **error)
{
	g_autofree char *steps = emit_steps(model, error);

	if (!steps)
		return NULL;
	struct start_plan *plan = g_new0(struct start_plan, 1);

	plan->steps = g_steal_pointer(&steps);
	plan->executes = true;
	plan->has_setup = emit_has_setup(model);
	plan_take_identity(plan, explorer->base);
	plan->waited = state_waits(explorer->base);
	plan->notes = g_ptr_array_ref(explorer->notes);
	if (explorer->request->volumes)
		plan->volumes = g_ptr_array_ref((GPtrArray *)explorer->request->volumes);
	plan->chances = g_ptr_array_ref(explorer->space->chances);
	plan->habits = g_hash_table_ref(starter_habits(explorer->starter));
	plan->variables = variables_to_json(explorer->space);
	plan->guards = guards_to_json(model);
	return plan;
}

static struct start_plan *learn_once(struct explorer *explorer, GError **error)
{
	struct model *model = explorer_learn(explorer, error);
	struct start_plan *plan = model ? plan_of_model(explorer, model, error) : NULL;

	model_free(model);
	if (plan)
		plan_take_scenarios(plan, explorer);
	return plan;
}

struct start_plan *start_learn(const struct start_request *request, start_runner runner, void *user,
			       GError **error)
{
	for (guint round = 0; round < MAX_KEPT; round++) {
		struct explorer *explorer = explorer_new(request, runner, user);
		struct start_plan *plan = learn_once(explorer, error);
		bool restart = explorer->restart;

		explorer_free(explorer);
		if (plan || !restart)
			return plan;
	}
	error_set(error, THRESH_ERROR_INPUT,
		  "the entrypoint: more than %d programs write files that are new in each start; "
		  "write the steps yourself (thresh.yaml: entrypoint.plan)",
		  MAX_KEPT);
	return NULL;
}

static json_t *steps_to_json(const char *steps)
{
	g_auto(GStrv) lines = g_strsplit(steps, "\n", -1);
	json_t *json = json_array();

	for (char **line = lines; *line; line++)
		if (**line)
			json_array_append_new(json, json_from_text(*line));
	return json;
}

json_t *start_plan_to_json(const struct start_plan *plan)
{
	json_t *json = json_object(), *scenarios = json_array();

	for (guint i = 0; i < plan->scenarios->len; i++)
		json_array_append_new(
			scenarios, json_from_text(((struct start_taught *)plan->scenarios->pdata[i])
							  ->scenario->name));
	json_object_set_new(json, "steps", steps_to_json(plan->steps));
	json_object_set(json, "variables", plan->variables);
	json_object_set(json, "guards", plan->guards);
	json_object_set_new(json, "scenarios", scenarios);
	json_object_set_new(json, "notes", json_from_strings(plan->notes));
	json_object_set_new(json, "setup", json_boolean(plan->has_setup));
	return json;
}

static int record_status(const struct start_record *record)
{
	const GPtrArray *steps = record->steps;
	const struct start_step *end = steps->len ? steps->pdata[steps->len - 1] : NULL;

	return end && end->kind == START_EXIT ? end->status : 0;
}

static bool record_has(const struct start_record *record, const struct start_step *wanted)
{
	for (guint i = 0; i < record->steps->len; i++) {
		const struct start_step *step = record->steps->pdata[i];

		if (step->kind == wanted->kind && g_strcmp0(step->path, wanted->path) == 0)
			return true;
	}
	return false;
}

static void record_remove(struct start_record *record, guint index)
{
	g_ptr_array_remove_index(record->steps, index);
	for (guint i = index; i < record->steps->len; i++) {
		struct start_step *step = record->steps->pdata[i];

		if (step->kind == START_STOP && step->begin > index)
			step->begin--;
	}
}

bool start_outlives(const GPtrArray *volumes, const char *path)
{
	for (guint i = 0; volumes && i < volumes->len; i++)
		if (path_is_below(path, volumes->pdata[i]))
			return true;
	return false;
}

static bool has_entry(const GPtrArray *environment, const char *entry)
{
	return g_ptr_array_find_with_equal_func((GPtrArray *)environment, entry, g_str_equal, NULL);
}

/* Whether the step wrote a value to a volume that was another one at the first of two starts. */
static bool step_changes(const struct start_plan *plan, const struct start_step *step,
			 const struct start_scenario *scenario)
{
	gsize bytes = 0;
	const char *content = step->content ? g_bytes_get_data(step->content, &bytes) : NULL;

	for (guint i = 0; content && scenario->first_environment && i < scenario->environment->len;
	     i++) {
		const char *entry = scenario->environment->pdata[i], *value = strchr(entry, '=');

		if (value && value[1] && !has_entry(scenario->first_environment, entry) &&
		    memmem(content, bytes, value + 1, strlen(value + 1)))
			return step->kind == START_FILE &&
			       start_outlives(plan->volumes, step->path);
	}
	return false;
}

/* What changes nothing by being done again shows in a later start or not, as it was written. */
static void record_forget_repeated(const struct start_plan *plan, struct start_record *record,
				   const struct start_record *other,
				   const struct start_scenario *scenario)
{
	for (guint i = record->steps->len; i-- > 0;) {
		const struct start_step *step = record->steps->pdata[i];

		if (kind_is_idempotent(step->kind) && !record_has(other, step) &&
		    !step_changes(plan, step, scenario))
			record_remove(record, i);
	}
}

/* A plan refuses before it does anything: where the script fails, the status alone must be its. */
static char *taught_differs(const struct start_record *script, const struct start_record *plan,
			    start_differ differ)
{
	int status = record_status(script), own = record_status(plan);

	if (!status && !own)
		return differ(script, plan);
	if (status == own)
		return NULL;
	g_autofree char *words = record_last_words(plan);

	return own ? g_strdup_printf("it ends with status %d (the script with %d): %s", own, status,
				     words)
		   : g_strdup_printf(
			     "it starts the application, and the script ends with status %d",
			     status);
}

/* Whether the plan does in the start what the script did there. */
static bool verify_one(const struct start_plan *plan, const struct start_taught *taught,
		       struct starter *starter, start_differ differ, GError **error)
{
	autorecord struct start_record *record = starter_run(starter, taught->scenario, error);

	if (!record) {
		g_prefix_error(error, "start `%s` with the plan: ", taught->scenario->name);
		return false;
	}
	chances_hide(plan->chances, taught->record);
	chances_hide(plan->chances, record);
	if (taught->scenario->starts > 1) {
		record_forget_repeated(plan, taught->record, record, taught->scenario);
		record_forget_repeated(plan, record, taught->record, taught->scenario);
	}
	g_autofree char *difference = taught_differs(taught->record, record, differ);

	return !difference ||
	       error_set(error, THRESH_ERROR_DIFFERS,
			 "start `%s`: the plan does not do what the script does: %s; fix the "
			 "variables that it depends on (thresh.yaml: entrypoint.fixed), or write "
			 "the steps yourself (entrypoint.plan)",
			 taught->scenario->name, difference);
}

/* Those from @from on, for a while: where one differs the rest is not run. */
static void verify_ahead(const struct start_plan *plan, guint from, struct starter *starter)
{
	g_autoptr(GPtrArray) scenarios = g_ptr_array_new();

	for (guint i = from; i < MIN(from + VERIFIED_AHEAD, plan->scenarios->len); i++)
		g_ptr_array_add(scenarios,
				((struct start_taught *)plan->scenarios->pdata[i])->scenario);
	starter_ahead(starter, scenarios);
}

bool start_plan_verify(const struct start_plan *plan, start_runner replay, void *user, guint jobs,
		       start_differ differ, GError **error)
{
	struct starter *starter = starter_new(replay, user, jobs, plan->habits);
	bool ok = true;

	for (guint i = 0; ok && i < plan->scenarios->len; i++) {
		if (i % VERIFIED_AHEAD == 0)
			verify_ahead(plan, i, starter);
		ok = verify_one(plan, plan->scenarios->pdata[i], starter, differ, error);
	}
	starter_free(starter);
	return ok;
}
