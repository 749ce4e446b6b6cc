/* SPDX-License-Identifier: Apache-2.0 */
#include "base/size.h"

#include "base/error.h"

#include <errno.h>
#include <string.h>

static bool refuse(GError **error, const char *text, const char *why)
{
	g_autofree char *quoted = error_quote(text);

	return error_set(error, THRESH_ERROR_USAGE, "'%s': %s", quoted, why);
}

bool size_parse(const char *text, uint64_t *ret_bytes, GError **error)
{
	static const char units[] = "kmgt";
	static const char form[] = "not a size; want a number of bytes, or one like 64M or 2G";
	const char *unit;
	uint64_t value;
	char *rest;

	errno = 0;
	value = g_ascii_strtoull(text, &rest, 10);
	if (!g_ascii_isdigit(text[0]) || errno != 0)
		return refuse(error, text, form);
	unit = *rest ? strchr(units, g_ascii_tolower(*rest)) : NULL;
	if (unit) {
		for (const char *step = units; step <= unit; step++) {
			if (__builtin_mul_overflow(value, (uint64_t)1024, &value))
				return refuse(error, text, "too large a size");
		}
		rest++;
		if (rest[0] == 'i' && rest[1] == 'B')
			rest++;
	}
	if (*rest == 'B')
		rest++;
	if (*rest)
		return refuse(error, text, form);
	*ret_bytes = value;
	return true;
}
