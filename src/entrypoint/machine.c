/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/machine.h"

#include "entrypoint/template.h"

#include <string.h>

struct machine_text {
	enum start_kind kind;
	char *key;
	char *name;           /* of a field; NULL: a part */
	char *before, *after; /* in the text, around the number */
};

static void text_free(void *data)
{
	struct machine_text *text = data;

	g_free(text->key);
	g_free(text->name);
	g_free(text->before);
	g_free(text->after);
	g_free(text);
}

GPtrArray *machine_texts_new(void)
{
	return g_ptr_array_new_with_free_func(text_free);
}

static bool is_number_at(const char *text, gsize at, const char *number)
{
	gsize bytes = strlen(number);

	return (at == 0 || !g_ascii_isdigit(text[at - 1])) &&
	       strncmp(text + at, number, bytes) == 0 && !g_ascii_isdigit(text[at + bytes]);
}

/* Where the two texts have the numbers and are alike around them; -1: nowhere. */
static gssize find_number(const char *all, const char *one, const char *cpus)
{
	for (gsize at = 0; all[at]; at++) {
		if (is_number_at(all, at, cpus) && is_number_at(one, at, "1") &&
		    strcmp(all + at + strlen(cpus), one + at + 1) == 0)
			return (gssize)at;
		if (all[at] != one[at])
			return -1;
	}
	return -1;
}

static bool learn_text(GPtrArray *texts, const struct item *item, const struct text *all,
		       const struct text *one, const char *cpus)
{
	struct machine_text *text;
	gssize at;

	if (g_strcmp0(all->name, one->name) != 0 ||
	    (!all->actual && strcmp(all->template, one->template) != 0))
		return false;
	/* what is random differs, too */
	if (g_strcmp0(all->actual, one->actual) == 0 || strcmp(all->template, one->template) == 0)
		return true;
	at = all->actual && one->actual ? find_number(all->actual, one->actual, cpus) : -1;
	if (at < 0)
		return false;
	text = g_new0(struct machine_text, 1);
	text->kind = item->kind;
	text->key = g_strdup(item->key->actual);
	text->name = g_strdup(all->name);
	text->before = g_strndup(all->actual, (gsize)at);
	text->after = g_strdup(all->actual + at + strlen(cpus));
	g_ptr_array_add(texts, text);
	return true;
}

static bool is_timely(const struct text *text)
{
	return text->name && item_field_is_timely(text->name);
}

static bool learn_texts(GPtrArray *texts, const struct item *item, const GPtrArray *all,
			const GPtrArray *one, const char *cpus)
{
	guint j = 0;

	for (guint i = 0; i < all->len; i++) {
		const struct text *text = all->pdata[i];

		if (is_timely(text))
			continue;
		while (j < one->len && is_timely(one->pdata[j]))
			j++;
		if (j >= one->len || !learn_text(texts, item, text, one->pdata[j++], cpus))
			return false;
	}
	while (j < one->len && is_timely(one->pdata[j]))
		j++;
	return j == one->len;
}

bool machine_learn(GPtrArray *texts, const struct state *all, const struct state *one,
		   const struct item **ret_item)
{
	const char *cpus = state_value(all, MACHINE_CPUS);

	*ret_item = NULL;
	if (all->items->len != one->items->len)
		return false;
	for (guint i = 0; i < all->items->len; i++) {
		const struct item *item = all->items->pdata[i], *other = one->items->pdata[i];

		*ret_item = item;
		if (item->kind != other->kind ||
		    strcmp(item->key->actual, other->key->actual) != 0 ||
		    !learn_texts(texts, item, item->fields, other->fields, cpus) ||
		    !learn_texts(texts, item, item->parts, other->parts, cpus))
			return false;
	}
	return true;
}

static void mark_text(const struct machine_text *known, const struct state *state,
		      struct text *text)
{
	const char *cpus = state_value(state, MACHINE_CPUS);
	g_autofree char *whole = g_strconcat(known->before, cpus, known->after, NULL);

	if (g_strcmp0(text->name, known->name) != 0 || g_strcmp0(text->actual, whole) != 0)
		return;
	g_autofree char *before = template_of(state, known->before);
	g_autofree char *after = template_of(state, known->after);

	g_free(text->template);
	text->template = g_strconcat(before, "${" MACHINE_CPUS "}", after, NULL);
}

void machine_mark(const GPtrArray *texts, const struct state *state, struct item *item)
{
	for (guint i = 0; i < texts->len; i++) {
		const struct machine_text *known = texts->pdata[i];

		if (known->kind != item->kind || strcmp(known->key, item->key->actual) != 0)
			continue;
		for (guint j = 0; known->name && j < item->fields->len; j++)
			mark_text(known, state, item->fields->pdata[j]);
		for (guint j = 0; !known->name && j < item->parts->len; j++)
			mark_text(known, state, item->parts->pdata[j]);
	}
}
