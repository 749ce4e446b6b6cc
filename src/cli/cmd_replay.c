/* SPDX-License-Identifier: Apache-2.0 */
/* `thresh replay SOURCE HARDENED`. */
#include "cli/command.h"
#include "cli/json_output.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/session_start.h"
#include "harden/harden.h"

static const struct command_form form = {
	.name = "replay",
	.operands = "SOURCE HARDENED [-- ARGS...]",
	.summary = "Runs the original twice and the sealed image once under its restrictions, and "
		   "compares\n"
		   "the answers. Exit status 5 where they differ.",
	.examples = "  thresh replay oci:app oci:app-sealed --probe http://:8080/report",
	.groups = OPTIONS_FORMAT | OPTIONS_SOURCE | OPTIONS_ENTER | OPTIONS_DRIVE,
	.operands_min = 2,
	.operands_max = 2,
	.arguments = true,
};

int cmd_replay(int argc, char **argv, GError **error)
{
	autooptions struct options *options = options_parse(&form, argc, argv, error);
	autoprogress struct progress *progress = NULL;
	struct identity identity = {0};
	const char *hardened;
	guint answers = 0;
	bool ok;

	if (!options || !options_prepare(options, error))
		return -1;
	options->request->source = g_strdup(options->operands->pdata[0]);
	hardened = options->operands->pdata[1];
	if (!session_start(options, form.name, true, &identity, &progress, error))
		return -1;
	ok = harden_replay(options->request, hardened, &identity, &answers, error);
	g_clear_pointer(&progress, progress_free);
	if (ok && options->format == OUTPUT_JSON) {
		autojson json_t *json =
			json_pack("{s:i, s:o, s:i}", "version", 1, "hardened",
				  json_from_text(hardened), "answersCompared", (int)answers);

		json_output_print(json, error);
	} else if (ok) {
		output_line("%s: %u answers, all the same", hardened, answers);
		output_flush(error);
	}
	identity_clear(&identity);
	return 0;
}
