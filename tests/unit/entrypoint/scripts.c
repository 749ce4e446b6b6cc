/* SPDX-License-Identifier: Apache-2.0 */
/* Model scripts, in the manner of those that images have: the text, from which names are read, and
 * what it does. Uids: 0 becomes the application's. */
#include "world.h"

#include "base/sorted.h"

#include <string.h>

static bool filled(const struct world *world, const char *name)
{
	return *world_get(world, name) != '\0';
}

static bool is(const struct world *world, const char *name, const char *value)
{
	return strcmp(world_get(world, name), value) == 0;
}

static void become(struct world *world, uint32_t id)
{
	world->uid = world->gid = id;
	world->as_uid = world->as_gid = id;
}

static void redis_start(struct world *world)
{
	if (world_argument(world, 1)[0] == '-' ||
	    g_str_has_suffix(world_argument(world, 1), ".conf"))
		world_prepend(world, "redis-server");
	if (strcmp(world_argument(world, 1), "redis-server") == 0) {
		world_owner(world, "/data", 999, 999);
		become(world, 999);
	}
	world->umask = 0077;
	world_exec_arguments(world);
}

const struct script redis_script = {
	"/entrypoint.sh",
	"#!/bin/sh\nset -e\n"
	"if [ \"${1#-}\" != \"$1\" ] || [ \"${1%.conf}\" != \"$1\" ]; then\n"
	"\tset -- redis-server \"$@\"\nfi\n"
	"if [ \"$1\" = 'redis-server' -a \"$(id -u)\" = '0' ]; then\n"
	"\tfind . \\! -user redis -exec chown redis '{}' +\n\texec gosu redis \"$0\" \"$@\"\nfi\n"
	"um=\"$(umask)\"\nif [ \"$um\" = '0022' ]; then umask 0077; fi\nexec \"$@\"\n",
	redis_start};

static void nginx_start(struct world *world)
{
	if (strcmp(world_argument(world, 1), "nginx") == 0) {
		g_autofree char *conf = g_strdup_printf(
			"server {\n    listen %s;\n    server_name %s;\n%s%s%s}\n",
			filled(world, "NGINX_PORT") ? world_get(world, "NGINX_PORT") : "8080",
			world_get(world, "NGINX_HOST"),
			filled(world, "NGINX_ROOT") ? "    root " : "",
			world_get(world, "NGINX_ROOT"), filled(world, "NGINX_ROOT") ? ";\n" : "");

		world_file(world, "/etc/nginx/conf.d/default.conf", 0644, conf);
		if (is(world, "NGINX_MODE", "proxy"))
			world_file(world, "/etc/nginx/proxy.conf", 0644, "proxy_pass on;\n");
		world_symlink(world, "/var/log/nginx/access.log", "/dev/stdout");
	}
	world_exec_arguments(world);
}

const struct script nginx_script = {
	"/entrypoint.sh",
	"if [ \"$1\" = nginx ]; then\n"
	"export NGINX_HOST NGINX_PORT=${NGINX_PORT:-8080}\n"
	"echo ${NGINX_HOST} ${NGINX_ROOT:+root $NGINX_ROOT}\n"
	"case \"$NGINX_MODE\" in\n  proxy) echo ;;\n  static|\"\") : ;;\nesac\nfi\nexec \"$@\"\n",
	nginx_start};

/* "Error: …" and 1 where both are there, as file_env does; else NAME's value or its file's. */
static void file_env(struct world *world, const char *name, const char *fallback)
{
	g_autofree char *file_name = g_strconcat(name, "_FILE", NULL);
	const char *file = world_get(world, file_name);
	g_autofree char *value = g_strdup(filled(world, name) ? world_get(world, name)
					  : *file ? g_hash_table_lookup(world->disk, file)
						  : fallback);

	world_unset(world, file_name);
	world_set(world, name, value ? value : "");
}

static void postgres_init(struct world *world, const char *data)
{
	g_autofree char *user = g_strconcat("--username=", world_get(world, "POSTGRES_USER"), NULL);
	g_autofree char *hba = g_strconcat(data, "/pg_hba.conf", NULL);
	g_autofree char *line = g_strdup_printf(
		"\nhost all all all %s\n", filled(world, "POSTGRES_HOST_AUTH_METHOD")
						   ? world_get(world, "POSTGRES_HOST_AUTH_METHOD")
						   : "scram-sha-256");
	const char *initdb[] = {"initdb", "-D", data, user, "--pwfile=/dev/stdin", NULL};
	const char *control[] = {"pg_ctl", "-w", "start", NULL};
	const char *server[] = {"postgres", "-D", data, NULL};
	const char *psql[] = {"psql", "--username", world_get(world, "POSTGRES_USER"), NULL};

	world->input = g_strconcat(world_get(world, "POSTGRES_PASSWORD"), "\n", NULL);
	world_run_program(world, initdb);
	world_append(world, hba, line);
	world_run_program(world, control);
	world_begin(world, server, "tcp 5432");
	if (!is(world, "POSTGRES_DB", "postgres")) {
		world->input = g_strdup_printf("CREATE DATABASE \"%s\";\n",
					       world_get(world, "POSTGRES_DB"));
		world_run_program(world, psql);
	}
	world_stop(world, "postgres", 2);
}

static void postgres_start(struct world *world)
{
	if (world_argument(world, 1)[0] == '-')
		world_prepend(world, "postgres");
	if (strcmp(world_argument(world, 1), "postgres") != 0) {
		world_exec_arguments(world);
		return;
	}
	const char *data = world_get(world, "PGDATA");
	g_autofree char *version = g_strconcat(data, "/PG_VERSION", NULL);

	file_env(world, "POSTGRES_PASSWORD", "");
	file_env(world, "POSTGRES_USER", "postgres");
	file_env(world, "POSTGRES_DB", world_get(world, "POSTGRES_USER"));
	if (!*data) {
		world_exit(world, 1, "mkdir: cannot create directory '': No such file\n");
		return;
	}
	world_directory(world, data, 0700);
	world_owner(world, data, 999, 999);
	become(world, 999);
	if (!world_populated(world, version)) {
		if (!filled(world, "POSTGRES_PASSWORD") &&
		    !is(world, "POSTGRES_HOST_AUTH_METHOD", "trust")) {
			world_exit(world, 1,
				   "Error: Database is uninitialized and superuser password is not "
				   "specified.\n");
			return;
		}
		postgres_init(world, data);
	}
	world_exec_arguments(world);
}

const struct script postgres_script = {
	"/entrypoint.sh",
	"if [ \"${1:0:1}\" = '-' ]; then set -- postgres \"$@\"; fi\n"
	"if [ \"$1\" = 'postgres' ]; then\n"
	"file_env 'POSTGRES_PASSWORD'\nfile_env 'POSTGRES_USER' 'postgres'\n"
	"file_env 'POSTGRES_DB' \"$POSTGRES_USER\"\n"
	"if [ -s \"$PGDATA/PG_VERSION\" ]; then DATABASE_ALREADY_EXISTS='true'; fi\n"
	"if [ -z \"$POSTGRES_PASSWORD\" ] && [ 'trust' != \"$POSTGRES_HOST_AUTH_METHOD\" ]; then\n"
	"exit 1; fi\nfi\nexec \"$@\"\n",
	postgres_start};

static void mariadb_start(struct world *world)
{
	const char *data = "/var/lib/mysql";
	const char *install[] = {"mariadb-install-db", "--datadir", data, NULL};
	const char *server[] = {"mariadbd", "--skip-networking", NULL};
	const char *client[] = {"mariadb", "--protocol=socket", NULL};

	if (world_argument(world, 1)[0] == '-')
		world_prepend(world, "mariadbd");
	file_env(world, "MARIADB_ROOT_PASSWORD", "");
	file_env(world, "MARIADB_DATABASE", "");
	become(world, 999);
	if (!world_exists(world, "/var/lib/mysql/mysql")) {
		if (!filled(world, "MARIADB_ROOT_PASSWORD") &&
		    !filled(world, "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD")) {
			world_exit(world, 1, "[ERROR]: password option is not specified\n");
			return;
		}
		world->input = g_strdup_printf(
			"SET @root='%s';\n\002/usr/share/mysql/tables.sql\003"
			"\002/usr/share/mysql/data.sql\003%s",
			world_get(world, "MARIADB_ROOT_PASSWORD"),
			filled(world, "MARIADB_DATABASE") ? "\002/usr/share/mysql/more.sql\003"
							  : "COMMIT;\n");
		world_run_program(world, install);
		world_begin(world, server, "socket /run/mysqld/mysqld.sock");
		world->input = g_strdup_printf(
			"ALTER USER root IDENTIFIED BY '%s';\n%s%s%s",
			world_get(world, "MARIADB_ROOT_PASSWORD"),
			filled(world, "MARIADB_DATABASE") ? "CREATE DATABASE `" : "",
			world_get(world, "MARIADB_DATABASE"),
			filled(world, "MARIADB_DATABASE") ? "`;\n" : "");
		world_run_program(world, client);
		world_stop(world, "mariadbd", 15);
	}
	world_exec_arguments(world);
}

const struct script mariadb_script = {
	"/entrypoint.sh",
	"if [ \"${1:0:1}\" = '-' ]; then set -- mariadbd \"$@\"; fi\n"
	"docker_file_env MARIADB_ROOT_PASSWORD\nfile_env 'MARIADB_DATABASE'\n"
	"if [ -d \"/var/lib/mysql/mysql\" ]; then x=1; fi\n"
	"if [ -z \"$MARIADB_ALLOW_EMPTY_ROOT_PASSWORD\" ]; then exit 1; fi\nexec \"$@\"\n",
	mariadb_start};

static void value_of(struct world *world, const char *name, const char *value)
{
	if (!filled(world, name))
		world_set(world, name, value);
}

static void apache_start(struct world *world)
{
	value_of(world, "APACHE_CONFDIR", "/etc/apache2");
	value_of(world, "APACHE_RUN_USER", "www-data");
	value_of(world, "APACHE_RUN_DIR", "/var/run/apache2");
	value_of(world, "APACHE_LOG_DIR", "/var/log/apache2");
	world_set(world, "LANG", "C");
	world_directory(world, world_get(world, "APACHE_RUN_DIR"), 0755);
	world_remove(world, "/var/run/apache2/apache2.pid");
	world_exec_arguments(world);
}

const struct script apache_script = {
	"/entrypoint.sh",
	": \"${APACHE_CONFDIR:=/etc/apache2}\"\n: ${APACHE_RUN_USER:=www-data}\n"
	": ${APACHE_RUN_DIR:=/var/run/apache2}\n: ${APACHE_LOG_DIR:=/var/log/apache2}\n"
	"exec \"$@\"\n",
	apache_start};

static void tomcat_start(struct world *world)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *base =
		g_strconcat("-Dcatalina.base=", world_get(world, "CATALINA_BASE"), NULL);
	g_auto(GStrv) options = g_strsplit(world_get(world, "CATALINA_OPTS"), " ", -1);

	if (strcmp(world_argument(world, 1), "run") != 0) {
		world_exit(world, 1, "Usage: catalina.sh ( commands ... )\n");
		return;
	}
	g_ptr_array_add(argv, g_strdup("/usr/bin/java"));
	if (filled(world, "JPDA"))
		g_ptr_array_add(argv, g_strdup("-agentlib:jdwp"));
	for (char **option = options; *option; option++)
		if (**option)
			g_ptr_array_add(argv, g_strdup(*option));
	g_ptr_array_add(argv, g_steal_pointer(&base));
	g_ptr_array_add(argv, g_strdup("Bootstrap"));
	g_ptr_array_add(argv, g_strdup("start"));
	g_free(world->cwd);
	world->cwd = g_strdup(world_get(world, "CATALINA_BASE"));
	world_exec(world, argv);
}

const struct script tomcat_script = {
	"/entrypoint.sh",
	"if [ \"$1\" = \"run\" ]; then\n[ -n \"$JPDA\" ] && x=1\n"
	"exec java $CATALINA_OPTS -Dcatalina.base=\"$CATALINA_BASE\"\nfi\n",
	tomcat_start};

static void django_start(struct world *world)
{
	const char *migrate[] = {"python3", "manage.py", "migrate", "--noinput", NULL};
	const char *collect[] = {"python3", "manage.py", "collectstatic", NULL};
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
	const char *workers = filled(world, "WORKERS") ? world_get(world, "WORKERS") : "3";

	if (!filled(world, "DATABASE_URL")) {
		world_exit(world, 1, "DATABASE_URL must be set\n");
		return;
	}
	if (strspn(workers, "0123456789") != strlen(workers)) {
		world_exit(world, 2, "sh: integer expression expected\n");
		return;
	}
	world_set(world, "PYTHONUNBUFFERED", "1");
	if (!is(world, "SKIP_MIGRATE", "yes"))
		world_run_program(world, migrate);
	if (is(world, "COLLECT", "true"))
		world_run_program(world, collect);
	g_ptr_array_add(argv, g_strdup("gunicorn"));
	g_ptr_array_add(argv, g_strdup_printf("--workers=%s", workers));
	g_ptr_array_add(argv, g_strdup("app.wsgi"));
	world_exec(world, argv);
}

const struct script django_script = {
	"/entrypoint.sh",
	": \"${DATABASE_URL:?must be set}\"\nexport PYTHONUNBUFFERED=1\n"
	"if [ \"$SKIP_MIGRATE\" != \"yes\" ]; then python3 manage.py migrate --noinput; fi\n"
	"[ \"$COLLECT\" = \"true\" ] && python3 manage.py collectstatic\n"
	"[ \"${WORKERS:-3}\" -gt 0 ]\nexec gunicorn --workers=${WORKERS:-3} app.wsgi\n",
	django_start};

static void mosquitto_start(struct world *world)
{
	if (!world_exists(world, "/mosquitto/config/mosquitto.conf"))
		world_file(world, "/mosquitto/config/mosquitto.conf", 0644, "listener 1883\n");
	if (filled(world, "PUID"))
		world_owner(world, "/mosquitto", 1883, 1883);
	world_exec_arguments(world);
}

const struct script mosquitto_script = {
	"/entrypoint.sh",
	"if [ ! -e /mosquitto/config/mosquitto.conf ]; then cp /usr/share/x "
	"/mosquitto/config/mosquitto.conf; fi\n[ \"$PUID\" ] && chown\nexec \"$@\"\n",
	mosquitto_start};

static void daemons_start(struct world *world)
{
	const char *helper[] = {"cron", "-f", NULL};

	if (filled(world, "WITH_CRON"))
		world_begin(world, helper, NULL);
	world_exec_arguments(world);
}

const struct script daemons_script = {"/entrypoint.sh",
				      "if [ -n \"$WITH_CRON\" ]; then cron -f & fi\nexec \"$@\"\n",
				      daemons_start};

/* A value made of another in a way that no template says. */
static void derived_start(struct world *world)
{
	g_autofree char *upper = g_ascii_strup(world_get(world, "LEVEL"), -1);

	world_file(world, "/etc/app.conf", 0644, upper);
	world_exec_arguments(world);
}

const struct script derived_script = {
	"/entrypoint.sh", "echo \"${LEVEL^^}\" > /etc/app.conf\nexec \"$@\"\n", derived_start};

static void random_start(struct world *world)
{
	g_autofree char *secret = g_compute_checksum_for_data(
		G_CHECKSUM_SHA256, (const guchar *)&world->random, sizeof(world->random));
	g_autofree char *line = g_strdup_printf("secret=%s\n", secret);

	world_file(world, "/etc/app.conf", 0600, line);
	world_set(world, "APP_SECRET", secret);
	world_exec_arguments(world);
}

const struct script random_script = {"/entrypoint.sh",
				     "SECRET=$(head -c32 /dev/urandom | sha256sum)\nexec \"$@\"\n",
				     random_start};

/* Two variables that only matter together, one that swaps with another, a word list. */
static void odd_start(struct world *world)
{
	if (filled(world, "TLS_CERT") && filled(world, "TLS_KEY")) {
		g_autofree char *text =
			g_strdup_printf("cert %s\nkey %s\n", world_get(world, "TLS_CERT"),
					world_get(world, "TLS_KEY"));

		world_file(world, "/etc/tls.conf", 0600, text);
		world_append_argument(world, "--tls");
	} else if (filled(world, "TLS_CERT")) {
		world_append_argument(world, "--cert-only");
	}
	if (is(world, "MODE", "cluster")) {
		g_autofree char *peers = g_strdup_printf("peers=%s\n", world_get(world, "PEERS"));

		world_file(world, "/etc/cluster.conf", 0644, peers);
	}
	world_exec_arguments(world);
}

const struct script odd_script = {
	"/entrypoint.sh",
	"if [ -n \"$TLS_CERT\" ] && [ -n \"$TLS_KEY\" ]; then :; fi\n"
	"if [ \"$MODE\" = cluster ]; then echo peers=$PEERS; fi\nexec \"$@\"\n",
	odd_start};

/* Variables that only their beginning names. */
static void routes_start(struct world *world)
{
	g_autoptr(GPtrArray) names = keys_sorted(world->environment);
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < names->len; i++)
		if (g_str_has_prefix(names->pdata[i], "APP_ROUTE_"))
			g_string_append_printf(text, "route %s\n",
					       world_get(world, names->pdata[i]));
	world_file(world, "/etc/routes.conf", 0644, text->str);
	g_string_free(text, TRUE);
	world_exec_arguments(world);
}

const struct script routes_script = {
	"/entrypoint.sh",
	"#!/bin/sh\n# a block for every APP_ROUTE_*\n"
	"env | while read x; do case $x in APP_ROUTE_*) echo;; esac; done\nexec \"$@\"\n",
	routes_start};

/* All that begin so are the script's alone. */
static void forget_start(struct world *world)
{
	world_set(world, "NAME", *world_get(world, "APP_INIT_NAME") ? "given" : "none");
	world_unset(world, "APP_INIT_*");
	world_exec_arguments(world);
}

const struct script forget_script = {
	"/entrypoint.sh",
	"#!/bin/bash\nNAME=${APP_INIT_NAME:+given}\nexport NAME=${NAME:-none}\n"
	"unset \"${!APP_INIT_@}\"\nexec \"$@\"\n",
	forget_start};

/* Variables whose names a function is given, one of them for a file's path; a number within bounds;
 * few words that are taken. */
static void typed_start(struct world *world)
{
	const char *workers = world_get(world, "WORKERS"), *mode = world_get(world, "MASK");
	gint64 number = g_ascii_strtoll(workers, NULL, 10);
	g_autofree char *path = g_strdup_printf(
		"%s/app.conf", filled(world, "CONFIG") ? world_get(world, "CONFIG") : "/data");
	g_autofree char *text = g_strdup_printf("password=%s\nworkers=%s\n",
						world_get(world, "APP_PASSWORD"), workers);

	if (*workers &&
	    (strspn(workers, "0123456789") != strlen(workers) || number < 1 || number > 64)) {
		world_exit(world, 64, "WORKERS must be a number from 1 to 64");
		return;
	}
	if (*mode && (strspn(mode, "01234567") != strlen(mode) || strlen(mode) != 3)) {
		world_exit(world, 2, "illegal mode");
		return;
	}
	world_set(world, "APP_PASSWORD", world_get(world, "APP_PASSWORD"));
	world_file(world, *path == '/' ? path : "/outside", 0644, text);
	if (*mode)
		world_file(world, "/data/mode", 0644, mode);
	world_exec_arguments(world);
}

const struct script typed_script = {
	"/entrypoint.sh",
	"given() { printf -v \"$1\" %s \"${!1:-}\"; }\ngiven APP_PASSWORD\n"
	"if [ \"$WORKERS\" -lt 1 ] || [ \"$WORKERS\" -gt 64 ]; then exit 64; fi\n"
	"umask \"$MASK\"\necho > \"${CONFIG:-/data}/app.conf\"\nexec \"$@\"\n",
	typed_start};

/* It wants a password, which is given to a function by name as words of SQL are. */
static void wanting_start(struct world *world)
{
	if (!filled(world, "DB_PASSWORD")) {
		world_exit(world, 1, "no password");
		return;
	}
	world_file(world, "/etc/db.sql", 0600, world_get(world, "DB_PASSWORD"));
	world_exec_arguments(world);
}

const struct script wanting_script = {
	"/entrypoint.sh",
	"given() { printf -v \"$1\" %s \"${!1:-}\"; }\ngiven DB_PASSWORD\n"
	"[ \"$DB_PASSWORD\" ] || exit 1\n"
	"sql GRANT ALL ON SCHEMA PUBLIC TO USERS WITH OPTION AND CREATE TABLE IF NOT EXISTS\n"
	"sql SET NAMES DROP DELETE FROM WHERE SELECT UNION FLUSH PRIVILEGES BEGIN COMMIT END\n"
	"exec \"$@\"\n",
	wanting_start};
