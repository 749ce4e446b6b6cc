/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last step: what is staged is searched for secrets, and becomes the destination; --out beside
 * it.
 *
 *     result_commit(result, session, writer, production, error);
 */
#pragma once

#include "harden/harden.h"

/* @production: the tree that is staged. On failure neither the destination nor --out has changed,
 * but where writing itself failed. */
bool result_commit(const struct harden_result *result, const struct session *session,
		   struct image_writer *writer, const struct tree *production, GError **error);
