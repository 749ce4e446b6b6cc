/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comparing answers: what two runs of the original have in common is what the sealed image must
 * give.
 *
 * A body is split into tokens (runs of letters and digits, numbers with their separators such as a
 * time, single other bytes). Where the originals agree the token must be there; where they differ
 * (a time, a host name, a pid) anything of a comparable length may stand. An answer that failed in
 * an original expects nothing.
 *
 *     GPtrArray *expected = expectations_new(first, second, error);   // struct expectation *
 *     char *difference = expectation_differs(expected->pdata[0], answer, NULL);
 */
#pragma once

#include "sandbox/drive.h"
#include "seal/seal.h"
#include "trace/recorder.h"

#include <glib.h>

struct expectation;

/* From the answers (struct answer *) of two runs of the original, request by request. Fails with
 * THRESH_ERROR_INPUT where a workload or probe failed on the original image, or where the two runs
 * do not agree in their requests or statuses: there is nothing that a replay could be compared
 * with. */
GPtrArray *expectations_new(const GPtrArray *first, const GPtrArray *second, GError **error);

/* NULL where @answer is as expected, else one line that says what differs. Caller frees. @renames
 * (may be NULL): tokens in pairs, what the original said and what may stand for it: the sealed
 * image runs as another user on purpose. */
char *expectation_differs(const struct expectation *expectation, const struct answer *answer,
			  const GPtrArray *renames);

/* The first difference of a whole run, or NULL. */
char *expectations_differ(const GPtrArray *expectations, const GPtrArray *answers,
			  const GPtrArray *renames);

/* An application that a script waited for ends with its own status where the script is gone: where
 * a start ended at the stop signal, the status in @answers is what is expected from now on. True
 * where one differed: the last that was expected, and what stands for it. */
bool expectations_take_endings(GPtrArray *expectations, const GPtrArray *answers, int *ret_status,
			       int *ret_own);

/* What a script prints before it executes the application is printed by nobody where the script is
 * gone: where the output in @answers is what the expected one ends with, from a line's beginning
 * on, that is expected from now on. True where lines were dropped. */
bool expectations_take_messages(GPtrArray *expectations, const GPtrArray *answers);

/* What an application that says who it is says now, as pairs for the above: ids and names of @user
 * in the @original, and of the @seal in the @sealed image. */
GPtrArray *identity_renames(const struct tree *original, const char *user,
			    const struct tree *sealed, const struct seal *seal);

/* Masks the values of @redactions (struct redaction *) in all that the answer says: what is
 * compared is shown where it differs. */
void answer_redact(struct answer *answer, const GPtrArray *redactions);
