/* SPDX-License-Identifier: Apache-2.0 */
/* `thresh push SOURCE REF`: an image to a registry, with all that refers to it. */
#include "cli/command.h"
#include "cli/transfer.h"

int cmd_push(int argc, char **argv, GError **error)
{
	struct transfer_choice choice = {0};
	const GOptionEntry own[] = {
		TRANSFER_OPTION_ALL(&choice),
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	const struct command_form form = {
		.name = "push",
		.operands = "SOURCE REF",
		.summary = "Sends an image to a registry, byte for byte, with all that refers to "
			   "it. The tag is put last.",
		.examples = "  thresh push oci:app-sealed registry.example/team/app:1",
		.groups = OPTIONS_FORMAT | OPTIONS_SOURCE | OPTIONS_REGISTRY,
		.own = own,
		.operands_min = 2,
		.operands_max = 2,
	};
	autooptions struct options *options = options_parse(&form, argc, argv, error);
	g_autofree char *destination = NULL;

	if (!options)
		return 2;
	destination = transfer_reference(options->operands->pdata[1], error);
	if (!destination)
		return 2;
	return transfer_run(options, options->operands->pdata[0], destination, &choice, error);
}
