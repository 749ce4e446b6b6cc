/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --format json: one document on standard output, two spaces, keys sorted, a final newline.
 *
 *     autojson json_t *report = json_pack("{s:s, s:I}", "digest", text, "files", files);
 *     return json_output_print(report, error);
 */
#pragma once

#include "base/digest.h"
#include "base/json.h"

#include <glib.h>
#include <stdbool.h>

/* Prints and flushes. */
bool json_output_print(const json_t *json, GError **error);

/* A set (GHashTable of char * keys) as a new sorted array. */
json_t *json_from_set(GHashTable *set);
