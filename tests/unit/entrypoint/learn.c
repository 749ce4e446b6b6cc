/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/json.h"
#include "entrypoint/chance.h"
#include "world.h"

#include <string.h>

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NONE       ((const char *const[]){NULL})

struct fixture {
	struct model_image image;
	struct start_request request;
	GPtrArray *environment, *arguments, *volumes;
};

static GPtrArray *words_new(const char *const *words)
{
	GPtrArray *array = g_ptr_array_new_with_free_func(g_free);

	for (; *words; words++)
		g_ptr_array_add(array, g_strdup(*words));
	return array;
}

static bool is_shipped(const char *path, void *user)
{
	const struct model_image *image = user;

	for (const char *const *file = image->shipped; file && *file; file += 2)
		if (strcmp(file[0], path) == 0)
			return true;
	return *path == '/' && world_has_program(path);
}

static bool is_vacant(const char *path, void *user)
{
	const struct model_image *image = user;

	for (const char *const *file = image->shipped; file && *file; file += 2)
		if (g_str_has_prefix(file[0], path))
			return false;
	return true;
}

static void fixture_init(struct fixture *fixture, const struct script *script,
			 const char *const *environment, const char *const *arguments,
			 const char *const *volumes)
{
	memset(fixture, 0, sizeof(*fixture));
	fixture->image = (struct model_image){.script = script,
					      .environment = environment,
					      .arguments = arguments,
					      .volumes = volumes};
	fixture->environment = words_new(environment);
	fixture->arguments = words_new(arguments);
	fixture->volumes = words_new(volumes);
	fixture->request.environment = fixture->environment;
	fixture->request.arguments = fixture->arguments;
	fixture->request.volumes = fixture->volumes;
	fixture->request.other_program = "true";
	fixture->request.is_shipped = is_shipped;
	fixture->request.is_vacant = is_vacant;
	fixture->request.shipped_user = &fixture->image;
	fixture->request.budget_runs = 400;
}

static void fixture_clear(struct fixture *fixture)
{
	g_ptr_array_unref(fixture->environment);
	g_ptr_array_unref(fixture->arguments);
	g_ptr_array_unref(fixture->volumes);
}

/* Variables and values that were never learned from, each start with some of them. */
static void try_unseen(struct fixture *fixture, const struct start_plan *plan,
		       const char *const *assignments)
{
	struct model_image replay = fixture->image;
	guint count = g_strv_length((char **)assignments);

	replay.plan = plan->steps;
	for (guint chosen = 0; chosen < 1U << count; chosen++) {
		for (guint starts = 1; starts <= 2; starts++) {
			g_autoptr(GPtrArray) environment = g_ptr_array_new();
			struct start_scenario scenario = {.environment = environment,
							  .starts = starts};

			for (guint i = 0; i < count; i++)
				if (chosen & 1U << i)
					g_ptr_array_add(environment, (char *)assignments[i]);
			autorecord struct start_record *script =
				world_run(&scenario, &fixture->image, NULL);
			autorecord struct start_record *its = world_run(&scenario, &replay, NULL);
			chances_hide(plan->chances, script);
			chances_hide(plan->chances, its);
			g_autofree char *difference = world_differ(script, its);

			if (difference)
				g_error("unseen %x, %u starts: %s\n%s", chosen, starts, difference,
					plan->steps);
		}
	}
}

static void learn_shipped(const struct script *script, const char *const *environment,
			  const char *const *arguments, const char *const *volumes,
			  const char *const *shipped, const char *const *unseen,
			  const char *const *expected)
{
	struct fixture fixture;
	g_autoptr(GError) error = NULL;

	fixture_init(&fixture, script, environment, arguments, volumes);
	fixture.image.shipped = shipped;
	autostartplan struct start_plan *plan =
		start_learn(&fixture.request, world_run, &fixture.image, &error);

	g_assert_no_error(error);
	g_test_message("%u starts\n%s", fixture.image.starts, plan->steps);
	struct model_image replay = fixture.image;

	replay.plan = plan->steps;
	start_plan_verify(plan, world_run, &replay, 0, world_differ, &error);
	g_assert_no_error(error);
	for (const char *const *line = expected; *line; line++)
		if (!strstr(plan->steps, *line))
			g_error("`%s` is not in\n%s", *line, plan->steps);
	try_unseen(&fixture, plan, unseen);
	fixture_clear(&fixture);
}

static void learn_and_verify(const struct script *script, const char *const *environment,
			     const char *const *arguments, const char *const *volumes,
			     const char *const *unseen, const char *const *expected)
{
	learn_shipped(script, environment, arguments, volumes, NULL, unseen, expected);
}

static void test_redis(void)
{
	learn_and_verify(&redis_script, WORDS("PATH=/usr/bin"), WORDS("redis-server"),
			 WORDS("/data"), NONE,
			 WORDS("if matches ${1} -*\narguments redis-server ${@}\n",
			       "if equals ${1} redis-server\nowner /data 999 999\n", "umask 0077\n",
			       "exec ${@}\n"));
}

static void test_nginx(void)
{
	learn_and_verify(&nginx_script, WORDS("PATH=/usr/bin"), WORDS("nginx", "-g", "daemon off;"),
			 NONE,
			 WORDS("NGINX_PORT=81", "NGINX_HOST=example.org", "NGINX_ROOT=/srv",
			       "NGINX_MODE=proxy"),
			 WORDS("if equals ${NGINX_MODE} proxy"));
}

static void test_postgres(void)
{
	learn_and_verify(
		&postgres_script, WORDS("PATH=/usr/bin", "PGDATA=/var/lib/postgresql/data"),
		WORDS("postgres"), WORDS("/var/lib/postgresql/data"),
		WORDS("POSTGRES_PASSWORD=a b", "POSTGRES_USER=me", "POSTGRES_DB=db",
		      "POSTGRES_HOST_AUTH_METHOD=trust", "PGDATA=/srv/pg"),
		WORDS("secret POSTGRES_PASSWORD\n", "${PGDATA}/PG_VERSION", "as 999 999\n",
		      "run pg_ctl -w start\n", "await postgres tcp 5432", "stop postgres 2"));
}

static void test_mariadb(void)
{
	learn_and_verify(&mariadb_script, WORDS("PATH=/usr/bin"), WORDS("mariadbd"),
			 WORDS("/var/lib/mysql"),
			 WORDS("MARIADB_ROOT_PASSWORD=a", "MARIADB_DATABASE=b",
			       "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD=1"),
			 WORDS("secret MARIADB_ROOT_PASSWORD\n", "/var/lib/mysql/mysql",
			       "await mariadbd socket /run/mysqld/mysqld.sock"));
}

static void test_apache(void)
{
	learn_and_verify(
		&apache_script, WORDS("PATH=/usr/bin"), WORDS("apache2", "-DFOREGROUND"), NONE,
		WORDS("APACHE_CONFDIR=/srv/a", "APACHE_RUN_DIR=/srv/r", "APACHE_LOG_DIR=/l"),
		WORDS("value APACHE_CONFDIR /etc/apache2\n"));
}

static void test_tomcat(void)
{
	learn_and_verify(&tomcat_script, WORDS("PATH=/usr/bin", "CATALINA_BASE=/usr/share/tomcat"),
			 WORDS("run"), NONE,
			 WORDS("CATALINA_OPTS=-Xmx1g -Xms1g", "JPDA=1", "CATALINA_BASE=/srv/t"),
			 WORDS("${*CATALINA_OPTS}", "workdir ${CATALINA_BASE}\n"));
}

static void test_django(void)
{
	learn_and_verify(&django_script, WORDS("PATH=/usr/bin"), WORDS("web"), NONE,
			 WORDS("DATABASE_URL=x", "WORKERS=7", "SKIP_MIGRATE=yes", "COLLECT=true"),
			 WORDS("require DATABASE_URL \"DATABASE_URL must be set\"\n",
			       "check WORKERS integer 0 9223372036854775807\n",
			       "run python3 manage.py migrate"));
}

/* The last step that the plan takes where the environment has these too. */
static const struct start_step *last_step(struct fixture *fixture, const char *const *more,
					  struct start_record **ret_record)
{
	g_autoptr(GPtrArray) environment = words_new(more);
	struct start_scenario scenario = {.environment = environment, .starts = 1};

	*ret_record = world_run(&scenario, &fixture->image, NULL);
	g_assert_nonnull(*ret_record);
	g_assert_cmpuint((*ret_record)->steps->len, >, 0);
	return (*ret_record)->steps->pdata[(*ret_record)->steps->len - 1];
}

/* Of variables that are fixed nothing is learned, and the plan refuses other values. */
static void test_fixed(void)
{
	static const char *const same[][2] = {
		{NULL}, {"SKIP_MIGRATE="}, {"DATABASE_URL=db://$5"}, {"WORKERS=7"}};
	static const char *const other[][2] = {
		{"SKIP_MIGRATE=yes"}, {"DATABASE_URL=x"}, {"DATABASE_URL="}};
	g_autoptr(GPtrArray) fixed = words_new(WORDS("DATABASE_URL", "SKIP_MIGRATE"));
	g_autoptr(GError) error = NULL;
	struct fixture fixture;

	fixture_init(&fixture, &django_script, WORDS("PATH=/usr/bin", "DATABASE_URL=db://$5"),
		     WORDS("web"), NONE);
	fixture.request.fixed = fixed;
	autostartplan struct start_plan *plan =
		start_learn(&fixture.request, world_run, &fixture.image, &error);

	g_assert_no_error(error);
	fixture.image.plan = plan->steps;
	for (gsize i = 0; i < G_N_ELEMENTS(same); i++) {
		autorecord struct start_record *record = NULL;

		g_assert_cmpint(last_step(&fixture, same[i], &record)->kind, ==, START_EXEC);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(other); i++) {
		autorecord struct start_record *record = NULL;

		g_assert_cmpint(last_step(&fixture, other[i], &record)->kind, !=, START_EXEC);
	}
	g_assert_nonnull(strstr(plan->steps, "if differs ${DATABASE_URL} db://$$5\nfail 1"));
	fixture_clear(&fixture);
}

static void test_mosquitto(void)
{
	learn_and_verify(&mosquitto_script, WORDS("PATH=/usr/bin"), WORDS("mosquitto", "-c"),
			 WORDS("/mosquitto/config"), WORDS("PUID=4"),
			 WORDS("if exists /mosquitto/config/mosquitto.conf"));
}

static void test_daemons(void)
{
	learn_and_verify(&daemons_script, WORDS("PATH=/usr/bin"), WORDS("server"), NONE,
			 WORDS("WITH_CRON=1"), WORDS("start cron cron -f\n"));
}

static void test_odd(void)
{
	learn_and_verify(&odd_script, WORDS("PATH=/usr/bin"), WORDS("server"), NONE,
			 WORDS("TLS_CERT=/c", "TLS_KEY=/k", "MODE=cluster", "PEERS=a b"), NONE);
}

/* An error that needs @starts starts at most. */
static void expect_error_within(const struct script *script, const char *const *arguments,
				const char *const *texts, guint starts)
{
	struct fixture fixture;
	g_autoptr(GError) error = NULL;

	fixture_init(&fixture, script, WORDS("PATH=/usr/bin"), arguments, NONE);
	autostartplan struct start_plan *plan =
		start_learn(&fixture.request, world_run, &fixture.image, &error);

	g_assert_null(plan);
	g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
	g_test_message("%s", error->message);
	for (; *texts; texts++)
		if (!strstr(error->message, *texts))
			g_error("`%s` is not in: %s", *texts, error->message);
	g_assert_cmpuint(fixture.image.starts, <=, starts);
	fixture_clear(&fixture);
}

static void expect_error(const struct script *script, const char *const *arguments,
			 const char *const *texts)
{
	expect_error_within(script, arguments, texts, G_MAXUINT);
}

static void test_derived(void)
{
	expect_error(&derived_script, WORDS("app"),
		     WORDS("/entrypoint.sh:1: ", "/etc/app.conf", "LEVEL", "entrypoint.fixed"));
}

static void test_forget(void)
{
	learn_and_verify(&forget_script, WORDS("PATH=/usr/bin"), WORDS("app"), NONE,
			 WORDS("APP_INIT_NAME=a", "APP_INIT_OTHER=b", "APP_INI=c"),
			 WORDS("unset APP_INIT_*\n"));
}

static void test_routes(void)
{
	expect_error_within(
		&routes_script, WORDS("app"),
		WORDS("/entrypoint.sh:3: ", "/etc/routes.conf", "APP_ROUTE_", "entrypoint.plan"),
		3);
}

/* A secret that every start draws anew, in a file and in the environment: drawn once. */
static void test_random(void)
{
	learn_and_verify(&random_script, WORDS("PATH=/usr/bin"), WORDS("app"), NONE, NONE,
			 WORDS("random thresh_random_0 32 hex\n", "secret=${thresh_random_0}",
			       "set APP_SECRET ${thresh_random_0}\n"));
}

/* Drawn at a first start alone, and read at later ones. */
static void test_kept(void)
{
	learn_and_verify(&kept_script, WORDS("PATH=/usr/bin"), WORDS("app"), WORDS("/data"),
			 WORDS("APP_SECRET=mine"),
			 WORDS("random thresh_random_0 32 hex\n",
			       "if file /data/secret\nread thresh_read_0 /data/secret\nend\n",
			       "set APP_SECRET ${thresh_read_0}\n",
			       "set APP_SECRET ${thresh_random_0}\n"));
}

/* Keys of a file that a user may have changed. */
static void test_keys(void)
{
	learn_shipped(&keys_script, WORDS("PATH=/usr/bin"), WORDS("app"), WORDS("/data"),
		      WORDS("/usr/share/app.conf", "# shipped\nport=80\nname=app\n"),
		      WORDS("PORT=81", "LEVEL=3"),
		      WORDS("provide /data/app.conf /usr/share/app.conf\n",
			    "let thresh_1 port=${PORT}\n",
			    "ensure /data/app.conf ${thresh_1} port=*\n",
			    "ensure /data/app.conf level=${LEVEL} level=*\n"));
}

/* What follows the number of processors, and is not only equal to it. */
static void test_workers(void)
{
	learn_and_verify(&workers_script, WORDS("PATH=/usr/bin"), WORDS("app"), NONE,
			 WORDS("WORKERS=7", "EXTRA=1"),
			 WORDS("fact thresh_cpus cpus\n", "level 4\\x0a", "more 4",
			       "workers ${thresh_cpus};", "set LEVEL 4\n"));
}

static void test_threads(void)
{
	learn_and_verify(&threads_script, WORDS("PATH=/usr/bin"), WORDS("app"), NONE, NONE,
			 WORDS("fact thresh_workers_0 workers 2 1 0\n",
			       "set THREADS ${thresh_workers_0}\n"));
	expect_error(&few_script, WORDS("app"),
		     WORDS("/entrypoint.sh:1: ", "processors", "entrypoint.fixed"));
}

static void test_node(void)
{
	learn_and_verify(
		&node_script, WORDS("PATH=/usr/bin"), WORDS("server.js"), NONE,
		WORDS("API_URL=http://a", "PORT=8"),
		WORDS("if program ${1}\nlet thresh_is_2 yes\nend\n", "arguments node ${@}\n"));
}

/* Whatever is no program is node's to read. */
static void test_node_official(void)
{
	learn_and_verify(&node_official_script, WORDS("PATH=/usr/bin"), WORDS("node"), NONE, NONE,
			 WORDS("if program ${1}\nelse\narguments node ${@}\nend\n", "exec ${@}\n"));
}

/* What a program reads from another one is in no record: never a guess. */
static void test_piped(void)
{
	expect_error_within(&piped_script, WORDS("app"),
			    WORDS("/entrypoint.sh:1: ", "run /usr/bin/load", "entrypoint.plan"), 2);
}

/* Without quotes, inside a word: blanks are refused, everything else is the value. */
static void test_greeting(void)
{
	learn_and_verify(&greeting_script, WORDS("PATH=/usr/bin"), WORDS("run"), NONE,
			 WORDS("GREETING=hello", "JAVA_OPTS=-Xmx1g -Xms1g"),
			 WORDS("if filled GREETING\ncheck GREETING word\nend\n", "${*JAVA_OPTS}",
			       "-Dgreeting=${GREETING}"));
}

/* `wait -n`: where one of them ends, so does the container. */
/* Arguments behind words that the script puts before them, without the first. */
static void test_haproxy(void)
{
	learn_and_verify(&haproxy_script, WORDS("PATH=/usr/bin"),
			 WORDS("haproxy", "-f", "/etc/haproxy.cfg"), NONE, NONE,
			 WORDS("shift 1\n", "arguments haproxy -W -db ${@}\n", "exec ${@}\n"));
}

/* In the middle; and what is behind the first decides how many there are. */
static void test_control(void)
{
	learn_and_verify(&control_script, WORDS("PATH=/usr/bin"), WORDS("run"), NONE, NONE,
			 WORDS("if equals ${2} -debug\n", "shift 2\n", "shift 1\n",
			       "argument start\n", "fail 1 \"usage:"));
}

static void test_allowed(void)
{
	learn_and_verify(&allowed_script, WORDS("PATH=/usr/bin", "PASSWORD=x"), WORDS("app"), NONE,
			 WORDS("PASSWORD=", "ALLOW_EMPTY=yes"),
			 WORDS("fail 1 \"PASSWORD is missing"));
}

/* Words that no start of a combination happened to have both of. */
static void test_flags(void)
{
	learn_and_verify(&flags_script, WORDS("PATH=/usr/bin"), WORDS("app"), NONE,
			 WORDS("MODE=f", "LEVEL=z"), WORDS("--mode-f", "--level-z"));
}

/* What a copy of the first argument is compared with is what that is compared with. */
static void test_dispatch(void)
{
	learn_and_verify(&dispatch_script, WORDS("PATH=/usr/bin"), NONE, NONE, NONE,
			 WORDS("equals ${1} worker\n", "let thresh_1 --queue=${2}\n",
			       "let thresh_1 --queue=default\n", "shift 2\n", "server --port 80"));
}

/* The second argument decides where it stands, however many there are; a helper gets all. */
static void test_gateway(void)
{
	learn_and_verify(&gateway_script, WORDS("PATH=/usr/bin"), WORDS("gateway", "start"), NONE,
			 NONE,
			 WORDS("equals ${2} start\n", "run prepare --prefix /data ${@}\n",
			       "server -c /data/server.conf"));
}

/* What a first start wrote is kept where the script keeps it, also when the variable has changed.
 */
static void test_cookie(void)
{
	learn_and_verify(
		&cookie_script, WORDS("PATH=/usr/bin"), WORDS("app"), WORDS("/data"),
		WORDS("COOKIE=x"),
		WORDS("if exists /data/cookie\nlet thresh_is_1 yes\nend\n",
		      "if empty thresh_is_1\nfile /data/cookie 0600 \"cookie=${COOKIE}\\x0a\"\n",
		      "end\nfile /data/last 0600 \"cookie=${COOKIE}\\x0a\"\nend\n"));
}

/* Files that are read without a question: one is read by the plan, the other is refused. */
static void test_mounted(void)
{
	learn_and_verify(&mounted_script, WORDS("PATH=/usr/bin"), WORDS("app"), NONE, NONE,
			 WORDS("read thresh_read_0 /run/secrets/key\n", "key=${thresh_read_0}",
			       "if exists /config/env\nfail 1 ",
			       "if populated /config.d\nfail 1 "));
}

/* A file of the image keeps its owner where it is written, and so does a directory that is there.
 */
static void test_given_away(void)
{
	struct fixture fixture;
	g_autoptr(GError) error = NULL;

	fixture_init(&fixture, &given_away_script, WORDS("PATH=/usr/bin", "PORT=80"), WORDS("app"),
		     WORDS("/srv"));
	fixture.image.shipped = WORDS("/etc/app.conf", "port 1\n");
	autostartplan struct start_plan *plan =
		start_learn(&fixture.request, world_run, &fixture.image, &error);

	g_assert_no_error(error);
	g_test_message("%s", plan->steps);
	g_assert_nonnull(strstr(plan->steps, "if absent /srv/www\ndirectory /srv/www 0755\n"
					     "owner /srv/www 33 33\nend\n"));
	g_assert_nonnull(strstr(plan->steps, "file /etc/app.conf 0644 \"port ${PORT}\\x0a\"\n"
					     "owner /etc/app.conf 995 995\n"));
	fixture_clear(&fixture);
}

static void test_unquoted(void)
{
	learn_and_verify(&unquoted_script, WORDS("PATH=/usr/bin"), NONE, NONE,
			 WORDS("PORT=1", "NAME=a b"), WORDS("${*PORT}", "8080", "--name ${NAME}"));
}

static void test_blog(void)
{
	learn_and_verify(&blog_script, WORDS("PATH=/usr/bin"), WORDS("node", "index.js"), NONE,
			 NONE,
			 WORDS("if equals ${2} index.js\ndirectory /data/content 0755\nend\n"));
}

/* However many there are: rules for those numbers alone that were tried would cut off the others.
 */
static void test_joined(void)
{
	expect_error(&joined_script, WORDS("app"),
		     WORDS("exec /usr/bin/server", "all joined to one", "entrypoint.plan"));
}

/* What the shell does not take is not known, though the script goes on. */
static void test_mask(void)
{
	learn_and_verify(&mask_script, WORDS("PATH=/usr/bin"), NONE, NONE, NONE,
			 WORDS("if equals ${MASK} 027\nlet thresh_1 yes\nend\nif filled MASK\n"
			       "if empty thresh_1\nfail 1 \"MASK: none of the values",
			       "exec server --mask=0027\n"));
}

static void test_pair(void)
{
	learn_and_verify(&pair_script, WORDS("PATH=/usr/bin"), NONE, NONE, WORDS("ROLE=a b"),
			 WORDS("await worker tcp 8081 60000\nessential worker\n",
			       "exec server --port 8080\n"));
}

/* A password of the user's is a variable wherever it is found, and never in the plan; too few
 * starts to see it in another one. */
static void test_own(void)
{
	struct fixture fixture;
	g_autoptr(GPtrArray) own = words_new(WORDS("NEW_PASSWORD"));
	g_autoptr(GError) error = NULL;

	fixture_init(&fixture, &account_script, WORDS("PATH=/usr/bin", "NEW_PASSWORD=first-secret"),
		     WORDS("app"), NONE);
	fixture.request.own = own;
	fixture.request.budget_runs = 24;
	autostartplan struct start_plan *plan =
		start_learn(&fixture.request, world_run, &fixture.image, &error);

	g_assert_no_error(error);
	g_assert_null(strstr(plan->steps, "first-secret"));
	g_assert_nonnull(strstr(plan->steps, "${NEW_USER}:${NEW_PASSWORD}"));
	fixture_clear(&fixture);
}

/* Started as another program, the first start leaves nothing for the second. */
static void test_begun(void)
{
	learn_and_verify(&begun_script, WORDS("PATH=/usr/bin"), WORDS("app"), WORDS("/data"),
			 WORDS("NEW_USER=ada"),
			 WORDS("if equals ${1} app\n", "if differs ${#} 1\n",
			       "if empty thresh_is_1\nfail 1 \"app: invalid argument\"\n"));
}

/* A variable that fails alone, since another is missing. */
static void test_account(void)
{
	learn_and_verify(&account_script, WORDS("PATH=/usr/bin"), WORDS("app"), NONE,
			 WORDS("NEW_USER=ada", "NEW_PASSWORD=secret", "BASE=shop"),
			 WORDS("fail 1 \"NEW_USER without NEW_PASSWORD\"\n",
			       "file /data/account 0600 \"${NEW_USER}:${NEW_PASSWORD}\\x0a\"\n",
			       "file /data/grant 0644 \"${BASE} to ${NEW_USER}\\x0a\"\n"));
}

/* Values as the script writes them; in what it does once alone, or dies of, signs are refused. */
static void test_quoted(void)
{
	learn_and_verify(&quoted_script, WORDS("PATH=/usr/bin"), WORDS("app"), NONE,
			 WORDS("PASSWORD=a'\\b'", "BASE=my_base", "TITLE=a_b", "USER_NAME=o'r"),
			 WORDS("escape thresh_text_1 ${PASSWORD} \"'\\\\'\" \"\\\\\\\\\\\\\"\n",
			       "${BASE} \"_\\\\_\"\n", "set '${thresh_text_1}'", "# ${PASSWORD}",
			       "if matches ${BASE} \"*[\\\\'", "if matches ${TITLE} \"*[\\\\'"));
}

/* A list that the script takes apart at commas: these are refused, and other separators are not. */
static void test_listed(void)
{
	learn_and_verify(
		&listed_script, WORDS("PATH=/usr/bin"), WORDS("app"), NONE,
		WORDS("PEERS=a.example:80"),
		WORDS("if matches ${PEERS} \"*[\\\\,]*\"\n", "argument --peer ${thresh_1}\n"));
}

static void test_optional(void)
{
	learn_and_verify(
		&optional_script, WORDS("PATH=/usr/bin"), WORDS("app"), NONE,
		WORDS("TLS=1", "CERT=c", "KEY=k", "MODE=m"),
		WORDS("tls cert=${thresh_piece_1} key=${thresh_piece_2} mode=${thresh_piece_3}"));
}

/* Words that mean the same are one condition, whichever of them was tried beside another variable.
 */
static void test_switched(void)
{
	static const char *const words[] = {"TLS=on", "TLS=TRUE", "TLS=off", "TLS=1"};

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
		learn_and_verify(&switched_script, WORDS("PATH=/usr/bin"), WORDS("app"), NONE,
				 WORDS(words[i], "CERTIFICATE=/c.pem"),
				 WORDS("if equals ${TLS} yes\nlet thresh_is_"));
}

/* What fails without a variable may do with another. */
static void test_either(void)
{
	learn_and_verify(&either_script, WORDS("PATH=/usr/bin", "FIRST=x"), WORDS("app"), NONE,
			 WORDS("FIRST=a", "SECOND=b", "FIRST"),
			 WORDS("if empty FIRST\nif empty SECOND\nfail 3 "));
}

static void test_parts_of_values(void)
{
	expect_error(&scheme_script, WORDS("app"), WORDS("ADDRESS", "varies"));
	expect_error(&length_script, WORDS("app"), WORDS("TOKEN", "varies"));
}

/* How a number compares is a condition; what is no number is refused, but for a word that is taken.
 */
static void test_sized(void)
{
	static const char *const workers[] = {"WORKERS=1", "WORKERS=7", "WORKERS=8", "WORKERS=64",
					      "WORKERS=65"};
	static const char *const sizes[] = {"SIZE=9", "SIZE=10", "SIZE=77", "SIZE=0", "SIZE=auto"};

	for (gsize i = 0; i < G_N_ELEMENTS(workers); i++)
		learn_and_verify(&sized_script, WORDS("PATH=/usr/bin", "SIZE=auto"), WORDS("app"),
				 NONE, WORDS(workers[i], "DEBUG=1", sizes[i]),
				 WORDS("if above ${WORKERS} 7\n", "if above ${WORKERS} 64\n",
				       "few ${WORKERS}", "if matches ${WORKERS} 0?*\nfail 1 ",
				       "if differs ${SIZE} auto\ncheck SIZE integer 0 100\nend\n"));
}

/* Parts of values are variables of the plan. */
static void test_sliced(void)
{
	static const char *const values[] = {"DB=h:1", "DB=a.b:c:2", "DB=h", "DB=:", "DB=h::"};
	static const char *const urls[] = {"BASE_URL=http://x/", "BASE_URL=x//", "BASE_URL=/",
					   "BASE_URL=x", "BASE_URL="};

	for (gsize i = 0; i < G_N_ELEMENTS(values); i++)
		learn_and_verify(&sliced_script, WORDS("PATH=/usr/bin"), WORDS("app"), NONE,
				 WORDS(values[i], urls[i], "KEY=a=b=c"),
				 WORDS("${DB} before :\n", "${DB} behind-last :\n",
				       "if matches ${DB} *:*\n", "secret KEY\nslice ",
				       "${KEY} before =\n", "${BASE_URL} without-suffix /\n"));
}

/* A text with five variables in it is not learned as 32 texts: each is decided by itself. */
static void test_address(void)
{
	learn_and_verify(
		&address_script, WORDS("PATH=/usr/bin"), WORDS("app"), NONE,
		WORDS("DB_USER=u", "DB_PASSWORD=p", "DB_HOST=h", "DB_PORT=1", "DB_NAME=n"),
		WORDS("if filled DB_HOST\nlet thresh_piece_2 ${DB_HOST}\nelse\n"
		      "let thresh_piece_2 localhost\nend\n",
		      "\\\"user\\\": \\\"${thresh_piece_1}\\\"",
		      "set ADDRESS db://${thresh_piece_1}:${thresh_piece_3}@${thresh_piece_2}:"
		      "${thresh_piece_4}/${thresh_piece_5}\n",
		      "exec ${@} --at=${thresh_piece_2}:${thresh_piece_4}\n"));
}

/* What a variable may be is found where its marks are refused. */
static void test_typed(void)
{
	learn_and_verify(&typed_script, WORDS("PATH=/usr/bin"), WORDS("app"), NONE,
			 WORDS("APP_PASSWORD=p", "WORKERS=17", "CONFIG=/etc/other", "MASK=077"),
			 WORDS("check WORKERS integer 1 64\n", "${CONFIG}/app.conf",
			       "if equals ${MASK} 077\n"));
	learn_and_verify(&typed_script, WORDS("PATH=/usr/bin"), WORDS("app"), NONE,
			 WORDS("WORKERS=64", "MASK=027"), NONE);
	learn_and_verify(&ported_script, WORDS("PATH=/usr/bin"), WORDS("app"), NONE,
			 WORDS("PORT=8443"), WORDS("check PORT integer 1 65535\n"));
}

/* What a script asks for is none of the thirty words in its text that are hardly variables: these
 * are tried all at once. */
static void test_wanting(void)
{
	struct fixture fixture;
	g_autoptr(GError) error = NULL;

	fixture_init(&fixture, &wanting_script, WORDS("PATH=/usr/bin"), WORDS("app"), NONE);
	autostartplan struct start_plan *plan =
		start_learn(&fixture.request, world_run, &fixture.image, &error);

	g_assert_no_error(error);
	g_test_message("%u starts\n%s", fixture.image.starts, plan->steps);
	g_assert_nonnull(strstr(plan->steps, "${DB_PASSWORD}"));
	g_assert_cmpuint(fixture.image.starts, <, 60);
	fixture_clear(&fixture);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/learn/forget", test_forget);
	g_test_add_func("/learn/redis", test_redis);
	g_test_add_func("/learn/wanting", test_wanting);
	g_test_add_func("/learn/nginx", test_nginx);
	g_test_add_func("/learn/postgres", test_postgres);
	g_test_add_func("/learn/mariadb", test_mariadb);
	g_test_add_func("/learn/apache", test_apache);
	g_test_add_func("/learn/tomcat", test_tomcat);
	g_test_add_func("/learn/django", test_django);
	g_test_add_func("/learn/fixed", test_fixed);
	g_test_add_func("/learn/mosquitto", test_mosquitto);
	g_test_add_func("/learn/daemons", test_daemons);
	g_test_add_func("/learn/odd", test_odd);
	g_test_add_func("/learn/routes", test_routes);
	g_test_add_func("/learn/random", test_random);
	g_test_add_func("/learn/kept", test_kept);
	g_test_add_func("/learn/keys", test_keys);
	g_test_add_func("/learn/workers", test_workers);
	g_test_add_func("/learn/threads", test_threads);
	g_test_add_func("/learn/typed", test_typed);
	g_test_add_func("/learn/derived", test_derived);
	g_test_add_func("/learn/node", test_node);
	g_test_add_func("/learn/node-official", test_node_official);
	g_test_add_func("/learn/piped", test_piped);
	g_test_add_func("/learn/greeting", test_greeting);
	g_test_add_func("/learn/pair", test_pair);
	g_test_add_func("/learn/quoted", test_quoted);
	g_test_add_func("/learn/account", test_account);
	g_test_add_func("/learn/begun", test_begun);
	g_test_add_func("/learn/own", test_own);
	g_test_add_func("/learn/listed", test_listed);
	g_test_add_func("/learn/switched", test_switched);
	g_test_add_func("/learn/either", test_either);
	g_test_add_func("/learn/parts-of-values", test_parts_of_values);
	g_test_add_func("/learn/sized", test_sized);
	g_test_add_func("/learn/sliced", test_sliced);
	g_test_add_func("/learn/address", test_address);
	g_test_add_func("/learn/optional", test_optional);
	g_test_add_func("/learn/haproxy", test_haproxy);
	g_test_add_func("/learn/control", test_control);
	g_test_add_func("/learn/allowed", test_allowed);
	g_test_add_func("/learn/flags", test_flags);
	g_test_add_func("/learn/dispatch", test_dispatch);
	g_test_add_func("/learn/gateway", test_gateway);
	g_test_add_func("/learn/given-away", test_given_away);
	g_test_add_func("/learn/cookie", test_cookie);
	g_test_add_func("/learn/mounted", test_mounted);
	g_test_add_func("/learn/blog", test_blog);
	g_test_add_func("/learn/unquoted", test_unquoted);
	g_test_add_func("/learn/joined", test_joined);
	g_test_add_func("/learn/mask", test_mask);
	return g_test_run();
}
