/* SPDX-License-Identifier: Apache-2.0 */
/* The rules on what lies around an image: its bundles, their statements, the layout's index, and
 * the image made again; each on a layout in which one thing is wrong. */
#include "evidence/documents.h"
#include "image/rootfs.h"
#include "verify/verify.h"

#include "../image/fixture.h"

#include <string.h>

static const struct platform amd64 = {.os = (char *)"linux", .architecture = (char *)"amd64"};

struct fixture {
	char *directory;
	char *reference;
	struct sign_key *key;
	struct image *image;
	struct tree *tree;
};

static struct image *open_layout(const char *reference)
{
	g_autoptr(GError) error = NULL;
	struct image *image = image_open(reference, &amd64, &image_limits_default, &error);

	g_assert_no_error(error);
	return image;
}

static char *layout_new(const char *directory, const char *content)
{
	g_autoptr(GByteArray) tar = g_byte_array_new();
	struct fixture_layer layer = {0};

	fixture_entry(tar, "app", '0', NULL, content, strlen(content));
	fixture_entry(tar, "link", '2', "app", NULL, 0);
	fixture_end(tar);
	layer.tar = tar->data;
	layer.tar_size = tar->len;
	return fixture_layout(directory, &layer, 1, NULL);
}

static void fixture_init(struct fixture *f)
{
	g_autoptr(GError) error = NULL;

	f->directory = fixture_directory();
	f->reference = layout_new(f->directory, "content");
	f->key = sign_key_new(SIGN_ED25519, &error);
	f->image = open_layout(f->reference);
	f->tree = image_spool_tree(f->image, f->directory, &error);
	g_assert_no_error(error);
}

static void fixture_clear(struct fixture *f)
{
	tree_free(f->tree);
	image_free(f->image);
	sign_key_free(f->key);
	g_free(f->reference);
	fixture_remove(f->directory);
}

/* Signs @predicate of the image and attaches it. */
static void attest(struct fixture *f, const struct sign_key *key, const char *type,
		   json_t *predicate)
{
	autojson json_t *statement = statement_new(&f->image->manifest_digest, type, predicate);
	g_autoptr(GPtrArray) statements = g_ptr_array_new();
	g_autoptr(GPtrArray) attestations = NULL;
	g_autoptr(GError) error = NULL;

	g_ptr_array_add(statements, statement);
	attestations = attestations_new(statements, key, &error);
	g_assert_no_error(error);
	g_assert_true(image_attach(f->image, attestations, &error));
}

/* "OUTCOME first finding" of the rule, what lies around the image read again. Caller frees. */
static char *outcome(struct fixture *f, const char *rule, const struct sign_key *key,
		     const struct digest *source, const struct verify_rebuild *rebuild)
{
	g_autoptr(GPtrArray) attestations = attestations_read(f->image, NULL);
	const struct verify_subject subject = {
		.image = f->image,
		.tree = f->tree,
		.attestations = attestations,
		.key = key,
		.source_digest = source,
		.rebuild = rebuild,
	};
	autoverification struct verification *verification = verification_new(&subject);
	g_autoptr(GPtrArray) results = verification_run(verification);

	for (guint i = 0; i < results->len; i++) {
		const struct rule_result *result = results->pdata[i];

		if (!strcmp(result->rule->id, rule))
			return g_strdup_printf("%s %s", outcome_name(result->outcome),
					       result->findings->len > 0
						       ? (char *)result->findings->pdata[0]
						       : "");
	}
	g_assert_not_reached();
}

static void assert_outcome(struct fixture *f, const char *rule, const struct sign_key *key,
			   const struct digest *source, const char *want, const char *finding)
{
	g_autofree char *got = outcome(f, rule, key, source, NULL);

	g_test_message("%s: %s", rule, got);
	g_assert_true(g_str_has_prefix(got, want));
	g_assert_true(!finding || strstr(got, finding));
}

/* --- bundles -------------------------------------------------------------------------------------
 */

static void test_signature(void)
{
	struct fixture f;
	autokey struct sign_key *other = sign_key_new(SIGN_ECDSA_P256, NULL);

	fixture_init(&f);
	assert_outcome(&f, "signature", NULL, NULL, "NA", NULL);
	assert_outcome(&f, "signature", f.key, NULL, "FAIL", "nothing that refers to the image");
	attest(&f, f.key, PREDICATE_SIGNATURE, json_object());
	assert_outcome(&f, "signature", NULL, NULL, "SKIP", NULL);
	assert_outcome(&f, "signature", f.key, NULL, "PASS", NULL);
	assert_outcome(&f, "signature", other, NULL, "FAIL", "nothing that refers to the image");
	attest(&f, other, PREDICATE_SIGNATURE, json_object());
	assert_outcome(&f, "signature", f.key, NULL, "PASS", NULL);
	assert_outcome(&f, "signature", other, NULL, "PASS", NULL);
	fixture_clear(&f);
}

static json_t *provenance_of(const struct digest *source)
{
	char hex[DIGEST_HEX_BYTES];

	digest_format_hex(source, hex);
	return json_pack("{s:{s:[{s:s, s:{s:s}}]}}", "buildDefinition", "resolvedDependencies",
			 "name", "source", "digest", "sha256", hex);
}

static void test_provenance(void)
{
	struct fixture f;
	struct digest source, other;
	autokey struct sign_key *stranger = sign_key_new(SIGN_ED25519, NULL);

	digest_of("source", 6, &source);
	digest_of("other", 5, &other);
	fixture_init(&f);
	assert_outcome(&f, "provenance", f.key, &source, "NA", NULL);
	attest(&f, f.key, PREDICATE_PROVENANCE, provenance_of(&source));
	assert_outcome(&f, "provenance", NULL, &source, "SKIP", NULL);
	assert_outcome(&f, "provenance", f.key, &source, "PASS", NULL);
	assert_outcome(&f, "provenance", f.key, NULL, "PASS", NULL);
	assert_outcome(&f, "provenance", f.key, &other, "FAIL", "the given source is not");
	assert_outcome(&f, "provenance", stranger, &source, "FAIL", "not signed by the given key");
	attest(&f, f.key, PREDICATE_PROVENANCE, json_object());
	assert_outcome(&f, "provenance", f.key, NULL, "FAIL", "says of nothing");
	fixture_clear(&f);
}

/* --- what the manifest around a bundle says ------------------------------------------------------
 */

/* What was attached last, its annotation changed. */
static void test_announced(void)
{
	static const struct {
		const char *type, *want;
	} table[] = {{PREDICATE_SIGNATURE, "PASS"}, {PREDICATE_PROVENANCE, "FAIL"}};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		struct fixture f;
		autojson json_t *statement = NULL;
		g_autoptr(GPtrArray) statements = g_ptr_array_new(), attestations = NULL;

		fixture_init(&f);
		statement = statement_new(&f.image->manifest_digest, PREDICATE_SIGNATURE,
					  json_object());
		g_ptr_array_add(statements, statement);
		attestations = attestations_new(statements, f.key, NULL);
		json_object_set_new(
			(json_t *)((struct artifact *)attestations->pdata[0])->annotations,
			"dev.sigstore.bundle.predicateType", json_string(table[i].type));
		g_assert_true(image_attach(f.image, attestations, NULL));
		assert_outcome(&f, "signature", f.key, NULL, table[i].want,
			       i > 0 ? "another predicate type" : NULL);
		fixture_clear(&f);
	}
}

/* --- inventories ---------------------------------------------------------------------------------
 */

static json_t *document_of(struct fixture *f, enum document_format format)
{
	const struct inventory_options options = {.image = f->image, .sha1 = true};
	const struct document_about about = {.image = f->image};
	autoinventory struct inventory *inventory = inventory_new(f->tree, &options, NULL);

	g_assert_nonnull(inventory);
	return document_make(format, inventory, &about);
}

static void omit(json_t *document)
{
	json_array_remove(json_array_at(document, "files"), 0);
}

static void invent(json_t *document)
{
	json_t *files = json_array_at(document, "files");
	json_t *copy = json_deep_copy(json_array_get(files, 0));

	json_object_set_new(copy, "fileName", json_string("./invented"));
	json_array_append_new(files, copy);
}

static void list_twice(json_t *document)
{
	json_t *files = json_array_at(document, "files");

	json_array_append_new(files, json_deep_copy(json_array_get(files, 0)));
}

static void misstate(json_t *document)
{
	json_t *sums =
		json_array_at(json_array_get(json_array_at(document, "files"), 0), "checksums");
	json_t *sum;
	size_t i;

	json_array_foreach (sums, i, sum) {
		g_autofree char *zeros = g_strnfill(64, '0');

		if (g_strcmp0(json_string_at(sum, "algorithm"), "SHA256") == 0)
			json_object_set_new(sum, "checksumValue", json_string(zeros));
	}
}

static void disown(json_t *document)
{
	json_object_set_new(json_object_at(document, "creationInfo"), "creators",
			    json_pack("[s]", "Tool: another-1.0"));
	omit(document);
}

static void test_inventory(void)
{
	static const struct {
		void (*change)(json_t *document);
		const char *want, *finding;
	} table[] = {
		{omit, "FAIL", "omits /app"},
		{invent, "FAIL", "lists /invented, which is not in the layers"},
		{list_twice, "FAIL", "lists /app, which is not in the layers"},
		{misstate, "FAIL", "/app has other content than it says"},
		{disown, "NA", NULL}, /* others need not list files */
	};
	static const struct {
		enum document_format format;
		const char *type;
	} formats[] = {{DOCUMENT_SPDX, PREDICATE_SPDX},
		       {DOCUMENT_SPDX3, PREDICATE_SPDX3},
		       {DOCUMENT_CYCLONEDX, PREDICATE_CYCLONEDX}};
	autokey struct sign_key *stranger = sign_key_new(SIGN_ED25519, NULL);
	struct fixture f;

	fixture_init(&f);
	assert_outcome(&f, "inventory", NULL, NULL, "NA", NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
		attest(&f, f.key, formats[i].type, document_of(&f, formats[i].format));
		assert_outcome(&f, "inventory", NULL, NULL, "PASS", NULL);
		assert_outcome(&f, "inventory", f.key, NULL, "PASS", NULL);
	}
	assert_outcome(&f, "inventory", stranger, NULL, "SKIP", NULL);
	fixture_clear(&f);
	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		json_t *document;

		fixture_init(&f);
		document = document_of(&f, DOCUMENT_SPDX);
		table[i].change(document);
		attest(&f, f.key, PREDICATE_SPDX, document);
		assert_outcome(&f, "inventory", NULL, NULL, table[i].want, table[i].finding);
		fixture_clear(&f);
	}
}

/* --- the index -----------------------------------------------------------------------------------
 */

/* A member of the index, or of its entry @entry where that is not negative. */
struct wrong {
	int entry;
	const char *object; /* in it, or NULL */
	const char *member;
	const char *value; /* JSON; NULL: removed */
	const char *finding;
};

static const struct wrong wrongs[] = {
	{-1, NULL, "schemaVersion", "3", "schemaVersion is not 2"},
	{-1, NULL, "mediaType", "\"text/plain\"", "mediaType is not"},
	{-1, NULL, "more", "1", "unknown member \"more\""},
	{0, NULL, "more", "1", "unknown member \"more\""},
	{0, "annotations", "kind", "\"other\"", "its kind is not"},
	{0, "annotations", "more", "\"1\"", "unknown member \"more\""},
	{1, NULL, "artifactType", "\"text/plain\"", "artifactType is not that"},
	{1, NULL, "mediaType", "\"application/vnd.oci.image.index.v1+json\"",
	 "mediaType is not that"},
	{1, "annotations", "dev.thresh.subject.tag", "\"other\"", "does not have the tag other"},
	{1, "annotations", "dev.sigstore.bundle.content", "\"other\"", "annotations are not those"},
	{1, "annotations", "dev.sigstore.bundle.content", NULL, "annotations"},
	{1, NULL, "digest", "\"sha256:0\"", "sha256:0"},
	{1, NULL, "size", "1", "size"},
};

static void test_index(void)
{
	struct fixture f;

	for (gsize i = 0; i < G_N_ELEMENTS(wrongs); i++) {
		const struct wrong *wrong = &wrongs[i];
		g_autofree char *path = NULL, *text = NULL;
		autojson json_t *index = NULL;
		json_t *object;

		fixture_init(&f);
		attest(&f, f.key, PREDICATE_SIGNATURE, json_object());
		assert_outcome(&f, "index", NULL, NULL, "PASS", NULL);
		path = g_build_filename(f.directory, "index.json", NULL);
		index = json_load_file(path, 0, NULL);
		object = wrong->entry < 0 ? index
					  : json_array_get(json_array_at(index, "manifests"),
							   (size_t)wrong->entry);
		object = wrong->object ? json_object_at(object, wrong->object) : object;
		if (wrong->value)
			json_object_set_new(object, wrong->member,
					    json_loads(wrong->value, JSON_DECODE_ANY, NULL));
		else
			json_object_del(object, wrong->member);
		text = json_format_canonical(index);
		fixture_file(f.directory, "index.json", text, strlen(text));
		assert_outcome(&f, "index", NULL, NULL, "FAIL", wrong->finding);
		fixture_clear(&f);
	}
}

/* --- made again ----------------------------------------------------------------------------------
 */

static void test_rebuild(void)
{
	struct verify_rebuild rebuild = {.skip = "no reason"};
	struct fixture f;
	g_autofree char *got = NULL;

	fixture_init(&f); /* thresh did not make it */
	got = outcome(&f, "rebuild", NULL, NULL, &rebuild);
	g_assert_cmpstr(got, ==, "NA ");
	fixture_clear(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/verify/signature", test_signature);
	g_test_add_func("/verify/provenance", test_provenance);
	g_test_add_func("/verify/announced", test_announced);
	g_test_add_func("/verify/inventory", test_inventory);
	g_test_add_func("/verify/index", test_index);
	g_test_add_func("/verify/rebuild", test_rebuild);
	return g_test_run();
}
