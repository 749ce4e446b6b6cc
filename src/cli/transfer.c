/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/transfer.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "cli/json_output.h"
#include "image/copy.h"

static void print_json(const char *source, const char *destination,
		       const struct copy_result *result, GError **error)
{
	autojson json_t *json = json_pack(
		"{s:o, s:o, s:o, s:i, s:I}", "source", json_from_text(source), "destination",
		json_from_text(destination), "digest", json_from_digest(&result->digest),
		"referrers", (int)result->referrers, "bytes", (json_int_t)result->bytes);

	json_output_print(json, error);
}

static void print_text(const char *source, const char *destination,
		       const struct copy_result *result, GError **error)
{
	g_autofree char *from = error_quote(source), *to = error_quote(destination);
	g_autofree char *size = size_format(result->bytes);
	char digest[DIGEST_TEXT_BYTES];

	digest_format(&result->digest, digest);
	output_line("%s -> %s", from, to);
	output_line("%s", digest);
	output_line("%s, %u %s", size, result->referrers,
		    result->referrers == 1 ? "artifact refers to it" : "artifacts refer to it");
	output_flush(error);
}

int transfer_run(const struct options *options, const char *source, const char *destination,
		 const struct transfer_choice *choice, GError **error)
{
	const struct copy_options copy = {
		.platform = options->request->platform,
		.all_platforms = choice->all_platforms,
		.without_referrers = choice->without_referrers,
		.limits = &options->request->limits,
	};
	struct copy_result result;

	cleanup_guard(); /* what is half written goes with an interrupt */
	if (!image_copy(source, destination, &copy, &result, error))
		return 7;
	if (options->format == OUTPUT_JSON)
		print_json(source, destination, &result, error);
	else
		print_text(source, destination, &result, error);
	return 0;
}

char *transfer_reference(const char *text, GError **error)
{
	struct reference reference = {0};
	g_autofree char *whole = g_str_has_prefix(text, "docker://")
					 ? g_strdup(text)
					 : g_strconcat("docker://", text, NULL);

	if (!reference_parse_registry(whole, &reference, error))
		return NULL;
	reference_clear(&reference);
	return g_steal_pointer(&whole);
}
