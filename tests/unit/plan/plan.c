/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/plan.h"

#include <glib.h>
#include <string.h>

static struct plan plan;

static bool parse(const char *text, struct plan_error *ret_error, char **ret_buffer)
{
	*ret_buffer = g_strdup(text);
	return plan_parse(*ret_buffer, strlen(text), &plan, ret_error);
}

static void test_words(void)
{
	g_autofree char *buffer = NULL;
	struct plan_error error;
	const struct plan_directive *entry;
	uint32_t value;

	g_assert_true(parse(
		"thresh-plan 1\n# a remark\n\nentry /a \"b c\" \"\" \"\\\"\\\\\\x0a\\xfF\" d#\n"
		"umask 027\nstay 1500 3\nid 1 2 3 4\n",
		&error, &buffer));
	entry = plan_find(&plan, PLAN_ENTRY);
	g_assert_cmpuint(entry->count, ==, 5);
	g_assert_cmpuint(entry->line, ==, 4);
	g_assert_cmpstr(plan_word(entry, 0), ==, "/a");
	g_assert_cmpstr(plan_word(entry, 1), ==, "b c");
	g_assert_cmpstr(plan_word(entry, 2), ==, "");
	g_assert_cmpstr(plan_word(entry, 3), ==, "\"\\\n\xff");
	g_assert_cmpstr(plan_word(entry, 4), ==, "d#");
	g_assert_true(plan_octal(plan_word(plan_find(&plan, PLAN_UMASK), 0), 0777, &value));
	g_assert_cmpuint(value, ==, 027);
	g_assert_null(plan_find(&plan, PLAN_HOME));
	g_assert_cmpuint(plan.count, ==, 4);
}

static void test_every_directive(void)
{
	g_autofree char *buffer = NULL;
	struct plan_error error;

	g_assert_true(
		parse("thresh-plan 1\nentry a\ndefault b c\nsearch /bin:/usr/bin\nhome /root\n"
		      "directory /run/x 0755\nseed /var/lib /.thresh/seed/0\n"
		      "links /app /.thresh/seed/1\ncopy /app/a/b /.thresh/seed/1/a/b\numask 22\n"
		      "id 65532 65532\nno-new-privileges\nlandlock-read /\nlandlock-write /tmp\n"
		      "landlock-execute /bin/x\nlandlock-write-execute /tmp\nlandlock-required\n"
		      "seccomp /.thresh/seccomp\nstay 10000\n",
		      &error, &buffer));
	g_assert_cmpuint(plan.count, ==, PLAN_KINDS);
}

static void test_bad(void)
{
	static const struct {
		const char *text;
		uint32_t line;
	} table[] = {
		{"", 0},
		{"thresh-plan 1", 0},
		{"\n", 1},
		{"# thresh-plan 1\n", 1},
		{"thresh-plan 2\n", 1},
		{"thresh-plan  1\n", 1},
		{"thresh-plan 1 \n", 1},
		{"thresh-plan 1\nthresh-plan 1\n", 2},
		{"thresh-plan 1\nunknown\n", 2},
		{"thresh-plan 1\n entry a\n", 2},
		{"thresh-plan 1\nentry\n", 2},
		{"thresh-plan 1\nentry a\nentry b\n", 3},
		{"thresh-plan 1\nentry  a\n", 2},
		{"thresh-plan 1\nentry a \n", 2},
		{"thresh-plan 1\nentry a\tb\n", 2},
		{"thresh-plan 1\nentry a\r\n", 2},
		{"thresh-plan 1\nentry \"a\n", 2},
		{"thresh-plan 1\nentry \"a\"b\n", 2},
		{"thresh-plan 1\nentry a\"b\"\n", 2},
		{"thresh-plan 1\nentry \"\\n\"\n", 2},
		{"thresh-plan 1\nentry \"\\x00\"\n", 2},
		{"thresh-plan 1\nentry \"\\x1\"\n", 2},
		{"thresh-plan 1\nentry \"\\x\n", 2},
		{"thresh-plan 1\nentry \"\\\n", 2},
		{"thresh-plan 1\nentry \xc3\xa4\n", 2},
		{"thresh-plan 1\nentry a #b\n", 2},
		{"thresh-plan 1\nhome tmp\n", 2},
		{"thresh-plan 1\nhome /tmp/\n", 2},
		{"thresh-plan 1\nhome //tmp\n", 2},
		{"thresh-plan 1\nhome /tmp/../x\n", 2},
		{"thresh-plan 1\nhome /./x\n", 2},
		{"thresh-plan 1\nhome \"\"\n", 2},
		{"thresh-plan 1\nhome /a /b\n", 2},
		{"thresh-plan 1\nsearch /bin:\n", 2},
		{"thresh-plan 1\nsearch bin\n", 2},
		{"thresh-plan 1\ndirectory /x 0888\n", 2},
		{"thresh-plan 1\ndirectory /x 10000\n", 2},
		{"thresh-plan 1\ndirectory /x\n", 2},
		{"thresh-plan 1\nseed /x\n", 2},
		{"thresh-plan 1\nseed /x y\n", 2},
		{"thresh-plan 1\ncopy /a/b /c\n", 2},
		{"thresh-plan 1\nlinks /ab /s\ncopy /abc /c\n", 3},
		{"thresh-plan 1\nlinks /ab /s\ncopy /ab /c\n", 3},
		{"thresh-plan 1\numask 1000\n", 2},
		{"thresh-plan 1\numask -1\n", 2},
		{"thresh-plan 1\nid 0\n", 2},
		{"thresh-plan 1\nid 1 -1\n", 2},
		{"thresh-plan 1\nid 1 4294967295\n", 2},
		{"thresh-plan 1\nid 01 1\n", 2},
		{"thresh-plan 1\nid 1 1 x\n", 2},
		{"thresh-plan 1\nno-new-privileges yes\n", 2},
		{"thresh-plan 1\nstay\n", 2},
		{"thresh-plan 1\nstay 1.5\n", 2},
		{"thresh-plan 1\nstay 86400001\n", 2},
		{"thresh-plan 1\nstay 99999999999999999999\n", 2},
		{"thresh-plan 1\nstay 1 65\n", 2},
		{"thresh-plan 1\nstay 1 0\n", 2},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *buffer = NULL;
		struct plan_error error;

		g_test_message("%s", table[i].text);
		g_assert_false(parse(table[i].text, &error, &buffer));
		g_assert_cmpuint(error.line, ==, table[i].line);
		g_assert_nonnull(error.text);
	}
}

static void test_bounds(void)
{
	g_autoptr(GString) text = g_string_new("thresh-plan 1\n");
	g_autofree char *word = g_strnfill(PLAN_MAX_LINE_BYTES - 6, 'a');
	g_autofree char *path = g_strnfill(PLAN_MAX_PATH_BYTES, 'b');
	g_autofree char *buffer = NULL;
	struct plan_error error;

	g_string_append_printf(text, "entry %s\n", word);
	g_assert_true(plan_parse(text->str, text->len, &plan, &error));
	g_string_assign(text, "thresh-plan 1\n");
	g_string_append_printf(text, "entry %sa\n", word);
	g_assert_false(plan_parse(text->str, text->len, &plan, &error));
	g_string_assign(text, "thresh-plan 1\n");
	g_string_append_printf(text, "home /%s\n", path); /* 4096 bytes */
	g_assert_false(plan_parse(text->str, text->len, &plan, &error));
	g_string_assign(text, "thresh-plan 1\n");
	for (int i = 1; i < PLAN_MAX_LINES; i++)
		g_string_append(text, "landlock-read /\n");
	g_assert_true(plan_parse(text->str, text->len, &plan, &error));
	g_assert_cmpuint(plan.count, ==, PLAN_MAX_LINES - 1);
	g_string_assign(text, "thresh-plan 1\n");
	for (int i = 0; i < PLAN_MAX_LINES; i++)
		g_string_append(text, "landlock-read /\n");
	g_assert_false(plan_parse(text->str, text->len, &plan, &error));
	g_assert_cmpuint(error.line, ==, PLAN_MAX_LINES + 1);
}

/* NUL bytes are content like any other, and refused. */
static void test_nul(void)
{
	char text[] = "thresh-plan 1\nentry a\0b\n";
	struct plan_error error;

	g_assert_false(plan_parse(text, sizeof(text) - 1, &plan, &error));
	g_assert_cmpuint(error.line, ==, 2);
}

static void test_quote(void)
{
	static const struct {
		const char *word, *want;
	} table[] = {
		{"abc", "abc"},
		{"", "\"\""},
		{"a b", "\"a b\""},
		{"#a", "\"#a\""},
		{"a#", "a#"},
		{"a\"\\", "\"a\\\"\\\\\""},
		{"a\n\x7f", "\"a\\x0a\\x7f\""},
		{"\xc3\xa4", "\"\\xc3\\xa4\""},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		char quoted[64];
		g_autofree char *line = NULL;
		g_autofree char *buffer = NULL;
		struct plan_error error;

		g_assert_cmpuint(plan_quote(table[i].word, quoted), ==, strlen(table[i].want));
		g_assert_cmpstr(quoted, ==, table[i].want);
		line = g_strdup_printf("thresh-plan 1\nentry %s\n", quoted);
		g_assert_true(parse(line, &error, &buffer));
		g_assert_cmpstr(plan_word(plan_find(&plan, PLAN_ENTRY), 0), ==, table[i].word);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/plan/words", test_words);
	g_test_add_func("/plan/every-directive", test_every_directive);
	g_test_add_func("/plan/bad", test_bad);
	g_test_add_func("/plan/bounds", test_bounds);
	g_test_add_func("/plan/nul", test_nul);
	g_test_add_func("/plan/quote", test_quote);
	return g_test_run();
}
