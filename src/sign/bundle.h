/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed statements: DSSE 1.0 envelopes (github.com/secure-systems-lab/dsse) in Sigstore bundles
 * v0.3 (sigstore/protobuf-specs), signed by a key that the verifier has.
 *
 *     json_t *bundle = sigstore_bundle_new(STATEMENT_TYPE, payload, size, key, error);
 *     struct sigstore_bundle parsed;
 *     sigstore_bundle_parse(json, &parsed, error) && sigstore_bundle_verify(&parsed, public,
 * STATEMENT_TYPE, error);
 *
 * What is parsed has exactly one signature, a key id that equals the bundle's hint, and base64 in
 * its one form; everything else is refused before a key is asked.
 */
#pragma once

#include "base/json.h"
#include "sign/key.h"

#include <glib.h>
#include <stdbool.h>

#define SIGSTORE_BUNDLE_MEDIA_TYPE "application/vnd.dev.sigstore.bundle.v0.3+json"
#define STATEMENT_TYPE             "application/vnd.in-toto+json" /* in-toto attestation, envelope.md */

enum { SIGSTORE_BUNDLE_MAX_BYTES = 64 << 20 };

struct sigstore_bundle {
	char *payload_type;
	GBytes *payload;
	GBytes *signature;
	char *key_id; /* base64 of SHA-256 of the key's SubjectPublicKeyInfo */
};

/* A new bundle of @payload, signed by @key. */
json_t *sigstore_bundle_new(const char *payload_type, const void *payload, size_t size_bytes,
			    const struct sign_key *key, GError **error);

/* @ret_bundle is to be cleared with sigstore_bundle_clear on success. */
bool sigstore_bundle_parse(const json_t *json, struct sigstore_bundle *ret_bundle, GError **error);
void sigstore_bundle_clear(struct sigstore_bundle *bundle);

/* Whether the bundle is of this key, whose id it names, and of this payload type. */
bool sigstore_bundle_verify(const struct sigstore_bundle *bundle, const struct sign_key *key,
			    const char *payload_type, GError **error);

/* DSSE's pre-authentication encoding: what is signed. */
GBytes *dsse_encode(const char *payload_type, const void *payload, size_t size_bytes);
