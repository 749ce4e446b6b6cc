/* SPDX-License-Identifier: Apache-2.0 */
/* The order of versions, by the vectors of the systems' own documentation; that of dpkg also as
 * dpkg itself sees it, where it is installed. */
#include "evidence/version.h"

#include <string.h>

static int sign(int value)
{
	return (value > 0) - (value < 0);
}

/* Each text is one or more versions that are equal, separated by blanks; the texts are in
 * ascending order. */
static void assert_ascending(enum version_scheme scheme, const char *const *texts)
{
	g_autoptr(GPtrArray) versions = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GArray) ranks = g_array_new(FALSE, FALSE, sizeof(int));

	for (int rank = 0; texts[rank]; rank++) {
		g_auto(GStrv) equal = g_strsplit(texts[rank], " ", -1);

		for (char **version = equal; *version; version++) {
			g_ptr_array_add(versions, g_strdup(*version));
			g_array_append_val(ranks, rank);
		}
	}
	for (guint i = 0; i < versions->len; i++) {
		for (guint j = 0; j < versions->len; j++) {
			int order = 77,
			    want = g_array_index(ranks, int, i) - g_array_index(ranks, int, j);

			g_test_message("%s against %s", (char *)versions->pdata[i],
				       (char *)versions->pdata[j]);
			g_assert_true(version_compare(scheme, versions->pdata[i],
						      versions->pdata[j], &order));
			g_assert_cmpint(sign(order), ==, sign(want));
		}
	}
}

static void assert_none(enum version_scheme scheme, const char *const *texts)
{
	for (; *texts; texts++) {
		g_test_message("'%s'", *texts);
		g_assert_false(version_is_valid(scheme, *texts));
	}
}

/* --- dpkg ----------------------------------------------------------------------------------------
 */

static const char *const dpkg_ascending[] = {
	"0~ 0~0",
	"0 0-0 00",
	"0.9~~",
	"0.9~~a",
	"0.9~",
	"0.9",
	"0.9a",
	"0.9+",
	"0.10",
	"1~rc1-1",
	"1-0.1",
	"1-1~deb12u1",
	"1-1",
	"1-1+b1",
	"1-1+deb12u1",
	"1-1.1",
	"1-10",
	"1.0",
	"1.0-1 1.000-01",
	"1.0a",
	"1.0aa",
	"1.0b",
	"1.0+dfsg-1",
	"1.0.1",
	"1.1.1n-0+deb11u5",
	"1.1.1w-0+deb11u1",
	"3.0.9-1",
	"3.0.11-1~deb12u1",
	"3.0.11-1~deb12u2",
	"3.0.11-1",
	"99999999999999999999998",
	"99999999999999999999999",
	"1:0.1",
	"1:1-1-1",
	"2:0",
	NULL,
};

static void test_dpkg(void)
{
	static const char *const none[] = {"",   " ",  "1_2", "a:1",      ":1",
					   "1:", "1-", "1 2", "\xc3\xa4", NULL};

	assert_ascending(VERSION_DPKG, dpkg_ascending);
	assert_none(VERSION_DPKG, none);
}

/* Whether dpkg finds that @a is before @b. */
static bool dpkg_says_less(const char *a, const char *b)
{
	const char *argv[] = {"dpkg", "--compare-versions", a, "lt", b, NULL};
	int status;

	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL,
				   G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
				   NULL, NULL, &status, NULL));
	return g_spawn_check_wait_status(status, NULL);
}

/* A version that dpkg takes without a warning: random, but the same in each run. */
static char *random_version(GRand *random)
{
	static const char letters[] = "0123012~~+.ab0Z-";
	GString *text = g_string_new(NULL);
	int length = g_rand_int_range(random, 0, 6);

	g_string_append_printf(text, "%d", g_rand_int_range(random, 0, 3));
	for (int i = 0; i < length; i++)
		g_string_append_c(text, letters[g_rand_int_range(random, 0, sizeof(letters) - 1)]);
	if (text->str[text->len - 1] == '-')
		g_string_append_c(text, '1');
	return g_string_free(text, FALSE);
}

static void test_dpkg_itself(void)
{
	enum { PAIRS = 300 };
	g_autofree char *program = g_find_program_in_path("dpkg");
	GRand *random = g_rand_new_with_seed(1);

	if (!program) {
		g_rand_free(random);
		g_test_skip("dpkg is not installed");
		return;
	}
	for (int i = 0; i < PAIRS; i++) {
		g_autofree char *a = random_version(random), *b = random_version(random);
		int order;

		g_test_message("%s against %s", a, b);
		g_assert_true(version_compare(VERSION_DPKG, a, b, &order));
		g_assert_cmpint(order < 0, ==, dpkg_says_less(a, b));
	}
	g_rand_free(random);
}

/* --- others --------------------------------------------------------------------------------------
 */

/* apk-tools, test/version.data */
static void test_apk(void)
{
	static const char *const ascending[] = {"0.1.0_alpha_pre2",
						"0.1.0_alpha",
						"0.1.0_alpha1",
						"0.1.0_beta",
						"0.1.0_pre1",
						"0.1.0_rc2",
						"0.1.0 00.1.0",
						"0.1.0-r1",
						"0.1.0_git20100101",
						"0.1.0_p",
						"0.1.0_p1",
						"0.1.0a",
						"0.1.0b",
						"0.1.00",
						"0.1.01",
						"0.1.1",
						"0.1.10",
						"0.2",
						"1.0.3",
						"1.0.3-r1",
						"1.0.4",
						"1.2.11-r3",
						"1.2.12-r0",
						"1.2.12-r10",
						"1.36.1-r2",
						"1.36.1-r15",
						"20230506-r0",
						NULL};
	static const char *const none[] = {"",    "a",   "1.",    "1.a.2",  "1_foo",
					   "1-1", "1-r", "1.2ab", "1_p1.2", NULL};

	assert_ascending(VERSION_APK, ascending);
	assert_none(VERSION_APK, none);
}

/* semver.org, clause 11 */
static void test_semver(void)
{
	static const char *const ascending[] = {"1.0.0-alpha",
						"1.0.0-alpha.1",
						"1.0.0-alpha.beta",
						"1.0.0-beta",
						"1.0.0-beta.2",
						"1.0.0-beta.11",
						"1.0.0-rc.1",
						"1.0.0 v1.0.0 1 1.0 1.0.0+build.5",
						"1.0.1",
						"1.1.0",
						"2.0.0",
						"10.0.0",
						NULL};
	static const char *const none[] = {"",       "a",         "1.",       "1.2.3.4",
					   "1.0.0-", "1.0.0-a_b", "1.2.3rc1", NULL};
	static const char *const go[] = {"0.0.0-20190308221718-c2843e01d9a2",
					 "0.0.1",
					 "1.20.0-0",
					 "1.20rc1",
					 "1.20rc2",
					 "1.20",
					 "1.20.1",
					 "2.0.0+incompatible",
					 NULL};

	assert_ascending(VERSION_SEMVER, ascending);
	assert_none(VERSION_SEMVER, none);
	assert_ascending(VERSION_GO, go);
}

/* packaging.python.org, "Version specifiers": "Summary of permitted suffixes and relative
 * ordering", "Normalization" */
static void test_pep440(void)
{
	static const char *const ascending[] = {"1.dev0 1.DEV 1-dev_0",
						"1.0.dev456",
						"1.0a1 1.0.alpha-1 v1.0_a.1",
						"1.0a2.dev456",
						"1.0a12.dev456",
						"1.0a12",
						"1.0b1.dev456",
						"1.0b2",
						"1.0b2.post345.dev456",
						"1.0b2.post345",
						"1.0rc1.dev456",
						"1.0rc1 1.0c1 1.0-preview1 1.0pre1",
						"1.0 1 1.0.0 01.0",
						"1.0+abc.5",
						"1.0+abc.7",
						"1.0+5",
						"1.0.post456.dev34",
						"1.0.post456 1.0-456 1.0rev456 1.0.r456",
						"1.0.15",
						"1.1.dev1",
						"1.1",
						"2023.12.1",
						"1!0.1",
						NULL};
	static const char *const none[] = {
		"", "a", "1.0-", "1.0+", "1.0+a..b", "1.0x", "french toast", "1.0a1a2", NULL};

	assert_ascending(VERSION_PEP440, ascending);
	assert_none(VERSION_PEP440, none);
}

/* maven.apache.org/pom.html, "Version Order Specification" */
static void test_maven(void)
{
	static const char *const ascending[] = {"1-alpha",
						"1-a1 1-alpha-1",
						"1-beta",
						"1-milestone",
						"1-rc 1-cr",
						"1-SNAPSHOT",
						"1 1.0 1.0.0 1.ga 1-ga 1-0 1-final 1.",
						"1-sp",
						"1-sp-1",
						"1-sp.1",
						"1-foo 1.foo",
						"1-foo2",
						"1-foo10",
						"1-1 1-ga-1",
						"1.0.1",
						"1.1",
						"2.0.1-xyz",
						"2.0.1-123",
						"2.14.1",
						"2.15.0",
						"32.1.1-android",
						"32.1.1-jre",
						NULL};

	assert_ascending(VERSION_MAVEN, ascending);
}

/* rubygems, test_gem_version.rb */
static void test_gem(void)
{
	static const char *const ascending[] = {"1.0.0.a",
						"1.0.0.b2",
						"1.0.0.pre 1.0.0-0 1.0.0.pre.0",
						"1.0.0-1 1.0.0.pre.1",
						"1.0.0.rc1",
						"1 1.0 1.0.0",
						"1.0.1",
						"1.8.2.a9",
						"1.8.2.b",
						"1.8.2",
						"1.9.a",
						"1.9",
						"1.10",
						"5.a",
						"5.0.0.rc2 5.rc2",
						"5.x",
						"5",
						NULL};
	static const char *const none[] = {"", "junk", "1.2_3", "$", NULL};

	assert_ascending(VERSION_GEM, ascending);
	assert_none(VERSION_GEM, none);
}

/* rpm, tests/rpmvercmp.at */
static void test_rpm(void)
{
	static const char *const ascending[] = {"1.0~rc1-1",
						"1.0~rc1^git1-1",
						"1.0~rc2-1",
						"1.0-1 1.0-01 0:1.0-1",
						"1.0^-1",
						"1.0^git1~pre-1",
						"1.0^git1-1",
						"1.0^git2-1",
						"1.0.1-1",
						"1.0.1^git1-1",
						"1.1.a-1 1.1a-1",
						"1.1.b-1",
						"1.1.1k-9.el8_6",
						"1.1.1k-9.el8_7",
						"1.1.1k-12.el8_9",
						"2.0-1",
						"2.0.1-1",
						"5.5p1-1",
						"5.5p2-1",
						"5.5p10-1",
						"6.0-1",
						"6.0.rc1-1",
						"10.0001-1 10.1-1",
						"20101121-1",
						"1:0.1-1",
						NULL};
	static const char *const none[] = {"", "a:1", ":1", "1-", "-1", "1:", "1/2", NULL};

	assert_ascending(VERSION_RPM, ascending);
	assert_none(VERSION_RPM, none);
}

/* composer/semver, VersionParserTest and ComparatorTest */
static void test_composer(void)
{
	static const char *const ascending[] = {"1.0.0-dev 1.0dev",
						"1.0.0-alpha",
						"1.0.0-alpha1 v1.0a1",
						"1.0.0-alpha2.1",
						"1.0-beta",
						"1.0b1",
						"1.0.0-beta2-dev",
						"1.0.0_beta2",
						"1.0.0RC1 1.0-rc1",
						"1.0.0 v1 1.0.0.0 1.0-stable 1.0.0+build",
						"1.0.0-p1 1.0-patch1 1.0pl1",
						"1.0.0.1",
						"1.10",
						"5.4.31",
						"6.0",
						"20100102",
						NULL};
	static const char *const none[] = {"",       "dev-main",  "1.x-dev", "1.0.0.0.1",
					   "1.0foo", "1.0-beta-", "a",       NULL};

	assert_ascending(VERSION_COMPOSER, ascending);
	assert_none(VERSION_COMPOSER, none);
}

static void test_long(void)
{
	g_autofree char *most = g_strnfill(VERSION_MAX_BYTES, '1');
	g_autofree char *more = g_strnfill(VERSION_MAX_BYTES + 1, '1');
	g_autofree char *dots = g_strnfill(VERSION_MAX_BYTES, '1');
	static const enum version_scheme all[] = {VERSION_DPKG,   VERSION_APK,   VERSION_SEMVER,
						  VERSION_PEP440, VERSION_MAVEN, VERSION_GEM};

	for (gsize i = 1; i < VERSION_MAX_BYTES - 1; i += 2)
		dots[i] = '.';
	for (gsize i = 0; i < G_N_ELEMENTS(all); i++) {
		int order;

		g_assert_true(version_is_valid(all[i], most));
		g_assert_false(version_is_valid(all[i], more));
		if (all[i] != VERSION_SEMVER)
			g_assert_true(version_compare(all[i], dots, dots, &order) && order == 0);
	}
	g_assert_false(version_is_valid(VERSION_UNORDERED, "1"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/version/dpkg", test_dpkg);
	g_test_add_func("/version/dpkg/itself", test_dpkg_itself);
	g_test_add_func("/version/apk", test_apk);
	g_test_add_func("/version/semver", test_semver);
	g_test_add_func("/version/pep440", test_pep440);
	g_test_add_func("/version/maven", test_maven);
	g_test_add_func("/version/gem", test_gem);
	g_test_add_func("/version/rpm", test_rpm);
	g_test_add_func("/version/composer", test_composer);
	g_test_add_func("/version/long", test_long);
	return g_test_run();
}
