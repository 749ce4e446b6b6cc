/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys that sign evidence and check it: ECDSA P-256 with SHA-256, and Ed25519.
 *
 *     struct sign_key *key = sign_key_new(SIGN_ECDSA_P256, error);
 *     char *pem = sign_key_private_pem(key, password, error);     // as cosign writes and reads it
 *     GBytes *signature = sign_key_sign(key, data, size, error);
 *     sign_key_verify(public, data, size, signature, error);
 *
 * A private key is a file (PKCS #8, RFC 5958, plain or encrypted with PKCS #5; or cosign's: scrypt
 * and NaCl's secretbox in a PEM block), or what an OpenSSL provider or engine opens by URI:
 * `pkcs11:…` (RFC 7512), `handle:0x81…` (tpm2-openssl); or a file that a TPM has wrapped (TSS2
 * PRIVATE KEY). A public key is SubjectPublicKeyInfo in PEM (RFC 7468, section 13).
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sign_algorithm { SIGN_ECDSA_P256, SIGN_ED25519 };

enum {
	SIGN_KEY_MAX_BYTES = 64 << 10, /* of a key file */
	SIGN_PASSWORD_MAX_BYTES = 1024,
	SIGN_SIGNATURE_MAX_BYTES = 512,
};

struct sign_key;

/* A new random key. */
struct sign_key *sign_key_new(enum sign_algorithm algorithm, GError **error);
void sign_key_free(struct sign_key *key);
#define autokey __attribute__((cleanup(sign_key_cleanup)))
void sign_key_cleanup(struct sign_key **key);

/* Asked where a key is encrypted; @what names it. A new string, or NULL with @error. The caller
 * clears and frees it with sign_password_free. */
typedef char *(*sign_password)(const char *what, void *user, GError **error);
void sign_password_free(char *password);

/* Opens the private key @source: a path or a URI. @password may be NULL: an encrypted key is an
 * error then. */
struct sign_key *sign_key_load(const char *source, sign_password password, void *user,
			       GError **error);
/* From the text of a key file; @what names it in messages. */
struct sign_key *sign_key_parse(const char *what, const char *text, size_t size_bytes,
				sign_password password, void *user, GError **error);

/* A public key in a file. */
struct sign_key *sign_key_load_public(const char *path, GError **error);
struct sign_key *sign_key_parse_public(const char *what, const char *text, size_t size_bytes,
				       GError **error);

enum sign_algorithm sign_key_algorithm(const struct sign_key *key);

/* PEM texts; the caller frees. With @password NULL the private key is not encrypted (PKCS #8),
 * else it is as cosign has it. A key of a provider does not leave it: THRESH_ERROR_INPUT. */
char *sign_key_public_pem(const struct sign_key *key, GError **error);
char *sign_key_private_pem(const struct sign_key *key, const char *password, GError **error);

/* base64 of SHA-256 of the SubjectPublicKeyInfo in DER: keyid and hint of Sigstore bundles. Caller
 * frees. */
char *sign_key_id(const struct sign_key *key, GError **error);

/* ECDSA: ASN.1 DER (RFC 3279, section 2.2.3) over SHA-256 of @data; Ed25519 (RFC 8032): over @data.
 */
GBytes *sign_key_sign(const struct sign_key *key, const void *data, size_t size_bytes,
		      GError **error);
/* THRESH_ERROR_INPUT where the signature is not of this key and data. */
bool sign_key_verify(const struct sign_key *key, const void *data, size_t size_bytes,
		     GBytes *signature, GError **error);
