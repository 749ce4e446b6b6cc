/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cache: a directory of unpacked images (rootfs.h) and of blobs that registries sent
 * (registry/store.h). Everything in it can be made again. After something was added, what was used
 * longest ago goes until the cache has at most $THRESH_CACHE_LIMIT bytes (20 GiB if that is not
 * set); what another process is using stays.
 *
 *     g_autoptr(GPtrArray) entries = cache_list(path, error);
 *     for (guint i = 0; i < entries->len; i++)
 *             cache_remove(path, entries->pdata[i], error);
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define CACHE_LIMIT_BYTES (UINT64_C(20) << 30)

/* $THRESH_CACHE, else $XDG_CACHE_HOME/thresh, else ~/.cache/thresh; made with mode 0700 and checked
 * to be ours. Caller frees. */
char *cache_default_path(GError **error);

/* How large it may grow: $THRESH_CACHE_LIMIT, else CACHE_LIMIT_BYTES. THRESH_ERROR_USAGE where that
 * is no size. */
bool cache_limit(uint64_t *ret_bytes, GError **error);

struct cache_entry {
	char *name;     /* "rootfs-BASE/HEX", "registry/blobs/sha256/HEX" */
	uint64_t bytes; /* on disk */
	int64_t used_s; /* when it was used last, since 1970 */
};

/* The entries (struct cache_entry), the one used longest ago first; none where there is no cache.
 * An unpacked image that was never measured is measured, and what it takes written down in it. */
GPtrArray *cache_list(const char *path, GError **error);

/* Removes an entry; one that is in use stays, and so does one whose owners are not ours to remove:
 * false, with @error where it is the latter. */
bool cache_remove(const char *path, const struct cache_entry *entry, GError **error);

/* Removes entries, the one used longest ago first, until at most @keep_bytes are left. Answers the
 * number of bytes that it removed. */
uint64_t cache_prune(const char *path, uint64_t keep_bytes);

/* To be called after something was added: prunes to the limit. No error: what cannot be removed
 * stays, and the next one tries again. */
void cache_added(const char *path);

/* Marks the file or directory that says when an entry was used. */
void cache_touch(int fd);
