/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/signing.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "cli/json_output.h"
#include "evidence/attestation.h"

void signing_entries(struct signing *signing, GOptionEntry *entries)
{
	entries[0] = (GOptionEntry){"key",
				    0,
				    0,
				    G_OPTION_ARG_FILENAME,
				    &signing->key,
				    "private key that signs: a file, or a provider's URI",
				    "KEY"};
	entries[1] = (GOptionEntry){"password-file",
				    0,
				    0,
				    G_OPTION_ARG_FILENAME,
				    &signing->password_file,
				    "its first line is the key's password; - is standard input",
				    "FILE"};
}

void signing_clear(struct signing *signing)
{
	g_free(signing->key);
	g_free(signing->password_file);
	sign_key_free(signing->opened);
}

bool signing_open(struct signing *signing, GError **error)
{
	struct password_source source = {.file = signing->password_file};

	if (!signing->key)
		return error_set(error, THRESH_ERROR_USAGE, "--key is missing");
	signing->opened = sign_key_load(signing->key, password_ask, &source, error);
	return signing->opened != NULL;
}

static void report(const struct options *options, const struct image *image,
		   const GPtrArray *statements, const char *key_id, GError **error)
{
	autojson json_t *types = json_array();
	autojson json_t *json = NULL;
	char digest[DIGEST_TEXT_BYTES];

	for (guint i = 0; i < statements->len; i++)
		json_array_append(types, json_object_get(statements->pdata[i], "predicateType"));
	if (options->format == OUTPUT_JSON) {
		json = json_pack("{s:i, s:o, s:s, s:O}", "version", 1, "digest",
				 json_from_digest(&image->manifest_digest), "keyid", key_id,
				 "predicateTypes", types);
		json_output_print(json, error);
		return;
	}
	digest_format(&image->manifest_digest, digest);
	output_line("%s", digest);
	output_line("signed by key %s", key_id);
	for (guint i = 0; i < statements->len; i++)
		output_line("  %s", json_string_value(json_array_get(types, i)));
	output_flush(error);
}

bool signing_attach(const struct signing *signing, const struct options *options,
		    const struct image *image, const GPtrArray *statements, GError **error)
{
	g_autofree char *id = sign_key_id(signing->opened, error);
	g_autoptr(GPtrArray) attestations =
		id ? attestations_new(statements, signing->opened, error) : NULL;

	if (!attestations || !image_attach(image, attestations, error))
		return false;
	report(options, image, statements, id, error);
	return true;
}
