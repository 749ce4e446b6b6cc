/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever secrets are looked for in: what is told lies in it. */
#include "verify/secret_scan.h"

#include <glib.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void tell(const char *what, size_t offset, void *user)
{
	g_assert_nonnull(what);
	g_assert_cmpuint(offset, <, *(const size_t *)user);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_assert_true(secrets_find(data, size, tell, &size));
	return 0;
}
