/* SPDX-License-Identifier: Apache-2.0 */
/* `thresh harden SOURCE DESTINATION`. */
#include "cli/command.h"
#include "cli/harden_report.h"
#include "cli/options.h"
#include "cli/session_start.h"
#include "harden/harden.h"

static const struct command_form form = {
	.name = "harden",
	.operands = "SOURCE DESTINATION [-- ARGS...]",
	.summary = "Runs the image's application under a tracer, keeps what it used and what that "
		   "needs,\n"
		   "seals the result, replays it under its restrictions, and writes it when it "
		   "gave the\n"
		   "same answers.",
	.examples = "  thresh harden oci:app oci:app-sealed --probe http://:8080/health\n"
		    "  thresh harden app.tar oci:out:1.0 --workload ./smoke-test.sh --out evidence",
	.groups = OPTIONS_FORMAT | OPTIONS_SOURCE | OPTIONS_ENTER | OPTIONS_DRIVE | OPTIONS_CUT |
		  OPTIONS_PROFILE | OPTIONS_OUT | OPTIONS_COMPRESS,
	.operands_min = 2,
	.operands_max = 2,
	.arguments = true,
};

int cmd_harden(int argc, char **argv, GError **error)
{
	autooptions struct options *options = options_parse(&form, argc, argv, error);
	autoprogress struct progress *progress = NULL;
	struct identity identity = {0};
	struct harden_request *request;
	struct harden_result *result;

	if (!options || !options_prepare(options, error))
		return -1;
	request = options->request;
	request->source = g_strdup(options->operands->pdata[0]);
	request->destination = g_strdup(options->operands->pdata[1]);
	if (!session_start(options, form.name, true, &identity, &progress, error))
		return -1;
	result = harden(request, &identity, error);
	g_clear_pointer(&progress, progress_free);
	if (result)
		harden_report_print(request, result, true, options->format, error);
	harden_result_free(result);
	identity_clear(&identity);
	return 0;
}
