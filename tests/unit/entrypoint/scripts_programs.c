/* SPDX-License-Identifier: Apache-2.0 */
/* Model scripts about programs: what is one, what they read, what runs beside the application. */
#include "world.h"

#include <string.h>

static bool is_for_node(const struct world *world)
{
	return world_argument(world, 1)[0] == '-' || !world_has_program(world_argument(world, 1));
}

static void node_start(struct world *world)
{
	if (is_for_node(world))
		world_prepend(world, "node");
	if (strcmp(world_argument(world, 1), "node") == 0) {
		g_autofree char *text = g_strdup_printf("api = %s\n", world_get(world, "API_URL"));

		world_file(world, "/app/config.js", 0644, text);
		if (!*world_get(world, "PORT"))
			world_set(world, "PORT", "3000");
	}
	world_exec_arguments(world);
}

const struct script node_script = {
	"/entrypoint.sh",
	"if [ \"${1#-}\" != \"${1}\" ] || [ -z \"$(command -v \"${1}\")\" ]; then\n"
	"\tset -- node \"$@\"\nfi\n"
	"if [ \"$1\" = node ]; then echo \"api = $API_URL\" > /app/config.js\n"
	": \"${PORT:=3000}\"\nexport PORT\nfi\nexec \"$@\"\n",
	node_start};

static void node_official_start(struct world *world)
{
	if (is_for_node(world))
		world_prepend(world, "node");
	world_exec_arguments(world);
}

const struct script node_official_script = {
	"/entrypoint.sh",
	"if [ \"${1#-}\" != \"${1}\" ] || [ -z \"$(command -v \"${1}\")\" ] || "
	"{ [ -f \"${1}\" ] && ! [ -x \"${1}\" ]; }; then\n"
	"  set -- node \"$@\"\nfi\nexec \"$@\"\n",
	node_official_start};

static void piped_start(struct world *world)
{
	const char *load[] = {"load", NULL};

	world->input_unknown = true;
	world_run_program(world, load);
	world_exec_arguments(world);
}

const struct script piped_script = {"/entrypoint.sh", "dump | load\nexec \"$@\"\n", piped_start};

static void append_split(GPtrArray *argv, const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);

	for (char **word = words; *word; word++)
		if (**word)
			g_ptr_array_add(argv, g_strdup(*word));
}

static void greeting_start(struct world *world)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(argv, g_strdup("java"));
	append_split(argv, world_get(world, "JAVA_OPTS"));
	if (*world_get(world, "GREETING")) {
		g_autofree char *option =
			g_strconcat("-Dgreeting=", world_get(world, "GREETING"), NULL);

		append_split(argv, option);
	}
	g_ptr_array_add(argv, g_strdup(world_argument(world, 1)));
	world_exec(world, argv);
}

const struct script greeting_script = {
	"/entrypoint.sh",
	"[ -z \"$GREETING\" ] || o=-Dgreeting=$GREETING\nexec java $JAVA_OPTS $o \"$1\"\n",
	greeting_start};

static void pair_start(struct world *world)
{
	const char *role = *world_get(world, "ROLE") ? world_get(world, "ROLE") : "second";
	const char *worker[] = {"worker", "--port", "8081", "--role", role, NULL};
	g_autoptr(GPtrArray) server = g_ptr_array_new();

	world->essential = true;
	world_begin(world, worker, "tcp 8081");
	g_ptr_array_add(server, (char *)"server");
	g_ptr_array_add(server, (char *)"--port");
	g_ptr_array_add(server, (char *)"8080");
	world_exec(world, server);
}

const struct script pair_script = {
	"/entrypoint.sh",
	"worker --port 8081 --role \"${ROLE:-second}\" &\nserver --port 8080 &\nwait -n\n",
	pair_start};

/* @value with @as in place of each of @bytes; of the first one alone where @once. */
static char *replaced(const char *value, const char *bytes, const char *const *as, bool once)
{
	GString *text = g_string_new(NULL);
	guint count = 0;

	for (; *value; value++) {
		const char *byte = strchr(bytes, *value);

		if (byte && (!once || count++ == 0))
			g_string_append(text, as[byte - bytes]);
		else
			g_string_append_c(text, *value);
	}
	return g_string_free(text, FALSE);
}

static void quoted_start(struct world *world)
{
	static const char *const slashes[] = {"\\'", "\\\\"}, *const wild[] = {"\\_"};
	static const char *const doubled[] = {"''"};
	g_autofree char *password = replaced(world_get(world, "PASSWORD"), "'\\", slashes, false);
	g_autofree char *base = replaced(world_get(world, "BASE"), "_", wild, false);
	g_autofree char *title = replaced(world_get(world, "TITLE"), "'", doubled, true);
	g_autofree char *text = g_strdup_printf("set '%s';\n# %s\ntitle %s\n", password,
						world_get(world, "PASSWORD"), title);
	const char *client[] = {"mariadb", NULL};

	if (strpbrk(world_get(world, "BASE"), "'\"\\$`")) {
		world_exit(world, 1, "syntax error");
		return;
	}
	world_file(world, "/etc/app.sql", 0600, text);
	if (*world_get(world, "USER_NAME")) {
		world->input = g_strdup_printf("create '%s' on `%s`;\n", password, base);
		world_run_program(world, client);
	}
	world_exec_arguments(world);
}

const struct script quoted_script = {"/entrypoint.sh",
				     "quoted \"$PASSWORD\" \"$BASE\" \"$TITLE\"\n"
				     "if [ -n \"$USER_NAME\" ]; then mariadb; fi\nexec \"$@\"\n",
				     quoted_start};

static void listed_start(struct world *world)
{
	const char *peers = *world_get(world, "PEERS") ? world_get(world, "PEERS") : "localhost";
	g_auto(GStrv) each = g_strsplit(peers, ",", -1);

	for (char **peer = each; *peer; peer++)
		if (**peer) {
			world_append_argument(world, "--peer");
			world_append_argument(world, *peer);
		}
	world_exec_arguments(world);
}

const struct script listed_script = {
	"/entrypoint.sh",
	"IFS=,\nfor peer in ${PEERS:-localhost}; do set -- \"$@\" --peer \"$peer\"; done\n"
	"exec \"$@\"\n",
	listed_start};

static void account_start(struct world *world)
{
	const char *user = world_get(world, "NEW_USER"), *base = world_get(world, "BASE");
	const char *password = world_get(world, "NEW_PASSWORD");
	g_autofree char *account = g_strdup_printf("%s:%s\n", user, password);
	g_autofree char *grant = g_strdup_printf("%s to %s\n", base, user);

	if (*user && !*password) {
		world_exit(world, 1, "NEW_USER without NEW_PASSWORD");
		return;
	}
	if (*user)
		world_file(world, "/data/account", 0600, account);
	if (*base)
		world_file(world, "/data/base", 0644, base);
	if (*user && *base)
		world_file(world, "/data/grant", 0644, grant);
	world_exec_arguments(world);
}

const struct script account_script = {
	"/entrypoint.sh",
	"if [ -n \"$NEW_USER\" ] && [ -z \"$NEW_PASSWORD\" ]; then exit 1; fi\n"
	"account \"$NEW_USER\" \"$NEW_PASSWORD\" \"$BASE\"\nexec \"$@\"\n",
	account_start};

static const char * or (const struct world *world, const char *name, const char *otherwise)
{
	return *world_get(world, name) ? world_get(world, name) : otherwise;
}

static void address_start(struct world *world)
{
	g_autofree char *address = g_strdup_printf(
		"db://%s:%s@%s:%s/%s", or (world, "DB_USER", "app"),
		or (world, "DB_PASSWORD", "none"), or (world, "DB_HOST", "localhost"),
		or (world, "DB_PORT", "5432"), or (world, "DB_NAME", "main"));
	g_autofree char *settings =
		g_strdup_printf("{\n{\"user\": \"%s\", \"host\": \"%s\"}\n}\n",
				or (world, "DB_USER", "app"), or (world, "DB_HOST", "localhost"));
	g_autofree char *option = g_strdup_printf("--at=%s:%s", or (world, "DB_HOST", "localhost"),
						  or (world, "DB_PORT", "5432"));

	world_set(world, "ADDRESS", address);
	world_file(world, "/tmp/settings.json", 0644, settings);
	world_append_argument(world, option);
	world_exec_arguments(world);
}

const struct script address_script = {
	"/entrypoint.sh",
	"export ADDRESS=db://${DB_USER:-app}:${DB_PASSWORD:-none}@${DB_HOST:-localhost}:"
	"${DB_PORT:-5432}/${DB_NAME:-main}\n"
	"exec \"$@\"\n",
	address_start};

static void begun_start(struct world *world)
{
	const char *client[] = {"mariadb", "--user", world_get(world, "NEW_USER"), NULL};

	if (strcmp(world_argument(world, 1), "app") == 0 && !world_exists(world, "/data/begun")) {
		if (*world_argument(world, 2)) {
			world_exit(world, 1, "app: invalid argument");
			return;
		}
		if (*world_get(world, "NEW_USER"))
			world_run_program(world, client);
		world_file(world, "/data/begun", 0644, "yes\n");
	}
	world_exec_arguments(world);
}

const struct script begun_script = {
	"/entrypoint.sh",
	"if [ \"$1\" = app ] && [ ! -e /data/begun ]; then\n"
	"[ -z \"$NEW_USER\" ] || mariadb --user \"$NEW_USER\"\necho yes > /data/begun\nfi\n"
	"exec \"$@\"\n",
	begun_start};

static bool is_one_of(const char *word, const char *const *words)
{
	return g_strv_contains(words, word);
}

static void switched_start(struct world *world)
{
	static const char *const on[] = {"1", "yes", "true", "on", "TRUE", NULL};
	static const char *const off[] = {"", "0", "no", "false", "off", NULL};
	const char *tls = world_get(world, "TLS");

	if (is_one_of(tls, on)) {
		world_append_argument(world, "--certificate");
		world_append_argument(world, or (world, "CERTIFICATE", "/etc/own.pem"));
	} else if (!is_one_of(tls, off)) {
		world_exit(world, 2, "TLS: not a boolean");
		return;
	}
	world_exec_arguments(world);
}

const struct script switched_script = {
	"/entrypoint.sh",
	"case $TLS in\n"
	"1|yes|true|on|TRUE) set -- \"$@\" --certificate \"${CERTIFICATE:-/etc/own.pem}\";;\n"
	"''|0|no|false|off);;\n*) echo 'TLS: not a boolean'; exit 2;;\nesac\nexec \"$@\"\n",
	switched_start};

/* One of two is needed. */
static void either_start(struct world *world)
{
	if (!*world_get(world, "FIRST") && !*world_get(world, "SECOND")) {
		world_exit(world, 3, "FIRST or SECOND is needed");
		return;
	}
	world_append_argument(world, world_get(world, "FIRST"));
	world_append_argument(world, world_get(world, "SECOND"));
	world_exec_arguments(world);
}

const struct script either_script = {"/entrypoint.sh",
				     "if [ -z \"$FIRST\" ] && [ -z \"$SECOND\" ]; then echo 'FIRST "
				     "or SECOND is needed'; exit 3; fi\n"
				     "exec \"$@\" \"$FIRST\" \"$SECOND\"\n",
				     either_start};

/* What follows a value is a part of it. */
static void scheme_start(struct world *world)
{
	const char *address = world_get(world, "ADDRESS");

	if (g_str_has_prefix(address, "https://")) {
		world_append_argument(world, "--tls");
		world_append_argument(world, address + strlen("https://"));
	}
	world_exec_arguments(world);
}

const struct script scheme_script = {"/entrypoint.sh",
				     "case $ADDRESS in https://*) set -- \"$@\" --tls "
				     "\"${ADDRESS#https://}\";; esac\nexec \"$@\"\n",
				     scheme_start};

/* Or its length. */
static void length_start(struct world *world)
{
	g_autofree char *length = g_strdup_printf("%zu", strlen(world_get(world, "TOKEN")));

	world_append_argument(world, length);
	world_exec_arguments(world);
}

const struct script length_script = {"/entrypoint.sh", "exec \"$@\" \"${#TOKEN}\"\n", length_start};

/* A line that is not always there, with several variables in it. */
static void optional_start(struct world *world)
{
	g_autofree char *line =
		g_strdup_printf("tls cert=%s key=%s mode=%s\n", or (world, "CERT", "/c.pem"),
				or (world, "KEY", "/k.pem"), or (world, "MODE", "strict"));
	g_autofree char *text =
		g_strdup_printf("port 80\n%send\n", *world_get(world, "TLS") ? line : "");

	world_file(world, "/tmp/app.conf", 0644, text);
	world_exec_arguments(world);
}

const struct script optional_script = {"/entrypoint.sh",
				       "[ -z \"$TLS\" ] || echo \"tls cert=${CERT:-/c.pem} "
				       "key=${KEY:-/k.pem} mode=${MODE:-strict}\"\n"
				       "exec \"$@\"\n",
				       optional_start};

/* Two words that come with values of which many do nothing: which is first shows where both are. */
static void flags_start(struct world *world)
{
	if (strcmp(world_get(world, "LEVEL"), "z") == 0)
		world_append_argument(world, "--level-z");
	if (strcmp(world_get(world, "MODE"), "f") == 0)
		world_append_argument(world, "--mode-f");
	world_exec_arguments(world);
}

const struct script flags_script = {
	"/entrypoint.sh",
	"case \"$LEVEL\" in u|v|w|x|y) ;; z) set -- \"$@\" --level-z ;; esac\n"
	"case \"$MODE\" in a|b|c|d|e) ;; f) set -- \"$@\" --mode-f ;; esac\nexec \"$@\"\n",
	flags_start};

/* Bounds that a function of the script has, the upper one high. */
static void ported_start(struct world *world)
{
	const char *port = world_get(world, "PORT");
	gint64 number = g_ascii_strtoll(port, NULL, 10);

	if (*port && (strspn(port, "0123456789") != strlen(port) || number < 1 || number > 65535)) {
		world_exit(world, 1, "no port");
		return;
	}
	world_append_argument(world, "--port");
	world_append_argument(world, *port ? port : "8080");
	world_exec_arguments(world);
}

const struct script ported_script = {
	"/entrypoint.sh",
	"validate() {\n\tlocal value=\"$1\"\n\t[[ $value =~ ^[0-9]+$ ]] || return 1\n"
	"\t[ \"$value\" -ge 1 ] && [ \"$value\" -le 65535 ]\n}\n"
	"validate \"${PORT:-8080}\" || exit 1\nexec \"$@\" --port \"${PORT:-8080}\"\n",
	ported_start};

/* What makes up for a password that is missing does nothing while there is one. */
static void allowed_start(struct world *world)
{
	bool allowed = strcmp(world_get(world, "ALLOW_EMPTY"), "yes") == 0;

	if (!*world_get(world, "PASSWORD") && !allowed) {
		world_exit(world, 1, "PASSWORD is missing");
		return;
	}
	world_exec_arguments(world);
}

const struct script allowed_script = {
	"/entrypoint.sh",
	"if [ -z \"$PASSWORD\" ] && [ \"$ALLOW_EMPTY\" != yes ]; then exit 1; fi\nexec \"$@\"\n",
	allowed_start};
