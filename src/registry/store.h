/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blobs as files: DIRECTORY/blobs/sha256/HEX, each there only when it is whole and checked. What is
 * half fetched lies beside it as .HEX.part, locked by whoever fetches it, and is gone on with by
 * the next one.
 *
 *     autofd int fd = store_find(store_fd, &digest, size_bytes);
 *     if (fd < 0)
 *             fd = store_begin(store_fd, &digest, error);
 */
#pragma once

#include "base/digest.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* The directory of @cache_path (NULL: rootfs.h's default) in which blobs of registries are kept;
 * made where it is not there. -1 with @error. */
int store_open_cache(const char *cache_path, char **ret_path, GError **error);

/* Whether it is there, @size_bytes long (-1: any): a descriptor, or -1 without an error. */
int store_find(int store_fd, const struct digest *digest, int64_t size_bytes);

/* The locked file of what is half fetched, to be written to; waits for another process that fetches
 * it. */
int store_begin(int store_fd, const struct digest *digest, GError **error);

/* What was begun is whole: gives it its name. */
bool store_finish(int store_fd, const struct digest *digest, GError **error);
/* What was begun is not what it should be. */
void store_drop(int store_fd, const struct digest *digest);

/* Puts a document whose digest is right. */
bool store_put(int store_fd, const struct digest *digest, const void *data, size_t size_bytes,
	       GError **error);
