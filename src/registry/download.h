/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fetching one blob into a store: gone on with after a cut (RFC 9110, 14.2 Range), never longer
 * than its descriptor says, and there only when its digest is right.
 *
 *     if (!download_blob(client, store_fd, &digest, size_bytes, error))
 */
#pragma once

#include "registry/client.h"
#include "registry/store.h"

#define DOWNLOAD_MAX_BYTES (64ULL << 30) /* as of all layers unpacked: image.h */

bool download_blob(struct client *client, int store_fd, const struct digest *digest,
		   uint64_t size_bytes, GError **error);

/* The first byte of a Content-Range header, "bytes 5-9/10" (RFC 9110, 14.4); -1 where it is none.
 */
int64_t content_range_start(const char *header);
