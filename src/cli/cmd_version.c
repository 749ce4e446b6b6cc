/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "cli/json_output.h"
#include "cli/options.h"

int cmd_version(int argc, char **argv, GError **error)
{
	static const struct command_form form = {
		.name = "version",
		.summary = "Prints the version of thresh.",
		.groups = OPTIONS_FORMAT,
	};
	autooptions struct options *options = options_parse(&form, argc, argv, error);
	autojson json_t *json = NULL;

	if (!options)
		return 2;
	if (options->format == OUTPUT_TEXT) {
		output_line("thresh %s", THRESH_VERSION);
		output_flush(error);
		return 0;
	}
	json = json_pack("{s:s}", "version", THRESH_VERSION);
	json_output_print(json, error);
	return 0;
}
