/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One comparison for each system. Private to evidence/.
 *
 * Each takes texts of 1 to VERSION_MAX_BYTES printable ASCII characters without blanks, and answers
 * false where one of them is no version of the system.
 */
#pragma once

#include "evidence/version.h"

/* Digits, compared as a number of any length. */
struct digits {
	const char *text;
	size_t length;
};

/* Those that @*text begins with, maybe none; moves @*text behind them. */
struct digits digits_take(const char **text);
int digits_compare(struct digits a, struct digits b);

bool dpkg_compare(const char *a, const char *b, int *ret_order);     /* version_systems.c */
bool apk_compare(const char *a, const char *b, int *ret_order);      /* version_systems.c */
bool rpm_compare(const char *a, const char *b, int *ret_order);      /* version_rpm.c */
bool semver_compare(const char *a, const char *b, int *ret_order);   /* version_languages.c */
bool go_compare(const char *a, const char *b, int *ret_order);       /* version_languages.c */
bool pep440_compare(const char *a, const char *b, int *ret_order);   /* version_python.c */
bool maven_compare(const char *a, const char *b, int *ret_order);    /* version_languages.c */
bool gem_compare(const char *a, const char *b, int *ret_order);      /* version_languages.c */
bool composer_compare(const char *a, const char *b, int *ret_order); /* version_php.c */
