/* SPDX-License-Identifier: Apache-2.0 */
/* The targets' formatters, and what they share. Private to manifest/. */
#pragma once

#include "manifest/manifest.h"

/* What every formatter works from. */
struct manifest_input {
	const struct seal *seal;
	const struct image *image;
	const struct manifest_options *options;
};

char *manifest_podman(const struct manifest_input *input, GError **error);
char *manifest_oci_runtime(const struct manifest_input *input, GError **error);
char *manifest_kubernetes(const struct manifest_input *input, GError **error);

/* The reference to name: --image, or the one the image was opened by. Borrowed. */
const char *manifest_reference(const struct manifest_input *input);

/* A DNS label (RFC 1123) from @text: lower case, [a-z0-9-], at most 63 bytes, "app" for nothing.
 * Caller frees. */
char *manifest_label(const char *text);

/* The application's name: --name, or the last component of the reference. Caller frees. */
char *manifest_name(const struct manifest_input *input);

/* A name for the mount at @path: "NAME-var-lib-redis"; distinct paths of one seal get distinct
 * names. Caller frees. */
char *manifest_mount_name(const char *prefix, const char *path);
