/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a sealed image again by its recipe: deciding, cutting, sealing and writing, without
 * running anything and without any privilege.
 *
 *     struct rebuild_input input = {.recipe = recipe, .source = source, …};
 *     autorebuilt struct rebuilt *rebuilt = rebuild(&input, error);
 *     … rebuilt->image->manifest_digest
 */
#pragma once

#include "harden/recipe.h"
#include "image/image.h"

struct rebuild_input {
	const struct recipe *recipe;
	const struct image *source; /* the one that the recipe names: the caller has compared */
	const char *init_path;      /* the thresh-init of this thresh */
	const char *cache_path;     /* where there is room for both images */
};

struct rebuilt {
	struct image *image;
	struct digest init;          /* of the thresh-init that is in it */
	struct image_writer *writer; /* which keeps it */
	char *directory;
	int lock_fd;
};

/* Nothing of the cache is believed: the source's blobs are read, and checked. Caller frees, and
 * with it what was written. */
struct rebuilt *rebuild(const struct rebuild_input *input, GError **error);
void rebuilt_free(struct rebuilt *rebuilt);
#define autorebuilt __attribute__((cleanup(rebuilt_cleanup)))
void rebuilt_cleanup(struct rebuilt **rebuilt);
