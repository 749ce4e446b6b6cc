/* SPDX-License-Identifier: Apache-2.0 */
/* `thresh cut SOURCE DESTINATION --profile FILE`. */
#include "base/error.h"
#include "cli/command.h"
#include "cli/harden_report.h"
#include "cli/options.h"
#include "cli/session_start.h"
#include "harden/harden.h"

static const struct command_form form = {
	.name = "cut",
	.operands = "SOURCE DESTINATION --profile FILE [-- ARGS...]",
	.summary = "Makes the sealed image by a profile, without running anything: nothing proves "
		   "that it\n"
		   "behaves as the original does until `thresh replay` has compared them.",
	.examples = "  thresh cut oci:app oci:app-sealed --profile profile.json",
	.groups = OPTIONS_FORMAT | OPTIONS_SOURCE | OPTIONS_ENTER | OPTIONS_CUT | OPTIONS_PROFILE |
		  OPTIONS_OUT | OPTIONS_COMPRESS,
	.operands_min = 2,
	.operands_max = 2,
	.arguments = true,
};

int cmd_cut(int argc, char **argv, GError **error)
{
	autooptions struct options *options = options_parse(&form, argc, argv, error);
	autoprogress struct progress *progress = NULL;
	struct identity identity = {0};
	struct harden_request *request;
	struct harden_result *result;

	if (!options || !options_prepare(options, error))
		return -1;
	request = options->request;
	if (!request->profile_path) {
		error_set(error, THRESH_ERROR_USAGE, "--profile FILE is missing");
		return -1;
	}
	request->source = g_strdup(options->operands->pdata[0]);
	request->destination = g_strdup(options->operands->pdata[1]);
	if (!session_start(options, form.name, true, &identity, &progress, error))
		return -1;
	result = harden_cut(request, &identity, error);
	g_clear_pointer(&progress, progress_free);
	if (result)
		harden_report_print(request, result, false, options->format, error);
	harden_result_free(result);
	identity_clear(&identity);
	return 0;
}
