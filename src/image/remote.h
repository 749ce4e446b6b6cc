/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seam between image/ and whoever knows registries: what image/ asks for where a reference is
 * `docker://…`. src/registry implements it; image/ knows nothing of networks.
 *
 *     struct remote_image *there = remote->open(remote, &reference, -1, error);
 *     int fd = remote->open_blob(there, &digest, error);
 *
 * Whoever opens images is given one with the limits (image.h); without one, docker:// is an error.
 */
#pragma once

#include "base/digest.h"
#include "base/json.h"
#include "image/reference.h"

#include <glib.h>
#include <stdbool.h>

struct bundle;
struct remote_image; /* one image at a registry; the implementation's */

struct image_remote {
	/* Asks for the image's manifest or index. Blobs are brought into the directory @store_fd
	 * (blobs/sha256/…; borrowed for as long as it is open), -1: a store of its own. */
	struct remote_image *(*open)(const struct image_remote *remote,
				     const struct reference *reference, int store_fd,
				     GError **error);
	void (*close)(struct remote_image *image);

	/* The descriptor of what the reference names, as a layout's index.json would have it;
	 * borrowed. */
	const json_t *(*descriptor)(const struct remote_image *image);

	/* A descriptor of a file that holds the blob or document, checked against its digest; the
	 * first layer that is asked for brings all of its image. -1 with @error. */
	int (*open_blob)(struct remote_image *image, const struct digest *digest, GError **error);

	/* Descriptors of what refers to @subject (distribution-spec, "Listing Referrers"), as a new
	 * JSON array. */
	json_t *(*referrers)(struct remote_image *image, const struct digest *subject,
			     GError **error);

	/* A directory of the user's own in which an image that is to be sent is staged; caller
	 * frees.
	 */
	char *(*staging)(const struct image_remote *remote, GError **error);

	/* Whether @destination can be written to; nothing is changed. */
	bool (*check)(const struct image_remote *remote, const struct reference *destination,
		      GError **error);

	/* Sends it whole; the tag is put last, so that a reader sees the old image or the new. */
	bool (*send)(const struct image_remote *remote, const struct reference *destination,
		     const struct bundle *bundle, GError **error);
};
