/* SPDX-License-Identifier: Apache-2.0 */
#include "base/scanner.h"

#include <string.h>
#include <time.h>

/* Each found pattern as "ID@OFFSET ". */
static bool note(guint id, size_t offset, void *user)
{
	g_string_append_printf(user, "%u@%zu ", id, offset);
	return true;
}

static bool stop(guint id, size_t offset, void *user)
{
	(void)id;
	(void)offset;
	return ++*(guint *)user < 2;
}

static void test_places(void)
{
	static const struct {
		const char *data, *want;
	} table[] = {
		{"", ""},
		{"hunte", ""},
		{"hunter", "1@0 "},
		{"hunter2", "2@0 1@0 "},
		{"xhunter2", "2@1 1@1 "},
		{"hunhunter2", "2@3 1@3 "},
		{"hunterhunter", "1@0 1@6 "},
		{"aaaaaaaa", "3@0 3@1 3@2 "},
		{"secret", ""},
		{"hunte r2", ""},
		{"HUNTER", ""},
	};
	autoscanner struct scanner *scanner = scanner_new();

	scanner_add(scanner, "hunter", 6, 1);
	scanner_add(scanner, "hunter2", 7, 2);
	scanner_add(scanner, "hunter", 6, 1);
	scanner_add(scanner, "aaaaaa", 6, 3);
	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(GString) got = g_string_new(NULL);

		g_assert_true(
			scanner_scan(scanner, table[i].data, strlen(table[i].data), note, got));
		g_assert_cmpstr(got->str, ==, table[i].want);
	}
}

/* Every pattern at every place, in bytes that hold all values. */
static void test_everywhere(void)
{
	enum { SIZE = 300, PATTERNS = 40 };
	g_autoptr(GRand) random = g_rand_new_with_seed(12);
	autoscanner struct scanner *scanner = scanner_new();
	guint8 patterns[PATTERNS][16], data[SIZE];

	for (guint i = 0; i < PATTERNS; i++) {
		for (guint j = 0; j < 16; j++)
			patterns[i][j] = (guint8)g_rand_int(random);
		scanner_add(scanner, patterns[i], 6 + i % 11, i);
	}
	for (guint i = 0; i < PATTERNS; i++) {
		for (gsize at = 0; at + 6 + i % 11 <= SIZE; at++) {
			g_autoptr(GString) got = g_string_new(NULL);
			g_autofree char *want = g_strdup_printf("%u@%zu ", i, at);

			memset(data, 'x', SIZE);
			memcpy(data + at, patterns[i], 6 + i % 11);
			g_assert_true(scanner_scan(scanner, data, SIZE, note, got));
			g_assert_cmpstr(got->str, ==, want);
		}
	}
}

static void test_long(void)
{
	autoscanner struct scanner *scanner = scanner_new();
	g_autoptr(GString) got = g_string_new(NULL);
	char pattern[200];

	for (gsize i = 0; i < sizeof(pattern); i++)
		pattern[i] = (char)('!' + i % 90);
	scanner_add(scanner, pattern, sizeof(pattern), 7);
	g_assert_true(scanner_scan(scanner, pattern, sizeof(pattern), note, got));
	g_assert_cmpstr(got->str, ==, "7@68 ");
	/* the middle is not there */
	g_assert_true(scanner_scan(scanner, pattern, 100, note, got));
	g_assert_cmpstr(got->str, ==, "7@68 ");
}

static void test_stops(void)
{
	autoscanner struct scanner *scanner = scanner_new();
	guint count = 0;

	g_assert_true(scanner_is_empty(scanner));
	g_assert_true(scanner_scan(scanner, "anything", 8, stop, &count));
	scanner_add(scanner, "aaaaaa", 6, 0);
	g_assert_false(scanner_is_empty(scanner));
	g_assert_false(scanner_scan(scanner, "aaaaaaaaaa", 10, stop, &count));
	g_assert_cmpuint(count, ==, 2);
}

/* What repeats the start of many patterns costs no more than linear time. */
static void test_hostile(void)
{
	enum { SIZE = 4 << 20, PATTERNS = 32 };
	autoscanner struct scanner *scanner = scanner_new();
	g_autofree char *data = g_malloc(SIZE);
	clock_t started;

	for (guint i = 0; i < PATTERNS; i++) {
		char pattern[SCANNER_MAX_BYTES];

		memset(pattern, 'a', sizeof(pattern));
		pattern[sizeof(pattern) - 1] = (char)('A' + i % 26);
		pattern[sizeof(pattern) - 2] = (char)('A' + i / 26);
		scanner_add(scanner, pattern, sizeof(pattern), i);
	}
	memset(data, 'a', SIZE);
	started = clock();
	g_assert_true(scanner_scan(scanner, data, SIZE, note, NULL));
	/* 0.3 s of the processor at most; a quadratic one takes hours */
	g_assert_cmpint(clock() - started, <, 20 * CLOCKS_PER_SEC);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/scanner/places", test_places);
	g_test_add_func("/scanner/everywhere", test_everywhere);
	g_test_add_func("/scanner/long", test_long);
	g_test_add_func("/scanner/stops", test_stops);
	g_test_add_func("/scanner/hostile", test_hostile);
	return g_test_run();
}
