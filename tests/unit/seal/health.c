/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/health.h"

#include "base/error.h"

#include <string.h>

/* CMD-SHELL lines, and the test that is made of them: words behind "/.thresh/init" "health", or,
 * with a leading "= ", a program's. */
static const struct {
	const char *line, *test;
} shell[] = {
	{"curl -f http://localhost:8080/ || exit 1",
	 "http http://localhost:8080/ --status 100-399"},
	{"curl --fail --silent http://127.0.0.1/health >/dev/null 2>&1 || exit 1",
	 "http http://127.0.0.1/health --status 100-399"},
	{"curl -fsS -m 3 'http://localhost:80/a?b=c' || false",
	 "http http://localhost:80/a?b=c --status 100-399 --timeout 3"},
	{"curl -fsSo /dev/null localhost:8080/x", "http http://localhost:8080/x --status 100-399"},
	{"curl localhost", "http http://localhost --status 100-599"},
	{"curl -fgk4 --http1.1 --noproxy '*' http://localhost/",
	 "http http://localhost/ --status 100-399"},
	{"wget -Y off --no-check-certificate -q --spider http://localhost/",
	 "http http://localhost/ --status 200-299"},
	{"curl -fL http://localhost/", "http http://localhost/ --status 200-299"},
	{"curl -Lf 'http://[::1]:80/'", "http http://[::1]:80/ --status 200-299"},
	{"curl -sI -H 'Host: a.b' --max-time=5 http://0.0.0.0:80/",
	 "http http://127.0.0.1:80/ --status 100-599 --timeout 5 --header Host: a.b"},
	{"curl -s http://localhost:9200/_cluster/health | grep -q '\"status\":\"green\"' || exit 1",
	 "http http://localhost:9200/_cluster/health --status 100-599 --contains "
	 "\"status\":\"green\""},
	{"curl -fs localhost/ | grep UP", "http http://localhost/ --status 100-399 --contains UP"},
	{"wget -q --spider http://localhost:8080/ || exit 1",
	 "http http://localhost:8080/ --status 200-299"},
	{"wget -qO- --tries=1 -T 2 http://localhost/ &> /dev/null || exit 1;",
	 "http http://localhost/ --status 200-299 --timeout 2"},
	{"wget --no-verbose --tries=1 --spider localhost:80 || exit 1",
	 "http http://localhost:80 --status 200-299"},
	{"nc -z localhost 6379", "tcp 6379"},
	{"nc -zv -w 3 127.0.0.1 5432 || exit 1", "tcp 5432 --timeout 3"},
	{"test -f /tmp/ready", "file /tmp/ready"},
	{"[ -e /run/app.pid ] || exit 1", "file /run/app.pid"},
	{"[ -S /run/app.sock ]", "socket /run/app.sock"},
	{"exec curl -f localhost", "http http://localhost --status 100-399"},
	{"redis-cli ping", "= redis-cli ping"},
	{"pg_isready -U postgres || exit 1", "= pg_isready -U postgres"},
	{"mysqladmin ping -h localhost --silent > /dev/null || exit 1",
	 "= mysqladmin ping -h localhost --silent"},
	{"test -x /usr/bin/id", "= test -x /usr/bin/id"},
};

static const struct {
	const char *line, *problem;
} refused[] = {
	{"curl -f http://localhost:$PORT/", "an expansion ($)"},
	{"curl -f http://example.org/", "a host other than this one"},
	{"curl -f http://localhost@example.org/", "a host other than this one"},
	{"curl -f http://127.0.0.1.example.org/", "a host other than this one"},
	{"curl -f https://localhost/", "a scheme other than http"},
	{"curl -f", "no URL"},
	{"curl -f localhost localhost:81", "more than one"},
	{"curl -d x=1 localhost", "an option that the health applet has nothing for"},
	{"curl -X POST localhost", "a method other than GET"},
	{"curl -m soon localhost", "no number of seconds"},
	{"curl localhost -m", "an option without its value"},
	{"nc -z database 5432", "a host other than this one"},
	{"nc localhost http", "a port that is no number"},
	{"redis-cli ping | grep PONG", "it looks into the output of a program"},
	{"curl -s localhost | grep '^ok$'", "a pipe"},
	{"curl -s localhost | jq .ok", "a pipe"},
	{"test -f /a && test -f /b", "a list (&&)"},
	{"PGPASSWORD=x pg_isready", "it sets variables"},
	{"sh /check.sh", "it runs a shell"},
	{"", "no command"},
};

static json_t *config_of(const char *kind, const char *line)
{
	return json_pack("{s:{s:[s,s], s:i, s:i, s:s}}", "Healthcheck", "Test", kind, line,
			 "Interval", 5000000, "Retries", 2, "Timeout", "x");
}

static char *joined(const GPtrArray *words, guint from)
{
	GString *text = g_string_new(NULL);

	for (guint i = from; i < words->len; i++)
		g_string_append_printf(text, "%s%s", i > from ? " " : "", (char *)words->pdata[i]);
	return g_string_free(text, FALSE);
}

static void test_shell(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(shell); i++) {
		autojson json_t *config = config_of("CMD-SHELL", shell[i].line);
		autohealth struct health *health = NULL, *own = NULL;
		bool applet = shell[i].test[0] != '=';
		g_autofree char *text = NULL, *original = NULL;
		g_autoptr(GError) error = NULL;

		g_test_message("%s", shell[i].line);
		health_decide(config, NULL, &health, &error);
		g_assert_no_error(error);
		text = joined(health->test, applet ? 2 : 0);
		g_assert_cmpint(health->applet, ==, applet);
		g_assert_cmpstr(text, ==, shell[i].test + (applet ? 0 : 2));
		original = joined(health->original, applet ? 2 : 0);
		g_assert_cmpstr(original, ==, applet ? shell[i].line : text);
		g_assert_cmpuint(json_object_size(health->times), ==, 2);
		health_decide(NULL, shell[i].line, &own, &error);
		g_assert_no_error(error);
		g_assert_cmpint(own->applet, ==, applet);
		g_assert_true(!own->original == applet);
	}
}

static void test_refused(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
		autojson json_t *config = config_of("CMD-SHELL", refused[i].line);
		struct health *health;
		g_autoptr(GError) error = NULL;

		g_test_message("%s", refused[i].line);
		g_assert_false(health_decide(config, NULL, &health, &error));
		g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
		g_assert_nonnull(strstr(error->message, refused[i].problem));
		g_assert_nonnull(strstr(error->message, "healthcheck: none"));
	}
}

/* "Test" as JSON, thresh.yaml's word or NULL, and the test, NULL for none, "!" for an error. */
static const struct {
	const char *test, *own, *want;
} forms[] = {
	{"[\"NONE\"]", NULL, NULL},
	{"[]", NULL, NULL},
	{"[\"CMD\",\"/app\",\"--check\"]", NULL, "/app --check"},
	{"[\"CMD\",\"curl\",\"-f\",\"http://localhost/\"]", NULL,
	 "/.thresh/init health http http://localhost/ --status 100-399"},
	{"[\"CMD\",\"sh\",\"-c\",\"nc -z localhost 80 || exit 1\"]", NULL,
	 "/.thresh/init health tcp 80"},
	{"[\"CMD\",\"bash\",\"-lc\",\"nc -z localhost 80\"]", NULL, "/.thresh/init health tcp 80"},
	{"[\"CMD\",\"sh\",\"-sc\",\"nc -z localhost 80\"]", NULL, "!"},
	{"[\"CMD\",\"bash\",\"/x.sh\"]", NULL, "!"},
	{"[\"CMD\"]", NULL, "!"},
	{"[\"OTHER\",\"x\"]", NULL, "!"},
	{"[\"CMD-SHELL\",\"a | b\"]", "none", NULL},
	{"[\"CMD-SHELL\",\"a | b\"]", "health tcp 80 --timeout 2",
	 "/.thresh/init health tcp 80 --timeout 2"},
	{"[\"CMD-SHELL\",\"a | b\"]", "redis-cli ping", "redis-cli ping"},
};

static void test_forms(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
		autojson json_t *config = json_object();
		json_t *test = json_loads(forms[i].test, 0, NULL);
		autohealth struct health *health = NULL;
		g_autoptr(GError) error = NULL;
		g_autofree char *text = NULL;
		bool good;

		g_test_message("%s, %s", forms[i].test, forms[i].own ? forms[i].own : "-");
		json_object_set_new(config, "Healthcheck", json_pack("{s:o}", "Test", test));
		good = health_decide(config, forms[i].own, &health, &error);
		if (!g_strcmp0(forms[i].want, "!")) {
			g_assert_false(good);
			continue;
		}
		g_assert_no_error(error);
		text = health ? joined(health->test, 0) : NULL;
		g_assert_cmpstr(text, ==, forms[i].want);
	}
}

static void test_documents(void)
{
	static const char *const bad[] = {"1",
					  "{}",
					  "{\"test\":[],\"times\":{}}",
					  "{\"test\":[1],\"times\":{}}",
					  "{\"test\":[\"a\"]}",
					  "{\"test\":[\"a\"],\"times\":{},\"x\":1}",
					  "{\"test\":[\"a\\u0000b\"],\"times\":{}}"};
	autojson json_t *config = config_of("CMD-SHELL", "nc -z localhost 80");
	autohealth struct health *health = NULL, *back = NULL;
	autojson json_t *json = NULL, *again = NULL, *check = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_true(health_decide(config, NULL, &health, &error));
	json = health_to_json(health);
	back = health_from_json(json, &error);
	g_assert_no_error(error);
	g_assert_true(back->applet);
	again = health_to_json(back);
	g_assert_true(json_equal(json, again));
	check = health_to_config(back);
	g_assert_cmpint(json_integer_at(check, "Retries", 0), ==, 2);
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		autojson json_t *wrong = json_loads(bad[i], JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);

		g_assert_nonnull(wrong);
		g_assert_null(health_from_json(wrong, NULL));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/seal/health/shell", test_shell);
	g_test_add_func("/seal/health/refused", test_refused);
	g_test_add_func("/seal/health/forms", test_forms);
	g_test_add_func("/seal/health/documents", test_documents);
	return g_test_run();
}
