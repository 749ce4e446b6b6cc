/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which package owns a file, from the image's own databases: dpkg (info/NAME.list, status, and
 * status.d of images without dpkg), apk (lib/apk/db/installed). rpm's database is recognised but
 * not read, and so are those of pacman, portage, xbps and the like: `opaque` says that unowned
 * means unknown. Without any database nothing is a package's, and unowned means the application's.
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

struct package {
	char *name;         /* without ":arch" */
	GPtrArray *nodes;   /* const struct node *: what it owns that is no directory, in database
			       order */
	GPtrArray *depends; /* char *: names of Depends, Pre-Depends or D:, alternatives all */
};

struct package_db {
	const struct tree *tree; /* borrowed: outlives the database */
	GPtrArray *packages;     /* struct package *, sorted by name */
	GHashTable *by_name;     /* name → struct package * */
	GHashTable *owners;      /* const struct node * → struct package * */
	GHashTable *directories; /* set of const struct node *: directories that some package has */
	bool opaque; /* there is a database that is not read: see the head of this file */
	bool has_rpm;
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
