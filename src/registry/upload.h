/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sending one blob (distribution-spec, "Pushing blobs"): not at all where it is there, by a mount
 * where another repository has it, else in one piece; in chunks where the registry refuses the
 * piece (413) or the connection was cut in it.
 *
 *     struct upload_source source = {.fd = fd, .offset = 0};
 *     if (!upload_exists(client, &digest, &there, error) || (!there && !upload_blob(…)))
 */
#pragma once

#include "base/digest.h"
#include "registry/client.h"

/* Whether the repository has the blob. */
bool upload_exists(struct client *client, const struct digest *digest, bool *ret_exists,
		   GError **error);

/* Begins an upload: *@ret_location is its URL (caller frees), or NULL where the blob was mounted.
 */
bool upload_begin(struct client *client, const struct digest *digest, char **ret_location,
		  uint64_t *ret_least_bytes, GError **error);

/* Sends the @size_bytes at @offset of @fd to @location, which it takes. @least_bytes: of a chunk,
 * as upload_begin told. */
bool upload_blob(struct client *client, char *location, const struct digest *digest, int fd,
		 uint64_t offset, uint64_t size_bytes, uint64_t least_bytes, GError **error);

/* Gives an upload up. What the registry says to that is of no interest. */
void upload_cancel(struct client *client, const char *location);

/* How many bytes a Range header of an upload says that the registry has, "0-9" is 10
 * (distribution-spec, "Pushing a blob in chunks"); -1 where it is none. */
int64_t upload_range_parse(const char *header);
