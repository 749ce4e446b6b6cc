/* SPDX-License-Identifier: Apache-2.0 */
/* Model scripts that put arguments between words of their own, and one that goes on with what its
 * shell does not take. */
#include "world.h"

#include <stdlib.h>
#include <string.h>

static void append_split(GPtrArray *argv, const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);

	for (char **word = words; *word; word++)
		if (**word)
			g_ptr_array_add(argv, g_strdup(*word));
}

/* The arguments from @first on, from 1. */
static void append_rest(const struct world *world, guint first, GPtrArray *argv)
{
	for (guint i = first - 1; i < world->arguments->len; i++)
		g_ptr_array_add(argv, g_strdup(world->arguments->pdata[i]));
}

static void haproxy_start(struct world *world)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);

	if (world_argument(world, 1)[0] == '-')
		world_prepend(world, "haproxy");
	if (strcmp(world_argument(world, 1), "haproxy") != 0) {
		world_exec_arguments(world);
		return;
	}
	append_split(argv, "haproxy -W -db");
	append_rest(world, 2, argv);
	world_exec(world, argv);
}

const struct script haproxy_script = {
	"/entrypoint.sh",
	"if [ \"${1#-}\" != \"$1\" ]; then\n\tset -- haproxy \"$@\"\nfi\n"
	"if [ \"$1\" = haproxy ]; then\n\tshift\n\tset -- haproxy -W -db \"$@\"\nfi\nexec \"$@\"\n",
	haproxy_start};

static void control_start(struct world *world)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
	bool debug = strcmp(world_argument(world, 2), "-debug") == 0;

	if (strcmp(world_argument(world, 1), "run") != 0) {
		world_exit(world, 1, "usage: control run [-debug] [ARGUMENT...]\n");
		return;
	}
	append_split(argv, debug ? "java -Xdebug Bootstrap" : "java Bootstrap");
	append_rest(world, debug ? 3 : 2, argv);
	append_split(argv, "start");
	world_exec(world, argv);
}

const struct script control_script = {
	"/entrypoint.sh",
	"if [ \"$1\" = run ]; then\n\tshift\n\tif [ \"$1\" = -debug ]; then\n\t\tshift\n"
	"\t\texec java -Xdebug Bootstrap \"$@\" start\n\tfi\n\texec java Bootstrap \"$@\" start\n"
	"else\n\techo usage; exit 1\nfi\n",
	control_start};

/* dash: what is no mode is complained of, and the mask stays; the script goes on. */
static void mask_start(struct world *world)
{
	const char *mask = *world_get(world, "MASK") ? world_get(world, "MASK") : "027";
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);

	if (strspn(mask, "01234567") == strlen(mask))
		world->umask = (uint32_t)strtoul(mask, NULL, 8) & 0777;
	else
		world->record->output = g_bytes_new_static("umask: Illegal mode\n", 20);
	append_split(argv, "server");
	g_ptr_array_add(argv, g_strdup_printf("--mask=%04o", world->umask));
	world_exec(world, argv);
}

const struct script mask_script = {
	"/entrypoint.sh", "umask \"${MASK:-027}\"\nexec server --mask=\"$(umask)\"\n", mask_start};

/* The first argument is kept in a variable, and that is compared; with one word the second is
 * taken, too. */
static void dispatch_start(struct world *world)
{
	const char *command = world->arguments->len ? world_argument(world, 1) : "web";
	const char *queue = world->arguments->len > 1 ? world_argument(world, 2) : "default";
	bool works = strcmp(command, "worker") == 0;
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);

	if (strcmp(command, "web") == 0)
		append_split(argv, "server --port 80");
	else
		g_ptr_array_add(argv, g_strdup(command));
	if (works)
		g_ptr_array_add(argv, g_strconcat("--queue=", queue, NULL));
	append_rest(world, works ? 3 : 2, argv);
	world_exec(world, argv);
}

const struct script dispatch_script = {
	"/entrypoint.sh",
	"command=\"${1:-web}\"\n[ $# -eq 0 ] || shift\ncase \"$command\" in\n"
	"\tweb) exec server --port 80 \"$@\" ;;\n\tworker) queue=${1:-default}\n"
	"\t\t[ $# -eq 0 ] || shift; exec worker --queue=\"$queue\" \"$@\" ;;\n"
	"\t*) exec \"$command\" \"$@\" ;;\nesac\n",
	dispatch_start};

/* The second argument is compared where it stands, and a helper is given all of them. */
static void gateway_start(struct world *world)
{
	g_autoptr(GPtrArray) helper = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);

	if (strcmp(world_argument(world, 1), "gateway") != 0 ||
	    strcmp(world_argument(world, 2), "start") != 0) {
		world_exec_arguments(world);
		return;
	}
	append_split(helper, "prepare --prefix /data");
	append_rest(world, 1, helper);
	g_ptr_array_add(helper, NULL);
	world_run_program(world, (const char *const *)helper->pdata);
	append_split(argv, "server -c /data/server.conf");
	world_exec(world, argv);
}

const struct script gateway_script = {
	"/entrypoint.sh",
	"if [ \"$1\" = gateway ] && [ \"$2\" = start ]; then\n\tprepare --prefix /data \"$@\"\n"
	"\texec server -c /data/server.conf\nfi\nexec \"$@\"\n",
	gateway_start};

/* All arguments in one word. */
static void joined_start(struct world *world)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) all = g_string_new(NULL);

	for (guint i = 0; i < world->arguments->len; i++)
		g_string_append_printf(all, "%s%s", i ? " " : "",
				       (char *)world->arguments->pdata[i]);
	append_split(argv, "server --command");
	g_ptr_array_add(argv, g_strdup(all->str));
	world_exec(world, argv);
}

const struct script joined_script = {"/entrypoint.sh", "exec server --command \"$*\"\n",
				     joined_start};

/* It asks for all words at once. */
static void blog_start(struct world *world)
{
	if (strcmp(world_argument(world, 1), "node") == 0 &&
	    g_str_has_prefix(world_argument(world, 2), "index.js"))
		world_directory(world, "/data/content", 0755);
	world_exec_arguments(world);
}

const struct script blog_script = {
	"/entrypoint.sh",
	"if [[ \"$*\" == node*index.js* ]]; then\n\tmkdir -p /data/content\nfi\nexec \"$@\"\n",
	blog_start};

/* A value without quotes, or its default. */
static void unquoted_start(struct world *world)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);

	append_split(argv, "server --port");
	append_split(argv, *world_get(world, "PORT") ? world_get(world, "PORT") : "8080");
	append_split(argv, "--name");
	g_ptr_array_add(argv, g_strdup(world_get(world, "NAME")));
	world_exec(world, argv);
}

const struct script unquoted_script = {"sh -c", "exec server --port ${PORT:-8080} --name \"$NAME\"",
				       unquoted_start};
