/* SPDX-License-Identifier: Apache-2.0 */
#include "cut/launcher.h"

#include "base/path.h"

bool launcher_is(const char *path)
{
	static const char *const names[] = {
		"tini",      "tini-static", "docker-init", "dumb-init",    "catatonit",
		"env",       "gosu",        "su-exec",     "setpriv",      "chpst",
		"setuidgid", "nice",        "ionice",      "chrt",         "taskset",
		"stdbuf",    "timeout",     "nohup",       "setsid",       "setarch",
		"prlimit",   "unshare",     "chroot",      "s6-setuidgid", NULL};

	return g_strv_contains(names, path_name(path));
}
