/* SPDX-License-Identifier: Apache-2.0 */
/* Images made by hand for tests: tar entries as one wants them, honest or not, and layouts of them.
 */
#pragma once

#include "base/digest.h"

#include <glib.h>

/* Appends one entry: a ustar header, however odd, and padded content. */
void fixture_entry(GByteArray *tar, const char *name, char type, const char *link, const void *data,
		   gsize size);
/* The same with a header that the caller may still change (fixture_seal sets its checksum). */
void fixture_header(guint8 header[512], const char *name, char type, const char *link, gsize size);
void fixture_seal(guint8 header[512]);
void fixture_content(GByteArray *tar, const void *data, gsize size);
/* A PAX extension with the records given, NULL-terminated: "path=…". */
void fixture_pax(GByteArray *tar, const char *const *records);
void fixture_end(GByteArray *tar);

GBytes *fixture_gzip(const void *data, gsize size);

/* A temporary directory; fixture_remove takes it away with all in it. */
char *fixture_directory(void);
void fixture_remove(char *directory);

struct fixture_layer {
	const guint8 *tar; /* what the diff id is of */
	gsize tar_size;
	const guint8 *blob; /* what is stored; NULL: the tar */
	gsize blob_size;
	const char *media_type; /* NULL: plain tar */
};

/* Writes a layout with one image, tag "t", and answers "oci:DIR:t". @config: members of the config
 * beside rootfs, as JSON text; NULL: amd64 linux. Caller frees. */
char *fixture_layout(const char *directory, const struct fixture_layer *layers, guint count,
		     const char *config);
/* Writes a blob and answers its descriptor's members as JSON text without braces. Caller frees. */
char *fixture_blob(const char *directory, const void *data, gsize size, const char *media_type);
void fixture_file(const char *directory, const char *name, const void *data, gsize size);
