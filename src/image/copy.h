/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copying an image from any place that thresh reads to any that it writes, byte for byte, with what
 * refers to it.
 *
 *     struct copy_options options = {.limits = &limits};
 *     if (!image_copy("docker://registry.example/app:1", "oci:app:1", &options, &result, error))
 *
 * The destination is written whole or not at all. An archive has room for one image: what refers to
 * it stays behind.
 */
#pragma once

#include "image/image.h"

struct copy_options {
	const struct platform *platform; /* NULL: the host's */
	bool all_platforms;
	bool without_referrers;
	const struct image_limits *limits; /* with the remote, for docker:// */
};

struct copy_result {
	struct digest digest; /* of the manifest or index that was copied; a docker archive does
				 not keep it */
	guint referrers;      /* copied with it */
	uint64_t bytes;       /* of all blobs */
};

bool image_copy(const char *source, const char *destination, const struct copy_options *options,
		struct copy_result *ret_result, GError **error);
