/* SPDX-License-Identifier: Apache-2.0 */
#include "image/copy.h"

#include "base/error.h"
#include "image/bundle.h"
#include "image/writer.h"

static struct bundle_options bundle_options_of(const struct copy_options *options,
					       enum transport destination, int store_fd)
{
	return (struct bundle_options){
		.platform = options->platform,
		.all_platforms = options->all_platforms,
		.without_referrers = options->without_referrers,
		.limits = options->limits,
		.store_fd = destination == TRANSPORT_REGISTRY ? -1 : store_fd,
	};
}

static guint count_referrers(const struct bundle *bundle)
{
	guint count = 0;

	for (guint i = 0; i < bundle->documents->len; i++) {
		const struct bundle_document *document = bundle->documents->pdata[i];

		count += document->is_referrer;
	}
	return count;
}

static void fill_result(const struct bundle *bundle, struct copy_result *ret_result)
{
	*ret_result = (struct copy_result){.digest = bundle->top->digest,
					   .referrers = count_referrers(bundle)};
	for (guint i = 0; i < bundle->blobs->len; i++) {
		const struct bundle_blob *blob = bundle->blobs->pdata[i];

		ret_result->bytes += blob->size_bytes;
	}
}

/* Straight from where it is: nothing is staged. */
static bool copy_to_registry(const char *source, const struct reference *destination,
			     const struct copy_options *options, struct copy_result *ret_result,
			     GError **error)
{
	const struct image_remote *remote = options->limits->remote;
	const struct bundle_options from = bundle_options_of(options, TRANSPORT_REGISTRY, -1);
	autobundle struct bundle *bundle = NULL;
	g_autofree char *quoted = NULL;

	if (!remote)
		return error_set(error, THRESH_ERROR_INTERNAL, "no client for registries");
	bundle = bundle_open(source, &from, error);
	if (!bundle)
		return false;
	if (!remote->send(remote, destination, bundle, error)) {
		quoted = reference_format(destination);
		g_prefix_error(error, "%s: ", quoted);
		return false;
	}
	fill_result(bundle, ret_result);
	return true;
}

static bool copy_to_files(const char *source, const char *destination,
			  const struct reference *reference, const struct copy_options *options,
			  struct copy_result *ret_result, GError **error)
{
	static const char *const no_layers[] = {NULL};
	const struct image_writer_options writer_options = {.layer_names = no_layers};
	autowriter struct image_writer *writer =
		image_writer_new(destination, &writer_options, error);
	struct bundle_options from;
	autobundle struct bundle *bundle = NULL;

	if (!writer)
		return false;
	from = bundle_options_of(options, reference->transport, image_writer_layout_fd(writer));
	/* tools expect one image in an archive */
	from.without_referrers |= reference->transport != TRANSPORT_OCI;
	bundle = bundle_open(source, &from, error);
	if (!bundle)
		return false;
	if (!image_writer_stage_bundle(writer, bundle, error)) {
		g_prefix_error(error, "%s: ", source);
		return false;
	}
	if (!image_writer_commit(writer, error))
		return false;
	fill_result(bundle, ret_result);
	return true;
}

bool image_copy(const char *source, const char *destination, const struct copy_options *options,
		struct copy_result *ret_result, GError **error)
{
	struct reference reference = {0};
	bool ok;

	if (!reference_parse(destination, &reference, error))
		return false;
	if (reference.transport == TRANSPORT_REGISTRY)
		ok = copy_to_registry(source, &reference, options, ret_result, error);
	else
		ok = copy_to_files(source, destination, &reference, options, ret_result, error);
	reference_clear(&reference);
	return ok;
}
