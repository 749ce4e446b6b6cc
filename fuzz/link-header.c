/* SPDX-License-Identifier: Apache-2.0 */
/* A Link or Location header, and where it leads. */
#include "registry/url.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char base[] = "https://registry.example/v2/app/tags/list";
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autofree char *next = link_next(text);
	g_autofree char *there = url_resolve(base, text, NULL);

	if (next && (!*next || strlen(next) > strlen(text)))
		g_abort();
	if (there && (!url_is_https(there) || strpbrk(there, " \r\n")))
		g_abort();
	return 0;
}
