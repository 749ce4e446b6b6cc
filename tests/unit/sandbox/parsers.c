/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/drive.h"
#include "sandbox/http.h"
#include "sandbox/identity.h"
#include "sandbox/idmap.h"
#include "sandbox/listeners.h"

#include <string.h>

/* --- HTTP --- */

struct http_case {
	const char *text;
	int status; /* 0: an error */
	const char *type;
	const char *body;
};

static const struct http_case http_cases[] = {
	{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: a/b\r\n\r\nhi", 200, "a/b", "hi"},
	{"HTTP/1.1 200 OK\r\ncontent-length:2\r\n\r\nhi, more", 200, NULL, "hi"},
	{"HTTP/1.0 200 OK\n\nuntil close", 200, NULL, "until close"},
	{"HTTP/1.1 204 No Content\r\n\r\n", 204, NULL, ""},
	{"HTTP/1.1 301 Moved\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", 301, NULL, ""},
	{"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n", 304, NULL, ""},
	{"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200, NULL, ""},
	{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, NULL,
	 "x"},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: "
	 "chunked\r\n\r\n3\r\nabc\r\nA;e=1\r\n0123456789\r\n0\r\n"
	 "Trailer: 1\r\n\r\n",
	 200, NULL, "abc0123456789"},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: "
	 "1\r\n\r\n2\r\nab\r\n0\r\n\r\n",
	 200, NULL, "ab"},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nrest", 200, NULL, "rest"},
	{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 200, NULL, "x"},
	/* malformed */
	{"", 0, NULL, NULL},
	{"-ERR unknown command\r\n", 0, NULL, NULL},
	{"HTTP/2 200 OK\r\n\r\n", 0, NULL, NULL},
	{"HTTP/1.1 20 OK\r\n\r\n", 0, NULL, NULL},
	{"HTTP/1.1 2000 OK\r\n\r\n", 0, NULL, NULL},
	{"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", 0, NULL, NULL},
	{"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", 0, NULL, NULL},
	{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy", 0, NULL, NULL},
	{"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\n", 0, NULL, NULL},
	{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi", 0, NULL, NULL},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 0, NULL, NULL},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", 0, NULL, NULL},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n", 0, NULL,
	 NULL},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", 0, NULL, NULL},
	{"HTTP/1.1 200 OK\r\nContent-Le", 0, NULL, NULL},
};

/* In pieces of @step bytes, since a network may cut anywhere. */
static void check_http(const struct http_case *c, size_t step)
{
	autoresponse struct http_response *response = http_response_new();
	g_autoptr(GError) error = NULL;
	size_t size = strlen(c->text);
	bool ok = true;

	for (size_t i = 0; ok && i < size; i += step)
		ok = http_response_feed(response, c->text + i, MIN(step, size - i), &error);
	ok = ok && http_response_end(response, &error);
	g_assert_cmpint(ok, ==, c->status != 0);
	if (!ok) {
		g_assert_nonnull(error);
		return;
	}
	g_assert_true(response->done);
	g_assert_cmpint(response->status, ==, c->status);
	g_assert_cmpstr(response->type, ==, c->type);
	g_assert_cmpmem(response->body->data, response->body->len, c->body, strlen(c->body));
}

static void test_http(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(http_cases); i++) {
		for (size_t step = 1; step < 8; step++)
			check_http(&http_cases[i], step);
		check_http(&http_cases[i], 4096);
	}
}

static void test_http_bounds(void)
{
	autoresponse struct http_response *header = http_response_new();
	autoresponse struct http_response *body = http_response_new();
	g_autofree char *block = g_strnfill(1 << 20, 'x');

	g_assert_true(http_response_feed(header, "HTTP/1.1 200 OK\r\nX: ", 20, NULL));
	g_assert_false(http_response_feed(header, block, HTTP_HEADER_MAX_BYTES, NULL));
	g_assert_true(http_response_feed(body, "HTTP/1.1 200 OK\r\n\r\n", 19, NULL));
	for (int i = 0; i < 9; i++)
		g_assert_true(http_response_feed(body, block, 1 << 20, NULL));
	g_assert_true(body->done);
	g_assert_cmpuint(body->body->len, ==, HTTP_BODY_MAX_BYTES);
}

/* --- probes --- */

static void test_probes(void)
{
	static const struct {
		const char *text;
		enum probe_kind kind;
		int port; /* -1: an error */
		const char *path;
	} cases[] = {
		{"http://:80/path?q=1", PROBE_HTTP, 80, "/path?q=1"},
		{"http://:8080", PROBE_HTTP, 8080, "/"},
		{"http:///x", PROBE_HTTP, 0, "/x"},
		{"tcp://:6379", PROBE_TCP, 6379, NULL},
		{"tcp://:65535", PROBE_TCP, 65535, NULL},
		{"", 0, -1, NULL},
		{"http://", 0, -1, NULL},
		{"http://:", 0, -1, NULL},
		{"http://:0/", 0, -1, NULL},
		{"http://:65536/", 0, -1, NULL},
		{"http://:080000/", 0, -1, NULL},
		{"http://host:80/", 0, -1, NULL},
		{"http://:80x", 0, -1, NULL},
		{"http://:80/a b", 0, -1, NULL},
		{"http://:80/a\r\nX: y", 0, -1, NULL},
		{"https://:443/", 0, -1, NULL},
		{"tcp://:80/", 0, -1, NULL},
		{"tcp:///", 0, -1, NULL},
		{"tcp://", 0, -1, NULL},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		struct probe *probe = probe_parse(cases[i].text, &error);

		g_assert_cmpint(probe != NULL, ==, cases[i].port >= 0);
		if (probe) {
			g_assert_cmpint(probe->kind, ==, cases[i].kind);
			g_assert_cmpint(probe->port, ==, cases[i].port);
			g_assert_cmpstr(probe->path, ==, cases[i].path);
			g_assert_cmpstr(probe->text, ==, cases[i].text);
		}
		probe_free(probe);
	}
}

/* --- /proc/net --- */

static const char tcp_table[] = "  sl  local_address rem_address   st tx_queue rx_queue tr "
				"tm->when retrnsmt   uid  timeout inode\n"
				"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 "
				"00:00000000 00000000     0        0 4242 1 0\n"
				"   1: 0100007F:1F90 0100007F:9999 01 00000000:00000000 "
				"00:00000000 00000000     0        0 4243 1 0\n"
				"garbage\n"
				"   2: 0100007F:1F9 00000000\n"
				"   3: 01000X7F:1F90 00000000:0000 0A 00000000:00000000 "
				"00:00000000 00000000     0        0 4242 1 0\n";
static const char tcp6_table[] =
	"   0: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A "
	"00000000:00000000 00:00000000 00000000     0        0 7 1 0\n";

static void test_listeners(void)
{
	static const uint8_t v4[4] = {127, 0, 0, 1};
	static const uint8_t v6[16] = {[15] = 1};
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(struct sandbox_listener));
	const struct sandbox_listener *l;

	listeners_parse(tcp_table, true, found);
	g_assert_cmpuint(found->len, ==, 1);
	l = &g_array_index(found, struct sandbox_listener, 0);
	g_assert_cmpuint(l->port, ==, 8080);
	g_assert_cmpuint(l->inode, ==, 4242);
	g_assert_cmpmem(l->address, 4, v4, 4);
	listeners_parse(tcp6_table, true, found);
	g_assert_cmpuint(found->len, ==, 2);
	l = &g_array_index(found, struct sandbox_listener, 1);
	g_assert_true(l->ipv6);
	g_assert_cmpuint(l->port, ==, 80);
	g_assert_cmpmem(l->address, 16, v6, 16);
	listeners_parse("", true, found);
	g_assert_cmpuint(found->len, ==, 2);
}

/* --- ids --- */

static uint32_t map_id(const struct id_extent *extents, size_t n, uint32_t disk)
{
	uint32_t result = UINT32_MAX;

	for (size_t i = 0; i < n; i++) {
		if (disk < extents[i].inside || disk - extents[i].inside >= extents[i].count)
			continue;
		g_assert_cmpuint(result, ==, UINT32_MAX); /* one extent alone */
		result = extents[i].outside + (disk - extents[i].inside);
	}
	return result;
}

static void test_swap(void)
{
	static const uint32_t pairs[][2] = {{0, 999},      {999, 0},     {0, 0},
					    {5, 6},        {6, 5},       {0, 65535},
					    {1000, 65535}, {70000, 999}, {70000, 0}};

	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
		uint32_t owner = pairs[i][0], shown = pairs[i][1];
		struct id_extent extents[IDMAP_SWAP_MAX];
		size_t n = idmap_swap(1000000, 65536, owner, shown, extents);

		g_assert_cmpuint(n, <=, IDMAP_SWAP_MAX);
		g_assert_cmpuint(map_id(extents, n, owner), ==, 1000000 + shown);
		if (owner < 65536)
			g_assert_cmpuint(map_id(extents, n, shown), ==, 1000000 + owner);
		g_assert_cmpuint(map_id(extents, n, 1234), ==, 1001234);
		g_assert_cmpuint(map_id(extents, n, 65536), ==, UINT32_MAX);
	}
}

static void test_subuid(void)
{
	static const char text[] =
		"other:1:65536\nann:5:10\n# x\nann:200000:65536\n1001:300000:65536\n"
		"bob:4294900000:65536\nbad:x:65536\nbad:1:y\nlong:1:2:3\n";
	uint32_t start = 0;

	g_assert_true(identity_find_range(text, "ann", 1, 65536, &start));
	g_assert_cmpuint(start, ==, 200000);
	g_assert_true(identity_find_range(text, NULL, 1001, 65536, &start));
	g_assert_cmpuint(start, ==, 300000);
	g_assert_false(identity_find_range(text, "bob", 7, 131072, &start));
	g_assert_false(identity_find_range(text, "bad", 7, 65536, &start));
	g_assert_false(identity_find_range(text, "long", 7, 1, &start));
	g_assert_false(identity_find_range("", "ann", 1, 65536, &start));
	g_assert_cmpuint(start, ==, 300000);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/http/cases", test_http);
	g_test_add_func("/http/bounds", test_http_bounds);
	g_test_add_func("/probe/parse", test_probes);
	g_test_add_func("/listeners/parse", test_listeners);
	g_test_add_func("/idmap/swap", test_swap);
	g_test_add_func("/identity/subuid", test_subuid);
	return g_test_run();
}
