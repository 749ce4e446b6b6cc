/* SPDX-License-Identifier: Apache-2.0 */
/* Values that the user gave by --env appear in nothing that thresh writes: only their names do. */
#pragma once

#include "image/tree.h"
#include "trace/recorder.h"

#include <glib.h>

/* @text with each value replaced by ${NAME}, the longest first; a value of less than three bytes
 * only where it is the whole text or all that follows a '='. @redactions: struct redaction *, or
 * NULL. */
char *redact_text(const char *text, const GPtrArray *redactions);

/* @bytes (taken) with every value of three bytes or more masked, all else where it was: so that two
 * answers still compare. */
GBytes *redact_bytes(GBytes *bytes, const GPtrArray *redactions);

/* @path with the values of six bytes or more replaced in what @tree, the image, does not have: a
 * file named after a password. What the image has is no secret, and neither are directories of the
 * root nor values that are absolute paths: they say where the application writes. */
char *redact_path(const char *path, const struct tree *tree, const GPtrArray *redactions);
