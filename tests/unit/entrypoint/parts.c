/* SPDX-License-Identifier: Apache-2.0 */
/* What of the recording of a start is pure: the shells' trace, places, ids, /proc, comparing. */
#include "entrypoint/differ.h"
#include "entrypoint/follow.h"
#include "entrypoint/place.h"
#include "entrypoint/segment.h"
#include "entrypoint/tries.h"

#include <string.h>

#define MARK "MARK"
#define P    "+" MARK "\x1f"

/* --- the shells' trace --- */

struct trace_vector {
	const char *pieces[12]; /* as they are written */
	enum xtrace_quoting quoting;
	const char *expected; /* "SCRIPT:LINE: word|word", or "" for no line */
};

static const struct trace_vector trace_vectors[] = {
	{{P "/a.sh\x1f"
	    "12\x1f"
	    "echo 'a  b' $'x\\ny\\101' \"d\\\"q\"\n"},
	 XTRACE_QUOTED,
	 "/a.sh:12: echo|a  b|x\ny"
	 "A|d\"q"},
	{{"++" P "/a:b.sh\x1f"
	  "3\x1f"
	  "true\n"},
	 XTRACE_QUOTED,
	 "/a:b.sh:3: true"},
	{{P "/a.sh\x1f"
	    "1\x1f"
	    "x='a\n",
	  "b'\n"},
	 XTRACE_QUOTED,
	 "/a.sh:1: x=a\nb"},
	{{P "\x1f\x1f", "[", " a b", " =", " it's", " ", " ]", "\n"},
	 XTRACE_PLAIN,
	 ":0: [|a b|=|it's||]"},
	{{P "\x1f"
	    "7\x1f",
	  "'['", " -s", " '/a b'", " ]", "\n"},
	 XTRACE_QUOTED,
	 ":7: [|-s|/a b|]"},
	{{"an ordinary line\n"}, XTRACE_QUOTED, ""},
	{{"+MARKER no\n"}, XTRACE_QUOTED, ""},
	{{MARK "\x1f\x1f"
	       "0\x1f"
	       "x\n"},
	 XTRACE_QUOTED,
	 ""},
	{{P "no line\n"}, XTRACE_QUOTED, ""},
	{{P "\n"}, XTRACE_PLAIN, ""},
	{{P "/a\x1fnumber\x1f\n"}, XTRACE_QUOTED, "/a:0: "},
};

static char *line_text(const struct xtrace_line *line)
{
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "%s:%u: ", line->script, line->line);
	for (guint i = 0; i < line->words->len; i++)
		g_string_append_printf(text, "%s%s", i > 0 ? "|" : "",
				       (char *)line->words->pdata[i]);
	return g_string_free(text, FALSE);
}

static void test_trace(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(trace_vectors); i++) {
		const struct trace_vector *vector = &trace_vectors[i];
		g_autofree char *text = g_strdup("");
		struct xtrace trace = {0};
		struct xtrace_line line;

		for (guint j = 0; vector->pieces[j]; j++) {
			const char *piece = vector->pieces[j];

			if (xtrace_feed(&trace, MARK, piece, strlen(piece)) != XTRACE_LINE ||
			    !xtrace_take(&trace, vector->quoting, &line))
				continue;
			g_free(text);
			text = line_text(&line);
			xtrace_line_clear(&line);
		}
		g_assert_cmpstr(text, ==, vector->expected);
		xtrace_clear(&trace);
	}
}

/* A command without an end is cut, and the next one is read. */
static void test_trace_bound(void)
{
	struct xtrace trace = {0};
	struct xtrace_line line;
	const char *last = P "/a\x1f"
			     "1\x1f"
			     "true\n";

	g_assert_cmpint(xtrace_feed(&trace, MARK, P, strlen(P)), ==, XTRACE_PART);
	for (guint i = 0; i < 100000; i++)
		g_assert_cmpint(xtrace_feed(&trace, MARK, " words", 6), ==, XTRACE_PART);
	g_assert_cmpuint(trace.size_bytes, <=, XTRACE_MAX_BYTES);
	g_assert_cmpint(xtrace_feed(&trace, MARK, last, strlen(last)), ==, XTRACE_LINE);
	g_assert_true(xtrace_take(&trace, XTRACE_QUOTED, &line));
	g_assert_cmpstr(line.text, ==, "true");
	xtrace_line_clear(&line);
}

static const struct {
	const char *command;
	const char *expected;
} test_vectors[] = {
	{"[ -s /x ]", "-s /x;"},
	{"'[' '!' -d '/a b' ']'", "! -d /a b;"},
	{"test -n x -a -z ''", "-n x;-z ;"},
	{"[ a = b -o -e /f ]", "= a|b;-e /f;"},
	{"[ x ]", "-n x;"},
	{"[ -a /f ]", "-a /f;"},
	{"[ 1 -lt 2 ]", "-lt 1|2;"},
	{"[[ -f /x y ]]", "-f /x y;"},
	{"[[ ! -n '' ]]", "! -n '';"},
	{"[[ abc == a* ]]", "== abc|a*;"},
	{"[[ it's != x ]]", "!= it's|x;"},
	{"[[ x ]]", ""},
	{"[[", ""},
	{"[", ""},
	{"[ ]", ""},
	{"test", ""},
	{"echo [ -s /x ]", ""},
	{"[ a b c d e ]", ""},
};

static void test_tests(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(test_vectors); i++) {
		g_autofree char *data =
			g_strdup_printf(P "/a\x1f%d\x1f%s\n", 1, test_vectors[i].command);
		g_autoptr(GPtrArray) tests =
			g_ptr_array_new_with_free_func((GDestroyNotify)start_test_free);
		g_autoptr(GString) text = g_string_new(NULL);
		struct xtrace trace = {0};
		struct xtrace_line line;

		g_assert_true(xtrace_feed(&trace, MARK, data, strlen(data)) != XTRACE_FOREIGN);
		g_assert_true(xtrace_take(&trace, XTRACE_QUOTED, &line));
		xtrace_tests(&line, tests);
		for (guint j = 0; j < tests->len; j++) {
			const struct start_test *test = tests->pdata[j];

			g_string_append_printf(text, "%s%s %s%s%s;", test->negated ? "! " : "",
					       test->operator, test->operand,
					       test->other ? "|" : "",
					       test->other ? test->other : "");
		}
		g_assert_cmpstr(text->str, ==, test_vectors[i].expected);
		xtrace_line_clear(&line);
	}
}

/* --- places --- */

static guint find(const char *script, const char *first, const char *second)
{
	g_autoptr(GBytes) text = g_bytes_new_static(script, strlen(script));
	g_autoptr(GPtrArray) words = g_ptr_array_new();

	if (first)
		g_ptr_array_add(words, (gpointer)(uintptr_t)first);
	if (second)
		g_ptr_array_add(words, (gpointer)(uintptr_t)second);
	return place_find(text, words);
}

static void test_place(void)
{
	g_assert_cmpuint(find("#!/bin/sh\n# chown\nchown -R x /d\n", "/bin/chown", "-R"), ==, 3);
	g_assert_cmpuint(find("chown a /x\nchown b /x\n", "chown", "b"), ==, 2);
	g_assert_cmpuint(find("chown a\nchown b\n", "chown", "$@"), ==, 0);
	g_assert_cmpuint(find("mychown a\n", "chown", NULL), ==, 0);
	g_assert_cmpuint(find("/usr/bin/chown a\n", "chown", NULL), ==, 1);
	g_assert_cmpuint(find("", "chown", NULL), ==, 0);
	g_assert_cmpuint(find("x\n", NULL, NULL), ==, 0);
	g_assert_cmpuint(find("x\n", "", NULL), ==, 0);
}

/* --- ids and /proc --- */

static void test_ids(void)
{
	const struct ids range = {.mode = IDENTITY_RANGE,
				  .shift = {.uid_base = 1000, .gid_base = 2000, .count = 100}};
	const struct ids single = {
		.mode = IDENTITY_SINGLE, .outer_uid = 500, .single_uid = 7, .single_gid = 8};
	const struct ids none = {.mode = IDENTITY_NONE};

	g_assert_cmpuint(ids_uid(&range, 1099), ==, 99);
	g_assert_cmpuint(ids_uid(&range, 1100), ==, ID_NOBODY);
	g_assert_cmpuint(ids_uid(&range, 0), ==, ID_NOBODY);
	g_assert_cmpuint(ids_gid(&range, 2000), ==, 0);
	g_assert_cmpuint(ids_uid(&single, 500), ==, 7);
	g_assert_cmpuint(ids_uid(&single, 501), ==, ID_NOBODY);
	g_assert_cmpuint(ids_gid(&single, 0), ==, 8);
	g_assert_cmpuint(ids_uid(&none, 33), ==, 33);
}

static void test_status(void)
{
	struct tracee_status status;

	g_assert_true(tracee_status_parse("Name:\tx\nUmask:\t0027\nTgid:\t41\nUid:\t1\t2\t3\t4\n"
					  "Gid:\t5\t6\t7\t8\nGroups:\t9 10 \nNSpid:\t41\t7\t3\n",
					  &status));
	g_assert_cmpint(status.group, ==, 41);
	g_assert_cmpint(status.inner, ==, 3);
	g_assert_cmpuint(status.uid, ==, 2);
	g_assert_cmpuint(status.gid, ==, 6);
	g_assert_cmpuint(status.umask, ==, 027);
	g_assert_cmpuint(status.groups->len, ==, 2);
	tracee_status_clear(&status);
	g_assert_false(tracee_status_parse("", &status));
	g_assert_false(tracee_status_parse("Name:\tx\nTgid:\t1\nUid:\n", &status));
	g_assert_cmpuint(pipe_inode("pipe:[123]"), ==, 123);
	g_assert_cmpuint(pipe_inode("/pipe:[123]"), ==, 0);
	g_assert_cmpuint(pipe_inode("socket:[123]"), ==, 0);
}

/* --- comparing --- */

static struct start_step *add(struct start_record *record, enum start_kind kind, const char *path,
			      const char *content)
{
	struct start_step *step = g_new0(struct start_step, 1);

	step->kind = kind;
	step->path = g_strdup(path);
	if (content)
		step->content = g_bytes_new(content, strlen(content));
	g_ptr_array_add(record->steps, step);
	return step;
}

static GPtrArray *words(const char *text)
{
	GPtrArray *array = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) parts = g_strsplit(text, " ", -1);

	for (char **part = parts; *part; part++)
		g_ptr_array_add(array, g_strdup(*part));
	return array;
}

static bool mask_content(const struct start_step *a, const struct start_step *b,
			 const char *property, void *user)
{
	(void)b;
	return strcmp(property, "content") == 0 && strcmp(a->path, user) == 0;
}

static void assert_difference(const struct start_record *a, const struct start_record *b,
			      const char *expected)
{
	g_autofree char *difference = start_records_differ(a, b, NULL);

	g_assert_cmpstr(difference, ==, expected);
}

static void test_differ_files(void)
{
	autorecord struct start_record *a = start_record_new(), *b = start_record_new();
	const struct start_mask mask = {mask_content, (void *)(uintptr_t) "/secret"};
	struct start_step *step;

	add(a, START_FILE, "/secret", "one\ntwo\n");
	step = add(b, START_FILE, "/secret", "one\ntwo\n");
	assert_difference(a, b, NULL);
	step->mode = 0600;
	assert_difference(a, b, "step 1: file /secret: mode differs (0000 against 0600)");
	step->mode = 0;
	step->uid = 5;
	assert_difference(a, b, "step 1: file /secret: owner differs (0:0 against 5:0)");
	step->uid = 0;
	g_bytes_unref(step->content);
	step->content = g_bytes_new_static("one\n2\n", 6);
	assert_difference(a, b, "step 1: file /secret: content differs at line 2");
	g_assert_null(start_records_differ(a, b, &mask));
	add(b, START_REMOVE, "/x", NULL);
	assert_difference(b, b, NULL);
	g_ptr_array_remove_index(a->steps, 0);
	assert_difference(a, b, "step 1: nothing against file /secret");
	add(a, START_MODE, "/secret", NULL);
	assert_difference(a, b, "step 1: mode /secret against file /secret");
}

static void test_differ_programs(void)
{
	autorecord struct start_record *a = start_record_new(), *b = start_record_new();
	struct start_step *left = add(a, START_EXEC, "/app", NULL);
	struct start_step *right = add(b, START_EXEC, "/app", NULL);

	left->argv = words("app one");
	right->argv = words("app two");
	assert_difference(a, b, "step 1: exec /app: argv differs at word 1");
	g_ptr_array_add(right->argv, g_strdup("more"));
	g_free(right->argv->pdata[1]);
	right->argv->pdata[1] = g_strdup("one");
	assert_difference(a, b, "step 1: exec /app: argv differs (2 words against 3)");
	g_ptr_array_set_size(right->argv, 2);
	left->environment = words("A=1 PASSWORD=x Z=3");
	right->environment = words("A=1 Z=3");
	assert_difference(a, b, "step 1: exec /app: environment differs at PASSWORD");
	g_ptr_array_remove_index(left->environment, 1);
	right->umask = 077;
	assert_difference(a, b, "step 1: exec /app: umask differs (000 against 077)");
	right->umask = 0;
	right->status = 3; /* of an exec that says nothing */
	assert_difference(a, b, NULL);
	g_free(right->path);
	right->path = g_strdup("/other");
	assert_difference(a, b, "step 1: exec /app against exec /other");
}

static struct start_step *step_of(enum start_kind kind, const char *word, int status)
{
	struct start_step *step = g_new0(struct start_step, 1);

	step->kind = kind;
	step->path = g_strdup("/usr/bin/ask");
	step->argv = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(step->argv, g_strdup(word));
	step->status = status;
	return step;
}

/* Runs that failed before one that did not are that one; others stay. */
static void test_tries(void)
{
	autorecord struct start_record *record = start_record_new();
	const struct start_step *ready, *stop;

	g_ptr_array_add(record->steps, step_of(START_RUN, "check", 1));
	g_ptr_array_add(record->steps, step_of(START_BEGIN, "serve", 0));
	g_ptr_array_add(record->steps, step_of(START_RUN, "ready", 1));
	g_ptr_array_add(record->steps, step_of(START_RUN, "ready", 2));
	g_ptr_array_add(record->steps, step_of(START_RUN, "ready", 0));
	g_ptr_array_add(record->steps, step_of(START_STOP, "serve", 0));
	g_ptr_array_add(record->steps, step_of(START_RUN, "last", 1));
	g_ptr_array_add(record->steps, step_of(START_RUN, "last", 1));
	((struct start_step *)record->steps->pdata[5])->begin = 1;
	tries_merge(record->steps);
	g_assert_cmpuint(record->steps->len, ==, 6);
	ready = record->steps->pdata[2];
	stop = record->steps->pdata[3];
	g_assert_cmpuint(ready->tries, ==, 2);
	g_assert_cmpint(ready->status, ==, 0);
	g_assert_cmpint(stop->kind, ==, START_STOP);
	g_assert_cmpuint(stop->begin, ==, 1);
}

/* What failed is known by all its words. */
static void test_tries_failed(void)
{
	g_autoptr(GPtrArray) failed = NULL;
	struct start_step *step = step_of(START_RUN, "make", 1);
	struct start_step *other = step_of(START_RUN, "make it", 0);
	struct program program = {.step = step};

	tries_note(&failed, &program);
	g_assert_true(tries_failed(failed, step->argv));
	g_assert_false(tries_failed(failed, other->argv));
	g_assert_false(tries_failed(NULL, step->argv));
	start_step_free(step);
	start_step_free(other);
}

/* --- templates taken apart --- */

/* "before|gap,gap|between|…" */
static char *segments_text(const char *const *templates)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new();
	GString *text = g_string_new(NULL);

	for (; *templates; templates++)
		g_ptr_array_add(all, (char *)*templates);
	autosegments struct segments *segments = segments_of(all);

	for (guint i = 0; segments && i < segments->fixed->len; i++) {
		g_string_append_printf(text, "%s%s", i ? "|" : "",
				       (char *)segments->fixed->pdata[i]);
		const GPtrArray *gap = i < segments->gaps->len ? segments->gaps->pdata[i] : NULL;

		for (guint j = 0; gap && j < gap->len; j++)
			g_string_append_printf(text, "%c%s", j ? ',' : '|', (char *)gap->pdata[j]);
	}
	return g_string_free(text, FALSE);
}

static void test_segments(void)
{
	static const struct {
		const char *templates[4];
		const char *expected;
	} vectors[] = {
		{{"a://${X}:80/", "a://here:${Y}/", "a://here:80/"},
		 "a://|${X},here,here|:|80,${Y},80|/"},
		{{"${X}", "here"}, ""},
		{{"a ${X} b ${Y}", "a  b ", "a ${X} b "}, "a |${X},,${X}| b |${Y},,|"},
		{{"x=$$1 ${A}", "x=$$2 ${B}"}, "x=$$|1,2| |${A},${B}|"},
		{{"${A", "${A}"}, ""},
		{{"", "a b"}, ""},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(vectors); i++) {
		g_autofree char *text = segments_text(vectors[i].templates);

		g_assert_cmpstr(text, ==, vectors[i].expected);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/entrypoint/xtrace/lines", test_trace);
	g_test_add_func("/entrypoint/xtrace/bound", test_trace_bound);
	g_test_add_func("/entrypoint/xtrace/tests", test_tests);
	g_test_add_func("/entrypoint/place", test_place);
	g_test_add_func("/entrypoint/tries", test_tries);
	g_test_add_func("/entrypoint/tries/failed", test_tries_failed);
	g_test_add_func("/entrypoint/ids", test_ids);
	g_test_add_func("/entrypoint/status", test_status);
	g_test_add_func("/entrypoint/segments", test_segments);
	g_test_add_func("/entrypoint/differ/files", test_differ_files);
	g_test_add_func("/entrypoint/differ/programs", test_differ_programs);
	return g_test_run();
}
