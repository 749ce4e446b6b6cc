/* SPDX-License-Identifier: Apache-2.0 */
/* Starts of real scripts, by real shells, in the real sandbox. */
#include "fixture.h"

#include "entrypoint/differ.h"

#include <string.h>

enum { LONG_MS = 300000 }; /* no judge of speed: machines are slow */

struct vector {
	const char *name;
	const char *script;
	const char *expected;
};

static const struct vector vectors[] = {
	{"nothing", "#!/bin/sh\nexec \"$@\"\n", "exec server listen 80\n"},
	{"files",
	 "#!/bin/sh\nmkdir -p /data/a/b\necho one > /data/a/x\necho port 2 > /etc/app.conf\n"
	 "echo more >> /etc/passwd\nln -s a /data/l\nrm /etc/group\nexec \"$@\"\n",
	 "directory /data/a 0755\ndirectory /data/a/b 0755\nfile /data/a/x 0644 \"one\\n\"\n"
	 "symlink /data/l \"a\"\nfile /etc/app.conf 0644 \"port 2\\n\"\nremove /etc/group\n"
	 "append /etc/passwd \"more\\n\"\nexec server listen 80\n"},
	{"edit",
	 "#!/bin/bash\nsed -i 's/port 1/port 7/' /etc/app.conf\nchmod 600 /etc/app.conf\n"
	 "cp /etc/app.conf /tmp/c\nmv /tmp/c /data/c\ntouch /tmp/t; rm /tmp/t\n"
	 "echo new > /etc/passwd; cat /etc/group > /etc/group2\n"
	 "exec \"$@\"\n",
	 "file /data/c 0600 \"port 7\\nname x\\n\"\n"
	 "file /etc/app.conf 0600 \"port 7\\nname x\\n\"\n"
	 "file /etc/group2 0644 \"root:x:0:\\napp:x:999:\\n\"\nfile /etc/passwd 0644 \"new\\n\"\n"
	 "exec server listen 80\n"},
	{"links",
	 "#!/bin/sh\nln -s /data /tmp/l\nln -s ../../../../etc/app.conf /data/up\n"
	 "echo a > /tmp/l/../tmp/l/x\necho b > /data/up\nln -s loop /data/loop\n"
	 "echo c 2>/dev/null > /data/loop\necho d > /dev/stdout\nexec \"$@\"\n",
	 "symlink /data/loop \"loop\"\nsymlink /data/up \"../../../../etc/app.conf\"\n"
	 "file /data/x 0644 \"a\\n\"\nfile /etc/app.conf 0644 \"b\\n\"\nsymlink /tmp/l \"/data\"\n"
	 "exec server listen 80\n"},
	{"rename",
	 "#!/bin/sh\nmkdir -p /data/one/two\necho x > /data/one/two/f\nmv /data/one /data/uno\n"
	 "mkdir /data/gone; touch /data/gone/f; rm -r /data/gone\nexec \"$@\"\n",
	 "directory /data/uno 0755\ndirectory /data/uno/two 0755\nfile /data/uno/two/f 0644 "
	 "\"x\\n\"\n"
	 "exec server listen 80\n"},
	{"bash",
	 "#!/bin/bash\nset -e\nx=(1 2); mapfile -t y < /etc/group\ncat > /data/f <<EOF\n${x[1]} "
	 "${#y[@]}\n"
	 "EOF\n[[ -s /data/f ]] && exec \"$@\"\n",
	 "file /data/f 0644 \"2 2\\n\"\nexec server listen 80\n"},
	{"tini", "#!/usr/bin/tini /bin/sh\ntouch /data/t\nexec tini -- \"$@\"\n",
	 "file /data/t 0644 \"\"\nexec server listen 80\n"},
	{"env", "#!/bin/sh\nexport B=2; unset HOME; umask 027; cd /data\nexec env A=1 \"$@\"\n",
	 "exec server listen 80\n"},
	{"hooks",
	 "#!/bin/sh\nprintf '#!/bin/sh\\necho h >> /data/log\\n' > /data/h.sh\nchmod 755 "
	 "/data/h.sh\n"
	 "/data/h.sh; sh -c 'echo c >> /data/log'; . /data/h.sh\nrm /data/h.sh\nexec \"$@\"\n",
	 "file /data/log 0644 \"h\\nc\\nh\\n\"\nexec server listen 80\n"},
	{"many",
	 "#!/bin/sh\nmkdir /data/m\nserver many /data/m 40\necho x > /data/m/1\nexec \"$@\"\n",
	 "directory /data/m 0755\nrun server many /data/m 40\nfile /data/m/1 0644 \"x\\n\"\n"
	 "exec server listen 80\n"},
	{"thousands", "#!/bin/sh\nserver many /data 20000\nexec \"$@\"\n",
	 "run server many /data 20000\nexec server listen 80\n"},
	{"few", "#!/bin/sh\nserver many /data 2\nexec \"$@\"\n",
	 "file /data/0 0644 \"\"\nfile /data/1 0644 \"\"\nexec server listen 80\n"},
	{"big", "#!/bin/sh\nserver big /data/b\nexec \"$@\"\n",
	 "run server big /data/b\nexec server listen 80\n"},
	{"undumpable", "#!/bin/sh\nserver undumpable /data/b; exec \"$@\"\n",
	 "file /data/b 0644 \"\"\nexec server listen 80\n"},
	{"traces itself", "#!/bin/sh\nserver traceme /data/b; exec \"$@\"\n",
	 "file /data/b 0644 \"\"\nexec server listen 80\n"},
	{"fails", "#!/bin/sh\nset -e\necho x > /data/x\nfalse\nexec \"$@\"\n",
	 "file /data/x 0644 \"x\\n\"\nexit 1\n"},
	{"not there", "#!/bin/sh\nexec /nowhere\n", "exit 127\n"},
	{"temporary server",
	 "#!/bin/bash\nserver listen 5432 &\npid=$!\n"
	 "while ! server try 5432; do sleep 0.1; done\n"
	 "echo 'create table' | server connect 5432\n"
	 "server connect 5432 <<< 'insert'\nkill $pid\nwait $pid\necho done > /data/done\nexec "
	 "\"$@\"\n",
	 "begin server listen 5432 listens tcp 5432\nrun server try 5432\n"
	 "run server connect 5432 input \"create table\\n\"\n"
	 "run server connect 5432 input \"insert\\n\"\nstop 0 15\n"
	 "file /data/done 0644 \"done\\n\"\nexec server listen 80\n"},
	{"socket",
	 "#!/bin/sh\nserver socket /run/s.sock &\nwhile ! [ -S /run/s.sock ]; do sleep 0.05; done\n"
	 "server connect /run/s.sock\n"
	 "server many /data 1\n/bin/kill -USR1 $!\nwait $!\nexec \"$@\"\n",
	 "begin server socket /run/s.sock listens socket /run/s.sock\n"
	 "run server connect /run/s.sock\nfile /data/0 0644 \"\"\nstop 0 10\nexec server listen "
	 "80\n"},
	{"daemon", "#!/bin/sh\nserver daemon 5432\necho x > /data/x\nexec \"$@\"\n",
	 "run server daemon 5432 listens tcp 5432\nfile /data/x 0644 \"x\\n\"\nexec server listen "
	 "80\n"},
	{"foreground", "#!/bin/sh\necho x > /data/x\n\"$@\"\necho ended $?\n",
	 "file /data/x 0644 \"x\\n\"\nexec server listen 80\n"},
	{"waited for", "#!/bin/bash\n\"$@\" &\ntrap 'kill $!' TERM\nwait\n",
	 "exec server listen 80\n"},
	{"one of two",
	 "#!/bin/bash\nserver listen 5432 &\nserver connect 5432\nserver listen 80 &\nwait -n\n",
	 "begin server listen 5432 listens tcp 5432 essential\nrun server connect 5432\n"
	 "exec server listen 80\n"},
	{"one of two, which takes its time",
	 "#!/bin/bash\nserver listen 5432 &\nserver connect 5432\nserver listen 80 &\nwait -n\n"
	 "for ((i = 0; i < 300000; i++)); do :; done\n",
	 "begin server listen 5432 listens tcp 5432 essential\nrun server connect 5432\n"
	 "exec server listen 80\n"},
	{"both",
	 "#!/bin/bash\nserver listen 5432 &\nserver connect 5432\nserver listen 80 &\nwait\n",
	 "begin server listen 5432 listens tcp 5432\nrun server connect 5432\n"
	 "exec server listen 80\n"},
	{"unknown input",
	 "#!/bin/bash\ncat /dev/zero | (until read -t 0; do sleep 0.05; done; server socket "
	 "/run/x) &\n"
	 "until [ -S /run/x ]; do sleep 0.05; done\nserver connect /run/x\nexec \"$@\"\n",
	 "begin cat /dev/zero read\nbegin server socket /run/x input unknown listens socket "
	 "/run/x\nrun server connect /run/x\n"
	 "exec server listen 80\n"},
	{"input",
	 "#!/bin/sh\nserver listen 5432 &\nserver connect 5432\necho from file > /data/in\n"
	 "server connect 5432 < /data/in > /data/out\nv=$(server connect 5432 < /dev/null)\n"
	 "cat <<EOF | sed s/a/b/ | server connect 5432\nxax\nEOF\n"
	 "server connect 5432 <<EOF\nhere\nEOF\nexec \"$@\"\n",
	 "begin server listen 5432 listens tcp 5432\nrun server connect 5432\nfile /data/in 0644 "
	 "\"from file\\n\"\n"
	 "file /data/out 0644 \"\"\nrun server connect 5432 input \"from file\\n\" output "
	 "/data/out\n"
	 "run server connect 5432 read\nrun server connect 5432 input \"xbx\\n\"\n"
	 "run server connect 5432 input \"here\\n\"\nexec server listen 80\n"},
	{"input of files",
	 "#!/bin/sh\nserver listen 5432 &\nserver connect 5432\n"
	 "{ echo begin; cat /usr/share/big.sql; echo between; sed '' /usr/share/big.sql; } | "
	 "server connect 5432\n"
	 "server connect 5432 < /usr/share/big.sql\nexec \"$@\"\n",
	 "begin server listen 5432 listens tcp 5432\nrun server connect 5432\nrun server connect "
	 "5432 input "
	 "\"begin\\n\\002/usr/share/big.sql\\003between\\n\\002/usr/share/big.sql\\003\"\n"
	 "run server connect 5432 input \"\\002/usr/share/big.sql\\003\"\n"
	 "exec server listen 80\n"},
	{"dev tcp",
	 "#!/bin/bash\nserver listen 5432 &\nwhile ! echo x > /dev/tcp/127.0.0.1/5432; do sleep "
	 "0.1; "
	 "done\nexec \"$@\"\n",
	 "begin server listen 5432 listens tcp 5432\nexec server listen 80\n"},
	{"named input",
	 "#!/bin/bash\nserver listen 5432 &\nserver connect 5432\nserver connect 5432 "
	 "--from=<(echo secret)\n"
	 "exec \"$@\"\n",
	 "begin server listen 5432 listens tcp 5432\nrun server connect 5432\n"
	 "run server connect 5432 --from=/dev/stdin input \"secret\\n\"\n"
	 "exec server listen 80\n"},
	{"nice", "#!/bin/sh\nnice -n 2 touch /data/x\nexec nice -n 5 \"$@\"\n",
	 "file /data/x 0644 \"\"\nexec nice -n 5 server listen 80\n"},
	{"chroot", "#!/bin/sh\nexec busybox chroot /data server listen 80\n",
	 "error: start: the start script changes its root directory, which no plan can say: start "
	 "the "
	 "application from the image's own"},
	{"chroot of no effect", "#!/bin/sh\nexec busybox chroot / server listen 80\n",
	 "exec server listen 80\n"},
	{"leaves a pipe", "#!/bin/sh\nbusybox mkfifo /data/p\nexec \"$@\"\n",
	 "run busybox mkfifo /data/p\nexec server listen 80\n"},
};

static void test_vector(gconstpointer data)
{
	const struct vector *vector = data;
	g_autofree char *text = fixture_start(vector->script, NULL, NULL);

	g_assert_cmpstr(text, ==, vector->expected);
}

/* --- the shells' own trace --- */

#define EXPLAINED                                                                                  \
	"set -eu\nf() {\n  echo \"$1\" >> /data/log\n}\nif [ ! -s /data/x ] && test -n "           \
	"\"$HOME\"; then\n"                                                                        \
	"  f 'a  b'\nfi\nx=$({ /bin/cat /nowhere; } 2>&1 || true)\n. /hook.sh\n/hook.sh\n"         \
	"[ \"$x\" = 'it is' -o -d /data ] && server many /data 40\necho \"[$x]\"\nexec \"$@\"\n"

struct explained {
	const char *shell;
	const char *hook_shell;
};

static const struct explained explained[] = {
	{"/bin/bash", "/bin/bash"},         {"/bin/sh", "/bin/sh"},
	{"/bin/bash", "/bin/sh"},           {"/usr/bin/busybox sh", "/usr/bin/busybox sh"},
	{"/usr/bin/bash-as/sh", "/bin/sh"},
};

static char *tests_text(const struct start_record *record)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < record->tests->len; i++) {
		const struct start_test *test = record->tests->pdata[i];

		g_string_append_printf(text, "%s%s %s%s%s %s\n", test->negated ? "! " : "",
				       test->operator, test->operand, test->other ? " | " : "",
				       test->other ? test->other : "", test->script);
	}
	return g_string_free(text, FALSE);
}

static void test_explain(gconstpointer data)
{
	const struct explained *vector = data;
	g_autofree char *script = g_strdup_printf("#!%s\n" EXPLAINED, vector->shell);
	g_autofree char *hook = g_strdup_printf(
		"#!%s\n[ -e /hook.sh ] || exit 1\necho hook >> /data/log\n", vector->hook_shell);
	struct start_given given = {.path = (char *)"/hook.sh", .mode = 0755};
	g_autoptr(GPtrArray) files = g_ptr_array_new();
	struct start_scenario scenario = {.files = files, .explain = true};
	g_autofree char *plain = NULL, *traced = NULL, *tests = NULL, *output = NULL;
	const struct start_step *run;

	g_ptr_array_add(files, &given);
	given.content = g_bytes_new(hook, strlen(hook));
	traced = fixture_start(script, &scenario, NULL);
	g_test_message("%s", traced);
	if (!fixture_record()) {
		g_test_fail();
		return;
	}
	tests = tests_text(fixture_record());
	g_assert_cmpstr(tests, ==,
			"! -s /data/x /entrypoint.sh\n-n / /entrypoint.sh\n-e /hook.sh /hook.sh\n"
			"= /bin/cat: /nowhere: No such file or directory | it is /entrypoint.sh\n"
			"-d /data /entrypoint.sh\n");
	run = fixture_record()->steps->pdata[1];
	g_assert_cmpint(run->kind, ==, START_RUN);
	g_assert_cmpuint(run->line, ==, 12);
	g_assert_cmpstr(run->script, ==, "/entrypoint.sh");
	g_assert_cmpstr(fixture_record()->lines->pdata[fixture_record()->lines->len - 1], ==,
			"/entrypoint.sh:14: exec server listen 80");
	/* The trace is seen by us alone. */
	output = g_strndup(g_bytes_get_data(fixture_record()->output, NULL),
			   g_bytes_get_size(fixture_record()->output));
	g_assert_cmpstr(output, ==, "[/bin/cat: /nowhere: No such file or directory]\n");
	scenario.explain = false;
	plain = fixture_start(script, &scenario, NULL);
	g_assert_cmpstr(traced, ==, plain);
	g_bytes_unref(given.content);
}

/* --- scenarios --- */

static GPtrArray *words(const char *const *texts)
{
	GPtrArray *array = g_ptr_array_new();

	for (; *texts; texts++)
		g_ptr_array_add(array, (gpointer)(uintptr_t)*texts);
	return array;
}

static void test_scenario(void)
{
	static const char *const set[] = {"COLOR=blue", "HOME", NULL};
	static const char *const given_arguments[] = {"server", "socket", "/run/s", NULL};
	static const char *const gone[] = {"/etc/app.conf", "/nowhere/at/all", NULL};
	struct start_given file = {.path = (char *)"/new/dir/file", .mode = 0640, .uid = 999};
	struct start_given directory = {.path = (char *)"/new/other", .mode = 0711};
	g_autoptr(GPtrArray) environment = words(set), arguments = words(given_arguments);
	g_autoptr(GPtrArray) absent = words(gone), files = g_ptr_array_new();
	struct start_scenario scenario = {.environment = environment,
					  .arguments = arguments,
					  .absent = absent,
					  .files = files};
	g_autofree char *text = NULL;

	if (fixture_identity.mode == IDENTITY_SINGLE)
		file.uid = 0;
	file.content = g_bytes_new_static("given", 5);
	g_ptr_array_add(files, &file);
	g_ptr_array_add(files, &directory);
	text = fixture_start(
		"#!/bin/sh\n{ echo $COLOR ${HOME-none}; cat /new/dir/file; } > /data/r\n"
		"[ -e /etc/app.conf ] || echo gone >> /data/r\n"
		"busybox stat -c '%a %u' /new/dir/file >> /data/r\n"
		"busybox stat -c '%a' /new/other >> /data/r\nexec \"$@\"\n",
		&scenario, NULL);
	g_assert_cmpstr(text, ==,
			fixture_identity.mode == IDENTITY_SINGLE
				? "file /data/r 0644 \"blue none\\ngivengone\\n640 0\\n711\\n\"\n"
				  "exec server socket /run/s\n"
				: "file /data/r 0644 \"blue none\\ngivengone\\n640 999\\n711\\n\"\n"
				  "exec server socket /run/s\n");
	g_bytes_unref(file.content);
}

static void test_second_start(void)
{
	struct start_scenario scenario = {.starts = 2};
	g_autofree char *text =
		fixture_start("#!/bin/sh\n[ ! -e /data/x ] || exec server second\ntouch /data/x\n"
			      "exec server first\n",
			      &scenario, NULL);

	g_assert_cmpstr(text, ==, "exec server second\n");
}

/* What a later start misses was there at the first one. */
static void test_second_start_without(void)
{
	static const char *const gone[] = {"/data/s", NULL};
	g_autoptr(GPtrArray) absent = words(gone);
	struct start_scenario scenario = {.starts = 2, .absent = absent};
	g_autofree char *text = fixture_start(
		"#!/bin/sh\necho x >> /data/n\nmkdir /data/s\nexec \"$@\"\n", &scenario, NULL);

	g_assert_nonnull(strstr(text, "append /data/n"));
	g_assert_nonnull(strstr(text, "directory /data/s"));
}

/* The last of a pipeline has nothing to do as long as the first works: it is no application that
 * the script waits for. */
static void test_slow_pipeline(void)
{
	struct start_setup setup = {.settle_ms = 20};
	g_autofree char *text = fixture_start("#!/bin/sh\nbusybox awk 'BEGIN { for (i = 0; i < "
					      "6000000; i++) x += i; print x }' |\n"
					      "busybox cat > /data/sum\nexec server done\n",
					      NULL, &setup);

	g_assert_cmpstr(text, ==, "file /data/sum 0644 \"17999997000000\\n\"\nexec server done\n");
}

static const struct start_step *step_at(const char *path)
{
	const GPtrArray *steps = fixture_record()->steps;

	for (guint i = 0; i < steps->len; i++)
		if (g_strcmp0(((struct start_step *)steps->pdata[i])->path, path) == 0)
			return steps->pdata[i];
	g_error("nothing was done to %s", path);
}

/* What a `sh -c` is given is a script too: its variables are learned from it. */
static void test_command_text(void)
{
	g_autofree char *text = fixture_start(
		"#!/bin/sh\nsh -c 'true'; exec sh -e -c -- 'exec server \"$PORT\"' x\n", NULL,
		NULL);
	const GPtrArray *scripts = fixture_record()->scripts;
	const struct start_script *first = scripts->pdata[1], *second = scripts->pdata[2];

	g_assert_nonnull(text);
	g_assert_cmpuint(scripts->len, ==, 3);
	g_assert_cmpstr(first->path, ==, "sh -c");
	g_assert_cmpmem("true", 4, g_bytes_get_data(first->text, NULL), 4);
	g_assert_cmpstr(second->path, ==, "sh -c (2)");
	g_assert_cmpmem("exec server \"$PORT\"", 19, g_bytes_get_data(second->text, NULL),
			g_bytes_get_size(second->text));
}

/* What a file held before, who changed it, and what was read. */
static void test_files_around(void)
{
	g_autofree char *text = fixture_start(
		"#!/bin/sh\necho one > /data/kept\ncp /etc/app.conf /data/copy\n"
		"echo two >> /etc/app.conf\ncat /data/kept > /dev/null\nexec \"$@\"\n",
		NULL, NULL);
	const struct start_step *kept = step_at("/data/kept"), *copy = step_at("/data/copy");
	const GPtrArray *reads = fixture_record()->reads;
	g_autofree char *before = start_step_before(step_at("/etc/app.conf"));
	g_autofree char *after = start_step_after(step_at("/etc/app.conf"));
	g_autofree char *changed = g_strconcat(before, "two\n", NULL);
	bool found = false;

	g_assert_nonnull(text);
	g_assert_null(kept->before);
	g_assert_null(kept->writer);
	g_assert_nonnull(copy->writer);
	g_assert_cmpstr(after, ==, changed);
	for (guint i = 0; i < reads->len; i++)
		found |= strcmp(((struct start_script *)reads->pdata[i])->path, "/data/kept") == 0;
	g_assert_true(found);
}

static void test_keep(void)
{
	static const char *const keep[] = {"mkdir", "/usr/bin/touch", NULL};
	struct start_setup setup = {.keep = keep};
	g_autofree char *text = fixture_start(
		"#!/bin/sh\nmkdir /data/a\ntouch /data/a/f\ncp /data/a/f /data/g\nexec \"$@\"\n",
		NULL, &setup);

	g_assert_cmpstr(text, ==,
			"run mkdir /data/a\nrun touch /data/a/f\nfile /data/g 0644 \"\"\n"
			"exec server listen 80\n");
}

/* Ids as they are at the end, where others than one can be had. */
static char *start_with_habits(GHashTable *habits, const char *script)
{
	struct start_scenario scenario = {.habits = habits};
	char *text = fixture_start(script, &scenario, NULL);

	start_habits_add(habits, fixture_record());
	return text;
}

/* What was always kept is kept from its beginning; what was folded even once is looked at again. */
static void test_habits(void)
{
	static const char many[] = "#!/bin/sh\nserver many /data 40\nexec \"$@\"\n";
	static const char few[] = "#!/bin/sh\nserver many /data 1\nexec \"$@\"\n";
	g_autoptr(GHashTable) kept = start_habits_new();
	g_autoptr(GHashTable) folded = start_habits_new();
	g_autofree char *first = start_with_habits(kept, many);
	g_autofree char *then = start_with_habits(kept, few);
	g_autofree char *little = start_with_habits(folded, few);
	g_autofree char *much = start_with_habits(folded, many);
	g_autofree char *again = start_with_habits(folded, few);

	g_assert_cmpstr(first, ==, "run server many /data 40\nexec server listen 80\n");
	g_assert_cmpstr(then, ==, "run server many /data 1\nexec server listen 80\n");
	g_assert_cmpstr(little, ==, "file /data/0 0644 \"\"\nexec server listen 80\n");
	g_assert_cmpstr(much, ==, first);
	g_assert_cmpstr(again, ==, little);
}

static void test_ids(void)
{
	g_autofree char *text = NULL;
	const struct start_step *exec;

	text = fixture_start(
		"#!/bin/sh\nif [ $(id -u) = 0 ]; then\n  cp /usr/bin/id /tmp/id; chmod 4755 "
		"/tmp/id\n"
		"  chown app /data; umask 027; cd /tmp\n"
		"  exec setpriv --reuid=999 --regid=999 --groups=7,999 \"$0\" \"$@\"\nfi\n"
		"/tmp/id -u > /data/who\nexport A=1 B=2\nexec \"$@\"\n",
		NULL, NULL);
	/* A set-id program is that also where it is followed. */
	g_assert_nonnull(strstr(text, "file /data/who 0640 999:999 \"0\\n\"\n"));
	g_assert_nonnull(strstr(text, "owner /data 999:0\n"));
	g_assert_nonnull(strstr(text, "exec server listen 80 as 999:999\n"));
	exec = fixture_record()->steps->pdata[fixture_record()->steps->len - 1];
	g_assert_cmpstr(exec->path, ==, "/usr/bin/server");
	g_assert_cmpstr(exec->cwd, ==, "/tmp");
	g_assert_cmpuint(exec->umask, ==, 027);
	g_assert_cmpuint(exec->groups->len, ==, 2);
	g_assert_cmpstr(exec->environment->pdata[0], ==, "A=1");
	g_assert_cmpuint(exec->environment->len, ==, 4);
}

/* --- a plan in the script's place --- */

static void test_plan(void)
{
	static const char *const entry[] = {FIXTURE_INIT, NULL};
	static const char plan[] = "thresh-plan 1\ndirectory /data/a 0755\n"
				   "file /data/a/home 0644 \"home ${HOME}\"\n"
				   "run /usr/bin/server many /data/a 40\nset A 1\nexec ${@}\n";
	struct start_given given = {.path = (char *)"/.thresh/plan", .mode = 0644};
	g_autoptr(GPtrArray) files = g_ptr_array_new();
	struct start_scenario scenario = {.files = files, .entry = entry};
	struct start_record *script_record;
	g_autofree char *script = NULL, *text = NULL, *difference = NULL;

	if (!fixture_has(FIXTURE_INIT)) {
		g_test_skip("thresh-init cannot be read here");
		return;
	}
	script = fixture_start("#!/bin/sh\nmkdir /data/a\nprintf 'home %s' $HOME > /data/a/home\n"
			       "/usr/bin/server many /data/a 40\nexport A=1\nexec \"$@\"\n",
			       NULL, NULL);
	script_record = fixture_take();
	given.content = g_bytes_new_static(plan, sizeof(plan) - 1);
	g_ptr_array_add(files, &given);
	text = fixture_start("", &scenario, NULL);
	g_assert_cmpstr(text, ==, script);
	if (fixture_record())
		difference = start_records_differ(script_record, fixture_record(), NULL);
	g_assert_cmpstr(difference, ==, NULL);
	start_record_free(script_record);
	g_bytes_unref(given.content);
}

/* --- what must not get far --- */

/* In time for the limit of the test itself. */
static void assert_fails(const char *script, int timeout_ms, const char *message)
{
	struct start_setup setup = {.timeout_ms = timeout_ms};
	g_autofree char *text = fixture_start(script, NULL, &setup);

	if (!strstr(text, message))
		g_test_message("%.2000s", text);
	g_assert_nonnull(strstr(text, message));
}

static void test_never_ends(void)
{
	assert_fails("#!/bin/sh\nwhile :; do sleep 0.1; done\n", 3000,
		     "did not execute the application within 3000 ms; it was last at `/");
	assert_fails("#!/bin/sh\nwhile :; do :; done\n", 3000, "last at `/entrypoint.sh`");
	assert_fails("#!/bin/sh\nkill -STOP $$\nwhile :; do sleep 1; done\n", 500, "within 500 ms");
}

static void test_fork_bomb(void)
{
	assert_fails("#!/bin/bash\nf() { f | f & f; }; f\n", 3000, "error: start: ");
}

static void test_too_much(void)
{
	assert_fails(
		"#!/bin/bash\nfor ((i = 0; i < 10100; i++)); do : > /data/$i; done\nexec \"$@\"\n",
		LONG_MS, "did more than 10000 things");
	assert_fails("#!/bin/bash\nx=$(printf %02000000d 1); echo $x > /data/x\nexec \"$@\"\n",
		     LONG_MS, "/data/x: the start script made or changed it");
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	if (argc < 2)
		return 2;
	fixture_open(argv[1]);
	for (guint i = 0; i < G_N_ELEMENTS(vectors); i++) {
		g_autofree char *name = g_strconcat("/entrypoint/start/", vectors[i].name, NULL);

		g_test_add_data_func(name, &vectors[i], test_vector);
	}
	for (guint i = 0; i < G_N_ELEMENTS(explained); i++) {
		g_autofree char *name = g_strdup_printf("/entrypoint/start/explain/%u", i);

		g_test_add_data_func(name, &explained[i], test_explain);
	}
	g_test_add_func("/entrypoint/start/scenario", test_scenario);
	g_test_add_func("/entrypoint/start/second start", test_second_start);
	g_test_add_func("/entrypoint/start/second start without", test_second_start_without);
	g_test_add_func("/entrypoint/start/slow pipeline", test_slow_pipeline);
	g_test_add_func("/entrypoint/start/files around", test_files_around);
	g_test_add_func("/entrypoint/start/keep", test_keep);
	g_test_add_func("/entrypoint/start/habits", test_habits);
	g_test_add_func("/entrypoint/start/command text", test_command_text);
	if (fixture_identity.mode != IDENTITY_SINGLE)
		g_test_add_func("/entrypoint/start/ids", test_ids);
	g_test_add_func("/entrypoint/start/plan", test_plan);
	g_test_add_func("/entrypoint/start/never ends", test_never_ends);
	g_test_add_func("/entrypoint/start/fork bomb", test_fork_bomb);
	g_test_add_func("/entrypoint/start/too much", test_too_much);
	status = g_test_run();
	fixture_close();
	return status;
}
