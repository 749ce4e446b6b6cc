/* SPDX-License-Identifier: Apache-2.0 */
/* Policies of verify: anything is read or refused. */
#include "verify/policy.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GError) error = NULL;
	autopolicy struct policy *policy = policy_parse("policy.yaml", data, size, &error);

	g_assert_true((policy == NULL) == (error != NULL));
	return 0;
}
