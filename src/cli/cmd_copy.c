/* SPDX-License-Identifier: Apache-2.0 */
/* `thresh copy SOURCE DESTINATION`: an image from any place that thresh reads to any that it
 * writes. */
#include "cli/command.h"
#include "cli/transfer.h"

int cmd_copy(int argc, char **argv, GError **error)
{
	struct transfer_choice choice = {0};
	const GOptionEntry own[] = {
		TRANSFER_OPTION_ALL(&choice),
		{"without-referrers", 0, 0, G_OPTION_ARG_NONE, &choice.without_referrers,
		 "leave behind what refers to the image", NULL},
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	const struct command_form form = {
		.name = "copy",
		.operands = "SOURCE DESTINATION",
		.summary = "Copies an image byte for byte, with what refers to it: signatures, "
			   "documents, the\nkeep list. The destination is written whole or not at "
			   "all.",
		.examples = "  thresh copy oci:app docker://registry.example/team/app:1\n"
			    "  thresh copy docker://registry.example/team/app:1 "
			    "oci-archive:app.tar",
		.groups = OPTIONS_FORMAT | OPTIONS_SOURCE | OPTIONS_REGISTRY,
		.own = own,
		.operands_min = 2,
		.operands_max = 2,
	};
	autooptions struct options *options = options_parse(&form, argc, argv, error);

	if (!options)
		return 2;
	return transfer_run(options, options->operands->pdata[0], options->operands->pdata[1],
			    &choice, error);
}
