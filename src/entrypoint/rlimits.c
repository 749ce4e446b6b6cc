/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/rlimits.h"

#include <stdbool.h>

static const char *const names[LIMITS_COUNT] = {
	[RLIMIT_AS] = "as",
	[RLIMIT_CORE] = "core",
	[RLIMIT_CPU] = "cpu",
	[RLIMIT_DATA] = "data",
	[RLIMIT_FSIZE] = "fsize",
	[RLIMIT_LOCKS] = "locks",
	[RLIMIT_MEMLOCK] = "memlock",
	[RLIMIT_MSGQUEUE] = "msgqueue",
	[RLIMIT_NICE] = "nice",
	[RLIMIT_NOFILE] = "nofile",
	[RLIMIT_NPROC] = "nproc",
	[RLIMIT_RSS] = "rss",
	[RLIMIT_RTPRIO] = "rtprio",
	[RLIMIT_RTTIME] = "rttime",
	[RLIMIT_SIGPENDING] = "sigpending",
	[RLIMIT_STACK] = "stack",
};

void limits_read(pid_t pid, struct rlimit limits[LIMITS_COUNT])
{
	for (int i = 0; i < LIMITS_COUNT; i++)
		if (prlimit(pid, (__rlimit_resource_t)i, NULL, &limits[i]) < 0)
			limits[i] = (struct rlimit){0};
}

static char *value_text(rlim_t value)
{
	return value == RLIM_INFINITY ? g_strdup("unlimited")
				      : g_strdup_printf("%llu", (unsigned long long)value);
}

const char *limits_raised(const struct rlimit began[LIMITS_COUNT], pid_t pid)
{
	struct rlimit now[LIMITS_COUNT];

	limits_read(pid, now);
	for (int i = 0; i < LIMITS_COUNT; i++)
		if (now[i].rlim_cur != began[i].rlim_cur && now[i].rlim_cur == began[i].rlim_max &&
		    now[i].rlim_max == began[i].rlim_max)
			return names[i];
	return NULL;
}

GPtrArray *limits_changed(const struct rlimit began[LIMITS_COUNT], pid_t pid)
{
	GPtrArray *changed = g_ptr_array_new_with_free_func(g_free);
	struct rlimit now[LIMITS_COUNT];

	limits_read(pid, now);
	for (int i = 0; i < LIMITS_COUNT; i++) {
		if (now[i].rlim_cur == began[i].rlim_cur && now[i].rlim_max == began[i].rlim_max)
			continue;
		g_autofree char *soft = value_text(now[i].rlim_cur);
		g_autofree char *hard = value_text(now[i].rlim_max);

		g_ptr_array_add(changed, g_strdup_printf("%s %s %s", names[i], soft, hard));
	}
	return changed;
}
