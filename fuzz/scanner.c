/* SPDX-License-Identifier: Apache-2.0 */
/* The scanner against memmem: the first line is the secret, the rest is searched for its forms; the
 * plain one is found exactly where it is. */
#include "harden/secret_forms.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static bool count(guint id, size_t offset, void *user)
{
	(void)offset;
	((guint *)user)[id]++;
	return true;
}

static guint count_plainly(const uint8_t *data, size_t size, const uint8_t *secret, size_t length)
{
	guint places = 0;

	for (size_t at = 0; at + length <= size; at++)
		places += memcmp(data + at, secret, length) == 0;
	return places;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	const uint8_t *end = size_bytes > 0 ? memchr(data, '\n', size_bytes) : NULL;
	size_t line = end ? (size_t)(end - data) : 0;
	size_t length = secret_trimmed_bytes(data, line);
	autoscanner struct scanner *forms = scanner_new(), *plain = scanner_new();
	guint found[2] = {0}, found_plain[2] = {0};

	if (length < SCANNER_MIN_BYTES || length > SCANNER_MAX_BYTES)
		return 0;
	scanner_add(plain, data, length, 0);
	scanner_scan(plain, data, size_bytes, count, found_plain);
	if (found_plain[0] != count_plainly(data, size_bytes, data, length))
		abort();
	secret_forms_add(forms, data, line, 1, 0);
	scanner_scan(forms, data, size_bytes, count, found);
	if (found[1] < found_plain[0])
		abort();
	return 0;
}
