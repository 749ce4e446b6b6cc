/* SPDX-License-Identifier: Apache-2.0 */
/* Package URLs: what parses is written, and the canonical form stays as it is. */
#include "evidence/purl.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	g_autofree char *text = g_strndup((const char *)data, size_bytes);
	autopurl struct purl purl = {0}, again = {0};
	g_autofree char *first = NULL, *second = NULL;

	if (!purl_parse(text, &purl, NULL))
		return 0;
	first = purl_format(&purl, NULL);
	if (!first)
		return 0;
	if (!purl_parse(first, &again, NULL))
		abort();
	second = purl_format(&again, NULL);
	if (g_strcmp0(first, second) != 0)
		abort();
	return 0;
}
