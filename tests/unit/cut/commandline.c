/* SPDX-License-Identifier: Apache-2.0 */
#include "cut/commandline.h"

#include <string.h>

/* assignments and words, joined by U+001F */
static const struct {
	const char *text, *assignments, *words;
} plain[] = {
	{"id -u", "", "id\x1f-u"},
	{"  id\t -u \n\n", "", "id\x1f-u"},
	{"exec id", "", "id"},
	{"exec env A=1", "",
	 "env\x1f"
	 "A=1"},
	{"'my tool' \"a b\" c\\ d", "",
	 "my tool\x1f"
	 "a b\x1f"
	 "c d"},
	{"a'b'\"c\"\\d", "", "abcd"},
	{"echo '' \"\"", "", "echo\x1f\x1f"},
	{"echo '$HOME `id` ; | * ~'", "", "echo\x1f$HOME `id` ; | * ~"},
	{"echo \"\\$HOME \\` \\\" \\\\ \\n\"", "", "echo\x1f$HOME ` \" \\ \\n"},
	{"echo \\$HOME \\; \\| \\*", "", "echo\x1f$HOME\x1f;\x1f|\x1f*"},
	{"A=1 _b2=x=y id", "A=1\x1f_b2=x=y", "id"},
	{"A='1 2' id", "A=1 2", "id"},
	{"A= id", "A=", "id"},
	{"'A'=1 id", "", "A=1\x1fid"},
	{"2A=1 id", "", "2A=1\x1fid"},
	{"id A=1", "",
	 "id\x1f"
	 "A=1"},
	{"find . -name x.c -exec ls {} \\;", "",
	 "find\x1f.\x1f-name\x1fx.c\x1f-exec\x1fls\x1f{}\x1f;"},
	{"a#b c'#'", "",
	 "a#b\x1f"
	 "c#"},
	{"a~ b~c \\~ x=1", "",
	 "a~\x1f"
	 "b~c\x1f~\x1fx=1"},
	{"'if' x", "", "if\x1fx"},
	{"date +%Y-%m-%d", "", "date\x1f+%Y-%m-%d"},
	{"echo '\n'", "", "echo\x1f\n"},
	{"echo \xc3\xa9 ] }", "", "echo\x1f\xc3\xa9\x1f]\x1f}"},
};

static const struct {
	const char *text, *problem;
} refused[] = {
	{"", "no command"},
	{" \n", "no command"},
	{"A=1", "no command"},
	{"exec", "exec without"},
	{"exec -a x id", "exec without"},
	{"exec ''", "exec without"},
	{"id | wc", "a pipe"},
	{"id || true", "a list (||)"},
	{"id && true", "a list (&&)"},
	{"id &", "background"},
	{"id; id", "a list (;)"},
	{"id;", "a list (;)"},
	{"id\nid", "more than one line"},
	{"id \\\n -u", "more than one line"},
	{"\"a\\\nb\"", "more than one line"},
	{"id > x", "a redirection"},
	{"id 2>&3", "a redirection"},
	{"id 2>&1x", "a redirection"},
	{"id >&2x", "a redirection"},
	{"id 3>/dev/null", "a redirection"},
	{"id 0>/dev/null", "a redirection"},
	{"id 1</dev/null", "a redirection"},
	{"id </dev/zero", "a redirection"},
	{"id >>x", "a redirection"},
	{"id <<x", "a redirection"},
	{"id <&-", "a redirection"},
	{"id >", "a redirection"},
	{"id <>/dev/null", "a redirection"},
	{"id a>/dev/null", "a redirection"},
	{"id >|/dev/null", "a redirection"},
	{">/dev/null", "no command"},
	{"cat < x", "a redirection"},
	{"(id)", "a subshell"},
	{"echo $HOME", "an expansion"},
	{"echo \"$HOME\"", "an expansion"},
	{"echo `id`", "a command substitution"},
	{"echo \"`id`\"", "a command substitution"},
	{"ls *.c", "a file name pattern"},
	{"ls a?", "a file name pattern"},
	{"[ -f x ]", "a file name pattern"},
	{"echo {a,b}", "a brace expansion"},
	{"{ id", "a brace expansion"},
	{"ls ~", "a home directory"},
	{"ls ~root/x", "a home directory"},
	{"A=~ id", "a home directory"},
	{"dd if=a:~ x", "a home directory"},
	{"# x", "a comment"},
	{"id #", "a comment"},
	{"if id", "a reserved word"},
	{"! id", "a reserved word"},
	{"A=1 while x", "a reserved word"},
	{"echo 'a", "a quote that does not end (')"},
	{"echo \"a", "a quote that does not end (\")"},
	{"echo \"a\\", "a quote that does not end (\")"},
	{"echo a\\", "a backslash at the end"},
};

static char *joined(GPtrArray *words)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < words->len; i++)
		g_string_append_printf(text, "%s%s", i > 0 ? "\x1f" : "", (char *)words->pdata[i]);
	return g_string_free(text, FALSE);
}

/* What the shell of this machine makes of the words: the judge of all that is accepted. */
static char *words_of_shell(const char *text)
{
	g_autofree char *script = g_strconcat("printf '%s\\037' ", text, NULL);
	const char *argv[] = {"/bin/sh", "-c", script, NULL};
	g_autoptr(GError) error = NULL;
	char *output = NULL;

	g_spawn_sync("/", (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &output, NULL, NULL,
		     &error);
	g_assert_no_error(error);
	if (*output)
		output[strlen(output) - 1] = '\0';
	return output;
}

static void test_plain(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(plain); i++) {
		struct commandline line;
		const char *problem = NULL;
		g_autofree char *assignments = NULL, *words = NULL;

		g_test_message("%s", plain[i].text);
		g_assert_true(commandline_parse(plain[i].text, &line, &problem));
		assignments = joined(line.assignments);
		words = joined(line.words);
		g_assert_cmpstr(assignments, ==, plain[i].assignments);
		g_assert_cmpstr(words, ==, plain[i].words);
		if (!*assignments && !strstr(plain[i].text, "exec ")) {
			g_autofree char *judged = words_of_shell(plain[i].text);

			g_assert_cmpstr(words, ==, judged);
		}
		commandline_clear(&line);
	}
}

static void test_redirections(void)
{
	static const struct {
		const char *text, *redirections, *words;
	} table[] = {
		{"id > /dev/null 2>&1",
		 "1>/dev/null\x1f"
		 "2>&1",
		 "id"},
		{"id >&2", "1>&2", "id"},
		{"exec \"/usr/bin/x y\" -D 'a' < \"/dev/null\" >> /dev/null 2>/dev/null",
		 "0</dev/null\x1f"
		 "1>/dev/null\x1f"
		 "2>/dev/null",
		 "/usr/bin/x y\x1f-D\x1f"
		 "a"},
		{"</dev/null A=1 id 2 >/dev/null",
		 "0</dev/null\x1f"
		 "1>/dev/null",
		 "id\x1f"
		 "2"},
		{"id 2>&1\n", "2>&1", "id"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		struct commandline line;
		const char *problem = NULL;
		g_autofree char *redirections = NULL, *words = NULL;

		g_test_message("%s", table[i].text);
		g_assert_true(commandline_parse(table[i].text, &line, &problem));
		redirections = joined(line.redirections);
		words = joined(line.words);
		g_assert_cmpstr(redirections, ==, table[i].redirections);
		g_assert_cmpstr(words, ==, table[i].words);
		commandline_clear(&line);
	}
}

static void test_refused(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
		struct commandline line;
		const char *problem = NULL;

		g_test_message("%s", refused[i].text);
		g_assert_false(commandline_parse(refused[i].text, &line, &problem));
		g_assert_nonnull(strstr(problem, refused[i].problem));
	}
}

static void test_bounds(void)
{
	g_autofree char *long_text = g_strnfill(COMMANDLINE_MAX_BYTES + 1, 'a');
	g_autoptr(GString) many = g_string_new("a");
	struct commandline line;
	const char *problem = NULL;

	g_assert_false(commandline_parse(long_text, &line, &problem));
	long_text[COMMANDLINE_MAX_BYTES] = '\0';
	g_assert_true(commandline_parse(long_text, &line, &problem));
	commandline_clear(&line);
	for (int i = 0; i < COMMANDLINE_MAX_WORDS; i++)
		g_string_append(many, " a");
	g_assert_false(commandline_parse(many->str, &line, &problem));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/commandline/plain", test_plain);
	g_test_add_func("/commandline/redirections", test_redirections);
	g_test_add_func("/commandline/refused", test_refused);
	g_test_add_func("/commandline/bounds", test_bounds);
	return g_test_run();
}
