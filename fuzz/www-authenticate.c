/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/challenge.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autoptr(GError) error = NULL;
	struct challenge challenge = {0};
	bool ok = challenge_parse(&challenge, text, &error);

	if (ok != (error == NULL) || (!ok && challenge.scheme != CHALLENGE_NONE) ||
	    (challenge.scheme == CHALLENGE_BEARER && !challenge.realm))
		g_abort();
	challenge_clear(&challenge);
	return 0;
}
