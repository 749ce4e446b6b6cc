/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/url.h"

#include "base/error.h"

static void test_resolve(void)
{
	static const struct {
		const char *base, *reference, *want;
	} table[] = {
		{"https://r.example/v2/a/blobs/uploads/", "/v2/a/blobs/uploads/1?s=x",
		 "https://r.example/v2/a/blobs/uploads/1?s=x"},
		{"https://r.example:5000/v2/a", "https://cdn.example/b?sig=1#f",
		 "https://cdn.example/b?sig=1"},
		{"http://127.0.0.1:5000/v2/a/tags/list", "list?n=2",
		 "http://127.0.0.1:5000/v2/a/tags/list?n=2"},
		{"http://127.0.0.1:5000/v2/", "//127.0.0.1:1/x", "http://127.0.0.1:1/x"},
		{"http://127.0.0.1:5000/v2/", "https://x.example/", "https://x.example/"},
		/* from private to plain, other schemes, and names and spaces inside */
		{"https://r.example/v2/", "http://r.example/v2/", NULL},
		{"http://127.0.0.1:5000/v2/", "http://r.example/", NULL},
		{"http://127.0.0.1:5000/v2/", "http://127.0.0.1.r.example/", NULL},
		{"https://r.example/v2/", "file:///etc/passwd", NULL},
		{"https://r.example/v2/", "ftp://r.example/", NULL},
		{"https://r.example/v2/", "https://user:pw@r.example/", NULL},
		{"https://r.example/v2/", "/a b", NULL},
		{"https://r.example/v2/", "/a\r\nX: y", NULL},
		{"https://r.example/v2/", "https://", NULL},
		{"nothing at all", "/x", NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *got = url_resolve(table[i].base, table[i].reference, &error);

		g_test_message("%s", table[i].reference);
		g_assert_cmpstr(got, ==, table[i].want);
		if (!table[i].want)
			g_assert_error(error, THRESH_ERROR, THRESH_ERROR_NETWORK);
	}
}

static void test_origin(void)
{
	g_assert_true(url_same_origin("https://a.example/x", "https://A.example:443/y?z"));
	g_assert_true(url_same_origin("http://127.0.0.1:5000/", "http://127.0.0.1:5000/v2/"));
	g_assert_false(url_same_origin("https://a.example/", "http://a.example/"));
	g_assert_false(url_same_origin("https://a.example/", "https://a.example:8443/"));
	g_assert_false(url_same_origin("https://a.example/", "https://a.example.org/"));
	g_assert_false(url_same_origin("http://127.0.0.1:5000/", "http://localhost:5000/"));
	g_assert_false(url_same_origin("junk", "junk"));
}

static void test_loopback(void)
{
	g_assert_true(url_is_loopback("http://127.0.0.1:5000/"));
	g_assert_true(url_is_loopback("http://localhost/"));
	g_assert_true(url_is_loopback("https://[::1]:5000/"));
	g_assert_true(host_is_loopback("127.1.2.3:80"));
	g_assert_false(url_is_loopback("http://128.0.0.1/"));
	g_assert_false(url_is_loopback("http://127.0.0.1.example/"));
	g_assert_false(url_is_loopback("http://localhost.example/"));
	g_assert_false(host_is_loopback("registry.example:5000"));
}

static void test_show(void)
{
	g_autofree char *shown = url_show("https://cdn.example/blob?X-Signature=secret");

	g_assert_cmpstr(shown, ==, "https://cdn.example/blob");
}

static void test_link(void)
{
	static const struct {
		const char *header, *want;
	} table[] = {
		{"</v2/a/tags/list?n=2&last=b>; rel=\"next\"", "/v2/a/tags/list?n=2&last=b"},
		{"</x>;rel=next", "/x"},
		{"</p>; rel=\"prev\", </n>; title=\"a, b\"; rel=\"next\"", "/n"},
		{"</p>; rel=\"prev\"", NULL},
		{"<>; rel=\"next\"", NULL},
		{"</x", NULL},
		{"/x; rel=next", NULL},
		{"</x>; rel=\"next", "/x"},
		{"</x>;;;= ; rel=next", "/x"},
		{"", NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *got = link_next(table[i].header);

		g_test_message("%s", table[i].header);
		g_assert_cmpstr(got, ==, table[i].want);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/registry/url/resolve", test_resolve);
	g_test_add_func("/registry/url/origin", test_origin);
	g_test_add_func("/registry/url/loopback", test_loopback);
	g_test_add_func("/registry/url/show", test_show);
	g_test_add_func("/registry/url/link", test_link);
	return g_test_run();
}
