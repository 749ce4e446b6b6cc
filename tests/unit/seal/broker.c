/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/broker.h"

#include "cut/commands.h"
#include "cut/pattern.h"

#include <string.h>

/* Lines as "RUN TEXT", RUN as in struct command; then what is made of them, sorted. */
static const struct {
	const char *name;
	const char *lines[8];
	const char *patterns[5];
} table[] = {
	{"the same in both runs stays",
	 {"0 id -u", "0 wc -c /tmp/a1", "0 wc -c /tmp/a2"},
	 {"id -u", "wc -c /tmp/a1", "wc -c /tmp/a2"}},
	{"a temporary file",
	 {"1 wc -c /tmp/tmpab1x", "1 wc -c /tmp/tmpq2", "2 wc -c /tmp/tmpzz", "2 wc -c /tmp/tmpcc"},
	 {"wc -c %{path /tmp}"}},
	{"with what its name ends in",
	 {"1 wc /tmp/a/x.txt", "2 wc /tmp/b/x.txt"},
	 {"wc %{path /tmp}/x.txt"}},
	{"in the deepest directory",
	 {"1 wc --files0-from=/tmp/jobs/a1", "2 wc --files0-from=/tmp/jobs/b2"},
	 {"wc --files0-from=%{path /tmp/jobs}"}},
	{"outside what is writable it is a token",
	 {"1 wc /etc/ab", "2 wc /etc/cd"},
	 {"wc /etc/%{token}"}},
	{"outside, and of several components, it is as it was",
	 {"1 wc /etc/a/b", "2 wc /usr/c"},
	 {"wc /etc/a/b", "wc /usr/c"}},
	{"numbers, whole, in words and in paths",
	 {"1 cat -n12 17 /proc/12/stat", "2 cat -n130 18 /proc/131/stat"},
	 {"cat -n%{number} %{number} /proc/%{number}/stat"}},
	{"a common digit belongs to the number", {"1 cat 120", "2 cat 121"}, {"cat %{number}"}},
	{"tokens between marks", {"1 cat job-ab12-x", "2 cat job-cd34-x"}, {"cat job-%{token}-x"}},
	{"what both runs have is meant",
	 {"1 git log a1b", "1 git show c2d", "2 git log e3f", "2 git show a9c"},
	 {"git log %{token}", "git show %{token}"}},
	{"what one run alone repeats is no meaning",
	 {"1 cat 7 /tmp/aa", "1 cat 7 /tmp/bb", "2 cat 30 /tmp/cc", "2 cat 30 /tmp/dd"},
	 {"cat %{number} %{path /tmp}"}},
	{"alone in one run it is as it was", {"1 cat /tmp/abc"}, {"cat /tmp/abc"}},
	{"the program is never a hole", {"1 /tmp/aa x", "2 /tmp/bb x"}, {"/tmp/aa x", "/tmp/bb x"}},
	{"other quotes are other lines", {"1 cat 'ab'", "2 cat cd"}, {"cat 'ab'", "cat cd"}},
	{"in quotes", {"1 cat '/tmp/ab'", "2 cat '/tmp/cd'"}, {"cat '%{path /tmp}'"}},
	{"a percent sign",
	 {"0 date +%s", "1 date -r /tmp/a +%s", "2 date -r /tmp/b +%s"},
	 {"date +%%s", "date -r %{path /tmp} +%%s"}},
	{"an option is no value", {"1 cat -a", "2 cat -b"}, {"cat -%{token}"}},
	{"dots are no value", {"1 cat /tmp/../a", "2 cat /tmp/../b"}, {"cat /tmp/../%{token}"}},
};

static GPtrArray *commands_of(const char *const *lines)
{
	GPtrArray *commands = g_ptr_array_new_with_free_func((GDestroyNotify)shell_command_free);

	for (; *lines; lines++) {
		struct shell_command *command = g_new0(struct shell_command, 1);
		const char *problem = NULL;

		command->run = (uint8_t)(**lines - '0');
		command->text = g_strdup(*lines + 2);
		command->shell = g_strdup("/bin/sh");
		g_assert_true(commandline_parse(command->text, &command->line, &problem));
		g_ptr_array_add(commands, command);
	}
	return commands;
}

static void test_patterns(void)
{
	g_autoptr(GPtrArray) writables = g_ptr_array_new();

	g_ptr_array_add(writables, (char *)"/tmp");
	g_ptr_array_add(writables, (char *)"/var/lib/app");
	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(GPtrArray) commands = commands_of(table[i].lines);
		g_autoptr(GPtrArray) patterns = broker_patterns(commands, writables);
		guint count = 0;

		g_test_message("%s", table[i].name);
		for (; table[i].patterns[count]; count++) {
			g_assert_cmpuint(count, <, patterns->len);
			g_assert_cmpstr(patterns->pdata[count], ==, table[i].patterns[count]);
		}
		g_assert_cmpuint(patterns->len, ==, count);
	}
}

/* Words joined by U+001F; or NULL and a part of the problem. */
static const struct {
	const char *pattern, *words, *problem;
} words[] = {
	{"id -u", "id\x1f-u", NULL},
	{"A=1 exec id '$x'", "A=1\x1fid\x1f$$x", NULL},
	{"cat %{number} a%{token}b '%{path /tmp}' 5%%",
	 "cat\x1f${=1}\x1f"
	 "a${=2}b\x1f${=3}\x1f"
	 "5%",
	 NULL},
	{"A=%{token} id", "A=${=1}\x1fid", NULL},
	{"%{token} a", NULL, "in the name of the program"},
	{"a%{token}", NULL, "in the name of the program"},
	{"'A'=1 id", NULL, "in the name of the program"},
	{"id %{word}", NULL, "a hole that is none"},
	{"id %", NULL, "a hole that is none"},
	{"id %{path tmp}", NULL, "a hole that is none"},
	{"cat "
	 "%{number}%{number}%{number}%{number}%{number}%{number}%{number}%{number}%{number}%{"
	 "number}",
	 NULL, "more than 9"},
	{"id \x0e", NULL, "a control character"},
	{"id | wc", NULL, "a pipe"},
	{"id %{path /tmp};id", NULL, "a list"},
	{"", NULL, "no command"},
};

static void test_words(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
		const char *problem = NULL;
		g_autoptr(GPtrArray) found = pattern_words(words[i].pattern, &problem);
		g_autofree char *joined = NULL;

		g_test_message("%s", words[i].pattern);
		if (!words[i].words) {
			g_assert_null(found);
			g_assert_nonnull(strstr(problem, words[i].problem));
			continue;
		}
		g_assert_nonnull(found);
		g_ptr_array_add(found, NULL);
		joined = g_strjoinv("\x1f", (char **)found->pdata);
		g_assert_cmpstr(joined, ==, words[i].words);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/seal/broker/patterns", test_patterns);
	g_test_add_func("/seal/broker/words", test_words);
	return g_test_run();
}
