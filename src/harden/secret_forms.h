/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The forms in which a secret may be written down: as it is; as texts of ours quote it (JSON, also
 * twice, names of files in documents and in the profile, the plan's grammar, messages); in base64
 * at all three alignments and in both alphabets, also folded into lines; in hexadecimal;
 * URL-escaped, by what the common encoders leave as it is. Of a value of several lines (a key in
 * PEM) each line of base64 too.
 *
 *     secret_forms_add(scanner, value, size, id);
 */
#pragma once

#include "base/scanner.h"

/* What of a file is the secret: all but the line ends behind it. */
size_t secret_trimmed_bytes(const void *value, size_t size_bytes);

/* Adds every form of @value, trimmed, and at least SCANNER_MIN_BYTES long then: as it is under
 * @id_plain, the others under @id. */
void secret_forms_add(struct scanner *scanner, const void *value, size_t size_bytes, guint id_plain,
		      guint id);
