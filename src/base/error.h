/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors: one enum, one table to text and exit status.
 *
 * Every function that can fail takes `GError **error` last and answers bool or a pointer.
 * Whoever adds context prefixes it on the way up, so that the user reads one line from
 * outermost to innermost:
 *
 *     return error_set(error, THRESH_ERROR_INPUT, "layer %u: %s: not a tar archive", n, digest);
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define THRESH_ERROR (thresh_error_quark())

enum thresh_error {
	THRESH_ERROR_FINDINGS,  /* exit 1: verify found something */
	THRESH_ERROR_USAGE,     /* exit 2: the command line or thresh.yaml is wrong */
	THRESH_ERROR_INPUT,     /* exit 3: input unreadable or not trusted */
	THRESH_ERROR_NOT_READY, /* exit 4: the application did not become ready */
	THRESH_ERROR_DIFFERS,   /* exit 5: the replay differs */
	THRESH_ERROR_NETWORK,   /* exit 6: registry or network */
	THRESH_ERROR_INTERNAL,  /* exit 7: anything that the user cannot mend */
};

GQuark thresh_error_quark(void);

/* The process exit status for @error; 7 for an error of a foreign domain, 0 for NULL. */
int error_exit_status(const GError *error);

/* Sets @error and answers false, so that a caller can `return error_set(…)`. */
bool error_set(GError **error, enum thresh_error code, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* The same, with ": " and the text of @saved_errno behind the message. */
bool error_set_errno(GError **error, enum thresh_error code, int saved_errno, const char *format,
		     ...) G_GNUC_PRINTF(4, 5);

/* That the answer is false is told to the compiler too: it can then see that what is written on
 * success alone has been written where it is read. */
static inline bool error_false(bool answer)
{
	(void)answer;
	return false;
}
#define error_set(...)       error_false(error_set(__VA_ARGS__))
#define error_set_errno(...) error_false(error_set_errno(__VA_ARGS__))

/* @text with the bytes of every control character (those of direction, too), and every byte that is
 * not UTF-8, shown as \xNN, cut at 512 bytes: names from images are printed through this. Caller
 * frees. */
char *error_quote(const char *text);
