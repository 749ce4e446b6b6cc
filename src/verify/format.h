/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results for machines: JSON of our own (docs/verify.md), SARIF 2.1.0 (OASIS), JUnit's XML as CI
 * systems read it. Pure.
 */
#pragma once

#include "verify/verify.h"

#include <glib.h>
#include <jansson.h>

/* @problems: what policy_judge answers. In SARIF and JUnit those that are not the failure of a rule
 * (one that must pass and was skipped, an exception that has expired) are one more rule, "policy".
 */
json_t *verify_to_json(const char *reference, const struct digest *digest, const GPtrArray *results,
		       const GPtrArray *problems);
json_t *verify_to_sarif(const char *reference, const char *version, const GPtrArray *results,
			const GPtrArray *problems);
/* Caller frees. */
char *verify_to_junit(const char *reference, const GPtrArray *results, const GPtrArray *problems);
