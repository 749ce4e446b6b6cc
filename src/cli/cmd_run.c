/* SPDX-License-Identifier: Apache-2.0 */
/* `thresh run IMAGE [ARGS...]`. */
#include "cli/command.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "harden/run.h"
#include "sandbox/identity.h"

static const struct command_form form = {
	.name = "run",
	.operands = "IMAGE [ARGS...]",
	.summary = "Runs a sealed image under all of its restrictions, with no engine. Exit "
		   "status: the\n"
		   "application's.",
	.examples = "  thresh run -p 8080:80 oci:app-sealed",
	.groups = OPTIONS_SOURCE | OPTIONS_ENTER | OPTIONS_RUN | OPTIONS_REGISTRY,
	.operands_min = 1,
	.operands_max = 1,
	.arguments = true,
	.strict_posix = true,
};

int cmd_run(int argc, char **argv, GError **error)
{
	autooptions struct options *options = options_parse(&form, argc, argv, error);
	struct identity identity = {0};
	struct run_request request;
	int status = -1;

	if (!options || !options_prepare(options, error) || !identity_enter(&identity, error))
		return -1;
	if (identity.limitation)
		progress_note(NULL, "%s", identity.limitation);
	if (options->host_network)
		progress_note(NULL, "--network host: the application reaches, and is reached by, "
				    "everything that this host's network reaches");
	request = (struct run_request){
		.image = options->operands->pdata[0],
		.platform = options->request->platform,
		.limits = options->request->limits,
		.cache_path = options->request->cache_path,
		.arguments = options->request->arguments,
		.environment = options->request->environment,
		.volumes = options->request->volumes,
		.secrets = options->request->secrets,
		.publications = options->publications,
		.network = options->host_network ? NETWORK_HOST : NETWORK_LOOPBACK,
		.stop_ms = options->request->timeouts.stop_ms,
	};
	image_run(&request, &identity, &status, error);
	identity_clear(&identity);
	return status;
}
