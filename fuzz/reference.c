/* SPDX-License-Identifier: Apache-2.0 */
#include "image/reference.h"
#include "image/image.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	g_autofree char *text = g_strndup((const char *)data, size_bytes);
	struct reference reference = {0};
	struct platform platform = {0};

	if (reference_parse(text, &reference, NULL)) {
		if (!reference.path || !*reference.path || (reference.name && !*reference.name))
			abort();
		reference_clear(&reference);
	}
	if (platform_parse(text, &platform, NULL))
		platform_clear(&platform);
	return 0;
}
