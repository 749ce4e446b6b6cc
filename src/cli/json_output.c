/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/json_output.h"

#include "cli/output.h"

#include <stdio.h>
#include <string.h>

bool json_output_print(const json_t *json, GError **error)
{
	g_autofree char *text = json_format_pretty(json);

	fputs(text, stdout);
	return output_flush(error);
}

json_t *json_from_digest(const struct digest *digest)
{
	char text[DIGEST_TEXT_BYTES];

	digest_format(digest, text);
	return json_string(text);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

json_t *json_from_set(GHashTable *set)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	GHashTableIter iterator;
	gpointer name;

	g_hash_table_iter_init(&iterator, set);
	while (g_hash_table_iter_next(&iterator, &name, NULL))
		g_ptr_array_add(names, name);
	g_ptr_array_sort(names, compare_names);
	return json_from_strings(names);
}
