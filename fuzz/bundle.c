/* SPDX-License-Identifier: Apache-2.0 */
/* Signed bundles, and public keys in PEM. */
#include "sign/bundle.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autojson json_t *json = json_parse(data, size, "bundle", NULL);
	autokey struct sign_key *key = sign_key_parse_public("key", (const char *)data, size, NULL);
	struct sigstore_bundle bundle;

	if (json && sigstore_bundle_parse(json, &bundle, NULL))
		sigstore_bundle_clear(&bundle);
	return 0;
}
