/* SPDX-License-Identifier: Apache-2.0 */
/* `thresh why IMAGE PATH`: the verdict on a path of the source image, from the keep list that
 * harden stored beside the sealed image (docs/keepset.md). */
#include "base/error.h"
#include "base/path.h"
#include "cli/command.h"
#include "cli/json_output.h"
#include "cli/keep_list.h"
#include "cli/options.h"
#include "image/rootfs.h"
#include "seal/packages.h"
#include "seal/seal.h"

#include <string.h>

static const struct {
	const char *prefix, *meaning;
} meanings[] = {
	{"trace:", "the application used it while it was traced"},
	{"closure:", "something that is kept needs it"},
	{"floor:", "every application may need it"},
	{"rule:", "a rule of the user keeps it"},
	{"replay:", "the sealed image missed it in the replay"},
	{"parent", "a directory of something that is kept"},
	{"unused", "no run used it, and nothing that is kept needs it"},
	{"shell", "a shell; never kept"},
	{"package-manager", "a package manager; never kept"},
	{"setid", "a set-id program that was not used"},
	{"debris", "left by the image's build, or by an earlier run"},
	{"thresh:packages", "thresh wrote it: the packages of which a file is left, and no others"},
	{"thresh", "made by thresh; the source image does not have it"},
};

static const char *meaning_of(const char *reason)
{
	for (guint i = 0; i < G_N_ELEMENTS(meanings); i++) {
		if (g_str_has_prefix(reason, meanings[i].prefix))
			return meanings[i].meaning;
	}
	return "";
}

/* Where @path leads in the sealed image, or would lead if the last component were there:
 * directories on the way may be links. NULL where the answer is @path itself. */
static char *path_behind_links(const struct tree *tree, const char *path)
{
	g_autofree char *missing = NULL;
	const struct node *node = tree_resolve(tree, path, false, NULL, &missing);
	g_autofree char *found = node ? node_path(node) : g_steal_pointer(&missing);

	return found && strcmp(found, path) != 0 ? g_steal_pointer(&found) : NULL;
}

static void print_verdict(const char *path, bool kept, const json_t *entry, const json_t *chain)
{
	const char *reason = json_string_at(entry, "reason");
	g_autofree char *quoted = error_quote(path);
	g_autofree char *size = size_format((uint64_t)MAX(json_integer_at(entry, "bytes", 0), 0));
	const json_t *link;
	size_t i;

	output_line("%s: %s", quoted, kept ? "kept" : "removed");
	output_line("  %s: %s", reason ? reason : "", meaning_of(reason ? reason : ""));
	json_array_foreach (chain, i, link) {
		g_autofree char *needs = json_path_decode(json_string_at(link, "path"));
		g_autofree char *via = error_quote(needs);
		const char *why = json_string_at(link, "reason");

		output_line("  %*sfor %s (%s)", (int)(2 * i), "", via, why ? why : "");
	}
	if (json_integer_at(entry, "bytes", 0) > 0)
		output_line("  %s", size);
}

/* What stands where the shell was, if anything: a link to thresh-init, the exec broker. */
static void print_broker(const struct seal *seal)
{
	if (!seal)
		return;
	output_line("  in its place: a link to %s, the exec broker, which runs these command lines "
		    "and refuses",
		    SEAL_INIT_PATH);
	output_line("  all else with status 126:%s", seal->shell_commands->len > 0 ? "" : " none");
	for (guint i = 0; i < seal->shell_commands->len; i++) {
		g_autofree char *quoted = error_quote(seal->shell_commands->pdata[i]);

		output_line("    %s", quoted);
	}
}

/* The seal of @image where it has a link to the broker at @path, else NULL. */
static struct seal *seal_with_broker(const struct image *image, const char *path)
{
	autoseal struct seal *seal = seal_from_config(image->config, NULL);

	for (guint i = 0; seal && i < seal->shell_links->len; i++) {
		if (!strcmp(seal->shell_links->pdata[i], path))
			return g_steal_pointer(&seal);
	}
	return NULL;
}

static void print(const struct options *options, const struct image *image, const char *path,
		  bool kept, const json_t *entry, json_t *chain, GError **error)
{
	autoseal struct seal *seal = seal_with_broker(image, path);
	autojson json_t *json = NULL;

	if (options->format == OUTPUT_TEXT) {
		print_verdict(path, kept, entry, chain);
		print_broker(seal);
		output_flush(error);
		return;
	}
	json = json_deep_copy(entry);
	json_object_set_new(json, "path", json_from_path(path));
	json_object_set_new(json, "kept", json_boolean(kept));
	json_object_set(json, "chain", chain);
	if (seal)
		json_object_set_new(json, "commands", json_from_strings(seal->shell_commands));
	json_output_print(json, error);
}

/* A path of the sealed image that the keep list does not have was made by thresh; the package
 * database was too, whatever the list says of the source's. */
static json_t *entry_of_thresh(const struct tree *tree, const char *path)
{
	const struct node *node = tree_lookup(tree, path);
	const char *reason = seal_is_package_database(path) ? "thresh:packages" : "thresh";

	return node ? json_pack("{s:s, s:I}", "reason", reason, "bytes",
				(json_int_t)node->size_bytes)
		    : NULL;
}

static void explain(const struct options *options, const struct image *image,
		    const json_t *keep_list, GError **error)
{
	g_autofree char *given = path_clean(NULL, options->operands->pdata[1]), *behind = NULL;
	const char *path = given;
	bool kept;
	bool database = seal_is_package_database(path);
	const json_t *entry = database ? NULL : keep_list_find(keep_list, path, &kept);
	autotree struct tree *tree = NULL;
	autojson json_t *own = NULL, *chain = NULL;

	if (!entry) {
		g_autofree char *quoted = error_quote(given);

		tree = image_read_tree(image, error);
		if (!tree)
			return;
		behind = path_behind_links(tree, given);
		if (behind && (entry = keep_list_find(keep_list, behind, &kept)))
			path = behind;
		if (!entry && (entry = own = entry_of_thresh(tree, given)))
			kept = true;
		else if (!entry && database)
			entry = keep_list_find(keep_list, path, &kept);
		if (!entry) {
			error_set(error, THRESH_ERROR_INPUT,
				  "%s: neither the source image nor the sealed one has this path",
				  quoted);
			return;
		}
	}
	chain = keep_list_chain(keep_list, entry);
	print(options, image, path, kept, entry, chain, error);
}

int cmd_why(int argc, char **argv, GError **error)
{
	g_autofree char *file = NULL;
	const GOptionEntry own[] = {
		{"keepset", 0, 0, G_OPTION_ARG_FILENAME, &file,
		 "take the keep list from here: keepset.json of harden --out", "FILE"},
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	const struct command_form form = {
		.name = "why",
		.operands = "IMAGE PATH",
		.summary = "Says whether a path of the source image was kept, for what reason, and "
			   "what "
			   "needs it.\nIMAGE is the sealed image.",
		.examples = "  thresh why oci:app-sealed /bin/sh",
		.groups = OPTIONS_FORMAT | OPTIONS_SOURCE | OPTIONS_REGISTRY,
		.own = own,
		.operands_min = 2,
		.operands_max = 2,
	};
	autooptions struct options *options = options_parse(&form, argc, argv, error);
	autoimage struct image *image = NULL;
	autojson json_t *keep_list = NULL;

	if (!options)
		return 2;
	image = image_open(options->operands->pdata[0], options->request->platform,
			   &options->request->limits, error);
	if (!image)
		return 3;
	keep_list = keep_list_load(file, image, error);
	if (keep_list)
		explain(options, image, keep_list, error);
	return 0;
}
