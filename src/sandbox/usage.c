/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much was written, and where: the overlay's upper directory and the memory mounts, looked
 * through by thresh itself over the holder's root. Nothing there is followed or executed.
 */
#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "sandbox/copy.h"
#include "sandbox/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void add_bytes(const char *directory, uint64_t bytes, void *user)
{
	uint64_t *sum = g_hash_table_lookup(user, directory);

	if (!sum) {
		sum = g_new0(uint64_t, 1);
		g_hash_table_insert(user, g_strdup(directory), sum);
	}
	*sum += bytes;
}

GHashTable *sandbox_written(struct sandbox *sandbox, GError **error)
{
	g_autoptr(GHashTable) written =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

	if (!usage_walk(sandbox->upper_fd, "/", add_bytes, written, error))
		return NULL;
	for (guint i = 0; i < sandbox->memory->len; i++) {
		const char *path = g_ptr_array_index(sandbox->memory, i);
		autofd int fd =
			fd_open_in_root(sandbox->root_fd, path, O_PATH | O_DIRECTORY, 0, error);

		if (fd < 0 || !usage_walk(fd, path, add_bytes, written, error))
			return NULL;
	}
	return g_steal_pointer(&written);
}

bool sandbox_usage(struct sandbox *sandbox, const char *path, uint64_t *ret_bytes, GError **error)
{
	g_autoptr(GHashTable) written = sandbox_written(sandbox, error);
	GHashTableIter iter;
	gpointer directory, bytes;
	uint64_t sum = 0;

	if (!written)
		return false;
	g_hash_table_iter_init(&iter, written);
	while (g_hash_table_iter_next(&iter, &directory, &bytes)) {
		if (path_is_below(directory, path))
			sum += *(uint64_t *)bytes;
	}
	*ret_bytes = sum;
	return true;
}
