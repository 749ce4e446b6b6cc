/* SPDX-License-Identifier: Apache-2.0 */
/* Two versions, a NUL between them, in the order of every system: one is before the other as the
 * other is behind it, and each equals itself. */
#include "evidence/version.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int sign(int value)
{
	return (value > 0) - (value < 0);
}

static void compare(enum version_scheme scheme, const char *a, const char *b)
{
	int one, two;

	if (!version_compare(scheme, a, b, &one))
		return;
	if (!version_compare(scheme, b, a, &two) || sign(one) != -sign(two))
		g_error("the order of '%s' and '%s' is not the other way round", a, b);
	if (!version_compare(scheme, a, a, &one) || one != 0)
		g_error("'%s' is not itself", a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	const uint8_t *end = memchr(data, '\0', size);
	g_autofree char *other =
		end ? g_strndup((const char *)end + 1, size - (size_t)(end - data) - 1)
		    : g_strdup("1.0");

	for (int scheme = VERSION_UNORDERED; scheme <= VERSION_COMPOSER; scheme++)
		compare(scheme, text, other);
	return 0;
}
