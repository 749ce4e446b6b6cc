/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vulnerability data from files that the user has: OSV (ossf.github.io/osv-schema) as one record,
 * an array, records one after the other, or a zip or directory of .json files, as osv.dev exports
 * them; and the JSON of Debian's security tracker. What kind a file is, is seen by its content.
 *
 *     autovulnerabilities struct vulnerabilities *data = vulnerabilities_new(wanted);
 *     if (vulnerabilities_read(data, "tracker.json", error))
 *             … data->advisories
 *
 * Of packages that are not wanted nothing is kept, and of the tracker's nothing is parsed. The
 * files are the word of whoever gives them, and yet bounded: what is malformed is an error that
 * names file, record and member, and never left out in silence.
 */
#pragma once

#include "base/digest.h"
#include "evidence/advisory.h"

#include <stdint.h>

/* As it was read. */
struct vulnerability_file {
	char *name;   /* without directories */
	char *source; /* "OSV", "Debian security tracker" */
	uint64_t size_bytes;
	struct digest digest;
	guint records; /* in it; of the tracker: packages */
};

struct vulnerabilities {
	GHashTable *wanted;    /* set of char *: vulnerability_key */
	GPtrArray *files;      /* struct vulnerability_file * */
	GPtrArray *advisories; /* struct advisory *, in the order of the files */
};

/* A package as data name it: @ecosystem in OSV's words, without what follows the colon. Names that
 * ecosystems hold for one are one. Caller frees. */
char *vulnerability_key(const char *ecosystem, const char *name);

/* Takes @wanted, a set of keys that g_free frees. */
struct vulnerabilities *vulnerabilities_new(GHashTable *wanted);
void vulnerabilities_free(struct vulnerabilities *data);
#define autovulnerabilities __attribute__((cleanup(vulnerabilities_cleanup)))
void vulnerabilities_cleanup(struct vulnerabilities **data);

/* Reads the file at @path, in any form, or the .json files of a directory as one; errors begin with
 * @path. */
bool vulnerabilities_read(struct vulnerabilities *data, const char *path, GError **error);

/* The same of bytes, which are named @name. */
bool vulnerabilities_parse(struct vulnerabilities *data, const char *name, const void *bytes,
			   size_t size_bytes, GError **error);
