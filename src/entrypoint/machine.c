/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/machine.h"

#include "sandbox/sandbox.h"

#include <string.h>

#define CPUINFO "/.thresh-machine/cpuinfo"
#define MEMINFO "/.thresh-machine/meminfo"
#define ONLINE  "/.thresh-machine/online"

enum { MASK_MAX_BYTES = 1024 }; /* of 8192 processors, more than Linux has */

/* Numbers that no script has in its text; addresses for documentation (RFC 5737, RFC 3849):
 * with one of IPv6 among them, which some scripts put into brackets. A mask of 64 processors is
 * what every kernel has room for. */
static const struct machine machines[MACHINES] = {
	[MACHINE_HERE] = {.cpus = 29, .nameservers = "192.0.2.53 [2001:db8::53]"},
	[MACHINE_OTHER] = {.cpus = 23,
			   .nameservers = "198.51.100.7 [2001:db8::7] 203.0.113.9",
			   .memory_kb = 3 << 20},
	[MACHINE_SMALL] = {.cpus = 1, .nameservers = "198.51.100.11", .memory_kb = 1 << 20},
	[MACHINE_FIRST_SIZE] = {.cpus = 3, .nameservers = "198.51.100.12", .memory_kb = 2 << 20},
	{.cpus = 6, .nameservers = "198.51.100.13", .memory_kb = 5 << 20},
	{.cpus = 61, .nameservers = "198.51.100.14", .memory_kb = 7 << 20},
};

const struct machine *machine_of(guint number)
{
	return &machines[number];
}

const char *const machine_covers[] = {
	"/proc/cpuinfo", CPUINFO, "/proc/meminfo", MEMINFO, "/sys/devices/system/cpu/online",
	ONLINE,          NULL};

/* proc_meminfo(5): the lines that scripts ask for. */
static GString *meminfo_of(const struct machine *machine)
{
	static const struct {
		const char *name;
		guint part; /* of 16 */
	} lines[] = {{"MemTotal", 16}, {"MemFree", 9},   {"MemAvailable", 12}, {"Buffers", 1},
		     {"Cached", 3},    {"SwapTotal", 0}, {"SwapFree", 0}};
	g_autofree char *real = NULL;

	if (machine->memory_kb == 0)
		return g_file_get_contents("/proc/meminfo", &real, NULL, NULL) ? g_string_new(real)
									       : g_string_new("");
	GString *text = g_string_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++)
		g_string_append_printf(text, "%s: %" G_GUINT64_FORMAT " kB\n", lines[i].name,
				       machine->memory_kb / 16 * lines[i].part);
	return text;
}

static GString *cpuinfo_of(const struct machine *machine)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < machine->cpus; i++)
		g_string_append_printf(text,
				       "processor\t: %u\nphysical id\t: 0\nsiblings\t: %u\n"
				       "core id\t\t: %u\ncpu cores\t: %u\n\n",
				       i, machine->cpus, i, machine->cpus);
	return text;
}

char *machine_resolvers(const struct machine *machine)
{
	g_auto(GStrv) parts = g_strsplit_set(machine->nameservers, "[]", -1);

	return g_strjoinv("", parts);
}

static GString *resolver_of(const struct machine *machine)
{
	g_autofree char *all = machine_resolvers(machine);
	g_auto(GStrv) servers = g_strsplit(all, " ", -1);
	GString *text = g_string_new(NULL);

	for (char **server = servers; *server; server++)
		g_string_append_printf(text, "nameserver %s\n", *server);
	return text;
}

/* Takes @text. */
static void add(GPtrArray *mounts, const char *path, GString *text)
{
	struct sandbox_mount *mount = sandbox_mount_new(MOUNT_BYTES, path);

	mount->bytes = g_string_free_to_bytes(text);
	g_ptr_array_add(mounts, mount);
}

void machine_add_mounts(GPtrArray *mounts, const struct machine *machine)
{
	GString *online = g_string_new(NULL);

	g_string_printf(online, "0-%u\n", machine->cpus - 1);
	add(mounts, ONLINE, online);
	add(mounts, CPUINFO, cpuinfo_of(machine));
	add(mounts, MEMINFO, meminfo_of(machine));
	add(mounts, "/etc/resolv.conf", resolver_of(machine));
}

GBytes *machine_hosts(const struct machine *machine, GBytes *hosts)
{
	gsize bytes;
	const char *data = g_bytes_get_data(hosts, &bytes);

	if (machine == machine_of(MACHINE_HERE))
		return g_bytes_ref(hosts);
	g_autoptr(GRegex) own = g_regex_new("^127\\.0\\.0\\.1\t(?!localhost$)",
					    G_REGEX_RAW | G_REGEX_MULTILINE, 0, NULL);
	g_autofree char *address = g_strdup_printf("127.0.0.%u\t", machine->cpus + 1);
	char *text = g_regex_replace_literal(own, data, (gssize)bytes, 0, address, 0, NULL);

	return g_bytes_new_take(text, strlen(text));
}

void machine_answer_affinity(const struct machine *machine, pid_t tid,
			     const struct tracee_call *call, int64_t result)
{
	uint64_t mask[MASK_MAX_BYTES / sizeof(uint64_t)] = {(UINT64_C(1) << machine->cpus) - 1};

	if (result < (int64_t)sizeof(*mask) || result > MASK_MAX_BYTES)
		return;
	tracee_write(tid, call->args[2], mask, (size_t)result);
}
