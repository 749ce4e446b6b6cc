/* SPDX-License-Identifier: Apache-2.0 */
/* Model scripts about files that outlive a start. */
#include "world.h"

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
