/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Standard output: one screen of text for people, or one JSON document for machines.
 *
 *     autotable struct table *table = table_new(3, "lrr");
 *     table_add(table, "files", before, after);
 *     table_print(table);
 *     return output_flush(error);
 *
 * Text from images goes through error_quote before it is printed. Nothing here depends on the
 * locale.
 */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum output_format { OUTPUT_TEXT, OUTPUT_JSON };

/* "text" or "json"; NULL is text. */
bool output_format_parse(const char *text, enum output_format *ret_format, GError **error);

/* "0 B", "999 B", "12.3 kB", "1.0 GB": powers of 1000, three digits or so. Caller frees. */
char *size_format(uint64_t bytes);

/* "12,345": thousands apart. Caller frees. */
char *count_format(uint64_t count);

/* "-87.5 %", "+3.0 %"; "" where @before is 0. Caller frees. */
char *change_format(uint64_t before, uint64_t after);

/* @text in bold on @stream where it is a terminal that may be coloured (no NO_COLOR, TERM not
 * "dumb"),
 * @text as it is elsewhere. Caller frees. */
char *bold_format(FILE *stream, const char *text);
bool output_has_color(FILE *stream);

void output_line(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* A list of one column under a heading, at most @max lines, "and N more" behind; nothing where
 * empty. */
void output_list(const char *heading, const GPtrArray *lines, guint max);

/* Writes @text as it is. */
void output_text(const char *text);

/* Flushes; a write error (a full disk, not a closed pipe) is an error, now or before. */
bool output_flush(GError **error);

/* Columns, aligned on printing. */
struct table;
#define autotable __attribute__((cleanup(table_cleanup)))
void table_cleanup(struct table **table);

/* @alignment: 'l' or 'r' for each column. */
struct table *table_new(const char *alignment);
void table_free(struct table *table);
/* As many strings as there are columns; copied, quoted where they hold control characters. */
void table_add(struct table *table, ...);
void table_print(const struct table *table);
