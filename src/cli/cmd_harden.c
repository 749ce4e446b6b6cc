/* SPDX-License-Identifier: Apache-2.0 */
/* `thresh harden SOURCE DESTINATION`. */
#include "base/error.h"
#include "cli/command.h"
#include "cli/harden_report.h"
#include "cli/options.h"
#include "cli/password.h"
#include "cli/session_start.h"
#include "harden/harden.h"
#include "image/reference.h"

/* An archive holds one image and nothing that refers to it. */
static bool check_destination(const char *text, GError **error)
{
	struct reference reference = {0};
	bool has_room;

	if (!reference_parse(text, &reference, error))
		return false;
	has_room =
		reference.transport == TRANSPORT_OCI || reference.transport == TRANSPORT_REGISTRY;
	reference_clear(&reference);
	return has_room ||
	       error_set(error, THRESH_ERROR_USAGE,
			 "--sign: an archive has no place for evidence; write to oci:DIR "
			 "or docker://REF");
}

/* Before anything is run: a password is asked for at the start, and a wrong one costs nothing. */
static bool load_key(const char *path, const char *destination, struct sign_key **ret_key,
		     GError **error)
{
	struct password_source source = {0};

	if (!path)
		return true;
	if (!check_destination(destination, error))
		return false;
	*ret_key = sign_key_load(path, password_ask, &source, error);
	if (!*ret_key)
		g_prefix_error(error, "--sign: ");
	return *ret_key != NULL;
}

/* Who signs nothing and writes nothing beside the image would never see what is found. */
static bool take_vulnerabilities(char **files, const char *key, struct harden_request *request,
				 GError **error)
{
	for (; files && *files; files++)
		g_ptr_array_add(request->vulnerabilities, g_strdup(*files));
	return request->vulnerabilities->len == 0 || key || request->out_directory ||
	       error_set(error, THRESH_ERROR_USAGE,
			 "--vulnerabilities: what is found goes to --out DIR, or is signed by "
			 "--sign KEY; neither is given");
}

static void run(struct options *options, const struct command_form *form, const char *key_path,
		GError **error)
{
	autoprogress struct progress *progress = NULL;
	autokey struct sign_key *key = NULL;
	struct identity identity = {0};
	struct harden_request *request = options->request;
	struct harden_result *result;

	request->source = g_strdup(options->operands->pdata[0]);
	request->destination = g_strdup(options->operands->pdata[1]);
	if (!load_key(key_path, request->destination, &key, error) ||
	    !session_start(options, form->name, true, &identity, &progress, error))
		return;
	request->sign_key = key;
	result = harden(request, &identity, error);
	g_clear_pointer(&progress, progress_free);
	if (result)
		harden_report_print(request, result, true, options->format, error);
	harden_result_free(result);
	identity_clear(&identity);
}

int cmd_harden(int argc, char **argv, GError **error)
{
	g_autofree char *key = NULL;
	g_auto(GStrv) vulnerabilities = NULL;
	const GOptionEntry own[] = {
		{"sign", 0, 0, G_OPTION_ARG_FILENAME, &key,
		 "sign what is known of the image with this private key", "KEY"},
		{"vulnerabilities", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &vulnerabilities,
		 "say as VEX what is left of those in this OSV or Debian tracker JSON (repeatable)",
		 "FILE"},
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	const struct command_form form = {
		.name = "harden",
		.operands = "SOURCE DESTINATION [-- ARGS...]",
		.summary = "Runs the image's application under a tracer, keeps what it used and "
			   "what that "
			   "needs,\n"
			   "seals the result, replays it under its restrictions, and writes it "
			   "when it "
			   "gave the\n"
			   "same answers.",
		.examples = "  thresh harden oci:app oci:app-sealed --probe http://:8080/health\n"
			    "  thresh harden app.tar oci:out:1.0 --workload ./smoke-test.sh --out "
			    "evidence",
		.groups = OPTIONS_FORMAT | OPTIONS_SOURCE | OPTIONS_ENTER | OPTIONS_DRIVE |
			  OPTIONS_CUT | OPTIONS_PROFILE | OPTIONS_OUT | OPTIONS_COMPRESS,
		.operands_min = 2,
		.operands_max = 2,
		.arguments = true,
		.own = own,
	};
	autooptions struct options *options = options_parse(&form, argc, argv, error);

	if (options && take_vulnerabilities(vulnerabilities, key, options->request, error) &&
	    options_prepare(options, error))
		run(options, &form, key, error);
	return 0;
}
