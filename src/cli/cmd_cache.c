/* SPDX-License-Identifier: Apache-2.0 */
/* `thresh cache list` and `thresh cache prune`. */
#include "base/error.h"
#include "base/json.h"
#include "base/size.h"
#include "cli/command.h"
#include "cli/json_output.h"
#include "cli/options.h"
#include "image/cache.h"
#include "sandbox/identity.h"

#include <string.h>

static uint64_t bytes_of(const GPtrArray *entries)
{
	uint64_t bytes = 0;

	for (guint i = 0; i < entries->len; i++)
		bytes += ((struct cache_entry *)entries->pdata[i])->bytes;
	return bytes;
}

static char *time_format(int64_t seconds)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(seconds);

	return time ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ") : g_strdup("");
}

static json_t *entries_to_json(const char *path, const GPtrArray *entries)
{
	json_t *array = json_array();

	for (guint i = 0; i < entries->len; i++) {
		const struct cache_entry *entry = entries->pdata[i];
		g_autofree char *used = time_format(entry->used_s);

		json_array_append_new(array, json_pack("{s:o, s:I, s:s}", "name",
						       json_from_text(entry->name), "bytes",
						       (json_int_t)entry->bytes, "lastUsed", used));
	}
	return json_pack("{s:o, s:I, s:o}", "path", json_from_text(path), "bytes",
			 (json_int_t)bytes_of(entries), "entries", array);
}

static void print_entries(const char *path, const GPtrArray *entries)
{
	autotable struct table *table = table_new("lrl");
	g_autofree char *quoted = error_quote(path);
	g_autofree char *bytes = size_format(bytes_of(entries));

	for (guint i = 0; i < entries->len; i++) {
		const struct cache_entry *entry = entries->pdata[i];
		g_autofree char *size = size_format(entry->bytes);
		g_autofree char *used = time_format(entry->used_s);

		table_add(table, used, size, entry->name);
	}
	table_print(table);
	output_line("%s: entries: %u, %s", quoted, entries->len, bytes);
}

static void list(const struct options *options, GError **error)
{
	const char *path = options->request->cache_path;
	g_autoptr(GPtrArray) entries = cache_list(path, error);
	autojson json_t *json = NULL;

	if (!entries)
		return;
	if (options->format == OUTPUT_TEXT) {
		print_entries(path, entries);
		output_flush(error);
		return;
	}
	json = entries_to_json(path, entries);
	json_output_print(json, error);
}

static void prune(const struct options *options, const char *to, GError **error)
{
	const char *path = options->request->cache_path;
	g_autofree char *quoted = error_quote(path), *removed = NULL, *left = NULL;
	g_autoptr(GPtrArray) entries = NULL;
	autojson json_t *json = NULL;
	uint64_t keep_bytes = 0, bytes;

	if (to && !size_parse(to, &keep_bytes, error)) {
		g_prefix_error(error, "--to ");
		return;
	}
	bytes = cache_prune(path, keep_bytes);
	entries = cache_list(path, error);
	if (!entries)
		return;
	if (options->format == OUTPUT_JSON) {
		json = json_pack("{s:o, s:I, s:I}", "path", json_from_text(path), "removedBytes",
				 (json_int_t)bytes, "bytes", (json_int_t)bytes_of(entries));
		json_output_print(json, error);
		return;
	}
	removed = size_format(bytes);
	left = size_format(bytes_of(entries));
	output_line("%s: removed %s, %s left", quoted, removed, left);
	output_flush(error);
}

int cmd_cache(int argc, char **argv, GError **error)
{
	g_autofree char *to = NULL;
	const GOptionEntry own[] = {
		{"to", 0, 0, G_OPTION_ARG_FILENAME, &to,
		 "what was used last stays, up to SIZE (as 5G; 0 by default)", "SIZE"},
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	const struct command_form form = {
		.name = "cache",
		.operands = "list | prune",
		.summary = "Lists what is in the cache of unpacked images and fetched blobs, or "
			   "removes what nobody\nis using. All of it can be made again.",
		.examples = "  thresh cache list\n  thresh cache prune --to 5G",
		.groups = OPTIONS_FORMAT,
		.own = own,
		.operands_min = 1,
		.operands_max = 1,
	};
	autooptions struct options *options = options_parse(&form, argc, argv, error);
	const char *action = options ? options->operands->pdata[0] : NULL;
	struct identity identity;
	bool entered;

	if (!action)
		return 2;
	if (strcmp(action, "list") != 0 && strcmp(action, "prune") != 0) {
		error_set(error, THRESH_ERROR_USAGE, "%s: want list or prune", action);
		return 2;
	}
	if (to && strcmp(action, "list") == 0) {
		error_set(error, THRESH_ERROR_USAGE, "list: --to is for prune");
		return 2;
	}
	if (!options->request->cache_path &&
	    !(options->request->cache_path = cache_default_path(error)))
		return 3;
	/* the owners of unpacked files are ids of the user's range */
	entered = identity_enter(&identity, NULL);
	if (strcmp(action, "list") == 0)
		list(options, error);
	else
		prune(options, to, error);
	if (entered)
		identity_clear(&identity);
	return 0;
}
