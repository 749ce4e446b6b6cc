/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/asker.h"

#include "entrypoint/complaint.h"
#include "entrypoint/escape.h"
#include "entrypoint/input.h"
#include "entrypoint/segment.h"
#include "entrypoint/slice.h"
#include "entrypoint/template.h"

#include <stdlib.h>
#include <string.h>

enum {
	MAX_LABELS = 256,
	MIN_DIVIDED = 3, /* two templates differ by one condition */
};

void asker_clear(struct asker *asker)
{
	g_ptr_array_unref(asker->labels);
	g_ptr_array_unref(asker->merged);
	g_array_unref(asker->states);
	g_free(asker->texts);
}

void asker_init(struct asker *asker, const struct model *model, const struct column *column,
		const char *what)
{
	*asker = (struct asker){.model = model, .column = column, .what = what};
	asker->labels = g_ptr_array_new();
	asker->merged = g_ptr_array_new_with_free_func(g_free);
	asker->states = g_array_new(FALSE, FALSE, sizeof(guint));
	asker->texts = g_new0(const struct text *, model->executing->len + 1);
}

/* Which conditions ask for a variable, or an argument, that stands in a label. */
static guint8 *related_conditions(const struct asker *asker)
{
	const GPtrArray *conditions = asker->model->conditions;
	guint8 *related = g_new0(guint8, conditions->len + 1);

	for (guint i = 0; i < conditions->len; i++) {
		const struct condition *condition = conditions->pdata[i];
		g_autofree char *hole = condition->name && condition->kind != CONDITION_FILE
						? g_strdup_printf("${%s}", condition->name)
						: NULL;

		for (guint j = 0; hole && j < asker->labels->len && !related[i]; j++)
			related[i] = strstr(asker->labels->pdata[j], hole) != NULL;
	}
	return related;
}

static struct decision *asker_learn(struct asker *asker, const guint8 *right, GError **error)
{
	const struct model *model = asker->model;
	g_autofree guint8 *related = related_conditions(asker);
	struct problem problem = {.states = model->executing->len,
				  .labels = asker->labels,
				  .right = right,
				  .conditions = model->conditions->len,
				  .holds = model->holds,
				  .related = related};
	guint one = 0, other = 0;
	struct decision *decision = decision_learn(&problem, asker->states, &one, &other);

	if (decision)
		return decision;
	complain(model, asker->column, asker->what, asker->texts, one, other, error);
	return NULL;
}

struct decision *asker_presence(struct asker *asker, const GPtrArray *cells, GError **error)
{
	guint states = asker->model->executing->len;
	g_autofree guint8 *right = g_new0(guint8, 2 * (gsize)states + 1);

	g_ptr_array_add(asker->labels, (char *)"1");
	g_ptr_array_add(asker->labels, (char *)"0");
	for (guint i = 0; i < states; i++)
		right[(cells->pdata[i] ? 0 : states) + i] = 1;
	return asker_learn(asker, right, error);
}

static bool is_variable(const char *name)
{
	return g_str_has_prefix(name, "env ");
}

/* Arguments: as words, so that those from the second on are all where there is one too few. */
static bool rest_right(const struct space *space, const struct state *state, const char *label,
		       const struct text *text)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) own = g_ptr_array_new_with_free_func(g_free);

	if (template_rest(label))
		template_expand_word(space, state, label, words);
	if (text)
		template_expand_word(space, state, text->template, own);
	return words->len == own->len && (own->len == 0 || template_words_find(words, own) == 0);
}

static bool label_right(const struct asker *asker, const char *field, const char *label,
			guint index)
{
	const struct state *state = asker->model->executing->pdata[index];
	const struct space *space = asker->model->space;
	const struct text *text = asker->texts[index];
	const char *actual = text ? text->actual : NULL;

	if (asker->rest)
		return rest_right(space, state, label, text);
	if (text && strcmp(text->template, label) == 0)
		return true;
	if (!text && is_variable(field)) {
		actual = state_exported(space, state, field + 4);
		if (strcmp(label, TEXT_KEEP) == 0 || (!actual && strcmp(label, TEXT_UNSET) == 0))
			return true;
	} else if (!text) {
		return item_field_is_timely(field) || strcmp(label, TEXT_UNSET) == 0;
	}
	if (!actual || label[0] == '\001')
		return false;
	g_autofree char *template = model_template(asker->model, state, label);
	g_autofree char *expanded = template_expand(space, state, template);

	return strcmp(expanded, actual) == 0;
}

/* What is left of a mark that the script changed is no text of its own. */
static bool has_remains(const struct space *space, const char *label)
{
	for (const char *at = strstr(label, "Zq"); at; at = strstr(at + 1, "Zq")) {
		guint number = (guint)atoi(at + 2);
		bool whole = strspn(at + 2, "0123456789") == 3 && strncmp(at + 5, "kx", 2) == 0;

		/* of variables; arguments have others, and what files hold is found elsewhere */
		if (whole ? number >= SPACE_FIRST_VARIABLE && number < space->factors->len
			  : at[2] == '0')
			return true;
	}
	return false;
}

static void add_label(const struct asker *asker, GPtrArray *labels, const char *label)
{
	if (has_remains(asker->model->space, label))
		return;
	for (guint i = 0; i < labels->len; i++)
		if (strcmp(labels->pdata[i], label) == 0)
			return;
	if (labels->len < MAX_LABELS)
		g_ptr_array_add(labels, (char *)label);
}

/* What is missing first (arguments: last), then texts with holes, then the others. */
static void collect_labels(struct asker *asker, const char *field)
{
	for (guint pass = 0; pass < 3; pass++) {
		for (guint i = 0; i < asker->states->len; i++) {
			const struct text *text =
				asker->texts[g_array_index(asker->states, guint, i)];
			const char *label = text                 ? text->template
					    : is_variable(field) ? TEXT_KEEP
								 : TEXT_UNSET;
			guint rank = label[0] == '\001'         ? asker->rest ? 2 : 0
				     : template_has_hole(label) ? 1
								: 2;

			if (rank == pass && (text || !item_field_is_timely(field)))
				add_label(asker, asker->labels, label);
		}
	}
}

/* One start shows how this variable is written, another start how that one is. */
static void merge_labels(struct asker *asker)
{
	const GPtrArray *escapes = asker->model->space->escapes;

	for (guint i = 0; escapes->len && i < asker->labels->len; i++) {
		for (guint j = 0; j < i; j++) {
			char *label = escapes_merge(escapes, asker->labels->pdata[i],
						    asker->labels->pdata[j]);

			if (!label)
				continue;
			g_ptr_array_add(asker->merged, label);
			add_label(asker, asker->labels, label);
		}
	}
}

/* Parts of one value may be the same in the start that shows one of them: each may be another one.
 */
static void exchange_slices(struct asker *asker)
{
	const GPtrArray *slices = asker->model->space->slices;
	guint count = asker->labels->len;

	for (guint i = 0; slices->len && i < count; i++) {
		g_autoptr(GPtrArray) more = slices_exchange(slices, asker->labels->pdata[i]);

		for (guint j = 0; j < more->len; j++) {
			char *label = g_strdup(more->pdata[j]);

			g_ptr_array_add(asker->merged, label);
			add_label(asker, asker->labels, label);
		}
	}
}

static struct decision *decide_labels(struct asker *asker, const char *field, GError **error)
{
	guint states = asker->model->executing->len;
	g_autofree guint8 *right = g_new0(guint8, (gsize)asker->labels->len * states + 1);

	for (guint label = 0; label < asker->labels->len; label++)
		for (guint i = 0; i < asker->states->len; i++) {
			guint state = g_array_index(asker->states, guint, i);

			right[label * states + state] =
				label_right(asker, field, asker->labels->pdata[label], state);
		}
	return asker_learn(asker, right, error);
}

/* --- texts of several variables --- */

char *model_template(const struct model *model, const struct state *state, const char *label)
{
	GString *template = g_string_new(label);

	for (guint i = 0; i < model->pieces->len && strstr(template->str, "${thresh_piece_"); i++) {
		const struct piece *piece = model->pieces->pdata[i];

		if (strstr(template->str, piece->hole))
			g_string_replace(template, piece->hole,
					 decision_answer(piece->value, model->conditions,
							 model->space, state),
					 0);
	}
	return g_string_free(template, FALSE);
}

bool asker_is_text(const char *label)
{
	gsize bytes;

	return label[0] != '\001' && !template_rest(label) && !template_split_name(label, &bytes) &&
	       !input_refers(label);
}

/* The texts of a gap, each once, those with holes first. */
static void collect_gap(const struct asker *asker, GPtrArray *labels, const GPtrArray *gap)
{
	for (guint pass = 0; pass < 2; pass++)
		for (guint i = 0; i < gap->len; i++)
			if (template_has_hole(gap->pdata[i]) == (pass == 0))
				add_label(asker, labels, gap->pdata[i]);
}

/* @own: the gap's text in this state's template. */
static bool gap_right(const struct asker *asker, const char *label, const char *own, guint index)
{
	const struct space *space = asker->model->space;
	const struct state *state = asker->model->executing->pdata[index];

	if (strcmp(label, own) == 0)
		return true;
	g_autofree char *expanded = template_expand(space, state, label);
	g_autofree char *actual = template_expand(space, state, own);

	return strcmp(expanded, actual) == 0;
}

/* The template of a state, or the first that is right for it. */
static guint template_index(const struct asker *asker, const GPtrArray *templates, guint state)
{
	guint i = 0, right = 0;

	while (i < templates->len &&
	       strcmp(templates->pdata[i], asker->texts[state]->template) != 0)
		i++;
	if (i < templates->len)
		return i;
	while (right + 1 < templates->len &&
	       !label_right(asker, "", templates->pdata[right], state))
		right++;
	return right;
}

/* @gap: its text in each of @templates. */
static struct decision *learn_gap(const struct asker *asker, const GPtrArray *templates,
				  const GPtrArray *gap)
{
	guint states = asker->model->executing->len;
	struct asker own;

	asker_init(&own, asker->model, asker->column, asker->what);
	collect_gap(&own, own.labels, gap);
	g_autofree guint8 *right = g_new0(guint8, (gsize)own.labels->len * states + 1);

	for (guint i = 0; i < asker->states->len; i++) {
		guint state = g_array_index(asker->states, guint, i);
		const struct text *text = asker->texts[state];

		if (!text || text->template[0] == '\001')
			continue;
		const char *its = gap->pdata[template_index(asker, templates, state)];

		g_array_append_val(own.states, state);
		for (guint label = 0; label < own.labels->len; label++)
			right[label * states + state] =
				gap_right(&own, own.labels->pdata[label], its, state);
	}
	struct decision *decision = asker_learn(&own, right, NULL);

	asker_clear(&own);
	return decision;
}

/* Takes @value: what it decides is a piece, or one that there is already. */
static void append_piece(GPtrArray *pieces, struct decision *value, GString *whole)
{
	struct piece *piece = NULL;

	for (guint i = 0; i < pieces->len && !piece; i++) {
		struct piece *known = pieces->pdata[i];

		if (decision_equal(known->value, value))
			piece = known;
	}
	if (!piece && !decision_is_leaf(value)) {
		piece = g_new0(struct piece, 1);
		piece->hole = g_strdup_printf("${thresh_piece_%u}", pieces->len + 1);
		piece->value = value;
		g_ptr_array_add(pieces, piece);
		g_string_append(whole, piece->hole);
		return;
	}
	g_string_append(whole, piece ? piece->hole : value->label);
	decision_free(value);
}

/* The label of the whole, with a piece for each gap; NULL: one of them cannot be decided. */
static char *learn_pieces(const struct asker *asker, const GPtrArray *templates,
			  const struct segments *segments)
{
	GPtrArray *pieces = asker->model->pieces;
	guint known = pieces->len;
	GString *whole = g_string_new(segments->fixed->pdata[0]);

	for (guint i = 0; i < segments->gaps->len; i++) {
		struct decision *value = learn_gap(asker, templates, segments->gaps->pdata[i]);

		if (!value) {
			g_ptr_array_set_size(pieces, (gint)known);
			g_string_free(whole, TRUE);
			return NULL;
		}
		append_piece(pieces, value, whole);
		g_string_append(whole, segments->fixed->pdata[i + 1]);
	}
	return g_string_free(whole, FALSE);
}

/* Whether every start with the text @label is as another one of @labels says. */
static bool is_said_by_others(const struct asker *asker, const GPtrArray *labels, const char *label)
{
	for (guint i = 0; i < asker->states->len; i++) {
		guint state = g_array_index(asker->states, guint, i);
		const struct text *text = asker->texts[state];
		bool said = !text || strcmp(text->template, label) != 0;

		for (guint j = 0; j < labels->len && !said; j++)
			said = strcmp(labels->pdata[j], label) != 0 &&
			       label_right(asker, "", labels->pdata[j], state);
		if (!said)
			return false;
	}
	return true;
}

/* A default that is what a variable holds in the image: the text with the variable says it too. */
static void drop_said(const struct asker *asker, GPtrArray *templates)
{
	for (guint i = templates->len; i-- > 0;)
		if (!template_has_hole(templates->pdata[i]) &&
		    is_said_by_others(asker, templates, templates->pdata[i]))
			g_ptr_array_remove_index(templates, i);
}

/* A text with several variables in it has a template for each way in which they are set, and not
 * all of these were tried: what differs is decided place by place, and all texts are one label. */
static bool divide_labels(struct asker *asker)
{
	g_autoptr(GPtrArray) templates = g_ptr_array_new();
	g_autoptr(GPtrArray) others = g_ptr_array_new();

	for (guint i = 0; i < asker->labels->len; i++) {
		char *label = asker->labels->pdata[i];

		if (label[0] != '\001' && !asker_is_text(label))
			return false;
		g_ptr_array_add(label[0] == '\001' ? others : templates, label);
	}
	if (templates->len < MIN_DIVIDED || asker->labels->len == MAX_LABELS)
		return false;
	drop_said(asker, templates);
	if (templates->len < MIN_DIVIDED)
		return false;
	autosegments struct segments *segments = segments_of(templates);
	char *whole = segments ? learn_pieces(asker, templates, segments) : NULL;

	if (!whole)
		return false;
	g_ptr_array_add(asker->merged, whole);
	g_ptr_array_set_size(asker->labels, 0);
	for (guint i = 0; i < others->len; i++)
		g_ptr_array_add(asker->labels, others->pdata[i]);
	g_ptr_array_add(asker->labels, whole);
	return true;
}

/* Fields whose value is a text of the script's, and no number or name of the record's own. */
static bool may_divide(const char *field)
{
	return *field == '\0' || is_variable(field) || g_str_has_prefix(field, "word ") ||
	       strcmp(field, "input") == 0 || strcmp(field, "target") == 0;
}

struct decision *asker_value(struct asker *asker, const char *field, GError **error)
{
	guint known = asker->model->pieces->len;
	struct decision *decision;

	collect_labels(asker, field);
	if (may_divide(field) && divide_labels(asker)) {
		decision = decide_labels(asker, field, NULL);
		if (decision)
			return decision;
		g_ptr_array_set_size(asker->model->pieces, (gint)known);
		g_ptr_array_set_size(asker->labels, 0);
		collect_labels(asker, field);
	}
	merge_labels(asker);
	exchange_slices(asker);
	return decide_labels(asker, field, error);
}
