/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/alike.h"

#include "entrypoint/template.h"

#include <string.h>

enum way { BY_ACTUAL, BY_TEMPLATE, BY_EXPANSION };

/* Two states, and how they are compared. */
struct pair {
	const struct space *space;
	const struct state *a;
	const struct state *b;
	enum way way;
};

static bool texts_alike(const struct pair *pair, const struct text *a, const struct text *b)
{
	bool templates = strcmp(a->template, b->template) == 0;

	if (pair->way == BY_TEMPLATE || (pair->way == BY_EXPANSION && templates))
		return templates;
	if (!a->actual || !b->actual)
		return !a->actual && !b->actual && templates;
	if (pair->way == BY_ACTUAL)
		return strcmp(a->actual, b->actual) == 0;
	g_autofree char *expanded = template_expand(pair->space, pair->b, a->template);

	return strcmp(expanded, b->actual) == 0;
}

static bool is_timely(const struct text *text)
{
	return text->name && item_field_is_timely(text->name);
}

static bool text_lists_alike(const struct pair *pair, const GPtrArray *a, const GPtrArray *b)
{
	guint i = 0, j = 0;

	while (i < a->len || j < b->len) {
		const struct text *one = i < a->len ? a->pdata[i] : NULL;
		const struct text *other = j < b->len ? b->pdata[j] : NULL;

		if (one && is_timely(one)) {
			i++;
		} else if (other && is_timely(other)) {
			j++;
		} else if (!one || !other || g_strcmp0(one->name, other->name) != 0 ||
			   !texts_alike(pair, one, other)) {
			return false;
		} else {
			i++;
			j++;
		}
	}
	return true;
}

static bool pair_alike(const struct pair *pair)
{
	const GPtrArray *a = pair->a->items, *b = pair->b->items;

	if (a->len != b->len || state_failure(pair->a) != state_failure(pair->b))
		return false;
	for (guint i = 0; i < a->len; i++) {
		const struct item *one = a->pdata[i], *other = b->pdata[i];

		if (one->kind != other->kind || !texts_alike(pair, one->key, other->key) ||
		    !text_lists_alike(pair, one->fields, other->fields) ||
		    !text_lists_alike(pair, one->parts, other->parts))
			return false;
	}
	return true;
}

bool states_alike(const struct state *a, const struct state *b, bool templates)
{
	return pair_alike(
		&(struct pair){.a = a, .b = b, .way = templates ? BY_TEMPLATE : BY_ACTUAL});
}

bool state_predicted(const struct space *space, const struct state *a, const struct state *b)
{
	return pair_alike(&(struct pair){.space = space, .a = a, .b = b, .way = BY_EXPANSION});
}
