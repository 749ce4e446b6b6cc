/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "sign/bundle.h"
#include "sign/key.h"
#include "sign/sealed_key.h"

#include <string.h>

static const enum sign_algorithm algorithms[] = {SIGN_ECDSA_P256, SIGN_ED25519};

static char *password_given(const char *what, void *user, GError **error)
{
	(void)what;
	(void)error;
	return g_strdup(user);
}

static struct sign_key *key_new(enum sign_algorithm algorithm)
{
	g_autoptr(GError) error = NULL;
	struct sign_key *key = sign_key_new(algorithm, &error);

	g_assert_no_error(error);
	return key;
}

/* A key that was written and read again signs what the first one's public half accepts. */
static void test_round_trip(void)
{
	static const char *const passwords[] = {NULL, "correct horse"};

	for (gsize i = 0; i < G_N_ELEMENTS(algorithms); i++) {
		autokey struct sign_key *key = key_new(algorithms[i]);
		g_autoptr(GError) error = NULL;
		g_autofree char *public = sign_key_public_pem(key, &error);
		autokey struct sign_key *checker =
			sign_key_parse_public("public", public, strlen(public), &error);
		g_autofree char *id = sign_key_id(key, &error);
		g_autofree char *same = sign_key_id(checker, &error);

		g_assert_no_error(error);
		g_assert_cmpstr(id, ==, same);
		g_assert_cmpuint(strlen(id), ==, 44);
		for (gsize p = 0; p < G_N_ELEMENTS(passwords); p++) {
			g_autofree char *pem = sign_key_private_pem(key, passwords[p], &error);
			autokey struct sign_key *again =
				sign_key_parse("key", pem, strlen(pem), password_given,
					       (void *)passwords[p], &error);
			g_autoptr(GBytes) signature =
				again ? sign_key_sign(again, "abc", 3, &error) : NULL;

			g_assert_no_error(error);
			g_assert_cmpint(sealed_key_is(pem, strlen(pem)), ==, passwords[p] != NULL);
			g_assert_true(sign_key_verify(checker, "abc", 3, signature, &error));
			g_assert_false(sign_key_verify(checker, "abd", 3, signature, &error));
			g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
			g_clear_error(&error);
		}
	}
}

static void test_passwords(void)
{
	autokey struct sign_key *key = key_new(SIGN_ECDSA_P256);
	g_autoptr(GError) error = NULL;
	g_autofree char *pem = sign_key_private_pem(key, "right", &error);

	g_assert_null(
		sign_key_parse("k", pem, strlen(pem), password_given, (void *)"wrong", &error));
	g_assert_cmpstr(error->message, ==, "k: wrong password, or the key has been changed");
	g_clear_error(&error);
	g_assert_null(sign_key_parse("k", pem, strlen(pem), NULL, NULL, &error));
	g_assert_cmpstr(error->message, ==, "k: is encrypted, and no password was given");
}

static char *sealed_text(const char *n, const char *r, const char *p, const char *rest)
{
	g_autofree char *json = g_strdup_printf(
		"{\"kdf\":{\"name\":\"scrypt\",\"params\":{\"N\":%s,\"r\":%s,\"p\":%s},\"salt\":"
		"\"AAAAAAAAAAAAAAAA\"},%s}",
		n, r, p, rest);
	g_autofree char *base64 = g_base64_encode((const guchar *)json, strlen(json));

	return g_strdup_printf("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n%s\n"
			       "-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n",
			       base64);
}

/* Nothing of a hostile key file makes us spend memory or time before it is refused. */
static void test_malformed_sealed(void)
{
	static const char cipher[] = "\"cipher\":{\"name\":\"nacl/secretbox\",\"nonce\":"
				     "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"},\"ciphertext\":"
				     "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"";
	static const struct {
		const char *n, *r, *p, *rest, *text;
	} table[] = {
		{"2097152", "8", "1", cipher, "out of bounds"},
		{"1048576", "8", "1", cipher, "out of bounds"},
		{"65535", "8", "1", cipher, "out of bounds"},
		{"-2", "8", "1", cipher, "out of bounds"},
		{"65536", "0", "1", cipher, "out of bounds"},
		{"65536", "8", "17", cipher, "out of bounds"},
		{"16", "1", "1", "\"cipher\":{\"name\":\"aes\"}", "its cipher is not"},
		{"16", "1", "1",
		 "\"cipher\":{\"name\":\"nacl/"
		 "secretbox\",\"nonce\":\"AAAA\"},\"ciphertext\":\"AAAA\"",
		 "its nonce"},
		{"16", "1", "1", cipher, "wrong password"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *text =
			sealed_text(table[i].n, table[i].r, table[i].p, table[i].rest);
		g_autoptr(GError) error = NULL;

		g_assert_null(sealed_key_open(text, strlen(text), "x", &error));
		g_assert_nonnull(strstr(error->message, table[i].text));
	}
}

static void test_malformed_keys(void)
{
	static const char *const table[] = {
		"",
		"-----BEGIN PUBLIC KEY-----\n",
		"hello",
		/* P-384 */
		"-----BEGIN PUBLIC KEY-----\n"
		"MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEqsxhJ9qZzLp8xMNMGmyJUrQ6YBsSYnhp\n"
		"-----END PUBLIC KEY-----\n",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(sign_key_parse_public("k", table[i], strlen(table[i]), &error));
		g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
		g_clear_error(&error);
		g_assert_null(sign_key_parse("k", table[i], strlen(table[i]), NULL, NULL, &error));
		g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
	}
}

/* protocol.md of DSSE, "Test Vectors". */
static void test_encoding(void)
{
	g_autoptr(GBytes) text = dsse_encode("http://example.com/HelloWorld", "hello world", 11);
	static const char want[] = "DSSEv1 29 http://example.com/HelloWorld 11 hello world";

	g_assert_cmpmem(g_bytes_get_data(text, NULL), g_bytes_get_size(text), want, strlen(want));
}

static void test_bundle(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(algorithms); i++) {
		autokey struct sign_key *key = key_new(algorithms[i]);
		autokey struct sign_key *other = key_new(algorithms[i]);
		g_autoptr(GError) error = NULL;
		autojson json_t *json = sigstore_bundle_new(STATEMENT_TYPE, "{}", 2, key, &error);
		struct sigstore_bundle bundle;

		g_assert_no_error(error);
		g_assert_true(sigstore_bundle_parse(json, &bundle, &error));
		g_assert_true(sigstore_bundle_verify(&bundle, key, STATEMENT_TYPE, &error));
		g_assert_false(sigstore_bundle_verify(&bundle, other, STATEMENT_TYPE, &error));
		g_assert_nonnull(strstr(error->message, "signed by key"));
		g_clear_error(&error);
		g_assert_false(sigstore_bundle_verify(&bundle, key, "text/plain", &error));
		g_assert_nonnull(strstr(error->message, "its payload is"));
		sigstore_bundle_clear(&bundle);
	}
}

/* Whoever changes one bit of a bundle's text changes the answer: every one is refused. */
static void test_bit_flips(void)
{
	autokey struct sign_key *key = key_new(SIGN_ECDSA_P256);
	g_autoptr(GError) error = NULL;
	autojson json_t *json = sigstore_bundle_new(STATEMENT_TYPE, "{\"a\":1}", 7, key, &error);
	g_autofree char *text = json_format_canonical(json);
	size_t length = strlen(text);
	guint accepted = 0;

	for (size_t bit = 0; bit < 8 * length; bit++) {
		autojson json_t *changed = NULL;
		struct sigstore_bundle bundle;

		text[bit / 8] ^= (char)(1 << bit % 8);
		changed = json_parse(text, length, "bundle", NULL);
		if (changed && sigstore_bundle_parse(changed, &bundle, NULL)) {
			accepted += sigstore_bundle_verify(&bundle, key, STATEMENT_TYPE, NULL);
			sigstore_bundle_clear(&bundle);
		}
		text[bit / 8] ^= (char)(1 << bit % 8);
	}
	g_assert_cmpuint(accepted, ==, 0);
}

/* As cosign writes it: DSSE's keyid is left out, or empty. The hint is the key's id then. */
static void test_bundle_without_key_id(void)
{
	autokey struct sign_key *key = key_new(SIGN_ED25519);
	g_autofree char *id = sign_key_id(key, NULL);

	for (int empty = 0; empty < 2; empty++) {
		autojson json_t *json = sigstore_bundle_new(STATEMENT_TYPE, "{}", 2, key, NULL);
		json_t *material = json_object_get(json, "verificationMaterial");
		json_t *signature = json_array_get(
			json_object_get(json_object_get(json, "dsseEnvelope"), "signatures"), 0);
		struct sigstore_bundle bundle;

		if (empty)
			json_object_set_new(signature, "keyid", json_string(""));
		else
			json_object_del(signature, "keyid");
		g_assert_true(sigstore_bundle_parse(json, &bundle, NULL));
		g_assert_cmpstr(bundle.key_id, ==, id);
		g_assert_true(sigstore_bundle_verify(&bundle, key, STATEMENT_TYPE, NULL));
		sigstore_bundle_clear(&bundle);
		json_object_set_new(material, "publicKey", json_object());
		g_assert_false(sigstore_bundle_parse(json, &bundle, NULL));
	}
}

static void test_several_public_keys(void)
{
	autokey struct sign_key *key = key_new(SIGN_ED25519), *other = key_new(SIGN_ED25519);
	g_autofree char *one = sign_key_public_pem(key, NULL);
	g_autofree char *two = sign_key_public_pem(other, NULL);
	g_autofree char *both = g_strconcat(one, two, NULL);
	g_autoptr(GError) error = NULL;

	g_assert_null(sign_key_parse_public("k.pub", both, strlen(both), &error));
	g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
	g_assert_cmpstr(error->message, ==, "k.pub: more than one key; give the one");
}

static void test_malformed_bundles(void)
{
	static const struct {
		const char *path, *value, *text; /* what is put where, and what is said */
	} table[] = {
		{"mediaType", "\"application/vnd.dev.sigstore.bundle.v0.4+json\"",
		 "its media type"},
		{"extra", "1", "unknown member"},
		{"dsseEnvelope", "null", "an object is missing"},
		{"dsseEnvelope.payload", "\"e30\"", "not base64"},
		{"dsseEnvelope.payload", "\"\"", "not base64"},
		{"dsseEnvelope.signatures", "[]", "no signature"},
		{"dsseEnvelope.signatures", "[{},{}]", "more than one"},
		{"dsseEnvelope.signatures", "[{\"sig\":\"AAAA\",\"keyid\":1}]", "keyid"},
		{"verificationMaterial", "{\"publicKey\":{}}", "hint"},
		{"verificationMaterial", "{\"publicKey\":{\"hint\":\"other\"}}", "hint"},
		{"verificationMaterial", "{\"certificate\":{\"rawBytes\":\"AAAA\"}}",
		 "unknown member"},
		{"verificationMaterial", "{}", "no public key"},
	};
	autokey struct sign_key *key = key_new(SIGN_ED25519);

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(GError) error = NULL;
		autojson json_t *json = sigstore_bundle_new(STATEMENT_TYPE, "{}", 2, key, &error);
		g_auto(GStrv) keys = g_strsplit(table[i].path, ".", -1);
		json_t *at = json;
		struct sigstore_bundle bundle;

		for (guint k = 0; keys[k + 1]; k++)
			at = json_object_get(at, keys[k]);
		json_object_set_new(at, keys[g_strv_length(keys) - 1],
				    json_loads(table[i].value, JSON_DECODE_ANY, NULL));
		g_assert_false(sigstore_bundle_parse(json, &bundle, &error));
		g_assert_nonnull(strstr(error->message, table[i].text));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sign/round-trip", test_round_trip);
	g_test_add_func("/sign/passwords", test_passwords);
	g_test_add_func("/sign/malformed-sealed-keys", test_malformed_sealed);
	g_test_add_func("/sign/malformed-keys", test_malformed_keys);
	g_test_add_func("/sign/encoding", test_encoding);
	g_test_add_func("/sign/bundle", test_bundle);
	g_test_add_func("/sign/bit-flips", test_bit_flips);
	g_test_add_func("/sign/bundle-without-key-id", test_bundle_without_key_id);
	g_test_add_func("/sign/several-public-keys", test_several_public_keys);
	g_test_add_func("/sign/malformed-bundles", test_malformed_bundles);
	return g_test_run();
}
