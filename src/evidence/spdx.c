/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX 2.3 (spdx.github.io/spdx-spec/v2.3), as JSON. */
#include "base/sorted.h"
#include "evidence/documents_private.h"

#include <openssl/evp.h>
#include <string.h>

#define NOASSERTION "NOASSERTION"
#define IMAGE_ID    "SPDXRef-Image"
#define SYSTEM_ID   "SPDXRef-OperatingSystem"

struct spdx {
	const struct inventory *inventory;
	json_t *packages, *files, *relationships;
};

static void relate(struct spdx *spdx, const char *from, const char *type, const char *to)
{
	json_array_append_new(spdx->relationships,
			      json_pack("{s:s, s:s, s:s}", "spdxElementId", from,
					"relationshipType", type, "relatedSpdxElement", to));
}

/* Clause 7.9: SHA-1 of the files' SHA-1, sorted, as text. Caller frees. */
static char *verification_code(const GPtrArray *files)
{
	g_autoptr(GPtrArray) sums = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) text = g_string_new(NULL);
	uint8_t code[EVP_MAX_MD_SIZE];
	unsigned int length;

	for (guint i = 0; i < files->len; i++) {
		const struct inventory_file *file = files->pdata[i];

		g_ptr_array_add(sums, document_hex(file->sha1, SHA1_BYTES));
	}
	g_ptr_array_sort(sums, text_compare);
	for (guint i = 0; i < sums->len; i++)
		g_string_append(text, sums->pdata[i]);
	EVP_Digest(text->str, text->len, code, &length, EVP_sha1(), NULL);
	return document_hex(code, SHA1_BYTES);
}

/* @files: NULL or empty where none is known to belong to it. */
static json_t *package_json(const char *id, const char *name, const char *version,
			    const char *purpose, const GPtrArray *files)
{
	bool analyzed = files && files->len > 0;
	json_t *json =
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "SPDXID", id, "name",
			  name, "downloadLocation", NOASSERTION, "licenseConcluded", NOASSERTION,
			  "licenseDeclared", NOASSERTION, "copyrightText", NOASSERTION, "supplier",
			  NOASSERTION, "primaryPackagePurpose", purpose, "filesAnalyzed", analyzed);

	if (*version)
		json_object_set_new(json, "versionInfo", json_string(version));
	if (analyzed) {
		g_autofree char *code = verification_code(files);

		json_object_set_new(json, "packageVerificationCode",
				    json_pack("{s:s}", "packageVerificationCodeValue", code));
	}
	return json;
}

static json_t *sums_json(const struct inventory_file *file)
{
	g_autofree char *sha1 = document_hex(file->sha1, SHA1_BYTES);
	char sha256[DIGEST_HEX_BYTES];

	digest_format_hex(&file->digest, sha256);
	return json_pack("[{s:s, s:s}, {s:s, s:s}]", "algorithm", "SHA1", "checksumValue", sha1,
			 "algorithm", "SHA256", "checksumValue", sha256);
}

static void add_file(struct spdx *spdx, const struct inventory_file *file, const char *owner)
{
	g_autofree char *hash = document_path_id(file->path);
	g_autofree char *id = g_strconcat("SPDXRef-File-", hash, NULL);
	g_autofree char *name = g_strconcat(".", file->path, NULL);
	g_autofree char *comment = document_file_comment(file);
	json_t *json = json_pack("{s:s, s:o, s:s, s:[s], s:s}", "SPDXID", id, "checksums",
				 sums_json(file), "licenseConcluded", NOASSERTION,
				 "licenseInfoInFiles", NOASSERTION, "copyrightText", NOASSERTION);

	json_object_set_new(json, "fileName", json_from_text(name));
	json_object_set_new(json, "comment", json_from_text(comment));
	json_array_append_new(spdx->files, json);
	relate(spdx, owner, "CONTAINS", id);
}

static void set_comments(json_t *json, const struct component *component)
{
	g_autofree char *source = document_source_info(component);
	g_autofree char *found = g_strconcat("found in ", component->found, NULL);

	json_object_set_new(json, "comment", json_from_text(found));
	if (source)
		json_object_set_new(json, "sourceInfo", json_from_text(source));
	if (component->license)
		json_object_set_new(json, "licenseComments", json_string(component->license));
	if (component->purl)
		json_object_set_new(json, "externalRefs",
				    json_pack("[{s:s, s:s, s:s}]", "referenceCategory",
					      "PACKAGE-MANAGER", "referenceType", "purl",
					      "referenceLocator", component->purl));
}

/* "@scope/name", "group:artifact" and the like: as the language writes it. Caller frees. */
static char *full_name(const struct component *component)
{
	const char *separator = !strcmp(component->type, "maven") ? ":" : "/";

	return component->namespace && !component->package
		       ? g_strconcat(component->namespace, separator, component->name, NULL)
		       : g_strdup(component->name);
}

static void add_component(struct spdx *spdx, const struct component *component)
{
	g_autofree char *id = g_strconcat("SPDXRef-Package-", component->reference, NULL);
	g_autofree char *name = full_name(component);
	json_t *json = package_json(id, name, component->version, "LIBRARY", component->files);

	set_comments(json, component);
	json_array_append_new(spdx->packages, json);
	relate(spdx, component->package ? SYSTEM_ID : IMAGE_ID, "CONTAINS", id);
	for (guint i = 0; i < component->files->len; i++)
		add_file(spdx, component->files->pdata[i], id);
}

static void add_image(struct spdx *spdx, const char *digest)
{
	const struct distribution *distribution = &spdx->inventory->distribution;
	json_t *image = package_json(IMAGE_ID, digest, digest, "CONTAINER", spdx->inventory->files);
	json_t *system = package_json(SYSTEM_ID, distribution->id, distribution->version,
				      "OPERATING_SYSTEM", NULL);

	json_object_set_new(system, "comment", json_string(distribution->name));
	json_array_append_new(spdx->packages, image);
	json_array_append_new(spdx->packages, system);
	relate(spdx, "SPDXRef-DOCUMENT", "DESCRIBES", IMAGE_ID);
	relate(spdx, IMAGE_ID, "CONTAINS", SYSTEM_ID);
}

/* In words, since the format has no field for it. Caller frees. */
static char *completeness(const struct inventory *inventory)
{
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "%u files, %u of them unowned; %s", inventory->files->len,
			       inventory->unowned,
			       inventory->complete ? "complete" : "files complete, packages not");
	for (guint i = 0; i < inventory->notes->len; i++)
		g_string_append_printf(text, "; %s", (char *)inventory->notes->pdata[i]);
	return g_string_free(text, FALSE);
}

static json_t *creation_info(const struct document_about *about)
{
	char time[TIME_TEXT_BYTES];

	document_time(about, time);
	return json_pack("{s:s, s:[s]}", "created", time, "creators",
			 "Tool: thresh-" THRESH_VERSION);
}

json_t *spdx_document(const struct inventory *inventory, const struct document_about *about)
{
	struct spdx spdx = {inventory, json_array(), json_array(), json_array()};
	g_autofree char *comment = completeness(inventory);
	g_autofree char *namespace = NULL;
	char digest[DIGEST_TEXT_BYTES], uuid[UUID_TEXT_BYTES];

	digest_format(&about->image->manifest_digest, digest);
	document_uuid(inventory, about, "spdx 2.3", uuid);
	namespace = g_strconcat("https://spdx.org/spdxdocs/thresh-", uuid, NULL);
	add_image(&spdx, digest);
	for (guint i = 0; i < inventory->components->len; i++)
		add_component(&spdx, inventory->components->pdata[i]);
	for (guint i = 0; i < inventory->files->len; i++) {
		const struct inventory_file *file = inventory->files->pdata[i];

		if (!file->owner)
			add_file(&spdx, file, IMAGE_ID);
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "spdxVersion",
			 "SPDX-2.3", "dataLicense", "CC0-1.0", "SPDXID", "SPDXRef-DOCUMENT", "name",
			 digest, "documentNamespace", namespace, "comment", comment, "creationInfo",
			 creation_info(about), "packages", spdx.packages, "files", spdx.files,
			 "relationships", spdx.relationships);
}
