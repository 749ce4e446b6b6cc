/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a registry wants to be shown: the WWW-Authenticate header (RFC 9110, 11.6.1; RFC 6750, 3;
 * distribution-spec, "Token Authentication Specification").
 *
 *     struct challenge challenge = {0};
 *     if (challenge_parse(&challenge, "Bearer realm=\"https://auth.example.org/token\"", error))
 *
 * A response may hold several headers, each with several challenges: bearer is taken before basic,
 * other schemes are passed over.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

enum challenge_scheme { CHALLENGE_NONE, CHALLENGE_BASIC, CHALLENGE_BEARER };

enum { CHALLENGE_MAX_BYTES = 8192 };

struct challenge {
	enum challenge_scheme scheme;
	char *realm;   /* bearer: where tokens are given; else NULL */
	char *service; /* or NULL */
	char *scope;   /* or NULL */
};

/* Takes in one header's value; a better scheme replaces what was taken in before. Text that is no
 * list of challenges, or a bearer challenge without a realm, is an error. */
bool challenge_parse(struct challenge *challenge, const char *header, GError **error);
void challenge_clear(struct challenge *challenge);
