/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/slice.h"

#include "entrypoint/item.h"
#include "plan/text.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_CUTS = 4,     /* of one slice */
	MAX_PARTS = 2000, /* that are told apart */
	MIN_BYTES = 4,    /* of a mark: what is shorter stands anywhere */
};

static const char prefix[] = "thresh_slice_";

static void slice_free(struct slice *slice)
{
	if (!slice)
		return;
	g_free(slice->name);
	g_free(slice->variable);
	g_array_unref(slice->cuts);
	g_free(slice);
}

static void cut_clear(gpointer data)
{
	g_free(((struct cut *)data)->text);
}

static GArray *cuts_new(void)
{
	GArray *cuts = g_array_new(FALSE, FALSE, sizeof(struct cut));

	g_array_set_clear_func(cuts, cut_clear);
	return cuts;
}

GPtrArray *slices_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)slice_free);
}

char *slice_apply(const struct slice *slice, const char *value)
{
	gsize bytes = strlen(value);

	for (guint i = 0; i < slice->cuts->len; i++) {
		const struct cut *cut = &g_array_index(slice->cuts, struct cut, i);

		plan_slice(cut->how, cut->text, &value, &bytes);
	}
	return g_strndup(value, bytes);
}

char *slice_pattern(const char *form, const char *text)
{
	GString *pattern = g_string_new(NULL);

	for (; *form; form++) {
		if (*form != 'S')
			g_string_append_c(pattern, *form);
		for (const char *at = *form == 'S' ? text : ""; *at; at++)
			g_string_append_printf(pattern, "%s%c", strchr("*?[]\\", *at) ? "\\" : "",
					       *at);
	}
	return g_string_free(pattern, FALSE);
}

bool factor_is_unlike(const struct factor *factor, const char *value)
{
	for (guint i = 0; i < factor->unlike->len; i++)
		if (fnmatch(factor->unlike->pdata[i], value, 0) == 0)
			return true;
	return false;
}

/* --- all parts --- */

static void slice_add(struct slice *slice, enum plan_slice how, const char *text)
{
	struct cut cut = {how, g_strdup(text)};

	g_array_append_val(slice->cuts, cut);
}

/* @slice (NULL: nothing) and one cut more. */
static struct slice *slice_more(const char *variable, const struct slice *slice,
				enum plan_slice how, const char *text)
{
	struct slice *more = g_new0(struct slice, 1);

	more->variable = g_strdup(variable);
	more->cuts = cuts_new();
	for (guint i = 0; slice && i < slice->cuts->len; i++) {
		const struct cut *cut = &g_array_index(slice->cuts, struct cut, i);

		slice_add(more, cut->how, cut->text);
	}
	slice_add(more, how, text);
	return more;
}

/* What it is of each of @values, in short. */
static char *slice_key(const struct slice *slice, const GPtrArray *values)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_MD5);

	for (guint i = 0; i < values->len; i++) {
		g_autofree char *part = slice_apply(slice, values->pdata[i]);

		g_checksum_update(sum, (const guchar *)part, (gssize)strlen(part) + 1);
	}
	return g_strdup(g_checksum_get_string(sum));
}

/* A prefix goes first, a suffix last: scripts do not mix them in other ways, and more ways would
 * explain anything. */
static bool may_follow(const struct slice *slice, enum plan_slice how)
{
	const struct cut *last =
		slice ? &g_array_index(slice->cuts, struct cut, slice->cuts->len - 1) : NULL;

	return !last || (how != PLAN_SLICE_PREFIX && last->how != PLAN_SLICE_SUFFIX);
}

/* Adds @slice (NULL: nothing) with each further cut, where that is no part yet. */
static void add_longer(GPtrArray *all, GHashTable *known, const char *variable,
		       const struct slice *slice, const GPtrArray *texts, const GPtrArray *values)
{
	for (guint text = 0; text < texts->len; text++) {
		for (enum plan_slice how = 0; how < PLAN_SLICES; how++) {
			if (!may_follow(slice, how))
				continue;
			struct slice *more = slice_more(variable, slice, how, texts->pdata[text]);

			if (all->len < MAX_PARTS &&
			    g_hash_table_add(known, slice_key(more, values)))
				g_ptr_array_add(all, more);
			else
				slice_free(more);
		}
	}
}

GPtrArray *slices_of(const char *variable, const GPtrArray *texts, const GPtrArray *values)
{
	g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GPtrArray *all = slices_new();
	struct slice whole = {.cuts = cuts_new()};
	guint from = 0;

	g_hash_table_add(known, slice_key(&whole, values));
	g_array_unref(whole.cuts);
	add_longer(all, known, variable, NULL, texts, values);
	for (guint cuts = 1; cuts < MAX_CUTS; cuts++) {
		guint to = all->len;

		for (guint i = from; i < to; i++)
			add_longer(all, known, variable, all->pdata[i], texts, values);
		from = to;
	}
	return all;
}

/* --- those that are known --- */

void slices_take(GPtrArray *slices, struct slice *slice)
{
	guint number = 1;

	for (guint i = 0; i < slices->len; i++) {
		const char *name = ((struct slice *)slices->pdata[i])->name;

		number = MAX(number, (guint)atoi(name + strlen(prefix)) + 1);
	}
	slice->name = g_strdup_printf("%s%u", prefix, number);
	g_ptr_array_add(slices, slice);
}

void slices_forget(GPtrArray *slices, const char *variable)
{
	for (guint i = slices->len; i-- > 0;)
		if (strcmp(((struct slice *)slices->pdata[i])->variable, variable) == 0)
			g_ptr_array_remove_index(slices, i);
}

bool slices_has(const GPtrArray *slices, const char *variable)
{
	for (guint i = 0; i < slices->len; i++)
		if (strcmp(((struct slice *)slices->pdata[i])->variable, variable) == 0)
			return true;
	return false;
}

/* Whether parts of the variable's value are as unusual as marks. */
static bool has_parts(const struct space *space, const struct state *state, const char *variable)
{
	const struct factor *factor = space_find(space, variable);
	const struct level *level =
		factor ? factor->levels->pdata[state_level(state, factor->number)] : NULL;

	return level && (level->kind == LEVEL_SLICES || level->kind == LEVEL_SIGNS ||
			 (level->kind == LEVEL_PLAIN && factor->own));
}

bool slice_is_mark(const char *part, const char *value)
{
	return strlen(part) >= MIN_BYTES && strcmp(part, value) != 0;
}

void slices_mark(const struct space *space, struct state *state)
{
	for (guint i = 0; i < space->slices->len; i++) {
		const struct slice *slice = space->slices->pdata[i];
		const char *value = state_value(state, slice->variable);
		g_autofree char *part = slice_apply(slice, value ? value : "");
		bool marked = slice_is_mark(part, value ? value : "") &&
			      has_parts(space, state, slice->variable);

		state_add_own(state, slice->name, part, marked);
	}
}

/* --- what a start shows --- */

static void see_holes(const char *template, guint8 *seen, guint count)
{
	g_autofree char *hole = g_strconcat("${", prefix, NULL);

	for (const char *at = strstr(template, hole); at; at = strstr(at + 1, hole)) {
		guint index = (guint)atoi(at + strlen(hole));

		if (index < count)
			seen[index] = 1;
	}
}

static void see_texts(const GPtrArray *texts, guint8 *seen, guint count)
{
	for (guint i = 0; i < texts->len; i++)
		see_holes(((struct text *)texts->pdata[i])->template, seen, count);
}

guint8 *slices_seen(const struct space *space, struct state *state, const GPtrArray *values)
{
	guint8 *seen = g_new0(guint8, values->len + 1);

	for (guint i = 0; i < values->len; i++) {
		g_autofree char *name = g_strdup_printf("%s%u", prefix, i);

		if (strlen(values->pdata[i]) >= MIN_BYTES)
			state_add_own(state, name, values->pdata[i], true);
	}
	g_autoptr(GPtrArray) items = items_of(space, state);

	for (guint i = 0; i < items->len; i++) {
		const struct item *item = items->pdata[i];

		see_holes(item->key->template, seen, values->len);
		see_texts(item->fields, seen, values->len);
		see_texts(item->parts, seen, values->len);
	}
	return seen;
}

/* @label with @other in the place of the hole @name; nothing where it is the same. */
static void exchange(GPtrArray *labels, const char *label, const char *name,
		     const struct slice *other)
{
	g_autofree char *hole = g_strdup_printf("${%s}", name);
	g_autofree char *its = g_strdup_printf("${%s}", other->name);
	GString *changed;

	if (strcmp(name, other->name) == 0 || !strstr(label, hole))
		return;
	changed = g_string_new(label);
	g_string_replace(changed, hole, its, 0);
	g_ptr_array_add(labels, g_string_free(changed, FALSE));
}

GPtrArray *slices_exchange(const GPtrArray *slices, const char *label)
{
	GPtrArray *labels = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < slices->len; i++) {
		const struct slice *own = slices->pdata[i];

		exchange(labels, label, own->variable, own);
		for (guint j = 0; j < slices->len; j++)
			if (strcmp(own->variable, ((struct slice *)slices->pdata[j])->variable) ==
			    0)
				exchange(labels, label, own->name, slices->pdata[j]);
	}
	return labels;
}

char *slice_directive(const struct slice *slice)
{
	GString *line = g_string_new(NULL);

	g_string_append_printf(line, "slice %s ${%s}", slice->name, slice->variable);
	for (guint i = 0; i < slice->cuts->len; i++) {
		const struct cut *cut = &g_array_index(slice->cuts, struct cut, i);

		plan_add_word(line, plan_slice_name(cut->how));
		plan_add_word(line, cut->text);
	}
	return g_string_free(line, FALSE);
}
