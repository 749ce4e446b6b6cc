/* SPDX-License-Identifier: Apache-2.0 */
/* Why each file of a sealed image is there: from the keep list, which has the source's paths. */
#include "base/json.h"
#include "base/path.h"
#include "evidence/inventory_private.h"
#include "seal/packages.h"
#include "seal/seal.h"

#include <string.h>

/* path → entry of "kept", borrowed from the list. */
static GHashTable *index_kept(const json_t *keep_list)
{
	GHashTable *index = g_hash_table_new(g_str_hash, g_str_equal);
	const json_t *entry;
	size_t i;

	json_array_foreach (json_array_at(keep_list, "kept"), i, entry) {
		const char *path = json_string_at(entry, "path");

		if (path)
			g_hash_table_insert(index, (gpointer)path, (gpointer)entry);
	}
	return index;
}

char *inventory_source_path(const struct seal *seal, const char *path)
{
	for (guint i = 0; seal && i < seal->writables->len; i++) {
		const struct writable *writable = seal->writables->pdata[i];

		if (writable->seed_path && path_is_below(path, writable->seed_path))
			return path_join(writable->path, path + strlen(writable->seed_path) + 1);
	}
	return g_strdup(path);
}

static void explain(struct inventory_file *file, GHashTable *index, const struct seal *seal)
{
	g_autofree char *source = inventory_source_path(seal, file->path);
	g_autofree char *name = json_path_encode(source); /* as the list has it */
	const json_t *entry =
		seal_is_package_database(file->path) ? NULL : g_hash_table_lookup(index, name);

	file->reason = entry ? json_string_at(entry, "reason") : NULL;
	file->via = entry ? json_string_at(entry, "via") : NULL;
	if (!file->reason)
		file->reason = "thresh";
}

void inventory_explain(struct inventory *inventory, const struct inventory_options *options)
{
	g_autoptr(GHashTable) index = NULL;
	autoseal struct seal *seal = NULL;

	if (!options->keep_list)
		return;
	index = index_kept(options->keep_list);
	seal = options->image ? seal_from_config(options->image->config, NULL) : NULL;
	for (guint i = 0; i < inventory->files->len; i++)
		explain(inventory->files->pdata[i], index, seal);
}
