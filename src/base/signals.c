/* SPDX-License-Identifier: Apache-2.0 */
#include "base/signals.h"

#include <glib.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

/* What follows RTMIN+ or RTMAX-, as an offset from the base; -1 for what is no offset. */
static int realtime_offset(const char *text, const char *prefix)
{
	guint64 offset;

	if (!strcmp(text, prefix))
		return 0;
	if (!g_str_has_prefix(text, prefix) || !strchr("+-", text[strlen(prefix)]) ||
	    !g_ascii_string_to_unsigned(text + strlen(prefix) + 1, 10, 0,
					(guint64)(SIGRTMAX - SIGRTMIN), &offset, NULL))
		return -1;
	return (int)offset;
}

int signal_parse(const char *text)
{
	guint64 number;
	int offset;

	if (g_ascii_string_to_unsigned(text, 10, 1, (guint64)SIGRTMAX, &number, NULL))
		return (int)number;
	if (g_str_has_prefix(text, "SIG"))
		text += 3;
	offset = realtime_offset(text, "RTMIN");
	if (offset >= 0)
		return SIGRTMIN + offset;
	offset = realtime_offset(text, "RTMAX");
	if (offset >= 0)
		return SIGRTMAX - offset;
	for (int i = 1; i < 32; i++) {
		const char *name = sigabbrev_np(i);

		if (name && !strcmp(name, text))
			return i;
	}
	return 0;
}
