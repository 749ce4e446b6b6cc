/* SPDX-License-Identifier: Apache-2.0 */
/* `thresh sbom IMAGE`: what is in an image, file by file, as a document (docs/sbom.md). */
#include "base/error.h"
#include "base/fd.h"
#include "cli/command.h"
#include "cli/keep_list.h"
#include "cli/options.h"
#include "evidence/documents.h"
#include "image/cache.h"
#include "image/rootfs.h"
#include "sandbox/identity.h"

#include <stdio.h>
#include <string.h>

struct sbom_request {
	const struct options *options;
	enum document_format format;
	const char *cyclonedx_version; /* or NULL */
	const char *output;            /* or NULL: standard output */
	const char *keepset;           /* or NULL: what lies beside the image */
};

static bool print_document(const struct sbom_request *request, const json_t *document,
			   GError **error)
{
	g_autofree char *text = json_format_pretty(document);

	if (request->output) {
		if (file_replace(request->output, text, strlen(text), 0644, error))
			return true;
		g_prefix_error(error, "--output %s: ", request->output);
		return false;
	}
	output_text(text);
	return output_flush(error);
}

static bool write_document(const struct sbom_request *request, const struct image *image,
			   struct rootfs *rootfs, const json_t *keep_list, GError **error)
{
	struct inventory_options options = {.image = image,
					    .keep_list = keep_list,
					    .sha1 = document_needs_sha1(request->format)};
	autoinventory struct inventory *inventory = inventory_new(rootfs->tree, &options, error);
	int64_t epoch = request->options->request->epoch;
	struct document_about about = {.image = image,
				       .created = epoch >= 0 ? epoch : image_created(image),
				       .cyclonedx_version = request->cyclonedx_version};
	autojson json_t *document = NULL;

	if (!inventory)
		return false;
	document = document_make(request->format, inventory, &about);
	return rootfs_confirm(rootfs, error) && print_document(request, document, error);
}

/* Without user namespaces everything is unpacked as the caller's. */
static bool run(const struct sbom_request *request, const struct identity *identity, GError **error)
{
	const struct harden_request *common = request->options->request;
	static const struct owner_shift own = {.single = true};
	autoimage struct image *image = NULL;
	autorootfs struct rootfs *rootfs = NULL;
	autojson json_t *keep_list = NULL;

	image = image_open(request->options->operands->pdata[0], common->platform, &common->limits,
			   error);
	if (!image || !keep_list_try(request->keepset, image, &keep_list, error))
		return false;
	rootfs = rootfs_unpack_early(image, common->cache_path, identity ? &identity->shift : &own,
				     error);
	return rootfs && write_document(request, image, rootfs, keep_list, error);
}

static bool check(struct sbom_request *request, const char *format, GError **error)
{
	if (!document_format_parse(format ? format : "spdx", &request->format, error))
		return false;
	if (!request->cyclonedx_version)
		return true;
	if (request->format != DOCUMENT_CYCLONEDX)
		return error_set(error, THRESH_ERROR_USAGE,
				 "--cyclonedx-version is for --format cyclonedx");
	return document_cyclonedx_version_check(request->cyclonedx_version, error);
}

int cmd_sbom(int argc, char **argv, GError **error)
{
	g_autofree char *format = NULL, *version = NULL, *output = NULL, *keepset = NULL;
	const GOptionEntry own[] = {
		{"format", 0, 0, G_OPTION_ARG_FILENAME, &format,
		 "spdx (default), spdx3 or cyclonedx", "FORMAT"},
		{"cyclonedx-version", 0, 0, G_OPTION_ARG_FILENAME, &version,
		 "1.5, 1.6 (default) or 1.7", "VERSION"},
		{"output", 0, 0, G_OPTION_ARG_FILENAME, &output,
		 "write there instead of standard output", "FILE"},
		{"keepset", 0, 0, G_OPTION_ARG_FILENAME, &keepset,
		 "take the keep list from here: keepset.json of harden --out", "FILE"},
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	const struct command_form form = {
		.name = "sbom",
		.operands = "IMAGE",
		.summary =
			"Says what is in an image, sealed or not: every file with its digest, the "
			"package that\nowns it, and why it was kept; as SPDX 2.3, SPDX 3.0.1 or "
			"CycloneDX.",
		.examples = "  thresh sbom oci:app-sealed --format cyclonedx --output app.cdx.json",
		.groups = OPTIONS_SOURCE | OPTIONS_REGISTRY,
		.own = own,
		.operands_min = 1,
		.operands_max = 1,
	};
	autooptions struct options *options = options_parse(&form, argc, argv, error);
	struct sbom_request request = {.options = options};
	struct identity identity = {0};
	bool entered, done;

	request.cyclonedx_version = version;
	request.output = output;
	request.keepset = keepset;
	if (!options || !check(&request, format, error))
		return 2;
	if (!options->request->cache_path)
		options->request->cache_path = cache_default_path(error);
	if (!options->request->cache_path)
		return 3;
	entered = identity_enter(&identity, NULL);
	done = run(&request, entered ? &identity : NULL, error);
	if (entered)
		identity_clear(&identity);
	return done ? 0 : 3;
}
