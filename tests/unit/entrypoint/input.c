/* SPDX-License-Identifier: Apache-2.0 */
/* Input in which files of the image are named. */
#include "entrypoint/input.h"

#include <string.h>

#define LINE "insert into t values (1);\n"

static char *repeated(const char *line, guint count)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < count; i++)
		g_string_append(text, line);
	return g_string_free(text, FALSE);
}

static void add_file(GPtrArray *files, const char *path, const char *text)
{
	g_autoptr(GBytes) content = g_bytes_new(text, strlen(text));

	g_ptr_array_add(files, input_file_new(path, content));
}

/* /long: twice what /short and /same hold; /small: too little to be named. */
static GPtrArray *files_make(void)
{
	GPtrArray *files = g_ptr_array_new_with_free_func((GDestroyNotify)input_file_free);
	g_autofree char *shorter = repeated(LINE, 100), *longer = repeated(LINE, 200);

	add_file(files, "/small", LINE);
	add_file(files, "/short", shorter);
	add_file(files, "/long", longer);
	add_file(files, "/same", shorter);
	return files;
}

static void check_refer(const char *raw, const char *expected)
{
	g_autoptr(GPtrArray) files = files_make();
	g_autoptr(GBytes) bytes = g_bytes_new(raw, strlen(raw));
	g_autoptr(GBytes) text = input_refer(bytes, files);
	g_autofree char *found = NULL;

	if (!expected) {
		g_assert_null(text);
		return;
	}
	found = g_strndup(g_bytes_get_data(text, NULL), g_bytes_get_size(text));
	g_assert_cmpstr(found, ==, expected);
}

static void test_refer(void)
{
	g_autofree char *shorter = repeated(LINE, 100), *longer = repeated(LINE, 200);
	g_autofree char *between = g_strconcat("use x;\n", shorter, "end", NULL);
	g_autofree char *both = g_strconcat(longer, shorter, longer, NULL);
	g_autofree char *inside = g_strconcat("x", shorter, NULL);
	g_autofree char *other = g_strconcat(LINE, "x\n", NULL);

	check_refer(LINE, LINE);
	check_refer(other, other);
	check_refer(between, "use x;\n\002/same\003end");
	check_refer(both, "\002/long\003\002/long\003\002/same\003");
	check_refer("a \002/etc/shadow\003", NULL);
	check_refer("a \003", NULL);
	/* not at a line's start: the second line is where it can begin, and then it is too short */
	check_refer(inside, inside);
}

static void test_next(void)
{
	g_autofree char *many = repeated(LINE, 1000);
	g_autofree char *text = g_strconcat(many, "\002/a\003\002/b\003", "end", NULL);
	g_autoptr(GString) again = g_string_new(NULL);
	struct input_piece piece;
	guint count = 0;

	for (const char *at = text; input_next(&at, &piece); g_free(piece.text), count++) {
		g_assert_cmpuint(strlen(piece.text), <=, 8 << 10);
		g_string_append_printf(again, piece.is_file ? "\002%s\003" : "%s", piece.text);
		g_assert_true(piece.is_file || g_str_has_suffix(piece.text, "\n") ||
			      strcmp(piece.text, "end") == 0);
	}
	g_assert_cmpstr(again->str, ==, text);
	g_assert_cmpuint(count, ==, 7);
	g_assert_true(input_refers(text));
	g_assert_false(input_refers(many));
}

static void test_long_line(void)
{
	g_autofree char *line = repeated("x", 9000);
	g_autofree char *text = g_strconcat(line, "\nend\n", NULL);
	const char *at = text;
	struct input_piece piece;

	g_assert_true(input_next(&at, &piece));
	g_assert_cmpuint(strlen(piece.text), ==, 9001);
	g_free(piece.text);
	g_assert_cmpstr(at, ==, "end\n");
}

static void test_paths(void)
{
	g_assert_true(input_path_is_fit("/usr/share/mysql/fill_help_tables.sql"));
	g_assert_true(input_path_is_fit("/runner"));
	g_assert_false(input_path_is_fit("/tmp/x"));
	g_assert_false(input_path_is_fit("/run/secrets/x"));
	g_assert_false(input_path_is_fit("/proc/self/environ"));
	g_assert_false(input_path_is_fit("/usr/share/a b"));
	g_assert_false(input_path_is_fit("/usr/share/${A}"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/input/refer", test_refer);
	g_test_add_func("/input/next", test_next);
	g_test_add_func("/input/long-line", test_long_line);
	g_test_add_func("/input/paths", test_paths);
	return g_test_run();
}
