/* SPDX-License-Identifier: Apache-2.0 */
/* VEX documents: OpenVEX and CycloneDX. */
#include "evidence/vex_claims.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autojson json_t *json = json_parse(data, size, "document", NULL);
	struct digest image = {0};

	if (json) {
		autoclaims struct vex_claims *one = openvex_parse(json, &image, NULL);
		autoclaims struct vex_claims *two = cyclonedx_vex_parse(json, &image, NULL);

		(void)one;
		(void)two;
	}
	return 0;
}
