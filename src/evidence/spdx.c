/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX 2.3 (spdx.github.io/spdx-spec/v2.3), as JSON. */
#include "base/parallel.h"
#include "evidence/documents_private.h"

#include <openssl/evp.h>
#include <string.h>

#define NOASSERTION "NOASSERTION"
#define DOCUMENT_ID "SPDXRef-DOCUMENT"

struct spdx {
	const struct inventory *inventory;
	json_t *packages, *files, *relationships;
	GArray *placed;         /* struct placed: in the order of the document */
	json_t *image, *system; /* identifiers */
	json_t *no_assertion, *contains, *sha1, *sha256; /* said of each file: one value each */
};

/* A file and what contains it. */
struct placed {
	const struct inventory_file *file;
	json_t *owner;               /* its identifier */
	json_t *json, *relationship; /* when they have been made */
};

static void spdx_clear(struct spdx *spdx)
{
	for (guint i = 0; i < spdx->placed->len; i++)
		json_decref(g_array_index(spdx->placed, struct placed, i).owner);
	g_array_unref(spdx->placed);
	json_decref(spdx->image);
	json_decref(spdx->system);
	json_decref(spdx->no_assertion);
	json_decref(spdx->contains);
	json_decref(spdx->sha1);
	json_decref(spdx->sha256);
}

static json_t *relationship(json_t *from, json_t *type, json_t *to)
{
	return json_pack("{s:O, s:O, s:O}", "spdxElementId", from, "relationshipType", type,
			 "relatedSpdxElement", to);
}

static void relate(struct spdx *spdx, json_t *from, json_t *type, json_t *to)
{
	json_array_append_new(spdx->relationships, relationship(from, type, to));
}

static void place(struct spdx *spdx, const struct inventory_file *file, json_t *owner)
{
	struct placed placed = {.file = file, .owner = json_incref(owner)};

	g_array_append_val(spdx->placed, placed);
}

static int compare_sums(gconstpointer a, gconstpointer b)
{
	const struct inventory_file *const *left = a, *const *right = b;

	return memcmp((*left)->sha1, (*right)->sha1, SHA1_BYTES);
}

/* Clause 7.9: SHA-1 of the files' SHA-1, sorted, as text; which sorts as the bytes do. Caller
 * frees. */
static char *verification_code(const GPtrArray *files)
{
	g_autoptr(GPtrArray) sorted = g_ptr_array_sized_new(files->len);
	g_autoptr(GString) text = g_string_sized_new(2 * SHA1_BYTES * (gsize)files->len);
	uint8_t code[EVP_MAX_MD_SIZE];
	unsigned int length;

	g_ptr_array_extend(sorted, (GPtrArray *)files, NULL, NULL);
	g_ptr_array_sort(sorted, compare_sums);
	for (guint i = 0; i < sorted->len; i++) {
		const struct inventory_file *file = sorted->pdata[i];
		g_autofree char *sum = document_hex(file->sha1, SHA1_BYTES);

		g_string_append_len(text, sum, 2 * SHA1_BYTES);
	}
	EVP_Digest(text->str, text->len, code, &length, EVP_sha1(), NULL);
	return document_hex(code, SHA1_BYTES);
}

/* @files: NULL or empty where none is known to belong to it. */
static json_t *package_json(json_t *id, const char *name, const char *version, const char *purpose,
			    const GPtrArray *files)
{
	bool analyzed = files && files->len > 0;
	json_t *json =
		json_pack("{s:O, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "SPDXID", id, "name",
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

static json_t *sums_json(const struct spdx *spdx, const struct inventory_file *file)
{
	g_autofree char *sha1 = document_hex(file->sha1, SHA1_BYTES);
	char sha256[DIGEST_HEX_BYTES];

	digest_format_hex(&file->digest, sha256);
	return json_pack("[{s:O, s:s}, {s:O, s:s}]", "algorithm", spdx->sha1, "checksumValue", sha1,
			 "algorithm", spdx->sha256, "checksumValue", sha256);
}

static void make_file(const struct spdx *spdx, struct placed *placed)
{
	const struct inventory_file *file = placed->file;
	g_autofree char *hash = document_path_id(file->path);
	autojson json_t *id = json_sprintf("SPDXRef-File-%s", hash);
	g_autofree char *name = g_strconcat(".", file->path, NULL);
	g_autofree char *comment = document_file_comment(file);

	placed->json = json_pack("{s:O, s:o, s:O, s:[O], s:O}", "SPDXID", id, "checksums",
				 sums_json(spdx, file), "licenseConcluded", spdx->no_assertion,
				 "licenseInfoInFiles", spdx->no_assertion, "copyrightText",
				 spdx->no_assertion);
	json_object_set_new(placed->json, "fileName", json_from_path(name));
	json_object_set_new(placed->json, "comment", json_from_text(comment));
	placed->relationship = relationship(placed->owner, spdx->contains, id);
}

enum { TOGETHER = 256 }; /* files that one thread takes at a time */

static bool make_some(guint index, void *user, GError **error)
{
	const struct spdx *spdx = user;
	guint end = MIN((index + 1) * TOGETHER, spdx->placed->len);

	(void)error;
	for (guint i = index * TOGETHER; i < end; i++)
		make_file(spdx, &g_array_index(spdx->placed, struct placed, i));
	return true;
}

/* On all processors; put in where they belong by one. */
static void add_files(struct spdx *spdx)
{
	guint count = spdx->placed->len;

	parallel_run((count + TOGETHER - 1) / TOGETHER, parallel_processors(), make_some, NULL,
		     spdx, NULL);
	for (guint i = 0; i < count; i++) {
		const struct placed *placed = &g_array_index(spdx->placed, struct placed, i);

		json_array_append_new(spdx->files, placed->json);
		json_array_append_new(spdx->relationships, placed->relationship);
	}
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
	autojson json_t *id = json_sprintf("SPDXRef-Package-%s", component->reference);
	g_autofree char *name = full_name(component);
	json_t *json = package_json(id, name, component->version, "LIBRARY", component->files);

	set_comments(json, component);
	json_array_append_new(spdx->packages, json);
	relate(spdx, component->package ? spdx->system : spdx->image, spdx->contains, id);
	for (guint i = 0; i < component->files->len; i++)
		place(spdx, component->files->pdata[i], id);
}

static void add_image(struct spdx *spdx, const char *digest)
{
	const struct distribution *distribution = &spdx->inventory->distribution;
	json_t *image =
		package_json(spdx->image, digest, digest, "CONTAINER", spdx->inventory->files);
	json_t *system = package_json(spdx->system, distribution->id, distribution->version,
				      "OPERATING_SYSTEM", NULL);
	autojson json_t *document = json_string(DOCUMENT_ID), *describes = json_string("DESCRIBES");

	json_object_set_new(system, "comment", json_string(distribution->name));
	json_array_append_new(spdx->packages, image);
	json_array_append_new(spdx->packages, system);
	relate(spdx, document, describes, spdx->image);
	relate(spdx, spdx->image, spdx->contains, spdx->system);
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
	__attribute__((cleanup(spdx_clear))) struct spdx spdx = {
		.inventory = inventory,
		.packages = json_array(),
		.files = json_array(),
		.relationships = json_array(),
		.placed = g_array_new(FALSE, FALSE, sizeof(struct placed)),
		.image = json_string("SPDXRef-Image"),
		.system = json_string("SPDXRef-OperatingSystem"),
		.no_assertion = json_string(NOASSERTION),
		.contains = json_string("CONTAINS"),
		.sha1 = json_string("SHA1"),
		.sha256 = json_string("SHA256"),
	};
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
			place(&spdx, file, spdx.image);
	}
	add_files(&spdx);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "spdxVersion",
			 "SPDX-2.3", "dataLicense", "CC0-1.0", "SPDXID", DOCUMENT_ID, "name",
			 digest, "documentNamespace", namespace, "comment", comment, "creationInfo",
			 creation_info(about), "packages", spdx.packages, "files", spdx.files,
			 "relationships", spdx.relationships);
}
