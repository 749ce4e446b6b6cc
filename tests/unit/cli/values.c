/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/values.h"

#include "base/error.h"
#include "base/size.h"

#include <string.h>

typedef bool (*list_parser)(const char *text, GPtrArray *list, GError **error);

/* Each text is refused with a usage error that begins with what was wrong, quoted. */
static void refuse(list_parser parse, const char *const *texts)
{
	for (; *texts; texts++) {
		g_autoptr(GPtrArray) list = g_ptr_array_new();
		g_autoptr(GError) error = NULL;

		g_test_message("'%s'", *texts);
		g_assert_false(parse(*texts, list, &error));
		g_assert_error(error, THRESH_ERROR, THRESH_ERROR_USAGE);
		g_assert_cmpuint(list->len, ==, 0);
	}
}

static void test_environment(void)
{
	static const char *const malformed[] = {"",  "=x", "1A=x", "A B=x", "THRESH_TEST_UNSET",
						NULL};
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)redaction_free);
	const struct redaction *first;
	g_autoptr(GError) error = NULL;

	g_setenv("THRESH_TEST_SET", "from outside", TRUE);
	g_unsetenv("THRESH_TEST_UNSET");
	g_assert_true(environment_parse("A=b=c", list, NULL));
	g_assert_true(environment_parse("EMPTY=", list, NULL));
	g_assert_true(environment_parse("THRESH_TEST_SET", list, NULL));
	g_assert_true(environment_parse("A=later", list, NULL));
	g_assert_cmpuint(list->len, ==, 3);
	first = list->pdata[1];
	g_assert_cmpstr(first->value, ==, "from outside");
	first = list->pdata[2];
	g_assert_cmpstr(first->name, ==, "A");
	g_assert_cmpstr(first->value, ==, "later");
	refuse(environment_parse, malformed);
	g_assert_false(environment_parse("1A=secret", list, &error));
	g_assert_null(strstr(error->message, "secret"));
}

static void test_volume(void)
{
	static const char *const malformed[] = {"",  "data", ":/data", "/host:data",
						"/", "/h:/", NULL};
	static const struct {
		const char *text, *host, *path;
	} table[] = {
		{"/data", NULL, "/data"},
		{"/data//x/", NULL, "/data/x"},
		{"/host:/data", "/host", "/data"},
		{"/a:b:/data", "/a:b", "/data"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(GPtrArray) list =
			g_ptr_array_new_with_free_func((GDestroyNotify)volume_request_free);
		const struct volume_request *volume;

		g_assert_true(volume_parse(table[i].text, list, NULL));
		volume = list->pdata[0];
		g_assert_cmpstr(volume->host, ==, table[i].host);
		g_assert_cmpstr(volume->path, ==, table[i].path);
	}
	refuse(volume_parse, malformed);
}

static void test_companion(void)
{
	static const char *const malformed[] = {
		"", "db", "db=", "=oci:x", "a b=oci:x", "-a=x", "db=oci:x,y", "db=x,=y", NULL};
	g_autoptr(GPtrArray) list =
		g_ptr_array_new_with_free_func((GDestroyNotify)companion_request_free);
	const struct companion_request *companion;

	g_assert_true(companion_parse("db=oci:pg:15,A=1,B=x,y,C=", list, NULL));
	companion = list->pdata[0];
	g_assert_cmpstr(companion->name, ==, "db");
	g_assert_cmpstr(companion->image, ==, "oci:pg:15");
	g_assert_cmpuint(companion->environment->len, ==, 3);
	g_assert_cmpstr(companion->environment->pdata[0], ==, "A=1");
	g_assert_cmpstr(companion->environment->pdata[1], ==, "B=x,y");
	g_assert_cmpstr(companion->environment->pdata[2], ==, "C=");
	g_assert_true(companion_parse("db=oci:other", list, NULL));
	g_assert_cmpuint(list->len, ==, 1);
	refuse(companion_parse, malformed);
}

static void test_run(void)
{
	static const char *const malformed[] = {"'open", "a \"b", NULL};
	g_autoptr(GPtrArray) runs =
		g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
	const GPtrArray *words;

	g_assert_true(run_parse("report 'two words' $HOME", runs, NULL));
	g_assert_true(run_parse("", runs, NULL));
	words = runs->pdata[0];
	g_assert_cmpuint(words->len, ==, 3);
	g_assert_cmpstr(words->pdata[1], ==, "two words");
	g_assert_cmpstr(words->pdata[2], ==, "$HOME");
	words = runs->pdata[1];
	g_assert_cmpuint(words->len, ==, 0);
	refuse(run_parse, malformed);
}

static void test_keep(void)
{
	static const char *const malformed[] = {"/opt/**", "/opt/**=", "opt=why", "", NULL};
	g_autoptr(GPtrArray) rules = g_ptr_array_new_with_free_func((GDestroyNotify)keep_rule_free);
	const struct keep_rule *rule;

	g_assert_true(keep_parse("/opt/**=loaded=by name", rules, NULL));
	rule = rules->pdata[0];
	g_assert_cmpstr(rule->glob, ==, "/opt/**");
	g_assert_cmpstr(rule->why, ==, "loaded=by name");
	refuse(keep_parse, malformed);
}

static void test_size(void)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} table[] = {
		{"0", 0},
		{"4096", 4096},
		{"1k", 1024},
		{"64M", 64ULL << 20},
		{"64MiB", 64ULL << 20},
		{"2GB", 2ULL << 30},
		{"1T", 1ULL << 40},
		{"7B", 7},
	};
	static const char *const malformed[] = {
		"",          "M",   "-1",  "1.5G", "1X",
		"1Mx",       "1 M", "0x1", "1Mi",  "99999999999999999999",
		"20000000T", NULL};
	uint64_t bytes;

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_assert_true(size_parse(table[i].text, &bytes, NULL));
		g_assert_cmpuint(bytes, ==, table[i].bytes);
	}
	for (const char *const *text = malformed; *text; text++) {
		g_autoptr(GError) error = NULL;

		g_assert_false(size_parse(*text, &bytes, &error));
		g_assert_error(error, THRESH_ERROR, THRESH_ERROR_USAGE);
	}
}

static void test_duration(void)
{
	static const struct {
		const char *text;
		int ms;
	} table[] = {{"0", 0},       {"60", 60000},  {"2.5", 2500},   {"500ms", 500},
		     {"10s", 10000}, {"2m", 120000}, {"1h", 3600000}, {"24h", 86400000}};
	static const char *const malformed[] = {"",
						"s",
						"-1",
						"1d",
						"1.2.3",
						"1e3",
						"0x10",
						"25h",
						"inf",
						"nan",
						"99999999999999999999",
						NULL};
	int ms;

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_assert_true(duration_parse(table[i].text, &ms, NULL));
		g_assert_cmpint(ms, ==, table[i].ms);
	}
	for (const char *const *text = malformed; *text; text++)
		g_assert_false(duration_parse(*text, &ms, NULL));
}

static void test_publication(void)
{
	static const char *const malformed[] = {
		"", "0", "65536", "a:80", "80:", ":80", "1.2.3:1:2", "h:1:2:3", NULL};
	static const struct {
		const char *text, *address;
		uint16_t host_port, port;
	} table[] = {
		{"80", "127.0.0.1", 80, 80},
		{"8080:80", "127.0.0.1", 8080, 80},
		{"0.0.0.0:8080:80", "0.0.0.0", 8080, 80},
		{"[::1]:8080:80", "::1", 8080, 80},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(GPtrArray) list =
			g_ptr_array_new_with_free_func((GDestroyNotify)publication_free);
		const struct publication *publication;

		g_assert_true(publication_parse(table[i].text, list, NULL));
		publication = list->pdata[0];
		g_assert_cmpstr(publication->address, ==, table[i].address);
		g_assert_cmpuint(publication->host_port, ==, table[i].host_port);
		g_assert_cmpuint(publication->port, ==, table[i].port);
	}
	refuse(publication_parse, malformed);
}

static void test_nearest(void)
{
	static const char *const names[] = {"harden", "trace", "why", NULL};

	g_assert_cmpstr(nearest_name("hardne", names), ==, "harden");
	g_assert_cmpstr(nearest_name("trce", names), ==, "trace");
	g_assert_null(nearest_name("frobnicate", names));
	g_assert_null(nearest_name("", names));
	g_assert_null(nearest_name("a-very-long-word-of-more-than-thirty-one-bytes", names));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/values/environment", test_environment);
	g_test_add_func("/values/volume", test_volume);
	g_test_add_func("/values/companion", test_companion);
	g_test_add_func("/values/run", test_run);
	g_test_add_func("/values/keep", test_keep);
	g_test_add_func("/values/size", test_size);
	g_test_add_func("/values/duration", test_duration);
	g_test_add_func("/values/publication", test_publication);
	g_test_add_func("/values/nearest", test_nearest);
	return g_test_run();
}
