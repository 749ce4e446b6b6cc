/* SPDX-License-Identifier: Apache-2.0 */
/* Reading OpenVEX 0.2.0 (github.com/openvex/spec, OPENVEX-SPEC.md). */
#include "base/error.h"
#include "evidence/purl.h"
#include "evidence/vex_claims_private.h"

#include <string.h>

struct reading {
	struct vex_claims *claims;
	const struct digest *image;
};

/* --- the product ---------------------------------------------------------------------------------
 */

enum match { MATCH_NONE, MATCH_OTHER, MATCH_THIS };

static enum match match_digest(const struct digest *image, const char *hex)
{
	g_autofree char *text = g_strconcat("sha256:", hex, NULL);
	struct digest digest;

	return digest_parse(text, &digest, NULL) && digest_equal(&digest, image) ? MATCH_THIS
										 : MATCH_OTHER;
}

/* Of an image's package URL the version is its digest; what has none names no image. */
static enum match match_purl(const struct digest *image, const char *text)
{
	static const char prefix[] = "sha256:";
	autopurl struct purl purl = {0};

	if (!text || !purl_parse(text, &purl, NULL) || strcmp(purl.type, "oci") != 0 ||
	    !purl.version || !g_str_has_prefix(purl.version, prefix))
		return MATCH_NONE;
	return match_digest(image, purl.version + strlen(prefix));
}

/* All digests that it has must be the image's, and there must be one. */
static enum match match_product(const struct digest *image, const json_t *product)
{
	const char *hex = json_string_at(json_object_at(product, "hashes"), "sha-256");
	const enum match matches[] = {
		match_purl(image, json_string_at(product, "@id")),
		match_purl(image, json_string_at(json_object_at(product, "identifiers"), "purl")),
		hex ? match_digest(image, hex) : MATCH_NONE,
	};
	enum match result = MATCH_NONE;

	for (gsize i = 0; i < G_N_ELEMENTS(matches); i++) {
		if (matches[i] == MATCH_OTHER)
			return MATCH_OTHER;
		result = MAX(result, matches[i]);
	}
	return result;
}

/* --- statements ----------------------------------------------------------------------------------
 */

static const char *const justifications[] = {
	OPENVEX_COMPONENT_NOT_PRESENT,         OPENVEX_CODE_NOT_PRESENT,
	"vulnerable_code_not_in_execute_path", "vulnerable_code_cannot_be_controlled_by_adversary",
	"inline_mitigations_already_exist",    NULL,
};

static bool read_not_affected(struct vex_claim *claim, const json_t *statement, GError **error)
{
	const char *justification = json_string_at(statement, "justification");

	if (!justification && !json_string_at(statement, "impact_statement"))
		return vex_claims_fail(claim->statement, claim->vulnerability,
				       "not_affected without a justification", error);
	if (justification && !g_strv_contains(justifications, justification)) {
		g_autofree char *what = g_strdup_printf("unknown justification %s", justification);

		return vex_claims_fail(claim->statement, claim->vulnerability, what, error);
	}
	if (g_strcmp0(justification, OPENVEX_COMPONENT_NOT_PRESENT) == 0)
		claim->kind = CLAIM_COMPONENT_GONE;
	else if (g_strcmp0(justification, OPENVEX_CODE_NOT_PRESENT) == 0)
		claim->kind = CLAIM_CODE_GONE;
	else
		claim->kind = CLAIM_JUDGEMENT;
	if (claim->kind == CLAIM_JUDGEMENT)
		claim->reason = g_strdup(justification ? justification : "an impact statement");
	return true;
}

static bool read_status(struct vex_claim *claim, const json_t *statement, GError **error)
{
	const char *status = json_string_at(statement, "status");

	if (g_strcmp0(status, "not_affected") == 0)
		return read_not_affected(claim, statement, error);
	if (g_strcmp0(status, "fixed") == 0) {
		claim->kind = CLAIM_FIXED;
		return true;
	}
	if (g_strcmp0(status, "affected") == 0)
		return json_string_at(statement, "action_statement") ||
		       vex_claims_fail(claim->statement, claim->vulnerability,
				       "affected without an action_statement", error);
	return g_strcmp0(status, "under_investigation") == 0 ||
	       vex_claims_fail(claim->statement, claim->vulnerability, "no known status", error);
}

/* What is said to be gone, or to be in a fixed version, must be named. */
static bool read_subcomponents(struct vex_claim *claim, const json_t *product, GError **error)
{
	const json_t *subcomponents = json_array_at(product, "subcomponents"), *component;
	bool wanted = claim->kind == CLAIM_COMPONENT_GONE || claim->kind == CLAIM_CODE_GONE;
	size_t i;

	json_array_foreach (subcomponents, i, component) {
		const char *purl = json_string_at(json_object_at(component, "identifiers"), "purl");

		if (!purl)
			purl = json_string_at(component, "@id");
		if (!vex_claim_add_purl(claim, purl, error))
			return false;
	}
	return claim->purls->len > 0 || !wanted ||
	       vex_claims_fail(claim->statement, claim->vulnerability,
			       "says of no component that it is gone", error);
}

static bool read_products(const struct reading *reading, struct vex_claim *claim,
			  const json_t *products, GError **error)
{
	const json_t *product;
	bool found = false;
	size_t i;

	json_array_foreach (products, i, product) {
		enum match match = match_product(reading->image, product);

		found |= match == MATCH_THIS;
		if (match == MATCH_THIS && !read_subcomponents(claim, product, error))
			return false;
	}
	return found || vex_claims_fail(claim->statement, claim->vulnerability,
					"none of its products is this image", error);
}

static bool read_statement(const struct reading *reading, const json_t *statement, GError **error)
{
	static const char *const known[] = {"@id",
					    "version",
					    "vulnerability",
					    "timestamp",
					    "last_updated",
					    "products",
					    "status",
					    "supplier",
					    "status_notes",
					    "justification",
					    "impact_statement",
					    "action_statement",
					    "action_statement_timestamp",
					    NULL};
	const char *name = json_string_at(json_object_at(statement, "vulnerability"), "name");
	struct vex_claim *claim = vex_claims_add(reading->claims, name ? name : "?", CLAIM_NOTHING);
	const char *key;
	json_t *value;

	if (!name || !*name)
		return vex_claims_fail(claim->statement, NULL, "no vulnerability is named", error);
	json_object_foreach ((json_t *)statement, key, value) {
		if (!g_strv_contains(known, key))
			return vex_claims_fail(claim->statement, name, "an unknown member", error);
	}
	return read_status(claim, statement, error) &&
	       read_products(reading, claim, json_array_at(statement, "products"), error);
}

/* --- the document --------------------------------------------------------------------------------
 */

static bool fail(const char *what, GError **error)
{
	return error_set(error, THRESH_ERROR_INPUT, "OpenVEX: %s", what);
}

static bool check_head(const json_t *document, GError **error)
{
	static const char *const texts[] = {"@id", "author", "timestamp"};

	if (g_strcmp0(json_string_at(document, "@context"), OPENVEX_CONTEXT) != 0)
		return fail("its @context is not " OPENVEX_CONTEXT, error);
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		const char *text = json_string_at(document, texts[i]);

		if (!text || !*text)
			return fail("no @id, author or timestamp", error);
	}
	if (json_integer_at(document, "version", 0) < 1)
		return fail("its version is no number from 1 on", error);
	return true;
}

struct vex_claims *openvex_parse(const json_t *document, const struct digest *image, GError **error)
{
	const json_t *statements = json_array_at(document, "statements"), *statement;
	autoclaims struct vex_claims *claims = vex_claims_new();
	const struct reading reading = {claims, image};
	size_t i;

	if (!check_head(document, error))
		return NULL;
	if (json_array_size(statements) == 0 || json_array_size(statements) > CLAIMS_MAX) {
		fail("no statements, or too many", error);
		return NULL;
	}
	json_array_foreach (statements, i, statement) {
		if (!read_statement(&reading, statement, error))
			return NULL;
	}
	return g_steal_pointer(&claims);
}
