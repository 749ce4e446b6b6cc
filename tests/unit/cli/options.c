/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"
#include "base/error.h"

#include <glib/gstdio.h>

static const struct command_form harden_form = {
	.name = "harden",
	.operands = "SOURCE DESTINATION [-- ARGS...]",
	.groups = OPTIONS_FORMAT | OPTIONS_SOURCE | OPTIONS_ENTER | OPTIONS_DRIVE | OPTIONS_CUT |
		  OPTIONS_PROFILE | OPTIONS_OUT | OPTIONS_COMPRESS,
	.operands_min = 2,
	.operands_max = 2,
	.arguments = true,
};
static const struct command_form run_form = {
	.name = "run",
	.operands = "IMAGE [ARGS...]",
	.groups = OPTIONS_ENTER | OPTIONS_RUN,
	.operands_min = 1,
	.operands_max = 1,
	.arguments = true,
	.strict_posix = true,
};

static struct options *parse(const struct command_form *form, const char *line, GError **error)
{
	g_auto(GStrv) argv = NULL;
	int argc;

	g_assert_true(g_shell_parse_argv(line, &argc, &argv, NULL));
	return options_parse(form, argc, argv, error);
}

static char *joined(const GPtrArray *words)
{
	GString *line = g_string_new(NULL);

	for (guint i = 0; words && i < words->len; i++)
		g_string_append_printf(line, "%s%s", i > 0 ? "|" : "", (char *)words->pdata[i]);
	return g_string_free(line, FALSE);
}

/* Operands and arguments, however they are mixed with options. */
static void test_operands(void)
{
	static const struct {
		const struct command_form *form;
		const char *line, *operands, *arguments;
	} table[] = {
		{&harden_form, "harden a b", "a|b", NULL},
		{&harden_form, "harden a --preset safe b -- --port 1", "a|b", "--port|1"},
		{&harden_form, "harden a b --", "a|b", ""},
		{&harden_form, "harden a b -- x -- y", "a|b", "x|--|y"},
		{&run_form, "run -e A=b img", "img", NULL},
		{&run_form, "run img --port 1 -e x", "img", "--port|1|-e|x"},
		{&run_form, "run img -- -p", "img", "-p"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(GError) error = NULL;
		autooptions struct options *options = parse(table[i].form, table[i].line, &error);
		g_autofree char *operands = NULL, *arguments = NULL;

		g_assert_no_error(error);
		operands = joined(options->operands);
		arguments = joined(options->request->arguments);
		g_assert_cmpstr(operands, ==, table[i].operands);
		g_assert_cmpstr(options->request->arguments ? arguments : NULL, ==,
				table[i].arguments);
	}
}

/* The command line goes before the file. */
static void test_precedence(void)
{
	g_autofree char *path = g_build_filename(g_get_tmp_dir(), "thresh-test-options.yaml", NULL);
	g_autofree char *line = g_strdup_printf("harden a b --config '%s' --probe tcp://:2 "
						"--preset safe --env A=cli --volume /w",
						path);
	g_autoptr(GError) error = NULL;
	autooptions struct options *options = NULL;
	const struct redaction *variable;

	g_assert_true(g_file_set_contents(path,
					  "preset: strict\nrounds: 2\nplatform: linux/arm64\n"
					  "probes: [\"tcp://:1\", \"tcp://:3\"]\n"
					  "environment: [A=file, B=file]\nvolumes: [/v]\n",
					  -1, NULL));
	options = parse(&harden_form, line, &error);
	g_remove(path);
	g_assert_no_error(error);
	g_assert_cmpint(options->request->preset, ==, PRESET_SAFE);
	g_assert_cmpint(options->request->rounds_max, ==, 2);
	g_assert_cmpuint(options->request->probes->len, ==, 1);
	g_assert_cmpuint(options->request->volumes->len, ==, 2);
	g_assert_cmpuint(options->request->environment->len, ==, 2);
	variable = options->request->environment->pdata[1];
	g_assert_cmpstr(variable->value, ==, "cli");
	g_assert_nonnull(options->request->platform);
	g_assert_cmpstr(options->request->platform->architecture, ==, "arm64");
}

static void test_epoch(void)
{
	autooptions struct options *options = NULL;

	g_setenv("SOURCE_DATE_EPOCH", "1700000000", TRUE);
	options = parse(&harden_form, "harden a b", NULL);
	g_unsetenv("SOURCE_DATE_EPOCH");
	g_assert_cmpint(options->request->epoch, ==, 1700000000);
}

static void test_malformed(void)
{
	static const struct {
		const struct command_form *form;
		const char *line;
	} table[] = {
		{&harden_form, "harden"},
		{&harden_form, "harden a b c"},
		{&harden_form, "harden a b --nothing"},
		{&harden_form, "harden a b --probe"},
		{&harden_form, "harden a b --preset x"},
		{&harden_form, "harden a b --format x"},
		{&harden_form, "harden a b --platform 'a/b/c/d'"},
		{&harden_form, "harden a b --timeout 0"},
		{&run_form, "run"},
		{&run_form, "run --probe tcp://:1 img"},
		{&run_form, "run --network bridge img"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(parse(table[i].form, table[i].line, &error));
		g_assert_error(error, THRESH_ERROR, THRESH_ERROR_USAGE);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/options/operands", test_operands);
	g_test_add_func("/options/precedence", test_precedence);
	g_test_add_func("/options/epoch", test_epoch);
	g_test_add_func("/options/malformed", test_malformed);
	return g_test_run();
}
