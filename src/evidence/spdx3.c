/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX 3.0.1 (spdx.github.io/spdx-spec/v3.0.1), core and software profiles, as JSON-LD. */
#include "evidence/documents_private.h"

#include <string.h>

#define CREATION_INFO "_:creation"

struct spdx3 {
	const struct inventory *inventory;
	char *base; /* of all identifiers, up to and with "#" */
	json_t *graph;
};

/* A new element, already in the graph; borrowed. */
static json_t *add_element(struct spdx3 *spdx, const char *type, const char *id)
{
	json_t *element = json_pack("{s:s, s:s+, s:s}", "type", type, "spdxId", spdx->base, id,
				    "creationInfo", CREATION_INFO);

	json_array_append_new(spdx->graph, element);
	return element;
}

static void add_id(struct spdx3 *spdx, json_t *array, const char *prefix, const char *id)
{
	json_array_append_new(array, json_pack("s++", spdx->base, prefix, id));
}

/* @from contains all of @to (taken), and nothing else where it is complete. */
static void contain(struct spdx3 *spdx, const char *prefix, const char *from, json_t *to)
{
	g_autofree char *id = g_strconcat("contains-", prefix, from, NULL);
	json_t *relationship;

	if (json_array_size(to) == 0) {
		json_decref(to);
		return;
	}
	relationship = add_element(spdx, "Relationship", id);
	json_object_set_new(relationship, "from", json_pack("s++", spdx->base, prefix, from));
	json_object_set_new(relationship, "to", to);
	json_object_set_new(relationship, "relationshipType", json_string("contains"));
	json_object_set_new(relationship, "completeness",
			    json_string(spdx->inventory->complete ? "complete" : "incomplete"));
}

static void add_file(struct spdx3 *spdx, const struct inventory_file *file, json_t *owned)
{
	g_autofree char *hash = document_path_id(file->path);
	g_autofree char *id = g_strconcat("File-", hash, NULL);
	g_autofree char *comment = document_file_comment(file);
	json_t *element = add_element(spdx, "software_File", id);
	char sha256[DIGEST_HEX_BYTES];

	digest_format_hex(&file->digest, sha256);
	json_object_set_new(element, "name", json_from_path(file->path));
	json_object_set_new(element, "comment", json_from_text(comment));
	json_object_set_new(element, "software_fileKind", json_string("file"));
	json_object_set_new(element, "verifiedUsing",
			    json_pack("[{s:s, s:s, s:s}]", "type", "Hash", "algorithm", "sha256",
				      "hashValue", sha256));
	add_id(spdx, owned, "", id);
}

static json_t *add_package(struct spdx3 *spdx, const char *id, const char *name,
			   const char *version, const char *purpose)
{
	json_t *element = add_element(spdx, "software_Package", id);

	json_object_set_new(element, "name", json_from_text(name));
	json_object_set_new(element, "software_primaryPurpose", json_string(purpose));
	if (*version)
		json_object_set_new(element, "software_packageVersion", json_from_text(version));
	return element;
}

static void add_component(struct spdx3 *spdx, const struct component *component)
{
	g_autofree char *id = g_strconcat("Package-", component->reference, NULL);
	g_autofree char *source = document_source_info(component);
	g_autofree char *comment = g_strdup_printf("found in %s%s%s", component->found,
						   component->license ? "; license: " : "",
						   component->license ? component->license : "");
	json_t *element = add_package(spdx, id, component->name, component->version, "library");
	json_t *owned = json_array();

	json_object_set_new(element, "comment", json_from_text(comment));
	if (component->purl)
		json_object_set_new(element, "software_packageUrl", json_string(component->purl));
	if (source)
		json_object_set_new(element, "software_sourceInfo", json_from_text(source));
	for (guint i = 0; i < component->files->len; i++)
		add_file(spdx, component->files->pdata[i], owned);
	contain(spdx, "Package-", component->reference, owned);
}

/* The image contains the system, the languages' packages and what nobody owns; the system its
 * packages.
 */
static void add_contents(struct spdx3 *spdx)
{
	const struct inventory *inventory = spdx->inventory;
	json_t *of_image = json_array(), *of_system = json_array();

	add_id(spdx, of_image, "", "OperatingSystem");
	for (guint i = 0; i < inventory->components->len; i++) {
		const struct component *component = inventory->components->pdata[i];

		add_component(spdx, component);
		add_id(spdx, component->package ? of_system : of_image, "Package-",
		       component->reference);
	}
	for (guint i = 0; i < inventory->files->len; i++) {
		const struct inventory_file *file = inventory->files->pdata[i];

		if (!file->owner)
			add_file(spdx, file, of_image);
	}
	contain(spdx, "", "Image", of_image);
	contain(spdx, "", "OperatingSystem", of_system);
}

static void add_creation(struct spdx3 *spdx, const struct document_about *about)
{
	char time[TIME_TEXT_BYTES];
	json_t *agent, *tool;

	document_time(about, time);
	json_array_append_new(spdx->graph,
			      json_pack("{s:s, s:s, s:s, s:s, s:[s+], s:[s+]}", "type",
					"CreationInfo", "@id", CREATION_INFO, "specVersion",
					"3.0.1", "created", time, "createdBy", spdx->base, "Agent",
					"createdUsing", spdx->base, "Tool"));
	agent = add_element(spdx, "SoftwareAgent", "Agent");
	json_object_set_new(agent, "name", json_string("thresh"));
	tool = add_element(spdx, "Tool", "Tool");
	json_object_set_new(tool, "name", json_string("thresh " THRESH_VERSION));
}

static void add_document(struct spdx3 *spdx, const char *digest)
{
	json_t *document = add_element(spdx, "SpdxDocument", "Document");
	json_t *sbom = add_element(spdx, "software_Sbom", "Sbom");

	json_object_set_new(document, "name", json_string(digest));
	json_object_set_new(document, "profileConformance",
			    json_pack("[s, s]", "core", "software"));
	json_object_set_new(document, "rootElement", json_pack("[s+]", spdx->base, "Sbom"));
	json_object_set_new(sbom, "rootElement", json_pack("[s+]", spdx->base, "Image"));
	json_object_set_new(sbom, "software_sbomType", json_pack("[s]", "analyzed"));
}

json_t *spdx3_document(const struct inventory *inventory, const struct document_about *about)
{
	const struct distribution *distribution = &inventory->distribution;
	struct spdx3 spdx = {inventory, NULL, json_array()};
	char digest[DIGEST_TEXT_BYTES], uuid[UUID_TEXT_BYTES];

	digest_format(&about->image->manifest_digest, digest);
	document_uuid(inventory, about, "spdx 3.0.1", uuid);
	spdx.base = g_strdup_printf("https://spdx.org/spdxdocs/thresh-%s#", uuid);
	add_creation(&spdx, about);
	add_document(&spdx, digest);
	add_package(&spdx, "Image", digest, digest, "container");
	add_package(&spdx, "OperatingSystem", distribution->id, distribution->version,
		    "operatingSystem");
	add_contents(&spdx);
	g_free(spdx.base);
	return json_pack("{s:s, s:o}", "@context", "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
			 "@graph", spdx.graph);
}
