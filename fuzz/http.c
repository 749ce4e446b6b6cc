/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP responses of a hostile application, in pieces whose size the first byte chooses. */
#include "sandbox/http.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autoresponse struct http_response *response = http_response_new();
	g_autoptr(GError) error = NULL;
	size_t step = size > 0 ? 1 + data[0] : 1;
	bool ok = true;

	for (size_t i = 1; ok && i < size; i += step)
		ok = http_response_feed(response, data + i, MIN(step, size - i), &error);
	if (ok)
		ok = http_response_end(response, &error);
	if (ok != (error == NULL) || (ok && !response->done) ||
	    response->body->len > HTTP_BODY_MAX_BYTES)
		g_abort();
	return 0;
}
