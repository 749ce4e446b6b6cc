/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "base/path.h"

#include <string.h>

static void test_path_clean(void)
{
	static const struct {
		const char *base, *path, *want;
	} table[] = {
		{NULL, "/", "/"},	      {NULL, "/a//b/./c/", "/a/b/c"}, {"/x", "y", "/x/y"},
		{"/x", "../../y", "/y"},      {NULL, "/..", "/"},	      {"/a", "/b/..", "/"},
		{NULL, "/a/...", "/a/..."},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *got = path_clean(table[i].base, table[i].path);

		g_assert_cmpstr(got, ==, table[i].want);
	}
}

static void test_path_matches(void)
{
	static const struct {
		const char *path, *glob;
		bool want;
	} table[] = {
		{"/a/b", "/a/*", true},	       {"/a/b/c", "/a/*", false}, {"/a/b/c", "/a/**", true},
		{"/a/x/y/c.py", "/a/**/*.py", true}, {"/a", "/a/**", false},    {"/a/c.py", "/a/**/*.py", true},
		{"/a/b", "/a/[a-c]", true},    {"/a/b", "/a", false},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
		g_assert_cmpint(path_matches(table[i].path, table[i].glob), ==, table[i].want);
}

static void test_digest(void)
{
	static const char abc[] =
		"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	char text[DIGEST_TEXT_BYTES];
	struct digest digest, parsed;

	digest_of("abc", 3, &digest);
	digest_format(&digest, text);
	g_assert_cmpstr(text, ==, abc);
	g_assert_true(digest_parse(abc, &parsed, NULL));
	g_assert_true(digest_equal(&digest, &parsed));
	g_assert_false(digest_parse("sha512:00", &parsed, NULL));
	g_assert_false(digest_parse("sha256:BA", &parsed, NULL));
}

static void test_yaml(void)
{
	static const char text[] = "a: 1\nb: [x, 'true', true, ~]\nc:\n  d: 1.5\n";
	g_autoptr(GError) error = NULL;
	autojson json_t *json = yaml_parse(text, strlen(text), "t.yaml", &error);
	g_autofree char *canonical = NULL;

	g_assert_no_error(error);
	canonical = json_format_canonical(json);
	g_assert_cmpstr(canonical, ==, "{\"a\":1,\"b\":[\"x\",\"true\",true,null],\"c\":{\"d\":1.5}}");
	g_assert_null(yaml_parse("a: [", 4, "t.yaml", &error));
	g_assert_error(error, THRESH_ERROR, THRESH_ERROR_USAGE);
	g_assert_true(g_str_has_prefix(error->message, "t.yaml: not YAML: "));
}

static void test_quote(void)
{
	g_autofree char *quoted = error_quote("a\nb\xff\xc3\xa4");

	g_assert_cmpstr(quoted, ==, "a\\x0ab\\xff\xc3\xa4");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/path/clean", test_path_clean);
	g_test_add_func("/path/matches", test_path_matches);
	g_test_add_func("/digest", test_digest);
	g_test_add_func("/yaml", test_yaml);
	g_test_add_func("/quote", test_quote);
	return g_test_run();
}
