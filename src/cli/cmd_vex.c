/* SPDX-License-Identifier: Apache-2.0 */
/* `thresh vex IMAGE --source IMAGE --vulnerabilities FILE`: what removal did to known
 * vulnerabilities (docs/vex.md). */
#include "base/error.h"
#include "base/fd.h"
#include "cli/command.h"
#include "cli/keep_list.h"
#include "cli/options.h"
#include "evidence/attestation.h"
#include "evidence/provenance.h"
#include "evidence/vex.h"
#include "image/cache.h"
#include "image/rootfs.h"
#include "sandbox/identity.h"

#include <stdio.h>
#include <string.h>

struct vex_request {
	const struct options *options;
	char *source;
	char **vulnerabilities;
	char *format; /* or NULL: openvex */
	char *cyclonedx_version, *author, *image_name;
	char *keepset; /* or NULL: what lies beside the image */
	char *output;  /* or NULL: standard output */
};

/* One of the two images. */
struct side {
	struct image *image;
	struct rootfs *rootfs;
	struct inventory *inventory;
};

static void side_clear(struct side *side)
{
	inventory_free(side->inventory);
	rootfs_free(side->rootfs);
	image_free(side->image);
}

static bool side_open(const struct vex_request *request, const char *reference,
		      const struct identity *identity, struct side *side, GError **error)
{
	const struct harden_request *common = request->options->request;
	static const struct owner_shift own = {.single = true};

	side->image = image_open(reference, common->platform, &common->limits, error);
	if (side->image)
		side->rootfs = rootfs_unpack(side->image, common->cache_path,
					     identity ? &identity->shift : &own, error);
	return side->rootfs != NULL;
}

static bool side_look(struct side *side, const json_t *keep_list, GError **error)
{
	const struct inventory_options options = {.image = side->image, .keep_list = keep_list};

	side->inventory = inventory_new(side->rootfs->tree, &options, error);
	return side->inventory != NULL;
}

/* Where provenance lies beside the image, it must name the source: what another image had is not
 * what was removed. */
static bool check_source(const struct vex_request *request, const struct side *sealed,
			 const struct side *source, GError **error)
{
	g_autoptr(GPtrArray) found = attestations_read(sealed->image, error);
	bool named = false, asked = false;

	if (!found)
		return false;
	for (guint i = 0; i < found->len; i++) {
		const struct attestation_found *one = found->pdata[i];

		if (!one->is_bundle || one->fault ||
		    strcmp(one->statement.predicate_type, PREDICATE_PROVENANCE) != 0)
			continue;
		asked = true;
		named |=
			provenance_names(one->statement.predicate, &source->image->manifest_digest);
	}
	return named || !asked ||
	       error_set(error, THRESH_ERROR_INPUT,
			 "--source %s: by its provenance %s was made from another image",
			 request->source, sealed->image->reference);
}

/* --- output --------------------------------------------------------------------------------------
 */

static bool is_cyclonedx(const struct vex_request *request)
{
	return request->format && !strcmp(request->format, "cyclonedx");
}

static bool print(const struct vex_request *request, const json_t *document, GError **error)
{
	g_autofree char *text = json_format_pretty(document);

	if (!request->output) {
		output_text(text);
		return output_flush(error);
	}
	if (file_replace(request->output, text, strlen(text), 0644, error))
		return true;
	g_prefix_error(error, "--output %s: ", request->output);
	return false;
}

static bool print_counts(const struct vex *vex, GError **error)
{
	g_autofree char *text = vex_describe(vex);

	output_line("%s", text);
	return output_flush(error);
}

static bool write_document(const struct vex_request *request, const struct vex *vex, GError **error)
{
	const struct image *image = vex->input->image;
	int64_t epoch = request->options->request->epoch;
	const struct vex_about about = {
		.document = {.image = image,
			     .created = epoch >= 0 ? epoch : image_created(image),
			     .cyclonedx_version = request->cyclonedx_version},
		.author = request->author,
		.name = request->image_name,
	};
	autojson json_t *document =
		is_cyclonedx(request) ? vex_cyclonedx(vex, &about) : vex_openvex(vex, &about);

	if (!document)
		return error_set(error, THRESH_ERROR_INPUT,
				 "no vulnerability of these files is in a package of %s, and "
				 "OpenVEX has no form for that; --format cyclonedx has",
				 request->source);
	return print(request, document, error) && (!request->output || print_counts(vex, error));
}

/* --- the command ---------------------------------------------------------------------------------
 */

static struct vulnerabilities *read_data(const struct vex_request *request,
					 const struct inventory *source, GError **error)
{
	autovulnerabilities struct vulnerabilities *data = vulnerabilities_new(vex_wanted(source));

	for (char **file = request->vulnerabilities; *file; file++) {
		if (!vulnerabilities_read(data, *file, error)) {
			g_prefix_error(error, "--vulnerabilities ");
			return NULL;
		}
	}
	return g_steal_pointer(&data);
}

static bool judge(const struct vex_request *request, const struct side *sealed,
		  const struct side *source, GError **error)
{
	autovulnerabilities struct vulnerabilities *data =
		read_data(request, source->inventory, error);
	const struct vex_input input = {.image = sealed->image,
					.source = source->inventory,
					.sealed = sealed->inventory,
					.data = data};
	autovex struct vex *vex = data ? vex_new(&input) : NULL;

	return vex && write_document(request, vex, error);
}

static bool run(const struct vex_request *request, const struct identity *identity, GError **error)
{
	const char *reference = request->options->operands->pdata[0];
	struct side sealed = {0}, source = {0};
	autojson json_t *keep_list = NULL;
	bool done = side_open(request, reference, identity, &sealed, error) &&
		    side_open(request, request->source, identity, &source, error) &&
		    check_source(request, &sealed, &source, error) &&
		    keep_list_try(request->keepset, sealed.image, &keep_list, error) &&
		    side_look(&sealed, keep_list, error) && side_look(&source, NULL, error) &&
		    judge(request, &sealed, &source, error);

	side_clear(&sealed);
	side_clear(&source);
	return done;
}

static bool check_format(const struct vex_request *request, GError **error)
{
	g_autofree char *quoted = request->format ? error_quote(request->format) : NULL;

	if (request->format && !is_cyclonedx(request) && strcmp(request->format, "openvex") != 0)
		return error_set(error, THRESH_ERROR_USAGE,
				 "--format %s: want openvex or cyclonedx", quoted);
	if (!request->cyclonedx_version)
		return true;
	if (!is_cyclonedx(request))
		return error_set(error, THRESH_ERROR_USAGE,
				 "--cyclonedx-version is for --format cyclonedx");
	return document_cyclonedx_version_check(request->cyclonedx_version, error);
}

static bool check(const struct vex_request *request, GError **error)
{
	if (!request->source)
		return error_set(error, THRESH_ERROR_USAGE,
				 "--source IMAGE is missing: what the image was made from");
	if (!request->vulnerabilities)
		return error_set(error, THRESH_ERROR_USAGE,
				 "--vulnerabilities FILE is missing: OSV or Debian tracker JSON");
	if (request->author && (!*request->author || !g_utf8_validate(request->author, -1, NULL)))
		return error_set(error, THRESH_ERROR_USAGE, "--author: want a name, in UTF-8");
	return check_format(request, error) &&
	       (!request->image_name || vex_name_check(request->image_name, error));
}

static bool start(struct vex_request *request, struct options *options, GError **error)
{
	struct identity identity = {0};
	bool entered, done;

	if (!options->request->cache_path &&
	    !(options->request->cache_path = cache_default_path(error)))
		return false;
	request->options = options;
	entered = identity_enter(&identity, NULL);
	done = run(request, entered ? &identity : NULL, error);
	if (entered)
		identity_clear(&identity);
	return done;
}

static void vex_request_clear(struct vex_request *request)
{
	g_free(request->source);
	g_strfreev(request->vulnerabilities);
	g_free(request->format);
	g_free(request->cyclonedx_version);
	g_free(request->author);
	g_free(request->image_name);
	g_free(request->keepset);
	g_free(request->output);
}

int cmd_vex(int argc, char **argv, GError **error)
{
	struct vex_request request = {0};
	const GOptionArg one = G_OPTION_ARG_FILENAME;
	const GOptionEntry own[] = {
		{"source", 0, 0, one, &request.source, "image that it was made from", "IMAGE"},
		{"vulnerabilities", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &request.vulnerabilities,
		 "OSV or Debian tracker JSON, a zip or directory of OSV's (repeatable)", "FILE"},
		{"format", 0, 0, one, &request.format, "openvex (default) or cyclonedx", "FORMAT"},
		{"cyclonedx-version", 0, 0, one, &request.cyclonedx_version,
		 "1.5, 1.6 (default) or 1.7", "VERSION"},
		{"author", 0, 0, one, &request.author, "who says so (default: thresh)", "NAME"},
		{"image-name", 0, 0, one, &request.image_name,
		 "repository where the image is published, for OpenVEX's product", "REPOSITORY"},
		{"keepset", 0, 0, one, &request.keepset,
		 "take the keep list from here: keepset.json of harden --out", "FILE"},
		{"output", 0, 0, one, &request.output, "write there instead of standard output",
		 "FILE"},
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	const struct command_form form = {
		.name = "vex",
		.operands = "IMAGE --source IMAGE --vulnerabilities FILE",
		.summary = "Says of each vulnerability that the data have on a package of the "
			   "source, what holds of\nthe sealed image: gone with the package or its "
			   "code, fixed, there, or not known.",
		.examples = "  thresh vex oci:app-sealed --source oci:app --vulnerabilities "
			    "tracker.json --output vex.json\n"
			    "  thresh attest oci:app-sealed --key release.key --type openvex "
			    "--predicate vex.json",
		.groups = OPTIONS_SOURCE | OPTIONS_REGISTRY,
		.own = own,
		.operands_min = 1,
		.operands_max = 1,
	};
	autooptions struct options *options = options_parse(&form, argc, argv, error);
	bool done = options && check(&request, error) && start(&request, options, error);

	vex_request_clear(&request);
	return done ? 0 : 3;
}
