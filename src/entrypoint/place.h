/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where in a script a command stands, told from its words: for shells that do not say so. Pure.
 *
 *     line = place_find(text, argv);   // of `initdb -D /data`: the line that has most of these
 * words
 */
#pragma once

#include <glib.h>

/* The number of the only line, comments aside, that holds the name of the program (the last
 * component of the first word) and most of the other words; 0 where there is none or several are as
 * good. */
guint place_find(GBytes *script, const GPtrArray *words);
