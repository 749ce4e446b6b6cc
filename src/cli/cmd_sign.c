/* SPDX-License-Identifier: Apache-2.0 */
/* `thresh sign IMAGE --key KEY`: this image, and no other, is what the key's holder means. */
#include "cli/command.h"
#include "cli/signing.h"
#include "evidence/statement.h"

static void free_json(void *data)
{
	json_decref(data);
}

static bool sign_image(const struct signing *signing, const struct options *options, GError **error)
{
	const struct harden_request *request = options->request;
	g_autoptr(GPtrArray) statements = g_ptr_array_new_with_free_func(free_json);
	autoimage struct image *image =
		image_open(options->operands->pdata[0], request->platform, &request->limits, error);

	if (!image || !image_check_layers(image, error))
		return false;
	g_ptr_array_add(statements,
			statement_new(&image->manifest_digest, PREDICATE_SIGNATURE, json_object()));
	return signing_attach(signing, options, image, statements, error);
}

int cmd_sign(int argc, char **argv, GError **error)
{
	struct signing signing = {0};
	GOptionEntry own[SIGNING_ENTRIES + 1] = {{NULL, 0, 0, 0, NULL, NULL, NULL}};
	const struct command_form form = {
		.name = "sign",
		.operands = "IMAGE",
		.summary = "Signs an image in a layout: a Sigstore bundle that refers to it lies "
			   "beside it then.\nThe image keeps its digest.",
		.examples = "  thresh sign oci:app-sealed --key release.key",
		.groups = OPTIONS_FORMAT | OPTIONS_SOURCE,
		.own = own,
		.operands_min = 1,
		.operands_max = 1,
	};
	autooptions struct options *options = NULL;

	signing_entries(&signing, own);
	options = options_parse(&form, argc, argv, error);
	if (options && signing_open(&signing, error))
		sign_image(&signing, options, error);
	signing_clear(&signing);
	return 0;
}
