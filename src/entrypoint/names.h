/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which variables a script's text reads, and what it compares them with; and those that the files
 * name which it reads: templates. The texts are only asked what is worth trying: what a variable
 * does is learned from starts alone.
 *
 *     g_autoptr(GPtrArray) names = names_collect(record->scripts, record->reads);
 */
#pragma once

#include "entrypoint/expression.h"
#include "entrypoint/record.h"

#include <glib.h>
#include <stdbool.h>

struct script_name {
	char *name;          /* of a variable; "1" for the first argument, to "9"; "@": of each */
	GPtrArray *patterns; /* char *: what it is compared with, sorted; may hold * ? [ */
	GPtrArray *expressions; /* struct expression *: likewise, in other ways */
	GPtrArray *defaults;    /* char *: what it is taken for where it is unset or empty */
	GArray *numbers;        /* guint64: what its number is compared with */
	bool secret;            /* NAME_FILE is read in its place, as it seems */
	bool program;           /* the script asks whether its value is a program */
	bool read;    /* the text reads it; else it is a word that may be a variable's name */
	bool set;     /* the text sets it to something fixed */
	char *prefix; /* "APP_": the text names variables by their beginning; `name` is one that
			 nobody has; else NULL */
};

/* Sorted by name; struct script_name *, freed with the array. At most START_MAX_VARIABLES, those
 * that a shell sets by itself and those that the script sets before it reads them left out. */
GPtrArray *names_collect(const GPtrArray *scripts, const GPtrArray *files);

/* "APP_*" of the name that stands for all with a prefix. Caller frees. */
char *names_of_sample(const char *name);
