/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cosign's encrypted private keys (github.com/secure-systems-lab/go-securesystemslib, encrypted/):
 * a PEM block `ENCRYPTED SIGSTORE PRIVATE KEY` (once `ENCRYPTED COSIGN PRIVATE KEY`) around JSON
 * with scrypt's parameters and salt, and PKCS #8 DER sealed by NaCl's secretbox.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* What a hostile file may make us spend: scrypt's memory is 128 * N * r bytes. */
enum {
	SEALED_KEY_N_MAX = 1 << 20,
	SEALED_KEY_R_MAX = 32,
	SEALED_KEY_P_MAX = 16,
	SEALED_KEY_MEMORY_MAX = 256 << 20,
};

bool sealed_key_is(const char *text, size_t size_bytes);

/* PKCS #8 DER; the caller clears what it holds. A wrong password is THRESH_ERROR_INPUT. */
GByteArray *sealed_key_open(const char *text, size_t size_bytes, const char *password,
			    GError **error);

/* The PEM text of @der under @password, with cosign's own parameters (N 65536, r 8, p 1). */
char *sealed_key_write(const void *der, size_t size_bytes, const char *password, GError **error);
