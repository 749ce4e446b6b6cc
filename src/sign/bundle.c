/* SPDX-License-Identifier: Apache-2.0 */
#include "sign/bundle.h"

#include "base/error.h"

#include <string.h>

GBytes *dsse_encode(const char *payload_type, const void *payload, size_t size_bytes)
{
	GByteArray *text = g_byte_array_new();
	g_autofree char *head = g_strdup_printf("DSSEv1 %zu %s %zu ", strlen(payload_type),
						payload_type, size_bytes);

	g_byte_array_append(text, (const guint8 *)head, (guint)strlen(head));
	if (size_bytes > 0)
		g_byte_array_append(text, payload, (guint)size_bytes);
	return g_byte_array_free_to_bytes(text);
}

static json_t *base64_json(const void *data, gsize size)
{
	g_autofree char *text = g_base64_encode(data, size);

	return json_string(text);
}

json_t *sigstore_bundle_new(const char *payload_type, const void *payload, size_t size_bytes,
			    const struct sign_key *key, GError **error)
{
	g_autofree char *id = sign_key_id(key, error);
	g_autoptr(GBytes) signature = NULL;
	g_autoptr(GBytes) text = NULL;
	json_t *signatures, *envelope, *material;
	gsize size, bytes;
	const void *data, *bits;

	if (!id)
		return NULL;
	if (size_bytes > SIGSTORE_BUNDLE_MAX_BYTES / 2) {
		error_set(error, THRESH_ERROR_INPUT,
			  "a statement of more than %d MiB is not signed",
			  SIGSTORE_BUNDLE_MAX_BYTES >> 21);
		return NULL;
	}
	text = dsse_encode(payload_type, payload, size_bytes);
	data = g_bytes_get_data(text, &size);
	signature = sign_key_sign(key, data, size, error);
	if (!signature)
		return NULL;
	bits = g_bytes_get_data(signature, &bytes);
	signatures = json_pack("[{s:o, s:s}]", "sig", base64_json(bits, bytes), "keyid", id);
	envelope = json_pack("{s:o, s:s, s:o}", "payload", base64_json(payload, size_bytes),
			     "payloadType", payload_type, "signatures", signatures);
	material = json_pack("{s:{s:s}}", "publicKey", "hint", id);
	return json_pack("{s:s, s:o, s:o}", "mediaType", SIGSTORE_BUNDLE_MEDIA_TYPE,
			 "verificationMaterial", material, "dsseEnvelope", envelope);
}

static bool fail(GError **error, const char *what)
{
	return error_set(error, THRESH_ERROR_INPUT, "bundle: %s", what);
}

/* Whether @object is one with these members and no others. */
static bool members_are(const json_t *object, const char *const *names, GError **error)
{
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		return fail(error, "an object is missing");
	json_object_foreach ((json_t *)object, key, value) {
		g_autofree char *quoted = error_quote(key);

		if (!g_strv_contains(names, key))
			return error_set(error, THRESH_ERROR_INPUT, "bundle: unknown member \"%s\"",
					 quoted);
	}
	return true;
}

/* RFC 4648, section 4, in its one form: what is encoded again is the same text. */
static GBytes *take_base64(const json_t *object, const char *name, GError **error)
{
	const char *text = json_string_at(object, name);
	g_autofree guchar *data = NULL;
	g_autofree char *again = NULL;
	gsize size = 0;

	if (text && strlen(text) <= SIGSTORE_BUNDLE_MAX_BYTES)
		data = g_base64_decode(text, &size);
	if (data)
		again = g_base64_encode(data, size);
	if (again && size > 0 && !strcmp(again, text))
		return g_bytes_new_take(g_steal_pointer(&data), size);
	error_set(error, THRESH_ERROR_INPUT, "bundle: \"%s\" is not base64", name);
	return NULL;
}

static bool take_text(const json_t *object, const char *name, char **ret_text, GError **error)
{
	const json_t *value = json_object_get(object, name);

	if (!json_is_string(value) || json_string_length(value) == 0 ||
	    strlen(json_string_value(value)) != json_string_length(value))
		return error_set(error, THRESH_ERROR_INPUT, "bundle: \"%s\" is not a text", name);
	*ret_text = g_strdup(json_string_value(value));
	return true;
}

/* protobuf's JSON leaves out what is empty, or does not. */
static bool has_text(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return value && !(json_is_string(value) && json_string_length(value) == 0);
}

static bool take_signature(const json_t *envelope, struct sigstore_bundle *bundle, GError **error)
{
	static const char *const names[] = {"sig", "keyid", NULL};
	const json_t *signatures = json_array_at(envelope, "signatures");
	const json_t *signature = json_array_get(signatures, 0);

	if (json_array_size(signatures) == 0)
		return fail(error, "no signature");
	if (json_array_size(signatures) > 1)
		return fail(error, "more than one signature");
	if (!members_are(signature, names, error) ||
	    (has_text(signature, "keyid") &&
	     !take_text(signature, "keyid", &bundle->key_id, error)))
		return false;
	bundle->signature = take_base64(signature, "sig", error);
	if (!bundle->signature)
		return false;
	return g_bytes_get_size(bundle->signature) <= SIGN_SIGNATURE_MAX_BYTES ||
	       fail(error, "a signature that is too long");
}

static bool take_envelope(const json_t *envelope, struct sigstore_bundle *bundle, GError **error)
{
	static const char *const names[] = {"payload", "payloadType", "signatures", NULL};

	if (!members_are(envelope, names, error) ||
	    !take_text(envelope, "payloadType", &bundle->payload_type, error))
		return false;
	bundle->payload = take_base64(envelope, "payload", error);
	return bundle->payload && take_signature(envelope, bundle, error);
}

/* A key alone: no certificate, no transparency log, which nobody could check offline. DSSE's keyid
 * is optional, and cosign gives none: then the hint says whose the signature is. */
static bool take_material(const json_t *material, struct sigstore_bundle *bundle, GError **error)
{
	static const char *const names[] = {"publicKey", "tlogEntries", "timestampVerificationData",
					    NULL};
	static const char *const key_names[] = {"hint", NULL};
	const json_t *key = json_object_get(material, "publicKey");

	if (!members_are(material, names, error))
		return false;
	if (!key)
		return fail(error, "no public key is named (certificates are not for offline use)");
	if (!members_are(key, key_names, error))
		return false;
	if (!bundle->key_id)
		return take_text(key, "hint", &bundle->key_id, error);
	return g_strcmp0(json_string_at(key, "hint"), bundle->key_id) == 0 ||
	       fail(error, "its key hint is not the key id of its signature");
}

bool sigstore_bundle_parse(const json_t *json, struct sigstore_bundle *ret_bundle, GError **error)
{
	static const char *const names[] = {"mediaType", "verificationMaterial", "dsseEnvelope",
					    NULL};
	struct sigstore_bundle bundle = {0};

	if (!json_is_object(json))
		return fail(error, "not an object");
	if (g_strcmp0(json_string_at(json, "mediaType"), SIGSTORE_BUNDLE_MEDIA_TYPE) != 0)
		return fail(error, "its media type is not " SIGSTORE_BUNDLE_MEDIA_TYPE);
	if (members_are(json, names, error) &&
	    take_envelope(json_object_get(json, "dsseEnvelope"), &bundle, error) &&
	    take_material(json_object_get(json, "verificationMaterial"), &bundle, error)) {
		*ret_bundle = bundle;
		return true;
	}
	sigstore_bundle_clear(&bundle);
	return false;
}

void sigstore_bundle_clear(struct sigstore_bundle *bundle)
{
	g_free(bundle->payload_type);
	g_free(bundle->key_id);
	g_clear_pointer(&bundle->payload, g_bytes_unref);
	g_clear_pointer(&bundle->signature, g_bytes_unref);
	*bundle = (struct sigstore_bundle){0};
}

bool sigstore_bundle_verify(const struct sigstore_bundle *bundle, const struct sign_key *key,
			    const char *payload_type, GError **error)
{
	g_autofree char *id = sign_key_id(key, error);
	g_autoptr(GBytes) text = NULL;
	gsize size, bytes;
	const void *payload = g_bytes_get_data(bundle->payload, &bytes);
	const void *data;

	if (!id)
		return false;
	if (strcmp(bundle->payload_type, payload_type) != 0) {
		g_autofree char *quoted = error_quote(bundle->payload_type);

		return error_set(error, THRESH_ERROR_INPUT,
				 "bundle: its payload is \"%s\", not \"%s\"", quoted, payload_type);
	}
	if (strcmp(bundle->key_id, id) != 0) {
		g_autofree char *quoted = error_quote(bundle->key_id);

		return error_set(error, THRESH_ERROR_INPUT,
				 "bundle: signed by key %s, and the given one is %s", quoted, id);
	}
	text = dsse_encode(bundle->payload_type, payload, bytes);
	data = g_bytes_get_data(text, &size);
	if (sign_key_verify(key, data, size, bundle->signature, error))
		return true;
	g_prefix_error(error, "bundle: ");
	return false;
}
