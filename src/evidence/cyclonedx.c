/* SPDX-License-Identifier: Apache-2.0 */
/* CycloneDX 1.5 to 1.7 (ECMA-424; cyclonedx.org/docs, "JSON Reference"). */
#include "evidence/documents_private.h"

#include <string.h>

static void add_property(json_t *properties, const char *name, const char *value)
{
	json_t *property;

	if (!value)
		return;
	property = json_object();
	json_object_set_new(property, "name", json_string(name));
	json_object_set_new(property, "value", json_from_text(value));
	json_array_append_new(properties, property);
}

static json_t *file_component(const struct inventory_file *file)
{
	json_t *component = json_object(), *properties = json_array();
	g_autofree char *id = document_path_id(file->path);
	g_autofree char *reference = g_strconcat("file:", id, NULL);
	char hex[DIGEST_HEX_BYTES];

	digest_format_hex(&file->digest, hex);
	json_object_set_new(component, "type", json_string("file"));
	json_object_set_new(component, "bom-ref", json_string(reference));
	json_object_set_new(component, "name", json_from_text(file->path));
	json_object_set_new(component, "hashes",
			    json_pack("[{s:s, s:s}]", "alg", "SHA-256", "content", hex));
	add_property(properties, "thresh:kind", document_file_kind(file));
	add_property(properties, "thresh:distribution-checksum", document_verdict(file));
	add_property(properties, "thresh:reason", file->reason);
	add_property(properties, "thresh:via", file->via);
	json_object_set_new(component, "properties", properties);
	return component;
}

/* The names under which scanners look for the source package, whose version advisories speak of. */
static void add_source(json_t *properties, const struct package *package)
{
	if (!package)
		return;
	add_property(properties, "aquasecurity:trivy:SrcName", package->source);
	add_property(properties, "aquasecurity:trivy:SrcVersion", package->source_version);
}

static json_t *package_component(const struct component *component)
{
	json_t *json = json_object(), *files = json_array(), *properties = json_array();
	json_t *license;

	json_object_set_new(json, "type", json_string("library"));
	json_object_set_new(json, "bom-ref", json_string(component->reference));
	if (component->namespace && !component->package)
		json_object_set_new(json, "group", json_string(component->namespace));
	json_object_set_new(json, "name", json_string(component->name));
	json_object_set_new(json, "version", json_string(component->version));
	if (component->purl)
		json_object_set_new(json, "purl", json_string(component->purl));
	if (component->license) {
		license = json_pack("{s:s}", "name", component->license);
		json_object_set_new(json, "licenses", json_pack("[{s:o}]", "license", license));
	}
	for (guint i = 0; i < component->files->len; i++)
		json_array_append_new(files, file_component(component->files->pdata[i]));
	json_object_set_new(json, "components", files);
	add_property(properties, "thresh:found", component->found);
	add_source(properties, component->package);
	json_object_set_new(json, "properties", properties);
	return json;
}

static json_t *system_component(const struct distribution *distribution)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "type", "operating-system", "bom-ref",
			 "operating-system", "name", distribution->id, "version",
			 distribution->version, "description", distribution->name);
}

static json_t *components(const struct inventory *inventory)
{
	json_t *array = json_array();

	json_array_append_new(array, system_component(&inventory->distribution));
	for (guint i = 0; i < inventory->components->len; i++)
		json_array_append_new(array, package_component(inventory->components->pdata[i]));
	for (guint i = 0; i < inventory->files->len; i++) {
		const struct inventory_file *file = inventory->files->pdata[i];

		if (!file->owner)
			json_array_append_new(array, file_component(file));
	}
	return array;
}

/* The image depends on its system and its languages' packages, the system on its packages: how
 * scanners know what a package is of. */
static json_t *dependencies(const struct inventory *inventory, const char *image)
{
	json_t *of_image = json_pack("[s]", "operating-system"), *of_system = json_array();

	for (guint i = 0; i < inventory->components->len; i++) {
		const struct component *component = inventory->components->pdata[i];

		json_array_append_new(component->package ? of_system : of_image,
				      json_string(component->reference));
	}
	return json_pack("[{s:s, s:o}, {s:s, s:o}]", "ref", image, "dependsOn", of_image, "ref",
			 "operating-system", "dependsOn", of_system);
}

/* Complete: there is no file in the image that is not here. */
static json_t *compositions(const struct inventory *inventory, const char *image)
{
	json_t *assemblies = json_pack("[s]", image);

	for (guint i = 0; i < inventory->components->len; i++) {
		const struct component *component = inventory->components->pdata[i];

		json_array_append_new(assemblies, json_string(component->reference));
	}
	return json_pack("[{s:s, s:o}]", "aggregate",
			 inventory->complete ? "complete" : "incomplete", "assemblies", assemblies);
}

static json_t *metadata(const struct inventory *inventory, const struct document_about *about,
			const char *image)
{
	json_t *properties = json_array(), *component;
	g_autofree char *files = g_strdup_printf("%u", inventory->files->len);
	g_autofree char *unowned = g_strdup_printf("%u", inventory->unowned);
	char time[TIME_TEXT_BYTES];

	document_time(about, time);
	add_property(properties, "thresh:files", files);
	add_property(properties, "thresh:files:unowned", unowned);
	for (guint i = 0; i < inventory->notes->len; i++)
		add_property(properties, "thresh:note", inventory->notes->pdata[i]);
	component = json_pack("{s:s, s:s, s:s, s:s}", "type", "container", "bom-ref", image, "name",
			      image, "version", image);
	/* the older form of `tools`: scanners that read this know no other */
	return json_pack("{s:s, s:[{s:s, s:s, s:s}], s:o, s:o}", "timestamp", time, "tools",
			 "vendor", "thresh", "name", "thresh", "version", THRESH_VERSION,
			 "component", component, "properties", properties);
}

json_t *cyclonedx_document(const struct inventory *inventory, const struct document_about *about)
{
	const char *version = about->cyclonedx_version ? about->cyclonedx_version : "1.6";
	g_autofree char *format = g_strconcat("cyclonedx ", version, NULL);
	g_autofree char *schema =
		g_strdup_printf("http://cyclonedx.org/schema/bom-%s.schema.json", version);
	char image[DIGEST_TEXT_BYTES], uuid[UUID_TEXT_BYTES];
	json_t *document = json_object();

	digest_format(&about->image->manifest_digest, image);
	document_uuid(inventory, about, format, uuid);
	g_autofree char *serial = g_strconcat("urn:uuid:", uuid, NULL);
	json_object_set_new(document, "$schema", json_string(schema));
	json_object_set_new(document, "bomFormat", json_string("CycloneDX"));
	json_object_set_new(document, "specVersion", json_string(version));
	json_object_set_new(document, "serialNumber", json_string(serial));
	json_object_set_new(document, "version", json_integer(1));
	json_object_set_new(document, "metadata", metadata(inventory, about, image));
	json_object_set_new(document, "components", components(inventory));
	json_object_set_new(document, "dependencies", dependencies(inventory, image));
	json_object_set_new(document, "compositions", compositions(inventory, image));
	return document;
}
