/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <string.h>

enum { QUOTE_MAX = 512 };

static const int exit_statuses[] = {
	[THRESH_ERROR_FINDINGS] = 1,  [THRESH_ERROR_USAGE] = 2,   [THRESH_ERROR_INPUT] = 3,
	[THRESH_ERROR_NOT_READY] = 4, [THRESH_ERROR_DIFFERS] = 5, [THRESH_ERROR_NETWORK] = 6,
	[THRESH_ERROR_INTERNAL] = 7,
};

G_DEFINE_QUARK(thresh - error, thresh_error)

int error_exit_status(const GError *error)
{
	if (!error)
		return 0;
	if (error->domain == G_OPTION_ERROR)
		return exit_statuses[THRESH_ERROR_USAGE];
	if (error->domain != THRESH_ERROR || error->code < 0 ||
	    (gsize)error->code >= G_N_ELEMENTS(exit_statuses))
		return exit_statuses[THRESH_ERROR_INTERNAL];
	return exit_statuses[error->code];
}

bool(error_set)(GError **error, enum thresh_error code, const char *format, ...)
{
	va_list args;

	if (!error)
		return false;
	va_start(args, format);
	*error = g_error_new_valist(THRESH_ERROR, code, format, args);
	va_end(args);
	return false;
}

bool(error_set_errno)(GError **error, enum thresh_error code, int saved_errno, const char *format,
		      ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	return error_set(error, code, "%s: %s", text, g_strerror(saved_errno));
}

/* Controls, those that turn the direction of a line round (UAX 9) and those that end one, and what
 * is no character. */
static bool is_control(gunichar c)
{
	return g_unichar_iscntrl(c) || c == 0x61c || c == 0x200e || c == 0x200f ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
	       (c & 0xfffe) == 0xfffe;
}

char *error_quote(const char *text)
{
	GString *out = g_string_new(NULL);

	for (const char *p = text; *p;) {
		gunichar c = g_utf8_get_char_validated(p, -1);
		const char *next;
		bool shown;

		if (out->len > QUOTE_MAX) {
			g_string_append(out, "…");
			break;
		}
		next = c < 0x110000 ? g_utf8_next_char(p) : p + 1;
		shown = c < 0x110000 && !is_control(c);
		for (; p < next; p++)
			g_string_append_printf(out, shown ? "%c" : "\\x%02x", (unsigned char)*p);
	}
	return g_string_free(out, FALSE);
}
