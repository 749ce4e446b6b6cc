/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the words of curl, wget, nc and test to those of thresh-init's `health` applet
 * (docs/init-applets.md). Pure.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* What the answer of an HTTP request must contain, from a `| grep -q TEXT` behind it; or NULL. The
 * words behind "/.thresh/init health" are added to @applet. False where @words ask for something
 * that the applet does not; @ret_problem says what, and is NULL for a program that is none of
 * these. */
bool health_request(const GPtrArray *words, const char *contains, GPtrArray *applet,
		    const char **ret_problem);
