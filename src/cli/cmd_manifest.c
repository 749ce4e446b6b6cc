/* SPDX-License-Identifier: Apache-2.0 */
/* `thresh manifest IMAGE --target T`: what an engine must be told, from the image alone. */
#include "base/error.h"
#include "cli/command.h"
#include "cli/json_output.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "image/image.h"
#include "image/reference.h"
#include "manifest/manifest.h"

#include <string.h>

static void warn_host_network(const struct seal *seal)
{
	g_autoptr(GString) ports = g_string_new(NULL);

	for (guint i = 0; seal->ports && i < seal->ports->len; i++)
		g_string_append_printf(ports, "%s%s", i > 0 ? ", " : "",
				       (const char *)seal->ports->pdata[i]);
	progress_note(
		NULL,
		"manifest: warning: --network host: the application sees and reaches everything "
		"that listens on the host's loopback, abstract Unix sockets too, and %s %s open on "
		"every address of the host",
		ports->len > 0 ? ports->str : "what it listens on",
		seal->ports && seal->ports->len > 1 ? "are" : "is");
}

/* The image as an engine finds it: with its transport and its tag, since a layout holds the keep
 * list too and tools then ask which of the two is meant. Caller frees. */
static char *engine_reference(const char *source, const struct image *image)
{
	struct reference reference;
	char *text;

	if (!reference_find(source, &reference, NULL))
		return g_strdup(source);
	if (reference.name || !image->name || reference.transport == TRANSPORT_REGISTRY)
		text = g_strdup(source);
	else
		text = g_strdup_printf("%s:%s:%s", transport_name(reference.transport),
				       reference.path, image->name);
	reference_clear(&reference);
	return text;
}

static int print_manifest(const struct options *options, enum manifest_target target,
			  const char *reference, const char *name, GError **error)
{
	const char *source = options->operands->pdata[0];
	autoimage struct image *image =
		image_open(source, options->request->platform, &options->request->limits, error);
	g_autofree char *found = image ? engine_reference(source, image) : NULL;
	struct manifest_options manifest_options = {
		.image_reference = reference ? reference : found,
		.host_network = options->host_network,
		.json = options->format == OUTPUT_JSON,
		.name = name,
	};
	g_autofree char *text = NULL;
	struct seal *seal;

	if (!image)
		return 3;
	seal = seal_from_config(image->config, error);
	if (!seal) {
		g_prefix_error(error, "%s: ", source);
		return 3;
	}
	text = manifest_format(target, seal, image, &manifest_options, error);
	if (text && options->host_network)
		warn_host_network(seal);
	seal_free(seal);
	if (!text)
		return 7;
	output_text(text);
	output_flush(error);
	return 0;
}

int cmd_manifest(int argc, char **argv, GError **error)
{
	g_autofree char *target_name = NULL, *reference = NULL, *name = NULL, *network = NULL;
	const GOptionEntry own[] = {
		{"target", 0, 0, G_OPTION_ARG_FILENAME, &target_name,
		 "podman, oci-runtime or kubernetes", "TARGET"},
		{"image", 0, 0, G_OPTION_ARG_FILENAME, &reference,
		 "how the target calls the image (default: IMAGE)", "REF"},
		{"name", 0, 0, G_OPTION_ARG_FILENAME, &name,
		 "kubernetes: the Deployment's name (default: from the reference)", "NAME"},
		{"network", 0, 0, G_OPTION_ARG_FILENAME, &network,
		 "host: the host's own network; says what that opens", "NETWORK"},
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	const struct command_form form = {
		.name = "manifest",
		.operands = "IMAGE --target TARGET",
		.summary = "Prints the command line, bundle config or Deployment under which all "
			   "of a sealed\n"
			   "image's restrictions hold.",
		.examples = "  sh -c \"$(thresh manifest oci:out --target podman --image app)\"",
		.groups = OPTIONS_FORMAT | OPTIONS_SOURCE | OPTIONS_REGISTRY,
		.own = own,
		.operands_min = 1,
		.operands_max = 1,
	};
	autooptions struct options *options = options_parse(&form, argc, argv, error);
	enum manifest_target target;

	if (!options)
		return 2;
	if (!target_name) {
		error_set(error, THRESH_ERROR_USAGE,
			  "--target is missing: podman, oci-runtime or kubernetes");
		return 2;
	}
	if (!manifest_target_parse(target_name, &target, error))
		return 2;
	if (network && strcmp(network, "host") != 0 && strcmp(network, "default") != 0) {
		error_set(error, THRESH_ERROR_USAGE, "--network %s: want default or host", network);
		return 2;
	}
	options->host_network = network && !strcmp(network, "host");
	return print_manifest(options, target, reference, name, error);
}
