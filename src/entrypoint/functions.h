/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions that a script's text defines, as far as its layout shows them: what they do with
 * their own $1 has nothing to do with the container's arguments, unless they are given those.
 *
 *     g_autoptr(GPtrArray) functions = functions_find(texts);
 *     functions_hide(functions, texts);      // their own $1 is $0 from here on
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

struct script_function {
	char *name;
	char *body;
	bool is_given_arguments; /* "$@", "$1": of the container, or of a function that calls it */
};

/* @texts: char *, of scripts without comments. struct script_function *, freed with the array; at
 * most 256. */
GPtrArray *functions_find(const GPtrArray *texts);

/* Replaces each of @texts by one in which the bodies of functions that are given no arguments say
 * $0 in place of $1 to $9. */
void functions_hide(const GPtrArray *functions, GPtrArray *texts);

/* The names of variables in the words that @function is given anywhere in @texts. Caller frees. */
GPtrArray *function_variables(const struct script_function *function, const GPtrArray *texts);
