/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/factor.h"

#include <string.h>

static void level_set_value(const struct factor *factor, struct level *level, char *value)
{
	g_free(level->value);
	g_free(level->label);
	level->value = value;
	level->label = g_strdup_printf("%s=%s", factor->name, value);
}

void factor_use_numbers(struct factor *factor)
{
	factor->type = "integer";
	factor->most = G_MAXINT64;
	for (guint i = 0; i < factor->levels->len; i++) {
		struct level *level = factor->levels->pdata[i];
		guint number = (level->kind == LEVEL_MARK ? 48961 : 58961) + factor->number;

		/* below 65536, so that a port may be meant, and none that could be octal */
		if (level->kind == LEVEL_MARK || level->kind == LEVEL_AGAIN)
			level_set_value(factor, level, g_strdup_printf("%u", number));
	}
}

static bool is_mark_of_any(const struct space *space, const char *text)
{
	for (guint i = SPACE_FIRST_VARIABLE; i < space->factors->len; i++) {
		const struct factor *factor = space_factor(space, i);

		for (guint j = 1; j < factor->levels->len; j++)
			if (g_strcmp0(((struct level *)factor->levels->pdata[j])->value, text) == 0)
				return true;
	}
	return false;
}

void factor_use_range(const struct space *space, struct factor *factor, guint64 least, guint64 most)
{
	guint64 span = MIN(most - least, 20000), next = least + span / 2 + 1;

	factor->type = "integer";
	factor->least = least;
	factor->most = most;
	for (guint i = 0; i < factor->levels->len; i++) {
		struct level *level = factor->levels->pdata[i];
		char *text = NULL;

		if (level->kind != LEVEL_MARK && level->kind != LEVEL_AGAIN)
			continue;
		/* its own where there are so many; span + 1 of them there are at least */
		for (guint64 tried = 0; tried <= span; tried++) {
			g_free(text);
			text = g_strdup_printf("%" G_GUINT64_FORMAT, next);
			next = next < least + span ? next + 1 : least;
			if (!is_mark_of_any(space, text))
				break;
		}
		level_set_value(factor, level, text);
	}
}

void factor_use_paths(struct factor *factor)
{
	for (guint i = 0; i < factor->levels->len; i++) {
		struct level *level = factor->levels->pdata[i];

		if (level->kind == LEVEL_MARK || level->kind == LEVEL_AGAIN ||
		    level->kind == LEVEL_WORDS)
			level_set_value(factor, level, g_strconcat("/", level->value, NULL));
	}
}

void factor_use_list(struct factor *factor)
{
	factor->listed = true;
	for (guint i = 0; i < factor->levels->len; i++) {
		struct level *level = factor->levels->pdata[i];

		if (level->kind == LEVEL_MARK || level->kind == LEVEL_AGAIN ||
		    level->kind == LEVEL_WORDS || level->kind == LEVEL_SIGNS)
			level->kind = LEVEL_NEVER;
	}
}

void factor_use_words(struct factor *factor)
{
	factor->type = "word";
}

bool factor_is_word(const struct factor *factor)
{
	return g_strcmp0(factor->type, "word") == 0;
}
