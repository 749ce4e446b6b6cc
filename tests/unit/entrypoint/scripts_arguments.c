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
