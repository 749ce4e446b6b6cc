/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256, the one digest that thresh writes and accepts (OCI image-spec, descriptor.md "Digests").
 *
 *     struct digest digest;
 *     digest_of(data, size, &digest);
 *     char text[DIGEST_TEXT_BYTES];
 *     digest_format(&digest, text);        // "sha256:…"
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DIGEST_BYTES = 32,
	DIGEST_HEX_BYTES = 2 * DIGEST_BYTES + 1,      /* with the NUL */
	DIGEST_TEXT_BYTES = 7 + 2 * DIGEST_BYTES + 1, /* "sha256:", hex, NUL */
};

struct digest {
	uint8_t bytes[DIGEST_BYTES];
};

/* A digest in the making. `autodigester struct digester *d = digester_new();` */
struct digester;
#define autodigester __attribute__((cleanup(digester_cleanup)))
void digester_cleanup(struct digester **digester);

struct digester *digester_new(void);
void digester_free(struct digester *digester);
void digester_update(struct digester *digester, const void *data, size_t size_bytes);
/* Writes the digest and makes @digester ready for the next message. */
void digester_finish(struct digester *digester, struct digest *ret_digest);

void digest_of(const void *data, size_t size_bytes, struct digest *ret_digest);

bool digest_equal(const struct digest *a, const struct digest *b);

/* For hash tables whose keys are const struct digest *. */
guint digest_hash(gconstpointer digest);
gboolean digest_hash_equal(gconstpointer a, gconstpointer b);

/* "sha256:" and 64 lower-case hexadecimal digits. */
void digest_format(const struct digest *digest, char ret_text[static DIGEST_TEXT_BYTES]);
/* The 64 digits alone. */
void digest_format_hex(const struct digest *digest, char ret_text[static DIGEST_HEX_BYTES]);

/* Parses "sha256:" and exactly 64 lower-case digits; another algorithm or form is an error. */
bool digest_parse(const char *text, struct digest *ret_digest, GError **error);
