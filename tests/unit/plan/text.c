/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/text.h"

#include "plan/plan.h"
#include "plan/template.h"

#include <string.h>

static void test_words(void)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	g_autoptr(GString) text = g_string_new(NULL);

	plan_add_words(text, "entry", words);
	g_assert_cmpstr(text->str, ==, "");
	g_ptr_array_add(words, (char *)"/bin/a");
	g_ptr_array_add(words, (char *)"");
	g_ptr_array_add(words, (char *)"b\tc\"$");
	plan_add_words(text, "entry", words);
	g_assert_cmpstr(text->str, ==, "entry /bin/a \"\" \"b\\x09c\\\"$\"\n");
}

/* What a literal becomes is one piece after another of text, which together are the word. */
static void test_literals(void)
{
	static const char *const words[] = {"",     "a",         "$",    "$$",
					    "${A}", "a ${1} $5", "${@}", "\\$\n"};

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
		g_autofree char *literal = plan_literal(words[i]);
		g_autoptr(GString) back = g_string_new(NULL);
		struct plan_piece piece;
		const char *at = literal;
		size_t length;

		while ((length = plan_piece_read(at, strlen(at), &piece)) > 0) {
			g_assert_cmpint(piece.kind, ==, PLAN_PIECE_TEXT);
			g_string_append_len(back, piece.text, (gssize)piece.bytes);
			at += length;
		}
		g_assert_cmpstr(at, ==, "");
		g_assert_cmpstr(back->str, ==, words[i]);
	}
}

static void test_parsed(void)
{
	g_autoptr(GString) text = g_string_new("thresh-plan 1\nexec");
	struct plan *plan = g_new(struct plan, 1);
	struct plan_error error;

	plan_add_word(text, "/bin/a b");
	plan_add_literal(text, "${HOME}\n#");
	g_string_append_c(text, '\n');
	g_assert_true(plan_parse(text->str, text->len, plan, &error));
	g_assert_cmpstr(plan_word(&plan->directives[0], 0), ==, "/bin/a b");
	g_assert_cmpstr(plan_word(&plan->directives[0], 1), ==, "$${HOME}\n#");
	g_free(plan);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/plan/text/words", test_words);
	g_test_add_func("/plan/text/literals", test_literals);
	g_test_add_func("/plan/text/parsed", test_parsed);
	return g_test_run();
}
