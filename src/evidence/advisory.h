/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What vulnerability data say of one vulnerability in one package, and whether it is about a given
 * version. Pure functions.
 *
 *     const char *fix;
 *     if (advisory_judge(advisory, "3.0.9-1", &fix) == ADVISORY_APPLIES)
 *             … fix: the first version without it, or NULL
 *
 * Ranges are those of OSV (ossf.github.io/osv-schema, "Evaluation"); the tracker of Debian's
 * statuses are ranges too. Where an order is not known, or a version is none to its system, the
 * answer is that it is unknown: nothing is guessed.
 */
#pragma once

#include "evidence/version.h"

struct vulnerability_file;

enum event_kind { EVENT_INTRODUCED, EVENT_FIXED, EVENT_LAST_AFFECTED, EVENT_LIMIT };

struct version_event {
	enum event_kind kind;
	char *version; /* "0": before any, "*": behind any */
};

struct version_range {
	enum version_scheme scheme;
	GPtrArray *events; /* struct version_event * */
};

struct advisory {
	char *id;            /* of the record: "GHSA-…", "CVE-…" */
	char *name;          /* the CVE that it is about, where that is one; else the id */
	GPtrArray *aliases;  /* char *: other names of the same, sorted */
	char *ecosystem;     /* in OSV's words: "Debian", "PyPI" */
	char *release;       /* of a distribution: "12", "bookworm", "v3.18"; "" for all */
	char *package;       /* a distribution's source package */
	GPtrArray *ranges;   /* struct version_range * */
	GPtrArray *versions; /* char *: enumerated */
	bool undetermined;   /* whether it is about any version is not known yet */
	const struct vulnerability_file *file; /* borrowed */
};

/* Of several answers the last counts. */
enum advisory_answer {
	ADVISORY_UNAFFECTED, /* not about this version: older than the defect, or of no range */
	ADVISORY_FIXED,      /* it has the fix */
	ADVISORY_UNKNOWN,    /* the order of versions is not known, or what is affected is not */
	ADVISORY_APPLIES,
};

struct advisory *advisory_new(const char *id, const char *ecosystem, const char *release,
			      const char *package);
void advisory_free(struct advisory *advisory);
#define autoadvisory __attribute__((cleanup(advisory_cleanup)))
void advisory_cleanup(struct advisory **advisory);

/* Appends a range without events, and answers it. */
struct version_range *advisory_add_range(struct advisory *advisory, enum version_scheme scheme);
void version_range_add(struct version_range *range, enum event_kind kind, const char *version);

/* The order of the versions of an ecosystem in OSV's words (without what follows the colon). */
enum version_scheme ecosystem_scheme(const char *ecosystem);

/* Whether one of its versions has an epoch of dpkg or rpm other than 0. */
bool advisory_has_epoch(const struct advisory *advisory);

/* What is said of @version ("" where it is unknown). @ret_fix: the lowest version behind it with
 * the fix, where it applies and one is known, else NULL; borrowed. */
enum advisory_answer advisory_judge(const struct advisory *advisory, const char *version,
				    const char **ret_fix);
