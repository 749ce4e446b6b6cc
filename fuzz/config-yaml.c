/* SPDX-License-Identifier: Apache-2.0 */
/* thresh.yaml: any bytes give a request or an error, never both, never a crash. */
#include "base/error.h"
#include "cli/config.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	autorequest struct harden_request *request = harden_request_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *platform = NULL;
	bool fine;

	if (size_bytes > CONFIG_MAX_BYTES)
		return 0;
	fine = config_parse("fuzz", data, size_bytes, request, &platform, &error);
	g_assert_true(fine == (error == NULL));
	g_assert_true(fine || error->domain == THRESH_ERROR);
	return 0;
}
