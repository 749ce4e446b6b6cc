/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Progress on standard error: one line that is rewritten on a terminal, a plain line a step in CI
 * and in files, nothing with --format json.
 *
 *     autoprogress struct progress *progress = progress_new("harden", format);
 *     request->progress = progress_step;
 *     request->progress_user = progress;
 */
#pragma once

#include "cli/output.h"

#include <glib.h>

struct progress;
#define autoprogress __attribute__((cleanup(progress_cleanup)))
void progress_cleanup(struct progress **progress);

/* @command begins each plain line. */
struct progress *progress_new(const char *command, enum output_format format);
/* Removes the line that is being rewritten. Idempotent; a NULL is fine. */
void progress_free(struct progress *progress);

/* For struct harden_request: @user is the struct progress. */
void progress_step(const char *step, void *user);

/* A line that stays, whatever the form: a limitation, a warning. Printed with --format json too,
 * for standard error is for people. @progress may be NULL. */
void progress_note(struct progress *progress, const char *format, ...) G_GNUC_PRINTF(2, 3);
