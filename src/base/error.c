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

char *error_quote(const char *text)
{
	GString *out = g_string_new(NULL);

	for (const char *p = text; *p;) {
		gunichar c = g_utf8_get_char_validated(p, -1);

		if (out->len > QUOTE_MAX) {
			g_string_append(out, "…");
			break;
		}
		if (c == (gunichar)-1 || c == (gunichar)-2 || g_unichar_iscntrl(c)) {
			g_string_append_printf(out, "\\x%02x", (unsigned char)*p++);
			continue;
		}
		g_string_append_unichar(out, c);
		p = g_utf8_next_char(p);
	}
	return g_string_free(out, FALSE);
}
