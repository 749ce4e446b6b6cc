/* SPDX-License-Identifier: Apache-2.0 */
/* profile.json: what is read is written again as the same profile. */
#include "trace/profile.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	autojson json_t *json = json_parse(data, size_bytes, "profile", NULL);
	autoprofile struct profile *profile = json ? profile_from_json(json, NULL) : NULL;
	autoprofile struct profile *again = NULL;
	autojson json_t *written = NULL;
	autojson json_t *rewritten = NULL;

	if (!profile)
		return 0;
	written = profile_to_json(profile);
	again = profile_from_json(written, NULL);
	if (!again)
		g_error("a profile that was written cannot be read");
	rewritten = profile_to_json(again);
	if (!json_equal(written, rewritten))
		g_error("a profile changed by being written");
	return 0;
}
