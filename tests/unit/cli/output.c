/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output.h"

#include <string.h>

static void test_size(void)
{
	static const struct {
		uint64_t bytes;
		const char *want;
	} table[] = {
		{0, "0 B"},
		{999, "999 B"},
		{1000, "1.0 kB"},
		{12345, "12.3 kB"},
		{999949, "999.9 kB"},
		{999950, "1.0 MB"},
		{179800000, "179.8 MB"},
		{1000000000, "1.0 GB"},
		{G_MAXUINT64, "18.4 EB"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *got = size_format(table[i].bytes);

		g_assert_cmpstr(got, ==, table[i].want);
	}
}

static void test_count(void)
{
	static const struct {
		uint64_t count;
		const char *want;
	} table[] = {{0, "0"}, {999, "999"}, {1000, "1,000"}, {1234567, "1,234,567"}};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *got = count_format(table[i].count);

		g_assert_cmpstr(got, ==, table[i].want);
	}
}

static void test_change(void)
{
	g_autofree char *less = change_format(200, 25), *none = change_format(0, 5);

	g_assert_cmpstr(less, ==, "-87.5 %");
	g_assert_cmpstr(none, ==, "");
}

static void test_table(void)
{
	if (g_test_subprocess()) {
		autotable struct table *table = table_new("lrl");

		table_add(table, "files", "7,343", "x");
		table_add(table, "a", "1", "b\nc");
		table_print(table);
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_passed();
	g_test_trap_assert_stdout("*files  7,343  x\na          1  b?x0ac\n*");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/output/size", test_size);
	g_test_add_func("/output/count", test_count);
	g_test_add_func("/output/change", test_change);
	g_test_add_func("/output/table", test_table);
	return g_test_run();
}
