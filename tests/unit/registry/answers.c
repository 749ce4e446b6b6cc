/* SPDX-License-Identifier: Apache-2.0 */
/* What registries answer, read without one. */
#include "base/error.h"
#include "registry/client.h"
#include "registry/documents.h"
#include "registry/download.h"
#include "registry/upload.h"

#include <string.h>

static void test_token(void)
{
	static const struct {
		const char *text, *want;
	} table[] = {
		{"{\"token\":\"abc\"}", "abc"},
		{"{\"access_token\":\"abc\"}", "abc"},
		{"{\"token\":\"\",\"access_token\":\"abc\"}", "abc"},
		{"{\"token\":1}", NULL},
		{"{}", NULL},
		{"", NULL},
		{"abc", NULL},
		{"{\"token\":\"a b\"}", NULL},
		{"{\"token\":\"a\\r\\nX: y\"}", NULL},
		{"{\"token\":\"\xc3\xa4\"}", NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *got = token_parse(table[i].text, strlen(table[i].text), &error);

		g_assert_cmpstr(got, ==, table[i].want);
		g_assert_cmpint(error == NULL, ==, table[i].want != NULL);
	}
}

static void test_retry_after(void)
{
	const gint64 now = 784111777; /* Sun, 06 Nov 1994 08:49:37 GMT: RFC 9110, 5.6.7 */

	g_assert_cmpint(retry_after_parse("3", now), ==, 3);
	g_assert_cmpint(retry_after_parse("0", now), ==, 0);
	g_assert_cmpint(retry_after_parse("99999999999", now), ==, 86400);
	g_assert_cmpint(retry_after_parse("-5", now), ==, 0);
	g_assert_cmpint(retry_after_parse("Sun, 06 Nov 1994 08:49:47 GMT", now), ==, 10);
	g_assert_cmpint(retry_after_parse("Sun, 06 Nov 1994 08:49:00 GMT", now), ==, 0);
	g_assert_cmpint(retry_after_parse("soon", now), ==, 0);
	g_assert_cmpint(retry_after_parse("", now), ==, 0);
}

static void test_ranges(void)
{
	g_assert_cmpint(content_range_start("bytes 5-9/10"), ==, 5);
	g_assert_cmpint(content_range_start("bytes 0-9/*"), ==, 0);
	g_assert_cmpint(content_range_start("bytes */10"), ==, -1);
	g_assert_cmpint(content_range_start("bytes 99999999999999999999-1/2"), ==, -1);
	g_assert_cmpint(content_range_start("lines 1-2/3"), ==, -1);
	g_assert_cmpint(content_range_start(""), ==, -1);
	g_assert_cmpint(upload_range_parse("0-9"), ==, 10);
	g_assert_cmpint(upload_range_parse("bytes=0-9"), ==, 10);
	g_assert_cmpint(upload_range_parse("1-9"), ==, -1);
	g_assert_cmpint(upload_range_parse("0-9223372036854775807"), ==, -1);
	g_assert_cmpint(upload_range_parse("0-"), ==, -1);
	g_assert_cmpint(upload_range_parse("x"), ==, -1);
}

static void test_error_body(void)
{
	static const char body[] =
		"{\"errors\":[{\"code\":\"DENIED\",\"message\":\"no\\nway\"},{\"code\":\"X\"}]}";
	g_autofree char *got = error_body_parse(body, strlen(body));
	g_autofree char *page = error_body_parse("<html>", 6);

	g_assert_cmpstr(got, ==, "DENIED: no\\x0away");
	g_assert_null(page);
}

static bool add_tags(const char *text, GPtrArray *tags, GHashTable *seen, GError **error)
{
	return tags_parse(text, strlen(text), tags, seen, error);
}

static void test_tags(void)
{
	g_autoptr(GPtrArray) tags = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GError) error = NULL;

	g_assert_true(add_tags("{\"name\":\"a\",\"tags\":null}", tags, seen, NULL));
	g_assert_true(add_tags("{\"tags\":[\"1\",\"2\"]}", tags, seen, NULL));
	g_assert_true(add_tags("{\"tags\":[\"3\"]}", tags, seen, NULL));
	g_assert_cmpuint(tags->len, ==, 3);
	g_assert_false(add_tags("{\"tags\":[\"1\"]}", tags, seen, &error));
	g_assert_error(error, THRESH_ERROR, THRESH_ERROR_NETWORK);
	g_clear_error(&error);
	g_assert_false(add_tags("{\"tags\":[1]}", tags, seen, &error));
	g_clear_error(&error);
	g_assert_false(add_tags("{\"tags\":\"x\"}", tags, seen, &error));
	g_clear_error(&error);
	g_assert_false(add_tags("[]", tags, seen, &error));
	g_clear_error(&error);
	g_assert_false(add_tags("x", tags, seen, &error));
}

static void test_referrers(void)
{
	static const char good[] =
		"{\"manifests\":[{\"digest\":\"sha256:"
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}]}";
	static const char *const bad[] = {"{}", "[]", "", "{\"manifests\":[1]}",
					  "{\"manifests\":[{\"digest\":\"sha256:0\"}]}"};
	autojson json_t *list = json_array();

	g_assert_true(referrers_parse(good, strlen(good), list, NULL));
	g_assert_cmpuint(json_array_size(list), ==, 1);
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_false(referrers_parse(bad[i], strlen(bad[i]), list, &error));
		g_assert_nonnull(error);
	}
	g_assert_cmpuint(json_array_size(list), ==, 1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/registry/answers/token", test_token);
	g_test_add_func("/registry/answers/retry-after", test_retry_after);
	g_test_add_func("/registry/answers/ranges", test_ranges);
	g_test_add_func("/registry/answers/error-body", test_error_body);
	g_test_add_func("/registry/answers/tags", test_tags);
	g_test_add_func("/registry/answers/referrers", test_referrers);
	return g_test_run();
}
