/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the readers of package databases share: one file a system, each filling the same struct
 * package_db. Private to cut/.
 */
#pragma once

#include "cut/packages.h"

enum {
	PACKAGES_DATABASE_MAX_BYTES = 128 << 20,
	PACKAGES_LIST_MAX_BYTES = 32 << 20,
	PACKAGES_MAX = 100000,
};

/* The package of that name and architecture ("" for any), made where there is none: version, source
 * and the like are empty then. NULL where the name is none, or there are too many. */
struct package *package_get(struct package_db *db, enum package_system system, const char *name,
			    const char *architecture);

/* Sets what was not said: source and its version. */
void package_settle(struct package *package);

/* Makes @package the owner of what lies at @path, where something does; the first that names a file
 * owns it. @checksum (may be NULL) is copied. Answers the node, or NULL. */
const struct node *package_own(struct package_db *db, struct package *package, const char *path,
			       const struct checksum *checksum);

/* What lies at @path, links followed, is a directory of some package. */
void package_own_directory(struct package_db *db, const char *path);

/* Notes the checksum of what @path resolves to, where @package owns that. */
const struct node *package_set_checksum(struct package_db *db, const struct package *package,
					const char *path, const struct checksum *checksum);

/* Lower-case or upper-case hexadecimal digits, exactly as many as @kind has. */
bool checksum_from_hex(enum checksum_kind kind, const char *text, size_t length,
		       struct checksum *ret_checksum);

/* The next line of *@text, NUL-terminated in place, or NULL at the end. */
char *text_next_line(char **text);

void packages_read_dpkg(struct package_db *db);
void packages_read_apk(struct package_db *db);
/* Sets has_rpm, and opaque where the database cannot be read. */
void packages_read_rpm(struct package_db *db);
