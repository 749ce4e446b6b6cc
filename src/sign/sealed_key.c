/* SPDX-License-Identifier: Apache-2.0 */
#include "sign/sealed_key.h"

#include "base/error.h"
#include "base/json.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <sodium.h>
#include <string.h>

enum {
	SALT_BYTES = 32,
	SALT_MAX_BYTES = 1024,
	N_WRITTEN = 65536,
	R_WRITTEN = 8,
	P_WRITTEN = 1,
	PLAIN_MAX_BYTES = 16 << 10,
};

static const char label[] = "ENCRYPTED SIGSTORE PRIVATE KEY";
static const char old_label[] = "ENCRYPTED COSIGN PRIVATE KEY";

struct sealed {
	uint64_t n;
	uint32_t r;
	uint32_t p;
	guchar *salt;
	gsize salt_bytes;
	guchar *nonce;
	gsize nonce_bytes;
	guchar *cipher;
	gsize cipher_bytes;
};

static void sealed_clear(struct sealed *sealed)
{
	g_free(sealed->salt);
	g_free(sealed->nonce);
	g_free(sealed->cipher);
}

static bool library_start(GError **error)
{
	return sodium_init() >= 0 ||
	       error_set(error, THRESH_ERROR_INTERNAL, "libsodium does not start");
}

bool sealed_key_is(const char *text, size_t size_bytes)
{
	return g_strstr_len(text, (gssize)size_bytes, label) ||
	       g_strstr_len(text, (gssize)size_bytes, old_label);
}

/* The bytes of the PEM block, and its label. */
static GBytes *block_read(const char *text, size_t size_bytes, char **ret_name, GError **error)
{
	BIO *bio = BIO_new_mem_buf(text, (int)size_bytes);
	unsigned char *data = NULL;
	char *header = NULL, *name = NULL;
	GBytes *bytes = NULL;
	long length = 0;

	if (bio && PEM_read_bio(bio, &name, &header, &data, &length) == 1) {
		bytes = g_bytes_new(data, (gsize)length);
		*ret_name = g_strdup(name);
	} else {
		error_set(error, THRESH_ERROR_INPUT, "not a PEM block");
	}
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(data);
	BIO_free(bio);
	return bytes;
}

static guchar *take_base64(const json_t *object, const char *key, gsize *ret_bytes)
{
	const char *text = json_string_at(object, key);

	return text ? g_base64_decode(text, ret_bytes) : NULL;
}

static bool take_parameters(const json_t *kdf, struct sealed *sealed, GError **error)
{
	const json_t *params = json_object_at(kdf, "params");
	json_int_t n = json_integer_at(params, "N", 0);
	json_int_t r = json_integer_at(params, "r", 0);
	json_int_t p = json_integer_at(params, "p", 0);

	if (g_strcmp0(json_string_at(kdf, "name"), "scrypt") != 0)
		return error_set(error, THRESH_ERROR_INPUT, "its key derivation is not scrypt");
	if (n < 2 || n > SEALED_KEY_N_MAX || (n & (n - 1)) != 0 || r < 1 || r > SEALED_KEY_R_MAX ||
	    p < 1 || p > SEALED_KEY_P_MAX || 128 * n * r > SEALED_KEY_MEMORY_MAX)
		return error_set(
			error, THRESH_ERROR_INPUT,
			"scrypt's parameters (N %lld, r %lld, p %lld) are out of bounds: at most "
			"N %d, r %d, p %d and %d MiB",
			(long long)n, (long long)r, (long long)p, SEALED_KEY_N_MAX,
			SEALED_KEY_R_MAX, SEALED_KEY_P_MAX, SEALED_KEY_MEMORY_MAX >> 20);
	sealed->n = (uint64_t)n;
	sealed->r = (uint32_t)r;
	sealed->p = (uint32_t)p;
	return true;
}

static bool sealed_parse(const json_t *json, struct sealed *sealed, GError **error)
{
	const json_t *kdf = json_object_at(json, "kdf");
	const json_t *cipher = json_object_at(json, "cipher");

	if (!take_parameters(kdf, sealed, error))
		return false;
	if (g_strcmp0(json_string_at(cipher, "name"), "nacl/secretbox") != 0)
		return error_set(error, THRESH_ERROR_INPUT, "its cipher is not nacl/secretbox");
	sealed->salt = take_base64(kdf, "salt", &sealed->salt_bytes);
	sealed->nonce = take_base64(cipher, "nonce", &sealed->nonce_bytes);
	sealed->cipher = take_base64(json, "ciphertext", &sealed->cipher_bytes);
	if (!sealed->salt || sealed->salt_bytes < 8 || sealed->salt_bytes > SALT_MAX_BYTES)
		return error_set(error, THRESH_ERROR_INPUT, "its salt is missing or out of bounds");
	if (!sealed->nonce || sealed->nonce_bytes != crypto_secretbox_NONCEBYTES)
		return error_set(error, THRESH_ERROR_INPUT, "its nonce is not one of 24 bytes");
	if (!sealed->cipher || sealed->cipher_bytes <= crypto_secretbox_MACBYTES ||
	    sealed->cipher_bytes > PLAIN_MAX_BYTES)
		return error_set(error, THRESH_ERROR_INPUT,
				 "its ciphertext is missing or out of bounds");
	return true;
}

static bool derive(const struct sealed *sealed, const char *password,
		   uint8_t key[static crypto_secretbox_KEYBYTES], GError **error)
{
	return crypto_pwhash_scryptsalsa208sha256_ll((const uint8_t *)password, strlen(password),
						     sealed->salt, sealed->salt_bytes, sealed->n,
						     sealed->r, sealed->p, key,
						     crypto_secretbox_KEYBYTES) == 0 ||
	       error_set(error, THRESH_ERROR_INTERNAL, "scrypt: not enough memory");
}

static GByteArray *unseal(const struct sealed *sealed, const char *password, GError **error)
{
	uint8_t key[crypto_secretbox_KEYBYTES];
	GByteArray *plain;

	if (!derive(sealed, password, key, error))
		return NULL;
	plain = g_byte_array_new();
	g_byte_array_set_size(plain, (guint)(sealed->cipher_bytes - crypto_secretbox_MACBYTES));
	if (crypto_secretbox_open_easy(plain->data, sealed->cipher, sealed->cipher_bytes,
				       sealed->nonce, key) != 0) {
		g_clear_pointer(&plain, g_byte_array_unref);
		error_set(error, THRESH_ERROR_INPUT, "wrong password, or the key has been changed");
	}
	sodium_memzero(key, sizeof(key));
	return plain;
}

GByteArray *sealed_key_open(const char *text, size_t size_bytes, const char *password,
			    GError **error)
{
	g_autofree char *name = NULL;
	g_autoptr(GBytes) block = NULL;
	autojson json_t *json = NULL;
	struct sealed sealed = {0};
	GByteArray *plain = NULL;
	gsize size;
	const void *data;

	block = library_start(error) ? block_read(text, size_bytes, &name, error) : NULL;
	if (!block)
		return NULL;
	if (strcmp(name, label) != 0 && strcmp(name, old_label) != 0) {
		error_set(error, THRESH_ERROR_INPUT, "not an encrypted sigstore key");
		return NULL;
	}
	data = g_bytes_get_data(block, &size);
	json = json_parse(data ? data : "", size, "encrypted key", error);
	if (json && sealed_parse(json, &sealed, error))
		plain = unseal(&sealed, password, error);
	sealed_clear(&sealed);
	return plain;
}

static json_t *base64_json(const void *data, gsize size)
{
	g_autofree char *text = g_base64_encode(data, size);

	return json_string(text);
}

static json_t *sealed_to_json(const struct sealed *sealed)
{
	json_t *params = json_pack("{s:I, s:I, s:I}", "N", (json_int_t)sealed->n, "r",
				   (json_int_t)sealed->r, "p", (json_int_t)sealed->p);
	json_t *kdf = json_pack("{s:s, s:o, s:o}", "name", "scrypt", "params", params, "salt",
				base64_json(sealed->salt, sealed->salt_bytes));
	json_t *cipher = json_pack("{s:s, s:o}", "name", "nacl/secretbox", "nonce",
				   base64_json(sealed->nonce, sealed->nonce_bytes));

	return json_pack("{s:o, s:o, s:o}", "kdf", kdf, "cipher", cipher, "ciphertext",
			 base64_json(sealed->cipher, sealed->cipher_bytes));
}

static char *block_write(const char *json, GError **error)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL, *data;
	long length;

	if (bio && PEM_write_bio(bio, label, "", (const unsigned char *)json, (long)strlen(json))) {
		length = BIO_get_mem_data(bio, &data);
		text = g_strndup(data, (gsize)length);
	} else {
		error_set(error, THRESH_ERROR_INTERNAL, "PEM: not enough memory");
	}
	BIO_free(bio);
	return text;
}

char *sealed_key_write(const void *der, size_t size_bytes, const char *password, GError **error)
{
	guchar salt[SALT_BYTES], nonce[crypto_secretbox_NONCEBYTES];
	uint8_t key[crypto_secretbox_KEYBYTES];
	struct sealed sealed = {.n = N_WRITTEN,
				.r = R_WRITTEN,
				.p = P_WRITTEN,
				.salt = salt,
				.salt_bytes = sizeof(salt),
				.nonce = nonce,
				.nonce_bytes = sizeof(nonce)};
	g_autofree guchar *cipher = g_malloc(size_bytes + crypto_secretbox_MACBYTES);
	g_autofree char *text = NULL;
	autojson json_t *json = NULL;

	if (!library_start(error))
		return NULL;
	randombytes_buf(salt, sizeof(salt));
	randombytes_buf(nonce, sizeof(nonce));
	if (!derive(&sealed, password, key, error))
		return NULL;
	crypto_secretbox_easy(cipher, der, size_bytes, nonce, key);
	sodium_memzero(key, sizeof(key));
	sealed.cipher = cipher;
	sealed.cipher_bytes = size_bytes + crypto_secretbox_MACBYTES;
	json = sealed_to_json(&sealed);
	text = json_format_canonical(json);
	return block_write(text, error);
}
