/* SPDX-License-Identifier: Apache-2.0 */
/* `thresh profile merge A B... --output FILE` and `thresh profile show FILE`. */
#include "base/error.h"
#include "cli/command.h"
#include "cli/json_output.h"
#include "cli/options.h"
#include "trace/profile.h"

#include <string.h>

static int merge(const struct options *options, const char *output, GError **error)
{
	const GPtrArray *files = options->operands;
	autoprofile struct profile *merged = NULL;

	if (files->len < 2) {
		error_set(error, THRESH_ERROR_USAGE, "merge: no profile given");
		return 2;
	}
	if (!output) {
		error_set(error, THRESH_ERROR_USAGE, "merge: --output FILE is missing");
		return 2;
	}
	for (guint i = 1; i < files->len; i++) {
		const char *path = files->pdata[i];
		autoprofile struct profile *profile = profile_load(path, error);

		if (!profile)
			return 3;
		if (!merged) {
			merged = g_steal_pointer(&profile);
		} else if (!profile_merge(merged, profile, error)) {
			g_prefix_error(error, "%s: ", path);
			return 3;
		}
	}
	profile_save(merged, output, error);
	return 0;
}

static guint count_class(const struct profile *profile, uint32_t classes)
{
	GHashTableIter iterator;
	gpointer use;
	guint count = 0;

	g_hash_table_iter_init(&iterator, profile->paths);
	while (g_hash_table_iter_next(&iterator, NULL, &use))
		count += (((const struct path_use *)use)->classes & classes) != 0;
	return count;
}

static void print_classes(const struct profile *profile)
{
	autotable struct table *table = table_new("lr");

	for (uint32_t bit = 1; bit <= PATH_STDERR_ELSEWHERE; bit <<= 1) {
		g_autoptr(GPtrArray) names = path_class_names(bit);
		g_autofree char *count = count_format(count_class(profile, bit));

		if (names->len == 1 && strcmp(count, "0") != 0)
			table_add(table, names->pdata[0], count);
	}
	table_print(table);
}

static void print_profile(const struct profile *profile)
{
	char digest[DIGEST_TEXT_BYTES];
	g_autoptr(GPtrArray) commands = g_ptr_array_new_with_free_func(g_free);
	GHashTableIter iterator;
	gpointer name, set;

	digest_format(&profile->image_digest, digest);
	output_line("image         %s (%s)", digest, profile->architecture);
	output_line("runs          %" G_GUINT64_FORMAT, profile->runs);
	output_line("paths         %u", g_hash_table_size(profile->paths));
	g_hash_table_iter_init(&iterator, profile->syscalls);
	while (g_hash_table_iter_next(&iterator, &name, &set))
		output_line("system calls  %u on %s", g_hash_table_size(set), (const char *)name);
	for (guint i = 0; i < profile->listeners->len; i++) {
		const struct listener *listener = profile->listeners->pdata[i];
		g_autofree char *address = error_quote(listener->address);

		output_line("listens       %s %s %u", listener->family, address, listener->port);
	}
	if (profile->has_dropped)
		output_line("dropped to    %u:%u", profile->dropped_uid, profile->dropped_gid);
	output_line("%s", "");
	print_classes(profile);
	for (guint i = 0; i < profile->commands->len; i++) {
		const struct command *command = profile->commands->pdata[i];

		GString *line = g_string_new(command->argv->len > 0 ? command->argv->pdata[0] : "");

		for (guint j = 1; j < command->argv->len; j++)
			g_string_append_printf(line, " %s", (char *)command->argv->pdata[j]);
		g_ptr_array_add(commands, g_string_free(line, FALSE));
	}
	output_list("commands", commands, 20);
}

static int show(const struct options *options, GError **error)
{
	autoprofile struct profile *profile = NULL;
	autojson json_t *json = NULL;

	if (options->operands->len != 2) {
		error_set(error, THRESH_ERROR_USAGE, "show: want one profile");
		return 2;
	}
	profile = profile_load(options->operands->pdata[1], error);
	if (!profile)
		return 3;
	if (options->format == OUTPUT_TEXT) {
		print_profile(profile);
		output_flush(error);
		return 0;
	}
	json = profile_to_json(profile);
	json_output_print(json, error);
	return 0;
}

int cmd_profile(int argc, char **argv, GError **error)
{
	g_autofree char *output = NULL;
	const GOptionEntry own[] = {
		{"output", 'o', 0, G_OPTION_ARG_FILENAME, &output, "where merge writes", "FILE"},
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	const struct command_form form = {
		.name = "profile",
		.operands = "merge FILE... | show FILE",
		.summary = "Merges profiles of one image into one, or shows what is in one.",
		.examples = "  thresh profile merge monday.json tuesday.json -o week.json",
		.groups = OPTIONS_FORMAT,
		.own = own,
		.operands_min = 2,
		.operands_max = G_MAXUINT,
	};
	autooptions struct options *options = options_parse(&form, argc, argv, error);
	const char *action;

	if (!options)
		return 2;
	action = options->operands->pdata[0];
	if (!strcmp(action, "merge"))
		return merge(options, output, error);
	if (!strcmp(action, "show"))
		return show(options, error);
	error_set(error, THRESH_ERROR_USAGE, "%s: want merge or show", action);
	return 2;
}
