/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether two starts did the same: the script's and its plan's, or two of the script's. Pure.
 *
 *     g_autofree char *difference = start_records_differ(script, plan, &mask);
 *     if (difference)
 *             return error_set(error, THRESH_ERROR_DIFFERS, "%s", difference);
 */
#pragma once

#include "entrypoint/record.h"

/* Asked where a property of two steps of one kind differs: true where it may. @property: "path",
 * "mode", "owner" (of files), "content", "argv", "environment", "cwd", "umask", "ids", "groups",
 * "input", "output", "status", "signal", "begin", "listens". */
struct start_mask {
	bool (*may_differ)(const struct start_step *a, const struct start_step *b,
			   const char *property, void *user);
	void *user;
};

/* NULL, or one line that says the first difference: which step, of what, and where in it. Values
 * are not told, since they may be secrets; names of variables and paths are. @mask may be NULL.
 * Scripts, tests, lines and output are not compared, nor what was read from the program's output
 * alone. Caller frees. */
char *start_records_differ(const struct start_record *a, const struct start_record *b,
			   const struct start_mask *mask);

/* "file /etc/app.conf", "run /usr/bin/initdb". Caller frees. */
char *start_step_name(const struct start_step *step);
