/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a verification must show: a policy file (docs/verify.md), one YAML document.
 *
 *     require: [no-shell, non-root]       # each must be PASS; without it: nothing may be FAIL
 *     init-digests: ["sha256:…"]
 *     exceptions:
 *       - rule: no-setid
 *         owner: team-a
 *         reason: the vendor's licence helper, ticket 123
 *         expires: 2027-03-31
 *
 * An exception excuses FAIL alone, and until the end of its last day (UTC); an expired one is a
 * failure of its own.
 */
#pragma once

#include "verify/verify.h"

#include <glib.h>
#include <stdbool.h>

struct policy_exception {
	const struct rule *rule;
	char *owner;
	char *reason;
	char *expires; /* YYYY-MM-DD */
	gint64 end_s;  /* seconds since the epoch at which it no longer holds */
	bool used;
};

struct policy {
	GPtrArray *required;     /* const struct rule *; empty: all */
	GPtrArray *exceptions;   /* struct policy_exception * */
	GPtrArray *init_digests; /* char * */
	GPtrArray *asked;        /* const struct rule *: by the command line: must be PASS too */
};

enum { POLICY_MAX_BYTES = 1 << 20 };

/* An unknown rule or key, and a missing owner, reason or date, are errors that name the place. */
struct policy *policy_parse(const char *what, const void *data, size_t size_bytes, GError **error);
struct policy *policy_load(const char *path, GError **error);
/* One that asks for nothing in particular. */
struct policy *policy_new(void);
void policy_free(struct policy *policy);
#define autopolicy __attribute__((cleanup(policy_cleanup)))
void policy_cleanup(struct policy **policy);

/* Applies exceptions that hold at @now_s to @results (struct rule_result *), and answers what is
 * not as the policy wants it: lines (char *), empty where all is well. Caller unrefs. */
GPtrArray *policy_judge(struct policy *policy, GPtrArray *results, gint64 now_s);
