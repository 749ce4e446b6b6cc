/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A component of an inventory in the words of vulnerability data: ecosystem, release, name and
 * version. Of a distribution's package it is the source package that advisories speak of.
 *
 *     struct ecosystem_package package;
 *     if (ecosystem_package_of(component, &inventory->distribution, &package)) {
 *             … package.keys[0], ecosystem_is_release(&package, advisory->release)
 *             ecosystem_package_clear(&package);
 *     }
 */
#pragma once

#include "evidence/advisory.h"
#include "evidence/inventory.h"

struct ecosystem_package {
	char *keys[2];           /* vulnerability_key of each name; the second may be NULL */
	const char *versions[2]; /* of each, borrowed from the component; "" where unknown */
	bool without_epoch; /* the first is that of rpm's source package, whose epoch is not known
			     */
	char *release;      /* as OSV has it behind the colon: "12", "v3.18", "22.04"; or "" */
	char *minor;        /* the same with all of its numbers: "enterprise_linux:10.1"; or NULL */
	bool of_products;   /* SUSE's: the release is the end of a product's name */
	const char *codename; /* Debian's: "bookworm"; or NULL */
};

/* False where no data are about such components. */
bool ecosystem_package_of(const struct component *component,
			  const struct distribution *distribution,
			  struct ecosystem_package *ret_package);
void ecosystem_package_clear(struct ecosystem_package *package);

/* The version of the package of key number @index to compare with those of @advisory: "" where they
 * cannot be compared. */
const char *ecosystem_version(const struct ecosystem_package *package, gsize index,
			      const struct advisory *advisory);

/* Whether data about @release ("" is any) are about this package. */
bool ecosystem_is_release(const struct ecosystem_package *package, const char *release);
