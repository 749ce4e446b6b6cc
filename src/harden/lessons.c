/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/lessons.h"

#include "base/error.h"
#include "base/sorted.h"
#include "harden/request.h"
#include "policy/syscalls.h"

#include <string.h>

void lessons_init(struct lessons *lessons)
{
	lessons->keep = g_ptr_array_new_with_free_func((GDestroyNotify)keep_rule_free);
	lessons->writable = g_ptr_array_new_with_free_func(g_free);
	lessons->syscalls = g_ptr_array_new_with_free_func(g_free);
	lessons->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

void lessons_clear(struct lessons *lessons)
{
	g_ptr_array_unref(lessons->keep);
	g_ptr_array_unref(lessons->writable);
	g_ptr_array_unref(lessons->syscalls);
	g_hash_table_unref(lessons->known);
}

static bool lesson_is_new(struct lessons *lessons, const char *kind, const char *name)
{
	return g_hash_table_add(lessons->known, g_strconcat(kind, ":", name, NULL));
}

static int compare_rules(gconstpointer a, gconstpointer b)
{
	const struct keep_rule *const *left = a, *const *right = b;

	return strcmp((*left)->glob, (*right)->glob);
}

/* Those of @found that are new, sorted: hash tables have no order, digests do. */
static GPtrArray *lessons_new(struct lessons *lessons, const char *kind, GHashTable *found)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	GHashTableIter iter;
	gpointer name;

	g_hash_table_iter_init(&iter, found);
	while (g_hash_table_iter_next(&iter, &name, NULL)) {
		if (lesson_is_new(lessons, kind, name))
			g_ptr_array_add(names, g_strdup(name));
	}
	g_ptr_array_sort(names, text_compare);
	return names;
}

void round_free(void *data)
{
	struct round *round = data;

	g_ptr_array_unref(round->missed);
	g_ptr_array_unref(round->refused_writes);
	g_ptr_array_unref(round->refused_syscalls);
	g_free(round);
}

static void append_copies(GPtrArray *to, const GPtrArray *from)
{
	for (guint i = 0; i < from->len; i++)
		g_ptr_array_add(to, g_strdup(from->pdata[i]));
	g_ptr_array_sort(to, text_compare);
}

/* What the policy refuses whoever asks is no lesson: the application fell back, or its answers
 * differ. */
static void forget_refused_for_good(GHashTable *syscalls)
{
	GHashTableIter iter;
	gpointer name;

	g_hash_table_iter_init(&iter, syscalls);
	while (g_hash_table_iter_next(&iter, &name, NULL)) {
		if (syscall_is_never(name) || syscall_is_absent(name))
			g_hash_table_iter_remove(&iter);
	}
}

void lessons_keep(struct lessons *lessons, const char *path)
{
	struct keep_rule *rule = g_new0(struct keep_rule, 1);

	rule->glob = g_strdup(path);
	rule->why = g_strdup("missed");
	g_ptr_array_add(lessons->keep, rule);
}

struct round *lessons_learn(struct lessons *lessons, const struct replay_findings *findings,
			    bool failed)
{
	struct round *round = g_new0(struct round, 1);

	forget_refused_for_good(findings->refused_syscalls);
	if (!failed)
		g_hash_table_remove_all(findings->refused_writes);

	round->missed = lessons_new(lessons, "path", findings->missed);
	round->refused_writes = lessons_new(lessons, "write", findings->refused_writes);
	round->refused_syscalls = lessons_new(lessons, "call", findings->refused_syscalls);
	for (guint i = 0; i < round->missed->len; i++)
		lessons_keep(lessons, round->missed->pdata[i]);
	g_ptr_array_sort(lessons->keep, compare_rules);
	append_copies(lessons->writable, round->refused_writes);
	append_copies(lessons->syscalls, round->refused_syscalls);
	return round;
}

bool round_is_quiet(const struct round *round)
{
	return round->missed->len + round->refused_writes->len + round->refused_syscalls->len == 0;
}

/* "/a, /b and 3 more" */
static void describe_names(GString *text, const char *what, const GPtrArray *names)
{
	enum { SHOWN = 3 };

	if (names->len == 0)
		return;
	g_string_append_printf(text, "%s%s ", text->len > 0 ? "; " : "", what);
	for (guint i = 0; i < names->len && i < SHOWN; i++) {
		g_autofree char *quoted = error_quote(names->pdata[i]);

		g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", quoted);
	}
	if (names->len > SHOWN)
		g_string_append_printf(text, " and %u more", names->len - SHOWN);
}

char *round_describe(const struct round *round)
{
	GString *text = g_string_new(NULL);

	describe_names(text, "missed", round->missed);
	describe_names(text, "write refused:", round->refused_writes);
	describe_names(text, "system call refused:", round->refused_syscalls);
	return g_string_free(text, FALSE);
}
