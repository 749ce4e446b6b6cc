/* SPDX-License-Identifier: Apache-2.0 */
/* Model scripts that go by what a value is: how large its number is. */
#include "world.h"

#include <string.h>

static const char *value_or(const struct world *world, const char *name, const char *without)
{
	const char *value = world_get(world, name);

	return *value ? value : without;
}

static bool is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

/* Two bounds, of a copy; one that nobody sees to be compared; one that is a number or a word. */
static void sized_start(struct world *world)
{
	const char *workers = value_or(world, "WORKERS", "2"), *debug = world_get(world, "DEBUG");
	const char *size = value_or(world, "SIZE", "auto");
	gint64 count = g_ascii_strtoll(workers, NULL, 10);

	if (!is_number(workers)) {
		world_exit(world, 2, "sh: integer expression expected\n");
		return;
	}
	if (strcmp(size, "auto") != 0 && (!is_number(size) || atoi(size) > 100)) {
		world_exit(world, 3, "SIZE is at most 100\n");
		return;
	}
	if (count > 64)
		world_append_argument(world, "--many");
	else if (count >= 8)
		world_append_argument(world, "--some");
	g_autofree char *few = g_strdup_printf("%s %s\n", count < 8 ? "few" : "more", workers);

	world_file(world, "/data/workers", 0644, few);
	if (is_number(debug) && atoi(debug) != 0)
		world_append_argument(world, "--debug");
	world_set(world, "CACHE", strcmp(size, "auto") == 0 ? "0" : atoi(size) < 10 ? "10" : size);
	world_exec_arguments(world);
}

const struct script sized_script = {
	"/entrypoint.sh",
	"n=${WORKERS:-2}\n"
	"if [ \"$n\" -gt 64 ]; then set -- \"$@\" --many; elif (( n >= 8 )); then :; fi\n"
	"[ \"${DEBUG:-0}\" -ne 0 ] 2>/dev/null && set -- \"$@\" --debug\n"
	"if [ \"${SIZE:-auto}\" = auto ]; then CACHE=0; elif [ \"$SIZE\" -gt 100 ]; then exit 3;\n"
	"elif [ 10 -gt \"$SIZE\" ]; then CACHE=10; else CACHE=$SIZE; fi\nexec \"$@\"\n",
	sized_start};
