/* SPDX-License-Identifier: Apache-2.0 */
/* The seal in an image's label: what is read is written again as the same seal, and what is made of
 * it (the plan, the filter) is made of any. */
#include "seal/seal.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	autojson json_t *json = json_parse(data, size_bytes, "seal", NULL);
	autoseal struct seal *seal = json ? seal_from_json(json, NULL) : NULL;
	autoseal struct seal *again = NULL;
	g_autoptr(GBytes) filter = NULL;
	g_autofree char *plan = NULL;
	autojson json_t *written = NULL;
	autojson json_t *rewritten = NULL;

	if (!seal)
		return 0;
	plan = seal_plan(seal);
	filter = syscall_policy_compile(seal->syscalls, NULL);
	written = seal_to_json(seal);
	again = seal_from_json(written, NULL);
	if (!again)
		g_error("a seal that was written cannot be read");
	rewritten = seal_to_json(again);
	if (!json_equal(written, rewritten))
		g_error("a seal changed by being written");
	return 0;
}
