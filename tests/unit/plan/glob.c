/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/glob.h"

#include <fnmatch.h>
#include <glib.h>
#include <string.h>

/* Each pattern against each text, as fnmatch(3) answers in the C locale. */
static void test_fnmatch(void)
{
	static const char *const patterns[] = {
		"",     "a",    "*",      "?",     "a*",     "*a",         "a*b*c", "[abc]",
		"[!a]", "[^a]", "[]a]",   "[!]a]", "[a-c]*", "[a-]",       "[-a]",  "\\*",
		"\\a",  "a\\?", "[\\]a]", "**",    "*?",     "[a-c]?*z",   "-*",    "*.conf",
		"]",    "a-b",  "[c-a]",  "???",   "*/*",    "*a*a*a*a*b",
	};
	static const char *const texts[] = {
		"",
		"a",
		"b",
		"ab",
		"abc",
		"aXbYc",
		"]",
		"-",
		"*",
		"a?",
		"/",
		"a/b",
		".a",
		"a.conf",
		"caz",
		"\xff",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaac",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(patterns); i++) {
		g_assert_true(plan_glob_is_valid(patterns[i]));
		for (gsize j = 0; j < G_N_ELEMENTS(texts); j++) {
			g_test_message("%s: %s", patterns[i], texts[j]);
			g_assert_cmpint(plan_glob_match(patterns[i], texts[j]), ==,
					fnmatch(patterns[i], texts[j], 0) == 0);
		}
	}
}

static void test_bad(void)
{
	static const char *const table[] = {"[",       "[a",      "[]",   "[!]",
					    "\\",      "a\\",     "[\\]", "[[:alpha:]]",
					    "[[.a.]]", "[[=a=]]", "[a\\"};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_test_message("%s", table[i]);
		g_assert_false(plan_glob_is_valid(table[i]));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/glob/fnmatch", test_fnmatch);
	g_test_add_func("/glob/bad", test_bad);
	return g_test_run();
}
