/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which package owns a file, from the image's own databases: dpkg (info/NAME.list, status, and
 * status.d of images without dpkg), apk (lib/apk/db/installed) and rpm (rpmdb.sqlite, and ndb's
 * Packages.db). rpm's older Berkeley database is recognised but not read, nor is a damaged one or
 * one with a write-ahead log, and so are those of pacman, portage, xbps and the like: `opaque` says
 * that unowned means unknown. Of several versions of one rpm package the first is taken. Without
 * any database nothing is a package's, and unowned means the application's.
 *
 * Paths are resolved in the tree, so that /bin/dash and /usr/bin/dash are one file under a merged
 * /usr; diversions are followed. Databases are not trusted: what is malformed is left out.
 *
 *     autopackages struct package_db *db = package_db_load(tree);
 *     const char *name = package_db_owner(db, "/usr/sbin/nginx");     // "nginx-light"
 */
#pragma once

#include "image/tree.h"

#include <glib.h>
#include <stdbool.h>

enum package_system { PACKAGE_DPKG, PACKAGE_APK, PACKAGE_RPM };

struct package {
	enum package_system system;
	char *name;         /* without ":arch" */
	char *version;      /* as the system writes it; "" where unknown */
	char *architecture; /* in the system's words; "" where unknown */
	char *source;       /* the source package that it was built from; the name where not said */
	char *source_version; /* of that; the version where not said */
	char *license;        /* as the database says, or NULL: dpkg's has none */
	char *record;         /* dpkg, apk: its paragraph in the database; else NULL */
	bool installed;       /* false: dpkg remembers it for its configuration alone */
	GPtrArray *nodes;     /* const struct node *: what it owns that is no directory, in database
				 order */
	GPtrArray *depends;   /* char *: names of Depends, Pre-Depends or D:, alternatives all */
};

enum checksum_kind {
	CHECKSUM_MD5,
	CHECKSUM_SHA1,
	CHECKSUM_SHA256,
	CHECKSUM_SHA384,
	CHECKSUM_SHA512
};
enum { CHECKSUM_MAX_BYTES = 64 };

/* What the distribution says a file's content hashes to. */
struct checksum {
	enum checksum_kind kind;
	uint8_t bytes[CHECKSUM_MAX_BYTES]; /* as many as the kind has */
};

struct package_db {
	const struct tree *tree; /* borrowed: outlives the database */
	GPtrArray *packages;     /* struct package *, sorted by name */
	GHashTable
		*by_name; /* name, and name:arch:system where it has several → struct package * */
	GHashTable *owners;      /* const struct node * → struct package * */
	GHashTable *checksums;   /* const struct node * → struct checksum *, where there is one */
	GHashTable *conffiles;   /* set of const struct node *: dpkg's, that people change */
	GHashTable *directories; /* set of const struct node *: directories that some package has */
	bool opaque; /* there is a database that is not read: see the head of this file */
	bool has_rpm;
	const char *databases[PACKAGE_RPM + 1]; /* path of each system's, of those that were read */
};

struct package_db *package_db_load(const struct tree *tree);
void package_db_free(struct package_db *db);
#define autopackages __attribute__((cleanup(package_db_cleanup)))
void package_db_cleanup(struct package_db **db);

/* The name of the package that owns the file or link at clean @path, or NULL. Borrowed. */
const char *package_db_owner(const struct package_db *db, const char *path);
/* The same by node; NULL where no package owns it. */
const struct package *package_db_package_of(const struct package_db *db, const struct node *node);
/* By name, or NULL. */
const struct package *package_db_find(const struct package_db *db, const char *name);
/* What the package says of the content, or NULL. */
const struct checksum *package_db_checksum(const struct package_db *db, const struct node *node);

/* How many bytes a checksum of @kind has. */
size_t checksum_size(enum checksum_kind kind);
