/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listening sockets, from /proc/PID/net/{tcp,tcp6,udp,udp6} (proc(5)) of the holder. Where a
 * companion or a workload shares the network namespace, inodes are matched with the descriptors of
 * this sandbox's own processes, which are those that its own /proc shows.
 */
#include "sandbox/listeners.h"

#include "base/error.h"
#include "base/fd.h"
#include "sandbox/internal.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	TABLE_MAX_BYTES = 16 << 20,
	STATE_LISTEN = 0x0a,
	STATE_CLOSE = 0x07, /* what the table says of an unconnected UDP socket */
};

/* An address is printed as 32-bit words in this machine's byte order. */
static bool parse_address(const char *hex, size_t length, uint8_t address[16], bool *ret_ipv6)
{
	size_t words = length / 8;

	if ((length != 8 && length != 32) || strspn(hex, "0123456789ABCDEFabcdef") < length)
		return false;
	memset(address, 0, 16);
	for (size_t i = 0; i < words; i++) {
		char text[9] = {0};
		uint32_t word;

		memcpy(text, hex + 8 * i, 8);
		word = (uint32_t)g_ascii_strtoull(text, NULL, 16);
		memcpy(address + 4 * i, &word, 4);
	}
	*ret_ipv6 = words == 4;
	return true;
}

static bool parse_line(const char *line, bool tcp, struct sandbox_listener *ret_listener)
{
	char local[40], remote[40];
	unsigned port, remote_port, state;
	unsigned long long inode;
	struct sandbox_listener listener = {.tcp = tcp};

	if (sscanf(line, " %*u: %39[0-9A-Fa-f]:%x %39[0-9A-Fa-f]:%x %x %*s %*s %*s %*u %*u %llu",
		   local, &port, remote, &remote_port, &state, &inode) != 6)
		return false;
	if (state != (tcp ? STATE_LISTEN : STATE_CLOSE) || remote_port != 0 || port == 0 ||
	    port > UINT16_MAX)
		return false;
	if (!parse_address(local, strlen(local), listener.address, &listener.ipv6))
		return false;
	listener.port = (uint16_t)port;
	listener.inode = inode;
	*ret_listener = listener;
	return true;
}

void listeners_parse(const char *text, bool tcp, GArray *listeners)
{
	while (*text) {
		const char *end = strchrnul(text, '\n');
		g_autofree char *line = g_strndup(text, (gsize)(end - text));
		struct sandbox_listener listener;

		if (parse_line(line, tcp, &listener))
			g_array_append_val(listeners, listener);
		text = *end ? end + 1 : end;
	}
}

static void read_table(const struct sandbox *sandbox, const char *name, bool tcp, GArray *listeners)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/net/%s", (int)sandbox->holder, name);
	autofd int fd = open(path, O_RDONLY | O_CLOEXEC);
	g_autoptr(GBytes) bytes = fd < 0 ? NULL : fd_read_all(fd, TABLE_MAX_BYTES, path, NULL);
	g_autofree char *text = NULL;

	if (!bytes) /* a kernel without IPv6 has no tcp6 */
		return;
	text = g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
	listeners_parse(text, tcp, listeners);
}

/* Adds the inodes of all sockets that a process has open; false where it may not be looked into. */
static bool add_sockets(int proc_fd, const char *pid, GHashTable *inodes)
{
	g_autofree char *path = g_strdup_printf("%s/fd", pid);
	int fd = openat(proc_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir)
		return errno != EACCES && errno != EPERM;
	while ((entry = readdir(dir))) {
		char target[64];
		ssize_t n = readlinkat(fd, entry->d_name, target, sizeof(target) - 1);
		guint64 inode;

		if (n <= 0)
			continue;
		target[n] = '\0';
		if (sscanf(target, "socket:[%" G_GUINT64_FORMAT "]", &inode) == 1)
			g_hash_table_add(inodes, g_memdup2(&inode, sizeof(inode)));
	}
	closedir(dir);
	return true;
}

/* The sockets of this sandbox's processes. @ret_whole: whether all of them could be looked into. */
static GHashTable *own_sockets(const struct sandbox *sandbox, bool *ret_whole, GError **error)
{
	int proc_fd = fd_open(sandbox->root_fd, "proc", O_RDONLY | O_DIRECTORY, 0, error);
	DIR *dir = proc_fd < 0 ? NULL : fdopendir(proc_fd);
	GHashTable *inodes;
	struct dirent *entry;

	if (!dir)
		return NULL;
	inodes = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	*ret_whole = true;
	while ((entry = readdir(dir))) {
		if (g_ascii_isdigit(entry->d_name[0]) &&
		    !add_sockets(proc_fd, entry->d_name, inodes))
			*ret_whole = false;
	}
	closedir(dir);
	return inodes;
}

static gint compare_listeners(gconstpointer a, gconstpointer b)
{
	const struct sandbox_listener *x = a, *y = b;

	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	if (x->tcp != y->tcp)
		return x->tcp ? -1 : 1;
	if (x->ipv6 != y->ipv6)
		return x->ipv6 ? 1 : -1;
	return memcmp(x->address, y->address, sizeof(x->address));
}

GArray *sandbox_listeners(struct sandbox *sandbox, GError **error)
{
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(struct sandbox_listener));
	GArray *own;
	bool whole = true;
	g_autoptr(GHashTable) inodes = NULL;

	read_table(sandbox, "tcp", true, all);
	read_table(sandbox, "tcp6", true, all);
	read_table(sandbox, "udp", false, all);
	read_table(sandbox, "udp6", false, all);
	inodes = own_sockets(sandbox, &whole, error);
	if (!inodes)
		return NULL;
	own = g_array_new(FALSE, FALSE, sizeof(struct sandbox_listener));
	for (guint i = 0; i < all->len; i++) {
		struct sandbox_listener *l = &g_array_index(all, struct sandbox_listener, i);
		bool alone =
			!whole && !sandbox->shares_network && sandbox->network == NETWORK_LOOPBACK;

		if (alone || g_hash_table_contains(inodes, &l->inode))
			g_array_append_val(own, *l);
	}
	g_array_sort(own, compare_listeners);
	return own;
}
