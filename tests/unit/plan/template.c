/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/template.h"

#include <glib.h>
#include <string.h>

/* The pieces of a word, written down: text as it is, others by a letter. */
static char *pieces(const char *text, size_t (*read)(const char *, size_t, struct plan_piece *))
{
	static const char letters[] = "tvachAS";
	GString *out = g_string_new(NULL);
	size_t left = strlen(text);
	struct plan_piece piece;
	size_t length;

	while ((length = read(text, left, &piece)) > 0) {
		g_string_append_printf(out, "%c", letters[piece.kind]);
		if (piece.kind == PLAN_PIECE_ARGUMENT || piece.kind == PLAN_PIECE_HOLE)
			g_string_append_printf(out, "%u", piece.index);
		else if (piece.kind != PLAN_PIECE_COUNT && piece.kind != PLAN_PIECE_ARGUMENTS)
			g_string_append_printf(out, "(%.*s)", (int)piece.bytes, piece.text);
		text += length;
		left -= length;
	}
	g_string_append(out, left ? " bad" : "");
	return g_string_free(out, FALSE);
}

static void test_pieces(void)
{
	static const struct {
		const char *text, *word, *file;
	} table[] = {
		{"", "", ""},
		{"abc", "t(abc)", "t(abc)"},
		{"a${B}c", "t(a)v(B)t(c)", "t(a)v(B)t(c)"},
		{"${_b1}${C}", "v(_b1)v(C)", "v(_b1)v(C)"},
		{"$$$$", "t($)t($)", "t($)t($)"},
		{"$${A}", "t($)t({A})", "t($)t({A})"},
		{"${1}${9}", "a1a9", "t($)t({1})t($)t({9})"},
		{"${#}", "c", "t($)t({#})"},
		{"${@}", "A", "t($)t({@})"},
		{"${*A}", "S(A)", "t($)t({*A})"},
		{"${=3}", "h3", "t($)t({=3})"},
		{"a$", "t(a) bad", "t(a)t($)"},
		{"$a b", " bad", "t($)t(a b)"},
		{"${", " bad", "t($)t({)"},
		{"${}", " bad", "t($)t({})"},
		{"${A", " bad", "t($)t({A)"},
		{"${0}", " bad", "t($)t({0})"},
		{"${10}", " bad", "t($)t({10})"},
		{"${1A}", " bad", "t($)t({1A})"},
		{"${A-b}", " bad", "t($)t({A-b})"},
		{"${=0}", " bad", "t($)t({=0})"},
		{"${=}", " bad", "t($)t({=})"},
		{"${*}", " bad", "t($)t({*})"},
		{"${*1}", " bad", "t($)t({*1})"},
		{"${A$B}", " bad", "t($)t({A)t($)t(B})"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *word = pieces(table[i].text, plan_piece_read);
		g_autofree char *file = pieces(table[i].text, plan_file_piece_read);

		g_assert_cmpstr(word, ==, table[i].word);
		g_assert_cmpstr(file, ==, table[i].file);
	}
}

static void test_allowed(void)
{
	static const struct {
		const char *word;
		unsigned int with; /* the least that allows it */
	} table[] = {
		{"a${B}$$", 0},
		{"${1}", PLAN_WITH_ARGUMENTS},
		{"a${#}", PLAN_WITH_ARGUMENTS},
		{"${@}", PLAN_WITH_LISTS},
		{"${*A}", PLAN_WITH_LISTS},
		{"x${=1}", PLAN_WITH_HOLES},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		unsigned int with = table[i].with;

		g_assert_true(plan_template_is_valid(table[i].word, with));
		if (with)
			g_assert_false(plan_template_is_valid(table[i].word, 7 & ~with));
	}
	g_assert_false(plan_template_is_valid("a${@}", 7));
	g_assert_false(plan_template_is_valid("${@}${@}", 7));
	g_assert_false(plan_template_is_valid("${*A} ", 7));
}

static void test_names(void)
{
	g_autofree char *longest = g_strnfill(PLAN_MAX_NAME_BYTES, 'A');
	g_autofree char *longer = g_strnfill(PLAN_MAX_NAME_BYTES + 1, 'A');
	g_autofree char *in_braces = g_strdup_printf("${%s}", longest);
	g_autofree char *split = g_strdup_printf("${*%s}", longest);

	g_assert_true(plan_name_is_valid("_"));
	g_assert_true(plan_name_is_valid("aZ_09"));
	g_assert_true(plan_name_is_valid(longest));
	g_assert_false(plan_name_is_valid(longer));
	g_assert_false(plan_name_is_valid(""));
	g_assert_false(plan_name_is_valid("0a"));
	g_assert_false(plan_name_is_valid("a.b"));
	g_assert_false(plan_name_is_valid("\xc3\xa4"));
	g_assert_true(plan_template_is_valid(in_braces, 0));
	g_assert_true(plan_template_is_valid(split, PLAN_WITH_LISTS));
}

static void test_escape(void)
{
	static const char *const table[] = {"", "a", "$", "a$b$$", "${A}"};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(GString) back = g_string_new(NULL);
		char escaped[32];
		size_t left = plan_escape(table[i], escaped);
		struct plan_piece piece;

		g_assert_cmpuint(left, ==, strlen(escaped));
		g_assert_true(plan_template_is_valid(escaped, 0));
		for (const char *p = escaped; left > 0;) {
			size_t length = plan_piece_read(p, left, &piece);

			g_assert_cmpint(piece.kind, ==, PLAN_PIECE_TEXT);
			g_string_append_len(back, piece.text, (gssize)piece.bytes);
			p += length;
			left -= length;
		}
		g_assert_cmpstr(back->str, ==, table[i]);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/template/pieces", test_pieces);
	g_test_add_func("/template/allowed", test_allowed);
	g_test_add_func("/template/names", test_names);
	g_test_add_func("/template/escape", test_escape);
	return g_test_run();
}
