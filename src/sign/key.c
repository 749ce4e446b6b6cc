/* SPDX-License-Identifier: Apache-2.0 */
#include "sign/key.h"

#include "base/error.h"
#include "base/fd.h"
#include "sign/engine.h"
#include "sign/sealed_key.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/sha.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <openssl/x509.h>
#include <string.h>

struct sign_key {
	EVP_PKEY *pkey;
	enum sign_algorithm algorithm;
	bool is_foreign; /* lies in a token */
	char *query;     /* of properties: the provider that has it; or NULL */
};

/* The last thing that OpenSSL complained of; clears its queue. */
static bool crypto_fail(GError **error, enum thresh_error code, const char *what)
{
	unsigned long reason = ERR_peek_last_error();
	const char *text = reason ? ERR_reason_error_string(reason) : NULL;

	ERR_clear_error();
	return error_set(error, code, "%s%s%s", what, text ? ": " : "", text ? text : "");
}

/* Takes over @pkey; anything but P-256 and Ed25519 is refused. */
static struct sign_key *key_take(EVP_PKEY *pkey, const char *what, bool is_foreign, GError **error)
{
	struct sign_key *key = g_new0(struct sign_key, 1);
	char group[64] = "";

	key->pkey = pkey;
	key->is_foreign = is_foreign;
	if (EVP_PKEY_is_a(pkey, "ED25519")) {
		key->algorithm = SIGN_ED25519;
		return key;
	}
	if (EVP_PKEY_is_a(pkey, "EC") &&
	    EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) == 1 &&
	    (!strcmp(group, "prime256v1") || !strcmp(group, "P-256"))) {
		key->algorithm = SIGN_ECDSA_P256;
		return key;
	}
	ERR_clear_error();
	error_set(error, THRESH_ERROR_INPUT,
		  "%s: neither an ECDSA P-256 nor an Ed25519 key; `thresh key new` makes one",
		  what);
	sign_key_free(key);
	return NULL;
}

struct sign_key *sign_key_new(enum sign_algorithm algorithm, GError **error)
{
	EVP_PKEY *pkey = algorithm == SIGN_ED25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
						   : EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");

	if (pkey)
		return key_take(pkey, "new key", false, error);
	crypto_fail(error, THRESH_ERROR_INTERNAL, "new key");
	return NULL;
}

void sign_key_free(struct sign_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey);
	g_free(key->query);
	g_free(key);
}

void sign_key_cleanup(struct sign_key **key)
{
	sign_key_free(*key);
}

void sign_password_free(char *password)
{
	if (password)
		OPENSSL_cleanse(password, strlen(password));
	g_free(password);
}

enum sign_algorithm sign_key_algorithm(const struct sign_key *key)
{
	return key->algorithm;
}

/* --- private keys --------------------------------------------------------------------------------
 */

struct asker {
	const char *what;
	sign_password password;
	void *user;
	GError *error; /* of the question */
	bool asked;
};

static char *ask(struct asker *asker)
{
	char *password;

	asker->asked = true;
	if (!asker->password) {
		error_set(&asker->error, THRESH_ERROR_INPUT,
			  "%s: is encrypted, and no password was given", asker->what);
		return NULL;
	}
	password = asker->password(asker->what, asker->user, &asker->error);
	if (password && strlen(password) > SIGN_PASSWORD_MAX_BYTES) {
		error_set(&asker->error, THRESH_ERROR_INPUT, "%s: a password of more than %d bytes",
			  asker->what, SIGN_PASSWORD_MAX_BYTES);
		g_clear_pointer(&password, sign_password_free);
	}
	return password;
}

/* pem_password_cb(3ossl) */
static int pem_password(char *buffer, int size, int writing, void *user)
{
	struct asker *asker = user;
	char *password;
	size_t bytes;

	(void)writing;
	if (asker->asked)
		return -1;
	password = ask(asker);
	bytes = password ? strlen(password) : 0;
	if (!password || bytes > (size_t)size) {
		sign_password_free(password);
		return -1;
	}
	memcpy(buffer, password, bytes);
	sign_password_free(password);
	return (int)bytes;
}

static EVP_PKEY *sealed_parse(const char *text, size_t size_bytes, struct asker *asker,
			      GError **error)
{
	char *password = ask(asker);
	GByteArray *der = NULL;
	EVP_PKEY *pkey = NULL;
	const unsigned char *data;

	if (!password) {
		g_propagate_error(error, g_steal_pointer(&asker->error));
		return NULL;
	}
	der = sealed_key_open(text, size_bytes, password, error);
	sign_password_free(password);
	if (!der) {
		g_prefix_error(error, "%s: ", asker->what);
		return NULL;
	}
	data = der->data;
	pkey = d2i_AutoPrivateKey(NULL, &data, (long)der->len);
	OPENSSL_cleanse(der->data, der->len);
	g_byte_array_unref(der);
	if (!pkey)
		crypto_fail(error, THRESH_ERROR_INPUT, asker->what);
	return pkey;
}

static EVP_PKEY *pem_parse(const char *text, size_t size_bytes, struct asker *asker, GError **error)
{
	BIO *bio = BIO_new_mem_buf(text, (int)size_bytes);
	EVP_PKEY *pkey = bio ? PEM_read_bio_PrivateKey(bio, NULL, pem_password, asker) : NULL;
	g_autofree char *what = g_strdup_printf(
		"%s: %s", asker->what,
		asker->asked ? "wrong password, or not a private key" : "not a private key in PEM");

	BIO_free(bio);
	if (!pkey && asker->error)
		g_propagate_error(error, g_steal_pointer(&asker->error));
	else if (!pkey)
		crypto_fail(error, THRESH_ERROR_INPUT, what);
	ERR_clear_error();
	return pkey;
}

struct sign_key *sign_key_parse(const char *what, const char *text, size_t size_bytes,
				sign_password password, void *user, GError **error)
{
	struct asker asker = {.what = what, .password = password, .user = user};
	EVP_PKEY *pkey;

	if (size_bytes > SIGN_KEY_MAX_BYTES) {
		error_set(error, THRESH_ERROR_INPUT, "%s: a key of more than %d bytes", what,
			  SIGN_KEY_MAX_BYTES);
		return NULL;
	}
	pkey = sealed_key_is(text, size_bytes) ? sealed_parse(text, size_bytes, &asker, error)
					       : pem_parse(text, size_bytes, &asker, error);
	return pkey ? key_take(pkey, what, false, error) : NULL;
}

/* --- tokens --------------------------------------------------------------------------------------
 */

/* The provider that opens URIs of this scheme, or NULL: a path. */
static const char *provider_of(const char *source)
{
	static const struct {
		const char *scheme, *provider;
	} table[] = {{"pkcs11:", "pkcs11"}, {"handle:", "tpm2"}};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		if (g_str_has_prefix(source, table[i].scheme))
			return table[i].provider;
	}
	return NULL;
}

static int ui_read(UI *ui, UI_STRING *string)
{
	struct asker *asker = UI_get0_user_data(ui);
	char *password;
	int done;

	if (UI_get_string_type(string) != UIT_PROMPT && UI_get_string_type(string) != UIT_VERIFY)
		return 1;
	password = ask(asker);
	done = password && UI_set_result(ui, string, password) == 0;
	sign_password_free(password);
	return done;
}

static EVP_PKEY *store_read(OSSL_STORE_CTX *store)
{
	EVP_PKEY *pkey = NULL;

	while (store && !pkey && !OSSL_STORE_eof(store)) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);

		if (info && OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
			pkey = OSSL_STORE_INFO_get1_PKEY(info);
		OSSL_STORE_INFO_free(info);
		if (!info && OSSL_STORE_error(store))
			break;
	}
	return pkey;
}

/* @source as a URI of OSSL_STORE. The property query matters: without it the store hands the key to
 * OpenSSL's own provider, which gets the public half of it. */
static EVP_PKEY *provider_read(const char *source, const char *query, UI_METHOD *method,
			       struct asker *asker)
{
	OSSL_STORE_CTX *store =
		OSSL_STORE_open_ex(source, NULL, query, method, asker, NULL, NULL, NULL);
	EVP_PKEY *pkey = store_read(store);

	OSSL_STORE_close(store);
	return pkey;
}

/* By the provider, or where there is none (Debian 12 has no pkcs11) by the engine of that name.
 * Both stay loaded: the key works through them until it is freed. @ret_missing: neither is there.
 */
static EVP_PKEY *token_read(const char *source, const char *provider, const char *query,
			    UI_METHOD *method, struct asker *asker, bool *ret_missing)
{
	*ret_missing = false;
	if (!OSSL_PROVIDER_load(NULL, "default"))
		return NULL;
	if (OSSL_PROVIDER_load(NULL, provider))
		return provider_read(source, query, method, asker);
	ERR_clear_error();
	return engine_load_key(provider, source, method, asker, ret_missing);
}

static struct sign_key *token_load(const char *source, const char *provider, struct asker *asker,
				   GError **error)
{
	g_autofree char *failed = g_strdup_printf("%s: OpenSSL's `%s`", source, provider);
	g_autofree char *absent = g_strdup_printf(
		"%s: OpenSSL has neither a provider nor an engine `%s` (install one, and see "
		"openssl.cnf(5))",
		source, provider);
	g_autofree char *query = g_strdup_printf("?provider=%s", provider);
	UI_METHOD *method = UI_create_method("thresh");
	struct sign_key *key;
	bool missing;
	EVP_PKEY *pkey;

	UI_method_set_reader(method, ui_read);
	pkey = token_read(source, provider, query, method, asker, &missing);
	UI_destroy_method(method);
	if (pkey) {
		key = key_take(pkey, source, true, error);
		if (key && OSSL_PROVIDER_available(NULL, provider))
			key->query = g_steal_pointer(&query);
		return key;
	}
	if (asker->error)
		g_propagate_error(error, g_steal_pointer(&asker->error));
	else
		crypto_fail(error, THRESH_ERROR_INPUT, missing ? absent : failed);
	return NULL;
}

/* A key that a TPM has wrapped, as its tools write it (draft-woodhouse-cert-best-practice). */
static bool is_wrapped_by_tpm(const char *text)
{
	return g_str_has_prefix(text, "-----BEGIN TSS2 PRIVATE KEY-----");
}

static char *file_text(const char *path, gsize *ret_bytes, GError **error)
{
	autofd int fd = fd_open(AT_FDCWD, path, O_RDONLY, 0, error);
	g_autoptr(GBytes) bytes = fd < 0 ? NULL : fd_read_all(fd, SIGN_KEY_MAX_BYTES, path, error);
	const char *data;

	if (!bytes)
		return NULL;
	data = g_bytes_get_data(bytes, ret_bytes);
	return g_strndup(data ? data : "", *ret_bytes);
}

struct sign_key *sign_key_load(const char *source, sign_password password, void *user,
			       GError **error)
{
	struct asker asker = {.what = source, .password = password, .user = user};
	const char *provider = provider_of(source);
	struct sign_key *key;
	gsize size = 0;
	char *text;

	if (provider)
		return token_load(source, provider, &asker, error);
	text = file_text(source, &size, error);
	if (!text)
		return NULL;
	key = is_wrapped_by_tpm(text) ? token_load(source, "tpm2", &asker, error)
				      : sign_key_parse(source, text, size, password, user, error);
	OPENSSL_cleanse(text, size);
	g_free(text);
	return key;
}

/* --- public keys ---------------------------------------------------------------------------------
 */

struct sign_key *sign_key_parse_public(const char *what, const char *text, size_t size_bytes,
				       GError **error)
{
	g_autofree char *problem = g_strdup_printf("%s: not a public key in PEM", what);
	BIO *bio;
	EVP_PKEY *pkey, *another;

	if (size_bytes > SIGN_KEY_MAX_BYTES) {
		error_set(error, THRESH_ERROR_INPUT, "%s: a key of more than %d bytes", what,
			  SIGN_KEY_MAX_BYTES);
		return NULL;
	}
	bio = BIO_new_mem_buf(text, (int)size_bytes);
	pkey = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
	another = pkey ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
	BIO_free(bio);
	if (pkey)
		ERR_clear_error(); /* that there was no other */
	EVP_PKEY_free(another);
	if (another) {
		EVP_PKEY_free(pkey);
		error_set(error, THRESH_ERROR_INPUT, "%s: more than one key; give the one", what);
		return NULL;
	}
	if (pkey)
		return key_take(pkey, what, false, error);
	crypto_fail(error, THRESH_ERROR_INPUT, problem);
	return NULL;
}

struct sign_key *sign_key_load_public(const char *path, GError **error)
{
	gsize size = 0;
	g_autofree char *text = file_text(path, &size, error);

	return text ? sign_key_parse_public(path, text, size, error) : NULL;
}

/* --- texts ---------------------------------------------------------------------------------------
 */

static char *bio_text(BIO *bio)
{
	char *data;
	long length = BIO_get_mem_data(bio, &data);

	return g_strndup(data, (gsize)length);
}

char *sign_key_public_pem(const struct sign_key *key, GError **error)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;

	if (bio && PEM_write_bio_PUBKEY(bio, key->pkey))
		text = bio_text(bio);
	else
		crypto_fail(error, THRESH_ERROR_INTERNAL, "public key");
	BIO_free(bio);
	return text;
}

static char *plain_pem(const struct sign_key *key, GError **error)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	char *text = NULL;

	if (bio && PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL))
		text = bio_text(bio);
	else
		crypto_fail(error, THRESH_ERROR_INTERNAL, "private key");
	BIO_free(bio);
	return text;
}

char *sign_key_private_pem(const struct sign_key *key, const char *password, GError **error)
{
	PKCS8_PRIV_KEY_INFO *info;
	unsigned char *der = NULL;
	char *text = NULL;
	int bytes;

	if (key->is_foreign) {
		error_set(error, THRESH_ERROR_INPUT,
			  "the key lies in a token and does not leave it");
		return NULL;
	}
	if (!password)
		return plain_pem(key, error);
	info = EVP_PKEY2PKCS8(key->pkey);
	bytes = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : -1;
	if (bytes > 0)
		text = sealed_key_write(der, (size_t)bytes, password, error);
	else
		crypto_fail(error, THRESH_ERROR_INTERNAL, "private key");
	OPENSSL_clear_free(der, bytes > 0 ? (size_t)bytes : 0);
	PKCS8_PRIV_KEY_INFO_free(info);
	return text;
}

char *sign_key_id(const struct sign_key *key, GError **error)
{
	unsigned char hash[SHA256_DIGEST_LENGTH];
	unsigned char *der = NULL;
	int bytes = i2d_PUBKEY(key->pkey, &der);

	if (bytes <= 0) {
		crypto_fail(error, THRESH_ERROR_INTERNAL, "public key");
		return NULL;
	}
	SHA256(der, (size_t)bytes, hash);
	OPENSSL_free(der);
	return g_base64_encode(hash, sizeof(hash));
}

/* --- signatures ----------------------------------------------------------------------------------
 */

static const char *hash_of(const struct sign_key *key)
{
	return key->algorithm == SIGN_ECDSA_P256 ? "SHA256" : NULL;
}

/* By one pass over the data; answers the signature's bytes, 0 on failure. */
static size_t sign_data(const struct sign_key *key, const void *data, size_t size_bytes,
			guchar *signature, size_t room_bytes)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool done = context &&
		    EVP_DigestSignInit_ex(context, NULL, hash_of(key), NULL, key->query, key->pkey,
					  NULL) == 1 &&
		    EVP_DigestSign(context, signature, &room_bytes, data, size_bytes) == 1;

	EVP_MD_CTX_free(context);
	return done ? room_bytes : 0;
}

/* By the digest alone: a TPM would hash a document of megabytes a kilobyte at a time. */
static size_t sign_digest(const struct sign_key *key, const void *data, size_t size_bytes,
			  guchar *signature, size_t room_bytes)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, key->query);
	unsigned char hash[SHA256_DIGEST_LENGTH];
	bool done;

	SHA256(data, size_bytes, hash);
	done = context && EVP_PKEY_sign_init(context) == 1 &&
	       EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1 &&
	       EVP_PKEY_sign(context, signature, &room_bytes, hash, sizeof(hash)) == 1;
	EVP_PKEY_CTX_free(context);
	return done ? room_bytes : 0;
}

/* The property query keeps OpenSSL from signing by its own provider, to which it would hand the
 * public half of a token's key. */
GBytes *sign_key_sign(const struct sign_key *key, const void *data, size_t size_bytes,
		      GError **error)
{
	guchar signature[SIGN_SIGNATURE_MAX_BYTES];
	bool by_digest = key->query && key->algorithm == SIGN_ECDSA_P256;
	size_t bytes = by_digest ? sign_digest(key, data, size_bytes, signature, sizeof(signature))
				 : sign_data(key, data, size_bytes, signature, sizeof(signature));

	if (bytes > 0)
		return g_bytes_new(signature, bytes);
	crypto_fail(error, key->is_foreign ? THRESH_ERROR_INPUT : THRESH_ERROR_INTERNAL, "signing");
	return NULL;
}

bool sign_key_verify(const struct sign_key *key, const void *data, size_t size_bytes,
		     GBytes *signature, GError **error)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	gsize bytes;
	const void *bits = g_bytes_get_data(signature, &bytes);
	bool fits = context && bits &&
		    EVP_DigestVerifyInit_ex(context, NULL, hash_of(key), NULL, NULL, key->pkey,
					    NULL) == 1 &&
		    EVP_DigestVerify(context, bits, bytes, data, size_bytes) == 1;

	EVP_MD_CTX_free(context);
	ERR_clear_error();
	return fits || error_set(error, THRESH_ERROR_INPUT,
				 "the signature is not of this key, or not of this content");
}
