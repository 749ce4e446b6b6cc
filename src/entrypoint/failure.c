/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/failure.h"

#include "base/error.h"
#include "entrypoint/complaint.h"
#include "entrypoint/factor.h"
#include "entrypoint/template.h"

#include <string.h>

enum { MAX_MESSAGE_BYTES = 512 };

/* How plainly a line says why: 0 says it best. */
static guint line_rank(const char *line)
{
	static const char *const words[][7] = {{"error", "fatal"},
					       {"must", "required", "not set", "missing"},
					       {"invalid", "cannot", "could not", "failed"}};
	g_autofree char *lower = g_ascii_strdown(line, -1);
	guint rank = 0;

	for (; rank < G_N_ELEMENTS(words); rank++)
		for (const char *const *word = words[rank]; *word; word++)
			if (strstr(lower, *word))
				return rank;
	return rank;
}

/* Behind the time and the process with which servers begin their lines. */
static char *without_time(const char *line)
{
	g_autoptr(GRegex) time = g_regex_new(
		"^\\d{4}-\\d\\d-\\d\\d[T ]+[\\d:.,]+Z?(?: [A-Z]{3,5})?(?: \\d+)?(?: \\[\\d+\\])? *",
		G_REGEX_RAW, 0, NULL);

	return g_regex_replace_literal(time, line, -1, 0, "", 0, NULL);
}

/* The line that says why: the first that speaks of an error, or else of a demand; else the last. */
static char *failure_message(const struct state *state)
{
	gsize bytes = 0;
	const char *data =
		state->record->output ? g_bytes_get_data(state->record->output, &bytes) : NULL;
	g_autofree char *output = g_strndup(data ? data : "", bytes);
	g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
	const char *best = "the start failed";
	guint best_rank = line_rank("");

	for (char **line = lines; *line; line++) {
		guint rank = line_rank(g_strstrip(*line));

		if (!**line || rank > best_rank || (rank == best_rank && rank < line_rank("")))
			continue;
		best = *line;
		best_rank = rank;
	}
	g_autofree char *message = without_time(best);

	return g_strndup(message, MAX_MESSAGE_BYTES);
}

char *failure_label(const struct state *state)
{
	int status = state_failure(state);

	if (!status)
		return g_strdup("");
	g_autofree char *message = failure_message(state);
	g_autofree char *quoted = error_quote(message);
	g_autofree char *template = template_of(state, quoted);

	return g_strdup_printf("%d %s", MIN(status, 255), template);
}

/* Numbers have marks of their own, and what is written with a blank is no word. */
static bool is_wrong(const struct factor *factor, const struct level *level)
{
	if (!factor->type || (level->kind != LEVEL_LITERAL && level->kind != LEVEL_WORDS))
		return false;
	return !factor_is_word(factor) || strpbrk(level->value, " \t\n");
}

static bool has_wrong_type(const struct space *space, const struct state *state)
{
	for (guint i = SPACE_FIRST_VARIABLE; i < state->levels->len; i++) {
		const struct factor *factor = space_factor(space, i);
		const struct level *level = factor->levels->pdata[state->levels->data[i]];

		if (is_wrong(factor, level))
			return true;
	}
	return false;
}

/* What the script was told to execute is not there (dash and bash: 127, 126), or bash's `exec` took
 * an option for its own (2). The plan's `exec` says so by itself. */
static bool has_no_program(const struct state *state)
{
	int status = state_failure(state);
	gsize bytes = 0;
	const char *output =
		state->record->output ? g_bytes_get_data(state->record->output, &bytes) : NULL;

	if (!state_level(state, SPACE_ARGUMENTS))
		return false;
	return status == 126 || status == 127 ||
	       (status == 2 && output && g_strstr_len(output, (gssize)bytes, "exec: "));
}

bool failure_counts(const struct space *space, const struct state *state)
{
	const struct level *files =
		space_factor(space, SPACE_FILES)->levels->pdata[state_level(state, SPACE_FILES)];

	if (state_executes(state))
		return true;
	if (state_failure(state) == 0)
		return false; /* it ended well without an application: `--help` */
	return !has_no_program(state) && files->kind == LEVEL_PLAIN &&
	       !has_wrong_type(space, state);
}

struct failures {
	GPtrArray *states; /* struct state * that count */
	GPtrArray *labels; /* char * */
	GArray *indexes;
	guint8 *holds;
};

static guint8 *ask_all(const struct model *model, const GPtrArray *states)
{
	guint8 *holds = g_new0(guint8, (gsize)model->conditions->len * states->len + 1);

	for (guint condition = 0; condition < model->conditions->len; condition++)
		for (guint i = 0; i < states->len; i++)
			holds[condition * states->len + i] =
				condition_holds(model->conditions->pdata[condition], model->space,
						states->pdata[i]);
	return holds;
}

static void add_label(GPtrArray *labels, char *label)
{
	for (guint i = 0; i < labels->len; i++) {
		if (strcmp(labels->pdata[i], label) == 0) {
			g_free(label);
			return;
		}
	}
	g_ptr_array_add(labels, label);
}

/* The status must be right; the message too, where @exact. */
static bool label_right(const struct space *space, const struct state *state, const char *label,
			bool exact)
{
	g_autofree char *own = failure_label(state);

	if (!exact || !*own || !*label)
		return atoi(own) == atoi(label);
	if (strcmp(own, label) == 0)
		return true;
	g_autofree char *mine = template_expand(space, state, own);
	g_autofree char *its = template_expand(space, state, label);

	return strcmp(mine, its) == 0;
}

static struct decision *failures_learn(const struct model *model, const struct failures *failures,
				       bool exact, guint *ret_one, guint *ret_other)
{
	guint states = failures->states->len;
	g_autofree guint8 *right = g_new0(guint8, (gsize)failures->labels->len * states + 1);

	for (guint label = 0; label < failures->labels->len; label++)
		for (guint i = 0; i < states; i++)
			right[label * states + i] =
				label_right(model->space, failures->states->pdata[i],
					    failures->labels->pdata[label], exact);
	struct problem problem = {.states = states,
				  .labels = failures->labels,
				  .right = right,
				  .conditions = model->conditions->len,
				  .holds = failures->holds};

	return decision_learn(&problem, failures->indexes, ret_one, ret_other);
}

/* Each branch says what one of its starts said. */
static void take_messages(struct decision *decision, const GPtrArray *states)
{
	if (!decision_is_leaf(decision)) {
		take_messages(decision->yes, states);
		take_messages(decision->no, states);
	} else if (*decision->label) {
		g_free(decision->label);
		decision->label = failure_label(states->pdata[decision->example]);
	}
}

struct decision *failure_learn(const struct model *model, GError **error)
{
	g_autoptr(GPtrArray) states = g_ptr_array_new();
	g_autoptr(GPtrArray) labels = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GArray) indexes = g_array_new(FALSE, FALSE, sizeof(guint));
	guint one = 0, other = 0;

	g_ptr_array_add(labels, g_strdup(""));
	for (guint i = 0; i < model->states->len; i++) {
		struct state *state = model->states->pdata[i];

		if (!failure_counts(model->space, state))
			continue;
		g_array_append_val(indexes, states->len);
		g_ptr_array_add(states, state);
		add_label(labels, failure_label(state));
	}
	g_autofree guint8 *holds = ask_all(model, states);
	struct failures failures = {
		.states = states, .labels = labels, .indexes = indexes, .holds = holds};
	struct decision *decision = failures_learn(model, &failures, true, &one, &other);

	if (!decision)
		decision = failures_learn(model, &failures, false, &one, &other);
	if (decision)
		take_messages(decision, states);
	else
		complain_failure(model->space, states->pdata[one], states->pdata[other], error);
	return decision;
}
