/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"

#include "base/error.h"

#include <openssl/evp.h>
#include <string.h>

struct digester {
	EVP_MD_CTX *context;
};

/* Looked up once: OpenSSL's search for an algorithm takes longer than the digest of a path. It
 * stays until the program ends. */
static const EVP_MD *sha256(void)
{
	static gsize algorithm;

	if (g_once_init_enter(&algorithm)) {
		EVP_MD *fetched = EVP_MD_fetch(NULL, "SHA256", NULL);

		if (!fetched)
			g_error("SHA-256 is not available in OpenSSL");
		g_once_init_leave(&algorithm, (gsize)fetched);
	}
	return (const EVP_MD *)algorithm;
}

static void digester_restart(struct digester *digester)
{
	if (EVP_DigestInit_ex(digester->context, sha256(), NULL) != 1)
		g_error("EVP_DigestInit_ex failed");
}

struct digester *digester_new(void)
{
	struct digester *digester = g_new0(struct digester, 1);

	digester->context = EVP_MD_CTX_new();
	digester_restart(digester);
	return digester;
}

void digester_free(struct digester *digester)
{
	if (!digester)
		return;
	EVP_MD_CTX_free(digester->context);
	g_free(digester);
}

void digester_cleanup(struct digester **digester)
{
	digester_free(*digester);
}

void digester_update(struct digester *digester, const void *data, size_t size_bytes)
{
	if (EVP_DigestUpdate(digester->context, data, size_bytes) != 1)
		g_error("EVP_DigestUpdate failed");
}

void digester_finish(struct digester *digester, struct digest *ret_digest)
{
	unsigned int length = DIGEST_BYTES;

	if (EVP_DigestFinal_ex(digester->context, ret_digest->bytes, &length) != 1)
		g_error("EVP_DigestFinal_ex failed");
	digester_restart(digester);
}

void digest_of(const void *data, size_t size_bytes, struct digest *ret_digest)
{
	autodigester struct digester *digester = digester_new();

	digester_update(digester, data, size_bytes);
	digester_finish(digester, ret_digest);
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
	return memcmp(a->bytes, b->bytes, DIGEST_BYTES) == 0;
}

void digest_format_hex(const struct digest *digest, char ret_text[static DIGEST_HEX_BYTES])
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < DIGEST_BYTES; i++) {
		ret_text[2 * i] = digits[digest->bytes[i] >> 4];
		ret_text[2 * i + 1] = digits[digest->bytes[i] & 15];
	}
	ret_text[2 * DIGEST_BYTES] = '\0';
}

guint digest_hash(gconstpointer digest)
{
	guint hash;

	memcpy(&hash, ((const struct digest *)digest)->bytes, sizeof(hash));
	return hash;
}

gboolean digest_hash_equal(gconstpointer a, gconstpointer b)
{
	return digest_equal(a, b);
}

void digest_format(const struct digest *digest, char ret_text[static DIGEST_TEXT_BYTES])
{
	memcpy(ret_text, "sha256:", 7);
	digest_format_hex(digest, ret_text + 7);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool digest_parse(const char *text, struct digest *ret_digest, GError **error)
{
	struct digest digest;
	g_autofree char *quoted = NULL;

	if (!g_str_has_prefix(text, "sha256:") || strlen(text) != DIGEST_TEXT_BYTES - 1)
		goto malformed;
	for (int i = 0; i < DIGEST_BYTES; i++) {
		int high = hex_value(text[7 + 2 * i]);
		int low = hex_value(text[8 + 2 * i]);

		if (high < 0 || low < 0)
			goto malformed;
		digest.bytes[i] = (uint8_t)(high << 4 | low);
	}
	*ret_digest = digest;
	return true;

malformed:
	quoted = error_quote(text);
	return error_set(error, THRESH_ERROR_INPUT,
			 "digest %s: not sha256: and 64 lower-case hexadecimal digits", quoted);
}
