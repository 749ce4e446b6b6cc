/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/progress.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum progress_form { FORM_NONE, FORM_LINES, FORM_REWRITE };

struct progress {
	char *command;
	enum progress_form form;
	bool is_dirty; /* the terminal's line holds a step */
	gint64 start_us;
};

static enum progress_form choose_form(enum output_format format)
{
	const char *ci = getenv("CI"), *terminal = getenv("TERM");

	if (format == OUTPUT_JSON)
		return FORM_NONE;
	if ((ci && *ci) || !isatty(STDERR_FILENO) || !terminal || !strcmp(terminal, "dumb"))
		return FORM_LINES;
	return FORM_REWRITE;
}

struct progress *progress_new(const char *command, enum output_format format)
{
	struct progress *progress = g_new0(struct progress, 1);

	progress->command = g_strdup(command);
	progress->form = choose_form(format);
	progress->start_us = g_get_monotonic_time();
	return progress;
}

static void erase_line(struct progress *progress)
{
	if (progress->is_dirty)
		fputs("\r\033[K", stderr);
	progress->is_dirty = false;
}

void progress_free(struct progress *progress)
{
	if (!progress)
		return;
	erase_line(progress);
	fflush(stderr);
	g_free(progress->command);
	g_free(progress);
}

void progress_cleanup(struct progress **progress)
{
	progress_free(*progress);
}

static int terminal_columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20)
		return size.ws_col;
	return 80;
}

void progress_step(const char *step, void *user)
{
	struct progress *progress = user;
	g_autofree char *quoted = error_quote(step);
	double seconds = (double)(g_get_monotonic_time() - progress->start_us) / G_USEC_PER_SEC;

	if (progress->form == FORM_LINES)
		fprintf(stderr, "thresh: %s: %5.1f s  %s\n", progress->command, seconds, quoted);
	if (progress->form != FORM_REWRITE)
		return;
	erase_line(progress);
	/* one column short of the width, and cut by characters: a line that wraps cannot be erased
	 */
	if (g_utf8_strlen(quoted, -1) > terminal_columns() - 11)
		*g_utf8_offset_to_pointer(quoted, terminal_columns() - 11) = '\0';
	fprintf(stderr, "%5.1f s  %s", seconds, quoted);
	progress->is_dirty = true;
	fflush(stderr);
}

void progress_note(struct progress *progress, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	if (progress)
		erase_line(progress);
	fprintf(stderr, "thresh: %s%s%s\n", progress ? progress->command : "", progress ? ": " : "",
		text);
}
