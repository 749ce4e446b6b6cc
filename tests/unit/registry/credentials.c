/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/credentials.h"

#include "base/error.h"
#include "base/fd.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* "auth" is base64: user:password, u:p. */
#define AUTH_UP   "dTpw"
#define AUTH_LONG "dXNlcjpwYXNzOndvcmQ=" /* user:pass:word */

static void test_entries(void)
{
	static const struct {
		const char *file, *host, *repository;
		const char *user, *password, *identity, *bearer, *helper;
	} table[] = {
		{"{\"auths\":{\"r.example\":{\"auth\":\"" AUTH_UP "\"}}}", "r.example", "a", "u",
		 "p", NULL, NULL, NULL},
		{"{\"auths\":{\"https://r.example/v2/\":{\"auth\":\"" AUTH_LONG "\"}}}",
		 "r.example", "a", "user", "pass:word", NULL, NULL, NULL},
		{"{\"auths\":{\"https://index.docker.io/v1/\":{\"auth\":\"" AUTH_UP "\"}}}",
		 "docker.io", "library/a", "u", "p", NULL, NULL, NULL},
		/* the most specific one */
		{"{\"auths\":{\"r.example\":{\"auth\":\"" AUTH_LONG
		 "\"},\"r.example/team\":{\"auth\":\"" AUTH_UP "\"}}}",
		 "r.example", "team/app", "u", "p", NULL, NULL, NULL},
		{"{\"auths\":{\"r.example/team\":{\"auth\":\"" AUTH_UP "\"}}}", "r.example",
		 "teams/app", NULL, NULL, NULL, NULL, NULL},
		{"{\"auths\":{\"r.example:5000\":{\"auth\":\"" AUTH_UP "\"}}}", "r.example", "a",
		 NULL, NULL, NULL, NULL, NULL},
		{"{\"auths\":{\"r\":{\"username\":\"u\",\"password\":\"p\"}}}", "r", "a", "u", "p",
		 NULL, NULL, NULL},
		{"{\"auths\":{\"r\":{\"auth\":\"" AUTH_UP "\",\"identitytoken\":\"t\"}}}", "r", "a",
		 NULL, NULL, "t", NULL, NULL},
		{"{\"auths\":{\"r\":{\"registrytoken\":\"t\"}}}", "r", "a", NULL, NULL, NULL, "t",
		 NULL},
		/* helpers: of the host first, of all last */
		{"{\"auths\":{\"r\":{\"auth\":\"" AUTH_UP "\"}},\"credHelpers\":{\"r\":\"x\"}}",
		 "r", "a", NULL, NULL, NULL, NULL, "x"},
		{"{\"auths\":{\"r\":{\"auth\":\"" AUTH_UP "\"}},\"credsStore\":\"x\"}", "r", "a",
		 "u", "p", NULL, NULL, NULL},
		{"{\"auths\":{\"r\":{}},\"credsStore\":\"x\"}", "r", "a", NULL, NULL, NULL, NULL,
		 "x"},
		{"{}", "r", "a", NULL, NULL, NULL, NULL, NULL},
		{"{\"auths\":[]}", "r", "a", NULL, NULL, NULL, NULL, NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(GError) error = NULL;
		autocredential struct credential got = {0};
		g_autofree char *helper = NULL;

		g_test_message("%s", table[i].file);
		g_assert_true(credential_parse(table[i].file, strlen(table[i].file), "f",
					       table[i].host, table[i].repository, &got, &helper,
					       &error));
		g_assert_no_error(error);
		g_assert_cmpstr(got.user, ==, table[i].user);
		g_assert_cmpstr(got.password, ==, table[i].password);
		g_assert_cmpstr(got.identity_token, ==, table[i].identity);
		g_assert_cmpstr(got.registry_token, ==, table[i].bearer);
		g_assert_cmpstr(helper, ==, table[i].helper);
	}
}

/* And no error quotes what stands in the file. */
static void test_refused(void)
{
	static const char *const table[] = {
		"",
		"[]",
		"{\"auths\":{\"r\":{\"auth\":\"s3cret",
		"{\"auths\":{\"r\":{\"auth\":\"czNjcmV0\"}}}",     /* s3cret, no colon */
		"{\"auths\":{\"r\":{\"auth\":\"dTpzM2NyZXQK\"}}}", /* u:s3cret, a newline */
		"{\"auths\":{\"r\":{\"identitytoken\":\"s3cret\\u0001\"}}}",
		"{\"credHelpers\":{\"r\":\"../s3cret\"}}",
		"{\"credHelpers\":{\"r\":\"a b\"}}",
		"{\"credsStore\":\"/bin/sh\"}",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(GError) error = NULL;
		autocredential struct credential got = {0};
		g_autofree char *helper = NULL;

		g_test_message("%s", table[i]);
		g_assert_false(credential_parse(table[i], strlen(table[i]), "f", "r", "a", &got,
						&helper, &error));
		g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
		g_assert_null(strstr(error->message, "s3cret"));
		g_assert_null(strstr(error->message, "czNjcmV0"));
		g_assert_null(helper);
	}
}

static void test_helper_answers(void)
{
	static const struct {
		const char *text, *user, *password, *identity;
	} table[] = {
		{"{\"ServerURL\":\"r\",\"Username\":\"u\",\"Secret\":\"p\"}", "u", "p", NULL},
		{"{\"Username\":\"<token>\",\"Secret\":\"t\"}", NULL, NULL, "t"},
		{"{\"Username\":\"u\"}", NULL, NULL, NULL},
		{"credentials not found in native keychain", NULL, NULL, NULL},
		{"{\"Username\":\"u\\n\",\"Secret\":\"p\"}", NULL, NULL, NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		autocredential struct credential got = {0};
		bool ok = credential_parse_helper(table[i].text, strlen(table[i].text), &got, NULL);

		g_assert_cmpint(ok, ==, table[i].user || table[i].identity);
		g_assert_cmpstr(got.user, ==, table[i].user);
		g_assert_cmpstr(got.password, ==, table[i].password);
		g_assert_cmpstr(got.identity_token, ==, table[i].identity);
	}
}

static void write_file(const char *directory, const char *name, const char *text, int mode)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);
	g_autofree char *above = g_path_get_dirname(path);

	g_assert_cmpint(g_mkdir_with_parents(above, 0700), ==, 0);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	g_assert_cmpint(g_chmod(path, mode), ==, 0);
}

/* Which file answers: the one that is named alone; else podman's before docker's. */
static void test_files(void)
{
	g_autofree char *directory = g_dir_make_tmp("credentials-XXXXXX", NULL);
	g_autofree char *named = g_build_filename(directory, "named.json", NULL);
	g_autofree char *docker = g_build_filename(directory, "docker", NULL);
	g_autoptr(GError) error = NULL;
	autocredential struct credential a = {0}, b = {0}, c = {0}, d = {0};

	write_file(directory, "named.json", "{}", 0600);
	write_file(directory, "containers/auth.json",
		   "{\"auths\":{\"one\":{\"auth\":\"" AUTH_UP "\"}}}", 0600);
	write_file(directory, "docker/config.json",
		   "{\"auths\":{\"one\":{\"auth\":\"" AUTH_LONG "\"},\"two\":{\"auth\":\"" AUTH_LONG
		   "\"}}}",
		   0600);
	g_setenv("XDG_RUNTIME_DIR", directory, TRUE);
	g_setenv("XDG_CONFIG_HOME", "/nonexistent", TRUE);
	g_setenv("DOCKER_CONFIG", docker, TRUE);
	g_unsetenv("REGISTRY_AUTH_FILE");
	g_assert_true(credential_find(NULL, "one", "x", &a, NULL));
	g_assert_cmpstr(a.user, ==, "u");
	g_assert_true(credential_find(NULL, "two", "x", &b, NULL));
	g_assert_cmpstr(b.user, ==, "user");
	g_assert_true(credential_find(named, "one", "x", &c, NULL));
	g_assert_null(c.user);
	g_setenv("REGISTRY_AUTH_FILE", "/nonexistent/auth.json", TRUE);
	g_assert_false(credential_find(NULL, "one", "x", &d, &error));
	g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
	g_unsetenv("REGISTRY_AUTH_FILE");
	g_assert_true(fd_remove_tree(AT_FDCWD, directory, NULL));
}

static void test_helper(void)
{
	g_autofree char *directory = g_dir_make_tmp("helper-XXXXXX", NULL);
	g_autofree char *path = g_strconcat(directory, ":", g_getenv("PATH"), NULL);
	autocredential struct credential good = {0}, none = {0}, bad = {0};
	g_autoptr(GError) error = NULL;

	write_file(directory, "docker-credential-good",
		   "#!/bin/sh\n[ \"$1\" = get ] || exit 2\nread -r host\n"
		   "echo \"{\\\"Username\\\":\\\"u\\\",\\\"Secret\\\":\\\"for-$host\\\"}\"\n",
		   0755);
	write_file(directory, "docker-credential-none",
		   "#!/bin/sh\necho credentials not found in native keychain\nexit 1\n", 0755);
	write_file(directory, "docker-credential-loud",
		   "#!/bin/sh\nwhile :; do echo s3cret; done\n", 0755);
	g_setenv("PATH", path, TRUE);
	g_assert_true(credential_ask_helper("good", "r.example", &good, NULL));
	g_assert_cmpstr(good.password, ==, "for-r.example");
	g_assert_true(credential_ask_helper("none", "r.example", &none, NULL));
	g_assert_null(none.user);
	g_assert_false(credential_ask_helper("loud", "r.example", &bad, &error));
	g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
	g_assert_nonnull(strstr(error->message, "64 KiB"));
	g_clear_error(&error);
	g_assert_false(credential_ask_helper("not-there", "r.example", &bad, &error));
	g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
	g_assert_true(fd_remove_tree(AT_FDCWD, directory, NULL));
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN); /* as thresh does: a helper need not read its input */
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/registry/credentials/entries", test_entries);
	g_test_add_func("/registry/credentials/refused", test_refused);
	g_test_add_func("/registry/credentials/helper-answers", test_helper_answers);
	g_test_add_func("/registry/credentials/files", test_files);
	g_test_add_func("/registry/credentials/helper", test_helper);
	return g_test_run();
}
