/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the vulnerabilities of CycloneDX documents (ECMA-424, `vulnerabilities`). */
#include "base/error.h"
#include "evidence/documents.h"
#include "evidence/vex_claims_private.h"

#include <string.h>

enum { DEPTH_MAX = 64 };

struct reading {
	struct vex_claims *claims;
	GHashTable *components; /* const char *bom-ref → const json_t * */
};

/* --- components ----------------------------------------------------------------------------------
 */

static bool is_excluded(const json_t *component)
{
	return g_strcmp0(json_string_at(component, "scope"), "excluded") == 0;
}

static const char *sha256_of(const json_t *component)
{
	const json_t *hash;
	size_t i;

	json_array_foreach (json_array_at(component, "hashes"), i, hash) {
		if (g_strcmp0(json_string_at(hash, "alg"), "SHA-256") == 0)
			return json_string_at(hash, "content");
	}
	return NULL;
}

static bool take_gone_file(const struct reading *reading, const json_t *file, const char *purl,
			   GError **error)
{
	const char *path = json_string_at(file, "name"), *hex = sha256_of(file);
	g_autofree char *text = hex ? g_strconcat("sha256:", hex, NULL) : NULL;
	struct vex_claim_file *claim;
	struct digest digest = {0};

	if (!path || (text && !digest_parse(text, &digest, NULL)))
		return error_set(error, THRESH_ERROR_INPUT,
				 "CycloneDX: an excluded file without a name, or whose SHA-256 is "
				 "none");
	claim = g_new0(struct vex_claim_file, 1);
	claim->purl = g_strdup(purl ? purl : "");
	claim->path = g_strdup(path);
	claim->has_digest = text != NULL;
	claim->digest = digest;
	g_ptr_array_add(reading->claims->gone, claim);
	return true;
}

static bool take_components(const struct reading *reading, const json_t *components,
			    const char *purl, int depth, GError **error)
{
	const json_t *component;
	size_t i;

	json_array_foreach (components, i, component) {
		const char *reference = json_string_at(component, "bom-ref");
		const char *own = json_string_at(component, "purl");

		if (reference)
			g_hash_table_insert(reading->components, (gpointer)reference,
					    (gpointer)component);
		if (g_strcmp0(json_string_at(component, "type"), "file") == 0 &&
		    is_excluded(component) && !take_gone_file(reading, component, purl, error))
			return false;
		if (depth > 0 && !take_components(reading, json_array_at(component, "components"),
						  own ? own : purl, depth - 1, error))
			return false;
	}
	return true;
}

/* --- vulnerabilities -----------------------------------------------------------------------------
 */

static bool is_known(const char *text, const char *const *known)
{
	return text && g_strv_contains(known, text);
}

static bool read_analysis(struct vex_claim *claim, const json_t *analysis, GError **error)
{
	static const char *const states[] = {"resolved",  "resolved_with_pedigree", "exploitable",
					     "in_triage", "false_positive",         "not_affected",
					     NULL};
	static const char *const justifications[] = {"code_not_present",
						     "code_not_reachable",
						     "requires_configuration",
						     "requires_dependency",
						     "requires_environment",
						     "protected_by_compiler",
						     "protected_at_runtime",
						     "protected_at_perimeter",
						     "protected_by_mitigating_control",
						     NULL};
	const char *state = json_string_at(analysis, "state");
	const json_t *justification = json_object_get(analysis, "justification");
	const char *why = json_string_value(justification);

	if (!is_known(state, states))
		return vex_claims_fail(claim->statement, claim->vulnerability, "no known state",
				       error);
	if (justification && !is_known(why, justifications)) {
		g_autofree char *what =
			g_strdup_printf("unknown justification %s", why ? why : "that is no text");

		return vex_claims_fail(claim->statement, claim->vulnerability, what, error);
	}
	if (g_str_has_prefix(state, "resolved"))
		claim->kind = CLAIM_FIXED;
	else if (strcmp(state, "exploitable") != 0 && strcmp(state, "in_triage") != 0)
		claim->kind =
			g_strcmp0(why, "code_not_present") == 0 ? CLAIM_CODE_GONE : CLAIM_JUDGEMENT;
	if (claim->kind == CLAIM_JUDGEMENT)
		claim->reason = g_strdup(why ? why : state);
	return true;
}

/* BOM-Links name what other documents have: what is in this one is enough, and what is in none is
 * taken for a judgement. Of excluded components nothing is left, which is more than their code. */
static bool read_affects(const struct reading *reading, struct vex_claim *claim,
			 const json_t *affects, GError **error)
{
	const json_t *entry;
	bool excluded = true;
	size_t i;

	json_array_foreach (affects, i, entry) {
		const char *reference = json_string_at(entry, "ref");
		const json_t *component =
			reference ? g_hash_table_lookup(reading->components, reference) : NULL;

		if (reference && !component && g_str_has_prefix(reference, "urn:cdx:"))
			continue;
		if (!component)
			return vex_claims_fail(claim->statement, claim->vulnerability,
					       "affects what the document does not have", error);
		excluded &= is_excluded(component);
		if (claim->kind != CLAIM_NOTHING &&
		    !vex_claim_add_purl(claim, json_string_at(component, "purl"), error))
			return false;
	}
	if (claim->kind != CLAIM_CODE_GONE)
		return true;
	if (claim->purls->len == 0) {
		claim->kind = CLAIM_JUDGEMENT;
		claim->reason = g_strdup("code_not_present of another document's components");
	} else if (excluded) {
		claim->kind = CLAIM_COMPONENT_GONE;
	}
	return true;
}

/* Without an analysis it is a finding, and no claim. */
static bool read_vulnerability(const struct reading *reading, const json_t *vulnerability,
			       GError **error)
{
	const char *id = json_string_at(vulnerability, "id");
	const json_t *analysis = json_object_get(vulnerability, "analysis");
	struct vex_claim *claim = vex_claims_add(reading->claims, id ? id : "?", CLAIM_NOTHING);

	if (!id)
		return vex_claims_fail(claim->statement, NULL, "no id", error);
	return !analysis ||
	       (read_analysis(claim, analysis, error) &&
		read_affects(reading, claim, json_array_at(vulnerability, "affects"), error));
}

/* --- the document --------------------------------------------------------------------------------
 */

static bool check_head(const json_t *document, const struct digest *image, GError **error)
{
	static const char *const versions[] = {"1.4", "1.5", "1.6", "1.7", NULL};
	const json_t *component = json_object_at(json_object_at(document, "metadata"), "component");
	const char *version = json_string_at(component, "version");
	char want[DIGEST_TEXT_BYTES];

	if (g_strcmp0(json_string_at(document, "bomFormat"), "CycloneDX") != 0 ||
	    !is_known(json_string_at(document, "specVersion"), versions))
		return error_set(error, THRESH_ERROR_INPUT, "not CycloneDX 1.4 to 1.7");
	digest_format(image, want);
	return !document_is_ours(DOCUMENT_CYCLONEDX, document) || g_strcmp0(version, want) == 0 ||
	       error_set(error, THRESH_ERROR_INPUT, "CycloneDX: it is about another image");
}

struct vex_claims *cyclonedx_vex_parse(const json_t *document, const struct digest *image,
				       GError **error)
{
	const json_t *vulnerabilities = json_array_at(document, "vulnerabilities"), *vulnerability;
	autoclaims struct vex_claims *claims = vex_claims_new();
	g_autoptr(GHashTable) components = g_hash_table_new(g_str_hash, g_str_equal);
	const struct reading reading = {claims, components};
	size_t i;

	if (!check_head(document, image, error) ||
	    !take_components(&reading, json_array_at(document, "components"), NULL, DEPTH_MAX,
			     error))
		return NULL;
	if (!vulnerabilities || json_array_size(vulnerabilities) > CLAIMS_MAX) {
		error_set(error, THRESH_ERROR_INPUT, "CycloneDX: no vulnerabilities, or too many");
		return NULL;
	}
	json_array_foreach (vulnerabilities, i, vulnerability) {
		if (!read_vulnerability(&reading, vulnerability, error))
			return NULL;
	}
	return g_steal_pointer(&claims);
}
