/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/value.h"

#include <glib.h>

static const int64_t one_to_three[] = {1, 3};
static const int64_t around_zero[] = {-2, 2};

static void test_values(void)
{
	static const struct {
		enum plan_value type;
		const char *text;
		const int64_t *range;
		bool want;
	} table[] = {
		{PLAN_VALUE_INTEGER, "0", NULL, true},
		{PLAN_VALUE_INTEGER, "-12", NULL, true},
		{PLAN_VALUE_INTEGER, "007", NULL, true},
		{PLAN_VALUE_INTEGER, "9223372036854775807", NULL, true},
		{PLAN_VALUE_INTEGER, "-9223372036854775808", NULL, true},
		{PLAN_VALUE_INTEGER, "9223372036854775808", NULL, false},
		{PLAN_VALUE_INTEGER, "-9223372036854775809", NULL, false},
		{PLAN_VALUE_INTEGER, "99999999999999999999999", NULL, false},
		{PLAN_VALUE_INTEGER, "", NULL, false},
		{PLAN_VALUE_INTEGER, "-", NULL, false},
		{PLAN_VALUE_INTEGER, "+1", NULL, false},
		{PLAN_VALUE_INTEGER, "1 ", NULL, false},
		{PLAN_VALUE_INTEGER, "0x1", NULL, false},
		{PLAN_VALUE_INTEGER, "3", one_to_three, true},
		{PLAN_VALUE_INTEGER, "4", one_to_three, false},
		{PLAN_VALUE_INTEGER, "0", one_to_three, false},
		{PLAN_VALUE_DECIMAL, "1.5", NULL, true},
		{PLAN_VALUE_DECIMAL, "-0.5", NULL, true},
		{PLAN_VALUE_DECIMAL, "1.", NULL, false},
		{PLAN_VALUE_DECIMAL, ".5", NULL, false},
		{PLAN_VALUE_DECIMAL, "1.5.5", NULL, false},
		{PLAN_VALUE_DECIMAL, "1e5", NULL, false},
		{PLAN_VALUE_DECIMAL, "3.0", one_to_three, true},
		{PLAN_VALUE_DECIMAL, "3.01", one_to_three, false},
		{PLAN_VALUE_DECIMAL, "0.99", one_to_three, false},
		{PLAN_VALUE_DECIMAL, "-2.0", around_zero, true},
		{PLAN_VALUE_DECIMAL, "-2.1", around_zero, false},
		{PLAN_VALUE_DECIMAL, "-1.9", around_zero, true},
		{PLAN_VALUE_BOOLEAN, "Yes", NULL, true},
		{PLAN_VALUE_BOOLEAN, "off", NULL, true},
		{PLAN_VALUE_BOOLEAN, "2", NULL, false},
		{PLAN_VALUE_BOOLEAN, "tru", NULL, false},
		{PLAN_VALUE_PORT, "1", NULL, true},
		{PLAN_VALUE_PORT, "65535", NULL, true},
		{PLAN_VALUE_PORT, "0", NULL, false},
		{PLAN_VALUE_PORT, "65536", NULL, false},
		{PLAN_VALUE_PORT, "-1", NULL, false},
		{PLAN_VALUE_PORT, "4", one_to_three, false},
		{PLAN_VALUE_PATH, "/a/b", NULL, true},
		{PLAN_VALUE_PATH, "/a/../b", NULL, false},
		{PLAN_VALUE_PATH, "a", NULL, false},
		{PLAN_VALUE_PATH, "/abc", one_to_three, false},
		{PLAN_VALUE_TOKEN, "a.b_c+d=e:f@g-h", NULL, true},
		{PLAN_VALUE_TOKEN, "-a", NULL, false},
		{PLAN_VALUE_TOKEN, "a b", NULL, false},
		{PLAN_VALUE_TOKEN, "a;b", NULL, false},
		{PLAN_VALUE_TOKEN, "abcd", one_to_three, false},
		{PLAN_VALUE_WORD, "a;\xc3\xa4", NULL, true},
		{PLAN_VALUE_WORD, "a b", NULL, false},
		{PLAN_VALUE_WORD, "a\n", NULL, false},
		{PLAN_VALUE_WORD, "a\x7f", NULL, false},
		{PLAN_VALUE_WORD, "abc", one_to_three, true},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_test_message("%s %s", plan_value_name(table[i].type), table[i].text);
		g_assert_cmpint(plan_value_is(table[i].type, table[i].text, table[i].range), ==,
				table[i].want);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/value/values", test_values);
	return g_test_run();
}
