/* SPDX-License-Identifier: Apache-2.0 */
/* `thresh attest IMAGE --key KEY`: signed statements on an image (docs/evidence.md). */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"
#include "cli/command.h"
#include "cli/keep_list.h"
#include "cli/signing.h"
#include "evidence/documents.h"
#include "evidence/statement.h"
#include "image/cache.h"
#include "image/rootfs.h"
#include "sandbox/identity.h"

#include <fcntl.h>
#include <string.h>

enum { PREDICATE_MAX_BYTES = 32 << 20 };

struct attest_request {
	const struct options *options;
	struct signing signing;
	char *type;
	char *predicate;
};

static void free_json(void *data)
{
	json_decref(data);
}

/* --- what the user says of it --------------------------------------------------------------------
 */

static json_t *statement_given(const struct attest_request *request, const struct image *image,
			       GError **error)
{
	autofd int fd = fd_open(AT_FDCWD, request->predicate, O_RDONLY, 0, error);
	g_autoptr(GBytes) data =
		fd < 0 ? NULL : fd_read_all(fd, PREDICATE_MAX_BYTES, request->predicate, error);
	json_t *predicate;

	if (!data)
		return NULL;
	predicate = json_parse(g_bytes_get_data(data, NULL), g_bytes_get_size(data),
			       request->predicate, error);
	if (predicate && !json_is_object(predicate)) {
		json_decref(predicate);
		error_set(error, THRESH_ERROR_INPUT, "%s: a predicate is a JSON object",
			  request->predicate);
		return NULL;
	}
	return predicate ? statement_new(&image->manifest_digest, predicate_type_of(request->type),
					 predicate)
			 : NULL;
}

/* --- what can be recomputed, or lies beside it ---------------------------------------------------
 */

static bool add_documents(GPtrArray *statements, const struct image *image, const struct tree *tree,
			  json_t *keep_list, GError **error)
{
	const struct inventory_options options = {
		.image = image, .keep_list = keep_list, .sha1 = true};
	const struct document_about about = {.image = image, .created = image_created(image)};
	autoinventory struct inventory *inventory = inventory_new(tree, &options, error);

	if (!inventory)
		return false;
	statements_add_inventory(statements, inventory, &about);
	if (keep_list)
		g_ptr_array_add(statements,
				statement_new(&image->manifest_digest, PREDICATE_CUT_LIST,
					      json_incref(keep_list)));
	return true;
}

/* Unpacked afresh: what is signed is what the blobs hold, not what a cache once held. */
static bool recompute(const struct attest_request *request, const struct image *image,
		      GPtrArray *statements, GError **error)
{
	const struct harden_request *common = request->options->request;
	static const struct owner_shift own = {.single = true};
	struct identity identity = {0};
	bool entered = identity_enter(&identity, NULL);
	g_autofree char *root = NULL, *directory = NULL;
	autojson json_t *keep_list = NULL;
	struct rootfs *rootfs = NULL;
	int lock_fd = -1;
	bool done;

	cleanup_guard();
	directory = cleanup_directory(common->cache_path, "attest-", &lock_fd, error);
	if (directory && keep_list_try(NULL, image, &keep_list, error)) {
		root = g_build_filename(directory, "root", NULL);
		rootfs = rootfs_unpack_to(image, root, entered ? &identity.shift : &own, error);
	}
	done = rootfs && add_documents(statements, image, rootfs->tree, keep_list, error);
	rootfs_free(rootfs);
	if (directory)
		cleanup_directory_remove(directory, &lock_fd);
	if (entered)
		identity_clear(&identity);
	return done;
}

/* --- the command ---------------------------------------------------------------------------------
 */

static bool attest(const struct attest_request *request, GError **error)
{
	const struct harden_request *common = request->options->request;
	g_autoptr(GPtrArray) statements = g_ptr_array_new_with_free_func(free_json);
	autoimage struct image *image = image_open(request->options->operands->pdata[0],
						   common->platform, &common->limits, error);
	json_t *given;

	if (!image)
		return false;
	if (request->predicate) {
		given = statement_given(request, image, error);
		if (!given)
			return false;
		g_ptr_array_add(statements, given);
	} else if (!recompute(request, image, statements, error)) {
		return false;
	}
	return signing_attach(&request->signing, request->options, image, statements, error);
}

static bool check(const struct attest_request *request, GError **error)
{
	g_autofree char *quoted = request->type ? error_quote(request->type) : NULL;

	if (!request->type != !request->predicate)
		return error_set(error, THRESH_ERROR_USAGE,
				 "--type and --predicate go together: what FILE is, and FILE");
	return !request->type || predicate_type_of(request->type) ||
	       error_set(error, THRESH_ERROR_USAGE,
			 "--type %s: want a URI, or spdx, spdx3, cyclonedx, openvex, provenance, "
			 "runtime-trace, cut-list or replay",
			 quoted);
}

static bool prepare(struct options *options, GError **error)
{
	struct harden_request *request = options->request;

	return request->cache_path || (request->cache_path = cache_default_path(error));
}

int cmd_attest(int argc, char **argv, GError **error)
{
	struct attest_request request = {0};
	GOptionEntry own[SIGNING_ENTRIES + 3] = {
		[SIGNING_ENTRIES] = {"type", 0, 0, G_OPTION_ARG_FILENAME, &request.type,
				     "what the predicate is: a URI, or its short name", "TYPE"},
		[SIGNING_ENTRIES +
			1] = {"predicate", 0, 0, G_OPTION_ARG_FILENAME, &request.predicate,
			      "sign this JSON object as what is said of the image", "FILE"},
	};
	const struct command_form form = {
		.name = "attest",
		.operands = "IMAGE",
		.summary = "Signs statements on an image in a layout, and puts them beside it: its "
			   "inventory as SPDX\nand CycloneDX, recomputed from the layers, and its "
			   "keep list; or one that is given.",
		.examples = "  thresh attest oci:app-sealed --key release.key\n"
			    "  thresh attest oci:app --key release.key --type "
			    "https://example.com/review/v1 --predicate review.json",
		.groups = OPTIONS_FORMAT | OPTIONS_SOURCE,
		.own = own,
		.operands_min = 1,
		.operands_max = 1,
	};
	autooptions struct options *options = NULL;

	signing_entries(&request.signing, own);
	options = options_parse(&form, argc, argv, error);
	request.options = options;
	if (options && check(&request, error) && signing_open(&request.signing, error) &&
	    prepare(options, error))
		attest(&request, error);
	signing_clear(&request.signing);
	g_free(request.type);
	g_free(request.predicate);
	return 0;
}
