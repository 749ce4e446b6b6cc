/* SPDX-License-Identifier: Apache-2.0 */
#include "image/manifest.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	automanifest struct manifest *manifest = manifest_parse(data, size_bytes, NULL);
	enum compression compression;

	if (!manifest)
		return 0;
	if (manifest->is_index != (manifest->manifests != NULL) ||
	    manifest->is_index != (manifest->layers == NULL))
		abort();
	for (guint i = 0; manifest->layers && i < manifest->layers->len; i++) {
		const struct descriptor *descriptor = manifest->layers->pdata[i];

		manifest_layer_type(descriptor->media_type, &compression, NULL);
	}
	return 0;
}
