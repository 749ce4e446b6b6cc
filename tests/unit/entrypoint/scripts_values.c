/* SPDX-License-Identifier: Apache-2.0 */
/* Model scripts that go by what a value is: how large its number is, what its parts are. */
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

/* `${DB%%:*}`, and what is behind the last colon, where there is one; a secret's part; a slash that
 * is taken off. */
static void sliced_start(struct world *world)
{
	const char *address = value_or(world, "DB", "db:5432"), *colon = strrchr(address, ':');
	const char *key = world_get(world, "KEY"), *base = world_get(world, "BASE_URL");
	const char *file = world_get(world, "KEY_FILE");
	g_autofree char *host = g_strndup(address, strcspn(address, ":"));
	g_autofree char *text =
		g_strdup_printf("host=%s\nport=%s\n", host, colon ? colon + 1 : "5432");
	g_autofree char *api = g_strdup_printf(
		"%.*s/api", (int)(strlen(base) - g_str_has_suffix(base, "/")), base);

	if (*file)
		key = g_hash_table_lookup(world->disk, file);
	g_autofree char *name = g_strndup(key, strcspn(key, "="));

	world_unset(world, "KEY_FILE");
	world_set(world, "KEY", key);
	world_file(world, "/data/db.conf", 0644, text);
	world_file(world, "/data/key", 0600, name);
	world_append_argument(world, api);
	world_exec_arguments(world);
}

const struct script sliced_script = {
	"/entrypoint.sh",
	"file_env KEY\nDB=${DB:-db:5432}\nhost=${DB%%:*} port=${DB##*:}\n"
	"case $DB in *:*) ;; *) port=5432 ;; esac\n"
	"printf 'host=%s\\nport=%s\\n' \"$host\" \"$port\" > /data/db.conf\n"
	"printf %s \"${KEY%%=*}\" > /data/key\nexec \"$@\" \"${BASE_URL%/}/api\"\n",
	sliced_start};

/* Parts of parts: of this, a plan says nothing. */
static void nested_start(struct world *world)
{
	const char *address = world_get(world, "ADDRESS"), *at = strchr(address, '@');
	g_autofree char *host = g_strdup(at ? at + 1 : address);

	host[strcspn(host, ":")] = '\0';
	world_append_argument(world, host);
	world_exec_arguments(world);
}

const struct script nested_script = {
	"/entrypoint.sh", "host=${ADDRESS#*@}\nexec \"$@\" \"${host%%:*}\"\n", nested_start};
