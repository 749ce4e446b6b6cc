/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/expression.h"
#include "plan/glob.h"

#include <string.h>

/* By another hand: PCRE. */
static bool matches(const char *expression, const char *text)
{
	g_autoptr(GRegex) regex =
		g_regex_new(expression, G_REGEX_RAW | G_REGEX_DOLLAR_ENDONLY, 0, NULL);

	g_assert_nonnull(regex);
	return g_regex_match(regex, text, 0, NULL);
}

static const char *const known[] = {
	"^[0-9]+$",
	"^[[:digit:]]+$",
	"^[0-9]{1,5}$",
	"^-?[0-9]+$",
	"[0-9]",
	"^[a-z]+$",
	"^[a-z0-9_-]+$",
	"^[A-Z_]*$",
	"^https?://",
	"\\.ya?ml$",
	"^(on|off)$",
	"^v?[0-9]+\\.[0-9]+$",
	"^.+@.+$",
	"^[^:]+:[0-9]+$",
	"^/",
	"a|b",
	"^((25|1)[0-9]\\.)?x$",
	"^[]a-]+$",
	"^[^]]$",
	"^\\$\\{x\\}$",
	"^[[:alnum:]_.]+$",
	"^.{3,}$",
	"^a(bc)+$",
	"^[!^]x$",
	"^0x[[:xdigit:]]{4}$",
};

/* A sample matches; two samples differ where that can be. */
static void test_samples(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
		struct expression *expression = expression_new(known[i]);

		g_assert_nonnull(expression);
		for (guint seed = 0; seed < 50; seed++) {
			g_autofree char *sample = expression_sample(expression, seed);

			if (!matches(known[i], sample))
				g_error("%s: `%s`", known[i], sample);
		}
		expression_unref(expression);
	}
}

static void expect_sample(const char *text, guint seed, const char *want)
{
	struct expression *expression = expression_new(text);
	g_autofree char *sample = expression_sample(expression, seed);

	g_assert_cmpstr(sample, ==, want);
	expression_unref(expression);
}

static void test_sample_is_unusual(void)
{
	g_autofree char *samples[20];
	struct expression *expression = expression_new("^[0-9]+$");

	for (guint i = 0; i < G_N_ELEMENTS(samples); i++) {
		samples[i] = expression_sample(expression, i);
		g_assert_cmpuint(strlen(samples[i]), ==, 5);
		g_assert_null(strchr(samples[i], '0'));
		for (guint j = 0; i < 9 && j < i; j++)
			g_assert_cmpstr(samples[i], !=, samples[j]);
	}
	for (guint i = 1; i < G_N_ELEMENTS(samples); i++)
		g_free(samples[i]);
	expression_unref(expression);
	expect_sample("^(yes|no)$", 3, "yes");
	expect_sample("^0+$", 3, "00000");
}

/* What the globs say is what the expression says, for texts of a small alphabet. */
static bool globs_say(const GPtrArray *globs, const char *text)
{
	for (guint i = 0; i < globs->len; i++)
		if (plan_glob_match(globs->pdata[i], text))
			return true;
	return false;
}

static void check_globs(const char *expression, const GPtrArray *globs)
{
	static const char alphabet[] = "a0Z-:/.]!";
	enum { SIGNS = sizeof(alphabet) - 1 };
	bool first = true, opposite = false;

	for (guint length = 1, count = SIGNS; length <= 4; length++, count *= SIGNS) {
		for (guint number = 0; number < count; number++) {
			char text[8] = "";

			for (guint i = 0, left = number; i < length; i++, left /= SIGNS)
				text[i] = alphabet[left % SIGNS];
			bool said = globs_say(globs, text), right = matches(expression, text);

			if (first)
				opposite = said != right;
			first = false;
			if ((said != right) != opposite)
				g_error("%s: `%s` and %s", expression, text,
					(char *)globs->pdata[0]);
		}
	}
}

static void test_globs(void)
{
	static const char *const expressible[] = {
		"^[0-9]+$", "^[a-z0-9_-]+$", "^[^:]+$",   "^[]a-]+$", "^a",      "0$",
		"-",        "^[0-9][0-9]$",  "^/.*[.]a$", "^a?:0$",   "^(a|0)$", "^[^]]$",
		"^[!a]$",   "[0-9]",         "^...$",     "^[!^]+$",  "^[a.-]$", "^.+$",
	};
	static const char *const not [] = {"^-?[0-9]+$", "^[a-z]+:[0-9]+$", "^x[0-9]+$", "^(ab)+$",
					   "^[0-9]{1,3}$"};

	for (gsize i = 0; i < G_N_ELEMENTS(expressible); i++) {
		struct expression *expression = expression_new(expressible[i]);

		g_assert_nonnull(expression);
		g_autoptr(GPtrArray) globs = expression_globs(expression);

		g_assert_nonnull(globs);
		for (guint j = 0; j < globs->len; j++)
			g_assert_true(plan_glob_is_valid(globs->pdata[j]));
		check_globs(expressible[i], globs);
		expression_unref(expression);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(not ); i++) {
		struct expression *expression = expression_new(not [i]);

		g_assert_nonnull(expression);
		g_assert_null(expression_globs(expression));
		expression_unref(expression);
	}
}

static void test_basic_and_globs(void)
{
	struct expression *basic = expression_new_basic("^[0-9]\\{4\\}+$");
	struct expression *glob = expression_new_glob("v[0-9]*.?");
	g_autofree char *sample = expression_sample(basic, 1);
	g_autofree char *other = expression_sample(glob, 1);

	g_assert_cmpuint(strlen(sample), ==, 5);
	g_assert_cmpint(sample[4], ==, '+');
	g_assert_true(plan_glob_match("v[0-9]*.?", other));
	expression_unref(basic);
	expression_unref(glob);
}

static void test_unknown(void)
{
	static const char *const unknown[] = {
		"",
		"^$",
		"(",
		"(a",
		"a)",
		"[",
		"[a",
		"a{",
		"a{2",
		"a{3,2}",
		"a{99}",
		"\\d+",
		"\\w",
		"a\\",
		"^a|b$",
		"*a",
		"a**",
		"((((((a))))))",
		"(a|b|c)(a|b|c)(a|b|c)",
		"a{x}",
		"x^y",
		"$a",
	};
	g_autofree char *long_one = g_strnfill(300, 'a');

	for (gsize i = 0; i < G_N_ELEMENTS(unknown); i++) {
		struct expression *expression = expression_new(unknown[i]);

		if (expression)
			g_error("`%s` is taken", unknown[i]);
	}
	g_assert_null(expression_new(long_one));
	g_assert_null(expression_new_glob("[a"));
	expression_unref(NULL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/expression/samples", test_samples);
	g_test_add_func("/expression/sample-is-unusual", test_sample_is_unusual);
	g_test_add_func("/expression/globs", test_globs);
	g_test_add_func("/expression/basic-and-globs", test_basic_and_globs);
	g_test_add_func("/expression/unknown", test_unknown);
	return g_test_run();
}
