/* SPDX-License-Identifier: Apache-2.0 */
/* What the rules of src/verify share: facts of the image that several ask for, found once. */
#pragma once

#include "cut/ldso.h"
#include "cut/packages.h"
#include "cut/programs.h"
#include "seal/seal.h"
#include "verify/verify.h"

struct verification {
	const struct verify_subject *subject;
	struct package_db *packages;
	struct programs *programs;
	struct ldso *ldso;
	struct seal *seal; /* NULL: not an image of thresh */
	char *seal_error;  /* why a label that is there cannot be read; or NULL */
};

/* image_rules.c: files, modes, owners, links */
void check_no_shell(struct verification *verification, struct rule_result *result);
void check_no_package_manager(struct verification *verification, struct rule_result *result);
void check_no_setid(struct verification *verification, struct rule_result *result);
void check_no_file_capabilities(struct verification *verification, struct rule_result *result);
void check_not_writable(struct verification *verification, struct rule_result *result);
void check_no_devices(struct verification *verification, struct rule_result *result);
void check_libraries(struct verification *verification, struct rule_result *result);
void check_links(struct verification *verification, struct rule_result *result);
void check_credentials(struct verification *verification, struct rule_result *result);

/* config_rules.c: what the image's config says, and thresh's own parts */
void check_user(struct verification *verification, struct rule_result *result);
void check_entry(struct verification *verification, struct rule_result *result);
void check_init(struct verification *verification, struct rule_result *result);
void check_plan(struct verification *verification, struct rule_result *result);
void check_seeds(struct verification *verification, struct rule_result *result);
void check_health(struct verification *verification, struct rule_result *result);

/* environment_rule.c */
void check_environment(struct verification *verification, struct rule_result *result);

/* secret_rules.c */
void check_no_secrets(struct verification *verification, struct rule_result *result);

/* signed_rules.c: what refers to the image */
/* Whether it is a bundle of a statement on the image that @key has signed. */
bool attestation_is_trusted(const struct attestation_found *found, const struct sign_key *key);
void check_signature(struct verification *verification, struct rule_result *result);
void check_provenance(struct verification *verification, struct rule_result *result);
void check_inventory(struct verification *verification, struct rule_result *result);

/* vex_rules.c: what it says of vulnerabilities */
void check_vex(struct verification *verification, struct rule_result *result);

/* rebuild_rules.c: the image made again */
void check_rebuild(struct verification *verification, struct rule_result *result);

/* index_rules.c: the layout around it */
void check_index(struct verification *verification, struct rule_result *result);
