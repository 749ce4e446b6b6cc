/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is secret by its form, in any bytes: private keys in PEM (in base64 and in UTF-16 too) and
 * in DER, and tokens by the prefixes that their issuers gave them so that they can be found. Text
 * that documents a header without a key behind it is none. Pure functions.
 *
 *     if (!secrets_find(data, size_bytes, found, user))   // found("a private key", 17, user)
 *             … there may be more
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* @what: "a GitHub token"; @offset: of its first byte in the data. */
typedef void (*secret_found)(const char *what, size_t offset, void *user);

/* Calls @found for the first secret of each kind in @data. False where so much in it begins as a
 * key does that the search was given up. */
bool secrets_find(const void *data, size_t size_bytes, secret_found found, void *user);
