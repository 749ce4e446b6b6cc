/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What copy, push and pull have in common.
 *
 *     return transfer_run(options, source, destination, &choice, error);
 */
#pragma once

#include "cli/options.h"

struct transfer_choice {
	gboolean all_platforms;     /* --all */
	gboolean without_referrers; /* --without-referrers */
};

/* The GOptionEntry of --all, for a table of the command's own options. */
#define TRANSFER_OPTION_ALL(choice)                                                                \
	{                                                                                          \
		"all", 0, 0, G_OPTION_ARG_NONE, &(choice)->all_platforms,                          \
			"all platforms of the image, not one", NULL                                \
	}

/* Copies, and prints what the destination now names. The answer is the exit status. */
int transfer_run(const struct options *options, const char *source, const char *destination,
		 const struct transfer_choice *choice, GError **error);

/* @text as a docker:// reference, whether it says so or not. Caller frees; NULL with an error. */
char *transfer_reference(const char *text, GError **error);
