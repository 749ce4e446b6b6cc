/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are changed line by line: what is found, and what is no such change. */
#include "entrypoint/edit.h"

#include <glib.h>
#include <string.h>

/* "VALUE|-": what each line is set to, `-` where it is not; NULL: not explained. */
static char *explained(const struct edit_file *file, const char *before, const char *after)
{
	g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);
	GString *text = g_string_new(NULL);

	if (!edit_explain(file, before, after, values)) {
		g_string_free(text, TRUE);
		return NULL;
	}
	for (guint i = 0; i < values->len; i++)
		g_string_append_printf(text, "%s%s", i ? "|" : "",
				       values->pdata[i] ? (char *)values->pdata[i] : "-");
	return g_string_free(text, FALSE);
}

static void test_discover(void)
{
	static const struct {
		const char *before, *after;
		const char *prefixes; /* NULL: refused */
	} examples[] = {
		{"a=1\n", "a=2\n", "a="},
		{"a=1\n", "a=1\nb: x\n", "b: "},
		{"a = 1\nlisten 80\n", "a = 2\nlisten 81\n", "a = |listen "},
		{"  port: 1\n", "  port: 2\n", "  port: "},
		{"#a=1\n", "a=1\n", "a="},
		{"a=1\n", "a=1\n", ""},
		{"a=1\nb=2\n", "b=2\n", NULL},
		{"a=1\n", "word\n", NULL},
		{"a=1\n", "a=1\n# b=2\n", NULL},
		{"a=1\n", "a=1\n=x\n", NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(examples); i++) {
		struct edit_file *file = edit_file_new("/a", NULL, examples[i].before);
		g_autoptr(GString) prefixes = g_string_new(NULL);
		bool found = edit_discover(file, examples[i].before, examples[i].after);

		for (guint j = 0; j < file->lines->len; j++)
			g_string_append_printf(prefixes, "%s%s", j ? "|" : "",
					       ((struct edit_line *)file->lines->pdata[j])->prefix);
		g_test_message("%s", examples[i].after);
		g_assert_cmpint(found, ==, examples[i].prefixes != NULL);
		if (found)
			g_assert_cmpstr(prefixes->str, ==, examples[i].prefixes);
		edit_file_free(file);
	}
}

static char *replaced(const char *text, const char *from, const char *to)
{
	g_auto(GStrv) parts = g_strsplit(text, from, -1);

	return g_strjoinv(to, parts);
}

/* sed 's|^#\?a=.*|a=1|', and what is appended. */
static void test_probes(void)
{
	struct edit_file *file = edit_file_new("/a", NULL, "# text\na=0\n");

	g_assert_true(edit_discover(file, "a=0\n", "a=1\nb=2\n"));
	g_autofree char *none = edit_probe(file, EDIT_PROBE_NONE);
	g_autofree char *appended = g_strconcat(none, "b=2\na=1\n", NULL);

	g_assert_null(strstr(none, "a=0"));
	g_assert_nonnull(strstr(none, "# text\n"));
	edit_learn_appends(file, none, appended);
	const struct edit_line *b = file->lines->pdata[0], *a = file->lines->pdata[1];

	g_assert_cmpstr(a->prefix, ==, "a=");
	g_assert_true(a->appends && b->appends);
	g_autofree char *forms = edit_probe(file, EDIT_PROBE_FORMS);
	g_autofree char *plain = replaced(forms, "\na=zq other\n", "\na=1\n");
	g_autofree char *commented = replaced(plain, "\n#a=zq other\n", "\na=1\n");
	g_autofree char *after = replaced(commented, "\na=0\n", "\na=1\n");

	edit_learn_forms(file, forms, after);
	g_autoptr(GPtrArray) patterns = edit_patterns(a);

	g_assert_cmpstr(edit_directive(a), ==, "ensure");
	g_assert_cmpstr(edit_directive(b), ==, "complete");
	g_assert_cmpuint(patterns->len, ==, 2);
	g_assert_cmpstr(patterns->pdata[0], ==, "a=*");
	g_assert_cmpstr(patterns->pdata[1], ==, "#a=*");
	g_autofree char *values = explained(file, forms, after);

	g_assert_cmpstr(values, ==, "-|a=1");
	g_autofree char *similar = edit_probe(file, EDIT_PROBE_SIMILAR);

	g_assert_null(strstr(similar, "\n#a=zq"));
	g_assert_nonnull(strstr(similar, "\nxa=zq"));
	edit_file_free(file);
}

static void test_explain(void)
{
	static const struct {
		const char *before, *after;
		const char *values; /* NULL: it is more than that */
	} examples[] = {
		{"a=1\nx\n", "a=2\nx\n", "a=2|-"},
		{"a=1\nx\na=3\n", "a=2\nx\na=2\n", "a=2|-"},
		{"x\n", "x\na=2\nb=3\n", "a=2|b=3"},
		{"x\n", "x\n", "-|-"},
		{"", "a=1\n", "a=1|-"},
		{"a=1\nb=1\n", "a=1\nb=2\n", "-|b=2"},
		{"a=1\nx\na=3\n", "a=2\nx\na=3\n", NULL}, /* the first alone */
		{"x\n", "x\nb=3\na=2\n", NULL},           /* the other way round */
		{"x\na=1\n", "y\na=1\n", NULL},
		{"x\na=1\n", "a=1\n", NULL},
		{"x\n", "x\na=1\nz\n", NULL},
		{"a=1", "a=2\n", NULL},
	};
	struct edit_file *file = edit_file_new("/a", NULL, "");

	g_assert_true(edit_discover(file, "", "a=1\nb=1\n"));
	for (guint i = 0; i < file->lines->len; i++) {
		struct edit_line *line = file->lines->pdata[i];

		line->replaces = line->appends = true;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(examples); i++) {
		g_autofree char *values = explained(file, examples[i].before, examples[i].after);

		g_test_message("%s", examples[i].after);
		g_assert_cmpstr(values, ==, examples[i].values);
	}
	const struct edit_line *line = file->lines->pdata[0];

	g_assert_true(edit_shows(line, "x\n", NULL));
	g_assert_false(edit_shows(line, "a=1\n", "a=1"));
	g_assert_true(edit_shows(line, "a=1\n", "a=2"));
	g_assert_false(edit_shows(line, "a=1\na=1\n", NULL));
	g_assert_true(edit_shows(line, "a=1\na=2\n", NULL));
	edit_file_free(file);
}

static void test_patterns(void)
{
	struct edit_file *file = edit_file_new("/a", NULL, "");

	g_assert_true(edit_discover(file, "", "a[0]*\\: 1\n"));
	g_autoptr(GPtrArray) patterns = edit_patterns(file->lines->pdata[0]);

	g_assert_cmpstr(patterns->pdata[0], ==, "a\\[0]\\*\\\\: *");
	edit_file_free(file);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/entrypoint/edit/discover", test_discover);
	g_test_add_func("/entrypoint/edit/probes", test_probes);
	g_test_add_func("/entrypoint/edit/explain", test_explain);
	g_test_add_func("/entrypoint/edit/patterns", test_patterns);
	return g_test_run();
}
