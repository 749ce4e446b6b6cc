/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the readers of vulnerability data share: one file a form. Private to evidence/.
 */
#pragma once

#include "base/json_walk.h"
#include "evidence/vulnerabilities.h"

enum {
	VULNERABILITY_RECORD_MAX_BYTES = 32 << 20, /* of what is parsed at once */
	VULNERABILITY_NAME_MAX_BYTES = 300,        /* of ids, packages, aliases */
	ADVISORIES_MAX = 1000000,
	ADVISORY_PARTS_MAX = 100000, /* versions, ranges, events, aliases of one */
};

/* Whether anything is asked of that package. */
bool vulnerability_is_wanted(const struct vulnerabilities *data, const char *ecosystem,
			     const char *name);

/* An identifier that may stand in documents: printable, bounded. */
bool vulnerability_is_name(const char *text);

/* Takes @advisory. */
bool vulnerabilities_add(struct vulnerabilities *data, struct vulnerability_file *file,
			 struct advisory *advisory, GError **error);

/* Parses what is wanted; errors begin with @what. Caller owns. */
json_t *vulnerability_parse(const struct json_span *span, const char *what, GError **error);

/* osv.c: one record. */
bool osv_read(struct vulnerabilities *data, struct vulnerability_file *file,
	      const struct json_span *record, GError **error);
/* debian_tracker.c: all of it. */
bool debian_tracker_read(struct vulnerabilities *data, struct vulnerability_file *file,
			 const struct json_span *packages, GError **error);
