/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/explore.h"

#include "base/error.h"
#include "base/sorted.h"
#include "entrypoint/chance.h"
#include "entrypoint/complaint.h"
#include "entrypoint/emit.h"
#include "entrypoint/escape.h"
#include "entrypoint/factor.h"
#include "entrypoint/names.h"
#include "entrypoint/slice.h"
#include "entrypoint/template.h"
#include "plan/glob.h"

#include <string.h>

enum { SAMPLES = 2, MIN_SAMPLE_BYTES = 5 };

struct explorer *explorer_new(const struct start_request *request, start_runner runner, void *user)
{
	struct explorer *explorer = g_new0(struct explorer, 1);

	explorer->request = request;
	explorer->starter = starter_new(runner, user, request->jobs, NULL);
	explorer->space = space_new(request);
	explorer->states = g_ptr_array_new_with_free_func((GDestroyNotify)state_free);
	explorer->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	explorer->files = conditions_new();
	explorer->notes = g_ptr_array_new_with_free_func(g_free);
	if (request->budget_seconds)
		explorer->deadline_us =
			g_get_monotonic_time() + request->budget_seconds * G_USEC_PER_SEC;
	return explorer;
}

void explorer_free(struct explorer *explorer)
{
	if (!explorer)
		return;
	starter_free(explorer->starter);
	g_hash_table_unref(explorer->known);
	g_ptr_array_unref(explorer->states);
	g_ptr_array_unref(explorer->files);
	g_ptr_array_unref(explorer->notes);
	g_clear_pointer(&explorer->found, g_ptr_array_unref);
	space_free(explorer->space);
	g_free(explorer);
}

static char *levels_key(const GByteArray *levels)
{
	guint length = levels->len;
	GString *key = g_string_new(NULL);

	while (length > 0 && levels->data[length - 1] == 0)
		length--;
	for (guint i = 0; i < length; i++)
		g_string_append_printf(key, "%02x", levels->data[i]);
	return g_string_free(key, FALSE);
}

static guint explorer_budget(const struct explorer *explorer)
{
	guint variables = explorer->space->factors->len - SPACE_FIRST_VARIABLE;

	return explorer->request->budget_runs
		       ? explorer->request->budget_runs
		       : MAX(START_BUDGET_RUNS, START_BUDGET_RUNS_VARIABLE * variables) +
				 explorer->granted;
}

static bool explorer_may_run(struct explorer *explorer)
{
	if (explorer->runs >= explorer_budget(explorer) ||
	    (explorer->deadline_us && g_get_monotonic_time() > explorer->deadline_us))
		explorer->exhausted = true;
	return !explorer->exhausted;
}

/* What the record of @state is, once it is there. */
static void state_complete(const struct space *space, struct state *state)
{
	chances_mark(space->chances, state);
	escapes_mark(space->escapes, state);
	slices_mark(space, state);
	state->items = items_of(space, state);
}

struct state *explorer_alone(const struct explorer *explorer, guint factor, guint level)
{
	g_autoptr(GByteArray) levels = levels_with(explorer->base->levels, factor, level);
	g_autofree char *key = levels_key(levels);

	return g_hash_table_lookup(explorer->known, key);
}

struct state *explorer_run(struct explorer *explorer, const GByteArray *levels, GError **error)
{
	g_autofree char *key = levels_key(levels);
	struct state *state = g_hash_table_lookup(explorer->known, key);

	if (state || !explorer_may_run(explorer))
		return state;
	state = space_state(explorer->space, levels);
	struct start_scenario *scenario = state_scenario(explorer->space, state);

	explorer->runs++;
	state->record = starter_run(explorer->starter, scenario, error);
	start_scenario_free(scenario);
	if (!state->record) {
		g_prefix_error(error, "start `%s`: ", state->name);
		state_free(state);
		return NULL;
	}
	state_complete(explorer->space, state);
	g_ptr_array_add(explorer->states, state);
	g_hash_table_insert(explorer->known, g_steal_pointer(&key), state);
	return state;
}

void explorer_ahead(struct explorer *explorer, const GPtrArray *all)
{
	g_autoptr(GPtrArray) scenarios =
		g_ptr_array_new_with_free_func((GDestroyNotify)start_scenario_free);

	for (guint i = 0; i < all->len && explorer_may_run(explorer); i++) {
		g_autofree char *key = levels_key(all->pdata[i]);
		struct state *state;

		if (g_hash_table_contains(explorer->known, key) ||
		    explorer->runs + scenarios->len >= explorer_budget(explorer))
			continue;
		state = space_state(explorer->space, all->pdata[i]);
		g_ptr_array_add(scenarios, state_scenario(explorer->space, state));
		state_free(state);
	}
	starter_ahead(explorer->starter, scenarios);
}

void explorer_toggle_ahead(struct explorer *explorer, guint factor, const GByteArray *levels)
{
	g_autoptr(GPtrArray) all =
		g_ptr_array_new_with_free_func((GDestroyNotify)g_byte_array_unref);

	for (guint i = 0; i < levels->len; i++)
		g_ptr_array_add(all, levels_with(explorer->base->levels, factor, levels->data[i]));
	explorer_ahead(explorer, all);
}

bool explorer_search(const struct explorer *explorer, const char *pattern, explore_found found,
		     gpointer user, GError **error)
{
	const GPtrArray *scripts = ((struct state *)explorer->states->pdata[0])->record->scripts;
	g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_RAW | G_REGEX_MULTILINE, 0, NULL);

	for (guint i = 0; i < scripts->len; i++) {
		const struct start_script *script = scripts->pdata[i];
		gsize bytes;
		const char *data = g_bytes_get_data(script->text, &bytes);
		g_autofree char *text = g_strndup(data, bytes);
		g_autoptr(GMatchInfo) match = NULL;

		g_regex_match(regex, text, 0, &match);
		for (; g_match_info_matches(match); g_match_info_next(match, NULL))
			if (!found(match, user, error))
				return false;
	}
	return true;
}

/* The start at @levels with what @change makes of its scenario: without items. */
static struct state *run_changed(struct explorer *explorer, const GByteArray *levels,
				 void (*change)(struct start_scenario *scenario, gpointer user),
				 gpointer user, GError **error)
{
	struct state *state = space_state(explorer->space, levels);
	struct start_scenario *scenario = state_scenario(explorer->space, state);

	change(scenario, user);
	explorer->runs++;
	state->record = starter_run(explorer->starter, scenario, error);
	start_scenario_free(scenario);
	if (!state->record)
		g_clear_pointer(&state, state_free);
	return state;
}

struct state *explorer_start_changed(struct explorer *explorer, const struct state *like,
				     void (*change)(struct start_scenario *scenario, gpointer user),
				     gpointer user, GError **error)
{
	struct state *state = run_changed(explorer, like->levels, change, user, error);

	if (state)
		state_complete(explorer->space, state);
	return state;
}

static void explain(struct start_scenario *scenario, gpointer user)
{
	(void)user;
	scenario->explain = true;
}

struct start_record *explorer_explain(struct explorer *explorer, const GByteArray *levels,
				      GError **error)
{
	struct state *state = run_changed(explorer, levels, explain, NULL, error);
	struct start_record *record = state ? g_steal_pointer(&state->record) : NULL;

	state_free(state);
	return record;
}

/* The new state's parts take the old one's place, so that pointers to it, and to its levels, stay
 * right. */
void explorer_renew(const struct explorer *explorer, struct state *state)
{
	const struct space *space = explorer->space;
	struct state *anew = space_state(space, state->levels);
	struct state old = *state;

	g_byte_array_unref(anew->levels);
	anew->levels = g_byte_array_ref(old.levels);
	anew->record = g_steal_pointer(&old.record);
	anew->explored = old.explored;
	anew->repeated = old.repeated;
	*state = *anew;
	*anew = old;
	state_free(anew);
	state_complete(space, state);
}

int explorer_only_difference(const struct explorer *explorer, const struct state *state)
{
	int only = -1;

	for (guint i = 0; i < explorer->space->factors->len; i++) {
		if (state_level(state, i) == state_level(explorer->base, i))
			continue;
		if (only >= 0)
			return -1;
		only = (int)i;
	}
	return only;
}

void explorer_refresh(struct explorer *explorer)
{
	for (guint i = 0; i < explorer->states->len; i++)
		explorer_renew(explorer, explorer->states->pdata[i]);
}

static bool is_listed(const GPtrArray *names, const char *name)
{
	for (guint i = 0; names && i < names->len; i++)
		if (strcmp(names->pdata[i], name) == 0)
			return true;
	return false;
}

/* What the text says of its values; a path wants marks that are paths. */
static void add_values_of_text(const struct explorer *explorer, struct factor *factor,
			       const struct script_name *name)
{
	const char *plain = g_hash_table_lookup(explorer->space->plain, factor->name);
	bool path = plain && *plain == '/';

	for (guint i = 0; i < name->defaults->len; i++) {
		const char *value = name->defaults->pdata[i];

		g_ptr_array_add(factor->defaults, g_strdup(value));
		path = path || *value == '/';
	}
	g_array_append_vals(factor->numbers, name->numbers->data, name->numbers->len);
	if (path)
		factor_use_paths(factor);
}

/* A word that may be no variable's name, or a variable of the script's own: nothing that would be
 * tried but a mark. */
static bool is_doubtful(const struct explorer *explorer, const struct script_name *name)
{
	return (!name->read || name->set) && name->patterns->len == 0 && name->defaults->len == 0 &&
	       name->numbers->len == 0 && name->expressions->len == 0 &&
	       !g_hash_table_contains(explorer->space->plain, name->name);
}

/* What an argument behind the first is compared with. */
static void add_behind(struct space *space, const struct script_name *name)
{
	GPtrArray **patterns = &space->behind[g_ascii_digit_value(*name->name)];

	*patterns = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < name->patterns->len; i++)
		g_ptr_array_add(*patterns, g_strdup(name->patterns->pdata[i]));
}

static void add_among(struct space *space, const struct script_name *name)
{
	for (guint i = 0; i < name->patterns->len; i++)
		g_ptr_array_add(space_factor(space, SPACE_ARGUMENTS)->among,
				g_strdup(name->patterns->pdata[i]));
}

/* Two texts that an expression matches: what follows the one must follow the other. Short ones may
 * stand anywhere, and are no marks. */
static void add_expression(struct factor *factor, const struct expression *expression)
{
	g_autoptr(GPtrArray) globs = expression_globs(expression);

	for (guint i = 0; globs && i < globs->len; i++)
		if (plan_glob_is_valid(globs->pdata[i]))
			g_ptr_array_add(factor->patterns, g_strdup(globs->pdata[i]));
	for (guint i = 0; i < SAMPLES; i++) {
		g_autofree char *sample =
			expression_sample(expression, factor->number * SAMPLES + i);

		if (strlen(sample) >= MIN_SAMPLE_BYTES && factor->kind == FACTOR_ARGUMENTS)
			g_ptr_array_add(factor->samples, g_strdup(sample));
		else if (factor->kind != FACTOR_ARGUMENTS && *sample)
			factor_level(factor,
				     strlen(sample) < MIN_SAMPLE_BYTES ? LEVEL_LITERAL
								       : LEVEL_SAMPLE,
				     sample);
	}
}

static void add_name(struct explorer *explorer, const struct script_name *name)
{
	bool first = strcmp(name->name, "1") == 0;
	struct factor *factor = first ? space_factor(explorer->space, SPACE_ARGUMENTS)
				: is_listed(explorer->request->fixed, name->name)
					? NULL
					: space_variable(explorer->space, name->name);

	if (!factor)
		return;
	factor->asks_program |= name->program;
	factor->doubtful = !first && is_doubtful(explorer, name);
	factor->word = !name->read;
	for (guint i = 0; i < name->patterns->len; i++) {
		const char *pattern = name->patterns->pdata[i];

		g_ptr_array_add(factor->patterns, g_strdup(pattern));
		if (!first && !strpbrk(pattern, "*?["))
			factor_level(factor, LEVEL_LITERAL, pattern);
	}
	for (guint i = 0; i < name->expressions->len; i++)
		add_expression(factor, name->expressions->pdata[i]);
	if (!first)
		add_values_of_text(explorer, factor, name);
	if (name->secret && !first) {
		g_autofree char *path = g_strdup_printf("/run/secrets/%s", name->name);

		factor_path(factor, LEVEL_SECRET, path, false);
	}
}

/* NAME_FILE is no variable of its own where NAME is read from it. */
static bool is_file_of_secret(const GPtrArray *names, const char *name)
{
	for (guint i = 0; i < names->len; i++) {
		const struct script_name *other = names->pdata[i];
		gsize bytes = strlen(other->name);

		if (other->secret && strncmp(name, other->name, bytes) == 0 &&
		    strcmp(name + bytes, "_FILE") == 0)
			return true;
	}
	return false;
}

static void add_values(struct explorer *explorer)
{
	GHashTable *values = explorer->request->values;
	g_autoptr(GPtrArray) names = values ? keys_sorted(values) : g_ptr_array_new();

	for (guint i = 0; i < names->len; i++) {
		const GPtrArray *own = g_hash_table_lookup(values, names->pdata[i]);
		struct factor *factor = space_variable(explorer->space, names->pdata[i]);

		for (guint j = 0; factor && j < own->len; j++)
			factor_level(factor, LEVEL_LITERAL, own->pdata[j]);
	}
}

static bool explore_plain(struct explorer *explorer, GError **error)
{
	g_autoptr(GByteArray) plain = g_byte_array_new();

	return explorer_run(explorer, plain, error) != NULL;
}

void explore_names(struct explorer *explorer)
{
	const struct state *first = explorer->states->pdata[0];

	explorer->found = names_collect(first->record->scripts, first->record->reads);
	for (guint i = 0; i < explorer->found->len; i++) {
		const struct script_name *name = explorer->found->pdata[i];

		if (*name->name == '@')
			add_among(explorer->space, name);
		else if (g_ascii_isdigit(*name->name) && strcmp(name->name, "1") != 0)
			add_behind(explorer->space, name);
		else if (!name->prefix && !is_file_of_secret(explorer->found, name->name))
			add_name(explorer, name);
	}
	add_values(explorer);
}

/* Whether a line of a trace runs a program: not what the shell does itself. */
static bool runs_program(const char *line)
{
	static const char *const own[] = {"echo",   "printf", "[",    "[[",    "test",
					  "cd",     "export", "set",  "unset", "read",
					  "source", "return", "eval", NULL};
	const char *command = strstr(line, ": ");
	g_auto(GStrv) words = g_strsplit(command ? command + 2 : "", " ", 2);

	return words[0] && *words[0] && !strchr(words[0], '=') && !g_strv_contains(own, words[0]);
}

/* "SCRIPT:LINE: command" at the step's place; where that is not known, the first program that is
 * given its path. NULL: none. Borrowed. */
static const char *line_of_step(const struct start_record *record, const struct start_step *step)
{
	g_autofree char *place =
		g_strdup_printf("%s:%u: ", step->script ? step->script : "", step->line);
	const char *found = NULL;

	for (guint i = 0; i < record->lines->len; i++) {
		const char *line = record->lines->pdata[i];

		if (g_str_has_prefix(line, place))
			return line;
		if (!found && !step->script && step->path && strstr(line, step->path) &&
		    runs_program(line))
			found = line;
	}
	return found;
}

/* The command that makes a step, from a start that explains itself. Caller frees. */
static char *command_at(struct explorer *explorer, const struct state *state,
			const struct start_step *step, GError **error)
{
	autorecord struct start_record *record = explorer_explain(explorer, state->levels, error);

	if (!record)
		return NULL;
	const char *line = line_of_step(record, step), *command = line ? strstr(line, ": ") : NULL;

	return g_strdup(command ? command + 2 : "");
}

/* What writes a file that differs from start to start has to be run: it is not folded into its
 * files any more. True where the runner was told something new. */
static bool keep_program(struct explorer *explorer, const char *command)
{
	GPtrArray *keep = explorer->request->keep;
	g_auto(GStrv) words = g_strsplit(command, " ", 2);
	const char *program = words[0];

	if (!keep || !program || !*program || strchr(program, '=') || is_listed(keep, program))
		return false;
	g_ptr_array_add(keep, g_strdup(program));
	return true;
}

/* What to do about it: where only some variables lead there, production may not set them. */
static char *ways_out(const struct explorer *explorer, const struct state *state)
{
	g_autofree char *names =
		explorer->base ? complaint_names(explorer->space, explorer->base, state) : NULL;

	return names ? g_strdup_printf("fix %s, where production does not set it (thresh.yaml: "
				       "entrypoint.fixed), ",
				       names)
		     : g_strdup("");
}

static bool complain_chance(const struct explorer *explorer, const struct state *state,
			    const struct start_step *step, const char *command, GError **error)
{
	g_autofree char *place = step ? complaint_place(step) : g_strdup("the entrypoint");
	g_autofree char *path = error_quote(step && step->path ? step->path : "");
	g_autofree char *quoted = error_quote(command);
	g_autofree char *ways = ways_out(explorer, state);

	return error_set(
		error, THRESH_ERROR_INPUT,
		"%s: two starts that begin alike differ%s%s%s%s (a time, a process id, an "
		"address or something random): a plan cannot express it; %smake the script "
		"say the same each time, or write the steps yourself (thresh.yaml: "
		"entrypoint.plan)",
		place, step ? " in " : " in how many steps they have", path,
		*command ? ", written by " : "", quoted, ways);
}

/* What no line of a plan can hold. */
static const struct start_step *find_unwritable(const struct start_record *record)
{
	for (guint i = 0; i < record->steps->len; i++) {
		const struct start_step *step = record->steps->pdata[i];
		gsize bytes = 0;
		const char *data = step->content ? g_bytes_get_data(step->content, &bytes) : NULL;

		if (bytes > EMIT_MAX_CONTENT_BYTES || (data && memchr(data, '\0', bytes)))
			return step;
	}
	return NULL;
}

/* Whether @state differs from @base in nothing but that the application does not get variable
 * @name. */
static bool is_taken_away(const struct state *base, struct state *state, const char *name)
{
	struct item *last = state->items->len ? state->items->pdata[state->items->len - 1] : NULL;
	g_autofree char *field = g_strconcat("env ", name, NULL);
	const struct text *text = last && last->kind == START_EXEC ? item_field(last, field) : NULL;
	guint at;

	if (!text || strcmp(text->template, TEXT_UNSET) != 0)
		return false;
	g_ptr_array_find(last->fields, text, &at);
	g_ptr_array_steal_index(last->fields, at);
	bool alike = states_alike(state, base, false);

	g_ptr_array_insert(last->fields, (gint)at, (gpointer)text);
	return alike;
}

/* A variable that no text names has an effect: the script goes through all there are. */
static bool explore_foreign(struct explorer *explorer, GError **error)
{
	for (guint i = 0; i < explorer->found->len; i++) {
		const struct script_name *name = explorer->found->pdata[i];

		if (!name->prefix)
			continue;
		struct factor *factor = space_variable(explorer->space, name->name);

		if (factor)
			factor->foreign = true;
		g_autoptr(GByteArray) levels =
			factor ? levels_with(explorer->base->levels, factor->number,
					     factor_find(factor, LEVEL_MARK))
			       : NULL;
		GError *failure = NULL;
		struct state *state = levels ? explorer_run(explorer, levels, &failure) : NULL;

		if (failure) {
			g_propagate_error(error, failure);
			return false;
		}
		if (!state || states_alike(state, explorer->base, false) ||
		    is_taken_away(explorer->base, state, factor->name))
			continue;
		return complain_foreign(explorer->base, state, name->prefix, error);
	}
	return true;
}

/* A program that was run again since it had failed is run by the plan, too. */
static bool keep_retried(struct explorer *explorer, const struct start_record *record)
{
	bool news = false;

	for (guint i = 0; i < record->retried->len; i++)
		news = keep_program(explorer, record->retried->pdata[i]) || news;
	return news;
}

/* What differs is random, or a program's whose files are new each time; that program is told to the
 * runner, and all begins anew. */
static bool explorer_repeat(struct explorer *explorer, struct state *state, GError **error)
{
	state->repeated = true;
	explorer->restart = keep_retried(explorer, state->record);
	if (explorer->restart)
		return false;
	struct start_scenario *scenario = state_scenario(explorer->space, state);
	const struct start_step *step = NULL;
	guint known = explorer->space->chances->len;

	explorer->runs++;
	autorecord struct start_record *again = starter_run(explorer->starter, scenario, error);

	start_scenario_free(scenario);
	if (!again)
		return false;
	bool alike = chances_learn(explorer->space->chances, state->record, again, &step);

	if (alike)
		step = find_unwritable(state->record);
	if (alike && !step) {
		if (explorer->space->chances->len > known)
			explorer_refresh(explorer);
		return true;
	}
	g_autofree char *command = !step          ? g_strdup("")
				   : step->writer ? g_strdup(step->writer)
						  : command_at(explorer, state, step, error);

	if (!command)
		return false;
	explorer->restart = step && keep_program(explorer, command);
	if (explorer->restart || alike)
		return !explorer->restart; /* unwritable: the emitter says so */
	return complain_chance(explorer, state, step, command, error);
}

static bool state_has_step(const struct state *state, const struct item *wanted)
{
	for (guint i = 0; i < state->items->len; i++) {
		const struct item *item = state->items->pdata[i];

		if (item->kind == wanted->kind &&
		    strcmp(item->key->actual, wanted->key->actual) == 0)
			return true;
	}
	return false;
}

/* Whether @state has a step on a path, or of a program, that no start has which was run twice. */
static bool has_new_step(const struct explorer *explorer, const struct state *state)
{
	for (guint i = 0; i < state->items->len; i++) {
		bool known = false;

		for (guint j = 0; j < explorer->states->len && !known; j++) {
			const struct state *other = explorer->states->pdata[j];

			known = other->repeated && state_has_step(other, state->items->pdata[i]);
		}
		if (!known)
			return true;
	}
	return false;
}

bool explorer_repeat_new(struct explorer *explorer, struct state *state, GError **error)
{
	if (state->repeated || !state_executes(state) || !has_new_step(explorer, state))
		return true;
	return explorer_repeat(explorer, state, error);
}

/* Starts that do something new are repeated, as the plain one was. */
static bool explore_new_steps(struct explorer *explorer, GError **error)
{
	guint states = explorer->states->len;

	for (guint i = 1; i < states; i++)
		if (!explorer_repeat_new(explorer, explorer->states->pdata[i], error))
			return false;
	return true;
}

struct model *explorer_learn(struct explorer *explorer, GError **error)
{
	if (!explore_plain(explorer, error) ||
	    !explorer_repeat(explorer, explorer->states->pdata[0], error))
		return NULL;
	explore_names(explorer);
	if (!explore_base(explorer, error) || !explore_foreign(explorer, error) ||
	    !explore_variables(explorer, error) || !explore_new_steps(explorer, error) ||
	    !explore_arguments(explorer, error) || !explore_files(explorer, error) ||
	    !explore_together(explorer, error) || !explore_arguments_later(explorer, error) ||
	    !explore_edits(explorer, error) || !explore_machine(explorer, error) ||
	    !explore_check_later(explorer, error) || !explore_signs(explorer, error))
		return NULL;
	explorer_refresh(explorer);
	struct model *model =
		model_learn(explorer->space, explorer->states, explorer->files, error);

	if (model && !explore_combinations(explorer, &model, error))
		g_clear_pointer(&model, model_free);
	if (explorer->exhausted)
		g_ptr_array_add(explorer->notes,
				g_strdup_printf("the budget of %u starts was used up: not every "
						"combination of variables was tried",
						explorer->runs));
	return model;
}
