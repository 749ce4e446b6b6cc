/* SPDX-License-Identifier: Apache-2.0 */
/* What a shell writes to standard error, in pieces that end at a byte 0x1e. */
#include "entrypoint/xtrace.h"
#include "entrypoint/record.h"

#include <stdint.h>
#include <string.h>

enum { PIECE_END = 0x1e };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static void take(struct xtrace *trace, enum xtrace_quoting quoting)
{
	g_autoptr(GPtrArray) tests =
		g_ptr_array_new_with_free_func((GDestroyNotify)start_test_free);
	struct xtrace_line line;

	if (!xtrace_take(trace, quoting, &line))
		return;
	xtrace_tests(&line, tests);
	xtrace_line_clear(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	struct xtrace trace = {0};
	enum xtrace_quoting quoting = size_bytes > 0 && data[0] & 1 ? XTRACE_PLAIN : XTRACE_QUOTED;

	for (size_t start = size_bytes > 0; start < size_bytes;) {
		const uint8_t *end = memchr(data + start, PIECE_END, size_bytes - start);
		size_t length = (end ? (size_t)(end - data) : size_bytes) - start;

		if (xtrace_feed(&trace, "M", (const char *)data + start, length) == XTRACE_LINE)
			take(&trace, quoting);
		start += length + 1;
	}
	xtrace_clear(&trace);
	return 0;
}
