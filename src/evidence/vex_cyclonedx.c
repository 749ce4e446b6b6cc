/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VEX as CycloneDX 1.5 to 1.7 (cyclonedx.org/capabilities/vex): a document of its own. Components
 * are those of the source that statements are about; `scope: excluded` where nothing of one is in
 * the image, and so are the files of it that are not, code with its digest. What is in the image
 * has a BOM-Link to the component of the image's own inventory too, which scanners match.
 */
#include "evidence/documents_private.h"
#include "evidence/vex.h"

#include <string.h>

static json_t *gone_file(const struct vex_file *file)
{
	json_t *json = json_object();
	char hex[DIGEST_HEX_BYTES];

	json_object_set_new(json, "type", json_string("file"));
	json_object_set_new(json, "scope", json_string("excluded"));
	json_object_set_new(json, "name", json_from_path(file->path));
	if (file->is_code) {
		digest_format_hex(&file->digest, hex);
		json_object_set_new(json, "hashes",
				    json_pack("[{s:s, s:s}]", "alg", "SHA-256", "content", hex));
	}
	return json;
}

static json_t *package_json(const struct vex_package *package)
{
	const struct component *component = package->component;
	json_t *json = json_object(), *files;

	json_object_set_new(json, "type", json_string("library"));
	json_object_set_new(json, "bom-ref", json_string(component->purl));
	if (package->left == LEFT_NOTHING)
		json_object_set_new(json, "scope", json_string("excluded"));
	if (component->namespace && !component->package)
		json_object_set_new(json, "group", json_string(component->namespace));
	json_object_set_new(json, "name", json_string(component->name));
	json_object_set_new(json, "version", json_string(component->version));
	json_object_set_new(json, "purl", json_string(component->purl));
	if (package->gone->len == 0)
		return json;
	files = json_array();
	for (guint i = 0; i < package->gone->len; i++)
		json_array_append_new(files, gone_file(package->gone->pdata[i]));
	json_object_set_new(json, "components", files);
	return json;
}

static json_t *analysis(const struct vex_statement *statement)
{
	static const char *const states[] = {
		[VEX_FIXED] = "resolved",
		[VEX_NOT_AFFECTED] = "not_affected",
		[VEX_UNDER_INVESTIGATION] = "in_triage",
		[VEX_AFFECTED] = "exploitable",
	};
	json_t *json = json_pack("{s:s, s:s}", "state", states[statement->status], "detail",
				 statement->note);

	if (statement->status == VEX_NOT_AFFECTED)
		json_object_set_new(json, "justification", json_string("code_not_present"));
	if (statement->status == VEX_AFFECTED)
		json_object_set_new(json, "response", json_pack("[s]", "update"));
	return json;
}

/* "urn:cdx:SERIAL/VERSION#REFERENCE" (cyclonedx.org/capabilities/bomlink) */
static char *bom_link(const struct component *component, const char *serial)
{
	return g_strdup_printf("urn:cdx:%s/1#%s", serial + strlen("urn:uuid:"),
			       component->reference);
}

static json_t *affects(const struct vex_statement *statement, const char *serial)
{
	json_t *array = json_array();

	for (guint i = 0; i < statement->packages->len; i++) {
		const struct vex_package *package = statement->packages->pdata[i];
		g_autofree char *link = package->sealed ? bom_link(package->sealed, serial) : NULL;

		json_array_append_new(array, json_pack("{s:s}", "ref", package->component->purl));
		if (link)
			json_array_append_new(array, json_pack("{s:s}", "ref", link));
	}
	return array;
}

/* Names in other catalogues: a source is demanded of each, and theirs is what their prefix says. */
static json_t *references(const struct vex_statement *statement)
{
	json_t *array = json_array();

	for (guint i = 0; i < statement->aliases->len; i++) {
		const char *alias = statement->aliases->pdata[i];
		g_autofree char *catalogue = g_strndup(alias, strcspn(alias, "-"));

		json_array_append_new(array, json_pack("{s:s, s:{s:s}}", "id", alias, "source",
						       "name", catalogue));
	}
	return array;
}

static json_t *vulnerability(const struct vex_statement *statement, const char *serial, guint index)
{
	g_autofree char *reference =
		g_strdup_printf("vulnerability:%u:%s", index, statement->vulnerability);
	json_t *json =
		json_pack("{s:s, s:s, s:{s:s}, s:o, s:o}", "bom-ref", reference, "id",
			  statement->vulnerability, "source", "name", statement->source, "analysis",
			  analysis(statement), "affects", affects(statement, serial));

	if (statement->aliases->len > 0)
		json_object_set_new(json, "references", references(statement));
	if (statement->action)
		json_object_set_new(json, "recommendation", json_string(statement->action));
	return json;
}

/* A property for each file of data: name, digest, size. */
static json_t *metadata(const struct vulnerabilities *data, const struct vex_about *about)
{
	json_t *properties = json_array();

	for (guint i = 0; i < data->files->len; i++) {
		const struct vulnerability_file *file = data->files->pdata[i];
		g_autofree char *text = NULL;
		char digest[DIGEST_TEXT_BYTES];

		digest_format(&file->digest, digest);
		text = g_strdup_printf("%s %s %" G_GUINT64_FORMAT " %s", file->name, digest,
				       file->size_bytes, file->source);
		cyclonedx_add_property(properties, "thresh:vulnerability-data", text);
	}
	if (about->author)
		cyclonedx_add_property(properties, "thresh:author", about->author);
	return cyclonedx_metadata(&about->document, properties);
}

/* A version 8 UUID of the content. */
static void set_serial(json_t *document)
{
	g_autofree char *text = json_format_canonical(document), *serial = NULL;
	char uuid[UUID_TEXT_BYTES];

	document_uuid_of(text, uuid);
	serial = g_strconcat("urn:uuid:", uuid, NULL);
	json_object_set_new(document, "serialNumber", json_string(serial));
}

json_t *vex_cyclonedx(const struct vex *vex, const struct vex_about *about)
{
	g_autofree char *serial = cyclonedx_serial(vex->input->sealed, &about->document);
	json_t *components = json_array(), *vulnerabilities = json_array();
	json_t *document = cyclonedx_head(&about->document, "", metadata(vex->input->data, about));

	for (guint i = 0; i < vex->packages->len; i++)
		json_array_append_new(components, package_json(vex->packages->pdata[i]));
	for (guint i = 0; i < vex->statements->len; i++)
		json_array_append_new(vulnerabilities,
				      vulnerability(vex->statements->pdata[i], serial, i));
	json_object_set_new(document, "components", components);
	json_object_set_new(document, "vulnerabilities", vulnerabilities);
	set_serial(document);
	return document;
}
