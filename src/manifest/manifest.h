/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runtime manifests from a seal: what an engine must be told so that all restrictions hold.
 *
 *     char *text = manifest_format(MANIFEST_PODMAN, seal, "oci:out:latest", digest, &options,
 * error);
 */
#pragma once

#include "seal/seal.h"

enum manifest_target { MANIFEST_PODMAN, MANIFEST_OCI_RUNTIME, MANIFEST_KUBERNETES };
bool manifest_target_parse(const char *text, enum manifest_target *ret_target, GError **error);

struct manifest_options {
	const char *image_reference; /* --image, or the reference as given */
	bool host_network;           /* --network host */
	bool json;                   /* podman: the words as a JSON array, the image last */
	const char *name; /* kubernetes: metadata.name; derived from the reference where NULL */
};

/* The text, ending in a newline. Caller frees. */
char *manifest_format(enum manifest_target target, const struct seal *seal,
		      const struct image *image, const struct manifest_options *options,
		      GError **error);
