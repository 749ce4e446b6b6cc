/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys through an OpenSSL engine: the way to tokens before there were providers. Debian 12 has
 * PKCS #11 as an engine alone (libengine-pkcs11-openssl).
 *
 *     pkey = engine_load_key("pkcs11", "pkcs11:token=release;object=key", method, user, &missing);
 */
#pragma once

#include <openssl/types.h>
#include <stdbool.h>

/* The private key at @uri, or NULL with OpenSSL's error queue filled: no such engine
 * (*@ret_missing), no such key, a wrong PIN. @method asks for the PIN, with @user. Caller frees. */
EVP_PKEY *engine_load_key(const char *name, const char *uri, UI_METHOD *method, void *user,
			  bool *ret_missing);
