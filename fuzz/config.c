/* SPDX-License-Identifier: Apache-2.0 */
#include "image/image.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	struct image_config *config = image_config_parse(data, size_bytes, NULL);

	if (config && (!config->architecture || config->working_directory[0] != '/'))
		abort();
	image_config_free(config);
	return 0;
}
