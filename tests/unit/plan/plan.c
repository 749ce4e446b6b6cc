/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/plan.h"
#include "plan/value.h"

#include <glib.h>
#include <string.h>

static struct plan plan;

static bool parse(const char *text, struct plan_error *ret_error, char **ret_buffer)
{
	*ret_buffer = g_strdup(text);
	return plan_parse(*ret_buffer, strlen(text), &plan, ret_error);
}

static void test_words(void)
{
	g_autofree char *buffer = NULL;
	struct plan_error error;
	const struct plan_directive *entry;
	uint32_t value;

	g_assert_true(parse(
		"thresh-plan 1\n# a remark\n\nentry /a \"b c\" \"\" \"\\\"\\\\\\x0a\\xfF\" d#\n"
		"umask 027\nstay 1500 3\nid 1 2 3 4\n",
		&error, &buffer));
	entry = plan_find(&plan, PLAN_ENTRY);
	g_assert_cmpuint(entry->count, ==, 5);
	g_assert_cmpuint(entry->line, ==, 4);
	g_assert_cmpstr(plan_word(entry, 0), ==, "/a");
	g_assert_cmpstr(plan_word(entry, 1), ==, "b c");
	g_assert_cmpstr(plan_word(entry, 2), ==, "");
	g_assert_cmpstr(plan_word(entry, 3), ==, "\"\\\n\xff");
	g_assert_cmpstr(plan_word(entry, 4), ==, "d#");
	g_assert_true(plan_octal(plan_word(&plan.directives[1], 0), 0777, &value));
	g_assert_cmpuint(value, ==, 027);
	g_assert_null(plan_find(&plan, PLAN_HOME));
	g_assert_cmpuint(plan.count, ==, 4);
}

/* One line of each, in the order of the kinds. */
static const char every_directive[] =
	"thresh-plan 1\nentry a\ndefault b c\nsearch /bin:/usr/bin\nhome /root\n"
	"if filled NAME\nelse\nend\nset NAME a${HOME}$$\nlet NAME \"\"\n"
	"escape NAME ${HOME} \"'\\\\'\" _\nslice NAME ${HOME} without-prefix / before /\n"
	"unset NAME\nexport NAME\n"
	"value NAME 1\nrequire NAME\nforbid NAME \"not ${NAME}\"\ncheck NAME integer 1 64\n"
	"fail 3 sorry\nprint hello\nsecret NAME\nread NAME /run/${NAME}\nfact CPUS cpus\nrandom "
	"KEY 32 base64\n"
	"arguments ${1} ${@}\nargument -x ${*NAME}\nshift 1\nexec a ${@}\n"
	"directory /run/${NAME} 0755\nseed /var/lib /.thresh/seed/0\n"
	"links /app /.thresh/seed/1\nfile /run/a 0600 ${NAME}\nappend /run/a b\n"
	"template /run/a 0644 /etc/a.in\nprovide /run/a /etc/a\nedit /run/a port \" \" ${PORT}\n"
	"replace /run/a ${A} a=* \"#a=*\"\nensure /run/a b b=?\ncomplete /run/a c c\n"
	"symlink /run/a b\nremove /run/a\nmode /run/a 0600\nowner /run/a 1 2 tree\n"
	"as 1 2 3\nin /run\nwith A b\nwithout A\ninput x\ninput-file /etc/a\noutput "
	"/run/a\nretry 3 100\n"
	"accept 1 2 any\nrun a\nstart b c\nawait b http 80 /ready 500\nstop b 15 500\nessential b\n"
	"wait tcp 127.0.0.1 80 1000\numask 22\nlimit nofile 1024 unlimited\nworkdir /run\n"
	"passwd /run/passwd app /home/app\ncopy /app/a/b /.thresh/seed/1/a/b\n"
	"capabilities NET_BIND_SERVICE KILL\nid 65532 65532\nno-new-privileges\nlandlock-read /\n"
	"landlock-write /tmp\nlandlock-execute /bin/x\nlandlock-write-execute /tmp\n"
	"landlock-required\nseccomp /.thresh/seccomp\nstay 10000\nsignal 15 3\nforward group\n"
	"delay 100\njob-control\ncommand \"stat %{path /tmp}\" /bin/stat ${=1}\n";

static void test_every_directive(void)
{
	g_autofree char *buffer = NULL;
	struct plan_error error = {0};

	if (!parse(every_directive, &error, &buffer))
		g_error("line %u: %s", error.line, error.text);
	g_assert_cmpuint(plan.count, ==, PLAN_KINDS);
	for (uint32_t i = 0; i < PLAN_KINDS; i++) {
		g_assert_cmpuint(plan.directives[i].kind, ==, i);
		g_assert_cmpuint(plan_kind_find(plan_kind_name(i)), ==, i);
	}
	g_assert_cmpuint(plan_kind_find("none"), ==, PLAN_KINDS);
}

/* Which of the words of a few a directive has, where they are and how deep it lies. */
static void test_choices(void)
{
	g_autofree char *buffer = NULL;
	struct plan_error error;

	g_assert_true(parse("thresh-plan 1\nif matches a *\nif ordinary\nfact U uid\nend\nelse\n"
			    "check U path\nend\nstart a b\nawait a socket /s 1\n",
			    &error, &buffer));
	g_assert_cmpuint(plan.directives[0].sub, ==, PLAN_IF_MATCHES);
	g_assert_cmpuint(plan.directives[1].sub, ==, PLAN_IF_ORDINARY);
	g_assert_cmpuint(plan.directives[2].sub, ==, PLAN_FACT_UID);
	g_assert_cmpuint(plan.directives[5].sub, ==, PLAN_VALUE_PATH);
	g_assert_cmpuint(plan.directives[8].sub, ==, PLAN_WAY_SOCKET);
	g_assert_cmpuint(plan.directives[0].depth, ==, 0);
	g_assert_cmpuint(plan.directives[1].depth, ==, 1);
	g_assert_cmpuint(plan.directives[2].depth, ==, 2);
	g_assert_cmpuint(plan.directives[3].depth, ==, 1);
	g_assert_cmpuint(plan.directives[4].depth, ==, 0);
	g_assert_cmpuint(plan.directives[7].depth, ==, 0);
}

static void test_bad(void)
{
	static const struct {
		const char *text;
		uint32_t line;
	} table[] = {
		{"", 0},
		{"thresh-plan 1", 0},
		{"\n", 1},
		{"# thresh-plan 1\n", 1},
		{"thresh-plan 2\n", 1},
		{"thresh-plan  1\n", 1},
		{"thresh-plan 1 \n", 1},
		{"thresh-plan 1\nthresh-plan 1\n", 2},
		{"thresh-plan 1\nunknown\n", 2},
		{"thresh-plan 1\n entry a\n", 2},
		{"thresh-plan 1\nentry\n", 2},
		{"thresh-plan 1\nentry a\nentry b\n", 3},
		{"thresh-plan 1\nentry  a\n", 2},
		{"thresh-plan 1\nentry a \n", 2},
		{"thresh-plan 1\nentry a\tb\n", 2},
		{"thresh-plan 1\nentry a\r\n", 2},
		{"thresh-plan 1\nentry \"a\n", 2},
		{"thresh-plan 1\nentry \"a\"b\n", 2},
		{"thresh-plan 1\nentry a\"b\"\n", 2},
		{"thresh-plan 1\nentry \"\\n\"\n", 2},
		{"thresh-plan 1\nentry \"\\x00\"\n", 2},
		{"thresh-plan 1\nentry \"\\x1\"\n", 2},
		{"thresh-plan 1\nentry \"\\x\n", 2},
		{"thresh-plan 1\nentry \"\\\n", 2},
		{"thresh-plan 1\nentry \xc3\xa4\n", 2},
		{"thresh-plan 1\nentry a #b\n", 2},
		{"thresh-plan 1\nhome tmp\n", 2},
		{"thresh-plan 1\nhome /tmp/\n", 2},
		{"thresh-plan 1\nhome //tmp\n", 2},
		{"thresh-plan 1\nhome /tmp/../x\n", 2},
		{"thresh-plan 1\nhome /./x\n", 2},
		{"thresh-plan 1\nhome \"\"\n", 2},
		{"thresh-plan 1\nhome /a /b\n", 2},
		{"thresh-plan 1\nsearch /bin:\n", 2},
		{"thresh-plan 1\nsearch bin\n", 2},
		{"thresh-plan 1\ndirectory /x 0888\n", 2},
		{"thresh-plan 1\ndirectory /x 10000\n", 2},
		{"thresh-plan 1\ndirectory /x\n", 2},
		{"thresh-plan 1\nseed /x\n", 2},
		{"thresh-plan 1\nseed /x y\n", 2},
		{"thresh-plan 1\ncopy /a/b /c\n", 2},
		{"thresh-plan 1\nlinks /ab /s\ncopy /abc /c\n", 3},
		{"thresh-plan 1\nlinks /ab /s\ncopy /ab /c\n", 3},
		{"thresh-plan 1\numask 1000\n", 2},
		{"thresh-plan 1\numask -1\n", 2},
		{"thresh-plan 1\nid 0\n", 2},
		{"thresh-plan 1\nid 1 -1\n", 2},
		{"thresh-plan 1\nid 1 4294967295\n", 2},
		{"thresh-plan 1\nid 01 1\n", 2},
		{"thresh-plan 1\nid 1 1 x\n", 2},
		{"thresh-plan 1\nno-new-privileges yes\n", 2},
		{"thresh-plan 1\nstay\n", 2},
		{"thresh-plan 1\nstay 1.5\n", 2},
		{"thresh-plan 1\nstay 86400001\n", 2},
		{"thresh-plan 1\nstay 99999999999999999999\n", 2},
		{"thresh-plan 1\nstay 1 65\n", 2},
		{"thresh-plan 1\nstay 1 0\n", 2},
		{"thresh-plan 1\nset 1A b\n", 2},
		{"thresh-plan 1\nset A\n", 2},
		{"thresh-plan 1\nset A b c\n", 2},
		{"thresh-plan 1\nset A $b\n", 2},
		{"thresh-plan 1\nset A ${b\n", 2},
		{"thresh-plan 1\nset A ${@}\n", 2},
		{"thresh-plan 1\nset A ${=1}\n", 2},
		{"thresh-plan 1\nunset \"\"\n", 2},
		{"thresh-plan 1\nargument a${@}\n", 2},
		{"thresh-plan 1\nargument\n", 2},
		{"thresh-plan 1\nshift -1\n", 2},
		{"thresh-plan 1\nexec\n", 2},
		{"thresh-plan 1\nfile a${A} 0644\n", 2},
		{"thresh-plan 1\nfile a 0644 x\n", 2},
		{"thresh-plan 1\nfile /a/../b 0644 x\n", 2},
		{"thresh-plan 1\ntemplate /a 0644 ${B}\n", 2},
		{"thresh-plan 1\nedit /a \"\" = b\n", 2},
		{"thresh-plan 1\nedit /a \"b\\x0a\" = b\n", 2},
		{"thresh-plan 1\nreplace /a b\n", 2},
		{"thresh-plan 1\nensure /a b [\n", 2},
		{"thresh-plan 1\ncomplete a b c\n", 2},
		{"thresh-plan 1\nread A b\n", 2},
		{"thresh-plan 1\nread 1 /b\n", 2},
		{"thresh-plan 1\nowner /a 1 2 all\n", 2},
		{"thresh-plan 1\nfail 0 text\n", 2},
		{"thresh-plan 1\nfail 256 text\n", 2},
		{"thresh-plan 1\nunset *\n", 2},
		{"thresh-plan 1\nunset A**\n", 2},
		{"thresh-plan 1\nunset 1*\n", 2},
		{"thresh-plan 1\nexport A*\n", 2},
		{"thresh-plan 1\nfact A colour\n", 2},
		{"thresh-plan 1\nfact A workers\n", 2},
		{"thresh-plan 1\nfact A workers 1 1\n", 2},
		{"thresh-plan 1\nfact A workers 0 1 0\n", 2},
		{"thresh-plan 1\nfact A workers 1 0 0\n", 2},
		{"thresh-plan 1\nfact A workers 1 1 0 -1\n", 2},
		{"thresh-plan 1\nfact A workers 1 1 0 1 2 3\n", 2},
		{"thresh-plan 1\nescape A ${B}\n", 2},
		{"thresh-plan 1\nescape A ${B} \"\"\n", 2},
		{"thresh-plan 1\nescape 1 ${B} ab\n", 2},
		{"thresh-plan 1\nescape A ${ ab\n", 2},
		{"thresh-plan 1\nslice A ${B}\n", 2},
		{"thresh-plan 1\nslice A ${B} before\n", 2},
		{"thresh-plan 1\nslice A ${B} before \"\"\n", 2},
		{"thresh-plan 1\nslice A ${B} between :\n", 2},
		{"thresh-plan 1\nslice A ${B} before : behind\n", 2},
		{"thresh-plan 1\nslice A ${B} before : :\n", 2},
		{"thresh-plan 1\nslice 1 ${B} before :\n", 2},
		{"thresh-plan 1\nslice A ${@} before :\n", 2},
		{"thresh-plan 1\nrandom A 0 hex\n", 2},
		{"thresh-plan 1\nrandom A 513 hex\n", 2},
		{"thresh-plan 1\nrandom A 1 rot13\n", 2},
		{"thresh-plan 1\ncheck A colour\n", 2},
		{"thresh-plan 1\ncheck A integer 1\n", 2},
		{"thresh-plan 1\ncheck A integer 2 1\n", 2},
		{"thresh-plan 1\ncheck A integer a b\n", 2},
		{"thresh-plan 1\ncheck A boolean 1 2\n", 2},
		{"thresh-plan 1\nif\nend\n", 2},
		{"thresh-plan 1\nif bright A\nend\n", 2},
		{"thresh-plan 1\nif set\nend\n", 2},
		{"thresh-plan 1\nif equals a\nend\n", 2},
		{"thresh-plan 1\nif among [\nend\n", 2},
		{"thresh-plan 1\nif among a b\nend\n", 2},
		{"thresh-plan 1\nif equals a b c\nend\n", 2},
		{"thresh-plan 1\nif matches a [b\nend\n", 2},
		{"thresh-plan 1\nif above a\nend\n", 2},
		{"thresh-plan 1\nif above a b\nend\n", 2},
		{"thresh-plan 1\nif above a 01\nend\n", 2},
		{"thresh-plan 1\nif below a ${B}\nend\n", 2},
		{"thresh-plan 1\nif below a 9223372036854775808\nend\n", 2},
		{"thresh-plan 1\nif superuser root\nend\n", 2},
		{"thresh-plan 1\nif exists a\nend\n", 2},
		{"thresh-plan 1\nif superuser\nif ordinary\nend\n", 2},
		{"thresh-plan 1\nelse\n", 2},
		{"thresh-plan 1\nend\n", 2},
		{"thresh-plan 1\nif superuser\nelse\nelse\nend\n", 4},
		{"thresh-plan 1\nif superuser\nid 1 1\nend\n", 3},
		{"thresh-plan 1\nif superuser\nentry a\nend\n", 3},
		{"thresh-plan 1\nin /a\n", 2},
		{"thresh-plan 1\nin /a\nprint b\nrun c\n", 3},
		{"thresh-plan 1\nif superuser\nin /a\nend\nrun c\n", 4},
		{"thresh-plan 1\nretry 1 1\nstart a b\n", 3},
		{"thresh-plan 1\naccept 256\nrun a\n", 2},
		{"thresh-plan 1\nstart A b\n", 2},
		{"thresh-plan 1\nstart a\n", 2},
		{"thresh-plan 1\nessential a\nstart a b\n", 2},
		{"thresh-plan 1\nstart a b\nawait a tcp 0 1\n", 3},
		{"thresh-plan 1\nstart a b\nawait a http 80 ready 1\n", 3},
		{"thresh-plan 1\nstart a b\nawait c tcp 80 1\n", 3},
		{"thresh-plan 1\nstart a b\nstop a 0 1\n", 3},
		{"thresh-plan 1\nwait tcp 10.0.0.1 80 1\n", 2},
		{"thresh-plan 1\nwait tcp 127.0.0 80 1\n", 2},
		{"thresh-plan 1\nwait tcp 127.0.0.256 80 1\n", 2},
		{"thresh-plan 1\nwait tcp 127.0.0.1. 80 1\n", 2},
		{"thresh-plan 1\nwait tcp localhost 80 1\n", 2},
		{"thresh-plan 1\nwait file /a 1\n", 2},
		{"thresh-plan 1\nlimit nofiles 1 1\n", 2},
		{"thresh-plan 1\nlimit nofile unlimited 1\n", 2},
		{"thresh-plan 1\nlimit nofile -1 1\n", 2},
		{"thresh-plan 1\npasswd /a b/c /d\n", 2},
		{"thresh-plan 1\ncapabilities CAP_KILL\n", 2},
		{"thresh-plan 1\ncapabilities\n", 2},
		{"thresh-plan 1\nsignal 0 1\n", 2},
		{"thresh-plan 1\nforward all\n", 2},
		{"thresh-plan 1\ndelay 1\ndelay 1\n", 3},
		{"thresh-plan 1\ncommand a\n", 2},
		{"thresh-plan 1\ncommand %{word} a\n", 2},
		{"thresh-plan 1\ncommand \"%{path tmp}\" a\n", 2},
		{"thresh-plan 1\ncommand \"a %{token}\" a ${=2}\n", 2},
		{"thresh-plan 1\ncommand a b ${1}\n", 2},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *buffer = NULL;
		struct plan_error error;

		g_test_message("%s", table[i].text);
		g_assert_false(parse(table[i].text, &error, &buffer));
		g_assert_cmpuint(error.line, ==, table[i].line);
		g_assert_nonnull(error.text);
	}
}

static void test_bounds(void)
{
	g_autoptr(GString) text = g_string_new("thresh-plan 1\n");
	g_autofree char *word = g_strnfill(PLAN_MAX_LINE_BYTES - 6, 'a');
	g_autofree char *path = g_strnfill(PLAN_MAX_PATH_BYTES, 'b');
	g_autofree char *buffer = NULL;
	struct plan_error error;

	g_string_append_printf(text, "entry %s\n", word);
	g_assert_true(plan_parse(text->str, text->len, &plan, &error));
	g_string_assign(text, "thresh-plan 1\n");
	g_string_append_printf(text, "entry %sa\n", word);
	g_assert_false(plan_parse(text->str, text->len, &plan, &error));
	g_string_assign(text, "thresh-plan 1\n");
	g_string_append_printf(text, "home /%s\n", path); /* 4096 bytes */
	g_assert_false(plan_parse(text->str, text->len, &plan, &error));
	g_string_assign(text, "thresh-plan 1\n");
	for (int i = 1; i < PLAN_MAX_LINES; i++)
		g_string_append(text, "landlock-read /\n");
	g_assert_true(plan_parse(text->str, text->len, &plan, &error));
	g_assert_cmpuint(plan.count, ==, PLAN_MAX_LINES - 1);
	g_string_assign(text, "thresh-plan 1\n");
	for (int i = 0; i < PLAN_MAX_LINES; i++)
		g_string_append(text, "landlock-read /\n");
	g_assert_false(plan_parse(text->str, text->len, &plan, &error));
	g_assert_cmpuint(error.line, ==, PLAN_MAX_LINES + 1);
}

static void test_depth(void)
{
	g_autoptr(GString) text = g_string_new("thresh-plan 1\n");
	g_autofree char *deep = NULL;
	g_autofree char *deeper = NULL;
	struct plan_error error;

	for (int i = 0; i < PLAN_MAX_DEPTH; i++) {
		g_string_append(text, "if superuser\n");
		g_string_append(text, i == PLAN_MAX_DEPTH - 1 ? "" : "else\n");
	}
	for (int i = 0; i < PLAN_MAX_DEPTH; i++)
		g_string_append(text, "end\n");
	g_assert_true(parse(text->str, &error, &deep));
	g_string_append(text, "if superuser\nend\n");
	g_string_insert(text, (gssize)strlen("thresh-plan 1\n"), "if ordinary\n");
	g_string_append(text, "end\n");
	g_assert_false(parse(text->str, &error, &deeper));
	g_assert_cmpuint(error.line, ==, 2 * PLAN_MAX_DEPTH + 1);
}

static void test_programs(void)
{
	g_autoptr(GString) text = g_string_new("thresh-plan 1\n");
	g_autofree char *most = NULL;
	g_autofree char *more = NULL;
	struct plan_error error;

	for (int i = 0; i < PLAN_MAX_PROGRAMS; i++)
		g_string_append_printf(text, "start a-%d b\n", i);
	g_assert_true(parse(text->str, &error, &most));
	g_string_append(text, "start a b\n");
	g_assert_false(parse(text->str, &error, &more));
}

/* NUL bytes are content like any other, and refused. */
static void test_nul(void)
{
	char text[] = "thresh-plan 1\nentry a\0b\n";
	struct plan_error error;

	g_assert_false(plan_parse(text, sizeof(text) - 1, &plan, &error));
	g_assert_cmpuint(error.line, ==, 2);
}

static void test_quote(void)
{
	static const struct {
		const char *word, *want;
	} table[] = {
		{"abc", "abc"},
		{"", "\"\""},
		{"a b", "\"a b\""},
		{"#a", "\"#a\""},
		{"a#", "a#"},
		{"a\"\\", "\"a\\\"\\\\\""},
		{"a\n\x7f", "\"a\\x0a\\x7f\""},
		{"\xc3\xa4", "\"\\xc3\\xa4\""},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		char quoted[64];
		g_autofree char *line = NULL;
		g_autofree char *buffer = NULL;
		struct plan_error error;

		g_assert_cmpuint(plan_quote(table[i].word, quoted), ==, strlen(table[i].want));
		g_assert_cmpstr(quoted, ==, table[i].want);
		line = g_strdup_printf("thresh-plan 1\nentry %s\n", quoted);
		g_assert_true(parse(line, &error, &buffer));
		g_assert_cmpstr(plan_word(plan_find(&plan, PLAN_ENTRY), 0), ==, table[i].word);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/plan/words", test_words);
	g_test_add_func("/plan/every-directive", test_every_directive);
	g_test_add_func("/plan/bad", test_bad);
	g_test_add_func("/plan/bounds", test_bounds);
	g_test_add_func("/plan/choices", test_choices);
	g_test_add_func("/plan/depth", test_depth);
	g_test_add_func("/plan/programs", test_programs);
	g_test_add_func("/plan/nul", test_nul);
	g_test_add_func("/plan/quote", test_quote);
	return g_test_run();
}
