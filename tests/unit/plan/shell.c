/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/shell.h"

#include <glib.h>

static const struct {
	const char *line; /* words separated by U+001F */
	enum shell_use use;
	const char *text;
} uses[] = {
	{"sh\x1f-c\x1fid -u", SHELL_COMMAND, "id -u"},
	{"/bin/bash\x1f-c\x1fid", SHELL_COMMAND, "id"},
	{"sh\x1f-c\x1f--\x1f-x y", SHELL_COMMAND, "-x y"},
	{"sh\x1f-ec\x1fid", SHELL_COMMAND, "id"},
	{"sh\x1f-e\x1f-c\x1fid", SHELL_COMMAND, "id"},
	{"sh\x1f-c\x1f-e\x1fid", SHELL_COMMAND, "id"},
	{"bash\x1f-euo\x1fpipefail\x1f-c\x1fid", SHELL_COMMAND, "id"},
	{"bash\x1f--noprofile\x1f--norc\x1f-eo\x1fpipefail\x1f-c\x1fid", SHELL_COMMAND, "id"},
	{"sh\x1f-c\x1fid\x1fname\x1f"
	 "arg",
	 SHELL_COMMAND, "id"},
	{"sh\x1f-c\x1f", SHELL_COMMAND, ""},
	{"sh\x1f-s\x1funix:cmd", SHELL_ERLANG, NULL},
	{"sh", SHELL_OTHER, NULL},
	{"sh\x1f-s", SHELL_OTHER, NULL},
	{"sh\x1f-s\x1funix:cmd\x1fx", SHELL_OTHER, NULL},
	{"sh\x1f-c", SHELL_OTHER, NULL},
	{"sh\x1f-c\x1f--", SHELL_OTHER, NULL},
	{"sh\x1f--\x1f-c\x1fid", SHELL_OTHER, NULL},
	{"sh\x1fscript.sh", SHELL_OTHER, NULL},
	{"sh\x1f-\x1f-c\x1fid", SHELL_OTHER, NULL},
	{"sh\x1f-xc\x1fid", SHELL_OTHER, NULL},
	{"sh\x1f-lc\x1fid", SHELL_OTHER, NULL},
	{"sh\x1f-ic\x1fid", SHELL_OTHER, NULL},
	{"bash\x1f-o\x1fposix\x1f-c\x1fid", SHELL_OTHER, NULL},
	{"bash\x1f-o", SHELL_OTHER, NULL},
	{"bash\x1f--login\x1f-c\x1fid", SHELL_OTHER, NULL},
	{"bash\x1f+e\x1f-c\x1fid", SHELL_OTHER, NULL},
};

static void test_use(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(uses); i++) {
		g_auto(GStrv) argv = g_strsplit(uses[i].line, "\x1f", -1);
		const char *text = NULL;

		g_test_message("%s", uses[i].line);
		g_assert_cmpint(shell_use(g_strv_length(argv), argv, &text), ==, uses[i].use);
		g_assert_cmpstr(text, ==, uses[i].text);
	}
	g_assert_cmpint(shell_use(0, (char *[]){NULL}, &(const char *){NULL}), ==, SHELL_OTHER);
}

static void test_name(void)
{
	static const char *const shells[] = {"sh",   "/bin/sh", "-sh", "/usr/local/bin/bash",
					     "dash", "ash"};
	static const char *const others[] = {"",    "init", "/.thresh/init", "sh/", "--sh",
					     "shx", "ssh"};

	for (gsize i = 0; i < G_N_ELEMENTS(shells); i++)
		g_assert_true(shell_is_name(shells[i]));
	for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
		g_assert_false(shell_is_name(others[i]));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/plan/shell/use", test_use);
	g_test_add_func("/plan/shell/name", test_name);
	return g_test_run();
}
