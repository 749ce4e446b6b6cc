/* SPDX-License-Identifier: Apache-2.0 */
/* `thresh trace SOURCE PROFILE`. */
#include "cli/command.h"
#include "cli/json_output.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/session_start.h"
#include "harden/harden.h"

static const struct command_form form = {
	.name = "trace",
	.operands = "SOURCE PROFILE [-- ARGS...]",
	.summary = "Runs the image's application twice under a tracer and writes what it did.",
	.examples = "  thresh trace oci:app profile.json --probe http://:8080/",
	.groups = OPTIONS_FORMAT | OPTIONS_SOURCE | OPTIONS_ENTER | OPTIONS_DRIVE,
	.operands_min = 2,
	.operands_max = 2,
	.arguments = true,
};

static bool report(const struct profile *profile, const char *path, enum output_format format,
		   GError **error)
{
	guint paths = g_hash_table_size(profile->paths);

	if (format == OUTPUT_JSON) {
		autojson json_t *json = json_pack("{s:i, s:o, s:i, s:I}", "version", 1, "profile",
						  json_from_text(path), "paths", (int)paths, "runs",
						  (json_int_t)profile->runs);

		return json_output_print(json, error);
	}
	output_line("%s: %u paths, %" G_GUINT64_FORMAT " runs", path, paths, profile->runs);
	return output_flush(error);
}

int cmd_trace(int argc, char **argv, GError **error)
{
	autooptions struct options *options = options_parse(&form, argc, argv, error);
	autoprogress struct progress *progress = NULL;
	autosession struct session *session = NULL;
	autoprofile struct profile *profile = NULL;
	autostart struct start *start = NULL;
	struct identity identity = {0};
	const char *path;

	if (!options || !options_prepare(options, error))
		return -1;
	options->request->source = g_strdup(options->operands->pdata[0]);
	path = options->operands->pdata[1];
	if (!session_start(options, form.name, true, &identity, &progress, error))
		return -1;
	session = session_open(options->request, &identity, error);
	start = session ? start_decide(session, error) : NULL;
	profile = start ? harden_trace(session, start, NULL, error) : NULL;
	g_clear_pointer(&progress, progress_free);
	if (profile && harden_check_profile(session, profile, error) &&
	    profile_save(profile, path, error))
		report(profile, path, options->format, error);
	identity_clear(&identity);
	return 0;
}
