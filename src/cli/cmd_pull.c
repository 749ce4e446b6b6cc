/* SPDX-License-Identifier: Apache-2.0 */
/* `thresh pull REF [DESTINATION]`: an image from a registry, with all that refers to it. */
#include "cli/command.h"
#include "cli/transfer.h"
#include "image/reference.h"

#include <string.h>

/* registry.example/team/app:1 → oci:app:1. The reference was parsed before. */
static char *default_destination(const char *source)
{
	struct reference reference = {0};
	const char *name;
	char *text;

	if (!reference_parse_registry(source, &reference, NULL))
		return NULL;
	name = reference.name && reference.name[0] != '@' ? reference.name : "latest";
	text = g_strconcat("oci:", strrchr(reference.path, '/') + 1, ":", name, NULL);
	reference_clear(&reference);
	return text;
}

int cmd_pull(int argc, char **argv, GError **error)
{
	struct transfer_choice choice = {0};
	const GOptionEntry own[] = {
		TRANSFER_OPTION_ALL(&choice),
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	const struct command_form form = {
		.name = "pull",
		.operands = "REF [DESTINATION]",
		.summary = "Fetches an image from a registry, byte for byte, with all that refers "
			   "to it.\nDESTINATION is oci:NAME:TAG here, if it is not given.",
		.examples = "  thresh pull registry.example/team/app:1 oci:app:1",
		.groups = OPTIONS_FORMAT | OPTIONS_SOURCE | OPTIONS_REGISTRY,
		.own = own,
		.operands_min = 1,
		.operands_max = 2,
	};
	autooptions struct options *options = options_parse(&form, argc, argv, error);
	g_autofree char *source = NULL;
	g_autofree char *destination = NULL;

	if (!options)
		return 2;
	source = transfer_reference(options->operands->pdata[0], error);
	if (!source)
		return 2;
	destination = options->operands->len > 1 ? g_strdup(options->operands->pdata[1])
						 : default_destination(source);
	return transfer_run(options, source, destination, &choice, error);
}
