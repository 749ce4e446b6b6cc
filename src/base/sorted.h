/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Order for what has none: hash tables are walked through these wherever the order shows.
 *
 *     g_autoptr(GPtrArray) names = keys_sorted(set);    // borrowed, bytewise
 *     g_ptr_array_sort(texts, text_compare);            // an array of char *
 */
#pragma once

#include <glib.h>

/* For g_ptr_array_sort and qsort(3) on arrays of char *: bytewise, whatever the locale. */
int text_compare(const void *a, const void *b);

/* The keys (char *) of a table, sorted by text_compare: a new array of borrowed strings. */
GPtrArray *keys_sorted(GHashTable *table);
