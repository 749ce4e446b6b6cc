/* SPDX-License-Identifier: Apache-2.0 */
/* The forms on output, compared with those of jansson, which writes the same slowly. */
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

static void check_same(const json_t *json)
{
	const size_t flags = JSON_SORT_KEYS | JSON_ENCODE_ANY;
	char *compact = json_dumps(json, flags | JSON_COMPACT);
	char *indented = json_dumps(json, flags | JSON_INDENT(2));
	g_autofree char *canonical = json_format_canonical(json);
	g_autofree char *pretty = json_format_pretty(json);
	g_autofree char *expected = g_strconcat(indented, "\n", NULL);

	g_assert_cmpstr(canonical, ==, compact);
	g_assert_cmpstr(pretty, ==, expected);
	free(compact);
	free(indented);
}

static void test_table(void)
{
	static const char *const table[] = {
		"{}",
		"[]",
		"[[], {}, [[]], {\"a\": {}}]",
		"{\"b\": 1, \"a\": 2, \"\": 3, \"ab\": 4, \"A\": 5, \"\xc3\xa9\": 6}",
		"[null, true, false, 0, -1, 9223372036854775807, -9223372036854775808]",
		"[0.1, 1e300, -2.5e-7, 1.0, 3.141592653589793]",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f\"",
		"[\"\xe2\x82\xac\", \"\xf0\x9f\x8e\x89\", \"\\ud83c\\udf89\", \"\"]",
		"{\"a\\nb\": \"x\", \"a\\\"b\": [\"y\"]}",
		"{\"1\":0,\"2\":0,\"3\":0,\"4\":0,\"5\":0,\"6\":0,\"7\":0,\"8\":0,\"9\":0,\"10\":0,"
		"\"11\":0,\"12\":0,\"13\":0,\"14\":0,\"15\":0,\"16\":0,\"17\":0,\"18\":[1,{}]}",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		autojson json_t *json =
			json_loads(table[i], JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK, NULL);

		g_assert_nonnull(json);
		check_same(json);
	}
}

/* A string may hold a NUL, and is not ended by it. */
static void test_nul(void)
{
	autojson json_t *json = json_stringn("a\0b", 3);
	g_autofree char *canonical = json_format_canonical(json);

	g_assert_cmpstr(canonical, ==, "\"a\\u0000b\"");
}

static json_t *random_value(GRand *rand, int depth)
{
	int kind = g_rand_int_range(rand, 0, depth > 0 ? 6 : 4);
	json_t *value = kind == 5 ? json_object() : json_array();
	char key[4] = {0};

	if (kind < 4) {
		json_decref(value);
		key[0] = (char)g_rand_int_range(rand, 1, 128);
		key[1] = (char)g_rand_int_range(rand, 0, 128);
		return kind == 0   ? json_integer((json_int_t)g_rand_int(rand) - G_MAXINT32)
		       : kind == 1 ? json_real(g_rand_double_range(rand, -1e9, 1e9))
		       : kind == 2 ? json_string(key)
				   : json_boolean(depth & 1);
	}
	for (int i = g_rand_int_range(rand, 0, 24); i > 0; i--) {
		json_t *member = random_value(rand, depth - 1);

		key[0] = (char)g_rand_int_range(rand, 1, 128);
		key[1] = (char)g_rand_int_range(rand, 0, 128);
		if (kind == 5)
			json_object_set_new(value, key, member);
		else
			json_array_append_new(value, member);
	}
	return value;
}

static void test_random(void)
{
	GRand *rand = g_rand_new_with_seed(4);

	for (int i = 0; i < 200; i++) {
		autojson json_t *json = random_value(rand, 3);

		check_same(json);
	}
	g_rand_free(rand);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/base/json-format/table", test_table);
	g_test_add_func("/base/json-format/nul", test_nul);
	g_test_add_func("/base/json-format/random", test_random);
	return g_test_run();
}
