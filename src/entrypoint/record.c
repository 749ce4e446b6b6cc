/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/record.h"

#include <string.h>

void start_step_free(struct start_step *step)
{
	if (!step)
		return;
	g_free(step->path);
	g_clear_pointer(&step->groups, g_array_unref);
	g_clear_pointer(&step->content, g_bytes_unref);
	g_clear_pointer(&step->before, g_bytes_unref);
	g_free(step->writer);
	g_clear_pointer(&step->argv, g_ptr_array_unref);
	g_clear_pointer(&step->environment, g_ptr_array_unref);
	g_free(step->cwd);
	g_clear_pointer(&step->limits, g_ptr_array_unref);
	g_clear_pointer(&step->input, g_bytes_unref);
	g_free(step->output);
	g_free(step->listens);
	g_free(step->script);
	g_free(step);
}

static char *text_of(GBytes *bytes)
{
	gsize size = 0;
	const char *data = bytes ? g_bytes_get_data(bytes, &size) : NULL;

	if (!bytes || (size > 0 && memchr(data, '\0', size)))
		return NULL;
	return size > 0 ? g_strndup(data, size) : g_strdup("");
}

char *start_step_before(const struct start_step *step)
{
	return text_of(step->before);
}

char *start_step_after(const struct start_step *step)
{
	g_autofree char *content = text_of(step->content);
	g_autofree char *before = start_step_before(step);

	if (step->kind != START_APPEND)
		return g_steal_pointer(&content);
	return before && content ? g_strconcat(before, content, NULL) : NULL;
}

void start_test_free(struct start_test *test)
{
	g_free(test->operator);
	g_free(test->operand);
	g_free(test->other);
	g_free(test->script);
	g_free(test);
}

void start_script_free(struct start_script *script)
{
	g_free(script->path);
	g_clear_pointer(&script->text, g_bytes_unref);
	g_free(script);
}

static void habit_noted_free(void *data)
{
	struct start_habit_noted *noted = data;

	g_free(noted->key);
	g_free(noted);
}

enum { HABITS_MAX = 10000 };

GHashTable *start_habits_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

void start_habits_add(GHashTable *habits, const struct start_record *record)
{
	for (guint i = 0; i < record->habits->len; i++) {
		const struct start_habit_noted *noted = record->habits->pdata[i];
		bool known = g_hash_table_contains(habits, noted->key);

		if (known ? noted->habit == HABIT_FOLDED : g_hash_table_size(habits) < HABITS_MAX)
			g_hash_table_insert(habits, g_strdup(noted->key),
					    GINT_TO_POINTER(noted->habit));
	}
}

struct start_record *start_record_new(void)
{
	struct start_record *record = g_new0(struct start_record, 1);

	record->steps = g_ptr_array_new_with_free_func((GDestroyNotify)start_step_free);
	record->scripts = g_ptr_array_new_with_free_func((GDestroyNotify)start_script_free);
	record->reads = g_ptr_array_new_with_free_func((GDestroyNotify)start_script_free);
	record->tests = g_ptr_array_new_with_free_func((GDestroyNotify)start_test_free);
	record->retried = g_ptr_array_new_with_free_func(g_free);
	record->lines = g_ptr_array_new_with_free_func(g_free);
	record->habits = g_ptr_array_new_with_free_func(habit_noted_free);
	return record;
}

void start_record_free(struct start_record *record)
{
	if (!record)
		return;
	g_ptr_array_unref(record->steps);
	g_ptr_array_unref(record->scripts);
	g_ptr_array_unref(record->reads);
	g_ptr_array_unref(record->tests);
	g_ptr_array_unref(record->lines);
	g_ptr_array_unref(record->retried);
	g_ptr_array_unref(record->habits);
	g_clear_pointer(&record->output, g_bytes_unref);
	g_free(record);
}

void start_record_cleanup(struct start_record **record)
{
	start_record_free(*record);
}

static void map_bytes(GBytes **bytes, start_text_map map, gpointer user)
{
	gsize size;
	const char *data = *bytes ? g_bytes_get_data(*bytes, &size) : NULL;
	g_autofree char *text = data && !memchr(data, '\0', size) ? g_strndup(data, size) : NULL;
	char *mapped = text ? map(text, user) : NULL;

	if (!mapped)
		return;
	g_bytes_unref(*bytes);
	*bytes = g_bytes_new_take(mapped, strlen(mapped));
}

static void map_strings(GPtrArray *strings, start_text_map map, gpointer user)
{
	for (guint i = 0; strings && i < strings->len; i++) {
		char *mapped = map(strings->pdata[i], user);

		if (!mapped)
			continue;
		g_free(strings->pdata[i]);
		strings->pdata[i] = mapped;
	}
}

void start_record_map(const struct start_record *record, start_text_map map, gpointer user)
{
	for (guint i = 0; i < record->steps->len; i++) {
		struct start_step *step = record->steps->pdata[i];

		map_bytes(&step->content, map, user);
		map_bytes(&step->input, map, user);
		map_strings(step->argv, map, user);
		map_strings(step->environment, map, user);
	}
}
