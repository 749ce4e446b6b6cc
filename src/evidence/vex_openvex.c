/* SPDX-License-Identifier: Apache-2.0 */
/* OpenVEX 0.2.0 (github.com/openvex/spec, OPENVEX-SPEC.md). */
#include "evidence/vex.h"
#include "base/error.h"
#include "evidence/documents_private.h"
#include "evidence/purl.h"
#include "evidence/vex_claims.h"

#include <string.h>

char *vex_product(const struct vex_about *about)
{
	const char *name = about->name ? about->name : "image";
	const char *slash = strrchr(name, '/');
	char digest[DIGEST_TEXT_BYTES];
	struct purl purl = {.type = (char *)"oci",
			    .name = (char *)(slash ? slash + 1 : name),
			    .version = digest};
	char *text;

	digest_format(&about->document.image->manifest_digest, digest);
	if (slash)
		purl_qualify(&purl, "repository_url", name);
	text = purl_format(&purl, NULL);
	g_clear_pointer(&purl.qualifiers, g_hash_table_unref);
	return text;
}

/* OCI distribution-spec, "Pulling manifests": names of repositories, after a host with a port. */
bool vex_name_check(const char *name, GError **error)
{
	g_autofree char *quoted = error_quote(name);

	return (strlen(name) <= 255 &&
		g_regex_match_simple("^([A-Za-z0-9.-]+(:[0-9]+)?/)?"
				     "[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$",
				     name, G_REGEX_DOLLAR_ENDONLY, 0)) ||
	       error_set(error, THRESH_ERROR_USAGE,
			 "--image-name %s: want a repository, as in registry.example/acme/app",
			 quoted);
}

/* The files that it is by: the format has no member for them. */
static char *tooling(const struct vulnerabilities *data)
{
	GString *text = g_string_new("thresh " THRESH_VERSION "; vulnerability data:");

	for (guint i = 0; i < data->files->len; i++) {
		const struct vulnerability_file *file = data->files->pdata[i];
		char digest[DIGEST_TEXT_BYTES];

		digest_format(&file->digest, digest);
		g_string_append_printf(text, "%s %s (%s, %" G_GUINT64_FORMAT " bytes, %s)",
				       i > 0 ? "," : "", file->name, file->source, file->size_bytes,
				       digest);
	}
	return g_string_free(text, FALSE);
}

static json_t *product(const struct vex_statement *statement, const struct vex_about *about)
{
	g_autofree char *purl = vex_product(about);
	json_t *subcomponents = json_array();
	char hex[DIGEST_HEX_BYTES];

	digest_format_hex(&about->document.image->manifest_digest, hex);
	for (guint i = 0; i < statement->packages->len; i++) {
		const struct vex_package *package = statement->packages->pdata[i];

		json_array_append_new(subcomponents,
				      json_pack("{s:s, s:{s:s}}", "@id", package->component->purl,
						"identifiers", "purl", package->component->purl));
	}
	return json_pack("{s:s, s:{s:s}, s:{s:s}, s:o}", "@id", purl, "identifiers", "purl", purl,
			 "hashes", "sha-256", hex, "subcomponents", subcomponents);
}

static const char *justification(const struct vex_statement *statement)
{
	return statement->left == LEFT_NOTHING ? OPENVEX_COMPONENT_NOT_PRESENT
					       : OPENVEX_CODE_NOT_PRESENT;
}

static json_t *statement_json(const struct vex_statement *statement, const struct vex_about *about)
{
	json_t *vulnerability = json_pack("{s:s}", "name", statement->vulnerability);
	json_t *json;

	if (statement->aliases->len > 0)
		json_object_set_new(vulnerability, "aliases",
				    json_from_strings(statement->aliases));
	json = json_pack("{s:o, s:[o], s:s, s:s}", "vulnerability", vulnerability, "products",
			 product(statement, about), "status", vex_status_name(statement->status),
			 "status_notes", statement->note);
	if (statement->status == VEX_NOT_AFFECTED)
		json_object_set_new(json, "justification", json_string(justification(statement)));
	if (statement->action)
		json_object_set_new(json, "action_statement", json_string(statement->action));
	return json;
}

/* Named by its content: the same document, the same name. */
static void set_id(json_t *document)
{
	g_autofree char *text = json_format_canonical(document), *id = NULL;
	char hex[DIGEST_HEX_BYTES];
	struct digest digest;

	digest_of(text, strlen(text), &digest);
	digest_format_hex(&digest, hex);
	id = g_strconcat("https://thresh.dev/vex/", hex, NULL);
	json_object_set_new(document, "@id", json_string(id));
}

json_t *vex_openvex(const struct vex *vex, const struct vex_about *about)
{
	g_autofree char *tools = tooling(vex->input->data);
	json_t *statements, *document;
	char time[TIME_TEXT_BYTES];

	if (vex->statements->len == 0)
		return NULL;
	statements = json_array();
	for (guint i = 0; i < vex->statements->len; i++)
		json_array_append_new(statements, statement_json(vex->statements->pdata[i], about));
	document_time(&about->document, time);
	document = json_pack("{s:s, s:s, s:s, s:i, s:s, s:o}", "@context", OPENVEX_CONTEXT,
			     "author", about->author ? about->author : "thresh", "timestamp", time,
			     "version", 1, "tooling", tools, "statements", statements);
	set_id(document);
	return document;
}
