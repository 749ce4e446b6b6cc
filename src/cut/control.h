/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control paragraphs, as dpkg writes its databases (deb-control(5), deb822(5)): `Name: value`
 * lines, continuation lines begin with a blank, an empty line ends a paragraph.
 *
 *     while ((paragraph = control_next(&text)))      // caller frees each
 *             version = control_field(paragraph, "Version");
 *
 * Text from images: what is no field is passed over.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* The next paragraph of NUL-terminated *@text, without the empty line, with a final newline; *@text
 * moves on. NULL at the end. Caller frees. */
char *control_next(const char **text);

/* The value of the first field of that name (case does not count), continuation lines with it,
 * blanks at both ends removed; NULL where there is none. Caller frees. */
char *control_field(const char *paragraph, const char *name);

/* @paragraph with the first field of that name given @value (which begins with a newline and blanks
 * where it has lines of its own), or without the field where @value is NULL. A field that is not
 * there is not added. Caller frees. */
char *control_replace(const char *paragraph, const char *name, const char *value);
