/* SPDX-License-Identifier: Apache-2.0 */
/* VEX documents that refer to the image, against its layers: what is said to be gone must be. */
#include "base/error.h"
#include "evidence/presence.h"
#include "evidence/purl.h"
#include "evidence/vex_claims.h"
#include "verify/verification.h"

#include <string.h>

struct check {
	struct rule_result *result;
	const char *document; /* digest of what holds it */
	const struct inventory *inventory;
	GHashTable *contents; /* const struct digest * → const char *path: of what nothing owns */
	guint judgements;     /* statements that layers cannot show */
	char *judgement;      /* the first one's reason */
};

/* --- components ----------------------------------------------------------------------------------
 */

static const char *qualifier(const struct purl *purl, const char *key)
{
	return purl->qualifiers ? g_hash_table_lookup(purl->qualifiers, key) : NULL;
}

static bool is_or_any(const char *want, const char *is)
{
	return !want || g_strcmp0(want, is) == 0;
}

/* Whether it is what @want names: what is not said there matches any. */
static bool is_named(const struct component *component, const struct purl *want, bool with_version)
{
	autopurl struct purl purl = {0};

	return component->purl && purl_parse(component->purl, &purl, NULL) &&
	       !strcmp(purl.type, want->type) && is_or_any(want->namespace, purl.namespace) &&
	       !strcmp(purl.name, want->name) &&
	       (!with_version || is_or_any(want->version, purl.version)) &&
	       is_or_any(qualifier(want, "arch"), qualifier(&purl, "arch"));
}

/* A file by which @component is there: of its code, where that is asked for. Caller frees; NULL
 * where there is none. */
static char *file_of(const struct inventory *inventory, const struct component *component,
		     bool code)
{
	g_autoptr(GPtrArray) nodes = component_nodes(inventory, component);

	for (guint i = 0; i < nodes->len; i++) {
		const struct node *node = nodes->pdata[i];

		if (!code || node_is_code(inventory->tree, node))
			return node_path(node);
	}
	return code ? NULL : g_strdup(component->found);
}

static void check_gone(struct check *check, const struct vex_claim *claim, const char *text,
		       const struct purl *purl)
{
	bool code = claim->kind == CLAIM_CODE_GONE;

	for (guint i = 0; i < check->inventory->components->len; i++) {
		const struct component *component = check->inventory->components->pdata[i];
		g_autofree char *file = NULL;

		if (!is_named(component, purl, true))
			continue;
		file = file_of(check->inventory, component, code);
		if (file)
			result_find(check->result,
				    "%s: statement %u, %s: says that %s is gone, and its %s is "
				    "there",
				    check->document, claim->statement, claim->vulnerability, text,
				    file);
	}
}

/* A version with the fix helps where it is the one that is there. */
static void check_fixed(struct check *check, const struct vex_claim *claim, const char *text,
			const struct purl *purl)
{
	const struct component *other = NULL;

	for (guint i = 0; i < check->inventory->components->len; i++) {
		const struct component *component = check->inventory->components->pdata[i];

		if (!is_named(component, purl, false))
			continue;
		if (is_named(component, purl, true))
			return;
		other = component;
	}
	if (other)
		result_find(check->result,
			    "%s: statement %u, %s: says that %s has the fix, and %s is there",
			    check->document, claim->statement, claim->vulnerability, text,
			    other->purl);
}

static void check_claim(struct check *check, const struct vex_claim *claim)
{
	if (claim->kind == CLAIM_JUDGEMENT && check->judgements++ == 0)
		check->judgement = g_strdup(claim->reason);
	if (claim->kind == CLAIM_JUDGEMENT || claim->kind == CLAIM_NOTHING)
		return;
	for (guint i = 0; i < claim->purls->len; i++) {
		autopurl struct purl purl = {0};

		purl_parse(claim->purls->pdata[i], &purl, NULL); /* seen to be one */
		if (claim->kind == CLAIM_FIXED)
			check_fixed(check, claim, claim->purls->pdata[i], &purl);
		else
			check_gone(check, claim, claim->purls->pdata[i], &purl);
	}
}

/* --- files ---------------------------------------------------------------------------------------
 */

static void index_contents(struct check *check)
{
	check->contents = g_hash_table_new(digest_hash, digest_hash_equal);
	for (guint i = 0; i < check->inventory->files->len; i++) {
		const struct inventory_file *file = check->inventory->files->pdata[i];

		if (!file->owner && file->node->type == NODE_FILE)
			g_hash_table_insert(check->contents, (gpointer)&file->node->digest,
					    file->path);
	}
}

static void check_file(struct check *check, const struct vex_claim_file *file)
{
	g_autofree char *said = json_path_decode(file->path);
	const struct node *node = tree_lookup(check->inventory->tree, said);
	const char *path = NULL;

	if (node && node->type == NODE_FILE &&
	    (!file->has_digest || digest_equal(&node->digest, &file->digest)))
		path = said;
	else if (file->has_digest)
		path = g_hash_table_lookup(check->contents, &file->digest);
	if (path)
		result_find(check->result, "%s: says that %s of %s is gone, and %s is there",
			    check->document, said, file->purl, path);
}

/* --- documents -----------------------------------------------------------------------------------
 */

static void check_claims(struct check *check, const struct vex_claims *claims)
{
	for (guint i = 0; i < claims->all->len; i++)
		check_claim(check, claims->all->pdata[i]);
	if (claims->gone->len > 0 && !check->contents)
		index_contents(check);
	for (guint i = 0; i < claims->gone->len; i++)
		check_file(check, claims->gone->pdata[i]);
}

static bool is_openvex(const struct attestation_found *found)
{
	return g_str_has_prefix(found->statement.predicate_type, "https://openvex.dev/ns");
}

static bool is_vex(const struct attestation_found *found)
{
	return found->is_bundle && !found->fault &&
	       (is_openvex(found) ||
		(g_str_has_prefix(found->statement.predicate_type, PREDICATE_CYCLONEDX) &&
		 json_object_get(found->statement.predicate, "vulnerabilities")));
}

/* A document that is malformed is a finding. */
static void check_document(struct check *check, const struct attestation_found *found,
			   const struct digest *image)
{
	const json_t *predicate = found->statement.predicate;
	g_autoptr(GError) error = NULL;
	autoclaims struct vex_claims *claims =
		is_openvex(found) ? openvex_parse(predicate, image, &error)
				  : cyclonedx_vex_parse(predicate, image, &error);

	check->document = found->digest;
	if (claims)
		check_claims(check, claims);
	else
		result_find(check->result, "%s: %s", found->digest, error->message);
}

/* How many there are; @key NULL: signed by whomever. */
static guint count_documents(const GPtrArray *all, const struct sign_key *key)
{
	guint count = 0;

	for (guint i = 0; all && i < all->len; i++)
		count += is_vex(all->pdata[i]) &&
			 (!key || attestation_is_trusted(all->pdata[i], key));
	return count;
}

void check_vex(struct verification *verification, struct rule_result *result)
{
	const struct verify_subject *subject = verification->subject;
	const struct inventory_options options = {.image = subject->image};
	const GPtrArray *all = subject->attestations;
	g_autoptr(GError) error = NULL;
	autoinventory struct inventory *inventory = NULL;
	struct check check = {.result = result};

	if (count_documents(all, NULL) == 0) {
		result_na(result, "no VEX refers to the image");
		return;
	}
	inventory = inventory_new(subject->tree, &options, &error);
	if (!inventory) {
		result_skip(result, "%s", error->message);
		return;
	}
	check.inventory = inventory;
	for (guint i = 0; i < all->len; i++) {
		if (is_vex(all->pdata[i]))
			check_document(&check, all->pdata[i], &subject->image->manifest_digest);
	}
	if (subject->key && count_documents(all, subject->key) == 0)
		result_skip(result, "no VEX is signed by the given key");
	if (check.judgements > 0)
		result_skip(result,
			    "statements that are judgements, which layers do not show: %u, the "
			    "first %s",
			    check.judgements, check.judgement);
	g_free(check.judgement);
	g_clear_pointer(&check.contents, g_hash_table_unref);
}
