/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON and YAML at one place: bounded parsing, typed access with errors that name the place, and
 * one canonical form on output. Values are jansson's json_t.
 *
 *     autojson json_t *root = json_parse(data, size, "manifest", error);
 *     const char *type = json_string_at(root, "mediaType");     // NULL where absent or no string
 */
#pragma once

#include "base/digest.h"

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define autojson __attribute__((cleanup(json_cleanup)))
void json_cleanup(json_t **json);

enum { JSON_MAX_BYTES = 4 << 20 }; /* OCI distribution-spec: manifests may be refused above 4 MiB */

/* Parses one JSON text; duplicate keys, trailing bytes, invalid UTF-8 and nesting above jansson's
 * bound (2048) are errors that begin with @what. Caller owns. */
json_t *json_parse(const void *data, size_t size_bytes, const char *what, GError **error);

/* The same of a text that others have read before, as they did: of members with one name the last
 * counts, and a byte order mark is passed over. NULL where it is no JSON nonetheless. */
json_t *json_parse_lenient(const void *data, size_t size_bytes);

/* Parses one YAML 1.2 document (libfyaml) into the JSON data model: the core schema, string keys,
 * no tags, at most 10,000 nodes with aliases expanded; errors give @what, line and column. */
json_t *yaml_parse(const void *data, size_t size_bytes, const char *what, GError **error);

/* The line (from 1) at which the member lies that @keys (NULL-terminated; decimal indexes for
 * sequences) lead to, in a text that yaml_parse accepts; 0 where it is not there. For messages. */
unsigned int yaml_line_of(const void *data, size_t size_bytes, const char *const *keys);

/* Keys sorted, no white space: the same value, the same bytes. Caller frees with g_free. */
char *json_format_canonical(const json_t *json);
/* Keys sorted, two spaces, a final newline: for files that people read. Caller frees. */
char *json_format_pretty(const json_t *json);

/* The member of that type, borrowed; NULL (or @fallback) where it is absent or of another type. */
const char *json_string_at(const json_t *object, const char *key);
json_t *json_array_at(const json_t *object, const char *key);
json_t *json_object_at(const json_t *object, const char *key);
json_int_t json_integer_at(const json_t *object, const char *key, json_int_t fallback);
bool json_bool_at(const json_t *object, const char *key, bool fallback);

/* An array of strings as a new GPtrArray of owned strings (g_free); NULL @array gives an empty one.
 * A member that is no string is an error that names @what. */
GPtrArray *json_to_strings(const json_t *array, const char *what, GError **error);
/* A new JSON array of the strings in @strings (a GPtrArray of char *, NULL: empty). Strings that
 * are not UTF-8 have their other bytes replaced by U+FFFD. */
json_t *json_from_strings(const GPtrArray *strings);
/* A JSON string of @text, bytes that are not UTF-8 replaced by U+FFFD. */
json_t *json_from_text(const char *text);
/* "sha256:…" as a new JSON string. */
json_t *json_from_digest(const struct digest *digest);

/* Names from an image are bytes, and JSON strings are Unicode. What people and other tools read has
 * a name as it is, where that is UTF-8; of any other each byte that is no part of UTF-8, and each
 * of a U+FFFD that the name has itself, is U+FFFD and two upper-case hexadecimal digits
 * (docs/sbom.md), so that no two names are one. Caller frees. */
char *json_path_encode(const char *path);
/* The path; text that is not as json_path_encode writes it is taken as it is. Caller frees. */
char *json_path_decode(const char *text);
/* A JSON string in that form. */
json_t *json_from_path(const char *path);

/* What only thresh reads. Where none may be lost, a byte that
 * is not part of valid UTF-8, and '%', are written as %XX with upper-case digits (docs/profile.md).
 * Caller frees. */
char *json_encode_bytes(const char *text);
/* NULL where @text is not what json_encode_bytes writes: one value has one form. Caller frees. */
char *json_decode_bytes(const char *text);
/* A JSON string in that form. */
json_t *json_from_bytes(const char *text);

/* An object of sizes in bytes (uint64_t *) by path, in that form; what JSON's integers cannot hold
 * is their largest. */
json_t *json_from_sizes(GHashTable *sizes);
