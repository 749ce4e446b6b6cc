/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the readers of VEX documents share. Private to evidence/.
 */
#pragma once

#include "evidence/vex_claims.h"

enum { CLAIMS_MAX = 1000000 };

struct vex_claims *vex_claims_new(void);

/* Appends a claim without components, and answers it. */
struct vex_claim *vex_claims_add(struct vex_claims *claims, const char *vulnerability,
				 enum claim_kind kind);

/* Takes over a component's package URL; THRESH_ERROR_INPUT where it is none. */
bool vex_claim_add_purl(struct vex_claim *claim, const char *purl, GError **error);

/* Sets THRESH_ERROR_INPUT: "statement 3, CVE-2023-1: @what"; @vulnerability may be NULL. */
bool vex_claims_fail(guint statement, const char *vulnerability, const char *what, GError **error);
