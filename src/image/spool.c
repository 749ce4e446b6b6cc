/* SPDX-License-Identifier: Apache-2.0 */
#include "image/spool.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

static bool spool_failed(GError **error)
{
	return error_set_errno(error, THRESH_ERROR_INPUT, errno, "unpack: spool");
}

bool spool_open(struct spool *spool, const char *directory, GError **error)
{
	g_autofree char *name = g_build_filename(directory, ".thresh-spool-XXXXXX", NULL);

	spool->end_bytes = 0;
	spool->fd = g_mkstemp_full(name, O_RDWR | O_CLOEXEC, 0600);
	if (spool->fd < 0)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "%s", directory);
	return g_unlink(name) == 0 || spool_failed(error);
}

bool spool_begin(struct spool *spool, struct node *node, struct rootfs_file *ret_file,
		 GError **error)
{
	uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t end_bytes;

	if (__builtin_add_overflow(spool->end_bytes, node->size_bytes, &end_bytes) ||
	    end_bytes > (uint64_t)G_MAXINT64 - page_bytes)
		return error_set(error, THRESH_ERROR_INPUT, "unpack: spool: too large");
	if (lseek(spool->fd, (off_t)spool->end_bytes, SEEK_SET) < 0)
		return spool_failed(error);
	node->spool_offset = spool->end_bytes;
	spool->end_bytes = (end_bytes + page_bytes - 1) / page_bytes * page_bytes;
	*ret_file = (struct rootfs_file){.fd = spool->fd};
	return true;
}

bool spool_finish(const struct spool *spool, GError **error)
{
	return ftruncate(spool->fd, (off_t)spool->end_bytes) == 0 || spool_failed(error);
}
