/* SPDX-License-Identifier: Apache-2.0 */
/* CycloneDX 1.5 to 1.7 (ECMA-424; cyclonedx.org/docs, "JSON Reference"). */
#include "evidence/documents_private.h"

#include <string.h>

static const char *cyclonedx_version(const struct document_about *about)
{
	return about->cyclonedx_version ? about->cyclonedx_version : "1.6";
}

void cyclonedx_add_property(json_t *properties, const char *name, const char *value)
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
	json_object_set_new(component, "name", json_from_path(file->path));
	json_object_set_new(component, "hashes",
			    json_pack("[{s:s, s:s}]", "alg", "SHA-256", "content", hex));
	cyclonedx_add_property(properties, "thresh:kind", document_file_kind(file));
	cyclonedx_add_property(properties, "thresh:distribution-checksum", document_verdict(file));
	cyclonedx_add_property(properties, "thresh:reason", file->reason);
	cyclonedx_add_property(properties, "thresh:via", file->via);
	json_object_set_new(component, "properties", properties);
	return component;
}

/* The names under which scanners look for the source package, whose version advisories speak of. */
static void add_source(json_t *properties, const struct package *package)
{
	if (!package)
		return;
	cyclonedx_add_property(properties, "aquasecurity:trivy:SrcName", package->source);
	cyclonedx_add_property(properties, "aquasecurity:trivy:SrcVersion",
			       package->source_version);
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
	cyclonedx_add_property(properties, "thresh:found", component->found);
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

json_t *cyclonedx_metadata(const struct document_about *about, json_t *properties)
{
	char time[TIME_TEXT_BYTES], image[DIGEST_TEXT_BYTES];
	json_t *component;

	document_time(about, time);
	digest_format(&about->image->manifest_digest, image);
	component = json_pack("{s:s, s:s, s:s, s:s}", "type", "container", "bom-ref", image, "name",
			      image, "version", image);
	/* the older form of `tools`: scanners that read this know no other */
	return json_pack("{s:s, s:[{s:s, s:s, s:s}], s:o, s:o}", "timestamp", time, "tools",
			 "vendor", "thresh", "name", "thresh", "version", THRESH_VERSION,
			 "component", component, "properties", properties);
}

static json_t *metadata(const struct inventory *inventory, const struct document_about *about)
{
	json_t *properties = json_array();
	g_autofree char *files = g_strdup_printf("%u", inventory->files->len);
	g_autofree char *unowned = g_strdup_printf("%u", inventory->unowned);

	cyclonedx_add_property(properties, "thresh:files", files);
	cyclonedx_add_property(properties, "thresh:files:unowned", unowned);
	for (guint i = 0; i < inventory->notes->len; i++)
		cyclonedx_add_property(properties, "thresh:note", inventory->notes->pdata[i]);
	return cyclonedx_metadata(about, properties);
}

char *cyclonedx_serial(const struct inventory *inventory, const struct document_about *about)
{
	g_autofree char *format = g_strconcat("cyclonedx ", cyclonedx_version(about), NULL);
	char uuid[UUID_TEXT_BYTES];

	document_uuid(inventory, about, format, uuid);
	return g_strconcat("urn:uuid:", uuid, NULL);
}

json_t *cyclonedx_head(const struct document_about *about, const char *serial, json_t *metadata)
{
	const char *version = cyclonedx_version(about);
	g_autofree char *schema =
		g_strdup_printf("http://cyclonedx.org/schema/bom-%s.schema.json", version);

	return json_pack("{s:s, s:s, s:s, s:s, s:i, s:o}", "$schema", schema, "bomFormat",
			 "CycloneDX", "specVersion", version, "serialNumber", serial, "version", 1,
			 "metadata", metadata);
}

json_t *cyclonedx_document(const struct inventory *inventory, const struct document_about *about)
{
	g_autofree char *serial = cyclonedx_serial(inventory, about);
	char image[DIGEST_TEXT_BYTES];
	json_t *document;

	digest_format(&about->image->manifest_digest, image);
	document = cyclonedx_head(about, serial, metadata(inventory, about));
	json_object_set_new(document, "components", components(inventory));
	json_object_set_new(document, "dependencies", dependencies(inventory, image));
	json_object_set_new(document, "compositions", compositions(inventory, image));
	return document;
}
