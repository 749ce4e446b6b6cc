/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of versions, in the ways of the systems that number packages. Pure functions.
 *
 *     int order;
 *     if (version_compare(VERSION_DPKG, "1.0~rc1-1", "1.0-1", &order))
 *             … order < 0
 *
 * What is no version to a system has no place in its order: that is answered, and never guessed.
 * Numbers may have any length. Versions of more than VERSION_MAX_BYTES are none.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

enum version_scheme {
	VERSION_UNORDERED, /* a system whose order is not known here: nothing can be compared */
	VERSION_DPKG,      /* deb-version(7) */
	VERSION_APK,       /* apk-package(5), "package metadata"; apk-tools 3, src/version.c */
	VERSION_RPM,       /* rpm-version(7): EPOCH:VERSION-RELEASE */
	VERSION_SEMVER,    /* semver.org 2.0.0, "v" in front allowed, as are missing numbers */
	VERSION_GO,        /* the same, and Go's own "1.21rc2" */
	VERSION_PEP440,    /* packaging.python.org, "Version specifiers" */
	VERSION_MAVEN,     /* maven.apache.org/pom.html, "Version Order Specification" */
	VERSION_GEM,       /* guides.rubygems.org; Gem::Version */
	VERSION_COMPOSER,  /* getcomposer.org, "Versions and constraints"; PHP's version_compare */
};

enum { VERSION_MAX_BYTES = 256 };

/* Writes less than, equal to or greater than 0; false where one of them is no version of @scheme.
 */
bool version_compare(enum version_scheme scheme, const char *a, const char *b, int *ret_order);

/* Whether @text is a version of @scheme. */
bool version_is_valid(enum version_scheme scheme, const char *text);
