/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The package database of a production image: true of what is left, and nothing else in it.
 *
 * dpkg: /var/lib/dpkg/status.d/NAME and NAME.md5sums for each package of which a file is left, as
 * images without dpkg have it; apk: its `installed` with the packages and files that are left. A
 * package without a file that is left is in neither. Paths are those of the production image: what
 * moved to a seed is listed there. rpm's database is not written (seal_decide notes it).
 *
 *     if (!seal_add_packages(seal, packages, production, error)) …
 */
#pragma once

#include "cut/packages.h"
#include "seal/seal.h"

/* Adds to @production, whose nodes have their origins in the tree of @packages; takes out what is
 * left of the source's own databases. */
bool seal_add_packages(const struct seal *seal, const struct package_db *packages,
		       struct tree *production, GError **error);

/* Whether clean @path of a sealed image is a file of the package database that thresh wrote. */
bool seal_is_package_database(const char *path);
