/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `attest` and `sign` share: the key, the statements signed by it, and that they are put
 * beside the image.
 *
 *     struct signing signing = {0};
 *     signing_entries(&signing, own);                       // before options_parse
 *     signing_open(&signing, error) && signing_attach(&signing, options, image, statements, error);
 */
#pragma once

#include "cli/options.h"
#include "cli/password.h"

struct signing {
	char *key; /* --key: a file or a provider's URI (sign/key.h) */
	char *password_file;
	struct sign_key *opened; /* by signing_open */
};

/* Their options, for a command's own table; @entries has room for SIGNING_ENTRIES. */
enum { SIGNING_ENTRIES = 2 };
void signing_entries(struct signing *signing, GOptionEntry *entries);
void signing_clear(struct signing *signing);

/* Opens the key, before any work is done: a password is asked for first. THRESH_ERROR_USAGE where
 * --key is missing. */
bool signing_open(struct signing *signing, GError **error);

/* Signs @statements (json_t *) and attaches them to @image, all or none; prints what was done. */
bool signing_attach(const struct signing *signing, const struct options *options,
		    const struct image *image, const GPtrArray *statements, GError **error);
