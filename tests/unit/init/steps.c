/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a plan, as thresh-init carries them out: tables of plans, and what comes of them. */
#include "harness.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

struct example {
	const char *plan;
	int status;
	const char *output; /* a part of it, or NULL */
};

static const char *const environment[] = {"NAME=value",  "EMPTY=",       "LIST=a  b\nc",
					  "PORT=8080",   "BAD=12x",      "WORD=/etc/x y",
					  "DOLLAR=${X}", "TOKEN=secret", NULL};

static void examples_run(const struct example *examples, gsize count, const char *const *arguments)
{
	harness_environment = environment;
	for (gsize i = 0; i < count; i++) {
		struct root root;
		g_autofree char *output = NULL;

		root_make(&root);
		make_directory(&root, "vol", 0777);
		make_directory(&root, "vol/empty", 0777);
		make_directory(&root, "dev/shm", 01777);
		make_file(&root, "dev/null", "", 0666);
		make_file(&root, "vol/file", "text\n", 0644);
		make_file(&root, "vol/nothing", "", 0644);
		make_file(&root, "etc/secret", "hidden\n\n", 0600);
		make_file(&root, "etc/nul", "x", 0600);
		make_file(&root, "etc/in", "a ${NAME} $host $$5 ${1}\n", 0644);
		make_file(&root, "etc/tree/sub/file", "deep", 0640);
		make_file(&root, "etc/conf", "a=1\n# port = 5\nport=6\nlast", 0640);
		make_file(
			&root, "etc/resolv.conf",
			"search x\nnameserver 10.0.0.1\n#nameserver 1.1.1.1\nnameserver\tfd00::1\n",
			0644);
		g_test_message("%s", examples[i].plan);
		g_assert_cmpint(init_run(&root, examples[i].plan, NULL, arguments, &output), ==,
				examples[i].status);
		if (examples[i].output && !strstr(output, examples[i].output))
			g_error("%s: wanted %s, got %s", examples[i].plan, examples[i].output,
				output);
		root_remove(&root);
	}
	harness_environment = NULL;
}

#define SHOW(names) "entry probe env " names "\n"

static void test_variables(void)
{
	static const struct example examples[] = {
		{SHOW("NAME A") "set A x${NAME}y\n", 0, "NAME=value\nA=xvaluey\n"},
		{SHOW("A B") "let A 1\nset B ${A}2\n", 0, "A unset\nB=12\n"},
		{SHOW("A") "let A 1\nexport A\n", 0, "A=1\n"},
		{SHOW("A") "escape A <${DOLLAR}> \"$\\\\$\" {{{ }\nexport A\n", 0, "A=<\\${{X>\n"},
		{SHOW("A NAME") "escape A ${NAME} ab ac\nset NAME ${A}\n", 0,
		 "A unset\nNAME=vblue\n"},
		{SHOW("A") "escape A ${NONE} x\nexport A\n", 0, "A=\n"},
		{SHOW("A") "slice A ${WORD} behind / before-last \" \"\nexport A\n", 0,
		 "A=etc/x\n"},
		{SHOW("A") "slice A a:b:c behind-last :\nexport A\n", 0, "A=c\n"},
		{SHOW("A") "slice A tcp://${PORT} without-prefix tcp://\nexport A\n", 0,
		 "A=8080\n"},
		{SHOW("A") "slice A ${NAME} without-suffix ue\nexport A\n", 0, "A=val\n"},
		{SHOW("A NAME") "slice A ${NAME} before : behind :\nset NAME <${A}>\n", 0,
		 "A unset\nNAME=<value>\n"},
		{SHOW("A") "slice A ${NONE} before :\nexport A\n", 0, "A=\n"},
		{SHOW("NAME") "unset NAME\n", 0, "NAME unset\n"},
		{SHOW("NAME") "unset NAME\nset NAME b\n", 0, "NAME=b\n"},
		{SHOW("NAME AB AC A X") "set AB 1\nset AC 2\nset A 3\nset X 4\nunset N*\nunset "
					"AB*\n"
					"unset AC*\nset AC 5\n",
		 0, "NAME unset\nAB unset\nAC=5\nA=3\nX=4\n"},
		{SHOW("NAME") "set NAME a\nset NAME ${NAME}b\n", 0, "NAME=ab\n"},
		{SHOW("NAME EMPTY A") "value NAME 1\nvalue EMPTY 2\nvalue A 3\n", 0,
		 "NAME=value\nEMPTY=2\nA=3\n"},
		{SHOW("A") "set A ${DOLLAR}$$\n", 0, "A=${X}$\n"},
		{SHOW("A") "set A [${NONE}]\n", 0, "A=[]\n"},
		{SHOW("NONE") "export NONE\n", 0, "NONE unset\n"},
		{"require NAME\nentry probe exit 0\n", 0, NULL},
		{"require EMPTY\nentry probe\n", 1, "plan:2: require EMPTY: not set, or empty\n"},
		{"require NONE \"give ${NAME}!\"\nentry probe\n", 1, "give value!\n"},
		{"forbid NONE\nforbid EMPTY\nentry probe\n", 1, "plan:3: forbid EMPTY: set"},
		{"check PORT port\ncheck PORT integer 8000 9000\nentry probe exit 0\n", 0, NULL},
		{"check BAD integer\nentry probe\n", 1,
		 "plan:2: check BAD: not a value of type integer\n"},
		{"check PORT port 1 80\nentry probe\n", 1, "type port from 1 to 80\n"},
		{"check NONE word\nentry probe\n", 1, "check NONE: not set, or empty\n"},
		{"fail 42 \"no ${NAME}\"\n", 42, "no value\n"},
		{"print ${NAME}\nentry probe exit 0\n", 0, "value\n"},
	};

	examples_run(examples, G_N_ELEMENTS(examples), NULL);
}

/* Secrets in no environment unless they are exported, and in no message. */
static void test_secrets(void)
{
	static const struct example examples[] = {
		{SHOW("S S_FILE") "set S_FILE /etc/secret\nsecret S\n", 0,
		 "S unset\nS_FILE unset\n"},
		{SHOW("A") "set S_FILE /etc/secret\nsecret S\nset A <${S}>\n", 0, "A=<hidden>\n"},
		{SHOW("S") "set S_FILE /etc/secret\nsecret S\nexport S\n", 0, "S=hidden\n"},
		{SHOW("TOKEN") "secret TOKEN\n", 0, "TOKEN unset\n"},
		{SHOW("TOKEN") "secret TOKEN\nexport TOKEN\n", 0, "TOKEN=secret\n"},
		{SHOW("NONE") "secret NONE\n", 0, "NONE unset\n"},
		{"set TOKEN_FILE /etc/secret\nsecret TOKEN\nentry probe\n", 1,
		 "plan:3: secret TOKEN: given both directly and as a file"},
		{"set S_FILE /etc/none\nsecret S\nentry probe\n", 125,
		 "secret /etc/none: No such file"},
		{"set S_FILE /vol\nsecret S\nentry probe\n", 125, "secret /vol: Is a directory"},
		{SHOW("A") "read S /etc/secret\nset A <${S}>\n", 0, "A=<hidden>\n"},
		{SHOW("S") "let D etc\nread S /${D}/secret\n", 0, "S unset\n"},
		{"read S /etc/none\nentry probe\n", 125, "read /etc/none: No such file"},
		{"read S /vol\nentry probe\n", 125, "read /vol: Is a directory"},
		{"secret TOKEN\nrun probe env TOKEN\nentry probe exit 0\n", 0, "TOKEN unset\n"},
		{"secret TOKEN\ncheck TOKEN integer\nentry probe\n", 1,
		 "check TOKEN: not a value of type integer\n"},
	};

	examples_run(examples, G_N_ELEMENTS(examples), NULL);
}

static void test_facts(void)
{
	g_autofree char *cpus = g_strdup_printf("A=%d\n", get_nprocs());
	struct example examples[] = {
		{SHOW("A") "fact A cpus\nexport A\ncheck A integer 1 65536\n", 0, "A="},
		{SHOW("A") "fact A workers 1 1 0\nfact B cpus\nif equals ${A} ${B}\nexport "
			   "A\nend\n",
		 0, "A="},
		{SHOW("A") "fact A workers 512 3 1 0 4\nexport A\n", 0, "A=4\n"},
		{SHOW("A") "fact A workers 1 512 3\nexport A\n", 0, "A=3\n"},
		{SHOW("A") "fact A workers 1 512 0 2\nexport A\n", 0, "A=2\n"},
		{SHOW("A") "fact A workers 1 512 -4\nexport A\n", 0, "A=0\n"},
		{"fact A workers 512 1 9223372036854775807\nentry probe\n", 125, "fact A"},
		{SHOW("A") "fact A memory\nexport A\ncheck A integer 1000000 9000000000000000\n", 0,
		 "A="},
		{SHOW("A") "fact A hostname\nexport A\n", 0, "A="},
		{SHOW("A B") "fact A uid\nfact B gid\nexport A\nexport B\n", 0, "A=0\nB=0\n"},
		{SHOW("A") "fact A nameservers\nexport A\n", 0, "A=10.0.0.1 [fd00::1]\n"},
		{SHOW("A") "fact A resolvers\nexport A\n", 0, "A=10.0.0.1 fd00::1\n"},
		{"fact A random-port\ncheck A port\nentry probe exit 0\n", 0, NULL},
		{"fact A uuid\ncheck A token 36 36\nif unlike ${A} ?*-?*-4*-[89ab]*-?*\nfail 9 "
		 "${A}\nend\n"
		 "entry probe exit 0\n",
		 0, NULL},
		{"random A 16 hex\ncheck A token 32 32\nentry probe exit 0\n", 0, NULL},
		{"random A 512 alphanumeric\ncheck A token 512 512\nentry probe exit 0\n", 0, NULL},
		{"random A 16 base64\ncheck A word 24 24\nif unlike ${A} *==\nfail 9 ${A}\nend\n"
		 "entry probe exit 0\n",
		 0, NULL},
		{"random A 3 base64\ncheck A word 4 4\nentry probe exit 0\n", 0, NULL},
		{"random A 8 hex\nrandom B 8 hex\nif equals ${A} ${B}\nfail 9 same\nend\n"
		 "entry probe exit 0\n",
		 0, NULL},
		{SHOW("A") "fact A uid\n", 0, "A unset\n"},
	};

	examples_run(examples, G_N_ELEMENTS(examples), NULL);
}

#define YES(condition)                                                                             \
	{                                                                                          \
		"if " condition "\nexec probe exit 3\nend\nentry probe exit 4\n", 3, NULL          \
	}
#define NO(condition)                                                                              \
	{                                                                                          \
		"if " condition "\nexec probe exit 3\nend\nentry probe exit 4\n", 4, NULL          \
	}

static void test_conditions(void)
{
	static const struct example examples[] = {
		YES("set EMPTY"),
		NO("set NONE"),
		YES("unset NONE"),
		NO("unset EMPTY"),
		YES("empty EMPTY"),
		YES("empty NONE"),
		NO("empty NAME"),
		YES("filled NAME"),
		NO("filled EMPTY"),
		YES("equals ${NAME} value"),
		NO("equals ${NAME} other"),
		YES("differs ${NAME} other"),
		NO("differs a a"),
		YES("matches ${NAME} v*[e]"),
		NO("matches ${NAME} *x"),
		YES("unlike ${NAME} *x"),
		NO("unlike ${NAME} *"),
		YES("above ${PORT} 8079"),
		NO("above ${PORT} 8080"),
		YES("below ${PORT} 8081"),
		NO("below ${PORT} 8080"),
		YES("above 0${PORT} 8079"),
		YES("above -1 -2"),
		NO("above -2 -1"),
		NO("above ${NONE} -1"),
		NO("below ${NONE} 1"),
		NO("above ${BAD} 1"),
		NO("below ${BAD} 100"),
		NO("above 99999999999999999999 1"),
		NO("above 1 9223372036854775807"),
		NO("below 1 -9223372036854775808"),
		YES("exists /vol/file"),
		NO("exists /vol/none"),
		YES("absent /vol/none"),
		NO("absent /vol/file"),
		YES("file /vol/file"),
		NO("file /vol"),
		YES("directory /vol"),
		NO("directory /vol/file"),
		YES("populated /vol/file"),
		NO("populated /vol/nothing"),
		YES("populated /vol"),
		NO("populated /vol/empty"),
		NO("populated /vol/none"),
		YES("vacant /vol/empty"),
		YES("vacant /vol/none"),
		NO("vacant /vol"),
		YES("executable /bin/probe"),
		YES("writable /vol"),
		YES("program probe"),
		YES("program /bin/probe"),
		NO("program none"),
		NO("program bin"), /* a directory */
		NO("program /vol/file"),
		NO("program ${EMPTY}"),
		YES("superuser"),
		NO("ordinary"),
		{"if exists ${NAME}\nend\nentry probe\n", 125,
		 "plan:2: if value: not a clean absolute path\n"},
		{"if superuser\nif ordinary\nset A 1\nelse\nset A 2\nend\nelse\nset A "
		 "3\nend\n" SHOW("A"),
		 0, "A=2\n"},
		{"if ordinary\nif superuser\nset A 1\nelse\nset A 2\nend\nelse\nset A "
		 "3\nend\n" SHOW("A"),
		 0, "A=3\n"},
		{"if ordinary\nfail 9 no\nend\n" SHOW("NAME"), 0, "NAME=value\n"},
		{"if ordinary\numask 0777\nelse\numask 027\nend\nentry probe in\n", 0,
		 "umask 27\n"},
	};

	examples_run(examples, G_N_ELEMENTS(examples), NULL);
}

static void test_arguments(void)
{
	static const char *const given[] = {"one", "two words", "-3", NULL};
	static const struct example examples[] = {
		{"entry probe\n", 0, "arg probe\narg one\narg two words\narg -3\npid"},
		{"arguments probe ${@} ${#} ${2}x${9}\n", 0,
		 "arg probe\narg one\narg two words\narg -3\narg 3\narg two wordsx\npid"},
		{"entry probe\nargument ${*LIST} ${*EMPTY} ${*NONE} end\n", 0,
		 "arg -3\narg a\narg b\narg c\narg end\npid"},
		{"entry probe\nshift 1\n", 0, "arg probe\narg two words\narg -3\npid"},
		{"entry probe\nshift 9\n", 0, "arg probe\npid"},
		{"entry probe\nshift 1\nargument ${1}\nshift 1\n", 0,
		 "arg probe\narg -3\narg two words\npid"},
		{"entry none\nif matches ${1} o*\nexec probe ${1}\nend\nfail 9 no\n", 0,
		 "arg probe\narg one\npid"},
		{"entry none\nif among -?\nif among \"two *\"\nexec probe\nend\nend\nfail 9 no\n",
		 0, "arg probe\npid"},
		{"entry none\nif among wo\nexec probe\nend\nshift 9\nif among *\nexec "
		 "probe\nend\nfail 9 no\n",
		 9, "no\n"},
		{"arguments\nexec ${@}\n", 125, "plan:3: exec: no words are left of it\n"},
		{"arguments\n", 125, "nothing to run"},
		{"exec probe in\numask 077\n", 0, "umask 77\n"},
		{"entry probe\ndefault not\n", 0, "arg one\n"},
	};

	examples_run(examples, G_N_ELEMENTS(examples), given);
}

/* Files as they are afterwards, read by `template` back into the environment's place: the root is
 * looked at from outside. */
struct file_example {
	const char *plan;
	const char *path;
	const char *want; /* NULL: absent */
	mode_t mode;      /* 0: any */
};

static void expect_file(const struct root *root, const struct file_example *example)
{
	g_autofree char *path = at(root, example->path);
	g_autofree char *text = NULL;
	struct stat status;

	if (!example->want) {
		g_assert_cmpint(lstat(path, &status), <, 0);
		return;
	}
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, example->want);
	g_assert_cmpint(stat(path, &status), ==, 0);
	if (example->mode)
		g_assert_cmpuint(status.st_mode & 07777, ==, example->mode);
}

/* Nothing is left of what was written beside a file. */
static void expect_clean(const struct root *root, const char *directory)
{
	g_autofree char *path = at(root, directory);
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(dir)))
		g_assert_false(g_str_has_prefix(name, ".thresh"));
}

static void test_files(void)
{
	static const struct file_example examples[] = {
		{"file /vol/a 0640 \"x ${NAME}\\x0a\"\n", "vol/a", "x value\n", 0640},
		{"file /vol/${NAME} 0600 \"\"\n", "vol/value", "", 0600},
		{"file /vol/old 0604 new\n", "vol/old", "new", 0604},
		{"file /vol/link 0644 new\n", "vol/old", "new", 0644},
		{"file /vol/link 0644 new\n", "vol/link", "new", 0},
		{"file /vol/dangling 0644 new\n", "vol/made", "new", 0644},
		{"file /vol/absolute 0644 new\n", "vol/old", "new", 0644},
		{"append /vol/old b${NAME}\n", "vol/old", "oldbvalue", 0600},
		{"append /vol/new b\n", "vol/new", "b", 0644},
		{"umask 077\nappend /vol/new b\n", "vol/new", "b", 0600},
		{"template /vol/t 0600 /etc/in\n", "vol/t", "a value $host $5 ${1}\n", 0600},
		{"provide /vol/p /etc/in\n", "vol/p", "a ${NAME} $host $$5 ${1}\n", 0644},
		{"provide /vol/old /etc/in\n", "vol/old", "old", 0600},
		{"provide /vol/tree /etc/tree\n", "vol/tree/sub/file", "deep", 0640},
		{"provide /vol/dangling /etc/in\n", "vol/made", NULL, 0},
		{"edit /vol/conf port = 7\n", "vol/conf", "a=1\nport=7\nport=6\nlast", 0640},
		{"edit /vol/conf a = ${PORT}\n", "vol/conf", "a=8080\n# port = 5\nport=6\nlast",
		 0640},
		{"edit /vol/conf new \" \" x\n", "vol/conf",
		 "a=1\n# port = 5\nport=6\nlast\nnew x\n", 0640},
		{"edit /vol/conf port \": \" x\n", "vol/conf",
		 "a=1\n# port = 5\nport=6\nlast\nport: x\n", 0640},
		{"edit /vol/conf a = 1\n", "vol/conf", "a=1\n# port = 5\nport=6\nlast", 0640},
		{"replace /vol/conf port=7 port=*\n", "vol/conf", "a=1\n# port = 5\nport=7\nlast",
		 0640},
		{"replace /vol/conf ${NAME} \"# port*\" a=? last\n", "vol/conf",
		 "value\nvalue\nport=6\nvalue", 0640},
		{"replace /vol/conf x port\n", "vol/conf", "a=1\n# port = 5\nport=6\nlast", 0640},
		{"ensure /vol/conf port=7 port=*\n", "vol/conf", "a=1\n# port = 5\nport=7\nlast",
		 0640},
		{"ensure /vol/conf b=${PORT} b=*\n", "vol/conf",
		 "a=1\n# port = 5\nport=6\nlast\nb=8080\n", 0640},
		{"ensure /vol/conf \"\" \"\"\n", "vol/conf", "a=1\n# port = 5\nport=6\nlast\n\n",
		 0640},
		{"ensure /vol/link x x\n", "vol/old", "old\nx\n", 0600},
		{"complete /vol/conf port=7 port=*\n", "vol/conf", "a=1\n# port = 5\nport=6\nlast",
		 0640},
		{"complete /vol/conf b=1 b=*\n", "vol/conf", "a=1\n# port = 5\nport=6\nlast\nb=1\n",
		 0640},
		{"edit /vol/conf las t x\n", "vol/conf", "a=1\n# port = 5\nport=6\nlastx\n", 0},
		{"symlink /vol/s old\n", "vol/s", "old", 0},
		{"symlink /vol/link conf\n", "vol/link", "a=1\n# port = 5\nport=6\nlast", 0},
		{"symlink /vol/conf old\n", "vol/conf", "old", 0},
		{"remove /vol/old\n", "vol/old", NULL, 0},
		{"remove /vol/link\n", "vol/old", "old", 0600},
		{"remove /vol/full\n", "vol/full", NULL, 0},
		{"remove /vol/none/none\n", "vol/old", "old", 0},
		{"mode /vol/old 0751\n", "vol/old", "old", 0751},
		{"directory /vol/$$x/${NAME} 0700\nfile /vol/$$x/${NAME}/f 0600 y\n",
		 "vol/$x/value/f", "y", 0600},
	};

	harness_environment = environment;
	for (gsize i = 0; i < G_N_ELEMENTS(examples); i++) {
		struct root root;
		g_autofree char *plan = g_strconcat(examples[i].plan, "entry probe exit 0\n", NULL);
		g_autofree char *volume = NULL;
		int fd;

		root_make(&root);
		make_directory(&root, "vol", 0777);
		make_file(&root, "vol/old", "old", 0600);
		make_file(&root, "vol/conf", "a=1\n# port = 5\nport=6\nlast", 0640);
		make_file(&root, "vol/full/a/b", "x", 0600);
		make_file(&root, "etc/in", "a ${NAME} $host $$5 ${1}\n", 0644);
		make_file(&root, "etc/tree/sub/file", "deep", 0640);
		volume = at(&root, "vol");
		fd = open(volume, O_PATH | O_DIRECTORY);
		g_assert_cmpint(symlinkat("old", fd, "link"), ==, 0);
		g_assert_cmpint(symlinkat("made", fd, "dangling"), ==, 0);
		g_assert_cmpint(symlinkat("/vol/old", fd, "absolute"), ==, 0);
		close(fd);
		g_test_message("%s", examples[i].plan);
		g_assert_cmpint(init_run(&root, plan, NULL, NULL, NULL), ==, 0);
		expect_file(&root, &examples[i]);
		expect_clean(&root, "vol");
		root_remove(&root);
	}
	harness_environment = NULL;
}

static void test_files_refused(void)
{
	static const struct example examples[] = {
		{"file /none/a 0644 x\nentry probe\n", 125, "plan:2: file /none/a: No such file"},
		{"file /vol 0644 x\nentry probe\n", 125, "file /vol: Is a directory"},
		{"file /vol/${LIST} 0644 x\nentry probe exit 0\n", 0, NULL},
		{"file /vol/../${NAME} 0644 x\nentry probe\n", 125, "not a clean absolute path"},
		{"set A ..\nfile /vol/${A}/x 0644 x\nentry probe\n", 125,
		 "plan:3: file /vol/../x: not a clean absolute path\n"},
		{"file ${WORD} 0644 x\nentry probe exit 0\n", 0, NULL},
		{"symlink /vol/loop loop\nfile /vol/loop 0644 x\nentry probe\n", 125,
		 "file /vol/loop: Symbolic link loop"},
		{"template /vol/a 0644 /etc/none\nentry probe\n", 125,
		 "template /etc/none: No such"},
		{"edit /vol/none a = b\nentry probe\n", 125, "edit /vol/none: No such file"},
		{"edit /vol/file a = ${LIST}\nentry probe\n", 125,
		 "edit /vol/file: the value is more than a line\n"},
		{"ensure /vol/none a b\nentry probe\n", 125, "ensure /vol/none: No such file"},
		{"replace /vol/file ${LIST} x\nentry probe\n", 125,
		 "replace /vol/file: the value is more than a line\n"},
		{"provide /vol/x /etc/none\nentry probe\n", 125, "provide /vol/x: No such file"},
		{"symlink /vol/empty x\nentry probe\n", 125, "symlink /vol/empty: Is a directory"},
		{"mode /vol/none 0644\nentry probe\n", 125, "mode /vol/none: No such file"},
		{"owner /vol/none 1 1\nentry probe\n", 125, "owner /vol/none: No such file"},
		{"remove /\nentry probe\n", 125, "remove /: Resource busy"},
		{"append /vol x\nentry probe\n", 125, "append /vol: Is a directory"},
	};

	examples_run(examples, G_N_ELEMENTS(examples), NULL);
}

/* What a start that was cut off has left of a tree is taken away, and the tree is whole. */
static void test_provide_again(void)
{
	struct file_example want = {NULL, "vol/t/sub/file", "deep", 0};
	struct root root;

	root_make(&root);
	make_directory(&root, "vol", 0777);
	make_file(&root, "etc/tree/sub/file", "deep", 0640);
	make_file(&root, "vol/.thresh-provide-t/half", "x", 0600);
	g_assert_cmpint(
		init_run(&root, "provide /vol/t /etc/tree\nentry probe exit 0\n", NULL, NULL, NULL),
		==, 0);
	expect_file(&root, &want);
	want.path = "vol/t/half";
	want.want = NULL;
	expect_file(&root, &want);
	expect_clean(&root, "vol");
	root_remove(&root);
}

static void expect_owner(const struct root *root, const char *path, uid_t uid, gid_t gid)
{
	g_autofree char *full = at(root, path);
	struct stat status;

	g_assert_cmpint(lstat(full, &status), ==, 0);
	g_assert_cmpuint(status.st_uid, ==, uid);
	g_assert_cmpuint(status.st_gid, ==, gid);
}

/* What root makes belongs to the application; what was there keeps its owner. */
static void test_owners(void)
{
	struct root root;
	g_autofree char *link = NULL;

	if (!several_ids())
		return;
	root_make(&root);
	make_directory(&root, "vol", 0777);
	make_directory(&root, "vol/t", 0777);
	make_file(&root, "vol/t/a", "", 0600);
	make_file(&root, "vol/kept", "", 0600);
	make_file(&root, "etc/x", "", 0600);
	link = at(&root, "vol/t/out");
	g_assert_cmpint(symlink("/etc/x", link), ==, 0);
	g_assert_cmpint(init_run(&root,
				 "file /vol/new 0600 x\nfile /vol/kept 0600 x\nsymlink /vol/s new\n"
				 "append /vol/log x\ndirectory /vol/d 0700\nowner /vol/t 7 8 tree\n"
				 "owner /vol/d 9 9\nid 1000 1001\nentry probe exit 0\n",
				 NULL, NULL, NULL),
			==, 0);
	expect_owner(&root, "vol/new", 1000, 1001);
	expect_owner(&root, "vol/log", 1000, 1001);
	expect_owner(&root, "vol/s", 1000, 1001);
	expect_owner(&root, "vol/kept", 0, 0);
	expect_owner(&root, "vol/d", 9, 9);
	expect_owner(&root, "vol/t", 7, 8);
	expect_owner(&root, "vol/t/a", 7, 8);
	expect_owner(&root, "vol/t/out", 7, 8);
	expect_owner(&root, "etc/x", 0, 0);
	root_remove(&root);
}

static void test_programs(void)
{
	static const struct example examples[] = {
		{"run probe exit 0\nentry probe exit 5\n", 5, NULL},
		{"run probe exit 3\nentry probe\n", 3, "plan:2: run probe: exit status 3\n"},
		{"run probe die 9\nentry probe\n", 137, "plan:2: run probe: ended by signal 9\n"},
		{"run none\nentry probe\n", 127, "thresh-init: none: No such file"},
		{"run /vol/file\nentry probe\n", 126,
		 "thresh-init: /vol/file: Permission denied\n"},
		{"run ${*NONE}\nentry probe\n", 125, "plan:2: run: no words are left of it\n"},
		{"accept 3\nrun probe exit 3\nentry probe exit 0\n", 0, NULL},
		{"accept 1 any\nrun probe exit 3\nentry probe exit 0\n", 0, NULL},
		{"accept 1 2\nrun probe exit 3\nentry probe\n", 3, NULL},
		{"retry 2 1\nrun probe nth /vol/n 3\nentry probe exit 0\n", 0, NULL},
		{"retry 1 1\nrun probe nth /vol/n 3\nentry probe exit 0\n", 7, "exit status 7\n"},
		{"set A 1\nlet B 2\nrun probe env A B NAME\nentry probe exit 0\n", 0,
		 "A=1\nB unset\nNAME=value\n"},
		{"with A ${NAME}\nwithout NAME\nrun probe env A NAME\nentry probe env A NAME\n", 0,
		 "A=value\nNAME unset\nA unset\nNAME=value\n"},
		{"with NAME inner\nrun probe env NAME ${NAME}\nentry probe exit 0\n", 0,
		 "NAME=inner\nvalue unset\n"},
		{"in /vol\nrun probe in\nentry probe in\n", 0, "in /vol uid 0"},
		{"in /none\nrun probe in\nentry probe\n", 125, "run /none: No such file"},
		{"umask 027\nrun probe in\nentry probe in\n", 0, "umask 27\nin / uid 0"},
		{"input \"x ${NAME}\"\nrun probe in\nentry probe exit 0\n", 0, "x value"},
		{"input <${NAME}>\ninput-file /vol/file\ninput >\nrun probe in\nentry probe exit "
		 "0\n",
		 0, "<value>text\n>"},
		{"input-file /none\nrun probe in\nentry probe\n", 125,
		 "plan:2: input-file /none: No such file"},
		{"input-file ${NAME}\nrun probe in\nentry probe\n", 125, "plan:2: input-file"},
		{"run probe in\nentry probe exit 0\n", 0, "umask 22\n"},
		{"output /vol/out\nrun probe env NAME\ntemplate /dev/stdout 0600 /vol/out\n"
		 "entry probe exit 0\n",
		 0, NULL},
		{"with PATH /none\nrun probe\nentry probe\n", 127, "thresh-init: probe: No such"},
		{"set PATH /none\nentry probe\n", 127, "thresh-init: probe: No such"},
	};

	examples_run(examples, G_N_ELEMENTS(examples), NULL);
}

static void test_output(void)
{
	struct file_example want = {NULL, "vol/out", "NAME unset\n", 0640};
	struct root root;

	root_make(&root);
	make_directory(&root, "vol", 0777);
	make_file(&root, "dev/null", "", 0666);
	g_assert_cmpint(init_run(&root,
				 "umask 026\noutput /vol/out\nrun probe env NAME\n"
				 "entry probe exit 0\n",
				 NULL, NULL, NULL),
			==, 0);
	expect_file(&root, &want);
	root_remove(&root);
}

static void test_as(void)
{
	static const struct example examples[] = {
		{"as 7 8 9 10\nrun probe in\nentry probe in\n", 0, "in / uid 7 gid 8 groups 9 10 "},
		{"as 7 8\nrun probe in\nas 11 12\nrun probe in\nentry probe in\n", 0,
		 "in / uid 11 gid 12 groups umask"},
		{"as 7 8\nrun probe capabilities\nentry probe exit 0\n", 0,
		 "CapEff:\t0000000000000000\n"},
		{"id 7 8\ncapabilities NET_BIND_SERVICE\nno-new-privileges\nentry probe "
		 "capabilities\n",
		 0, "CapEff:\t0000000000000400\nCapBnd:\t0000000000000400\n"},
		{"id 7 8\nno-new-privileges\nentry probe capabilities\n", 0,
		 "CapEff:\t0000000000000000\nCapBnd:\t0000000000000000\n"},
	};

	if (!several_ids())
		return;
	examples_run(examples, G_N_ELEMENTS(examples), NULL);
}

static void test_restrictions(void)
{
	static const struct example examples[] = {
		{"limit nofile 100 200\nlimit core 0 0\nentry probe limits\n", 0,
		 "nofile 100 200 core 0\n"},
		{"limit nofile 100 200\nif ordinary\nlimit nofile 50 50\nend\nentry probe limits\n",
		 0, "nofile 100 200 "},
		{"workdir /vol\nentry probe in\n", 0, "in /vol uid"},
		{"workdir /vol/${EMPTY}file\nentry probe in\n", 125,
		 "workdir /vol/file: Not a dir"},
		{"workdir /vol\nif superuser\nworkdir /etc\nend\nentry probe in\n", 0,
		 "in /etc uid"},
	};

	examples_run(examples, G_N_ELEMENTS(examples), NULL);
}

static void test_passwd(void)
{
	static const struct {
		const char *before, *after;
	} table[] = {
		{"root:x:0:0::/:/bin/sh\n", "root:x:0:0::/:/bin/sh\n"},
		{"a:x:10:0::/:/bin/sh", "a:x:10:0::/:/bin/sh\napp:x:0:0:app:/home:/sbin/nologin\n"},
		{"a:0:1:0::/:\n", "a:0:1:0::/:\napp:x:0:0:app:/home:/sbin/nologin\n"},
		{"", "app:x:0:0:app:/home:/sbin/nologin\n"},
		{"broken\n\n", "broken\n\napp:x:0:0:app:/home:/sbin/nologin\n"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		struct file_example want = {NULL, "vol/passwd", table[i].after, 0};
		struct root root;

		root_make(&root);
		make_file(&root, "vol/passwd", table[i].before, 0644);
		g_assert_cmpint(init_run(&root,
					 "passwd /vol/passwd app /home\nentry probe exit 0\n", NULL,
					 NULL, NULL),
				==, 0);
		expect_file(&root, &want);
		root_remove(&root);
	}
}

/* The same plan as an init container: its steps, then 0. */
static void test_setup(void)
{
	static const char *const setup[] = {"--plan", "setup", NULL};
	static const char *const other[] = {"--plan", "setup", "x", NULL};
	struct file_example want = {NULL, "vol/made", "x", 0};
	struct root root;
	g_autofree char *output = NULL;

	root_make(&root);
	make_directory(&root, "vol", 0777);
	g_assert_cmpint(
		init_run(&root, "file /vol/made 0600 x\nentry probe exit 3\n", NULL, setup, NULL),
		==, 0);
	expect_file(&root, &want);
	g_assert_cmpint(init_run(&root, "entry probe\n", NULL, other, &output), ==, 0);
	HAS(output, "arg --plan\narg setup\narg x\n");
	root_remove(&root);
}

static void test_wait(void)
{
	static const struct example examples[] = {
		{"wait tcp 127.0.0.1 1 50\nentry probe\n", 1,
		 "plan:2: wait 127.0.0.1: nothing answers in time\n"},
		{"wait tcp ::1 1 0\nentry probe\n", 1, "wait ::1: nothing answers in time\n"},
	};

	examples_run(examples, G_N_ELEMENTS(examples), NULL);
}

/* A stop signal while a program runs stops it, and init with the signal's status; a program that is
 * deaf is killed after the grace. */
static void test_stopped(void)
{
	static const struct {
		const char *plan;
		int signal_number;
	} table[] = {
		{"run probe signals 15\nentry probe exit 0\n", SIGTERM},
		{"run probe signals 2\nentry probe exit 0\n", SIGINT},
		{"run probe signals 10\nstay 100 10\nentry probe exit 0\n", SIGUSR1},
		{"run probe deaf\nstay 100\nentry probe exit 0\n", SIGTERM},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *plan = g_strconcat("thresh-plan 1\n", table[i].plan, NULL);
		struct started started;
		struct root root;
		char text[6];

		root_make(&root);
		make_file(&root, "dev/null", "", 0666);
		make_file(&root, ".thresh/plan", plan, 0644);
		started = init_start(&root, NULL, NULL);
		g_assert_cmpint(read(started.output, text, sizeof(text)), ==, sizeof(text));
		g_assert_cmpint(kill(first_process(&started), table[i].signal_number), ==, 0);
		g_test_message("%s", table[i].plan);
		g_assert_cmpint(init_finish(&started, NULL), ==, 128 + table[i].signal_number);
		root_remove(&root);
	}
}

static void before_signals(void)
{
	sigset_t set;

	/* whatever started the tests may ignore some */
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	signal(SIGHUP, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_SETMASK, &set, NULL);
}

/* Programs of steps get the caller's mask and ignored signals, as the application does. */
static void test_signals_kept(void)
{
	static const char *const plans[] = {
		"run probe\naccept 3\nrun probe exit 3\nexec probe\n",
		"run probe\nexec probe\nstay 100\n",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(plans); i++) {
		struct root root;
		g_autofree char *output = NULL;

		root_make(&root);
		make_file(&root, "dev/null", "", 0666);
		g_assert_cmpint(init_run(&root, plans[i], before_signals, NULL, &output), ==, 0);
		g_assert_nonnull(strstr(output, "mask 200\nignored 1 17\n"));
		g_assert_nonnull(strstr(strstr(output, "ignored") + 1, "mask 200\nignored 1 17\n"));
		root_remove(&root);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	harness_init(argc, argv);
	g_test_add_func("/steps/variables", test_variables);
	g_test_add_func("/steps/secrets", test_secrets);
	g_test_add_func("/steps/facts", test_facts);
	g_test_add_func("/steps/conditions", test_conditions);
	g_test_add_func("/steps/arguments", test_arguments);
	g_test_add_func("/steps/files", test_files);
	g_test_add_func("/steps/files-refused", test_files_refused);
	g_test_add_func("/steps/provide-again", test_provide_again);
	g_test_add_func("/steps/owners", test_owners);
	g_test_add_func("/steps/programs", test_programs);
	g_test_add_func("/steps/output", test_output);
	g_test_add_func("/steps/as", test_as);
	g_test_add_func("/steps/restrictions", test_restrictions);
	g_test_add_func("/steps/passwd", test_passwd);
	g_test_add_func("/steps/setup", test_setup);
	g_test_add_func("/steps/wait", test_wait);
	g_test_add_func("/steps/stopped", test_stopped);
	g_test_add_func("/steps/signals-kept", test_signals_kept);
	return g_test_run();
}
