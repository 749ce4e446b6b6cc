/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/json_output.h"
#include "base/sorted.h"

#include "cli/output.h"

#include <stdio.h>
#include <string.h>

bool json_output_print(const json_t *json, GError **error)
{
	g_autofree char *text = json_format_pretty(json);

	output_text(text);
	return output_flush(error);
}

json_t *json_from_set(GHashTable *set)
{
	g_autoptr(GPtrArray) names = keys_sorted(set);

	return json_from_strings(names);
}
