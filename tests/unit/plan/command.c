/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/command.h"

#include <glib.h>
#include <string.h>
#include <time.h>

/* Holes that a text leaves, joined by bars; NULL: no match. */
static char *match(const char *pattern, const char *text)
{
	struct plan_hole holes[PLAN_MAX_HOLES];
	GString *out = g_string_new(NULL);
	unsigned int count = 0;

	g_assert_true(plan_pattern_is_valid(pattern, &count));
	if (!plan_command_match(pattern, text, holes)) {
		g_string_free(out, TRUE);
		return NULL;
	}
	for (unsigned int i = 0; i < count; i++)
		g_string_append_printf(out, "%s%.*s", i ? "|" : "", (int)holes[i].bytes,
				       holes[i].text);
	return g_string_free(out, FALSE);
}

static void test_match(void)
{
	static const struct {
		const char *pattern, *text, *want;
	} table[] = {
		{"id -u", "id -u", ""},
		{"id -u", "id -u ", NULL},
		{"id -u", "id", NULL},
		{"100%%", "100%", ""},
		{"100%%", "100%%", NULL},
		{"%%{token}", "%{token}", ""},
		{"kill %{number}", "kill 12", "12"},
		{"kill %{number}", "kill -9.5", "-9.5"},
		{"kill %{number}", "kill 1.", NULL},
		{"kill %{number}", "kill .5", NULL},
		{"kill %{number}", "kill -", NULL},
		{"kill %{number}", "kill 1-2", NULL},
		{"kill %{number}", "kill ", NULL},
		{"kill %{number}", "kill 12;id", NULL},
		{"kill %{number}", "kill 12\nid", NULL},
		{"%{number}x%{number}", "10x20", "10|20"},
		{"%{number}.5", "1.5.5", "1.5"},
		{"%{number}.5", "1.5", "1"},
		{"cat %{token}.txt", "cat a.txt.txt", "a.txt"},
		{"cat %{token}.txt", "cat .txt", NULL},
		{"cat %{token}", "cat a b", NULL},
		{"cat %{token}", "cat -n", NULL},
		{"cat a%{token}", "cat a-n", NULL},
		{"cat %{token}", "cat $HOME", NULL},
		{"cat %{token}", "cat `id`", NULL},
		{"cat %{token}", "cat a|b", NULL},
		{"cat %{token}", "cat a>b", NULL},
		{"cat %{token}", "cat a/b", NULL},
		{"cat %{token}", "cat .", NULL},
		{"cat %{token}", "cat ..", NULL},
		{"cat %{token}", "cat a..b", NULL},
		{"cat /a/.%{token}", "cat /a/..", NULL},
		{"cat /a/.%{token}", "cat /a/.b", "b"},
		{"cat /a/%{token}.", "cat /a/b..", NULL},
		{"%{token}%{token}", "ab", "a|b"},
		{"cat %{path /tmp}", "cat /tmp/a/b.c", "/tmp/a/b.c"},
		{"cat %{path /}", "cat /a", "/a"},
		{"cat %{path /tmp}", "cat /tmp", NULL},
		{"cat %{path /tmp}", "cat /tmp/", NULL},
		{"cat %{path /tmp}", "cat /tmpa/b", NULL},
		{"cat %{path /tmp}", "cat /tmp/../etc", NULL},
		{"cat %{path /tmp}", "cat /tmp/a/..", NULL},
		{"cat %{path /tmp}", "cat /tmp//a", NULL},
		{"cat %{path /tmp}", "cat /tmp/a b", NULL},
		{"cat %{path /tmp}", "cat tmp/a", NULL},
		{"cat '%{path /tmp}'", "cat '/tmp/a'", "/tmp/a"},
		{"cat '%{path /tmp}'", "cat '/tmp/a'b'", NULL},
		{"%{path /a} %{path /b}", "/a/x /b/y", "/a/x|/b/y"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *got = match(table[i].pattern, table[i].text);

		g_test_message("%s: %s", table[i].pattern, table[i].text);
		g_assert_cmpstr(got, ==, table[i].want);
	}
}

static void test_bad(void)
{
	static const char *const table[] = {
		"%",
		"a%",
		"%x",
		"%{",
		"%{number",
		"%{numbers}",
		"%{path}",
		"%{path }",
		"%{path a}",
		"%{path /a/}",
		"%{path /a",
		"%{path /../a}",
		"%{token}%{token}%{token}%{token}%{token}%{token}"
		"%{token}%{token}%{token}%{token}",
	};
	unsigned int holes;

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_test_message("%s", table[i]);
		g_assert_false(plan_pattern_is_valid(table[i], &holes));
	}
}

static void test_lengths(void)
{
	static const struct {
		const char *pattern;
		gsize most;
		char byte;
	} table[] = {{"%{number}", 32, '1'}, {"%{token}", 255, 'a'}};
	g_autofree char *directory = g_strnfill(5000, 'a');
	g_autofree char *long_path = g_strdup_printf("%%{path /%s}", directory);
	unsigned int holes;

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *longest = g_strnfill(table[i].most, table[i].byte);
		g_autofree char *longer = g_strnfill(table[i].most + 1, table[i].byte);
		g_autofree char *got = match(table[i].pattern, longest);

		g_assert_cmpstr(got, ==, longest);
		g_assert_null(match(table[i].pattern, longer));
	}
	g_assert_false(plan_pattern_is_valid(long_path, &holes));
}

/* A text made to be tried in every way ends soon, without a match. */
static void test_work(void)
{
	g_autofree char *letters = g_strnfill(2000, 'a');
	g_autofree char *text = g_strconcat(letters, "!", NULL);
	clock_t start = clock(); /* of the processor: others may use it too */

	g_assert_null(match(
		"%{token}%{token}%{token}%{token}%{token}%{token}%{token}%{token}%{token}", text));
	g_assert_cmpint(clock() - start, <, 5 * CLOCKS_PER_SEC);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/command/match", test_match);
	g_test_add_func("/command/bad", test_bad);
	g_test_add_func("/command/lengths", test_lengths);
	g_test_add_func("/command/work", test_work);
	return g_test_run();
}
