/* SPDX-License-Identifier: Apache-2.0 */
/* What others say of the image: signatures, provenance, the inventory against the layers. */
#include "base/error.h"
#include "evidence/documents.h"
#include "evidence/provenance.h"
#include "verify/verification.h"

#include <string.h>

/* --- signatures ----------------------------------------------------------------------------------
 */

static bool is_of_key(const struct attestation_found *found, const struct sign_key *key)
{
	g_autofree char *id = sign_key_id(key, NULL);

	return !found->fault && id && !strcmp(found->bundle.key_id, id);
}

bool attestation_is_trusted(const struct attestation_found *found, const struct sign_key *key)
{
	return is_of_key(found, key) &&
	       sigstore_bundle_verify(&found->bundle, key, STATEMENT_TYPE, NULL);
}

static void check_signed(const struct verify_subject *subject, struct rule_result *result)
{
	const GPtrArray *all = subject->attestations;
	guint trusted = 0;

	for (guint i = 0; i < all->len; i++) {
		const struct attestation_found *found = all->pdata[i];
		g_autoptr(GError) error = NULL;

		if (!found->is_bundle || !is_of_key(found, subject->key))
			continue;
		if (sigstore_bundle_verify(&found->bundle, subject->key, STATEMENT_TYPE, &error))
			trusted++;
		else
			result_find(result, "%s: %s", found->digest, error->message);
	}
	if (trusted == 0)
		result_find(result, "nothing that refers to the image is signed by the given key");
}

void check_signature(struct verification *verification, struct rule_result *result)
{
	const struct verify_subject *subject = verification->subject;
	guint bundles = 0;

	if (!subject->attestations) {
		result_na(result, "what refers to the image was not looked for");
		return;
	}
	for (guint i = 0; i < subject->attestations->len; i++) {
		const struct attestation_found *found = subject->attestations->pdata[i];

		bundles += found->is_bundle;
		if (found->fault)
			result_find(result, "%s: %s", found->digest, found->fault);
	}
	if (subject->key)
		check_signed(subject, result);
	else if (bundles > 0)
		result_skip(result, "%u %s to the image; --key says whose they must be", bundles,
			    bundles == 1 ? "bundle refers" : "bundles refer");
	else
		result_na(result, "no bundle refers to the image");
}

/* --- provenance ----------------------------------------------------------------------------------
 */

static void check_one_provenance(const struct verify_subject *subject,
				 const struct attestation_found *found, struct rule_result *result)
{
	if (provenance_names(found->statement.predicate, subject->source_digest))
		return;
	if (subject->source_digest)
		result_find(result, "%s: the given source is not what it was made from",
			    found->digest);
	else
		result_find(result, "%s: says of nothing that it was made from it", found->digest);
}

void check_provenance(struct verification *verification, struct rule_result *result)
{
	const struct verify_subject *subject = verification->subject;
	guint present = 0, trusted = 0;

	for (guint i = 0; subject->attestations && i < subject->attestations->len; i++) {
		const struct attestation_found *found = subject->attestations->pdata[i];

		if (!found->is_bundle || found->fault ||
		    strcmp(found->statement.predicate_type, PREDICATE_PROVENANCE) != 0)
			continue;
		present++;
		if (!subject->key || !attestation_is_trusted(found, subject->key))
			continue;
		trusted++;
		check_one_provenance(subject, found, result);
	}
	if (present == 0)
		result_na(result, "no provenance refers to the image");
	else if (!subject->key)
		result_skip(result, "--key says whose it must be");
	else if (trusted == 0)
		result_find(result, "the provenance is not signed by the given key");
}

/* --- the inventory -------------------------------------------------------------------------------
 */

struct recount {
	GHashTable *layers; /* char *name, as documents have it → char *hex of its SHA-256 */
	GHashTable *listed; /* const char *: set of those that the document has */
	struct rule_result *result;
	const char *document; /* digest of what holds it */
};

static void content_digest(const struct node *node, char ret_hex[static DIGEST_HEX_BYTES])
{
	const char *text = node->type == NODE_SYMLINK ? node->target : "";
	struct digest digest = node->digest;

	if (node->type != NODE_FILE)
		digest_of(text, strlen(text), &digest);
	digest_format_hex(&digest, ret_hex);
}

static bool count_node(struct node *node, const char *path, void *user)
{
	struct recount *recount = user;
	char hex[DIGEST_HEX_BYTES];

	if (node->type == NODE_DIRECTORY)
		return true;
	content_digest(node, hex);
	g_hash_table_insert(recount->layers, json_path_encode(path), g_strdup(hex));
	return true;
}

static void count_listed(const char *name, const char *hex, void *user)
{
	struct recount *recount = user;
	gpointer known, want;

	if (!g_hash_table_lookup_extended(recount->layers, name, &known, &want) ||
	    !g_hash_table_add(recount->listed, known))
		result_find(recount->result, "%s: lists %s, which is not in the layers",
			    recount->document, name);
	else if (g_strcmp0(hex, want) != 0)
		result_find(recount->result, "%s: %s has other content than it says",
			    recount->document, name);
}

static void find_omitted(struct recount *recount)
{
	g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(recount->layers),
					     (GCompareFunc)(void (*)(void))strcmp);

	for (GList *at = names; at; at = at->next) {
		if (!g_hash_table_contains(recount->listed, at->data))
			result_find(recount->result, "%s: omits %s", recount->document,
				    (const char *)at->data);
	}
}

/* Whether a statement is a document that lists files, as ours do but those on vulnerabilities. */
static bool is_inventory(const struct attestation_found *found, enum document_format *ret_format)
{
	const char *type = found->statement.predicate_type;

	if (!strcmp(type, PREDICATE_SPDX))
		*ret_format = DOCUMENT_SPDX;
	else if (!strcmp(type, PREDICATE_SPDX3))
		*ret_format = DOCUMENT_SPDX3;
	else if (!strcmp(type, PREDICATE_CYCLONEDX))
		*ret_format = DOCUMENT_CYCLONEDX;
	else
		return false;
	if (json_object_get(found->statement.predicate, "vulnerabilities") &&
	    document_count_files(*ret_format, found->statement.predicate) == 0)
		return false;
	return document_is_ours(*ret_format, found->statement.predicate);
}

static void recount(struct verification *verification, const struct attestation_found *found,
		    enum document_format format, struct rule_result *result)
{
	g_autoptr(GHashTable) layers =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autoptr(GHashTable) listed = g_hash_table_new(g_str_hash, g_str_equal);
	struct recount all = {layers, listed, result, found->digest};

	node_walk(verification->subject->tree->root, count_node, &all);
	document_each_file(format, found->statement.predicate, count_listed, &all);
	find_omitted(&all);
}

void check_inventory(struct verification *verification, struct rule_result *result)
{
	const GPtrArray *all = verification->subject->attestations;
	const struct sign_key *key = verification->subject->key;
	guint documents = 0, trusted = 0;

	for (guint i = 0; all && i < all->len; i++) {
		const struct attestation_found *found = all->pdata[i];
		enum document_format format;

		if (!found->is_bundle || found->fault || !is_inventory(found, &format))
			continue;
		documents++;
		trusted += key && attestation_is_trusted(found, key);
		recount(verification, found, format, result);
	}
	if (documents == 0)
		result_na(result, "no inventory of thresh refers to the image");
	else if (key && trusted == 0)
		result_skip(result, "its files are those of the layers, but no inventory is signed "
				    "by the given key, so that its packages are anybody's word");
}
