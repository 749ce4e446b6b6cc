/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/challenge.h"

#include "base/error.h"

static void test_good(void)
{
	static const struct {
		const char *header;
		enum challenge_scheme scheme;
		const char *realm, *service, *scope;
	} table[] = {
		{"Basic realm=\"Registry\"", CHALLENGE_BASIC, "Registry", NULL, NULL},
		{"basic", CHALLENGE_BASIC, NULL, NULL, NULL},
		{"Bearer realm=\"https://a/token\",service=\"r\",scope=\"repository:x:pull\"",
		 CHALLENGE_BEARER, "https://a/token", "r", "repository:x:pull"},
		{"bearer Realm = \"https://a/\" , Service=r", CHALLENGE_BEARER, "https://a/", "r",
		 NULL},
		{"Basic realm=\"x\", Bearer realm=\"https://a/\"", CHALLENGE_BEARER, "https://a/",
		 NULL, NULL},
		{"Bearer realm=\"https://a/\", Basic realm=\"x\"", CHALLENGE_BEARER, "https://a/",
		 NULL, NULL},
		{"Negotiate, Basic realm=\"a, b\"", CHALLENGE_BASIC, "a, b", NULL, NULL},
		{"Negotiate YII=, Basic", CHALLENGE_BASIC, NULL, NULL, NULL},
		{"NTLM", CHALLENGE_NONE, NULL, NULL, NULL},
		{"Bearer realm=\"a\\\"b\\\\c\"", CHALLENGE_BEARER, "a\"b\\c", NULL, NULL},
		{"Bearer realm=\"1\", realm=\"2\"", CHALLENGE_BEARER, "1", NULL, NULL},
		{"", CHALLENGE_NONE, NULL, NULL, NULL},
		{", ,", CHALLENGE_NONE, NULL, NULL, NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(GError) error = NULL;
		struct challenge challenge = {0};

		g_test_message("%s", table[i].header);
		g_assert_true(challenge_parse(&challenge, table[i].header, &error));
		g_assert_no_error(error);
		g_assert_cmpint(challenge.scheme, ==, table[i].scheme);
		if (challenge.scheme != CHALLENGE_NONE) {
			g_assert_cmpstr(challenge.realm, ==, table[i].realm);
			g_assert_cmpstr(challenge.service, ==, table[i].service);
			g_assert_cmpstr(challenge.scope, ==, table[i].scope);
		}
		challenge_clear(&challenge);
	}
}

static void test_refused(void)
{
	static const char *const table[] = {
		"Bearer",
		"Bearer service=\"r\"",
		"Bearer realm=\"\"",
		"Bearer realm=\"https://a",
		"\"",
		"Basic realm=\"x\" y",
		"=",
		"Bearer\x01realm=\"x\"",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(GError) error = NULL;
		struct challenge challenge = {0};

		g_test_message("%s", table[i]);
		g_assert_false(challenge_parse(&challenge, table[i], &error));
		g_assert_error(error, THRESH_ERROR, THRESH_ERROR_NETWORK);
		g_assert_cmpint(challenge.scheme, ==, CHALLENGE_NONE);
	}
}

/* Several headers: the better scheme stays, whatever the order. */
static void test_several(void)
{
	static const char *const headers[] = {"Bearer realm=\"https://a/\"", "Basic realm=\"x\""};

	for (int order = 0; order < 2; order++) {
		struct challenge challenge = {0};

		g_assert_true(challenge_parse(&challenge, headers[order], NULL));
		g_assert_true(challenge_parse(&challenge, headers[1 - order], NULL));
		g_assert_cmpint(challenge.scheme, ==, CHALLENGE_BEARER);
		g_assert_cmpstr(challenge.realm, ==, "https://a/");
		challenge_clear(&challenge);
	}
}

static void test_bounded(void)
{
	g_autofree char *filler = g_strnfill(CHALLENGE_MAX_BYTES, 'x');
	g_autofree char *header = g_strconcat("Basic realm=\"", filler, "\"", NULL);
	struct challenge challenge = {0};

	g_assert_false(challenge_parse(&challenge, header, NULL));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/registry/challenge/good", test_good);
	g_test_add_func("/registry/challenge/refused", test_refused);
	g_test_add_func("/registry/challenge/several", test_several);
	g_test_add_func("/registry/challenge/bounded", test_bounded);
	return g_test_run();
}
