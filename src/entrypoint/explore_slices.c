/* SPDX-License-Identifier: Apache-2.0 */
/* A variable that the script takes apart at a text (`${DB%%:*}`, `cut -d: -f2`, `IFS=: read`):
 * which of its parts stand where, and what is done with values in which the text stands at an end,
 * several times, or twice in a row. */
#include "entrypoint/explore.h"
#include "entrypoint/slice.h"

#include <string.h>

enum {
	MAX_KEPT = 24,     /* parts of one variable */
	MAX_DOUBTFUL = 12, /* and so many where some are not always seen */
	MIN_SEEN = 2,      /* starts in which a part has to stand by itself */
};

/* Values to try: S is the text, digits are fields. Two of each kind, since one alone could be told
 * apart by any condition. Where one is not explained, values like it are refused. */
struct form {
	const char *form;
	const char *refused; /* S: the text; NULL: without this one nothing is known */
};

static const struct form forms_of_one[] = {
	{"1S2", NULL},     {"3S4", NULL},         {"1S2S3", NULL},  {"4S5S6", NULL},
	{"1S2S3S4", NULL}, {"1S2S3S4S5S6", NULL}, {"S1", "S*"},     {"S2", "S*"},
	{"1S", "*S"},      {"2S", "*S"},          {"1S2S", "*S*S"}, {"3S4S5S", "*S*S*S"},
	{"S1S2", "S*S*"},  {"S1S2S3", "S*S*S*"},  {"1SS2", "*SS*"}, {"3SS4", "*SS*"},
	{"SS1", "SS*"},    {"1SS", "*SS"},        {"S1S2S", "S*S"}, {"S", "S"},
};

/* Of these the one that tells most parts apart. */
enum { USUAL_FORM = 4, FIRST_TEXT = 'S' };

struct trial {
	struct explorer *explorer;
	guint index;
	GPtrArray *texts;  /* char *: S, T, U … of the forms */
	GArray *forms;     /* struct form */
	guint usual;       /* of these: for combinations with other variables */
	GPtrArray *values; /* char *: by form */
	GPtrArray *states; /* struct state *: by form; NULL: not run */
	GByteArray *left;  /* by form: 1: it is not explained */
};

static void trial_init(struct trial *trial, struct explorer *explorer, guint index)
{
	*trial = (struct trial){.explorer = explorer, .index = index};
	trial->texts = g_ptr_array_new_with_free_func(g_free);
	trial->forms = g_array_new(FALSE, FALSE, sizeof(struct form));
	trial->values = g_ptr_array_new_with_free_func(g_free);
	trial->states = g_ptr_array_new();
	trial->left = g_byte_array_new();
}

static void trial_clear(struct trial *trial)
{
	g_ptr_array_unref(trial->texts);
	g_array_unref(trial->forms);
	g_ptr_array_unref(trial->values);
	g_ptr_array_unref(trial->states);
	g_byte_array_unref(trial->left);
}

static const struct form *trial_form(const struct trial *trial, guint index)
{
	return &g_array_index(trial->forms, struct form, index);
}

static const char *plain_prefix(const struct factor *factor)
{
	const struct level *mark = factor->levels->pdata[factor_find(factor, LEVEL_MARK)];

	return mark->value && *mark->value == '/' ? "/" : "";
}

static char *form_value(const struct trial *trial, const char *form)
{
	const struct factor *factor = space_factor(trial->explorer->space, trial->index);
	GString *value = g_string_new(g_ascii_isdigit(*form) ? plain_prefix(factor) : "");

	for (; *form; form++) {
		int field = *form - '0';

		if (*form >= FIRST_TEXT)
			g_string_append(value, trial->texts->pdata[*form - FIRST_TEXT]);
		else
			g_string_append_printf(value, "Zq%03ukx%c%.*s", factor->number, 'K' + field,
					       field, "abcdefghi");
	}
	return g_string_free(value, FALSE);
}

static bool trial_run(struct trial *trial, GError **error)
{
	struct explorer *explorer = trial->explorer;
	struct factor *factor = space_factor(explorer->space, trial->index);
	g_autoptr(GByteArray) levels = g_byte_array_new();

	explorer->granted += trial->forms->len;
	for (guint i = 0; i < trial->forms->len; i++) {
		char *value = form_value(trial, trial_form(trial, i)->form);
		guint8 level = (guint8)factor_level(
			factor, i == trial->usual ? LEVEL_SLICES : LEVEL_SIGNS, value);

		g_ptr_array_add(trial->values, value);
		g_byte_array_append(levels, &level, 1);
	}
	explorer_toggle_ahead(explorer, trial->index, levels);
	for (guint i = 0; i < trial->forms->len; i++) {
		struct state *state = NULL;

		if (levels->data[i] &&
		    !explorer_toggle(explorer, trial->index, levels->data[i], &state, error))
			return false;
		g_ptr_array_add(trial->states, state);
	}
	return true;
}

/* --- which parts are seen --- */

/* How often one part was seen to stand by itself, and how often it was not where it could be. */
struct sight {
	guint seen;
	guint missed;
};

/* The parts of value @index, each once; @place: of each of @all, or -1: it is all of the value, or
 * so short that it stands anywhere. Caller frees. */
static GPtrArray *parts_in(const struct trial *trial, const GPtrArray *all, guint index,
			   gint *place)
{
	const char *value = trial->values->pdata[index];
	g_autoptr(GHashTable) places = g_hash_table_new(g_str_hash, g_str_equal);
	GPtrArray *parts = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < all->len; i++) {
		char *part = slice_apply(all->pdata[i], value);
		gpointer known;

		place[i] = -1;
		if (slice_is_mark(part, value)) {
			if (!g_hash_table_lookup_extended(places, part, NULL, &known)) {
				known = GUINT_TO_POINTER(parts->len);
				g_ptr_array_add(parts, g_strdup(part));
				g_hash_table_insert(places, parts->pdata[parts->len - 1], known);
			}
			place[i] = (gint)GPOINTER_TO_UINT(known);
		}
		g_free(part);
	}
	return parts;
}

/* One for each of @all. Caller frees. */
static struct sight *see_parts(const struct trial *trial, const GPtrArray *all)
{
	struct sight *sights = g_new0(struct sight, all->len + 1);
	g_autofree gint *place = g_new(gint, all->len + 1);

	for (guint i = 0; i < trial->states->len; i++) {
		struct state *state = trial->states->pdata[i];

		if (!state || !state_executes(state))
			continue;
		g_autoptr(GPtrArray) parts = parts_in(trial, all, i, place);
		g_autofree guint8 *seen = slices_seen(trial->explorer->space, state, parts);

		for (guint j = 0; j < all->len; j++) {
			sights[j].seen += place[j] >= 0 && seen[place[j]];
			sights[j].missed += place[j] >= 0 && !seen[place[j]];
		}
	}
	return sights;
}

/* A text that is taken off an end may stand behind the part all the same (`${URL%/}/api`). */
static bool is_end(const struct slice *slice)
{
	return slice->cuts->len == 1 &&
	       g_array_index(slice->cuts, struct cut, 0).how >= PLAN_SLICE_PREFIX;
}

/* The parts that are seen wherever they can be, then those that are missed at times, the simplest
 * first; others are freed. */
static void keep_seen(const struct trial *trial, GPtrArray *all)
{
	g_autofree struct sight *sights = see_parts(trial, all);
	GPtrArray *slices = trial->explorer->space->slices;
	guint kept = 0;

	for (guint missed = 0; missed < trial->states->len; missed++)
		for (guint i = 0; i < all->len && kept < (missed ? MAX_DOUBTFUL : MAX_KEPT); i++) {
			bool ends = missed == 0 && is_end(all->pdata[i]);

			if (!all->pdata[i] ||
			    (!ends && (sights[i].missed != missed || sights[i].seen < MIN_SEEN)))
				continue;
			slices_take(slices, g_steal_pointer(&all->pdata[i]));
			kept++;
		}
}

/* --- is it explained? --- */

static bool is_left(const struct trial *trial, const struct state *state)
{
	for (guint i = 0; i < trial->states->len; i++)
		if (trial->states->pdata[i] == state)
			return trial->left->data[i];
	return false;
}

static bool is_explained(const struct trial *trial)
{
	const struct explorer *explorer = trial->explorer;
	g_autoptr(GPtrArray) states = g_ptr_array_new();

	for (guint i = 0; i < explorer->states->len; i++) {
		struct state *state = explorer->states->pdata[i];

		if ((state == explorer->base ||
		     explorer_only_difference(explorer, state) == (int)trial->index) &&
		    !is_left(trial, state))
			g_ptr_array_add(states, state);
	}
	automodel struct model *model = model_learn(explorer->space, states, explorer->files, NULL);

	return model != NULL;
}

/* Leaves out what is not explained beside the forms before it; false: one that all depends on. */
static bool find_explained(struct trial *trial)
{
	g_byte_array_set_size(trial->left, trial->forms->len);
	memset(trial->left->data, 1, trial->left->len);
	for (guint i = 0; i < trial->forms->len; i++) {
		if (!trial->states->pdata[i])
			return false;
		trial->left->data[i] = 0;
		if (is_explained(trial))
			continue;
		trial->left->data[i] = 1;
		if (!trial_form(trial, i)->refused)
			return false;
	}
	return true;
}

static void refuse_form(struct trial *trial, const char *form)
{
	struct explorer *explorer = trial->explorer;
	struct factor *factor = space_factor(explorer->space, trial->index);
	char *pattern = slice_pattern(form, trial->texts->pdata[0]);

	if (g_ptr_array_find_with_equal_func(factor->unlike, pattern, g_str_equal, NULL)) {
		g_free(pattern);
		return;
	}
	g_ptr_array_add(factor->unlike, pattern);
	g_ptr_array_add(explorer->notes,
			g_strdup_printf("%s is refused where it is like `%s`: the script takes it "
					"apart there in a way that no plan can say",
					factor->name, pattern));
}

/* All starts of the trial, or those that the plan refuses. */
static void trial_forget(struct trial *trial, bool all)
{
	const struct factor *factor = space_factor(trial->explorer->space, trial->index);

	for (guint i = 0; i < trial->states->len; i++) {
		struct state *state = trial->states->pdata[i];

		if (!state || (!all && !factor_is_unlike(factor, trial->values->pdata[i])))
			continue;
		explorer_forget_level(trial->explorer, factor, state);
		trial->states->pdata[i] = NULL;
	}
}

/* What is left out is refused by the plan. */
static void trial_finish(struct trial *trial)
{
	for (guint i = 0; i < trial->forms->len; i++)
		if (trial->left->data[i])
			refuse_form(trial, trial_form(trial, i)->refused);
	trial_forget(trial, false);
}

/* Takes the parts that are seen for slices of the variable; where not all is explained then,
 * nothing is. */
static bool trial_learn(struct trial *trial, bool *ret_sliced, GError **error)
{
	struct explorer *explorer = trial->explorer;
	const struct factor *factor = space_factor(explorer->space, trial->index);
	guint known = explorer->space->slices->len;

	*ret_sliced = false;
	if (!trial_run(trial, error))
		return false;
	g_autoptr(GPtrArray) all = slices_of(factor->name, trial->texts, trial->values);

	keep_seen(trial, all);
	explorer_refresh(explorer);
	*ret_sliced = explorer->space->slices->len > known && find_explained(trial);
	if (*ret_sliced) {
		trial_finish(trial);
		return true;
	}
	trial_forget(trial, true);
	g_ptr_array_set_size(explorer->space->slices, (gint)known);
	explorer_refresh(explorer);
	return true;
}

bool explore_slices(struct explorer *explorer, guint index, const char *text, bool *ret_sliced,
		    GError **error)
{
	struct trial trial;

	trial_init(&trial, explorer, index);
	g_ptr_array_add(trial.texts, g_strdup(text));
	g_array_append_vals(trial.forms, forms_of_one, G_N_ELEMENTS(forms_of_one));
	trial.usual = USUAL_FORM;
	bool ok = trial_learn(&trial, ret_sliced, error);

	trial_clear(&trial);
	return ok;
}

void forget_slices(struct explorer *explorer, guint index)
{
	struct factor *factor = space_factor(explorer->space, index);

	for (guint i = explorer->states->len; i-- > 0;) {
		struct state *state = explorer->states->pdata[i];
		struct level *level = factor->levels->pdata[state_level(state, index)];

		if (level->kind == LEVEL_SLICES)
			explorer_forget(explorer, state);
	}
	for (guint i = 0; i < factor->levels->len; i++) {
		struct level *level = factor->levels->pdata[i];

		if (level->kind == LEVEL_SLICES)
			level->kind = LEVEL_NEVER;
	}
	g_ptr_array_set_size(factor->unlike, 0);
	slices_forget(explorer->space->slices, factor->name);
	explorer_refresh(explorer);
}
