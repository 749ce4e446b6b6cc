/* SPDX-License-Identifier: Apache-2.0 */
/* The shells' own trace: taken out of what they write, so that the script does not see it. */
#include "entrypoint/follow.h"

#include "base/path.h"
#include "entrypoint/place.h"

#include <string.h>

enum { LINES_MAX = 20000, TESTS_MAX = 10000 };

void follow_trace_begin(struct follow *follow, struct task *task, const char *path,
			const GPtrArray *words, guint index)
{
	bool bash = strcmp(path_name(path), "bash") == 0;
	const char *name = words->len > 0 ? path_name(words->pdata[0]) : "";

	if (!follow->options->mark)
		return;
	/* bash as root takes no PS4 from the environment, but sets it in BASH_ENV's file; that it
	 * reads unless it is called sh. */
	if (!bash)
		tracee_add_xtrace(task->tid, index);
	else if (strcmp(name + (*name == '-'), "sh") == 0)
		tracee_rename(task->tid, "bash");
}

GBytes *follow_script_text(const struct follow *follow, const char *path)
{
	return path ? g_hash_table_lookup(follow->scripts, path) : NULL;
}

/* Where @actor stands now. */
static void set_place(struct follow *follow, struct actor *actor, const struct xtrace_line *line)
{
	g_autofree char *cwd = *line->script ? tracee_link(actor->pid, "cwd") : NULL;
	g_autofree char *path =
		cwd ? snapshot_resolve(&follow->reader, cwd, line->script, true) : NULL;
	GBytes *text;

	if (path) {
		follow_script_add(follow, path);
		g_free(actor->script);
		actor->script = g_steal_pointer(&path);
	}
	text = follow_script_text(follow, actor->script);
	actor->line = line->line > 0 ? line->line : text ? place_find(text, line->words) : 0;
}

static bool is_known(struct follow *follow, const struct start_test *test)
{
	char *key = g_strdup_printf("%s\x1f%s\x1f%s\x1f%d\x1f%s\x1f%u", test->operator,
				    test->operand, test->other ? test->other : "", test->negated,
				    test->script ? test->script : "", test->line);

	return !g_hash_table_add(follow->tests, key);
}

static void add_tests(struct follow *follow, const struct actor *actor,
		      const struct xtrace_line *line)
{
	g_autoptr(GPtrArray) tests = g_ptr_array_new();

	xtrace_tests(line, tests);
	for (guint i = 0; i < tests->len; i++) {
		struct start_test *test = tests->pdata[i];

		test->script = g_strdup(actor->script);
		test->line = actor->line;
		if (follow->record->tests->len >= TESTS_MAX || is_known(follow, test))
			start_test_free(test);
		else
			g_ptr_array_add(follow->record->tests, test);
	}
}

static void add_line(struct follow *follow, struct actor *actor, const struct xtrace_line *line)
{
	GPtrArray *lines = follow->record->lines;
	char *text;

	set_place(follow, actor, line);
	text = g_strdup_printf("%s:%u: %s", actor->script ? actor->script : "", actor->line,
			       line->text);
	g_free(follow->last_line);
	follow->last_line = g_strdup(text);
	if (lines->len < LINES_MAX)
		g_ptr_array_add(lines, text);
	else
		g_free(text);
	add_tests(follow, actor, line);
}

/* To standard error, or to where a shell keeps that while it redirects it for a command. */
bool follow_trace_write(struct follow *follow, struct task *task)
{
	struct actor *actor = task->actor;
	const uint64_t *args = task->call.args;
	g_autoptr(GByteArray) data = NULL;
	enum xtrace_result result;
	struct xtrace_line line;
	int fd = (int)args[0];

	if (!follow->options->mark || actor->kind != ACTOR_SHELL)
		return false;
	data = tracee_memory(task->tid, args[1], args[2]);
	if (!data || (fd != actor->trace_fd &&
		      !xtrace_begins(follow->options->mark, (const char *)data->data, data->len)))
		return false;
	actor->trace_fd = fd;
	result = xtrace_feed(&actor->trace, follow->options->mark, (const char *)data->data,
			     data->len);
	if (result == XTRACE_FOREIGN || !tracee_call_skip(task->tid))
		return false;
	if (result == XTRACE_LINE &&
	    xtrace_take(&actor->trace, actor->plain ? XTRACE_PLAIN : XTRACE_QUOTED, &line)) {
		add_line(follow, actor, &line);
		xtrace_line_clear(&line);
	}
	return true;
}
