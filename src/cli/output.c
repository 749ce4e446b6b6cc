/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output.h"

#include "base/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool output_format_parse(const char *text, enum output_format *ret_format, GError **error)
{
	if (!text || !strcmp(text, "text")) {
		*ret_format = OUTPUT_TEXT;
		return true;
	}
	if (!strcmp(text, "json")) {
		*ret_format = OUTPUT_JSON;
		return true;
	}
	return error_set(error, THRESH_ERROR_USAGE, "--format %s: want text or json", text);
}

char *size_format(uint64_t bytes)
{
	static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
	double value = (double)bytes;
	guint unit = 0;

	if (bytes < 1000)
		return g_strdup_printf("%u B", (unsigned int)bytes);
	value /= 1000;
	/* 999.95 would be printed as 1000.0 */
	while (value >= 999.95) {
		value /= 1000;
		unit++;
	}
	return g_strdup_printf("%.1f %s", value, units[unit]);
}

char *count_format(uint64_t count)
{
	g_autofree char *digits = g_strdup_printf("%" G_GUINT64_FORMAT, count);
	GString *text = g_string_new(NULL);
	size_t length = strlen(digits);

	for (size_t i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			g_string_append_c(text, ',');
		g_string_append_c(text, digits[i]);
	}
	return g_string_free(text, FALSE);
}

char *change_format(uint64_t before, uint64_t after)
{
	if (before == 0)
		return g_strdup("");
	return g_strdup_printf("%+.1f %%", ((double)after - (double)before) * 100 / (double)before);
}

bool output_has_color(FILE *stream)
{
	const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");

	/* no-color.org: present and not empty */
	return !(no_color && *no_color) && !(terminal && !strcmp(terminal, "dumb")) &&
	       isatty(fileno(stream));
}

char *bold_format(FILE *stream, const char *text)
{
	return output_has_color(stream) ? g_strconcat("\033[1m", text, "\033[0m", NULL)
					: g_strdup(text);
}

/* Why the first write failed: stdio remembers no more than that one did. */
static int write_errno;

static void note_failure(void)
{
	if (ferror(stdout) && write_errno == 0)
		write_errno = errno;
}

void output_line(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	note_failure();
}

void output_list(const char *heading, const GPtrArray *lines, guint max)
{
	g_autofree char *title = NULL;

	if (!lines || lines->len == 0)
		return;
	title = bold_format(stdout, heading);
	output_line("%s", title);
	for (guint i = 0; i < lines->len && i < max; i++) {
		g_autofree char *quoted = error_quote(lines->pdata[i]);

		output_line("  %s", quoted);
	}
	if (lines->len > max)
		output_line("  and %u more", lines->len - max);
}

void output_text(const char *text)
{
	fputs(text, stdout);
	note_failure();
}

bool output_flush(GError **error)
{
	fflush(stdout);
	note_failure();
	if (write_errno == 0 || write_errno == EPIPE) /* the reader has seen enough */
		return true;
	return error_set_errno(error, THRESH_ERROR_INTERNAL, write_errno, "standard output");
}

struct table {
	char *alignment;
	guint columns;
	GPtrArray *rows; /* char ** */
};

struct table *table_new(const char *alignment)
{
	struct table *table = g_new0(struct table, 1);

	table->alignment = g_strdup(alignment);
	table->columns = (guint)strlen(alignment);
	table->rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
	return table;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	g_ptr_array_unref(table->rows);
	g_free(table->alignment);
	g_free(table);
}

void table_cleanup(struct table **table)
{
	table_free(*table);
}

void table_add(struct table *table, ...)
{
	char **row = g_new0(char *, table->columns + 1);
	va_list cells;

	va_start(cells, table);
	for (guint i = 0; i < table->columns; i++)
		row[i] = error_quote(va_arg(cells, const char *));
	va_end(cells);
	g_ptr_array_add(table->rows, row);
}

static void print_cell(const char *cell, bool right, bool last, glong width)
{
	int padding = (int)(width - g_utf8_strlen(cell, -1));

	if (right)
		printf("%*s%s", padding, "", cell);
	else
		printf("%s%*s", cell, last ? 0 : padding, "");
}

void table_print(const struct table *table)
{
	g_autofree glong *widths = g_new0(glong, table->columns);

	for (guint r = 0; r < table->rows->len; r++) {
		char **row = table->rows->pdata[r];

		for (guint i = 0; i < table->columns; i++)
			widths[i] = MAX(widths[i], g_utf8_strlen(row[i], -1));
	}
	for (guint r = 0; r < table->rows->len; r++) {
		char **row = table->rows->pdata[r];

		for (guint i = 0; i < table->columns; i++) {
			fputs(i > 0 ? "  " : "", stdout);
			print_cell(row[i], table->alignment[i] == 'r', i + 1 == table->columns,
				   widths[i]);
		}
		putchar('\n');
		note_failure();
	}
}
