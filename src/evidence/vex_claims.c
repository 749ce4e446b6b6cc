/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/vex_claims.h"

#include "base/error.h"
#include "evidence/purl.h"
#include "evidence/vex_claims_private.h"

static void claim_free(void *data)
{
	struct vex_claim *claim = data;

	g_free(claim->vulnerability);
	g_free(claim->reason);
	g_ptr_array_unref(claim->purls);
	g_free(claim);
}

static void claim_file_free(void *data)
{
	struct vex_claim_file *file = data;

	g_free(file->purl);
	g_free(file->path);
	g_free(file);
}

struct vex_claims *vex_claims_new(void)
{
	struct vex_claims *claims = g_new0(struct vex_claims, 1);

	claims->all = g_ptr_array_new_with_free_func(claim_free);
	claims->gone = g_ptr_array_new_with_free_func(claim_file_free);
	return claims;
}

void vex_claims_free(struct vex_claims *claims)
{
	if (!claims)
		return;
	g_ptr_array_unref(claims->all);
	g_ptr_array_unref(claims->gone);
	g_free(claims);
}

void vex_claims_cleanup(struct vex_claims **claims)
{
	vex_claims_free(*claims);
}

struct vex_claim *vex_claims_add(struct vex_claims *claims, const char *vulnerability,
				 enum claim_kind kind)
{
	struct vex_claim *claim = g_new0(struct vex_claim, 1);

	claim->vulnerability = g_strdup(vulnerability);
	claim->kind = kind;
	claim->purls = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(claims->all, claim);
	claim->statement = claims->all->len;
	return claim;
}

bool vex_claims_fail(guint statement, const char *vulnerability, const char *what, GError **error)
{
	g_autofree char *quoted = error_quote(vulnerability ? vulnerability : "?");

	return error_set(error, THRESH_ERROR_INPUT, "statement %u, %s: %s", statement, quoted,
			 what);
}

bool vex_claim_add_purl(struct vex_claim *claim, const char *text, GError **error)
{
	autopurl struct purl purl = {0};

	if (!text || !purl_parse(text, &purl, NULL))
		return vex_claims_fail(claim->statement, claim->vulnerability,
				       "a component without a package URL", error);
	g_ptr_array_add(claim->purls, g_strdup(text));
	return true;
}
