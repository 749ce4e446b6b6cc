/* SPDX-License-Identifier: Apache-2.0 */
/* Package URLs, by vectors of our own; the specification's suite was run beside them
 * (docs/adr/0014). */
#include "evidence/purl.h"

#include "base/error.h"

#include <string.h>

static void assert_canonical(const char *text, const char *want)
{
	autopurl struct purl purl = {0};
	g_autoptr(GError) error = NULL;
	g_autofree char *got = NULL;

	g_assert_true(purl_parse(text, &purl, &error));
	g_assert_no_error(error);
	got = purl_format(&purl, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(got, ==, want);
}

static void test_canonical(void)
{
	static const struct {
		const char *text, *want;
	} table[] = {
		{"pkg:deb/debian/libc6@2.36-9%2Bdeb12u9?distro=debian-12&arch=amd64",
		 "pkg:deb/debian/libc6@2.36-9%2Bdeb12u9?arch=amd64&distro=debian-12"},
		{"pkg:deb/debian/a@1:2.3-4", "pkg:deb/debian/a@1:2.3-4"},
		{"PKG:Deb/DEBIAN/A@1", "pkg:deb/debian/a@1"},
		{"pkg:///npm/%40scope/Name@1.0.0", "pkg:npm/%40scope/Name@1.0.0"},
		{"pkg:npm/@scope/name@1.0.0", "pkg:npm/%40scope/name@1.0.0"},
		{"pkg:pypi/My_Pkg@1.0RC1", "pkg:pypi/my-pkg@1.0rc1"},
		{"pkg:golang/github.com/a/b/@v1.2.3#./cmd//x/..",
		 "pkg:golang/github.com/a/b@v1.2.3#cmd/x"},
		{"pkg:maven/org.x/y@1?repository_url=https://h/p&classifier=",
		 "pkg:maven/org.x/y@1?repository_url=https:%2F%2Fh%2Fp"},
		{"pkg:gem/a@1?Platform=java", "pkg:gem/a@1?platform=java"},
		{"pkg:generic/a%20b/c%C3%A9@1%2F2", "pkg:generic/a%20b/c%C3%A9@1%2F2"},
		{"pkg:cargo/a@", "pkg:cargo/a"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_test_message("%s", table[i].text);
		assert_canonical(table[i].text, table[i].want);
	}
}

static void test_malformed(void)
{
	static const char *const table[] = {
		"",
		"pkg",
		"pkg:",
		"pkg:/",
		"pkg:npm",
		"pkg:npm/",
		"npm/a@1",
		"pkg:3x/a",
		"pkg:n&m/a",
		"pkg:deb/a@1",
		"pkg:pypi/ns/a@1",
		"pkg:npm/a%zz",
		"pkg:npm/a%00b",
		"pkg:npm/a%ff",
		"pkg:npm/a?b",
		"pkg:npm/a?1=2",
		"pkg:npm/a?b!=2",
		"pkg:npm/a#x%2Fy",
		"pkg:cpan/A::B",
	};
	g_autofree char *tail = g_strnfill(70000, 'a'),
			*large = g_strconcat("pkg:npm/", tail, NULL);

	for (gsize i = 0; i <= G_N_ELEMENTS(table); i++) {
		const char *text = i < G_N_ELEMENTS(table) ? table[i] : large;
		struct purl purl;
		g_autoptr(GError) error = NULL;

		g_test_message("%.40s", text);
		g_assert_false(purl_parse(text, &purl, &error));
		g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
	}
}

static void test_format(void)
{
	struct purl purl = {.type = (char *)"deb",
			    .namespace = (char *)"/debian/",
			    .name = (char *)"a+b",
			    .version = (char *)"1~2+3:4"};
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;

	purl_qualify(&purl, "arch", "amd64");
	purl_qualify(&purl, "upstream", "c@1");
	purl_qualify(&purl, "empty", "");
	text = purl_format(&purl, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(text, ==, "pkg:deb/debian/a%2Bb@1~2%2B3:4?arch=amd64&upstream=c%401");
	purl.name = (char *)"";
	g_assert_null(purl_format(&purl, &error));
	g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
	g_hash_table_unref(purl.qualifiers);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/evidence/purl/canonical", test_canonical);
	g_test_add_func("/evidence/purl/malformed", test_malformed);
	g_test_add_func("/evidence/purl/format", test_format);
	return g_test_run();
}
