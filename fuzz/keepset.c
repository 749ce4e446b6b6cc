/* SPDX-License-Identifier: Apache-2.0 */
/* keepset.json as `thresh why` reads it. */
#include "cli/keep_list.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	static const char *const paths[] = {"/app", "/etc/passwd", "/", ""};
	autojson json_t *json = json_parse(data, size_bytes, "keepset", NULL);

	for (size_t i = 0; json && i < G_N_ELEMENTS(paths); i++) {
		bool kept = false;
		const json_t *entry = keep_list_find(json, paths[i], &kept);
		autojson json_t *chain __attribute__((unused)) =
			entry ? keep_list_chain(json, entry) : NULL;
	}
	return 0;
}
