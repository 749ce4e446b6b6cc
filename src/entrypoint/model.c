/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/model.h"

#include "base/error.h"
#include "base/path.h"
#include "base/sorted.h"
#include "entrypoint/align.h"
#include "entrypoint/asker.h"
#include "entrypoint/escape.h"
#include "entrypoint/failure.h"
#include "entrypoint/segment.h"
#include "entrypoint/slice.h"
#include "entrypoint/template.h"

#include <stdlib.h>
#include <string.h>

enum { MIN_JOINED = 3 };

static void slot_free(struct slot *slot)
{
	g_free(slot->name);
	decision_free(slot->value);
	g_free(slot);
}

static void piece_free(struct piece *piece)
{
	decision_free(piece->value);
	g_free(piece->hole);
	g_free(piece);
}

static void part_free(struct part *part)
{
	decision_free(part->present);
	decision_free(part->value);
	g_free(part);
}

static void column_free(struct column *column)
{
	g_ptr_array_unref(column->cells);
	g_ptr_array_unref(column->slots);
	g_ptr_array_unref(column->parts);
	decision_free(column->present);
	g_free(column);
}

void model_free(struct model *model)
{
	if (!model)
		return;
	g_ptr_array_unref(model->states);
	g_ptr_array_unref(model->executing);
	g_clear_pointer(&model->conditions, g_ptr_array_unref);
	g_ptr_array_unref(model->columns);
	g_ptr_array_unref(model->pieces);
	decision_free(model->failure);
	g_free(model->holds);
	g_free(model);
}

void model_cleanup(struct model **model)
{
	model_free(*model);
}

bool kind_is_idempotent(enum start_kind kind)
{
	return kind == START_DIRECTORY || kind == START_FILE || kind == START_SYMLINK ||
	       kind == START_REMOVE || kind == START_MODE || kind == START_OWNER ||
	       kind == START_PROVIDE || kind == START_EDIT;
}

const struct edit_line *model_edit_line(const struct model *model, const struct item *item,
					const struct edit_file **ret_file)
{
	*ret_file = edits_find(model->space->edits, item->step->path);
	return item->kind == START_EDIT ? (*ret_file)->lines->pdata[item->order] : NULL;
}

/* A file that is there is not copied, and one that has the line is not seen to get it. */
static bool edit_says_nothing(const struct model *model, const struct column *column,
			      const struct state *state)
{
	const struct edit_file *file;
	const struct edit_line *line = model_edit_line(model, column->example, &file);
	const struct level *level = space_factor(model->space, SPACE_FILES)
					    ->levels->pdata[state_level(state, SPACE_FILES)];
	g_autofree char *before = item_text_before(model->space, state, file);

	if (!line)
		return !before ||
		       (level->kind == LEVEL_GIVEN && strcmp(level->path, file->path) == 0);
	return !before || !edit_shows(line, before, NULL);
}

static bool texts_change(const struct model *model, const struct state *state,
			 const GPtrArray *texts)
{
	for (guint i = 0; i < texts->len; i++) {
		const struct text *text = texts->pdata[i];

		if (text->template && state_changes(model->space, state, text->template))
			return true;
	}
	return false;
}

bool column_shows_later(const struct model *model, const struct column *column,
			const struct state *state)
{
	if (!space_outlives(model->space, column->example->step->path))
		return false;
	for (guint i = 0; i < column->cells->len; i++) {
		const struct item *item = column->cells->pdata[i];

		if (item && (texts_change(model, state, item->fields) ||
			     texts_change(model, state, item->parts)))
			return true;
	}
	return false;
}

/* That a later start changed nothing does not say that it would not have; nor that a directory is
 * not made where a file was put below it. */
static bool says_nothing(const struct model *model, const struct column *column, guint index)
{
	const struct state *state = model->executing->pdata[index];
	const struct level *level = space_factor(model->space, SPACE_FILES)
					    ->levels->pdata[state_level(state, SPACE_FILES)];

	if (column->cells->pdata[index] || !kind_is_idempotent(column->kind))
		return false;
	if (column->kind == START_PROVIDE || column->kind == START_EDIT)
		return edit_says_nothing(model, column, state);
	if (level->kind == LEVEL_GIVEN)
		return column->kind == START_DIRECTORY &&
		       path_is_below(level->path, column->example->key->actual);
	if (level->kind == LEVEL_CHANGED)
		return !column_shows_later(model, column, state);
	return level->kind == LEVEL_LATER || level->kind == LEVEL_ABSENT;
}

/* --- when is it the same thing --- */

static bool template_fits(const struct space *space, const struct text *a, const struct text *b,
			  const struct state *of_b)
{
	if (!b->actual || !a->actual)
		return false;
	g_autofree char *expanded = template_expand(space, of_b, a->template);

	return strcmp(expanded, b->actual) == 0;
}

/* Whether @b is @a with a part of a value in the place of another part, or of the value. */
static bool slice_fits(const struct space *space, const struct text *a, const struct text *b,
		       const struct state *of_b)
{
	g_autoptr(GPtrArray) others = space->slices->len && a->template[0] != '\001' && b->actual
					      ? slices_exchange(space->slices, a->template)
					      : g_ptr_array_new();

	for (guint i = 0; i < others->len; i++) {
		g_autofree char *expanded = template_expand(space, of_b, others->pdata[i]);

		if (*expanded && strcmp(expanded, b->actual) == 0)
			return true;
	}
	return false;
}

static bool text_same(const struct space *space, const struct text *a, const struct state *of_a,
		      const struct text *b, const struct state *of_b)
{
	if (template_rest(a->template) && template_rest(b->template))
		return true;
	if (strcmp(a->template, b->template) == 0 || template_fits(space, a, b, of_b) ||
	    template_fits(space, b, a, of_a) || slice_fits(space, a, b, of_b) ||
	    slice_fits(space, b, a, of_a))
		return true;
	g_autofree char *merged = space->escapes->len
					  ? escapes_merge(space->escapes, a->template, b->template)
					  : NULL;

	return merged != NULL;
}

/* Programs are run again and again with other words: half of the words must be the same. */
static bool words_alike(const struct space *space, const struct item *a, const struct state *of_a,
			const struct item *b, const struct state *of_b)
{
	guint words = 0, same = 0;

	if (strcmp(item_field(a, "count")->actual, item_field(b, "count")->actual) != 0)
		return false;
	for (guint i = 0; i < a->fields->len; i++) {
		const struct text *text = a->fields->pdata[i];

		if (!g_str_has_prefix(text->name, "word "))
			continue;
		words++;
		same += text_same(space, text, of_a, item_field(b, text->name), of_b);
	}
	const struct text *input_a = item_field(a, "input"), *input_b = item_field(b, "input");

	if (input_a && input_b && !text_same(space, input_a, of_a, input_b, of_b))
		return words == same && words > 1;
	return same * 2 >= words;
}

static bool item_same(const struct space *space, gconstpointer one, const struct state *of_one,
		      gconstpointer other, const struct state *of_other)
{
	const struct item *a = one, *b = other;

	if (a->kind != b->kind)
		return false;
	if (a->kind == START_EXEC)
		return true;
	if (!text_same(space, a->key, of_one, b->key, of_other) || a->order != b->order)
		return false;
	return a->kind != START_RUN && a->kind != START_BEGIN
		       ? true
		       : words_alike(space, a, of_one, b, of_other);
}

static enum likeness item_likeness(const struct space *space, gconstpointer one,
				   const struct state *of_one, gconstpointer other,
				   const struct state *of_other)
{
	return item_same(space, one, of_one, other, of_other) ? LIKENESS_SAME : LIKENESS_NONE;
}

static const char *item_text(gconstpointer item)
{
	return ((const struct item *)item)->key->template;
}

static bool item_loose(gconstpointer item)
{
	return item_is_file(item);
}

/* The word that a line begins with and sets ("port = 80"), and its length; 0: none. */
static gsize key_of_line(const char *line, bool word, const char **ret_key)
{
	const char *key = line + (word ? 0 : strspn(line, " \t"));
	gsize bytes = strcspn(key, word ? "=$" : "=: \t$\n");

	*ret_key = key;
	return key[bytes] == '=' || (!word && strchr(": \t", key[bytes]) && key[bytes]) ? bytes : 0;
}

static bool keys_equal(const char *a, const char *b, bool word)
{
	const char *one, *other;
	gsize bytes = key_of_line(a, word, &one);

	return bytes > 0 && key_of_line(b, word, &other) == bytes && *one != '#' &&
	       memcmp(one, other, bytes) == 0;
}

/* Of an empty text nobody knows what it is: any variable may be empty. */
static bool is_nothing(const struct text *a, const struct text *b)
{
	return strcmp(a->template, b->template) != 0 &&
	       (g_strcmp0(a->actual, "") == 0 || g_strcmp0(b->actual, "") == 0);
}

static enum likeness text_likeness(const struct space *space, const struct text *a,
				   const struct state *of_a, const struct text *b,
				   const struct state *of_b, bool word)
{
	if (text_same(space, a, of_a, b, of_b))
		return is_nothing(a, b) ? LIKENESS_KEY : LIKENESS_SAME;
	return keys_equal(a->template, b->template, word) ? LIKENESS_KEY : LIKENESS_NONE;
}

/* The values of one option are alike, where they are one word in every start. */
static enum likeness word_likeness(const struct space *space, gconstpointer a,
				   const struct state *of_a, gconstpointer b,
				   const struct state *of_b)
{
	const struct text *one = a, *other = b;
	bool values = one->option && other->option && strcmp(one->option, other->option) == 0 &&
		      *one->template != '-' && *other->template != '-' &&
		      asker_is_text(one->template) && asker_is_text(other->template);
	enum likeness likeness = text_likeness(space, a, of_a, b, of_b, true);

	return values ? MAX(likeness, LIKENESS_KEY) : likeness;
}

static enum likeness line_likeness(const struct space *space, gconstpointer a,
				   const struct state *of_a, gconstpointer b,
				   const struct state *of_b)
{
	return text_likeness(space, a, of_a, b, of_b, false);
}

static const char *part_text(gconstpointer part)
{
	return ((const struct text *)part)->template;
}

/* --- columns --- */

static bool column_learn_presence(const struct model *model, struct column *column, GError **error)
{
	struct asker asker;

	asker_init(&asker, model, column, NULL);
	for (guint i = 0; i < model->executing->len; i++)
		if (!says_nothing(model, column, i))
			g_array_append_val(asker.states, i);
	column->present = asker_presence(&asker, column->cells, error);
	asker_clear(&asker);
	return column->present != NULL;
}

static bool column_learn_slot(const struct model *model, struct column *column, const char *name,
			      GError **error)
{
	struct slot *slot = g_new0(struct slot, 1);
	struct asker asker;

	slot->name = g_strdup(name);
	g_ptr_array_add(column->slots, slot);
	asker_init(&asker, model, column, name);
	for (guint i = 0; i < model->executing->len; i++) {
		const struct item *item = column->cells->pdata[i];

		if (!item)
			continue;
		asker.texts[i] = *name ? item_field(item, name) : item->key;
		g_array_append_val(asker.states, i);
	}
	slot->value = asker_value(&asker, name, error);
	asker_clear(&asker);
	return slot->value != NULL;
}

static bool column_learn_slots(const struct model *model, struct column *column, GError **error)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < column->cells->len; i++) {
		const struct item *item = column->cells->pdata[i];

		for (guint j = 0; item && j < item->fields->len; j++)
			g_hash_table_add(names, ((struct text *)item->fields->pdata[j])->name);
	}
	g_autoptr(GPtrArray) sorted = keys_sorted(names);

	/* the program of an execution is its first word */
	if (column->kind != START_EXEC && !column_learn_slot(model, column, "", error))
		return false;
	for (guint i = 0; i < sorted->len; i++)
		if (!column_learn_slot(model, column, sorted->pdata[i], error))
			return false;
	return true;
}

static bool cells_are_rest(const GPtrArray *cells)
{
	for (guint i = 0; i < cells->len; i++) {
		const struct text *text = cells->pdata[i];

		if (text)
			return template_rest(text->template) != 0;
	}
	return false;
}

static bool part_learn(const struct model *model, struct column *column, const GPtrArray *present,
		       const GPtrArray *cells, GError **error)
{
	struct part *part = g_new0(struct part, 1);
	struct asker asker;

	g_ptr_array_add(column->parts, part);
	g_autoptr(GPtrArray) by_state = g_ptr_array_new();

	g_ptr_array_set_size(by_state, (gint)model->executing->len);
	asker_init(&asker, model, column, "part");
	for (guint i = 0; i < present->len; i++) {
		guint state = GPOINTER_TO_UINT(present->pdata[i]);

		by_state->pdata[state] = cells->pdata[i];
		asker.texts[state] = cells->pdata[i];
		g_array_append_val(asker.states, state);
	}
	asker.rest = cells_are_rest(cells);
	/* arguments are there in every start, be it as no word at all */
	part->present = asker.rest ? decision_leaf("1") : asker_presence(&asker, by_state, error);
	g_ptr_array_set_size(asker.labels, 0);
	g_array_set_size(asker.states, 0);
	for (guint i = 0; i < present->len; i++) {
		guint state = GPOINTER_TO_UINT(present->pdata[i]);

		if (asker.rest || by_state->pdata[state])
			g_array_append_val(asker.states, state);
	}
	part->value = part->present ? asker_value(&asker, "", error) : NULL;
	asker_clear(&asker);
	return part->value != NULL;
}

/* --- lines and words that stand for each other --- */

static bool lane_is_text(const GPtrArray *lane)
{
	for (guint i = 0; i < lane->len; i++)
		if (lane->pdata[i] && !asker_is_text(((struct text *)lane->pdata[i])->template))
			return false;
	return true;
}

/* Adds the cells of @lane to @whole; false, and nothing is added, where both have one. */
static bool lane_join(GPtrArray *whole, const GPtrArray *lane)
{
	for (guint i = 0; i < lane->len; i++)
		if (lane->pdata[i] && whole->pdata[i])
			return false;
	for (guint i = 0; i < lane->len; i++)
		if (lane->pdata[i])
			whole->pdata[i] = lane->pdata[i];
	return true;
}

static const char *lane_example(const GPtrArray *lane)
{
	guint i = 0;

	while (!lane->pdata[i])
		i++;
	return ((const struct text *)lane->pdata[i])->template;
}

static bool lanes_meet(const GPtrArray *one, const GPtrArray *other)
{
	for (guint i = 0; i < one->len; i++)
		if (one->pdata[i] && other->pdata[i])
			return true;
	return false;
}

/* Lanes that are alike, and of which no start has two: one where all variables are set is among
 * them. */
struct variants {
	GPtrArray *whole;    /* as one lane */
	GByteArray *members; /* by lane */
	guint count;
};

static struct variants variants_from(const GPtrArray *lanes, guint from)
{
	const GPtrArray *first = lanes->pdata[from];
	struct variants variants = {g_ptr_array_new(), g_byte_array_new(), 0};

	g_ptr_array_set_size(variants.whole, (gint)first->len);
	g_byte_array_set_size(variants.members, lanes->len);
	memset(variants.members->data, 0, lanes->len);
	for (guint i = from; i < lanes->len; i++) {
		const GPtrArray *lane = lanes->pdata[i];

		if (!lane_is_text(lane) ||
		    (i > from && !segments_alike(lane_example(first), lane_example(lane))) ||
		    !lane_join(variants.whole, lane))
			continue;
		variants.members->data[i] = 1;
		variants.count++;
	}
	return variants;
}

/* The lane behind which the variants can stand as one, since no start has them in another order;
 * lanes->len: there is none. */
static guint variants_place(const struct variants *variants, const GPtrArray *lanes)
{
	guint place = 0, limit = lanes->len;

	for (guint k = 0; k < lanes->len; k++) {
		for (guint m = 0; !variants->members->data[k] && m < lanes->len; m++) {
			if (!variants->members->data[m] ||
			    !lanes_meet(lanes->pdata[m], lanes->pdata[k]))
				continue;
			if (m > k)
				place = k + 1;
			else
				limit = MIN(limit, k);
		}
	}
	return place <= limit ? place : lanes->len + 1;
}

/* Appends lanes [@from, @to) but those of the variants. */
static void append_others(GPtrArray *joined, const GPtrArray *lanes, const GByteArray *members,
			  guint from, guint to)
{
	for (guint i = from; i < to; i++)
		if (!members->data[i])
			g_ptr_array_add(joined, g_ptr_array_ref(lanes->pdata[i]));
}

/* The lanes with the variants that begin with lane @from as one; NULL: there are none. Caller
 * frees. */
static GPtrArray *join_from(const GPtrArray *lanes, guint from)
{
	struct variants variants = variants_from(lanes, from);
	guint place = variants_place(&variants, lanes);
	GPtrArray *joined = NULL;

	if (variants.count >= MIN_JOINED && place <= lanes->len) {
		joined = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
		append_others(joined, lanes, variants.members, 0, place);
		g_ptr_array_add(joined, g_ptr_array_ref(variants.whole));
		append_others(joined, lanes, variants.members, place, lanes->len);
	}
	g_ptr_array_unref(variants.whole);
	g_byte_array_unref(variants.members);
	return joined;
}

/* Several lines, alike, of which a start has one at most are variants of one line. Caller frees. */
static GPtrArray *join_variants(GPtrArray *lanes)
{
	GPtrArray *joined = g_ptr_array_ref(lanes);

	for (guint from = 0; from < joined->len; from++) {
		GPtrArray *fewer = join_from(joined, from);

		if (!fewer)
			continue;
		g_ptr_array_unref(joined);
		joined = fewer;
	}
	return joined;
}

static bool learn_lanes(const struct model *model, struct column *column, const GPtrArray *present,
			const GPtrArray *lanes, GError **error)
{
	for (guint i = 0; i < lanes->len; i++)
		if (!part_learn(model, column, present, lanes->pdata[i], error))
			return false;
	return true;
}

static bool column_learn_parts(const struct model *model, struct column *column, GError **error)
{
	g_autoptr(GPtrArray) sequences = g_ptr_array_new();
	g_autoptr(GPtrArray) states = g_ptr_array_new();
	g_autoptr(GPtrArray) present = g_ptr_array_new();
	struct align_how how = {.space = model->space,
				.likeness =
					column->kind == START_EXEC ? word_likeness : line_likeness,
				.text = part_text};

	for (guint i = 0; i < model->executing->len; i++) {
		const struct item *item = column->cells->pdata[i];

		if (!item)
			continue;
		g_ptr_array_add(sequences, item->parts);
		g_ptr_array_add(states, model->executing->pdata[i]);
		g_ptr_array_add(present, GUINT_TO_POINTER(i));
	}
	g_autoptr(GPtrArray) lanes = align(sequences, states, &how);
	g_autoptr(GPtrArray) joined = join_variants(lanes);
	guint known = model->pieces->len;

	if (joined->len < lanes->len) {
		if (learn_lanes(model, column, present, joined, NULL))
			return true;
		g_ptr_array_set_size(column->parts, 0);
		g_ptr_array_set_size(model->pieces, (gint)known);
	}
	return learn_lanes(model, column, present, lanes, error);
}

static struct column *column_new(const struct model *model, GPtrArray *cells)
{
	struct column *column = g_new0(struct column, 1);

	column->cells = g_ptr_array_ref(cells);
	column->slots = g_ptr_array_new_with_free_func((GDestroyNotify)slot_free);
	column->parts = g_ptr_array_new_with_free_func((GDestroyNotify)part_free);
	for (guint i = cells->len; i-- > 0;) {
		if (!cells->pdata[i])
			continue;
		column->example = cells->pdata[i];
		column->example_state = model->executing->pdata[i];
	}
	column->kind = column->example->kind;
	return column;
}

static guint kind_rank(enum start_kind kind)
{
	return kind == START_REMOVE ? 0 : (guint)kind + 1;
}

static const struct item *cells_example(const GPtrArray *cells)
{
	guint i = 0;

	while (!cells->pdata[i])
		i++;
	return cells->pdata[i];
}

static bool is_attribute(enum start_kind kind)
{
	return kind == START_MODE || kind == START_OWNER;
}

static gint compare_cells(gconstpointer a, gconstpointer b)
{
	const struct item *left = cells_example(*(GPtrArray *const *)a);
	const struct item *right = cells_example(*(GPtrArray *const *)b);
	int order = (int)is_attribute(left->kind) - (int)is_attribute(right->kind);

	if (!order)
		order = strcmp(left->key->actual, right->key->actual);
	if (!order)
		order = (int)kind_rank(left->kind) - (int)kind_rank(right->kind);
	return order ? order : (int)left->order - (int)right->order;
}

/* What files are changed in between two programs has one order: a directory before what is in it,
 * modes and owners when all is there. */
static void sort_files(GPtrArray *cells)
{
	for (guint from = 0, to; from < cells->len; from = to + 1) {
		to = from;
		while (to < cells->len && item_is_file(cells_example(cells->pdata[to])))
			to++;
		if (to > from)
			qsort(cells->pdata + from, to - from, sizeof(gpointer), compare_cells);
	}
}

static bool model_learn_columns(struct model *model, GError **error)
{
	g_autoptr(GPtrArray) sequences = g_ptr_array_new();
	struct align_how how = {.space = model->space,
				.likeness = item_likeness,
				.text = item_text,
				.loose = item_loose};

	for (guint i = 0; i < model->executing->len; i++)
		g_ptr_array_add(sequences, ((struct state *)model->executing->pdata[i])->items);
	g_autoptr(GPtrArray) cells = align(sequences, model->executing, &how);

	sort_files(cells);
	for (guint i = 0; i < cells->len; i++) {
		struct column *column = column_new(model, cells->pdata[i]);

		g_ptr_array_add(model->columns, column);
		if (!column_learn_presence(model, column, error) ||
		    !column_learn_slots(model, column, error) ||
		    !column_learn_parts(model, column, error))
			return false;
	}
	return true;
}

static void model_ask_all(struct model *model)
{
	guint states = model->executing->len;

	model->holds = g_new0(guint8, (gsize)model->conditions->len * states + 1);
	for (guint condition = 0; condition < model->conditions->len; condition++)
		for (guint i = 0; i < states; i++)
			model->holds[condition * states + i] =
				condition_holds(model->conditions->pdata[condition], model->space,
						model->executing->pdata[i]);
}

struct model *model_learn(const struct space *space, const GPtrArray *states,
			  const GPtrArray *files, GError **error)
{
	automodel struct model *model = g_new0(struct model, 1);

	model->space = space;
	model->states = g_ptr_array_new();
	model->executing = g_ptr_array_new();
	model->pieces = g_ptr_array_new_with_free_func((GDestroyNotify)piece_free);
	model->columns = g_ptr_array_new_with_free_func((GDestroyNotify)column_free);
	for (guint i = 0; i < states->len; i++) {
		g_ptr_array_add(model->states, states->pdata[i]);
		if (state_executes(states->pdata[i]))
			g_ptr_array_add(model->executing, states->pdata[i]);
	}
	model->conditions = conditions_of(space, files);
	model_ask_all(model);
	model->failure = failure_learn(model, error);
	if (!model->failure || !model_learn_columns(model, error))
		return NULL;
	return g_steal_pointer(&model);
}

static bool decision_has_rest(const struct decision *decision)
{
	if (decision_is_leaf(decision))
		return template_rest(decision->label) != 0;
	return decision_has_rest(decision->yes) || decision_has_rest(decision->no);
}

bool part_is_rest(const struct part *part)
{
	return decision_has_rest(part->value);
}

const struct slot *column_slot(const struct column *column, const char *name)
{
	for (guint i = 0; i < column->slots->len; i++) {
		const struct slot *slot = column->slots->pdata[i];

		if (strcmp(slot->name, name) == 0)
			return slot;
	}
	return NULL;
}
