/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of --out (docs/out.md): all made first, then searched for secrets, then written.
 *
 *     g_autoptr(GPtrArray) files = out_files(result);
 *     out_search(files, leaks);
 *     out_write(files, "evidence", error);
 */
#pragma once

#include "harden/harden.h"
#include "harden/leak.h"

struct out_file {
	char *name;
	char *text;
};

/* Each takes its last argument. */
void out_add_text(GPtrArray *files, const char *name, char *text);
void out_add_json(GPtrArray *files, const char *name, json_t *json);

/* All but the documents: struct out_file *. */
GPtrArray *out_files(const struct harden_result *result);

/* documents.c: of what is staged. Adds sbom.spdx.json, sbom.spdx3.json and sbom.cdx.json
 * (docs/sbom.md) to @files, those of --vulnerabilities (vex.h), and the statements of --sign
 * (json_t *) to @statements; each may be NULL. */
bool out_add_documents(const struct session *session, const struct image_writer *writer,
		       const struct harden_result *result, GPtrArray *files, GPtrArray *statements,
		       GError **error);

/* Each file's name is its place. */
void out_search(const GPtrArray *files, struct leaks *leaks);

/* Makes the directory where it is missing. */
bool out_write(const GPtrArray *files, const char *directory, GError **error);
