/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/secret_forms.h"

#include <string.h>

enum { PLAIN = 1, ENCODED = 0 };

static bool count(guint id, size_t offset, void *user)
{
	(void)offset;
	((guint *)user)[id]++;
	return true;
}

/* How often: encoded and plain. */
static void search(const char *secret, const char *text, guint found[2])
{
	autoscanner struct scanner *scanner = scanner_new();

	found[PLAIN] = found[ENCODED] = 0;
	secret_forms_add(scanner, secret, strlen(secret), PLAIN, ENCODED);
	scanner_scan(scanner, text, strlen(text), count, found);
}

static void test_written(void)
{
	static const struct {
		const char *secret, *text;
		bool found;
	} table[] = {
		{"hunter2/x", "the hunter2/x!", true},
		{"hunter2/x", "the hunter2-x!", false},
		{"hunter2/x", "hunter2\\/x", true},
		{"hunter2/x\r\n", "hunter2/x", true},
		/* RFC 4648: behind nothing, one and two bytes; and before others */
		{"hunter2/x", "aHVudGVyMi94", true},
		{"hunter2/x", "YWh1bnRlcjIveA==", true},
		{"hunter2/x", "YWFodW50ZXIyL3g=", true},
		{"hunter2/x", "YWFodW50ZXIyL3hhYWE=", true},
		{"hunter2/x", "aHVudGVyM", false},
		{"\xff\xfe\xff\xfb\xf0\xff", "//7/+/D/", true},
		{"\xff\xfe\xff\xfb\xf0\xff", "__7_-_D_", true},
		{"\xff\xfe\xff\xfb\xf0\xff", "__7/-_D_", false},
		{"hunter2/x", "68756e746572322f78", true},
		{"hunter2/x", "68756E746572322F78", true},
		{"hunter2/x", "68756E746572322f78", false},
		{"hunter2/x", "hunter2%2Fx", true},
		{"hunter2/x", "hunter2%2fx", true},
		{"p w'~*/&+", "p+w%27~%2A%2F%26%2B", true},
		{"p w'~*/&+", "p%20w'~*%2F%26%2B", true},
		{"p w'~*/&+", "p%20w'~*/&+", true},
		{"p w'~*/&+", "p+w%27%7E*%2F%26%2B", true},
		{"a\"b\\cdef", "a\\\"b\\\\cdef", true},
		{"a\"b\\cdef", "a\\\\\\\"b\\\\\\\\cdef", true},
		{"a\"b%cdef", "/tmp/a\\\"b%25cdef", true},
		{"abc\xff"
		 "defg",
		 "/tmp/abc\xef\xbf\xbd"
		 "FFdefg",
		 true},
		{"abc\xff"
		 "defg",
		 "/tmp/abc%FFdefg", true},
		{"line 1\nline 2", "line 1\\nline 2", true},
		{"line 1\nline 2", "line 1\\x0aline 2", true},
		{"-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END KEY-----",
		 "\"MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\"", true},
		{"-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END KEY-----",
		 "-----BEGIN KEY-----", false},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		guint found[2];

		search(table[i].secret, table[i].text, found);
		g_test_message("%s in %s", table[i].secret, table[i].text);
		g_assert_cmpint(found[PLAIN] + found[ENCODED] > 0, ==, table[i].found);
	}
}

/* Every alignment of values of every length, in both alphabets. */
static void test_base64(void)
{
	static const char bytes[] = "\xfb\xef\xbe ~\x7f?>p\x9dq\x01\x02\xff\xfe\xfd\xfc\xfb\xfa";

	for (gsize size = 6; size < sizeof(bytes); size++) {
		g_autofree char *secret = g_strndup(bytes, size);

		for (gsize before = 0; before < 6; before++) {
			g_autofree char *whole =
				g_strdup_printf("%.*s%s%s", (int)before, "beforx", secret, "end");
			g_autofree char *text =
				g_base64_encode((const guchar *)whole, strlen(whole));
			guint found[2];

			search(secret, text, found);
			g_assert_cmpuint(found[ENCODED], >, 0);
			g_strdelimit(text, "+", '-');
			g_strdelimit(text, "/", '_');
			search(secret, text, found);
			g_assert_cmpuint(found[ENCODED], >, 0);
		}
	}
}

/* Encoded, and folded at 64 and at 76. */
static void test_folded(void)
{
	static const gsize widths[] = {64, 76};
	char secret[301] = "";

	for (gsize i = 0; i < sizeof(secret) - 1; i++)
		secret[i] = (char)('!' + (i * 31 + i / 90) % 90);
	for (gsize shift = 0; shift < 80; shift++) {
		for (gsize w = 0; w < G_N_ELEMENTS(widths); w++) {
			g_autofree char *padding = g_strnfill(shift, 'p');
			g_autofree char *whole = g_strconcat(padding, secret, "tail", NULL);
			g_autofree char *text =
				g_base64_encode((const guchar *)whole, strlen(whole));
			g_autoptr(GString) folded = g_string_new(text);
			guint found[2];

			for (gsize at = widths[w]; at < folded->len; at += widths[w] + 1)
				g_string_insert_c(folded, (gssize)at, '\n');
			search(secret, folded->str, found);
			g_assert_cmpuint(found[ENCODED], >, 0);
		}
	}
}

static void test_trimmed(void)
{
	g_assert_cmpuint(secret_trimmed_bytes("abc\r\n\n", 6), ==, 3);
	g_assert_cmpuint(secret_trimmed_bytes("\n\n", 2), ==, 0);
	g_assert_cmpuint(secret_trimmed_bytes("a\nb", 3), ==, 3);
	g_assert_cmpuint(secret_trimmed_bytes("", 0), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/secret-forms/written", test_written);
	g_test_add_func("/secret-forms/base64", test_base64);
	g_test_add_func("/secret-forms/folded", test_folded);
	g_test_add_func("/secret-forms/trimmed", test_trimmed);
	return g_test_run();
}
