/* SPDX-License-Identifier: Apache-2.0 */
/*
 * in-toto Statements v1 (github.com/in-toto/attestation, spec/v1/statement.md): what is said of an
 * image, by its digest. Pure functions.
 *
 *     json_t *statement = statement_new(&image->manifest_digest, PREDICATE_SPDX, document);
 *     struct statement parsed;
 *     statement_parse(data, size, &parsed, error) && digest_equal(&parsed.subject, &want);
 *
 * A statement has one subject, the image's manifest, named by SHA-256; one with more subjects or
 * other digests beside it is refused, since it could be taken for one of something else.
 */
#pragma once

#include "evidence/documents.h"

#define STATEMENT_V1 "https://in-toto.io/Statement/v1"

/* github.com/in-toto/attestation, spec/predicates; slsa.dev/spec/v1.0/provenance */
#define PREDICATE_SPDX          "https://spdx.dev/Document"
#define PREDICATE_SPDX3         "https://spdx.dev/Document/v3"
#define PREDICATE_CYCLONEDX     "https://cyclonedx.org/bom"
#define PREDICATE_OPENVEX       "https://openvex.dev/ns/v0.2.0"
#define PREDICATE_PROVENANCE    "https://slsa.dev/provenance/v1"
#define PREDICATE_RUNTIME_TRACE "https://in-toto.io/attestation/runtime-trace/v0.1"
/* What cosign writes where an image is signed and nothing else is said of it. */
#define PREDICATE_SIGNATURE "https://sigstore.dev/cosign/sign/v1"
/* docs/evidence.md */
#define PREDICATE_CUT_LIST "https://thresh.dev/attestation/cut-list/v1"
#define PREDICATE_REPLAY   "https://thresh.dev/attestation/replay/v1"

struct statement {
	struct digest subject;
	char *predicate_type;
	json_t *predicate;
};

/* Of the manifest @subject. Takes @predicate; caller owns. */
json_t *statement_new(const struct digest *subject, const char *predicate_type, json_t *predicate);

/* Appends the statements on an inventory to @statements, which frees them with json_decref:
 * SPDX 2.3, SPDX 3 and CycloneDX. The inventory has SHA-1. */
void statements_add_inventory(GPtrArray *statements, const struct inventory *inventory,
			      const struct document_about *about);

/* @ret_statement is to be cleared on success. */
bool statement_parse(const void *data, size_t size_bytes, struct statement *ret_statement,
		     GError **error);
void statement_clear(struct statement *statement);

/* The URI of a type in short form ("spdx", "spdx3", "cyclonedx", "openvex", "provenance",
 * "runtime-trace", "cut-list", "replay"), or @text itself where it is a URI; else NULL. Borrowed.
 */
const char *predicate_type_of(const char *text);
