/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/slice.h"

#include <glib.h>
#include <string.h>

static void test_vectors(void)
{
	static const struct {
		enum plan_slice how;
		const char *cut, *text, *want;
	} table[] = {
		{PLAN_SLICE_BEFORE, ":", "a:b:c", "a"},
		{PLAN_SLICE_BEFORE, ":", ":b", ""},
		{PLAN_SLICE_BEFORE, ":", "abc", "abc"},
		{PLAN_SLICE_BEFORE, "://", "a:b://c", "a:b"},
		{PLAN_SLICE_BEFORE_LAST, ":", "a:b:c", "a:b"},
		{PLAN_SLICE_BEFORE_LAST, ":", "a:", "a"},
		{PLAN_SLICE_BEFORE_LAST, "aa", "aaa", "a"},
		{PLAN_SLICE_BEHIND, ":", "a:b:c", "b:c"},
		{PLAN_SLICE_BEHIND, ":", "a:", ""},
		{PLAN_SLICE_BEHIND, ":", "", ""},
		{PLAN_SLICE_BEHIND_LAST, ":", "a:b:c", "c"},
		{PLAN_SLICE_BEHIND_LAST, "longer", "long", "long"},
		{PLAN_SLICE_PREFIX, "https://", "https://a", "a"},
		{PLAN_SLICE_PREFIX, "https://", "xhttps://a", "xhttps://a"},
		{PLAN_SLICE_PREFIX, "a", "aab", "ab"},
		{PLAN_SLICE_PREFIX, "ab", "ab", ""},
		{PLAN_SLICE_SUFFIX, "/", "a//", "a/"},
		{PLAN_SLICE_SUFFIX, "/", "a/b", "a/b"},
		{PLAN_SLICE_SUFFIX, "ab", "ab", ""},
		{PLAN_SLICE_SUFFIX, "ab", "b", "b"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		const char *text = table[i].text;
		size_t bytes = strlen(text);
		g_autofree char *part = NULL;

		plan_slice(table[i].how, table[i].cut, &text, &bytes);
		part = g_strndup(text, bytes);
		g_assert_cmpstr(part, ==, table[i].want);
	}
}

/* What is behind the bytes that are left is none of it. */
static void test_rest(void)
{
	const char *text = "a:b/c:d";
	size_t bytes = strlen(text);

	plan_slice(PLAN_SLICE_BEFORE, "/", &text, &bytes);
	plan_slice(PLAN_SLICE_BEHIND_LAST, ":", &text, &bytes);
	g_assert_cmpuint(bytes, ==, 1);
	g_assert_cmpint(*text, ==, 'b');
	plan_slice(PLAN_SLICE_SUFFIX, "/c:d", &text, &bytes);
	g_assert_cmpuint(bytes, ==, 1);
}

static void test_names(void)
{
	for (enum plan_slice how = 0; how < PLAN_SLICES; how++)
		g_assert_cmpuint(plan_slice_find(plan_slice_name(how)), ==, how);
	g_assert_cmpuint(plan_slice_find("between"), ==, PLAN_SLICES);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/slice/vectors", test_vectors);
	g_test_add_func("/slice/rest", test_rest);
	g_test_add_func("/slice/names", test_names);
	return g_test_run();
}
