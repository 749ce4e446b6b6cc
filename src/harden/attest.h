/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --sign: the statements of docs/evidence.md on the image that was made, all of them first, so that
 * they can be searched for secrets, and then signed and put beside it.
 *
 *     attest_statements(statements, session, result, inventory, &about);
 *     attest_attach(session, writer, statements, error);
 */
#pragma once

#include "evidence/documents.h"
#include "harden/harden.h"

/* Adds json_t *, owned by @statements. */
void attest_statements(GPtrArray *statements, const struct session *session,
		       const struct harden_result *result, const struct inventory *inventory,
		       const struct document_about *about);

/* Signs each with the request's key and attaches it to what is staged. */
bool attest_attach(const struct session *session, struct image_writer *writer,
		   const GPtrArray *statements, GError **error);
