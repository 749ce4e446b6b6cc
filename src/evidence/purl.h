/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Package URLs (ECMA-427; package-url.github.io, "How to build a PURL", "How to parse a PURL").
 *
 *     struct purl purl = {.type = "deb", .namespace = "debian", .name = "libc6", .version =
 * "2.36-9"}; char *text = purl_format(&purl, error);      // pkg:deb/debian/libc6@2.36-9
 *
 * Canonical on output: what must be lower-case is, qualifiers are sorted, everything but letters,
 * digits, ".-_~" and ":" is percent-encoded. The rules that types have for case and namespaces are
 * followed; those of git, julia, mlflow, swift and chrome-extension that go beyond (nothing here
 * writes them) are not.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

struct purl {
	char *type;
	char *namespace; /* segments with "/" between, not encoded; NULL where there is none */
	char *name;      /* not encoded */
	char *version;   /* or NULL */
	GHashTable *qualifiers; /* char *key → char *value, or NULL */
	char *subpath;          /* or NULL */
};

/* The canonical text; NULL with THRESH_ERROR_INPUT where type or name are none. Caller frees. */
char *purl_format(const struct purl *purl, GError **error);

/* Parses; what is answered is in normal form. THRESH_ERROR_INPUT where @text is no package URL.
 * purl_clear frees. */
bool purl_parse(const char *text, struct purl *ret_purl, GError **error);

/* Frees what is in it. */
void purl_clear(struct purl *purl);
#define autopurl __attribute__((cleanup(purl_clear)))

/* Sets a qualifier, makes the table where there is none; a NULL or empty @value is left out. */
void purl_qualify(struct purl *purl, const char *key, const char *value);
