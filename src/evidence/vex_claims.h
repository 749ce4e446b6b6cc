/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a VEX document claims of an image, whoever wrote it: OpenVEX 0.2.0, and CycloneDX with
 * vulnerabilities. For checking against the image's layers.
 *
 *     autoclaims struct vex_claims *claims = openvex_parse(predicate, &image->manifest_digest,
 * error); … claims->all: CLAIM_COMPONENT_GONE of "pkg:deb/debian/dash@0.5.12-2?arch=amd64" …
 *
 * A document that is malformed, has a status or justification that the format does not know, or is
 * about another image, is an error that names statement and vulnerability.
 */
#pragma once

#include "base/json.h"

#define OPENVEX_CONTEXT               "https://openvex.dev/ns/v0.2.0"
#define OPENVEX_COMPONENT_NOT_PRESENT "component_not_present"
#define OPENVEX_CODE_NOT_PRESENT      "vulnerable_code_not_present"

enum claim_kind {
	CLAIM_NOTHING, /* nothing that layers can contradict: affected, under investigation */
	CLAIM_COMPONENT_GONE, /* no file of the components is in the image */
	CLAIM_CODE_GONE,      /* no code of them is */
	CLAIM_FIXED,          /* the versions that have the fix are there */
	CLAIM_JUDGEMENT,      /* not affected for a reason that layers do not show */
};

struct vex_claim {
	guint statement; /* its number, from 1 */
	char *vulnerability;
	enum claim_kind kind;
	char *reason;     /* of JUDGEMENT: the justification, else NULL */
	GPtrArray *purls; /* char *: the components, parsed without error */
};

/* A file of which is said that it is not in the image: with a digest, that no file has this
 * content; else that none lies there. */
struct vex_claim_file {
	char *purl; /* of the component that had it; "" where there is none */
	char *path;
	bool has_digest;
	struct digest digest;
};

struct vex_claims {
	GPtrArray *all;  /* struct vex_claim * */
	GPtrArray *gone; /* struct vex_claim_file *: CycloneDX alone has them */
};

struct vex_claims *openvex_parse(const json_t *document, const struct digest *image,
				 GError **error);
struct vex_claims *cyclonedx_vex_parse(const json_t *document, const struct digest *image,
				       GError **error);
void vex_claims_free(struct vex_claims *claims);
#define autoclaims __attribute__((cleanup(vex_claims_cleanup)))
void vex_claims_cleanup(struct vex_claims **claims);
