/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/answers.h"

#include "base/error.h"

#include <string.h>

static struct answer *answer_make(const char *request, int status, const char *type,
				  const char *body)
{
	struct answer *answer = g_new0(struct answer, 1);

	answer->request = g_strdup(request);
	answer->status = status;
	answer->type = g_strdup(type);
	answer->body = body ? g_bytes_new(body, strlen(body)) : NULL;
	return answer;
}

static GPtrArray *run_of(struct answer *answer)
{
	GPtrArray *answers = g_ptr_array_new_with_free_func((GDestroyNotify)answer_free);

	g_ptr_array_add(answers, answer);
	return answers;
}

static char *compare(const char *first, const char *second, const char *candidate)
{
	g_autoptr(GPtrArray) a = run_of(answer_make("GET /", 200, "text/html", first));
	g_autoptr(GPtrArray) b = run_of(answer_make("GET /", 200, "text/html", second));
	g_autoptr(GPtrArray) c = run_of(answer_make("GET /", 200, "text/html", candidate));
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) expected = expectations_new(a, b, &error);

	g_assert_no_error(error);
	return expectations_differ(expected, c, NULL);
}

static void test_bodies(void)
{
	static const struct {
		const char *first, *second, *candidate;
		bool same;
	} table[] = {
		{"hello", "hello", "hello", true},
		{"hello", "hello", "hellO", false},
		{"hello", "hello", "hello world", false},
		{"now 10:11:12 on a", "now 10:11:13 on b", "now 10:12:44 on c", true},
		{"now 10:11:12 on a", "now 10:11:13 on b", "now 10:12:44 in c", false},
		{"at 2026-11-22T10:11:59.1Z.", "at 2026-11-22T10:11:59.8Z.",
		 "at 2026-11-22T10:12:00.2Z.", true},
		{"v1.2 10:11", "v1.2 10:12", "v1.3 10:13", false},
		{"pid 7 end", "pid 12345 end", "pid 99 end", true},
		{"at 2026-11-22T10:11:59.1Z.", "at 2026-11-22T10:11:59.8Z.",
		 "at 2026-11-22T10:12:00.2Z.", true},
		{"v1.2 10:11", "v1.2 10:12", "v1.3 10:13", false},
		{"pid 7 end", "pid 12345 end", "pid 99 oops", false},
		{"x 1 y 2 z", "x 3 y 4 z", "x 5 y 6 z", true},
		{"x 1 y 2 z", "x 3 y 4 z", "x 5 q 6 z", false},
		/* a masked part may grow, but not without bound */
		{"a 1 b", "a 2 b", "a 1 2 3 b", true},
		{"", "x", "", true},
		{"t=1", "t=2", "Traceback (most recent call last)", false},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *difference =
			compare(table[i].first, table[i].second, table[i].candidate);

		g_test_message("%s / %s / %s: %s", table[i].first, table[i].second,
			       table[i].candidate, difference ? difference : "same");
		g_assert_cmpint(difference == NULL, ==, table[i].same);
	}
}

static void test_gap_is_bounded(void)
{
	g_autofree char *words = g_strnfill(2000, 'a');
	g_autofree char *long_body = NULL;
	g_autofree char *difference = NULL;

	for (gsize i = 1; i < 2000; i += 2)
		words[i] = ' ';
	long_body = g_strconcat("a ", words, " b", NULL);
	difference = compare("a 1 b", "a 2 b", long_body);
	g_assert_nonnull(difference);
}

static void test_large_bodies_differ_in_the_middle(void)
{
	GString *first = g_string_new("head ");
	GString *second = g_string_new("head ");
	g_autofree char *difference = NULL;
	g_autofree char *other = NULL;

	for (int i = 0; i < 6000; i++) {
		g_string_append_printf(first, "%d,", i);
		g_string_append_printf(second, "%d;", i * 7);
	}
	g_string_append(first, " tail");
	g_string_append(second, " tail");
	difference = compare(first->str, second->str, first->str);
	g_assert_null(difference);
	g_string_truncate(second, second->len - 5);
	other = compare(first->str, first->str, second->str);
	g_assert_nonnull(other);
	g_string_free(first, TRUE);
	g_string_free(second, TRUE);
}

static void test_status_and_type(void)
{
	g_autoptr(GPtrArray) a = run_of(answer_make("GET /", 200, "text/html", "x"));
	g_autoptr(GPtrArray) b = run_of(answer_make("GET /", 200, "text/html", "x"));
	g_autoptr(GPtrArray) wrong_status = run_of(answer_make("GET /", 500, "text/html", "x"));
	g_autoptr(GPtrArray) wrong_type = run_of(answer_make("GET /", 200, "text/plain", "x"));
	g_autoptr(GPtrArray) empty = g_ptr_array_new();
	g_autoptr(GPtrArray) expected = expectations_new(a, b, NULL);
	g_autofree char *status = expectations_differ(expected, wrong_status, NULL);
	g_autofree char *type = expectations_differ(expected, wrong_type, NULL);
	g_autofree char *count = expectations_differ(expected, empty, NULL);

	g_assert_cmpstr(status, ==, "GET /: want status 200, got 500");
	g_assert_cmpstr(type, ==, "GET /: want type text/html, got text/plain");
	g_assert_cmpstr(count, ==, "want 1 answers, got 0");
}

static void test_originals_must_agree(void)
{
	g_autoptr(GPtrArray) a = run_of(answer_make("GET /", 200, NULL, "x"));
	g_autoptr(GPtrArray) b = run_of(answer_make("GET /", 500, NULL, "x"));
	g_autoptr(GPtrArray) failed = run_of(answer_make("workload", 1, NULL, NULL));
	g_autoptr(GError) error = NULL;

	((struct answer *)failed->pdata[0])->failure = g_strdup("exit status 1");
	g_assert_null(expectations_new(a, b, &error));
	g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
	g_clear_error(&error);
	g_assert_null(expectations_new(failed, failed, &error));
	g_assert_cmpstr(error->message, ==, "workload failed on the original image: exit status 1");
}

static void test_killed_original_expects_any_end(void)
{
	g_autoptr(GPtrArray) a = run_of(answer_make("killed", 137, NULL, NULL));
	g_autoptr(GPtrArray) b = run_of(answer_make("killed", 137, NULL, NULL));
	g_autoptr(GPtrArray) c = run_of(answer_make("exit", 143, NULL, NULL));
	g_autoptr(GPtrArray) expected = expectations_new(a, b, NULL);

	g_assert_null(expectations_differ(expected, c, NULL));
}

/* As root before, as 65532 now: what says so is no difference, and nothing else may say it. */
static void test_renames(void)
{
	static const struct {
		const char *first, *second, *candidate;
		bool same;
	} table[] = {
		{"uid=0(root) n=0", "uid=0(root) n=0", "uid=65532(thresh) n=0", true},
		{"uid=0(root)", "uid=0(root)", "uid=65533(thresh)", false},
		{"uid=1(root)", "uid=1(root)", "uid=65532(thresh)", false},
		{"uid=0 pid 7", "uid=0 pid 8", "uid=65532 pid 9", true},
		{"uid=0 pid 7", "uid=0 pid 8", "uid=1 pid 9", false},
	};
	char *pairs[] = {(char *)"0", (char *)"65532", (char *)"root", (char *)"thresh"};
	g_autoptr(GPtrArray) renames = g_ptr_array_new();

	for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++)
		g_ptr_array_add(renames, pairs[i]);
	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(GPtrArray) a = run_of(answer_make("GET /", 200, NULL, table[i].first));
		g_autoptr(GPtrArray) b = run_of(answer_make("GET /", 200, NULL, table[i].second));
		g_autoptr(GPtrArray) c =
			run_of(answer_make("GET /", 200, NULL, table[i].candidate));
		g_autoptr(GPtrArray) expected = expectations_new(a, b, NULL);
		g_autofree char *difference = expectations_differ(expected, c, renames);

		g_assert_cmpint(!difference, ==, table[i].same);
	}
}

static GPtrArray *run_of_two(struct answer *first, struct answer *second)
{
	GPtrArray *answers = run_of(first);

	g_ptr_array_add(answers, second);
	return answers;
}

/* The signal met the first before its handler was there, or the second ended in another way. */
static void test_ending_is_a_race(void)
{
	static const struct {
		const char *first, *second;
		int first_status, second_status;
	} table[] = {
		{"exit", "killed", 0, 137}, {"killed", "exit", 137, 0}, {"exit", "exit", 0, 143}};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(GPtrArray) a =
			run_of_two(answer_make("GET /", 200, NULL, "x"),
				   answer_make(table[i].first, table[i].first_status, NULL, NULL));
		g_autoptr(GPtrArray) b = run_of_two(
			answer_make("GET /", 200, NULL, "x"),
			answer_make(table[i].second, table[i].second_status, NULL, NULL));
		g_autoptr(GPtrArray) c = run_of_two(answer_make("GET /", 500, NULL, "x"),
						    answer_make("exit", 1, NULL, NULL));
		g_autoptr(GPtrArray) expected = expectations_new(a, b, NULL);
		g_autofree char *difference = NULL;

		g_assert_nonnull(expected);
		g_assert_null(expectations_differ(expected, a, NULL));
		g_assert_null(expectations_differ(expected, b, NULL));
		difference = expectations_differ(expected, c, NULL);
		g_assert_cmpstr(difference, ==, "GET /: want status 200, got 500");
	}
}

/* What ends by itself was not raced by any signal. */
static void test_job_must_end_alike(void)
{
	g_autoptr(GPtrArray) a =
		run_of_two(answer_make("output", 0, NULL, "x"), answer_make("exit", 0, NULL, NULL));
	g_autoptr(GPtrArray) b =
		run_of_two(answer_make("output", 0, NULL, "x"), answer_make("exit", 1, NULL, NULL));
	g_autoptr(GError) error = NULL;

	g_assert_null(expectations_new(a, b, &error));
	g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
}

/* Each start's stop; what ended by itself, and what had to be killed, are left as they are. */
static void test_own_endings(void)
{
	g_autoptr(GPtrArray) script = run_of_two(answer_make("GET /", 200, NULL, "x"),
						 answer_make("exit", 143, NULL, NULL));
	g_autoptr(GPtrArray) plan = run_of_two(answer_make("GET /", 200, NULL, "x"),
					       answer_make("exit", 0, NULL, NULL));
	g_autoptr(GPtrArray) job =
		run_of_two(answer_make("output", 0, NULL, "x"), answer_make("exit", 3, NULL, NULL));
	g_autoptr(GPtrArray) other =
		run_of_two(answer_make("output", 0, NULL, "x"), answer_make("exit", 0, NULL, NULL));
	g_autoptr(GPtrArray) killed = run_of_two(answer_make("GET /", 200, NULL, "x"),
						 answer_make("killed", 137, NULL, NULL));
	g_autoptr(GPtrArray) expected = expectations_new(script, script, NULL);
	g_autoptr(GPtrArray) of_job = expectations_new(job, job, NULL);
	g_autofree char *difference = NULL;
	int status = -1, own = -1;

	g_assert_false(expectations_take_endings(expected, script, &status, &own));
	g_assert_false(expectations_take_endings(expected, killed, &status, &own));
	difference = expectations_differ(expected, plan, NULL);
	g_assert_nonnull(difference);
	g_assert_true(expectations_take_endings(expected, plan, &status, &own));
	g_assert_cmpint(status, ==, 143);
	g_assert_cmpint(own, ==, 0);
	g_assert_null(expectations_differ(expected, plan, NULL));
	g_assert_false(expectations_take_endings(of_job, other, &status, &own));
}

/* What a script printed is gone: whole lines at the beginning, nothing else, and not all. */
static void test_messages(void)
{
	static const struct {
		const char *first, *second, *plan;
		bool taken;
	} table[] = {
		{"starting\n\nrows 3\n", "starting\n\nrows 3\n", "rows 3\n", true},
		{"at 10:11 go\nrows 3\n", "at 10:12 go\nrows 3\n", "rows 3\n", true},
		{"at 10:11 go\nrows 3\n", "at 10:12 go\nrows 3\n", "rows 4\n", false},
		{"starting rows 3\n", "starting rows 3\n", "rows 3\n", false},
		{"rows 3\n", "rows 3\n", "rows 3\n", false},
		{"starting\nrows 3\n", "starting\nrows 3\n", "", false},
		{"starting\nrows 3\n", "starting\nrows 3\n", "starting\n", false},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(GPtrArray) a = run_of(answer_make("output", 0, NULL, table[i].first));
		g_autoptr(GPtrArray) b = run_of(answer_make("output", 0, NULL, table[i].second));
		g_autoptr(GPtrArray) plan = run_of(answer_make("output", 0, NULL, table[i].plan));
		g_autoptr(GPtrArray) expected = expectations_new(a, b, NULL);
		g_autofree char *difference = NULL;

		g_assert_cmpint(expectations_take_messages(expected, plan), ==, table[i].taken);
		difference = expectations_differ(expected, plan, NULL);
		g_assert_true(!table[i].taken || !difference);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/answers/bodies", test_bodies);
	g_test_add_func("/answers/renames", test_renames);
	g_test_add_func("/answers/gap-is-bounded", test_gap_is_bounded);
	g_test_add_func("/answers/large", test_large_bodies_differ_in_the_middle);
	g_test_add_func("/answers/status-and-type", test_status_and_type);
	g_test_add_func("/answers/originals-must-agree", test_originals_must_agree);
	g_test_add_func("/answers/killed", test_killed_original_expects_any_end);
	g_test_add_func("/answers/ending-is-a-race", test_ending_is_a_race);
	g_test_add_func("/answers/job-must-end-alike", test_job_must_end_alike);
	g_test_add_func("/answers/own-endings", test_own_endings);
	g_test_add_func("/answers/messages", test_messages);
	return g_test_run();
}
