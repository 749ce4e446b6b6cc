/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging an image by what its layers hold: rules that are recomputed, for images of thresh and of
 * anyone else.
 *
 *     struct verification *verification = verification_new(&subject);
 *     GPtrArray *results = verification_run(verification);          // struct verdict_of_rule *
 *
 * PASS says that the rule was checked and holds; SKIP that it could not be checked, and why; NA
 * that there is nothing to check. What was not checked never passes.
 */
#pragma once

#include "evidence/attestation.h"
#include "image/image.h"
#include "image/rootfs.h"

#include <glib.h>
#include <stdbool.h>

enum outcome { OUTCOME_PASS, OUTCOME_FAIL, OUTCOME_SKIP, OUTCOME_NA };

/* "PASS", … */
const char *outcome_name(enum outcome outcome);

/* What is judged, and what it is judged with. Borrowed: outlives the verification. */
struct verify_subject {
	const struct image *image;
	const struct tree *tree;            /* of @image, unpacked: content can be read */
	const json_t *keep_list;            /* docs/keepset.md, of an image of thresh; or NULL */
	const char *init_path;              /* the thresh-init of this thresh; or NULL */
	const GPtrArray *init_digests;      /* char *: "sha256:…" of other known ones; or NULL */
	const GPtrArray *attestations;      /* of attestations_read, on @image; or NULL */
	const struct sign_key *key;         /* whose signatures count; or NULL */
	const struct digest *source_digest; /* what it must have been made from; or NULL */
	const struct verify_rebuild *rebuild; /* the image made again; NULL: was not asked for */
};

/* How making the image again ended. One of @skip, @fault and @image is set. Borrowed. */
struct verify_rebuild {
	const char *skip;          /* why it was not tried */
	const char *fault;         /* why it cannot be done: the recipe, or another source */
	const GPtrArray *programs; /* char *: what was another version when it was made */
	const struct image *image; /* what came out */
	const struct tree *tree;   /* of @image, without content; where its digest differs */
};

struct verification;

/* Where a rule comes from: "CIS-DI-0001" of dockle, a section of NIST SP 800-190, … */
struct rule_reference {
	const char *standard; /* "dockle", "CIS Docker", "NIST SP 800-190" */
	const char *id;
};

struct rule_result;

struct rule {
	const char *id;    /* "no-shell" */
	const char *title; /* what holds where it passes */
	void (*check)(struct verification *verification, struct rule_result *result);
	struct rule_reference references[4]; /* ended by NULL */
};

enum { FINDINGS_MAX = 100 }; /* of one rule; what is beyond is counted */

struct rule_result {
	const struct rule *rule;
	enum outcome outcome;
	char *reason;        /* of SKIP and NA, else NULL */
	GPtrArray *findings; /* char *: one line each, quoted; where they are not empty: FAIL */
	guint more;          /* findings beyond FINDINGS_MAX */
	char *excepted; /* policy.h: "OWNER: REASON, until DATE", or NULL: FAIL that is accepted */
};

struct verification *verification_new(const struct verify_subject *subject);
void verification_free(struct verification *verification);
#define autoverification __attribute__((cleanup(verification_cleanup)))
void verification_cleanup(struct verification **verification);

/* Checks every rule in the order of the table. Caller unrefs. */
GPtrArray *verification_run(struct verification *verification);

/* All rules, ended by one without an id. */
extern const struct rule verify_rules[];
const struct rule *verify_rule_find(const char *id);

/* For the rules: a finding (a path is quoted), or that there was nothing or no way to check. */
void result_find(struct rule_result *result, const char *format, ...) G_GNUC_PRINTF(2, 3);
void result_skip(struct rule_result *result, const char *format, ...) G_GNUC_PRINTF(2, 3);
void result_na(struct rule_result *result, const char *format, ...) G_GNUC_PRINTF(2, 3);
