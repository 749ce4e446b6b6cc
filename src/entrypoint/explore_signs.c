/* SPDX-License-Identifier: Apache-2.0 */
/* Values with quotes and other signs. One that becomes part of a program's text (SQL, a
 * configuration, a script) may end what it stands in. What the script writes in a sign's place is
 * learned (escape.h); where it does with signs what no rule says, it means more by them: then the
 * plan refuses them, since as a template they would get through as they are. */
#include "base/error.h"
#include "entrypoint/escape.h"
#include "entrypoint/explore.h"
#include "entrypoint/factor.h"
#include "entrypoint/slice.h"

#include <string.h>

enum { MAX_ENDS = 6 };

/* What ends texts in most languages, what means something in some, and what does so in a shell. */
static const char quotes[] = "'\"\\$`", names[] = "_%#!", operators[] = "&|<>*?;";
static const char others[] = "_%#!&|<>*?;";
/* What takes lists, addresses and paths apart: refused one by one. A path has its slashes. */
static const char separators[] = ",:/=@+-.", path_separators[] = ",:=@+-.";

/* Where a variable is tried: beside which levels, and what has to be explained then. */
struct ground {
	struct explorer *explorer;
	const GByteArray *levels;
	bool all; /* every start; else those alone that differ from the base in this variable */
};

static bool is_explained(const struct ground *ground, guint index)
{
	const struct explorer *explorer = ground->explorer;

	if (!ground->all)
		return explorer_explains(explorer, index, LEVEL_PLAIN);
	automodel struct model *model =
		model_learn(explorer->space, explorer->states, explorer->files, NULL);

	return model != NULL;
}

/* The bytes of both kinds but those that are refused already. Caller frees. */
static char *bytes_left(const struct factor *factor, const char *one, const char *other)
{
	GString *bytes = g_string_new(NULL);
	g_autofree char *all = g_strconcat(one, other, NULL);

	for (const char *byte = all; *byte; byte++)
		if (!factor->refused || !strchr(factor->refused, *byte))
			g_string_append_c(bytes, *byte);
	return g_string_free(bytes, FALSE);
}

static bool may_hold_signs(const struct factor *factor)
{
	return !factor->doubtful && !factor->listed && (!factor->type || factor_is_word(factor));
}

static bool has_refused(const struct factor *factor, const struct level *level)
{
	if (level->kind != LEVEL_SIGNS && level->kind != LEVEL_SLICES)
		return false;
	return (factor->refused && strpbrk(level->value, factor->refused)) ||
	       factor_is_unlike(factor, level->value);
}

/* Starts with a byte that the plan will refuse say nothing. */
static void forget_refused(struct explorer *explorer, guint index)
{
	const struct factor *factor = space_factor(explorer->space, index);

	for (guint i = explorer->states->len; i-- > 0;) {
		struct state *state = explorer->states->pdata[i];

		if (has_refused(factor, factor->levels->pdata[state_level(state, index)]))
			explorer_forget(explorer, state);
	}
}

/* --- starts with signs in some variables --- */

struct trial {
	const struct ground *ground;
	const GArray *indexes; /* guint: of the variables */
	GPtrArray *bytes;      /* char *: of each */
	GPtrArray *states;     /* struct state *: that were run; borrowed */
	guint known;           /* escapes before it */
};

/* Its marks are absolute paths. */
static bool is_path(const struct factor *factor)
{
	const struct level *mark = factor->levels->pdata[factor_find(factor, LEVEL_MARK)];

	return mark->value && *mark->value == '/';
}

/* Every variable at the value that @make makes of its bytes; @ret_state: NULL where the budget is
 * used up. */
static bool trial_run(struct trial *trial, char *(*make)(guint, const char *),
		      struct state **ret_state, GError **error)
{
	struct explorer *explorer = trial->ground->explorer;
	g_autoptr(GByteArray) levels = g_byte_array_new();
	GError *failure = NULL;

	g_byte_array_append(levels, trial->ground->levels->data, trial->ground->levels->len);
	for (guint i = 0; i < trial->indexes->len; i++) {
		guint index = g_array_index(trial->indexes, guint, i);
		struct factor *factor = space_factor(explorer->space, index);
		g_autofree char *name = make(factor->number, trial->bytes->pdata[i]);
		g_autofree char *value = g_strconcat(is_path(factor) ? "/" : "", name, NULL);
		GByteArray *more =
			levels_with(levels, index, factor_level(factor, LEVEL_SIGNS, value));

		g_byte_array_unref(levels);
		levels = more;
	}
	*ret_state = explorer_run(explorer, levels, &failure);
	if (failure)
		g_propagate_error(error, failure);
	if (*ret_state)
		g_ptr_array_add(trial->states, *ret_state);
	return !failure;
}

static bool trial_find_escapes(const struct trial *trial, const struct state *state)
{
	struct space *space = trial->ground->explorer->space;

	for (guint i = 0; i < trial->indexes->len; i++) {
		const struct factor *factor =
			space_factor(space, g_array_index(trial->indexes, guint, i));
		g_autofree char *probe = escape_probe(factor->number, trial->bytes->pdata[i]);

		escapes_find(space->escapes, factor->name, probe, state->record);
	}
	return space->escapes->len > trial->known;
}

static void trial_forget(const struct trial *trial)
{
	struct explorer *explorer = trial->ground->explorer;

	for (guint i = 0; i < trial->states->len; i++)
		explorer_forget(explorer, trial->states->pdata[i]);
	g_ptr_array_set_size(explorer->space->escapes, (gint)trial->known);
	explorer_refresh(explorer);
}

/* What is written in a sign's place is found in one start, and has to be right in another. */
static bool trial_explains(struct trial *trial, bool *ret_explained, GError **error)
{
	struct explorer *explorer = trial->ground->explorer;
	guint index = g_array_index(trial->indexes, guint, 0);
	struct state *state;

	*ret_explained = true;
	if (!trial_run(trial, escape_probe, &state, error))
		return false;
	if (!state)
		return true;
	bool found = trial_find_escapes(trial, state);

	if (found)
		explorer_refresh(explorer);
	*ret_explained = is_explained(trial->ground, index);
	if (!*ret_explained || !found)
		return true;
	if (!trial_run(trial, escape_joined, &state, error))
		return false;
	*ret_explained = !state || is_explained(trial->ground, index);
	return true;
}

/* Whether the script's starts with these bytes can be expressed; else they were never run. */
static bool try_signs(const struct ground *ground, const GArray *indexes, GPtrArray *bytes,
		      bool *ret_explained, GError **error)
{
	g_autoptr(GPtrArray) states = g_ptr_array_new();
	struct trial trial = {.ground = ground,
			      .indexes = indexes,
			      .bytes = bytes,
			      .states = states,
			      .known = ground->explorer->space->escapes->len};

	if (!trial_explains(&trial, ret_explained, error))
		return false;
	if (!*ret_explained)
		trial_forget(&trial);
	return true;
}

/* --- one variable --- */

static bool try_one(const struct ground *ground, guint index, const char *bytes,
		    bool *ret_explained, GError **error)
{
	g_autoptr(GArray) indexes = g_array_new(FALSE, FALSE, sizeof(guint));
	g_autoptr(GPtrArray) all = g_ptr_array_new();

	g_array_append_val(indexes, index);
	g_ptr_array_add(all, (char *)bytes);
	return try_signs(ground, indexes, all, ret_explained, error);
}

static void refuse(struct explorer *explorer, guint index, const char *bytes)
{
	struct factor *factor = space_factor(explorer->space, index);
	char *refused = g_strconcat(factor->refused ? factor->refused : "", bytes, NULL);

	g_free(factor->refused);
	factor->refused = refused;
	forget_refused(explorer, index);
	g_ptr_array_add(explorer->notes,
			g_strdup_printf("%s is refused where it holds one of these: %s (the script "
					"does with them what no plan can say)",
					factor->name, bytes));
}

/* All signs; or those of each kind alone, and what is left is refused. */
static bool find_signs(const struct ground *ground, guint index, GError **error)
{
	static const char *const kinds[] = {quotes, names, operators};
	const struct factor *factor = space_factor(ground->explorer->space, index);
	g_autofree char *all = bytes_left(factor, quotes, others);
	g_autoptr(GString) bad = g_string_new(NULL);
	bool explained = true;

	if (*all && !try_one(ground, index, all, &explained, error))
		return false;
	if (explained)
		return true;
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		g_autofree char *kind = bytes_left(factor, kinds[i], "");

		explained = true;
		if (*kind && !try_one(ground, index, kind, &explained, error))
			return false;
		if (!explained)
			g_string_append(bad, kind);
	}
	/* each is as it should be, and all of them together are not */
	refuse(ground->explorer, index, bad->len ? bad->str : all);
	return true;
}

/* Each of @all alone, then those together that it is taken apart at; what no rule explains is added
 * to @bad. */
static bool try_each(const struct ground *ground, guint index, const char *all, GString *bad,
		     GError **error)
{
	g_autoptr(GPtrArray) texts = g_ptr_array_new();
	bool sliced;

	for (const char *byte = all; *byte; byte++) {
		const char one[2] = {*byte, '\0'};
		bool alone;

		sliced = false;
		if (!try_one(ground, index, one, &alone, error) ||
		    (!alone && !explore_slices(ground->explorer, index, one, &sliced, error)))
			return false;
		if (sliced)
			g_ptr_array_add(texts, (gpointer)g_intern_string(one));
		else if (!alone)
			g_string_append_c(bad, *byte);
	}
	if (texts->len < 2)
		return true;
	forget_slices(ground->explorer, index);
	for (guint i = 0; i < texts->len; i++)
		g_string_append(bad, texts->pdata[i]);
	return true;
}

/* All that is left of the bytes in one value, where it is taken apart at one of them. */
static bool check_slices(const struct ground *ground, guint index, const char *all,
			 const GString *bad, bool *ret_explained, GError **error)
{
	struct explorer *explorer = ground->explorer;
	const struct factor *factor = space_factor(explorer->space, index);
	g_autoptr(GString) left = g_string_new(NULL);

	*ret_explained = false;
	if (!slices_has(explorer->space->slices, factor->name))
		return true;
	for (const char *byte = all; *byte; byte++)
		if (!strchr(bad->str, *byte))
			g_string_append_c(left, *byte);
	if (!try_one(ground, index, left->str, ret_explained, error))
		return false;
	if (!*ret_explained)
		forget_slices(explorer, index);
	return true;
}

/* A script that goes by a separator (IFS, `${X%%:*}`, cut, tr) makes several things of one value.
 */
static bool find_separators(const struct ground *ground, guint index, GError **error)
{
	const struct factor *factor = space_factor(ground->explorer->space, index);
	g_autofree char *all =
		bytes_left(factor, is_path(factor) ? path_separators : separators, "");
	g_autoptr(GString) bad = g_string_new(NULL);
	bool explained;

	if (!try_one(ground, index, all, &explained, error))
		return false;
	if (explained)
		return true;
	if (!try_each(ground, index, all, bad, error) ||
	    !check_slices(ground, index, all, bad, &explained, error))
		return false;
	if (explained && bad->len == 0)
		return true;
	const char *refused = bad->len ? bad->str : all;
	const char *own = state_value(ground->explorer->base, factor->name);

	if (own && strpbrk(own, refused))
		return error_set(
			error, THRESH_ERROR_INPUT,
			"the entrypoint: %s is taken apart at one of these: %s, in a way that no "
			"plan can say, and has it as the image starts; fix it (thresh.yaml: "
			"entrypoint.fixed), or write the steps yourself (entrypoint.plan)",
			factor->name, refused);
	refuse(ground->explorer, index, refused);
	return true;
}

/* --- texts that the script takes off an end --- */

struct ends {
	const struct factor *factor;
	const struct explorer *explorer;
	GPtrArray *texts; /* char * */
};

static bool found_derived(const GMatchInfo *match, gpointer user, GError **error)
{
	(void)error;
	g_autofree char *origin = g_match_info_fetch(match, 1);

	return !g_str_equal(origin, user);
}

/* Whether the text sets @name to something with @origin in it. */
static bool is_set_from(const struct explorer *explorer, const char *name, const char *origin)
{
	g_autofree char *pattern =
		g_strdup_printf("(?<!\\w)%s=[^\\n]*?\\$\\{?(%s)\\b", name, origin);

	return !explorer_search(explorer, pattern, found_derived, (gpointer)origin, NULL);
}

/* ${X#https://}, ${X%/}; an asterisk beside the text is a separator's. */
static bool found_end(const GMatchInfo *match, gpointer user, GError **error)
{
	struct ends *ends = user;
	g_autofree char *name = g_match_info_fetch(match, 1);
	g_autofree char *text = g_match_info_fetch(match, 2);

	(void)error;
	if (!g_ptr_array_find_with_equal_func(ends->texts, text, g_str_equal, NULL) &&
	    ends->texts->len < MAX_ENDS &&
	    (g_str_equal(name, ends->factor->name) ||
	     is_set_from(ends->explorer, name, ends->factor->name)))
		g_ptr_array_add(ends->texts, g_steal_pointer(&text));
	return true;
}

/* Whether nothing is done with @text at either end, and in the middle. */
static bool is_left_alone(const struct ground *ground, guint index, const char *text,
			  bool *ret_alone, GError **error)
{
	struct explorer *explorer = ground->explorer;
	struct factor *factor = space_factor(explorer->space, index);
	g_autofree char *value = g_strdup_printf("%sZq%03ukxE%sZq%03ukxF%s", text, factor->number,
						 text, factor->number, text);
	struct state *state;

	*ret_alone = true;
	if (!explorer_toggle(explorer, index, factor_level(factor, LEVEL_SIGNS, value), &state,
			     error))
		return false;
	if (!state)
		return true;
	*ret_alone = is_explained(ground, index);
	if (!*ret_alone)
		explorer_forget(explorer, state);
	return true;
}

static void refuse_end(struct explorer *explorer, struct factor *factor, const char *text)
{
	static const char *const forms[] = {"S*", "*S"};

	for (gsize i = 0; i < G_N_ELEMENTS(forms); i++)
		g_ptr_array_add(factor->unlike, slice_pattern(forms[i], text));
	forget_refused(explorer, factor->number);
	g_ptr_array_add(explorer->notes,
			g_strdup_printf("%s is refused where %s is at an end of it: the script "
					"takes it off in a way that no plan can say",
					factor->name, text));
}

/* The image's own value is among those that are refused. */
static bool check_own(const struct explorer *explorer, const struct factor *factor, GError **error)
{
	const char *own = state_value(explorer->base, factor->name);

	return !own || !factor_is_unlike(factor, own) ||
	       error_set(error, THRESH_ERROR_INPUT,
			 "the entrypoint: %s is taken apart in a way that no plan can say, as the "
			 "image starts; fix it (thresh.yaml: entrypoint.fixed), or write the steps "
			 "yourself (entrypoint.plan)",
			 factor->name);
}

static bool find_ends(const struct ground *ground, guint index, GError **error)
{
	struct explorer *explorer = ground->explorer;
	struct factor *factor = space_factor(explorer->space, index);
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
	struct ends ends = {.factor = factor, .explorer = explorer, .texts = texts};

	explorer_search(explorer, "\\$\\{(\\w+)(?:##?|%%?)([\\w:/@.,=+-]+)\\}", found_end, &ends,
			NULL);
	for (guint i = 0; i < texts->len; i++) {
		bool alone, sliced = false;

		if (!is_left_alone(ground, index, texts->pdata[i], &alone, error) ||
		    (!alone && !slices_has(explorer->space->slices, factor->name) &&
		     !explore_slices(explorer, index, texts->pdata[i], &sliced, error)))
			return false;
		if (!alone && !sliced)
			refuse_end(explorer, factor, texts->pdata[i]);
	}
	return check_own(explorer, factor, error);
}

/* Its mark is refused: it is one of some words, and the plan refuses all others. */
static bool takes_few(const struct explorer *explorer, guint index)
{
	guint mark = factor_find(space_factor(explorer->space, index), LEVEL_MARK);

	for (guint i = 0; i < explorer->states->len; i++) {
		const struct state *state = explorer->states->pdata[i];

		if (state_level(state, index) == mark && !state_executes(state))
			return true;
	}
	return false;
}

static bool is_in_values(const struct factor *factor, char byte)
{
	for (guint i = 0; i < factor->levels->len; i++) {
		const struct level *level = factor->levels->pdata[i];

		if (level->kind == LEVEL_LITERAL && strchr(level->value, byte))
			return true;
	}
	return false;
}

/* What the script compares it with (`case $DB in *:*)`) was taken apart before any sign was tried.
 */
static bool find_compared(const struct ground *ground, guint index, GError **error)
{
	const struct factor *factor = space_factor(ground->explorer->space, index);

	for (const char *byte = separators; *byte; byte++) {
		const char text[2] = {*byte, '\0'};
		bool sliced;

		if (!is_in_values(factor, *byte) || is_explained(ground, index))
			continue;
		if (!explore_slices(ground->explorer, index, text, &sliced, error))
			return false;
	}
	return true;
}

static bool explore_variable(struct explorer *explorer, guint index, GError **error)
{
	const struct factor *factor = space_factor(explorer->space, index);
	/* a refresh makes all states anew */
	g_autoptr(GByteArray) levels = g_byte_array_ref(explorer->base->levels);
	const struct ground ground = {explorer, levels, false};

	if (!factor->effective || !may_hold_signs(factor) || takes_few(explorer, index))
		return true;
	return find_compared(&ground, index, error) && find_signs(&ground, index, error) &&
	       find_separators(&ground, index, error) && find_ends(&ground, index, error);
}

bool explore_signs(struct explorer *explorer, GError **error)
{
	for (guint i = SPACE_FIRST_VARIABLE; i < explorer->space->factors->len; i++)
		if (!explore_variable(explorer, i, error))
			return false;
	return true;
}

/* --- all that @levels has at a mark --- */

static GArray *marked_variables(const struct explorer *explorer, const GByteArray *levels)
{
	GArray *indexes = g_array_new(FALSE, FALSE, sizeof(guint));

	for (guint i = SPACE_FIRST_VARIABLE; i < levels->len; i++) {
		const struct factor *factor = space_factor(explorer->space, i);
		const struct level *level = factor->levels->pdata[levels->data[i]];

		if (level->kind == LEVEL_MARK && may_hold_signs(factor))
			g_array_append_val(indexes, i);
	}
	return indexes;
}

bool explore_signs_beside(struct explorer *explorer, const GByteArray *levels, GError **error)
{
	const struct ground ground = {explorer, levels, true};
	g_autoptr(GArray) indexes = marked_variables(explorer, levels);
	g_autoptr(GPtrArray) bytes = g_ptr_array_new_with_free_func(g_free);
	GError *failure = NULL;
	const struct state *marked = explorer_run(explorer, levels, &failure);
	bool explained;

	if (!marked || !state_executes(marked)) {
		if (failure)
			g_propagate_error(error, failure);
		return !failure;
	}
	for (guint i = 0; i < indexes->len; i++)
		g_ptr_array_add(bytes, bytes_left(space_factor(explorer->space,
							       g_array_index(indexes, guint, i)),
						  quotes, others));
	if (indexes->len == 0)
		return true;
	if (!try_signs(&ground, indexes, bytes, &explained, error))
		return false;
	for (guint i = 0; !explained && i < indexes->len; i++)
		if (!find_signs(&ground, g_array_index(indexes, guint, i), error))
			return false;
	return true;
}
