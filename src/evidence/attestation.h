/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed statements beside an image: each a Sigstore bundle that is an artifact (image/attach.h).
 *
 *     g_autoptr(GPtrArray) attestations = attestations_new(statements, key, error);
 *     image_attach(image, attestations, error);
 *
 *     g_autoptr(GPtrArray) found = attestations_read(image, error);     // of whomever
 *
 * Signatures of ECDSA differ each time: nothing that is reproducible may hold one.
 */
#pragma once

#include "evidence/statement.h"
#include "image/attach.h"
#include "sign/bundle.h"

/* An artifact that owns what it points to: a GPtrArray of them is what image_attach takes. */
struct attestation {
	struct artifact artifact;
	char *text;
	json_t *annotations;
};

/* Signs each of @statements (json_t *). Array of struct attestation *; caller unrefs. */
GPtrArray *attestations_new(const GPtrArray *statements, const struct sign_key *key,
			    GError **error);

/* One artifact that refers to an image, as it was found. */
struct attestation_found {
	char *digest;   /* of its manifest */
	bool is_bundle; /* a Sigstore bundle, of whatever version; else the rest is unset */
	char *fault;    /* why it is not what it says that it is, or cannot be read; or NULL */
	struct sigstore_bundle bundle; /* where there is no fault */
	struct statement statement;    /* the same */
};

/* All that refers to @image, read whole: content that does not fit its digest is a fault, as is a
 * bundle that is malformed, of another media or payload type or of another image. No signature is
 * checked. Array of struct attestation_found *; caller unrefs. */
GPtrArray *attestations_read(const struct image *image, GError **error);
