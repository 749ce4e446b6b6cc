/* SPDX-License-Identifier: Apache-2.0 */
/* Model scripts about files that outlive a start. */
#include "world.h"

#include <string.h>

/* A secret that is drawn once, and kept. */
static void kept_start(struct world *world)
{
	if (!*world_get(world, "APP_SECRET")) {
		g_autofree char *secret = g_compute_checksum_for_data(
			G_CHECKSUM_SHA256, (const guchar *)&world->random, sizeof(world->random));
		g_autofree char *kept = NULL;

		if (!world_populated(world, "/data/secret"))
			world_file(world, "/data/secret", 0600, secret);
		kept = world_read(world, "/data/secret");
		world_set(world, "APP_SECRET", g_strchomp(kept));
	}
	world_exec_arguments(world);
}

const struct script kept_script = {"/entrypoint.sh",
				   "if [ -z \"$APP_SECRET\" ]; then\n[ -s /data/secret ] || head "
				   "-c32 /dev/urandom | sha256sum > /data/secret\n"
				   "APP_SECRET=$(cat /data/secret)\nfi\nexec \"$@\"\n",
				   kept_start};

/* sed -i "s|^KEY=.*|KEY=VALUE|", and echo KEY=VALUE >> where grep finds none. */
static char *with_key(const char *text, const char *key, const char *value)
{
	g_autofree char *begin = g_strconcat(key, "=", NULL);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	GString *all = g_string_new(NULL);
	bool found = false;

	for (char **line = lines; *line && (*line[0] || line[1]); line++) {
		bool is_key = g_str_has_prefix(*line, begin);

		found |= is_key;
		g_string_append_printf(all, "%s%s\n", is_key ? begin : *line, is_key ? value : "");
	}
	if (!found)
		g_string_append_printf(all, "%s%s\n", begin, value);
	return g_string_free(all, FALSE);
}

/* A file that is copied to a volume, and in which keys are set. */
static void keys_start(struct world *world)
{
	const char *conf = "/data/app.conf";
	g_autofree char *shipped =
		world_exists(world, conf) ? NULL : world_read(world, "/usr/share/app.conf");
	g_autofree char *text = shipped ? g_steal_pointer(&shipped) : world_read(world, conf);
	const char *port = *world_get(world, "PORT") ? world_get(world, "PORT") : "80";
	g_autofree char *with_port = with_key(text, "port", port);
	g_autofree char *with_level =
		*world_get(world, "LEVEL") ? with_key(with_port, "level", world_get(world, "LEVEL"))
					   : g_strdup(with_port);

	world_file(world, conf, 0644, with_level);
	world_exec_arguments(world);
}

const struct script keys_script = {
	"/entrypoint.sh",
	"[ -e /data/app.conf ] || cp /usr/share/app.conf /data/app.conf\n"
	"set_key port \"${PORT:-80}\"\n[ -z \"$LEVEL\" ] || set_key level \"$LEVEL\"\nexec "
	"\"$@\"\n",
	keys_start};

/* The number of processors, and the same number for another reason. */
static void workers_start(struct world *world)
{
	g_autofree char *cpus = g_strdup_printf("%u", world->cpus);
	const char *workers = *world_get(world, "WORKERS") ? world_get(world, "WORKERS") : cpus;
	g_autofree char *text = g_strdup_printf("level 4\nworkers %s;\n%s", workers,
						*world_get(world, "EXTRA") ? "more 4\n" : "");

	world_file(world, "/etc/app.conf", 0644, text);
	world_set(world, "WORKERS", workers);
	world_set(world, "LEVEL", "4");
	world_exec_arguments(world);
}

const struct script workers_script = {"/entrypoint.sh",
				      "WORKERS=${WORKERS:-$(nproc)}\necho ${EXTRA:+more}\nLEVEL=4\n"
				      "exec \"$@\"\n",
				      workers_start};

/* Two for each processor. */
static void threads_start(struct world *world)
{
	g_autofree char *threads = g_strdup_printf("%u", 2 * world->cpus);

	world_set(world, "THREADS", threads);
	world_exec_arguments(world);
}

const struct script threads_script = {
	"/entrypoint.sh", "export THREADS=$((2 * $(nproc)))\nexec \"$@\"\n", threads_start};

/* Not more than eight. */
static void few_start(struct world *world)
{
	g_autofree char *threads = g_strdup_printf("%u", MIN(world->cpus, 8));

	world_set(world, "THREADS", threads);
	world_exec_arguments(world);
}

const struct script few_script = {"/entrypoint.sh",
				  "THREADS=$(nproc)\n[ $THREADS -le 8 ] || THREADS=8\n"
				  "export THREADS\nexec \"$@\"\n",
				  few_start};

/* What the script made: the directory belongs to another than the application's user. */
static void give_away(struct world *world)
{
	for (guint i = 0; i < world->record->steps->len; i++) {
		struct start_step *step = world->record->steps->pdata[i];

		step->uid = step->gid = step->kind == START_DIRECTORY ? 33 : 995;
	}
}

static void given_away_start(struct world *world)
{
	g_autofree char *text = g_strdup_printf("port %s\n", world_get(world, "PORT"));
	bool dropped = strcmp(world_argument(world, 1), "app") == 0;

	world_directory(world, "/srv/www", 0755);
	if (dropped)
		world_file(world, "/etc/app.conf", 0644, text);
	give_away(world);
	world->uid = world->gid = dropped ? 995 : 0;
	world_exec_arguments(world);
}

const struct script given_away_script = {
	"/entrypoint.sh",
	"[ -d /srv/www ] || install -d -o 33 -g 33 /srv/www\nif [ \"$1\" = app ]; then\n"
	"\techo \"port $PORT\" > /etc/app.conf; chown 995:995 /etc/app.conf\n"
	"\texec setpriv --reuid=995 --regid=995 \"$@\"\nfi\nexec \"$@\"\n",
	given_away_start};

/* Written where it is missing, and only with a variable; another file is written at every start. */
static void cookie_start(struct world *world)
{
	const char *cookie = world_get(world, "COOKIE");
	g_autofree char *text = g_strdup_printf("cookie=%s\n", cookie);

	if (*cookie && !world_exists(world, "/data/cookie"))
		world_file(world, "/data/cookie", 0600, text);
	if (*cookie)
		world_file(world, "/data/last", 0600, text);
	world_exec_arguments(world);
}

const struct script cookie_script = {"/entrypoint.sh",
				     "if [ \"$COOKIE\" ]; then\n\t[ -e /data/cookie ] || echo "
				     "\"cookie=$COOKIE\" > /data/cookie\n"
				     "\techo \"cookie=$COOKIE\" > /data/last\nfi\nexec \"$@\"\n",
				     cookie_start};

/* A file is read that nobody asks for whether it is there; another one is carried out. */
static void mounted_start(struct world *world)
{
	g_autofree char *key = world_read(world, "/run/secrets/key");
	g_autofree char *settings = world_read(world, "/config/env");
	g_autofree char *text = g_strdup_printf("key=%s\n", key ? g_strchomp(key) : "none");

	if (settings && strstr(settings, "ZqGiven"))
		world_set(world, "SOURCED", "1");
	world_file(world, "/etc/app.conf", 0600, text);
	if (world_populated(world, "/config.d"))
		world_append_argument(world, "--include");
	world_exec_arguments(world);
}

const struct script mounted_script = {
	"/entrypoint.sh",
	"KEY=$(cat \"${KEY_PATH:-/run/secrets/key}\" 2>/dev/null || echo none)\n"
	". /config/env 2>/dev/null || true\necho \"key=$KEY\" > /etc/app.conf\n"
	"for f in /config.d/*.conf; do [ ! -e \"$f\" ] || set -- \"$@\" --include; done\nexec "
	"\"$@\"\n",
	mounted_start};
