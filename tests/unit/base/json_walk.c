/* SPDX-License-Identifier: Apache-2.0 */
/* Where values of JSON texts begin and end, and texts that are none. */
#include "base/json_walk.h"

#include "base/error.h"

#include <string.h>

static bool collect(const char *key, const struct json_span *value, void *user, GError **error)
{
	GString *text = user;

	(void)error;
	g_string_append_printf(text, "%s%s%.*s", key ? key : "", key ? "=" : "",
			       (int)value->size_bytes, value->text);
	g_string_append_c(text, ';');
	return true;
}

/* All values of @text one after the other, and the members of each, as text. */
static char *walked(const char *bytes, size_t size_bytes, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) failure = NULL;
	struct json_walk walk;
	struct json_span value;

	if (!json_walk_init(&walk, bytes, size_bytes, error))
		return NULL;
	while (json_walk_next(&walk, &value, &failure)) {
		g_assert_cmpuint(value.offset, ==, (size_t)(value.text - bytes));
		if (!json_walk_each(&value, collect, text, error))
			return NULL;
		g_string_append_c(text, '|');
	}
	if (failure) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return NULL;
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static void test_values(void)
{
	static const struct {
		const char *text, *want;
	} table[] = {
		{"", ""},
		{" \n", ""},
		{"1", "|"},
		{"[]", "|"},
		{" [ ] { } ", "||"},
		{"[1, \"a]\\\"\" ,[2,[3]],{\"x\":[]} ]", "1;\"a]\\\"\";[2,[3]];{\"x\":[]};|"},
		{"{\"a\":1,\"b\\u0063\" : {\"}\":null}}{\"c\":true}",
		 "a=1;bc={\"}\":null};|c=true;|"},
		{"{\"\":-1e5}", "=-1e5;|"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *text = walked(table[i].text, strlen(table[i].text), &error);

		g_test_message("%s", table[i].text);
		g_assert_no_error(error);
		g_assert_cmpstr(text, ==, table[i].want);
	}
}

static void test_malformed(void)
{
	static const struct {
		const char *text;
		size_t size_bytes;
		const char *what;
	} table[] = {
		{"[1", 2, "bracket without an end"},
		{"[1}", 3, "closes another"},
		{"]", 1, "no value"},
		{"[1 2]", 5, "no comma"},
		{"[1,]", 4, "nothing follows"},
		{"[,1]", 4, "no value"},
		{"{1:2}", 5, "no key"},
		{"{\"a\"}", 5, "no colon"},
		{"{\"a\":}", 6, "no value"},
		{"{\"a\" 1}", 7, "no colon"},
		{"{\"\\u12\":1}", 10, "a key that is no string"},
		{"[\"a]", 4, "string without an end"},
		{"[\"a\\", 4, "string without an end"},
		{"[\"\n\"]", 5, "control character"},
		{"[\"\xff\"]", 5, "no UTF-8 at offset 2"},
		{"[\"\0\"]", 5, "a NUL byte at offset 2"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *text = walked(table[i].text, table[i].size_bytes, &error);

		g_test_message("%s", table[i].text);
		g_assert_null(text);
		g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
		g_assert_nonnull(strstr(error->message, table[i].what));
	}
}

static void test_depth(void)
{
	for (int depth = JSON_WALK_DEPTH_MAX; depth <= JSON_WALK_DEPTH_MAX + 1; depth++) {
		g_autofree char *open = g_strnfill((gsize)depth, '[');
		g_autofree char *close = g_strnfill((gsize)depth, ']');
		g_autofree char *text = g_strconcat(open, close, NULL);
		g_autoptr(GError) error = NULL;
		g_autofree char *found = walked(text, strlen(text), &error);

		g_assert_true((found != NULL) == (depth == JSON_WALK_DEPTH_MAX));
		if (!found)
			g_assert_nonnull(strstr(error->message, "nested too deep at offset 64"));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/json-walk/values", test_values);
	g_test_add_func("/json-walk/malformed", test_malformed);
	g_test_add_func("/json-walk/depth", test_depth);
	return g_test_run();
}
