/* SPDX-License-Identifier: Apache-2.0 */
/* Statements: what is written is read again; what could be of something else is refused. */
#include "evidence/statement.h"

#include <string.h>

static void test_round_trip(void)
{
	struct digest subject;
	autojson json_t *statement = NULL;
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	struct statement parsed;

	digest_of("image", 5, &subject);
	statement = statement_new(&subject, PREDICATE_SPDX, json_pack("{s:i}", "a", 1));
	text = json_format_canonical(statement);
	g_assert_true(statement_parse(text, strlen(text), &parsed, &error));
	g_assert_no_error(error);
	g_assert_true(digest_equal(&parsed.subject, &subject));
	g_assert_cmpstr(parsed.predicate_type, ==, PREDICATE_SPDX);
	g_assert_cmpint(json_integer_at(parsed.predicate, "a", 0), ==, 1);
	statement_clear(&parsed);
}

static void test_malformed(void)
{
	static const struct {
		const char *member, *value, *text; /* what is put in, and what is said */
	} table[] = {
		{"_type", "\"https://in-toto.io/Statement/v0.1\"", "_type"},
		{"predicateType", "\"\"", "predicateType"},
		{"predicateType", "null", "predicateType"},
		{"predicate", "[]", "no object"},
		{"subject", "[]", "one subject"},
		{"subject", "[{\"digest\":{\"sha256\":\"00\"}}]", "one subject"},
		{"subject", "[{\"digest\":{\"sha512\":\"00\"}}]", "one subject"},
		{"subject", "[{},{}]", "one subject"},
		{"more", "1", "unknown member"},
	};
	struct digest subject;

	digest_of("image", 5, &subject);
	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		autojson json_t *statement = statement_new(&subject, PREDICATE_SPDX, json_object());
		g_autofree char *text = NULL;
		g_autoptr(GError) error = NULL;
		struct statement parsed;

		json_object_set_new(statement, table[i].member,
				    json_loads(table[i].value, JSON_DECODE_ANY, NULL));
		text = json_format_canonical(statement);
		g_assert_false(statement_parse(text, strlen(text), &parsed, &error));
		g_assert_nonnull(strstr(error->message, table[i].text));
	}
	g_assert_false(statement_parse("[]", 2, &(struct statement){0}, NULL));
	g_assert_false(statement_parse("", 0, &(struct statement){0}, NULL));
}

static void test_types(void)
{
	g_assert_cmpstr(predicate_type_of("cyclonedx"), ==, PREDICATE_CYCLONEDX);
	g_assert_cmpstr(predicate_type_of("https://example.com/review/v1"), ==,
			"https://example.com/review/v1");
	g_assert_null(predicate_type_of("spdxx"));
	g_assert_null(predicate_type_of("https://example.com/a b"));
	g_assert_null(predicate_type_of(""));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/statement/round-trip", test_round_trip);
	g_test_add_func("/statement/malformed", test_malformed);
	g_test_add_func("/statement/types", test_types);
	return g_test_run();
}
