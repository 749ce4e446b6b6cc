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
		{NULL, "/", "/"},           {NULL, "/a//b/./c/", "/a/b/c"},
		{"/x", "y", "/x/y"},        {"/x", "../../y", "/y"},
		{NULL, "/..", "/"},         {"/a", "/b/..", "/"},
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
		{"/a/b", "/a/*", true},     {"/a/b/c", "/a/*", false},
		{"/a/b/c", "/a/**", true},  {"/a/x/y/c.py", "/a/**/*.py", true},
		{"/a", "/a/**", false},     {"/a/c.py", "/a/**/*.py", true},
		{"/a/b", "/a/[a-c]", true}, {"/a/b", "/a", false},
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
	g_assert_cmpstr(canonical, ==,
			"{\"a\":1,\"b\":[\"x\",\"true\",true,null],\"c\":{\"d\":1.5}}");
	g_assert_null(yaml_parse("a: [", 4, "t.yaml", &error));
	g_assert_error(error, THRESH_ERROR, THRESH_ERROR_USAGE);
	g_assert_true(g_str_has_prefix(error->message, "t.yaml: not YAML: "));
}

static void test_yaml_malformed(void)
{
	static const struct {
		const char *text, *message;
	} table[] = {
		{"a: [",
		 "t.yaml: not YAML: line 2 column 1: flow sequence without a closing bracket"},
		{"a: 1\na: 2\n", "t.yaml: not YAML: line 2 column 1: duplicate key"},
		{"a: *nope\n", "t.yaml: line 1 column 5: an alias without an anchor"},
		{"a: !!int 3\n", "t.yaml: line 1 column 10: tags are not supported"},
		{"a: 1\n---\nb: 2\n", "t.yaml: not YAML: more than one document"},
		{"a: \xff\n", "t.yaml: not YAML: not UTF-8"},
		{"a: &b [*b]\n", "t.yaml: too large or too deep"},
		{"a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
		 "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n",
		 "t.yaml: line 1 column 26: too large or too deep"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(yaml_parse(table[i].text, strlen(table[i].text), "t.yaml", &error));
		g_assert_error(error, THRESH_ERROR, THRESH_ERROR_USAGE);
		g_assert_cmpstr(error->message, ==, table[i].message);
	}
}

/* libfyaml has a habit of writing its findings to standard error. */
static void test_yaml_silence(void)
{
	if (g_test_subprocess()) {
		g_autoptr(GError) error = NULL;

		g_assert_null(yaml_parse("a: [", 4, "t.yaml", &error));
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_passed();
	g_test_trap_assert_stderr("");
}

static void test_yaml_line(void)
{
	static const char text[] = "# head\na: 1\nb:\n  c: 2\n  list:\n    - x\n    - y\n";
	static const char *const c[] = {"b", "c", NULL}, *const y[] = {"b", "list", "1", NULL},
				 *const none[] = {"b", "d", NULL};

	g_assert_cmpuint(yaml_line_of(text, strlen(text), c), ==, 4);
	g_assert_cmpuint(yaml_line_of(text, strlen(text), y), ==, 7);
	g_assert_cmpuint(yaml_line_of(text, strlen(text), none), ==, 0);
}

static void test_yaml_empty(void)
{
	autojson json_t *json = yaml_parse("# nothing\n", 10, "t.yaml", NULL);

	g_assert_true(json_is_null(json));
}

static void test_path_names(void)
{
	static const struct {
		const char *path, *name;
	} table[] = {
		{"/etc/caf\xc3\xa9 100%", "/etc/caf\xc3\xa9 100%"},
		{"/a\xff\xfe", "/a\xef\xbf\xbd"
			       "FF\xef\xbf\xbd"
			       "FE"},
		{"/a\xef\xbf\xbd", "/a\xef\xbf\xbd"
				   "EF\xef\xbf\xbd"
				   "BF\xef\xbf\xbd"
				   "BD"},
		{"/\xed\xa0\x80", "/\xef\xbf\xbd"
				  "ED\xef\xbf\xbd"
				  "A0\xef\xbf\xbd"
				  "80"},
	};
	g_autofree char *odd = json_path_decode("/\xef\xbf\xbd"
						"00\xef\xbf\xbd"
						"G\xef\xbf\xbd");

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *name = json_path_encode(table[i].path);
		g_autofree char *path = json_path_decode(name);

		g_assert_cmpstr(name, ==, table[i].name);
		g_assert_cmpstr(path, ==, table[i].path);
	}
	g_assert_cmpstr(odd, ==,
			"/\xef\xbf\xbd"
			"00\xef\xbf\xbd"
			"G\xef\xbf\xbd");
}

static void test_quote(void)
{
	g_autofree char *quoted = error_quote("a\nb\xff\xc3\xa4");
	g_autofree char *turned = error_quote("a\xe2\x80\xae\xef\xbf\xbe\xc2\x85 \xef\xbf\xbd");

	g_assert_cmpstr(quoted, ==, "a\\x0ab\\xff\xc3\xa4");
	g_assert_cmpstr(turned, ==, "a\\xe2\\x80\\xae\\xef\\xbf\\xbe\\xc2\\x85 \xef\xbf\xbd");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/path/clean", test_path_clean);
	g_test_add_func("/path/matches", test_path_matches);
	g_test_add_func("/digest", test_digest);
	g_test_add_func("/yaml", test_yaml);
	g_test_add_func("/yaml/malformed", test_yaml_malformed);
	g_test_add_func("/yaml/silence", test_yaml_silence);
	g_test_add_func("/yaml/line", test_yaml_line);
	g_test_add_func("/yaml/empty", test_yaml_empty);
	g_test_add_func("/quote", test_quote);
	g_test_add_func("/path-names", test_path_names);
	return g_test_run();
}
